package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
)

// A Damage says that a committed file is not as it was written.
type Damage struct {
	Path string
	What string // "is missing", "its SHA-256 is …"
}

func (d *Damage) Error() string { return d.Path + ": " + d.What }

// WriteChecked writes an object as JSON that carries a check of itself, so
// that [ReadChecked] finds any changed byte. Like [WriteFile] it writes all or
// nothing. v must be a struct or a map that is not empty.
func WriteChecked(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(path, withCheck(bytes.TrimSuffix(text, []byte("\n}"))))
}

// ReadChecked reads what WriteChecked wrote. The error is a *[Damage] if the
// file was changed since, fs.ErrNotExist if there is none.
func ReadChecked(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return DecodeChecked(path, text, v)
}

// DecodeChecked decodes the text of what WriteChecked wrote to path. The error is
// a *[Damage] if it was changed since.
func DecodeChecked(path string, text []byte, v any) error {
	tail := len(withCheck(nil))
	if len(text) < tail || !bytes.Equal(withCheck(text[:len(text)-tail:len(text)-tail]), text) {
		return &Damage{path, "its text does not fit its check"}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &Damage{path, err.Error()}
	}
	return nil
}

// withCheck closes an object whose closing brace was taken off.
func withCheck(body []byte) []byte {
	return fmt.Appendf(body, ",\n  \"check\": \"%x\"\n}\n", sha256.Sum256(body))
}

// Check compares the rows that m commits with their SHA-256. The error is a
// *[Damage] if they are missing or changed.
func (m Manifest) Check(lake string) error { return CheckFile(m.Path(lake), m.SHA256) }

// CheckFile compares a file with its SHA-256. The error is a *[Damage] if it is
// missing or changed.
func CheckFile(path, sum string) error {
	got, err := HashFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Damage{path, "is missing"}
	case err != nil:
		return &Damage{path, "cannot be read: " + err.Error()}
	case got != sum:
		return &Damage{path, "its SHA-256 is " + got + ", committed was " + sum}
	}
	return nil
}

// Audit reads every partition of a table and returns the manifests of those
// that are as they were committed, by bucket and year, and what is wrong with
// the others and with files that no manifest names, by path. A table that is
// not there is sound.
func Audit(ctx context.Context, lake, table string, workers int) ([]Manifest, []Damage, error) {
	root := filepath.Join(lake, table)
	var manifests, rows []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == root:
			return fs.SkipAll
		case err != nil || d.IsDir():
			return err
		case d.Name() == ManifestName:
			manifests = append(manifests, path)
		default:
			rows = append(rows, path)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("audit %s: %w", table, err)
	}
	a := audit{lake: lake, table: table, named: map[string]bool{}}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, workers))
	for _, path := range manifests {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			a.partition(path)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for _, path := range rows {
		if !a.named[path] && !a.named[filepath.Dir(path)] {
			a.damages = append(a.damages, Damage{path, "is named by no manifest"})
		}
	}
	slices.SortFunc(a.sound, byPartition)
	slices.SortFunc(a.damages, func(a, b Damage) int { return strings.Compare(a.Path, b.Path) })
	return a.sound, a.damages, nil
}

// An audit is one call of Audit.
type audit struct {
	lake, table string
	mu          sync.Mutex
	sound       []Manifest
	damages     []Damage
	named       map[string]bool // files of rows, and folders whose manifest cannot say
}

func (a *audit) partition(path string) {
	m, err := readManifest(path)
	dir := filepath.Dir(path)
	if err == nil && Dir(a.lake, m.Table, m.Partition) != dir {
		err = &Damage{path, "commits " + m.Table + "/" + m.Partition.String() + " and lies elsewhere"}
	}
	if err == nil {
		err = m.Check(a.lake)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.named[filepath.Join(dir, m.File)] = true // the folder itself if there is no m.File
	var d *Damage
	switch {
	case err == nil:
		a.sound = append(a.sound, m)
	case errors.As(err, &d):
		a.damages = append(a.damages, *d)
	default:
		a.damages = append(a.damages, Damage{path, "cannot be read: " + err.Error()})
	}
}

func byPartition(a, b Manifest) int {
	return slices.Compare([]int32{a.Bucket, a.Year}, []int32{b.Bucket, b.Year})
}

// PartitionAt returns the partition in whose folder a file of a table lies.
func PartitionAt(lake, table, path string) (datasets.Partition, error) {
	rel, err := filepath.Rel(filepath.Join(lake, table), filepath.Dir(path))
	if err != nil {
		return datasets.Whole, err
	}
	p := datasets.Whole
	for _, folder := range strings.Split(filepath.ToSlash(rel), "/") {
		name, value, _ := strings.Cut(folder, "=")
		to := map[string]*int32{"bucket": &p.Bucket, "year": &p.Year}[name]
		if to == nil && folder != "." {
			return datasets.Whole, fmt.Errorf("%s is no folder of a partition", folder)
		}
		if to != nil {
			if _, err := fmt.Sscanf(value, "%d", to); err != nil {
				return datasets.Whole, fmt.Errorf("%s is no folder of a partition", folder)
			}
		}
	}
	return p, nil
}
