package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/score"
)

// TablesFolder is the folder of a workspace in which the user's reference
// tables lie.
const TablesFolder = "tables"

// OwnScale is the table of a workspace that says what the ratios of load/block are worth
// on its own meters.
const OwnScale = TablesFolder + "/load_scale.csv"

// Tables are the reference tables that ship with the program, with the
// workspace's own laid over them.
type Tables struct {
	Rates      ref.Rates
	Deadlines  ref.Deadlines
	BaseRates  ref.BaseRates
	Tariffs    ref.Tariffs
	Regimes    ref.Regimes
	Calendar   ref.Calendar
	Events     ref.Events
	Accredited ref.AccreditedPools
	Limits     ref.Limitations
	Regions    ref.Regions
	Places     ref.Places
	Activities ref.Activities
	Known      ref.KnownLoads
	LoadScale  ref.LoadScale

	Files []TableFile // the workspace's own, by path
	texts map[string][]byte
}

// A TableFile is one reference table of the workspace's own.
type TableFile struct {
	Path   string `json:"path"` // relative to the workspace, and to the run's folder, which keeps a copy
	SHA256 string `json:"sha256"`
}

// A tableKind is one table that a workspace may override.
type tableKind struct {
	file, doc, override string
	load                func(t *Tables, user io.Reader) error
}

const (
	byDays = "Your lines replace the shipped ones on the days that they speak of; days left uncovered are an error."
	byKey  = "A line of yours replaces the shipped one with the same key (%s); other keys are added."
)

var tableKinds = []tableKind{
	{"rates.csv", "rate of the tax (fee) by date, case and price of the electricity; whole quarters", byDays, set(ref.LoadRates, func(t *Tables) *ref.Rates { return &t.Rates })},
	{"deadlines.csv", "when return and payment of a quarter are due", byDays, set(ref.LoadDeadlines, func(t *Tables) *ref.Deadlines { return &t.Deadlines })},
	{"base_rates.csv", "base rate of the National Bank, for late-payment interest", fmt.Sprintf(byKey, "from"), set(ref.LoadBaseRates, func(t *Tables) *ref.BaseRates { return &t.BaseRates })},
	{"tariffs.csv", "price of electricity by region and tariff group", "Your lines replace the shipped ones of the same region and group on the days that they speak of.", set(ref.LoadTariffs, func(t *Tables) *ref.Tariffs { return &t.Tariffs })},
	{"regimes.csv", "what registered means by date: notification, licence, their days", byDays, set(ref.LoadRegimes, func(t *Tables) *ref.Regimes { return &t.Regimes })},
	{"holidays.csv", "public holidays, days off in their place, weekend days worked", fmt.Sprintf(byKey, "day"), set(ref.LoadCalendar, func(t *Tables) *ref.Calendar { return &t.Calendar })},
	{"events.csv", "windows in which miners were cut off; curtailments of a feeder or region go into inbox/curtailments", fmt.Sprintf(byKey, "event"), set(ref.LoadEvents, func(t *Tables) *ref.Events { return &t.Events })},
	{"accredited_pools.csv", "pools that licensed miners may work through; none ships, and without any nothing is said of pools", "Your lines are added.", set(ref.LoadAccreditedPools, func(t *Tables) *ref.AccreditedPools { return &t.Accredited })},
	{"limitations.csv", "taxpayers whose limitation is not tax.limitation_years; none ships, sizes of businesses are not public", "Your lines are added.", set(ref.LoadLimitations, func(t *Tables) *ref.Limitations { return &t.Limits })},
	{"regions.csv", "regions with their names in three languages", fmt.Sprintf(byKey, "code"), set(ref.LoadRegions, func(t *Tables) *ref.Regions { return &t.Regions })},
	{"places.csv", "earlier and other names of towns and streets, for linkage", fmt.Sprintf(byKey, "kind, town and first name"), set(ref.LoadPlaces, func(t *Tables) *ref.Places { return &t.Places })},
	{"known_loads.csv", "loads that are known and can look like a mine: cold stores, licensed data centres, pumps; none ships", "Your lines are added.", set(ref.LoadKnownLoads, func(t *Tables) *ref.KnownLoads { return &t.Known })},
	{"load_scale.csv", "what the ratios of load/block are worth on your own meters; none ships, calibrate --self-inject --use writes it", "Your lines are used as they are.", set(ref.LoadLoadScale, func(t *Tables) *ref.LoadScale { return &t.LoadScale })},
	{"oked.csv", "activities whose load is comparable", fmt.Sprintf(byKey, "prefix"), set(ref.LoadActivities, func(t *Tables) *ref.Activities { return &t.Activities })},
}

