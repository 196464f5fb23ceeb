package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

// Exit codes, as every command's help lists them.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitQuarantine = 3
)

const exitCodes = `
Exit codes:
  0  done
  1  failed
  2  wrong usage or configuration
  3  finished, but more input rows were refused than limits.quarantine_limit allows
`

// errQuarantine asks for exit code 3; what it stands for is printed already.
var errQuarantine = errors.New("a whole file was refused, or more rows than limits.quarantine_limit allows; see above, and the quarantine folder for each row and its reason")

// A usageError is a mistake in the command line.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// A program holds what the commands share.
type program struct {
	stdout, stderr io.Writer
	log            *slog.Logger

	quiet     bool
	logFormat string
	json      bool   // of commands that print results
	workspace string // of commands that work on one
	run       string // of commands that read a finished run
	profiles  profiles
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := &program{stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	return p.exit(ctx, errors.Join(err, p.profiles.stop()))
}

// exit reports an error once and chooses the exit code.
func (p *program) exit(ctx context.Context, err error) int {
	var usage *usageError
	var config *pipeline.ConfigError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errQuarantine):
		fmt.Fprintln(p.stderr, "minewatch:", err)
		return exitQuarantine
	case ctx.Err() != nil:
		fmt.Fprintln(p.stderr, "minewatch: interrupted; nothing is half-written, the same command goes on from here")
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "minewatch: %v\n%s\n", err, usage.hint)
		return exitUsage
	case errors.As(err, &config):
		fmt.Fprintf(p.stderr, "minewatch: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(p.stderr, "minewatch: %v\n", err)
		return exitFailed
	}
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "minewatch",
		Short: "Find shadow miners in electricity and traffic data",
		Long: `Find shadow miners in electricity and traffic data, rank them for inspection,
and reckon the tax (fee) that they owe.

What it names are leads, not findings: load or traffic consistent with mining.

Results go to stdout, everything else to stderr.
` + exitCodes,
		Example: `  minewatch demo               see everything on data that ships with the program
  minewatch init kostanay      make a workspace, then put files into kostanay/inbox
  minewatch run -w kostanay    take them in and rank the sites`,
		Version:                    pipeline.ThisProgram().Version,
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		SilenceUsage:               true,
		Args:                       noSuchCommand,
		PersistentPreRunE:          func(*cobra.Command, []string) error { return errors.Join(p.startLog(), p.profiles.start()) },
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().BoolVarP(&p.quiet, "quiet", "q", false, "print results, warnings and errors only")
	root.PersistentFlags().StringVar(&p.logFormat, "log-format", "text", "format of the log on stderr: text or json")
	p.profiles.flags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err, "Run " + cmd.CommandPath() + " --help for its flags."}
	})
	root.AddCommand(
		p.demo(),
		p.init(),
		p.ingest(),
		p.runCommand(),
		p.work(),
		p.explain(),
		p.tax(),
		p.evaluate(),
		p.diff(),
		p.verify(),
		p.share(),
		p.datasets(),
		p.detectors(),
		p.bench(),
		p.calibrate(),
		p.man(),
		p.prune(),
		p.purge(),
		p.version(),
	)
	for _, c := range root.Commands() {
		c.Long = strings.TrimSpace(c.Long) + "\n" + exitCodes
		c.Args = withUsage(c.Args)
	}
	return root
}

func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "Run minewatch --help for the commands."
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "Did you mean " + strings.Join(near, " or ") + "? " + hint
	}
	return &usageError{fmt.Errorf("no command %q", args[0]), hint}
}

// withUsage makes a wrong number of arguments a usage error.
func withUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err, "Usage: " + cmd.UseLine() + "\nRun " + cmd.CommandPath() + " --help for examples."}
		}
		return nil
	}
}

func (p *program) startLog() error {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if p.quiet {
		options.Level = slog.LevelWarn
	}
	switch p.logFormat {
	case "text":
		p.log = slog.New(slog.NewTextHandler(p.stderr, options))
	case "json":
		p.log = slog.New(slog.NewJSONHandler(p.stderr, options))
	default:
		return &usageError{fmt.Errorf("--log-format: want text or json, got %q", p.logFormat), "Leave it out for text."}
	}
	return nil
}

func (p *program) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.json, "json", false, "print the result as JSON")
}

func (p *program) workspaceFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&p.workspace, "workspace", "w", ".", "folder of the workspace")
	cmd.MarkFlagDirname("workspace")
}

func (p *program) runFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.run, "run", "", "run to read, a folder below runs (default the newest)")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ids, err := ws.RunIDs()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
	cmd.RegisterFlagCompletionFunc("run", complete)
}
