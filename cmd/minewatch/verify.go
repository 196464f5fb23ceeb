package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) verify() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "verify RUN_DIR",
		Short: "Check a run against its seal",
		Long: `Check that a run is as it was sealed: the signature of its manifest, the hash of
every output and of every input that the manifest names, and that the folder
holds nothing else. All problems are listed; any makes the exit code 1.

The key to trust is minewatch.pub of the workspace that the run lies in. Whoever
can change a run there can change that key as well, so receivers should keep
their own copy and name it with --key. The signature is in minisign's format.`,
		Example: `  minewatch verify kostanay/runs/latest
  minewatch verify --key received/minewatch.pub kostanay/runs/latest
  minisign -Vm manifest.json -x manifest.sig -p minewatch.pub`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := pipeline.Verify(args[0], key)
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
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printVerification(v *pipeline.Verification) error {
	if p.json {
		return printJSON(p.stdout, v)
	}
	for _, problem := range v.Problems {
		if _, err := fmt.Fprintln(p.stdout, problem); err != nil {
			return err
		}
	}
	if len(v.Problems) > 0 {
		return nil
	}
	_, err := fmt.Fprintf(p.stdout, "Run %s is as it was sealed: %s and %s, signed with key %s.\n",
		v.RunID, count(v.Outputs, "output"), count(v.Inputs, "input"), v.KeyID)
	return err
}
