package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// licences that may be linked into the program, by SPDX name: they ask for no
// more than to be named (MPL-2.0: and for the source of its own files).
var licences = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Zlib", "0BSD", "Unlicense", "CC0-1.0"}

// A module is what go list says of the module of a package.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// linked lists the modules with a package in the program or its tests.
func linked(t *testing.T) map[string]module {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-json=Module", "../../...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	by := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return by
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main {
			by[p.Module.Path] = *p.Module
		}
	}
}

// Every module that is linked comes with a licence of the list.
func TestLicences(t *testing.T) {
	modules := linked(t)
	if len(modules) < 30 {
		t.Fatalf("%d modules: go list said too little", len(modules))
	}
	for path, m := range modules {
		if m.Replace != nil {
			t.Errorf("%s is replaced by %s: what is pinned must be what is linked", path, m.Replace.Path)
		}
		if m.Dir == "" {
			t.Errorf("%s %s is not in the module cache", path, m.Version)
			continue
		}
		found := licencesOf(t, m.Dir)
		if len(found) == 0 {
			t.Errorf("%s %s has no licence that can be recognised in %s", path, m.Version, m.Dir)
		}
		for _, l := range found {
			if !slices.Contains(licences, l) {
				t.Errorf("%s %s is under %s, which is not on the list", path, m.Version, l)
			}
		}
	}
}

// licencesOf recognises the licence files of a module's folder.
func licencesOf(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.Contains(name, "LICENSE") && !strings.Contains(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") { // also UNLICENSE
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range licensecheck.Scan(text).Match {
			if !m.IsURL && !slices.Contains(found, m.ID) {
				found = append(found, m.ID)
			}
		}
	}
	return found
}
