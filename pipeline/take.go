package pipeline

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/minewatch/minewatch/pipeline/ingest"
)

// Progress is told how far a stage is: done of total tasks, and the rows that
// they made, 0 where they are not counted; possibly from
// several goroutines at once. A stage begins with done 0 and ends with done
// equal to total.
type Progress func(stage string, done, total, rows int64)

// IngestOptions choose what is taken in. Zero: everything new in the inbox.
type IngestOptions struct {
	Dataset  string   // only this table
	Files    []string // only these files; Dataset must be given
	Progress Progress
}

// An IngestResult reports what was taken in.
type IngestResult struct {
	ingest.Report
	// OverQuarantine says that a file taken in this time was refused, or more of
	// its rows than limits.quarantine_limit allows.
	OverQuarantine bool `json:"over_quarantine"`
}

// rows returns the rows of files taken in this time.
func (r *IngestResult) rows() int64 {
	n := int64(0)
	for _, f := range r.Select(ingest.Taken) {
		n += f.Rows
	}
	return n
}

// Ingest takes files into the lake. It fails with [ErrBusy] while another
// process changes the workspace.
func Ingest(ctx context.Context, ws *Workspace, o IngestOptions) (*IngestResult, error) {
	unlock, err := ws.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	return within(ctx, ws.Config.Limits, func(ctx context.Context) (*IngestResult, error) { return takeIn(ctx, ws, o) })
}

func takeIn(ctx context.Context, ws *Workspace, o IngestOptions) (*IngestResult, error) {
	j, err := ws.openJournal()
	if err != nil {
		return nil, err
	}
	intake := o.intake(ws)
	if intake.Purged, err = ws.purged(j); err != nil {
		return nil, err
	}
	report, err := ingest.Run(ctx, intake)
	if err != nil {
		return nil, err
	}
	if err := j.noteDeliveries(JournalEntry{Kind: EntryIngest}); err != nil {
		return nil, err
	}
	over := slices.ContainsFunc(report.Files, func(f ingest.FileReport) bool {
		return f.Status == ingest.Taken && f.OverLimit || f.Status == ingest.Refused
	})
	return &IngestResult{report, over}, nil
}

// Withdraw takes a delivered file back; see ingest.Withdraw.
func Withdraw(ctx context.Context, ws *Workspace, file string, o IngestOptions) (*IngestResult, error) {
	j, unlock, err := ws.lockJournal()
	if err != nil {
		return nil, err
	}
	defer unlock()
	report, err := ingest.Withdraw(ctx, o.intake(ws), file)
	if err != nil {
		return nil, err
	}
	if err := j.noteDeliveries(JournalEntry{Kind: EntryWithdraw}); err != nil {
		return nil, err
	}
	return &IngestResult{Report: report}, nil
}

// Repair makes everything damaged in the lake again from the deliveries in the
// inbox; see ingest.Repair.
func Repair(ctx context.Context, ws *Workspace, o IngestOptions) (*ingest.RepairReport, error) {
	j, unlock, err := ws.lockJournal()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var known []ingest.Record
	for _, d := range j.latest() {
		known = append(known, ingest.Record{Number: d.Number, Dataset: d.Dataset, Path: d.Path, SHA256: d.SHA256, Given: d.Given, Withdrawn: d.Withdrawn})
	}
	intake := o.intake(ws)
	if intake.Purged, err = ws.purged(j); err != nil {
		return nil, err
	}
	report, err := ingest.Repair(ctx, intake, known)
	if err != nil {
		return nil, err
	}
	return &report, j.noteDeliveries(JournalEntry{Kind: EntryRepair, Files: report.Repaired})
}

// ExplainFile says how a file would be taken in; see ingest.Explain.
func ExplainFile(ws *Workspace, file string, o IngestOptions) (ingest.Explanation, error) {
	return ingest.Explain(o.intake(ws), file)
}

// intake completes the options with the settings of the workspace.
func (o IngestOptions) intake(ws *Workspace) ingest.Options {
	workers := ws.Config.Limits.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return ingest.Options{
		Workspace: ws.Dir, Dataset: o.Dataset, Files: o.Files,
		Zone: ws.Config.Location(), Buckets: ws.Config.Buckets,
		Workers: workers, MemoryMiB: int(ws.Config.Limits.Memory),
		Mappings: ws.Config.Intake.Mappings.compiled(),
		Limits:   ws.Config.Limits.OfFile(), QuarantineLimit: ws.Config.Limits.Quarantine,
		Begun: time.Now(),
		Progress: func(p ingest.Progress) {
			if o.Progress != nil {
				o.Progress("ingest: "+p.Step, int64(p.Done), int64(p.Total), 0)
			}
		},
	}
}
