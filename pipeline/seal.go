package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"aead.dev/minisign"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Files that seal a run's folder.
const (
	ManifestName  = "manifest.json"
	SignatureName = "manifest.sig"
)

const sealComment = "signature of " + ManifestName + ", check with " + PublicKeyName

// ManifestSchema is raised when a field of Manifest changes its meaning.
const ManifestSchema = 1

// A Manifest says what a run was made from and what it made. Two runs over
// the same input with the same settings differ in Times only.
type Manifest struct {
	SchemaVersion int            `json:"schema_version"`
	RunID         string         `json:"run_id"`
	Fingerprint   string         `json:"fingerprint"` // of all that the run depends on; an equal one needs no new run
	Program       Program        `json:"program"`
	Settings      map[string]any `json:"settings"`
	Seed          int64          `json:"seed"`
	AsOf          Date           `json:"as_of"`
	Inputs        []InputFile    `json:"inputs"`
	Tables        []TableFile    `json:"tables"` // reference tables of the workspace's own; the run keeps a copy of each
	Lake          []LakePart     `json:"lake"`
	Balances      []Balance      `json:"balances"` // deliveries against lake, by input table
	Outputs       []OutputFile   `json:"outputs"`
	Notes         []string       `json:"notes"` // what could not be said, and why
	Times         Times          `json:"times"`
}

// Program identifies the build that made a run.
type Program struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // commit, "+dirty" if files were changed since
	Go       string `json:"go"`
}

// An InputFile is one delivered file. Rows = Accepted + Duplicates + Quarantined.
type InputFile struct {
	Dataset     string `json:"dataset"`
	Path        string `json:"path"` // relative to the workspace, with slashes; absolute if outside
	SHA256      string `json:"sha256"`
	Bytes       int64  `json:"bytes"`
	Rows        int64  `json:"rows"`
	Accepted    int64  `json:"accepted"`
	Duplicates  int64  `json:"duplicates"`
	Quarantined int64  `json:"quarantined"`
}

// A LakePart is one partition of the lake as the run read it. A later ingest
// may replace it, so Verify does not look for it.
type LakePart struct {
	Table     string             `json:"table"`
	Partition datasets.Partition `json:"partition"`
	Rows      int64              `json:"rows"`
	SHA256    string             `json:"sha256"`
}

// An OutputFile is one file in a run's folder.
type OutputFile struct {
	Path   string `json:"path"` // relative to the run's folder, with slashes
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   *int64 `json:"rows,omitempty"` // of a table; absent for pages and the like
}

// Times holds everything of a manifest that differs from run to run.
type Times struct {
	Started  time.Time   `json:"started"`
	Finished time.Time   `json:"finished"`
	Stages   []StageTime `json:"stages"`
	// Journal is the journal's last line when the run was sealed. It holds times.
	Journal JournalHead `json:"journal"`
}

// A Cost is what work took by the clock, and of processors: of all that the process did
// meanwhile, 0 where the system does not say.
type Cost struct {
	Seconds float64 `json:"seconds"`
	CPUS    float64 `json:"cpu_s"`
}

// started returns what tells the cost of what is done from now on.
func started() func() Cost {
	begun, cpu := time.Now(), cpuSeconds()
	return func() Cost { return Cost{time.Since(begun).Seconds(), cpuSeconds() - cpu} }
}

func (c Cost) plus(o Cost) Cost     { return Cost{c.Seconds + o.Seconds, c.CPUS + o.CPUS} }
func (c Cost) times(k float64) Cost { return Cost{k * c.Seconds, k * c.CPUS} }

// A StageTime is how long a stage took.
type StageTime struct {
	Stage string `json:"stage"`
	Tasks int    `json:"tasks"`
	Rows  int64  `json:"rows"`
	Cost
	// With names the stage whose cost holds that of this one, too: both looked at
	// readings that were read once.
	With string `json:"with,omitempty"`
}

