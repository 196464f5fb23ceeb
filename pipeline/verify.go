package pipeline

import (
	"bytes"
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
}

func (p Problem) String() string { return p.File + ": " + p.What + "; " + p.Remedy }

// A Verification is the result of checking a run against its seal.
type Verification struct {
	Dir      string    `json:"dir"`
	RunID    string    `json:"run_id"`
	KeyID    string    `json:"key_id,omitempty"` // of the public key that fits the signature
	Outputs  int       `json:"outputs"`          // number checked
	Inputs   int       `json:"inputs"`
	Problems []Problem `json:"problems"` // empty if all is as sealed
}

func (v *Verification) problem(file, what, remedy string) {
	v.Problems = append(v.Problems, Problem{file, what, remedy})
}

const remedyOutput = "restore it from a copy, or run again"

// Verify checks a run's signature, the hash of every output and input that
// its manifest names, and that the folder holds nothing else. publicKey is the
// file of the key to trust; "" stands for minewatch.pub of the workspace that
// the run lies in. Relative inputs are looked for in that workspace. All
// problems are returned; the error is of a folder that cannot be read or is no
// run.
func Verify(dir, publicKey string) (*Verification, error) {
	folder, err := filepath.EvalSymlinks(dir) // runs/latest is a link
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	v := &Verification{Dir: dir, Problems: []Problem{}}
	text, err := os.ReadFile(filepath.Join(folder, ManifestName))
	if err != nil {
		return nil, fmt.Errorf("verify %s: no run, or a broken one: %w; name a folder below runs", dir, err)
	}
	workspace := filepath.Dir(filepath.Dir(folder))
	if publicKey == "" {
		publicKey = filepath.Join(workspace, PublicKeyName)
	}
	v.checkSignature(folder, publicKey, text)
	m, ok := v.readManifest(text)
	if !ok {
		return v, nil
	}
	v.RunID = m.RunID
	if err := v.checkOutputs(folder, m.Outputs); err != nil {
		return nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	for _, in := range m.Inputs {
		v.checkInput(workspace, in)
	}
	v.checkTables(m)
	return v, nil
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
	signature, err := os.ReadFile(filepath.Join(dir, SignatureName))
	if err != nil {
		v.problem(SignatureName, "cannot be read: "+err.Error(), remedy)
		return
	}
	if !minisign.Verify(key, manifest, bytes.ReplaceAll(signature, []byte("\r\n"), []byte("\n"))) {
		v.problem(SignatureName, "is not the signature of "+ManifestName+" by the key "+publicKey, remedy)
		return
	}
	v.KeyID = fmt.Sprintf("%016X", key.ID())
}

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

func (v *Verification) checkInput(workspace string, in InputFile) {
	path := filepath.FromSlash(in.Path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(workspace, path)
	}
	v.Inputs++
	v.checkFile(in.Path, path, in.SHA256, "put the file back as it was delivered; a corrected delivery gets a name of its own")
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
