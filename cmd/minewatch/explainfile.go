package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/minewatch/minewatch/pipeline"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// printExplanation prints how a file would be taken in.
func (p *program) printExplanation(e ingest.Explanation) error {
	if p.json {
		return printJSON(p.stdout, e)
	}
	fmt.Fprintf(p.stdout, "File      %s\nFormat    %s\nDataset   %s\n", printable(e.File), cmp.Or(e.Format, "not recognised"), e.Dataset)
	for _, other := range e.Others {
		fmt.Fprintf(p.stdout, "          %s would take it as well; name the dataset to be sure\n", other)
	}
	fmt.Fprintf(p.stdout, "Mapping   %s\n", cmp.Or(e.Mapping, "none"))
	if err := p.printUses(e); err != nil {
		return err
	}
	if e.Refused != nil {
		_, err := fmt.Fprintf(p.stdout, "\nThe whole file would be refused: %s\n", printable(e.Refused.Error()))
		return err
	}
	fmt.Fprintf(p.stdout, "\n%s: %s accepted (before duplicates are left out), %s refused\n", count(e.Rows, "row"), grouped(float64(e.Accepted)), grouped(float64(e.Rows-e.Accepted)))
	if e.First != "" {
		fmt.Fprintf(p.stdout, "From %s to %s\n", e.First, e.Last)
	}
	if e.KWh != 0 {
		fmt.Fprintf(p.stdout, "%s kWh\n", grouped(e.KWh))
	}
	if len(e.Sample) > 0 {
		fmt.Fprintln(p.stdout, "\nThe first rows as they would land:")
		out := newTable(e.Header...)
		for _, row := range e.Sample {
			out.add(row...)
		}
		if err := out.write(p.stdout); err != nil {
			return err
		}
	}
	p.printRefusals(e)
	return nil
}

func (p *program) printUses(e ingest.Explanation) error {
	if len(e.Columns) == 0 {
		return nil
	}
	fmt.Fprintln(p.stdout)
	out := newTable("delivered", "column", "how")
	for _, u := range e.Columns {
		how := u.How
		if u.Column == "" {
			how = cmp.Or(how, "not used")
		}
		out.add(cmp.Or(u.Delivered, "(none)"), cmp.Or(u.Column, "-"), how)
	}
	return out.write(p.stdout)
}

func (p *program) printRefusals(e ingest.Explanation) {
	for _, reason := range slices.Sorted(maps.Keys(e.Quarantined)) {
		fmt.Fprintf(p.stdout, "\nWould be refused: %s: %s", count(e.Quarantined[reason], "row"), printable(reason))
	}
	if len(e.Faults) > 0 {
		fmt.Fprintln(p.stdout, "\n\nThe first of them:")
	}
	for _, f := range e.Faults {
		fmt.Fprintf(p.stdout, "  %s\n    %s\n", printable(f.Error()), printable(f.Raw))
	}
	for _, list := range []struct {
		what   string
		counts map[string]int64
	}{{"Passed over", e.Skipped}, {"Doubtful, but taken", e.Warnings}} {
		for _, what := range slices.Sorted(maps.Keys(list.counts)) {
			fmt.Fprintf(p.stdout, "%s: %s: %s\n", list.what, printable(what), grouped(float64(list.counts[what])))
		}
	}
}

// printWithdrawn prints what was taken back.
func (p *program) printWithdrawn(r *pipeline.IngestResult) error {
	if p.json {
		return printJSON(p.stdout, r)
	}
	for _, f := range r.Files {
		fmt.Fprintf(p.stdout, "Withdrawn: delivery %d, %s, with %s; %s written anew.\n", f.Number, printable(f.Path), count(f.Decoded, "row"), count(int64(r.Partitions), "partition"))
	}
	_, err := fmt.Fprintln(p.stdout, "The file stays in the inbox and is not taken in again, unless ingest names it.")
	return err
}
