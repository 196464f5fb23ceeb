package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// writeProviders writes the subscribers of each provider into a file of its own:
// no provider is to see another's. Names of files are made of the name's plain
// letters and digits, with a number where two would be the same.
func writeProviders(dir string, run *Run) (files []string, err error) {
	by := map[string][]datasets.SubscriberSeen{}
	var order []string
	for _, s := range run.Subscribers {
		if _, ok := by[s.Provider]; !ok {
			order = append(order, s.Provider)
		}
		by[s.Provider] = append(by[s.Provider], s)
	}
	slices.Sort(order)
	taken := map[string]bool{}
	for _, provider := range order {
		base := providerFile(provider)
		name := base
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[name] = true
		path := "telecom/providers/" + name + ".csv"
		rows := RowsOf(by[provider])
		if err := create(dir, path, func(w io.Writer) error { return writeCSV(w, rows) }); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

func providerFile(provider string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, provider)
	name = strings.Trim(name, "-")
	if name == "" {
		return "provider"
	}
	return name[:min(len(name), 40)]
}
