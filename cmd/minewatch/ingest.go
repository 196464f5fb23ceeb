package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

func (p *program) ingest() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ingest [DATASET [FILE...]]",
		Short: "Take delivered files into the lake",
		Long: `Take delivered files into the lake as Parquet: everything new in the inbox, or
one dataset, or the files named. Files from elsewhere are copied to the inbox
first. A file whose content was taken in before is skipped. Rows that cannot be
used go to the quarantine folder with file, line, column, reason and raw text:
rows in = accepted + duplicates + quarantined, for every file.

With --explain FILE nothing is written: it shows what kind of file it is, which
dataset takes it, how its columns map (also by ingest.mappings of minewatch.yaml),
the first rows as they would land, and what would be refused and why.

With --withdraw FILE a delivered file is taken back: its rows leave the tables,
and what they had replaced counts again. The file and its record stay.

With --repair everything in the lake is compared with its hash, and what is
damaged is made again from the deliveries in the inbox, with the bytes it had.`,
		Example: `  minewatch ingest -w kostanay
  minewatch ingest -w kostanay readings
  minewatch ingest -w kostanay readings export-2024-01.csv.gz export-2024-02.csv.gz
  minewatch ingest -w kostanay --explain export.xlsx readings
  minewatch ingest -w kostanay --withdraw kostanay/inbox/readings/wrong.csv
  minewatch ingest -w kostanay --repair`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return tableNames(datasets.Inputs()), cobra.ShellCompDirectiveNoFileComp
		},
	}
	var explain, withdraw string
	var repair bool
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		o := pipeline.IngestOptions{}
		if len(args) > 0 {
			t, err := lookupTable(args[0], datasets.Inputs())
			if err != nil {
				return err
			}
			o.Dataset, o.Files = t.Name, args[1:]
		}
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return err
		}
		switch {
		case explain != "" && withdraw != "", (explain != "" || withdraw != "") && len(args) > 1:
			return &usageError{errors.New("--explain and --withdraw take one file, and at most a dataset beside it"), "Run minewatch ingest --help for examples."}
		case repair && (explain != "" || withdraw != "" || len(args) > 0):
			return &usageError{errors.New("--repair looks at the whole lake and takes no file"), "Run minewatch ingest --help for examples."}
		case repair:
			report, err := pipeline.Repair(cmd.Context(), ws, o)
			if err != nil {
				return err
			}
			return p.printRepair(report)
		case explain != "":
			e, err := pipeline.ExplainFile(ws, explain, o)
			if err != nil {
				return err
			}
			return p.printExplanation(e)
		case withdraw != "":
			result, err := pipeline.Withdraw(cmd.Context(), ws, withdraw, o)
			if err != nil {
				return err
			}
			return p.printWithdrawn(result)
		}
		progress, end := p.progress()
		o.Progress = progress
		result, err := pipeline.Ingest(cmd.Context(), ws, o)
		end()
		if err != nil {
			return err
		}
		if err := p.printIngest(result); err != nil {
			return err
		}
		if result.OverQuarantine {
			return errQuarantine
		}
		return nil
	}
	cmd.Flags().StringVar(&explain, "explain", "", "say how this file would be read, and write nothing")
	cmd.Flags().StringVar(&withdraw, "withdraw", "", "take this delivered file (path or delivery number) back")
	cmd.Flags().BoolVar(&repair, "repair", false, "make damaged files of the lake again")
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printRepair(r *ingest.RepairReport) error {
	if p.json {
		return printJSON(p.stdout, r)
	}
	for _, f := range r.Repaired {
		fmt.Fprintf(p.stdout, "Made again: %s\n", printable(f))
	}
	_, err := fmt.Fprintf(p.stdout, "%s made again; the lake is as it was committed.\n", count(len(r.Repaired), "file"))
	return err
}

func (p *program) printIngest(r *pipeline.IngestResult) error {
	if p.json {
		return printJSON(p.stdout, r)
	}
	var shown []ingest.FileReport
	for _, f := range r.Files {
		if f.Status != ingest.Known && f.Status != ingest.Withdrawn {
			shown = append(shown, f)
		}
	}
	if known := len(r.Files) - len(shown); len(shown) == 0 {
		fmt.Fprintf(p.stdout, "Nothing new in the inbox (%s known).\n", count(known, "file"))
	} else {
		if err := fileTable(shown).write(p.stdout); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "\n%s taken in, %s known before.\n", count(len(shown), "file"), count(known, "file"))
	}
	for _, f := range shown {
		p.printFaults(f)
	}
	for _, s := range r.Strays {
		fmt.Fprintf(p.stdout, "Left alone: %s; %s\n", printable(s.Path), s.Remedy)
	}
	return nil
}

func fileTable(files []ingest.FileReport) *table {
	out := newTable("dataset", "file", ">rows", ">accepted", ">duplicates", ">quarantined")
	for _, f := range files {
		out.add(f.Dataset, f.Path, grouped(float64(f.Rows)), grouped(float64(f.Accepted)), grouped(float64(f.Duplicates)), grouped(float64(refusedRows(f))))
	}
	return out
}

func refusedRows(f ingest.FileReport) int64 {
	n := int64(0)
	for _, rows := range f.Quarantined {
		n += rows
	}
	return n
}

func (p *program) printFaults(f ingest.FileReport) {
	if f.Refused != nil {
		fmt.Fprintf(p.stdout, "Refused: %s: %s\n", printable(f.Path), printable(f.Refused.Error()))
	}
	if len(f.Quarantined) > 0 {
		fmt.Fprintf(p.stdout, "Quarantined rows of %s, in %s:\n", printable(f.Path), f.Quarantine)
		for _, reason := range slices.Sorted(maps.Keys(f.Quarantined)) {
			fmt.Fprintf(p.stdout, "  %s: %s\n", count(f.Quarantined[reason], "row"), printable(reason))
		}
	}
	for _, warning := range slices.Sorted(maps.Keys(f.Warnings)) {
		fmt.Fprintf(p.stdout, "Note: %s: %s: %s\n", printable(f.Path), printable(warning), count(f.Warnings[warning], "row"))
	}
}
