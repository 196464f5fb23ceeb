package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// ConfigName is the settings file that makes a folder a workspace.
const ConfigName = "minewatch.yaml"

const latest = "latest"

// A Workspace is a folder with settings, deliveries, the lake and runs.
type Workspace struct {
	Dir    string
	Config Config
}

// InitOptions are the settings fixed when a workspace is made. Zero values
// stand for the defaults.
type InitOptions struct {
	Zone    string
	Buckets int
	Prior   float64 // score.prior of a new workspace
}

// Init makes dir a workspace: settings, a signing key, one inbox folder for
// each input table, and a folder for reference tables of its own. On a workspace it only restores what is missing. Any
// other folder must be empty.
func Init(dir string, o InitOptions) (*Workspace, error) {
	if _, err := os.Stat(filepath.Join(dir, ConfigName)); errors.Is(err, fs.ErrNotExist) {
		if err := writeSettings(dir, o); err != nil {
			return nil, fmt.Errorf("init %s: %w", dir, err)
		}
	}
	ws, err := OpenWorkspace(dir)
	if err != nil {
		return nil, err
	}
	if err := ws.agreesWith(o); err != nil {
		return nil, err
	}
	if err := ws.makeKey(); err != nil {
		return nil, fmt.Errorf("init %s: %w", dir, err)
	}
	for _, t := range datasets.Inputs() {
		if err := makeInbox(ws.Inbox(t.Name), t); err != nil {
			return nil, fmt.Errorf("init %s: %w", dir, err)
		}
	}
	if err := ws.makeTables(); err != nil {
		return nil, fmt.Errorf("init %s: %w", dir, err)
	}
	return ws, nil
}

func writeSettings(dir string, o InitOptions) error {
	c := Default()
	if o.Zone != "" {
		c.Zone = o.Zone
	}
	if o.Buckets != 0 {
		c.Buckets = o.Buckets
	}
	if o.Prior != 0 {
		c.Scoring.Prior = o.Prior
	}
	if err := c.Validate(); err != nil {
		return &ConfigError{File: ConfigName, Err: err}
	}
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return &ConfigError{File: dir, Err: fmt.Errorf("the folder is not empty and is no workspace (it holds %s but no %s); name a new folder", entries[0].Name(), ConfigName)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return store.WriteFile(filepath.Join(dir, ConfigName), []byte(c.CommentedYAML()))
}

func (ws *Workspace) agreesWith(o InitOptions) error {
	if o.Zone != "" && o.Zone != ws.Config.Zone || o.Buckets != 0 && o.Buckets != ws.Config.Buckets {
		return &ConfigError{File: ws.Path(ConfigName), Err: fmt.Errorf("the workspace exists with zone %s and %d buckets; leave both out, or name a new folder", ws.Config.Zone, ws.Config.Buckets)}
	}
	return nil
}

// OpenWorkspace reads the settings of the workspace in dir. Errors of the
// folder or the settings are *[ConfigError].
func OpenWorkspace(dir string) (*Workspace, error) {
	path := filepath.Join(dir, ConfigName)
	c, err := LoadConfig(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ConfigError{File: dir, Err: fmt.Errorf("no workspace: %s is missing; make one with minewatch init, or name one with --workspace", ConfigName)}
	}
	if err != nil {
		return nil, err
	}
	return &Workspace{Dir: dir, Config: c}, nil
}

// Path returns the path of a file named relative to the workspace; absolute
// paths stay as they are.
func (ws *Workspace) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(ws.Dir, filepath.FromSlash(name))
}

// Inbox returns the folder of deliveries of a table.
func (ws *Workspace) Inbox(table string) string { return filepath.Join(ws.Dir, "inbox", table) }

// Lake returns the folder of the tables that were taken in or derived.
func (ws *Workspace) Lake() string { return filepath.Join(ws.Dir, "lake") }

// Quarantine returns the folder of refused rows.
func (ws *Workspace) Quarantine() string { return filepath.Join(ws.Dir, "quarantine") }

// Runs returns the folder of finished runs.
func (ws *Workspace) Runs() string { return filepath.Join(ws.Dir, "runs") }

// inboxReadme is the file in each inbox folder that says what belongs there.
const inboxReadme = "README.txt"

// makeInbox makes the folder for deliveries of t and says in it what belongs there.
func makeInbox(dir string, t *datasets.Table) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nPut files here as delivered: CSV (comma or semicolon), XLSX or Parquet with these columns,\nin any order, plain or as .gz, .zst or .zip. Files with other headers are read through\ningest.mappings of minewatch.yaml. This README is not read.\n\n", t.Name, t.Doc)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range t.Delivered() {
		need := "optional"
		if c.Required {
			need = "required"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", c.In, need, c.TypeName(), c.Meaning())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nMore: minewatch datasets %s\n", t.Name)
	return store.WriteFile(filepath.Join(dir, inboxReadme), []byte(b.String()))
}

// RunDir returns the folder of a finished run, the newest if id is "". The number
// before the dash is enough.
func (ws *Workspace) RunDir(id string) (string, error) {
	if id == "" {
		id = latest
	}
	if !filepath.IsLocal(id) || strings.ContainsAny(id, `/\`) {
		return "", fmt.Errorf("run %q: want the name of a folder below %s", id, ws.Runs())
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(ws.Runs(), id))
	if err == nil {
		return dir, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("find run %s: %w", id, err)
	}
	ids, err := ws.RunIDs()
	if err != nil {
		return "", fmt.Errorf("find run %s: %w", id, err)
	}
	if i := slices.IndexFunc(ids, func(name string) bool { return strings.HasPrefix(name, id+"-") }); i >= 0 {
		return filepath.Join(ws.Runs(), ids[i]), nil
	}
	if len(ids) == 0 {
		return "", fmt.Errorf("%s holds no finished run; make one with minewatch run", ws.Dir)
	}
	return "", fmt.Errorf("no run %s in %s; there are: %s", id, ws.Runs(), strings.Join(ids, ", "))
}

// RunIDs returns the names of the finished runs, sorted.
func (ws *Workspace) RunIDs() ([]string, error) {
	entries, err := os.ReadDir(ws.Runs())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// BeginRun makes the temporary folder that a run writes into. It lies beside
// the finished runs, so that PublishRun can rename it.
func (ws *Workspace) BeginRun() (string, error) {
	if err := os.MkdirAll(ws.Runs(), 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(ws.Runs(), ".tmp-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// PublishRun gives the sealed folder tmp its final name and points latest at
// it. Readers see the run whole or not at all. A run is never overwritten.
func (ws *Workspace) PublishRun(tmp, id string) (string, error) {
	dir := filepath.Join(ws.Runs(), id)
	if _, err := os.Lstat(dir); err == nil {
		return "", fmt.Errorf("publish run %s: %s exists; a finished run is never overwritten", id, dir)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return "", fmt.Errorf("publish run %s: %w", id, err)
	}
	if err := ws.pointLatest(id); err != nil {
		return "", fmt.Errorf("publish run %s: %w", id, err)
	}
	return dir, nil
}

func (ws *Workspace) pointLatest(id string) error {
	tmp, err := os.MkdirTemp(ws.Runs(), ".tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	link := filepath.Join(tmp, latest)
	if err := os.Symlink(id, link); err != nil {
		return err
	}
	if err := os.Rename(link, filepath.Join(ws.Runs(), latest)); err != nil {
		return err
	}
	runs, err := os.Open(ws.Runs())
	if err != nil {
		return err
	}
	return errors.Join(runs.Sync(), runs.Close())
}
