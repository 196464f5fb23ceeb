package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) init() *cobra.Command {
	var o pipeline.InitOptions
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Make a new, empty workspace",
		Long: `Make a new, empty workspace: minewatch.yaml with every setting explained, one
inbox folder for each dataset with a README of its columns, a folder tables for
rates, tariffs, holidays and the like of your own, and the key that signs runs
(.keys/minewatch.key, without a password, readable by you only) with its public
half minewatch.pub. Give minewatch.pub to those who receive results.

On a workspace that exists, init restores what is missing and changes nothing else.`,
		Example: `  minewatch init kostanay
  minewatch init --zone Asia/Qyzylorda --buckets 256 country`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			ws, err := pipeline.Init(args[0], o)
			if err != nil {
				return err
			}
			return p.printInit(ws)
		},
	}
	cmd.Flags().StringVar(&o.Zone, "zone", "", "IANA time zone of times without offset (default Asia/Almaty)")
	cmd.Flags().IntVar(&o.Buckets, "buckets", 0, "number of parts on disk, a power of two, fixed from now on (default 64)")
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printInit(ws *pipeline.Workspace) error {
	if p.json {
		return printJSON(p.stdout, map[string]any{
			"workspace":  ws.Dir,
			"settings":   ws.Path(pipeline.ConfigName),
			"inbox":      ws.Path("inbox"),
			"public_key": ws.Path(pipeline.PublicKeyName),
		})
	}
	_, err := fmt.Fprintf(p.stdout, `Workspace %[1]s
  settings    %[2]s
  deliveries  %[3]s, one folder for each dataset; each README.txt lists the columns
  public key  %[4]s, with which receivers check your runs

Next: put files into the inbox, then
  minewatch run -w %[1]s
`, ws.Dir, ws.Path(pipeline.ConfigName), ws.Path("inbox"), ws.Path(pipeline.PublicKeyName))
	return err
}
