package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) verify() *cobra.Command {
	var key string
	var copied bool
	cmd := &cobra.Command{
		Use:   "verify RUN_DIR",
		Short: "Check a run against its seal",
		Long: `Check that a run is as it was sealed: the signature of its manifest, the hash of
every output and of every input that the manifest names, and that the folder
holds nothing else; then the workspace that it lies in: the chain of its journal
and the hash of every file of its lake. All problems are listed, each with the
rows of the results that it touches; any makes the exit code 1.

The key to trust is minewatch.pub of the workspace that the run lies in. Whoever
can change a run there can change that key as well, so receivers should keep
their own copy and name it with --key. The signature is in minisign's format.
A copy of a run without its workspace is checked with --copy: signature and
outputs only.`,
		Example: `  minewatch verify kostanay/runs/latest
  minewatch verify --key received/minewatch.pub kostanay/runs/latest
  minewatch verify --copy --key minewatch.pub received/0003-9f2c41aa
  minisign -Vm manifest.json -x manifest.sig -p minewatch.pub`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			check := pipeline.Verify
			if copied {
				check = pipeline.VerifyCopy
			}
			v, err := check(cmd.Context(), args[0], key)
			if err != nil {
				return err
			}
			if err := p.printVerification(v); err != nil {
				return err
			}
			if len(v.Problems) > 0 {
				return fmt.Errorf("verify %s: %s", args[0], count(len(v.Problems), "problem"))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "file of the public key to trust (default minewatch.pub of the workspace)")
	cmd.Flags().BoolVar(&copied, "copy", false, "check signature and outputs only, of a copy without its workspace")
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printVerification(v *pipeline.Verification) error {
	if p.json {
		return printJSON(p.stdout, v)
	}
	for _, problem := range v.Problems {
		fmt.Fprintln(p.stdout, printable(problem.String()))
		for _, t := range problem.Touches {
			fmt.Fprintf(p.stdout, "  touches %s\n", printable(t))
		}
	}
	for _, n := range v.Notes {
		fmt.Fprintf(p.stdout, "Note: %s.\n", printable(n))
	}
	if len(v.Problems) > 0 {
		return nil
	}
	fmt.Fprintf(p.stdout, "Run %s is as it was sealed: %s and %s, signed with key %s.\n",
		v.RunID, count(v.Outputs, "output"), count(v.Inputs, "input"), v.KeyID)
	if v.Lake > 0 || v.Journal > 0 {
		fmt.Fprintf(p.stdout, "Its workspace is as it was committed: %s of the journal, %s of the lake.\n", count(v.Journal, "line"), count(v.Lake, "file"))
	}
	return nil
}