// set makes a loader store its table.
func set[T any](load func(io.Reader) (T, error), field func(*Tables) *T) func(*Tables, io.Reader) error {
	return func(t *Tables, user io.Reader) error {
		v, err := load(user)
		*field(t) = v
		return err
	}
}

// LoadTables reads the reference tables. A file of the workspace that cannot be
// used is a *[ConfigError] that names it, as is one of an unknown name: a
// misspelt table would otherwise be passed over in silence.
func LoadTables(ws *Workspace) (*Tables, error) {
	t := &Tables{Files: []TableFile{}, texts: map[string][]byte{}}
	given, err := ws.tableFiles()
	if err != nil {
		return nil, err
	}
	for _, kind := range tableKinds {
		var user io.Reader
		path := ws.Path(TablesFolder + "/" + kind.file)
		if slices.Contains(given, kind.file) {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("read tables: %w", err)
			}
			sum := sha256.Sum256(text)
			t.Files = append(t.Files, TableFile{TablesFolder + "/" + kind.file, hex.EncodeToString(sum[:])})
			t.texts[kind.file] = text
			user = bytes.NewReader(text)
		}
		if err := kind.load(t, user); err != nil {
			if user == nil {
				return nil, fmt.Errorf("shipped table: %w", err)
			}
			return nil, &ConfigError{File: path, Err: fmt.Errorf("%w; see %s/%s", err, TablesFolder, inboxReadme)}
		}
	}
	slices.SortFunc(t.Files, func(a, b TableFile) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// tableFiles lists the tables of the workspace's own.
func (ws *Workspace) tableFiles() ([]string, error) {
	dir := ws.Path(TablesFolder)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	var known, names []string
	for _, kind := range tableKinds {
		known = append(known, kind.file)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == inboxReadme, strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"):
		case !slices.Contains(known, name):
			return nil, &ConfigError{File: filepath.Join(dir, name), Err: fmt.Errorf("no table of this name; there are %s", strings.Join(known, ", "))}
		default:
			names = append(names, name)
		}
	}
	return names, nil
}

// keep writes the workspace's own tables into a run's folder, so that its sums
// can be checked when they have long been changed.
func (t *Tables) keep(runDir string) error {
	for _, f := range t.Files {
		path := filepath.Join(runDir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := store.WriteFile(path, t.texts[filepath.Base(path)]); err != nil {
			return err
		}
	}
	return nil
}

// makeTables makes the folder for the workspace's own tables and says in it how
// to override the shipped ones.
func (ws *Workspace) makeTables() error {
	dir := ws.Path(TablesFolder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return store.WriteFile(filepath.Join(dir, inboxReadme), []byte(tablesReadme()))
}

func tablesReadme() string {
	var b strings.Builder
	b.WriteString(`Reference tables of your own: rates, tariffs, holidays and the like.

The program ships with a table of each kind. To extend or override one, put a
CSV file of its name here (UTF-8, comma or semicolon, lines with # are comments)
with exactly the columns below. Every line names its source; confidence is S2
(two sources), S (one), C (computed), I (inferred), M (from memory) or U (stated
by you). Days are written 2026-01-31; an empty "from" or "to" is an open end.

A file that is not in order stops the run with exit code 2 and says file, line
and remedy. Each run depends on these files, names them in its manifest.json with
their SHA-256, and keeps a copy. This README is not read.

Example, a rate for 2026 in rates.csv:

    from,to,case,price_from_kzt,price_to_kzt,rate_kzt_kwh,law,source,confidence
    2026-01-01,,flat,,,2,Tax Code 214-VIII art. N,official text read on 2026-02-01,U
`)
	for _, kind := range tableKinds {
		fmt.Fprintf(&b, "\n%s: %s.\n  %s\n", kind.file, kind.doc, kind.override)
		text, _ := ref.Shipped(kind.file)
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "#") {
				b.WriteString("  " + line)
				continue
			}
			b.WriteString("  columns: " + line) // the header
			break
		}
	}
	return b.String()
}

// loadWorth returns what the ratios of load/block are worth on the workspace's own meters;
// empty if it has no such table.
func (t *Tables) loadWorth() (worth score.Curve) {
	for _, row := range t.LoadScale {
		worth = append(worth, score.Knot{Sum: row.LogLR, Worth: row.Worth})
	}
	return worth
}
