// Package pipeline turns a workspace of delivered files into a sealed run.
//
//  1. [Init] makes a workspace, [OpenWorkspace] reads its settings ([Config]).
//  2. [Ingest] takes what is new in the inbox into the lake.
//  3. [Run] computes features, evidence, scores, tax and exports from the lake
//     into a temporary folder ([Workspace.BeginRun]).
//  4. [Seal] hashes every file there into a signed manifest;
//     [Workspace.PublishRun] gives the folder its final name.
//  5. [Explain], [Evaluate] and [Verify] read finished runs and change nothing.
//
// The other packages below are steps of their own: ingest takes files in, sql
// joins and groups, registry and tax apply the law, export writes what people
// receive.
package pipeline