// ThisProgram describes the running build.
func ThisProgram() Program {
	p := Program{Name: "minewatch", Version: "(devel)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	p.Go = info.GoVersion
	if info.Main.Version != "" {
		p.Version = info.Main.Version
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			p.Revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if p.Revision != "" {
		p.Revision += dirty
	}
	return p
}

// Seal hashes every file in dir into m.Outputs, then writes the manifest and
// its signature. Entries of m.Outputs that are already there give row counts;
// each must name a file in dir. Inputs, parts and outputs are sorted. It
// returns the manifest as written.
func Seal(dir string, m Manifest, key minisign.PrivateKey) (Manifest, error) {
	m.SchemaVersion = ManifestSchema
	outputs, err := hashOutputs(dir, m.Outputs)
	if err != nil {
		return m, fmt.Errorf("seal %s: %w", dir, err)
	}
	m.Outputs = outputs
	m.Inputs = slices.SortedFunc(slices.Values(m.Inputs), func(a, b InputFile) int {
		return slices.Compare([]string{a.Dataset, a.Path, a.SHA256}, []string{b.Dataset, b.Path, b.SHA256})
	})
	m.Lake = slices.SortedFunc(slices.Values(m.Lake), func(a, b LakePart) int {
		return slices.Compare([]string{a.Table, a.Partition.String()}, []string{b.Table, b.Partition.String()})
	})
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("seal %s: %w", dir, err)
	}
	text = append(text, '\n')
	if err := store.WriteFile(filepath.Join(dir, ManifestName), text); err != nil {
		return m, fmt.Errorf("seal %s: %w", dir, err)
	}
	if err := store.WriteFile(filepath.Join(dir, SignatureName), sign(text, "minewatch run "+m.RunID, sealComment, key)); err != nil {
		return m, fmt.Errorf("seal %s: %w", dir, err)
	}
	return m, nil
}

// sign returns a minisign signature (pre-hashed, as minisign writes by
// default). The trusted comment, which is signed too, must not hold the time, so
// that the same text has the same signature.
func sign(text []byte, trusted, untrusted string, key minisign.PrivateKey) []byte {
	r := minisign.NewReader(bytes.NewReader(text))
	if _, err := r.Read(make([]byte, len(text))); err != nil {
		panic("pipeline: read from memory: " + err.Error())
	}
	return r.SignWithComments(key, trusted, untrusted)
}

// plainSignature checks what a signature does not cover: that its file has the
// form and the untrusted comment with which this program writes it.
func plainSignature(text []byte, comment string) error {
	var s minisign.Signature
	if err := s.UnmarshalText(text); err != nil {
		return fmt.Errorf("is no minisign signature: %w", err)
	}
	canonical, err := s.MarshalText()
	if err != nil {
		return fmt.Errorf("is no minisign signature: %w", err)
	}
	if s.UntrustedComment != comment || !bytes.Equal(canonical, text) {
		return errors.New("was changed where the signature itself does not reach")
	}
	return nil
}

func hashOutputs(dir string, given []OutputFile) ([]OutputFile, error) {
	rows := map[string]*int64{}
	for _, o := range given {
		rows[o.Path] = o.Rows
	}
	paths, err := listRun(dir)
	if err != nil {
		return nil, err
	}
	outputs := make([]OutputFile, 0, len(paths))
	for _, path := range paths {
		o := OutputFile{Path: path, Rows: rows[path]}
		delete(rows, path)
		if o.SHA256, o.Bytes, err = hashAndSize(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return nil, err
		}
		outputs = append(outputs, o)
	}
	for path := range rows {
		return nil, fmt.Errorf("output %s was announced and not written", path)
	}
	return outputs, nil
}

// listRun returns the files of a run but the seal itself, sorted, relative,
// with slashes. Anything that is neither file nor folder is listed too.
func listRun(dir string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil && rel != ManifestName && rel != SignatureName {
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	slices.SortFunc(paths, strings.Compare)
	return paths, err
}

func hashAndSize(path string) (string, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("%s: not a regular file", path)
	}
	sum, err := store.HashFile(path)
	return sum, info.Size(), err
}
