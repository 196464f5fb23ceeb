package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"aead.dev/minisign"

	"github.com/minewatch/minewatch/datasets/store"
)

// A Problem is one thing in which a run's folder is not as it was sealed.
type Problem struct {
	File   string `json:"file"`
	What   string `json:"what"`
	Remedy string `json:"remedy"`
	// Touches names the output rows that the file has a part in, as far as it can be told.
	Touches []string `json:"touches,omitempty"`
}

func (p Problem) String() string { return p.File + ": " + p.What + "; " + p.Remedy }

// A Verification is the result of checking a run against its seal.
type Verification struct {
	Dir      string    `json:"dir"`
	RunID    string    `json:"run_id"`
	KeyID    string    `json:"key_id,omitempty"`    // of the trusted public key, if it fits the signature
	SignedBy string    `json:"signed_by,omitempty"` // key that the signature says it is by; only KeyID proves it
	Outputs  int       `json:"outputs"`             // number checked
	Inputs   int       `json:"inputs"`
	Journal  int       `json:"journal"`  // lines of the journal
	Lake     int       `json:"lake"`     // partitions and records of the lake that are as committed
	Problems []Problem `json:"problems"` // empty if all is as sealed
	Notes    []string  `json:"notes,omitempty"`
}

func (v *Verification) problem(file, what, remedy string) {
	v.Problems = append(v.Problems, Problem{File: file, What: what, Remedy: remedy})
}

const remedyOutput = "restore it from a copy, or run again"

