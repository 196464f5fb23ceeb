package pipeline

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Files that seal what was handed over.
const (
	ShareName          = "share.json"
	ShareSignatureName = "share.sig"
	shareComment       = "signature of " + ShareName + ", check with " + PublicKeyName
)

// ShareOptions say what is handed to whom.
type ShareOptions struct {
	Profile  datasets.Profile
	RunID    string // "" for the newest
	Provider string // of telecom: whose subscribers
}

// A Share lists what a receiver was given of a run.
type Share struct {
	Profile  string       `json:"profile"`
	Provider string       `json:"provider,omitempty"`
	RunID    string       `json:"run_id"`
	Manifest string       `json:"manifest_sha256"` // of the run
	Files    []OutputFile `json:"files"`
}

// sharedFolders names the parts of a run's folder that a receiver is given as they are.
var sharedFolders = map[string][]string{
	datasets.Analyst.Name:    {""},
	datasets.Inspection.Name: {"inspection/", "tax/", "compliance/"},
	datasets.Telecom.Name:    {"telecom/"},
	datasets.Notebook.Name:   nil, // masked copies of tables instead
}

const (
	subscribersFile = "telecom/subscribers.csv"
	providersFolder = "telecom/providers/" // the same by provider: a provider is given its own as subscribersFile
)

// HandOver copies to dir, a new folder, what the profile lets a receiver see of a
// run, seals it with the workspace's key, and notes it in the journal. The run
// must be as it was sealed.
func HandOver(ws *Workspace, dir string, o ShareOptions) (*Share, error) {
	j, unlock, err := ws.lockJournal()
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, err := ws.handOver(dir, o)
	if err != nil {
		return nil, fmt.Errorf("share for %s: %w", o.Profile.Name, err)
	}
	whom := s.Profile
	if s.Provider != "" {
		whom += ": " + s.Provider
	}
	return s, j.append(JournalEntry{Kind: EntryShare, Run: s.RunID, Manifest: s.Manifest, Order: whom})
}

func (ws *Workspace) handOver(dir string, o ShareOptions) (*Share, error) {
	run, err := ws.RunDir(o.RunID)
	if err != nil {
		return nil, err
	}
	m, err := readRun(run)
	if err != nil {
		return nil, err
	}
	if !ws.intact(run) {
		return nil, fmt.Errorf("%s is not as it was sealed; minewatch verify says where", run)
	}
	if err := newFolder(dir); err != nil {
		return nil, err
	}
	s := &Share{Profile: o.Profile.Name, Provider: o.Provider, RunID: m.RunID}
	if s.Manifest, err = store.HashFile(filepath.Join(run, ManifestName)); err != nil {
		return nil, err
	}
	if o.Profile.Name == datasets.Notebook.Name {
		err = ws.shareTables(dir, run, o.Profile)
	} else {
		err = shareFiles(dir, run, m, o)
	}
	if err != nil {
		return nil, err
	}
	if s.Files, err = hashOutputs(dir, nil); err != nil {
		return nil, err
	}
	return s, ws.sealShare(dir, s)
}

func (ws *Workspace) sealShare(dir string, s *Share) error {
	key, err := ws.Key()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	return errors.Join(store.WriteFile(filepath.Join(dir, ShareName), text),
		store.WriteFile(filepath.Join(dir, ShareSignatureName), sign(text, "minewatch share of run "+s.RunID, shareComment, key)))
}

// newFolder makes a folder, or takes one that is empty.
func newFolder(dir string) error {
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s is not empty; name a new folder", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return os.MkdirAll(dir, 0o755)
}

func shareFiles(dir, run string, m Manifest, o ShareOptions) error {
	for _, f := range m.Outputs {
		if !slices.ContainsFunc(sharedFolders[o.Profile.Name], func(prefix string) bool { return strings.HasPrefix(f.Path, prefix) }) ||
			o.Profile.Name == datasets.Telecom.Name && strings.HasPrefix(f.Path, providersFolder) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(run, filepath.FromSlash(f.Path)))
		if err == nil && f.Path == subscribersFile && o.Profile.Name == datasets.Telecom.Name {
			text, err = ofProvider(text, o.Provider)
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := store.WriteFile(path, text); err != nil {
			return err
		}
	}
	return nil
}

// ofProvider keeps the subscribers of one provider: the others are none of its
// business. Without a name there may be one provider only.
func ofProvider(text []byte, provider string) ([]byte, error) {
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(records) == 0 {
		return text, err
	}
	at := slices.Index(records[0], "provider")
	names := map[string]bool{}
	kept := records[:1:1]
	for _, r := range records[1:] {
		names[r[at]] = true
		if provider == "" || r[at] == provider {
			kept = append(kept, r)
		}
	}
	if provider == "" && len(names) > 1 || provider != "" && len(names) > 0 && !names[provider] {
		return nil, fmt.Errorf("the subscribers belong to %s; name one of them with --provider", strings.Join(sortedKeys(names), ", "))
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	err = w.WriteAll(kept)
	return []byte(b.String()), err
}

func sortedKeys(set map[string]bool) []string {
	var list []string
	for k := range set {
		list = append(list, fmt.Sprintf("%q", k))
	}
	slices.Sort(list)
	return list
}

// shareTables writes the result tables under a profile with pseudonyms.
func (ws *Workspace) shareTables(dir, run string, p datasets.Profile) error {
	secret, err := ws.Secret()
	if err != nil {
		return err
	}
	return errors.Join(
		shareTable(dir, run, "scores.parquet", p, secret, func(r datasets.Score) string { return r.SiteID }),
		shareTable(dir, run, "score_terms.parquet", p, secret, func(r datasets.ScoreTerm) string { return r.SiteID }),
		shareTable(dir, run, "evidence.parquet", p, secret, func(r datasets.Evidence) string { return r.SiteID }),
		shareTable(dir, run, "visits.parquet", p, secret, func(r datasets.Visit) string { return r.SiteID }),
		shareTable(dir, run, "statement.parquet", p, secret, func(r datasets.StatementLine) string { return r.SiteID }),
	)
}

// shareTable writes the masked rows in the order of the pseudonyms: the order
// of the run is that of the ids, and would give them away.
func shareTable[R any](dir, run, name string, p datasets.Profile, secret datasets.Secret, site func(R) string) error {
	rows, err := store.ReadFile[R](filepath.Join(run, name))
	if err != nil {
		return err
	}
	rows = datasets.Mask(rows, p, secret)
	slices.SortStableFunc(rows, func(a, b R) int { return strings.Compare(site(a), site(b)) })
	return store.WriteRows(filepath.Join(dir, name), rows)
}
