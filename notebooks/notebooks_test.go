// Package notebooks_test holds the notebooks to their rules without running
// them; .ci/notebooks runs them.
package notebooks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

type cell struct {
	Type           string          `json:"cell_type"`
	ID             string          `json:"id"`
	Source         []string        `json:"source"`
	Outputs        []any           `json:"outputs"`
	ExecutionCount json.RawMessage `json:"execution_count"`
}

func (c cell) text() string { return strings.Join(c.Source, "") }

// read returns the cells of every notebook by file name.
func read(t *testing.T) map[string][]cell {
	t.Helper()
	files, err := filepath.Glob("*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	books := map[string][]cell{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var book struct {
			Cells    []cell `json:"cells"`
			Metadata struct {
				Kernel struct{ Name string } `json:"kernelspec"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(text, &book); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if book.Metadata.Kernel.Name != "python3" {
			t.Errorf("%s: kernel %q, want python3", file, book.Metadata.Kernel.Name)
		}
		books[file] = book.Cells
	}
	return books
}

// Outputs in git would grow it with every run, and show what somebody's data held.
func TestStripped(t *testing.T) {
	for file, cells := range read(t) {
		ids := map[string]bool{}
		for i, c := range cells {
			if len(c.Outputs) > 0 || c.Type == "code" && string(c.ExecutionCount) != "null" {
				t.Errorf("%s: cell %d has output; clear all outputs before committing", file, i)
			}
			if c.ID == "" || ids[c.ID] {
				t.Errorf("%s: cell %d has no id of its own", file, i)
			}
			ids[c.ID] = true
		}
	}
}

func TestIndexed(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	books := read(t)
	for file := range books {
		if !strings.Contains(string(index), "("+file+")") {
			t.Errorf("README.md does not list %s", file)
		}
	}
	for _, m := range regexp.MustCompile(`\(([^)]+\.ipynb)\)`).FindAllStringSubmatch(string(index), -1) {
		if books[m[1]] == nil {
			t.Errorf("README.md lists %s, which is not here", m[1])
		}
	}
}

// A picture without a word on how to read it is decoration.
func TestEveryPictureIsExplained(t *testing.T) {
	const meaning = "**What it means.**"
	for file, cells := range read(t) {
		pending := -1
		for i, c := range cells {
			switch {
			case c.Type == "markdown" && strings.Contains(c.text(), meaning):
				pending = -1
			case c.Type == "code" && strings.Contains(c.text(), "plt.show()"):
				if pending >= 0 {
					t.Errorf("%s: the picture of cell %d is not explained", file, pending)
				}
				pending = i
			}
		}
		if pending >= 0 {
			t.Errorf("%s: the picture of cell %d is not explained", file, pending)
		}
	}
}

var (
	private   = regexp.MustCompile(`lake/|_parts|_files|_superseded|read_parquet|parquet_scan`)
	source    = regexp.MustCompile(`(?:\bFROM|\bJOIN) +([a-z_]+)\b(\(?)`)
	ownSource = regexp.MustCompile(`(?:CREATE VIEW +([a-z_]+)|\b([a-z_]+) AS \()`)
)

// Notebooks read tables by the names that minewatch datasets describes, so that
// they break with the public schema and with nothing else.
func TestPublicSchemaOnly(t *testing.T) {
	for file, cells := range read(t) {
		known := map[string]bool{"information_schema": true}
		for _, table := range datasets.Catalog {
			known[table.Name] = true
		}
		read := 0
		for i, c := range cells {
			if c.Type != "code" {
				continue
			}
			if found := private.FindString(c.text()); found != "" {
				t.Errorf("%s: cell %d reads %q; use the tables of workspace.py", file, i, found)
			}
			for _, m := range ownSource.FindAllStringSubmatch(c.text(), -1) {
				known[m[1]], known[m[2]] = true, true
			}
			for _, m := range source.FindAllStringSubmatch(c.text(), -1) {
				if read++; m[2] == "" && !known[m[1]] {
					t.Errorf("%s: cell %d reads %q, which is no table of minewatch datasets", file, i, m[1])
				}
			}
		}
		if read == 0 {
			t.Errorf("%s reads no table", file)
		}
	}
}

// Every requirement is pinned, else a notebook breaks without a change here.
func TestPinned(t *testing.T) {
	for _, file := range []string{"requirements.txt", "constraints.txt"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(l string) bool { return strings.HasPrefix(l, "#") })
		for _, line := range lines {
			if !regexp.MustCompile(`^[A-Za-z0-9_.-]+==[0-9.]+$`).MatchString(line) {
				t.Errorf("%s: %q is not pinned", file, line)
			}
		}
	}
}
