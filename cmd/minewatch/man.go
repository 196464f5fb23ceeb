package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) man() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages",
		Long: `Write a manual page of the program and of each of its commands into DIR, which is
made where it is missing. They say what --help says. Packages install them in share/man/man1.

Completion for a shell is written by minewatch completion.`,
		Example: `  minewatch man /usr/local/share/man/man1
  minewatch completion bash > /etc/bash_completion.d/minewatch`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // its date would differ from day to day
			v := pipeline.ThisProgram()
			header := &doc.GenManHeader{Section: "1", Source: v.Name + " " + v.Version, Manual: "minewatch", Date: commitTime()}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			return nil
		},
	}
}

// commitTime is when the commit was made that the program was built from; nil,
// which stands for now, where that is not known.
func commitTime() *time.Time {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return &t
			}
		}
	}
	return nil
}