// Verify checks a run's signature, the hash of every output and input that
// its manifest names, that the folder holds nothing else, and then the workspace
// that the run lies in: the chain of its journal and every file of its lake.
// publicKey is the file of the key to trust; "" stands for minewatch.pub of the
// workspace. All problems are returned, with the output rows that they touch; the
// error is of a folder that cannot be read or is no run.
func Verify(ctx context.Context, dir, publicKey string) (*Verification, error) {
	v, folder, m, err := verifyOutputs(dir, publicKey)
	if err != nil || m == nil {
		return v, err
	}
	ws := &Workspace{Dir: filepath.Dir(filepath.Dir(folder))}
	t := &tracer{ws: ws, dir: folder}
	removed := v.checkJournal(ws, m, trusted(ws, publicKey))
	for _, in := range m.Inputs {
		v.checkInput(ws, in, removed, t)
	}
	if err := v.checkLake(ctx, ws, t); err != nil {
		return nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	return v, nil
}

// VerifyCopy checks what can be checked of a copy of a run's folder without
// its workspace: the signature and the outputs.
func VerifyCopy(_ context.Context, dir, publicKey string) (*Verification, error) {
	v, _, _, err := verifyOutputs(dir, publicKey)
	if err == nil {
		v.Notes = append(v.Notes, "inputs, journal and lake were not checked: they lie in the workspace")
	}
	return v, err
}

// verifyOutputs checks a run's folder alone. m is nil if the manifest cannot
// be relied on.
func verifyOutputs(dir, publicKey string) (v *Verification, folder string, m *Manifest, err error) {
	folder, err = filepath.EvalSymlinks(dir) // runs/latest is a link
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return nil, "", nil, fmt.Errorf("verify: %w", err)
	}
	v = &Verification{Dir: dir, Problems: []Problem{}}
	text, err := os.ReadFile(filepath.Join(folder, ManifestName))
	if err != nil {
		return nil, "", nil, fmt.Errorf("verify %s: no run, or a broken one: %w; name a folder below runs", dir, err)
	}
	v.checkSignature(folder, trusted(&Workspace{Dir: filepath.Dir(filepath.Dir(folder))}, publicKey), text)
	read, ok := v.readManifest(text)
	if !ok {
		return v, folder, nil, nil
	}
	v.RunID = read.RunID
	if err := v.checkOutputs(folder, read.Outputs); err != nil {
		return nil, "", nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	v.checkTables(read)
	return v, folder, &read, nil
}

// trusted returns the file of the key to trust.
func trusted(ws *Workspace, publicKey string) string {
	if publicKey != "" {
		return publicKey
	}
	return ws.Path(PublicKeyName)
}

func (v *Verification) readManifest(text []byte) (m Manifest, ok bool) {
	err := json.Unmarshal(text, &m)
	switch {
	case err != nil:
		v.problem(ManifestName, "is not readable: "+err.Error(), remedyOutput)
	case m.SchemaVersion != ManifestSchema:
		v.problem(ManifestName, fmt.Sprintf("has schema version %d, this program reads %d", m.SchemaVersion, ManifestSchema), "use the version of minewatch that made the run: "+m.Program.Version)
	}
	return m, err == nil && m.SchemaVersion == ManifestSchema
}

func (v *Verification) checkSignature(dir, publicKey string, manifest []byte) {
	const remedy = "do not rely on this run; ask whoever made it for their copy"
	key, err := minisign.PublicKeyFromFile(publicKey)
	if errors.Is(err, fs.ErrNotExist) {
		v.problem(publicKey, "is missing, so the signature cannot be checked", "name the signer's public key with --key")
		return
	}
	if err != nil {
		v.problem(publicKey, "is no minisign public key ("+err.Error()+")", "name the signer's public key with --key")
		return
	}
	text, err := os.ReadFile(filepath.Join(dir, SignatureName))
	if err != nil {
		v.problem(SignatureName, "cannot be read: "+err.Error(), remedy)
		return
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	var signature minisign.Signature
	if signature.UnmarshalText(text) == nil {
		v.SignedBy = keyID(signature.KeyID)
	}
	switch {
	case !minisign.Verify(key, manifest, text) && v.SignedBy != "" && v.SignedBy != keyID(key.ID()):
		v.problem(SignatureName, "is by the key "+v.SignedBy+"; trusted is "+keyID(key.ID())+" of "+publicKey,
			"do not rely on this run unless its maker has told you of that key; then name it with --key")
	case !minisign.Verify(key, manifest, text):
		v.problem(SignatureName, "is not the signature of "+ManifestName+" by the key "+publicKey, remedy)
	default:
		v.KeyID = keyID(key.ID())
		if err := plainSignature(text, sealComment); err != nil {
			v.problem(SignatureName, err.Error(), "restore it from a copy")
		}
	}
}

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

func (v *Verification) checkOutputs(dir string, outputs []OutputFile) error {
	known := map[string]bool{}
	for _, o := range outputs {
		known[o.Path] = true
		if !filepath.IsLocal(filepath.FromSlash(o.Path)) {
			v.problem(o.Path, "lies outside the run's folder", "do not rely on this run")
			continue
		}
		v.Outputs++
		v.checkFile(o.Path, filepath.Join(dir, filepath.FromSlash(o.Path)), o.SHA256, remedyOutput)
	}
	paths, err := listRun(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if !known[path] {
			v.problem(path, "is in the folder and not in the manifest", "move it elsewhere: a sealed run holds nothing else")
		}
	}
	return nil
}

// checkTables checks that the run keeps each reference table that it used, as
// it was: the workspace's may have been changed since. The copies are outputs,
// whose hashes are checked as such.
func (v *Verification) checkTables(m Manifest) {
	for _, t := range m.Tables {
		kept := slices.ContainsFunc(m.Outputs, func(o OutputFile) bool { return o.Path == t.Path && o.SHA256 == t.SHA256 })
		if !kept {
			v.problem(t.Path, "is a table that the run used, and the run keeps no copy of it", remedyOutput)
		}
	}
}

// checkInput checks a delivered file. What prune or purge removed is noted
// with the journal's line that says so.
func (v *Verification) checkInput(ws *Workspace, in InputFile, removed map[string]int, t *tracer) {
	v.Inputs++
	if line, ok := removed[in.Path]; ok {
		if _, err := os.Stat(ws.Path(in.Path)); errors.Is(err, fs.ErrNotExist) {
			v.Notes = append(v.Notes, fmt.Sprintf("%s was removed on order, %s line %d", in.Path, JournalName, line))
			return
		}
	}
	before := len(v.Problems)
	v.checkFile(in.Path, ws.Path(in.Path), in.SHA256, "put the file back as it was delivered; a corrected delivery gets a name of its own")
	for i := before; i < len(v.Problems); i++ {
		v.Problems[i].Touches = t.delivery(in)
	}
}

func (v *Verification) checkFile(name, path, sum, remedy string) {
	got, err := store.HashFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.problem(name, "is missing", remedy)
	case err != nil:
		v.problem(name, "cannot be read: "+err.Error(), remedy)
	case got != sum:
		v.problem(name, "was changed: its SHA-256 is "+got+", sealed was "+sum, remedy)
	}
}
