package pipeline

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

var (
	identifierLink = regexp.MustCompile("\\[`([^`]+)`\\]\\(([^)]+)\\)")
	tableWords     = regexp.MustCompile("→ tables? ((?:(?:, | and )?`[a-z_]+`)+)")
	quoted         = regexp.MustCompile("`([a-z_]+)`")
)

// README.md leads a newcomer through the code: the functions that it names are
// in the files that it links, and the tables are those of the catalogue.
func TestReadmeNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	links := identifierLink.FindAllStringSubmatch(string(text), -1)
	if len(links) < 30 {
		t.Fatalf("%d links to code; has their form changed?", len(links))
	}
	for _, m := range links {
		if err := declares(m[2], m[1]); err != nil {
			t.Error(err)
		}
	}
	known := map[string]bool{}
	for _, table := range datasets.Catalog {
		known[table.Name] = true
	}
	sentences := tableWords.FindAllStringSubmatch(string(text), -1)
	if len(sentences) < 8 {
		t.Fatalf("%d sentences about tables; has their form changed?", len(sentences))
	}
	for _, s := range sentences {
		for _, name := range quoted.FindAllStringSubmatch(s[1], -1) {
			if !known[name[1]] {
				t.Errorf("README.md: no table %q in the catalogue", name[1])
			}
		}
	}
}

// declares fails unless the file declares the identifier or has it as its name.
func declares(file, identifier string) error {
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return fmt.Errorf("README.md: %w", err)
	}
	if path.Base(file) == identifier {
		return nil
	}
	declared := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |var |const )` + regexp.QuoteMeta(identifier) + `\b`)
	if strings.HasSuffix(file, ".go") && !declared.Match(text) {
		return fmt.Errorf("README.md: %s does not declare %s", file, identifier)
	}
	return nil
}
