package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/pipeline/sql"
)

// allDocuments returns the paths of all documents, from the root of the repository.
func allDocuments(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && strings.HasPrefix(name, ".") && name != ".." {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" && d.Name() != "CHANGELOG.md" {
			path, err = filepath.Rel("../..", path)
			list = append(list, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// spoken matches a command within a sentence.
var spoken = regexp.MustCompile("`((?:MINEWATCH_[A-Z]+=\\S+ )*(?:go (?:test|run|build) |\\.ci/|minewatch bench |minewatch calibrate)[^`]*)`")

// Every command of every document is one that this file's neighbour runs, one that
// a check runs, or a go test of what go test ./... or the checks' benchmarks run.
func TestEveryCommandIsRun(t *testing.T) {
	used := map[string]bool{}
	checked := 0
	for _, page := range allDocuments(t) {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		list := commands(t, page)
		if !slices.Contains(documents, page) {
			list = slices.DeleteFunc(list, func(c string) bool { return !shell.MatchString(c) })
		}
		for _, m := range spoken.FindAllSubmatch(text, -1) {
			list = append(list, strings.Join(strings.Fields(string(m[1])), " "))
		}
		for _, command := range list {
			e := runElsewhere(command)
			used[e] = true
			switch {
			case e != "":
			case goTest.MatchString(command):
				checked++
				knownTest(t, page, command)
			case !slices.Contains(documents, page):
				t.Errorf("%s: nothing runs %q", page, command)
			}
		}
	}
	for _, e := range elsewhere {
		if !used[e.command] {
			t.Errorf("%q is in no document any more", e.command)
		}
		if e.file == "" {
			continue
		}
		if text, err := os.ReadFile(filepath.Join("../..", e.file)); err != nil || !bytes.Contains(text, []byte(e.has)) {
			t.Errorf("%q should be run by %s: %q is not in it (%v)", e.command, e.file, e.has, err)
		}
	}
	if checked < 12 {
		t.Errorf("only %d go test commands found; has their form changed?", checked)
	}
}

var (
	shell  = regexp.MustCompile(`^(minewatch|minewatch-beam|go|java|boot|\.ci/\w+) `)
	goTest = regexp.MustCompile(`^((?:MINEWATCH_[A-Z]+=\S+ )*)go test (\./\S*)((?: .*)?)$`)
	option = regexp.MustCompile(` -(\w+)(?:[ =]('[^']*'|[^-\s]\S*|-(?:\s|$)))?`)
)

// ofGoTest are the flags of go test itself.
var ofGoTest = []string{"run", "bench", "benchtime", "benchmem", "v", "count", "timeout", "race"}

// knownTest fails unless the command names tests or benchmarks of its package,
// and flags and variables that they read.
func knownTest(t *testing.T, page, command string) {
	t.Helper()
	m := goTest.FindStringSubmatch(command)
	names, source := tests(t, filepath.Join("../..", m[2]))
	for _, variable := range regexp.MustCompile(`MINEWATCH_[A-Z]+`).FindAllString(m[1], -1) {
		if !strings.Contains(source, `"`+variable+`"`) {
			t.Errorf("%s: %q: no test reads %s", page, command, variable)
		}
	}
	for _, o := range option.FindAllStringSubmatch(m[3], -1) {
		value := strings.Trim(strings.TrimSpace(o[2]), "'")
		switch {
		case !slices.Contains(ofGoTest, o[1]):
			if !regexp.MustCompile(`flag\.\w+\("` + o[1] + `"`).MatchString(source) {
				t.Errorf("%s: %q: no test has the flag %s", page, command, o[1])
			}
		case o[1] == "run" && value != "^$" && value != "-", o[1] == "bench":
			for _, each := range strings.Split(value, "|") {
				re, err := regexp.Compile(each)
				if err != nil || !slices.ContainsFunc(names, re.MatchString) {
					t.Errorf("%s: %q: no test is named %q", page, command, each)
				}
			}
		}
	}
}

// tests returns the names of a package's tests and benchmarks, and the text of its test files.
func tests(t *testing.T, dir string) (names []string, source string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files of tests: %v", dir, len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		source += string(text)
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names, source
}

// The query of FORMAT.md reads the demo's lake.
func TestDocumentedQuery(t *testing.T) {
	text, err := os.ReadFile("../../datasets/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)\nDuckDB:\n\n(.*?);\n`).FindSubmatch(text)
	if block == nil {
		t.Fatal("no query in FORMAT.md")
	}
	workspace := filepath.Dir(filepath.Dir(demoPages(t)))
	lake := filepath.Join(workspace, "lake")
	ctx := context.Background()
	db, err := sql.Open(ctx, sql.Options{Threads: 1, MemoryMiB: 256, TempDir: t.TempDir(), Dirs: []string{lake}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := strings.ReplaceAll(string(block[1]), "'lake/", "'"+lake+"/")
	var months, sites int
	if err := db.One(ctx, "SELECT count(DISTINCT month), count(DISTINCT site_id) FROM ("+query+")", &months, &sites); err != nil {
		t.Fatal(err)
	}
	if months < 36 || sites < 30 {
		t.Errorf("%d months of %d sites", months, sites)
	}
}
