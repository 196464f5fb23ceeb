package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/calibrate"
	"github.com/minewatch/minewatch/detectors/fuse"
	"github.com/minewatch/minewatch/pipeline"
)

// A fuseBench is the recipe of the fusion benchmark.
type fuseBench struct {
	seed    uint64
	clients int  // that do not mine
	miners  int  // clients of each way to mine
	days    int  // of traffic
	blocks  bool // whether a list of block times is there
}

func (p *program) benchFuse() *cobra.Command {
	b := fuseBench{seed: 101, clients: 1500, miners: 60, days: 7}
	write := ""
	plan := fuse.DefaultPlan()
	cmd := &cobra.Command{
		Use:   "fuse",
		Short: "Electricity and traffic together: ranking, calibration, false discoveries",
		Long: `Add simulated mines to real public meters, simulate the traffic of miners and
others, let the real detectors look at both, draw sites of one meter and one
client each, and measure how they rank, how far their probabilities can be
believed, and how many of those proposed are wrong. Buildings and clients on which
the weights were learnt are not those that are measured on, and each building is
scored by block weights that never saw it. A meter is looked at alone and together with
one other of the benchmark's buildings (load/group).
` + exitCodes,
		Example: `  minewatch bench fuse
  minewatch bench fuse --write detectors/score   # then build again`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		meters, err := b.meters()
		if err != nil {
			return err
		}
		clients, err := b.network(cmd)
		if err != nil {
			return err
		}
		meters.AlikeShare, clients.AlikeShare = fuse.LoadsAlike, fuse.InfectedAlike(plan.Prevalence)
		report := fuse.Run(fuse.Set{Meters: meters, Clients: clients}, plan)
		if write != "" {
			for name, text := range report.Tables() {
				if err := store.WriteFile(filepath.Join(write, name), []byte(text)); err != nil {
					return fmt.Errorf("write the tables: %w", err)
				}
			}
		}
		if p.json {
			return printJSON(p.stdout, report)
		}
		report.Print(p.stdout)
		return nil
	}
	cmd.Flags().StringVar(&write, "write", "", "folder to write the tables to")
	cmd.Flags().IntVar(&plan.Rounds, "populations", plan.Rounds, "populations that are drawn")
	cmd.Flags().IntVar(&plan.Sites, "sites", plan.Sites, "sites of a population")
	cmd.Flags().Float64Var(&plan.Prevalence, "prevalence", plan.Prevalence, "share of sites that mine")
	cmd.Flags().Uint64Var(&b.seed, "seed", b.seed, "seed of windows, mines and traffic; meters take this one and the four after it")
	cmd.Flags().IntVar(&b.clients, "clients", b.clients, "network clients that do not mine")
	cmd.Flags().IntVar(&b.miners, "miners", b.miners, "network clients of each way to mine")
	cmd.Flags().BoolVar(&b.blocks, "block-times", false, "with a list of block times, which no workspace has unless it is given one")
	p.jsonFlag(cmd)
	return cmd
}

// meterDraws is how often mines and windows are drawn: windows of one draw are few.
const meterDraws = 5

// meters makes the electricity halves: windows of the university buildings as they
// are, with lawful look-alikes, and with mines of a model that the block weights of
// these figures never saw, nor the building.
func (b fuseBench) meters() (fuse.Halves, error) {
	var out fuse.Halves
	var cases []calibrate.Case
	for i := range meterDraws {
		c, err := calibrate.Cases(b.seed + uint64(i))
		if err != nil {
			return out, err
		}
		cases = append(cases, c...)
	}
	for i, v := range calibrate.HeldOutInGroups(cases, calibrate.ModelA) {
		c := &cases[i]
		if c.Population != calibrate.Estate || c.Model == calibrate.ModelA {
			continue
		}
		half := fuse.Half{Source: c.Building, Family: c.Family, Evidence: v.Said()}
		switch {
		case c.Mine():
			out.Mining = append(out.Mining, half)
		case c.Clean():
			out.Clean = append(out.Clean, half)
		default:
			out.Alike = append(out.Alike, half)
		}
	}
	return out, nil
}

// network makes the traffic halves: simulated clients, seen by a run.
func (b fuseBench) network(cmd *cobra.Command) (fuse.Halves, error) {
	var out fuse.Halves
	t := sim.DefaultTraffic(time.Date(2023, 12, 4, 0, 0, 0, 0, time.UTC))
	t.Seed, t.Days, t.ActiveTimeoutS = b.seed, b.days, 1800
	if b.blocks {
		t.Blocks = sim.Blocks(b.seed, t.Start, b.days)
	}
	miners := map[sim.Form]int{}
	for _, f := range sim.Forms() {
		miners[f] = b.miners
	}
	clients, err := t.Draw(b.clients+b.miners*len(miners), miners)
	if err != nil {
		return out, err
	}
	dir, err := os.MkdirTemp("", "minewatch-bench-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	evidence, err := pipeline.SimulatedTraffic(cmd.Context(), filepath.Join(dir, "w"), t, clients, nil)
	if err != nil {
		return out, err
	}
	for i, c := range clients {
		half := fuse.Half{Source: c.Addr.String(), Family: string(c.Form), Evidence: evidence[i]}
		switch c.Form {
		case sim.NotMining:
			out.Clean = append(out.Clean, half)
		case sim.Infected:
			out.Alike = append(out.Alike, half)
		default:
			out.Mining = append(out.Mining, half)
		}
	}
	return out, nil
}
