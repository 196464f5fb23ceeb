package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) prune() *cobra.Command {
	var age, address string
	var today pipeline.Date
	var o pipeline.PruneOptions
	cmd := &cobra.Command{
		Use:   "prune (--older-than AGE | --run ID | --mirror ADDRESS)",
		Short: "Delete runs and deliveries that are too old to be kept, one run, or leftovers for workers",
		Long: `Delete finished runs but the newest, and deliveries of readings, bills, feeders,
flows, DNS and TLS whose newest row is older than AGE (3y, 18mo, 90d), with what
the lake holds of them. Their records and the journal stay. With --run, delete one
run and nothing else, such as one that a disk damaged. With --mirror, delete what workers
elsewhere were given and have made that the lake does not hold any more, for example after
a purge; see minewatch work. Without --yes it only says what would be deleted.`,
		Example: `  minewatch prune -w kostanay --older-than 5y
  minewatch prune -w kostanay --older-than 18mo --yes
  minewatch prune -w kostanay --run 0003 --yes
  minewatch prune -w kostanay --mirror "s3://kostanay/work?endpoint=https://storage.example" --yes`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		const help = "Run minewatch prune --help for examples."
		if given := slices.DeleteFunc([]string{age, o.Run, address}, func(v string) bool { return v == "" }); len(given) != 1 {
			return &usageError{errors.New("want --older-than, --run or --mirror, one of the three"), help}
		}
		if age != "" {
			var err error
			if o.Age, err = pipeline.ParseAge(age); err != nil {
				return &usageError{fmt.Errorf("--older-than: %w", err), help}
			}
		}
		o.Today = today.Day()
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return err
		}
		if address != "" {
			return p.sweep(cmd.Context(), ws, address, o.Do)
		}
		result, err := pipeline.Prune(cmd.Context(), ws, o)
		if err != nil {
			return err
		}
		if p.json {
			return printJSON(p.stdout, result)
		}
		if o.Run == "" {
			fmt.Fprintf(p.stdout, "Older than %s: %s and %s.\n", result.Before.Format("2006-01-02"), count(len(result.Runs), "run"), count(len(result.Deliveries), "delivered file"))
		}
		p.printNames("", result.Runs)
		p.printNames("", result.Deliveries)
		return p.printDone(result.Done)
	}
	cmd.Flags().StringVar(&age, "older-than", "", "age from which things are deleted: 3y, 18mo, 90d")
	cmd.Flags().StringVar(&o.Run, "run", "", "the one run to delete")
	mirrorFlag(cmd, &address)
	cmd.Flags().TextVar(&today, "today", pipeline.Date(0), "day to reckon from (default the computer's clock)")
	cmd.Flags().BoolVar(&o.Do, "yes", false, "delete; there is no way back")
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

// sweep deletes what a mirror holds and the workspace does not name.
func (p *program) sweep(ctx context.Context, ws *pipeline.Workspace, address string, yes bool) error {
	mirror, err := openMirror(address)
	if err != nil {
		return err
	}
	objects, err := mirror.Sweep(ctx, ws, yes)
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.stdout, map[string]any{"objects": objects, "done": yes})
	}
	fmt.Fprintf(p.stdout, "%s in %s that the workspace does not name.\n", count(len(objects), "object"), mirror)
	p.printNames("", objects)
	if !yes {
		return p.printDone(false)
	}
	_, err = fmt.Fprintln(p.stdout, "Done.")
	return err
}

func (p *program) purge() *cobra.Command {
	var o pipeline.PurgeOptions
	cmd := &cobra.Command{
		Use:   "purge (--site ID | --holder BIN)",
		Short: "Take one site or person out, on order",
		Long: `Take the rows of one site, or of all that one BIN or IIN holds, out of the lake,
the quarantine and the derived tables, and delete the runs that name it: a sealed
run cannot be changed. Traffic goes with it as far as leases of single addresses
tell whose it was. The journal keeps the order, the counts and a pseudonym; what is
delivered later of the same site or person is left out too.

Deliveries in the inbox that hold it are listed, and deleted with --deliveries.
Without --yes it only says what would be done.`,
		Example: `  minewatch purge -w kostanay --site KST-00417
  minewatch purge -w kostanay --holder 850101300006 --order "No 12 of 2026-03-01" --deliveries --yes`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		if (o.Site == "") == (o.Holder == "") {
			return &usageError{errors.New("want --site or --holder, one of the two"), "Run minewatch purge --help for examples."}
		}
		if o.Do && o.Order == "" {
			return &usageError{errors.New("want --order: the journal names who ordered it"), "Run minewatch purge --help for examples."}
		}
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return err
		}
		result, err := pipeline.Purge(cmd.Context(), ws, o)
		if err != nil {
			return err
		}
		if p.json {
			return printJSON(p.stdout, result)
		}
		fmt.Fprintf(p.stdout, "%s of %s.\n", count(int(result.Rows), "row"), count(len(result.Sites), "site"))
		p.printNames("deleted: ", result.Removed)
		p.printNames("still holds it as delivered: ", result.Left)
		return p.printDone(result.Done)
	}
	cmd.Flags().StringVar(&o.Site, "site", "", "site to take out")
	cmd.Flags().StringVar(&o.Holder, "holder", "", "BIN or IIN to take out, with all its sites and subscribers")
	cmd.Flags().StringVar(&o.Order, "order", "", "number and date of the order")
	cmd.Flags().BoolVar(&o.Deliveries, "deliveries", false, "also delete the files of the inbox that hold it")
	cmd.Flags().BoolVar(&o.Do, "yes", false, "do it; there is no way back")
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printNames(before string, names []string) {
	for _, name := range names {
		fmt.Fprintf(p.stdout, "  %s%s\n", before, printable(name))
	}
}

func (p *program) printDone(done bool) error {
	text := "Nothing was changed; --yes does it."
	if done {
		text = "Done, and noted in the journal."
	}
	_, err := fmt.Fprintln(p.stdout, text)
	return err
}
