// Package store keeps tables as Parquet files in partitions.
//
// A partition is a folder that holds one file of rows and a manifest:
//
//	lake/readings/bucket=0007/year=2022/rows-3f2a9c01b4d5.parquet
//	lake/readings/bucket=0007/year=2022/manifest.json
//
// Writing goes in one order: rows to a temporary name ([Create] or another
// writer of Parquet), then [Commit], which renames the rows to a name made of
// their hash, renames the manifest into place (that is the commit) and removes
// what it replaced. Reading starts from the manifest ([Open], [List]), so a
// writer that died leaves nothing that a reader sees. The layout is specified
// in datasets/FORMAT.md.
package store

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

	"github.com/minewatch/minewatch/datasets"
)

// ManifestName is the file that commits a partition.
const ManifestName = "manifest.json"

// A Manifest commits one partition of one table.
type Manifest struct {
	Table string `json:"table"`
	datasets.Partition
	Rows        int64    `json:"rows"`
	File        string   `json:"file"`
	SHA256      string   `json:"sha256"`
	Fingerprint string   `json:"fingerprint"`       // of the stage, its settings and the parents' hashes
	Parents     []string `json:"parents,omitempty"` // "table/partition@sha256" of what the rows were made from
	// Left counts, by delivery number, the parents' rows that are not among Rows.
	Left map[int32]Left `json:"left,omitempty"`
}

// Left counts the rows of one delivery that a partition leaves out.
type Left struct {
	Duplicates   int64 `json:"duplicates,omitempty"` // say what an earlier row said
	DuplicateWh  int64 `json:"duplicate_wh,omitempty"`
	Superseded   int64 `json:"superseded,omitempty"` // a later row has the same key and other values
	SupersededWh int64 `json:"superseded_wh,omitempty"`
}

// Dir returns the folder of a partition.
func Dir(lake, table string, p datasets.Partition) string {
	return filepath.Join(lake, table, filepath.FromSlash(p.Path()))
}

// Path returns the file of rows that m commits below lake.
func (m Manifest) Path(lake string) string {
	return filepath.Join(Dir(lake, m.Table, m.Partition), m.File)
}

// Ref names the rows that m commits, for the Parents of what is made of them.
func (m Manifest) Ref() string {
	return m.Table + "/" + m.Partition.String() + "@" + m.SHA256
}

// Open reads the manifest of a partition. The error is fs.ErrNotExist if the
// partition was never committed.
func Open(lake, table string, p datasets.Partition) (Manifest, error) {
	return readManifest(filepath.Join(Dir(lake, table, p), ManifestName))
}

// List returns the manifests of all committed partitions of a table, ordered
// by bucket and year. A table without partitions is an empty list.
func List(lake, table string) ([]Manifest, error) {
	var list []Manifest
	err := filepath.WalkDir(filepath.Join(lake, table), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && d == nil {
			return fs.SkipAll
		}
		if err != nil || d.Name() != ManifestName {
			return err
		}
		m, err := readManifest(path)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", table, err)
	}
	slices.SortFunc(list, byPartition)
	return list, nil
}

// Commit moves the finished file tmp into its partition and makes it the
// partition's rows. It fills in File and SHA256 of m. tmp must lie on the
// lake's file system.
func Commit(lake, tmp string, m Manifest) (Manifest, error) {
	sum, err := HashFile(tmp)
	if err != nil {
		return m, fmt.Errorf("commit %s/%s: %w", m.Table, m.Partition, err)
	}
	m.SHA256 = sum
	m.File = "rows-" + sum[:12] + ".parquet"
	dir := Dir(lake, m.Table, m.Partition)
	if err := commit(dir, tmp, m); err != nil {
		return m, fmt.Errorf("commit %s/%s: %w", m.Table, m.Partition, err)
	}
	return m, nil
}

func commit(dir, tmp string, m Manifest) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := syncFile(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, m.File)); err != nil {
		return err
	}
	if err := WriteChecked(filepath.Join(dir, ManifestName), m); err != nil {
		return err
	}
	return removeReplaced(dir, m.File)
}

// Remove takes a partition back: first the manifest, which is the commit, then
// the rows. A partition that was never committed is no error.
func Remove(lake, table string, p datasets.Partition) error {
	dir := Dir(lake, table, p)
	if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s/%s: %w", table, p, err)
	}
	err := removeReplaced(dir, "")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s/%s: %w", table, p, err)
	}
	os.Remove(dir) // stays if it holds other partitions' folders
	return nil
}

// removeReplaced deletes rows that no manifest names any more: those that this
// commit replaced, and those of a writer that died between its two renames.
func removeReplaced(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "rows-") && name != keep {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteFile writes a small file so that readers see all of it or nothing:
// temporary name, sync, rename, sync of the folder.
func WriteFile(path string, content []byte) error {
	return WriteFrom(path, bytes.NewReader(content), int64(len(content)), os.Rename)
}

// Temporary begins the names of files that are not finished.
const Temporary = ".tmp-"

// WriteFrom is [WriteFile] of size bytes of r; publish gives the finished file its name.
func WriteFrom(path string, r io.Reader, size int64, publish func(from, to string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, Temporary+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails harmlessly after the rename
	_, err = io.CopyN(f, r, size)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := publish(f.Name(), path); err != nil {
		return err
	}
	return syncFile(dir)
}

// HashFile returns the SHA-256 of a file in hexadecimal.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Fingerprint hashes the parts that a result depends on, in order.
func Fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func readManifest(path string) (Manifest, error) {
	var m Manifest
	err := ReadChecked(path, &m)
	return m, err
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// HashText returns the SHA-256 of a text in hexadecimal.
func HashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
