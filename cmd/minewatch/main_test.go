package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/pipeline"
)

// A command without explanation, example or exit codes is not finished.
func TestEveryCommandIsDocumented(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || len(c.Long) < len(exitCodes)+80 || c.Example == "" || !strings.Contains(c.Long, exitCodes) {
			t.Errorf("%s: want a short and a long help, an example and the exit codes", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&program{stdout: io.Discard, stderr: io.Discard}).root())
}

// The contract names these commands and flags.
func TestContractCommands(t *testing.T) {
	root := (&program{stdout: io.Discard, stderr: io.Discard}).root()
	for name, flags := range map[string]string{
		"demo": "json quiet", "init": "json quiet", "ingest": "workspace json quiet", "run": "workspace json quiet",
		"explain": "workspace run json quiet", "evaluate": "workspace run json quiet", "verify": "json quiet",
		"datasets": "json quiet", "detectors": "json quiet",
	} {
		cmd, _, err := root.Find([]string{name})
		if err != nil || cmd.Name() != name {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for flag := range strings.FieldsSeq(flags) {
			if cmd.Flag(flag) == nil {
				t.Errorf("%s has no flag --%s", name, flag)
			}
		}
		if f := cmd.Flag("workspace"); f != nil && (f.Shorthand != "w" || f.DefValue != ".") {
			t.Errorf("%s: --workspace is -%s with default %q", name, f.Shorthand, f.DefValue)
		}
	}
}

func minewatch(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	empty := t.TempDir()
	for _, test := range []struct {
		args, want string
	}{
		{"frobnicate", `no command "frobnicate"`},
		{"verifi", "Did you mean verify?"},
		{"run --jsn", "Run minewatch run --help for its flags."},
		{"run extra", "Usage: minewatch run"},
		{"explain", "Usage: minewatch explain SITE"},
		{"init", "Usage: minewatch init DIR"},
		{"datasets nosuch", "There are: sites, readings"},
		{"detectors nosuch", `no detector "nosuch"`},
		{"ingest scores", `no dataset "scores" here`},
		{"datasets --log-format xml", "want text or json"},
		{"run -w " + empty, "minewatch init"},
		{"explain -w " + empty + " S1", "minewatch init"},
		{"init --buckets 3 " + filepath.Join(empty, "x"), "buckets: want a power of two"},
	} {
		code, stdout, stderr := minewatch(strings.Fields(test.args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want 2, nothing and %q", test.args, code, stdout, stderr, test.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ws := filepath.Join(t.TempDir(), "ws")
	if code, _, stderr := minewatch("init", ws); code != exitDone {
		t.Fatal(stderr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"ingest", "-w", ws, "--quiet"}, &stdout, &stderr)
	if code != exitDone && (code != exitFailed || !strings.Contains(stderr.String(), "interrupted")) {
		t.Errorf("exit code %d, stderr %q; want 0 (nothing to do) or 1 and a word about the interrupt", code, stderr.String())
	}
}

func TestJSONOfEveryTable(t *testing.T) {
	for _, table := range datasets.Catalog {
		code, stdout, stderr := minewatch("datasets", "--json", table.Name)
		var v struct {
			SchemaVersion int `json:"schema_version"`
			Name          string
			Columns       []struct{ Name, Type, Doc string }
		}
		if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitDone {
			t.Fatalf("%s: %v, exit code %d, %s", table.Name, err, code, stderr)
		}
		if v.SchemaVersion != schemaVersion || v.Name != table.Name || len(v.Columns) != len(table.Columns) {
			t.Errorf("%s: got %+v", table.Name, v)
		}
	}
}

func TestJSONRows(t *testing.T) {
	rows := []datasets.Visit{{Rank: 1, SiteID: "A\"1", Probability: 0.98765, MiningSince: 1_700_000_000_000_000}}
	got, err := jsonRows(rows)
	if err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	// 1,700,000,000 s after 1970 is 2023-11-14 22:13:20 UTC: date -u -d @1700000000.
	want := map[string]any{"rank": 1.0, "site_id": `A"1`, "probability": 0.9877, "mining_since": "2023-11-14T22:13:20Z", "mining_until": nil}
	for name, value := range want {
		if back[0][name] != value {
			t.Errorf("%s is %v, want %v", name, back[0][name], value)
		}
	}
	if got, err := jsonRows([]datasets.Visit(nil)); err != nil || string(got) != "[]" {
		t.Errorf("no rows: got %s, %v; want []", got, err)
	}
}

func TestTableIsAlignedAndTame(t *testing.T) {
	out := newTable("name", ">kW")
	out.add("Ғылым", "7")
	out.add("a\x1b[31m", "1,234")
	var b bytes.Buffer
	if err := out.write(&b); err != nil {
		t.Fatal(err)
	}
	want := "  name       kW\n  Ғылым       7\n  a [31m  1,234\n"
	if b.String() != want {
		t.Errorf("got\n%q\nwant\n%q", b.String(), want)
	}
}

func TestGrouped(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 999.6: "1,000"} {
		if got := grouped(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func TestRunSummary(t *testing.T) {
	ws := &pipeline.Workspace{Dir: "kostanay", Config: pipeline.Default()}
	r := &pipeline.RunResult{ID: "r1", Dir: "kostanay/runs/r1", Fresh: true,
		Outputs: []string{"tax/statement.csv", "inspection/dossiers/A.html", "inspection/dossiers/A.pdf", "inspection/dossiers/B.html", "inspection/dossiers/B.pdf", "inspection/report.html"},
		Notes:   []string{"no flows: nothing was said of traffic"},
		Model:   pipeline.ScoreModel{Expected: score.Wrong{Sites: 12, Expected: 1.2, Low: 0, High: 3}}}
	for i := range 12 {
		r.Proposed = append(r.Proposed, datasets.Visit{Rank: int32(i + 1), SiteID: "S" + strings.Repeat("x", i), Finding: "unregistered",
			Probability: 0.9, MiningKW: 12.34, UnpaidKWh: 12345, TaxKZT: 24690, TaxKZTLow: 20000, TaxKZTHigh: 30000,
			MiningSince: 1_700_000_000_000_000})
	}
	var b bytes.Buffer
	if err := printRunText(&b, ws, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"12 sites proposed for a visit, best first (leads, not findings); the first 10:",
		"2023-11-15", // 22:13 UTC is the next day in Almaty, then UTC+6
		"24,690", "20,000 - 30,000",
		"minewatch explain -w kostanay S\n",
		"2 dossiers of two pages", "Of these 12 we expect 1 to be wrong (95 %: 0 to 3)", "no flows",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	r.Fresh, r.Proposed = false, nil
	b.Reset()
	if err := printRunText(&b, ws, r); err != nil || !strings.Contains(b.String(), "no work was done again") || !strings.Contains(b.String(), "No site is proposed") {
		t.Errorf("nothing new: %v\n%s", err, b.String())
	}
}
