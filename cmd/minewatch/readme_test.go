package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// documents hold commands in indented blocks, one a line. They are run in this
// order in one folder, as a newcomer would.
var documents = []string{"README.md", "notebooks/README.md", "pipeline/deploy/README.md", "pipeline/CLUSTER.md"}

// elsewhere lists the documented commands that are not run by TestDocumentedCommands:
// a check runs them (file contains has), or the reason says why nothing does. One
// that ends in a space stands for all that begin so.
var elsewhere = []struct{ command, file, has, reason string }{
	{command: "go test ./...", file: ".ci/run", has: "go test ./..."},
	{command: "go test ./detectors/...", file: ".ci/run", has: "go test ./..."},
	{command: "go vet ./...", file: ".ci/run", has: "go vet ./..."},
	{command: "go build -trimpath ./cmd/minewatch", file: ".ci/run", has: "./cmd/minewatch"},
	{command: `go build ./cmd/minewatch && export PATH="$PWD:$PATH"`, file: ".ci/run", has: "go build -o"},
	{command: ".ci/run", reason: "it runs this test"},
	{command: ".ci/notebooks", file: ".ci/run", has: ".ci/notebooks"},
	{command: ".ci/beam", file: ".ci/run", has: ".ci/beam"},
	{command: "python3 -m venv .venv", file: ".ci/notebooks", has: "python3 -m venv"},
	{command: ".venv/bin/pip install -r notebooks/requirements.txt jupyterlab", file: ".ci/notebooks", has: "-r notebooks/requirements.txt"},
	{command: ".ci/s3", file: ".ci/run", has: ".ci/s3"},
	{command: ".venv/bin/jupyter lab notebooks", reason: "opens a browser"},
	{command: "sudo ", reason: "changes the machine; TestSystemdUnits reads the units"},
	{command: "minewatch bench detect --first 101", file: ".ci/run", has: "bench detect"},
	{command: "minewatch bench detect", file: ".ci/run", has: "bench detect"},
	{command: "minewatch bench fuse", file: ".ci/run", has: "bench fuse"},
	{command: "minewatch bench fuse --seed 401", file: ".ci/run", has: "bench fuse"},
	{command: "minewatch bench stages ", file: ".ci/run", has: "bench stages"},
	{command: "minewatch bench month ", file: ".ci/run", has: "bench month"},
	{command: "minewatch calibrate ", file: ".ci/run", has: "calibrate"},
	{command: "go build -C cmd/minewatch-beam -o minewatch-beam .", file: ".ci/beam", has: `go build -o "$tmp/minewatch-beam" .`},
	{command: "minewatch-beam -workspace DIR", file: ".ci/beam", has: `minewatch-beam" -workspace "$tmp/local"`},
	{command: "minewatch-beam -workspace ", reason: "needs a cluster of Flink; .ci/beam gives the same flags to Beam's own job service"},
	{command: "java ", reason: "needs a cluster of Flink"},
	{command: "flink run ", file: ".ci/flink", has: `CliFrontend run`},
	{command: "boot -worker_pool", file: ".ci/beam", has: `boot" -worker_pool`},
}

// runElsewhere returns the command of elsewhere that stands for one, or "".
func runElsewhere(command string) string {
	for _, e := range elsewhere {
		if e.command == command || strings.HasSuffix(e.command, " ") && strings.HasPrefix(command, e.command) {
			return e.command
		}
	}
	return ""
}

// commands returns the commands of a document.
func commands(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", document))
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAll(text, nil) // manifests and other files
	var list []string
	for _, line := range regexp.MustCompile(`(?m)^    ([a-z.].*)$`).FindAllStringSubmatch(string(text), -1) {
		command, _, _ := strings.Cut(line[1], " # ")
		if command = strings.TrimSpace(command); !strings.Contains(command, "→") { // a diagram
			list = append(list, command)
		}
	}
	return list
}

// Every command that the documents tell a user to type is run, on the demo and
// on a small workspace, or is known to be run by another check.
func TestDocumentedCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the demo")
	}
	var script strings.Builder
	run := 0
	for _, document := range documents {
		fmt.Fprintf(&script, "# %s\n", document)
		for _, command := range commands(t, document) {
			if runElsewhere(command) != "" {
				continue
			}
			run++
			fmt.Fprintf(&script, "exec sh -c '%s'\n", strings.ReplaceAll(here(command), "'", "''"))
		}
	}
	if run < 15 {
		t.Fatalf("only %d commands found; has their form changed?", run)
	}
	file := filepath.Join(t.TempDir(), "documents.txtar")
	if err := os.WriteFile(file, []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Files: []string{file}, RequireExplicitExec: true, Setup: deliverMeters})
}

// here makes a command run in the test's folder: with the program under test, on
// the workspace there, and below the folder where it would write to the system's.
func here(command string) string {
	command = strings.ReplaceAll(command, "go run ./cmd/minewatch ", "minewatch ")
	command = strings.NewReplacer("-w DIR", "-w kostanay", "--index I --of N", "--index 0 --of 1", "-w CACHE", "-w cache", "--mirror URL", "--mirror share").Replace(command)
	return regexp.MustCompile(` /(usr/local|etc)/`).ReplaceAllString(command, ` ./$1/`)
}

// deliverMeters writes the two files that the README copies into the inbox:
// hourly readings of two invented sites, a flat and a busy one.
func deliverMeters(env *testscript.Env) error {
	for _, folder := range []string{"meters", "etc/bash_completion.d"} {
		if err := os.MkdirAll(filepath.Join(env.WorkDir, folder), 0o755); err != nil {
			return err
		}
	}
	for month, name := range []string{"january", "february"} {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		fmt.Fprintln(z, "site_id,ts,kwh")
		first := time.Date(2023, time.January+time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		for _, site := range []string{"KZ-0001", "KZ-0002"} {
			for at := first; at.Month() == first.Month(); at = at.Add(time.Hour) {
				kwh := 4
				if site == "KZ-0002" && at.Hour() >= 8 && at.Hour() < 19 {
					kwh = 20
				}
				fmt.Fprintf(z, "%s,%s,%d\n", site, at.Format("2006-01-02T15:04"), kwh)
			}
		}
		if err := z.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(env.WorkDir, "meters", name+".csv.gz"), packed.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// The README repeats figures of the benchmark: they are those of the benchmark.
func TestReadmeFigures(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	benchmark, err := os.ReadFile("../../detectors/BENCHMARK.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## How it compares\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([0-9.]+) \|$`).FindAllStringSubmatch(section, -1)
	if len(rows) < 8 {
		t.Fatalf("%d figures found; has the form of the table changed?", len(rows))
	}
	for _, row := range rows {
		same := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row[1]) + ` \| \**` + regexp.QuoteMeta(row[2]) + `\b`)
		if !same.Match(benchmark) {
			t.Errorf("%s: %s is not the figure of detectors/BENCHMARK.md", row[1], row[2])
		}
	}
}

// What a page links to is there, from where the page lies.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, document := range append(documents, "pipeline/README.md") {
		text, err := os.ReadFile(filepath.Join("../..", document))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(document), m[1])); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
	}
}
