package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

const inboxDir = "inbox"

// A found file lies in the inbox.
type found struct {
	dataset string
	path    string // below the workspace, with slashes
}

// A hashed file is a found one with its content.
type hashed struct {
	found
	sha256 string
	info   fs.FileInfo

	mapping *Mapping // nil if the file is read as it is
	values  map[string]string
	given   string // values as one text

	unreadable error
	seen       *seenFile // nil: to be hashed again the next time
}

func (h hashed) key() contentKey { return contentKey{h.dataset, h.sha256, h.given} }

// find lists the files of this run in the order of their delivery.
func (r *run) find(ctx context.Context) ([]hashed, error) {
	var list []found
	var err error
	if len(r.Files) > 0 {
		list, err = r.explicit()
	} else {
		list, err = r.walk()
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, compareFound)
	list = slices.Compact(list)
	files := make([]hashed, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Workers)
	for i, f := range list {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			h := hashed{found: f}
			if h.info, h.unreadable = os.Stat(r.abs(f.path)); h.unreadable == nil {
				h.sha256, h.seen, h.unreadable = r.hash(f, h.info)
			}
			h.mapping, h.values = r.mapping(f)
			h.given = given(h.values)
			files[i] = h
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, r.unreadable), nil
}

// unreadable reports a file that the system does not let this program read. It
// stays out of this run and is tried again by the next.
func (r *run) unreadable(f hashed) bool {
	if f.unreadable == nil {
		return false
	}
	r.closed = append(r.closed, FileReport{Status: Refused, Record: Record{Dataset: f.dataset, Path: f.path,
		Refused: &raw.Fault{Reason: "cannot be read (" + reason(f.unreadable) + ")", Remedy: "give the user who runs minewatch the right to read it, and run again"}}})
	return true
}

// reason drops the path from an error of the file system.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// abs returns the path of a file named below the workspace.
func (r *run) abs(path string) string { return filepath.Join(r.Workspace, filepath.FromSlash(path)) }

// below returns the name of a file below the workspace.
func (r *run) below(path string) string {
	rel, err := filepath.Rel(r.Workspace, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// walk finds the files below inbox/<dataset>, and notes what lies beside.
func (r *run) walk() ([]found, error) {
	inbox := filepath.Join(r.Workspace, inboxDir)
	entries, err := os.ReadDir(inbox)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []found
	for _, e := range entries {
		name := e.Name()
		if ignored(name) || r.Dataset != "" && name != r.Dataset {
			continue
		}
		if t := datasets.Lookup(name); !e.IsDir() || t == nil || t.Role != datasets.Input {
			r.report.Strays = append(r.report.Strays, Stray{inboxDir + "/" + name, "files go to inbox/<dataset>; minewatch datasets lists the names"})
			continue
		}
		files, err := r.folder(name)
		if err != nil {
			return nil, err
		}
		list = append(list, files...)
	}
	return list, nil
}

func (r *run) folder(dataset string) ([]found, error) {
	var list []found
	err := filepath.WalkDir(filepath.Join(r.Workspace, inboxDir, dataset), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) && d != nil {
			r.report.Strays = append(r.report.Strays, Stray{r.below(path), "the folder cannot be read; give the user who runs minewatch the right to"})
			return fs.SkipDir
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if ignored(d.Name()) {
			return nil
		}
		rel, err := filepath.Rel(r.Workspace, path)
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() { // links to files are followed, those to folders are not
			r.report.Strays = append(r.report.Strays, Stray{filepath.ToSlash(rel), "not a file; put the files themselves into the inbox"})
			return nil
		}
		list = append(list, found{dataset, filepath.ToSlash(rel)})
		return nil
	})
	return list, err
}

// ignored reports whether a name is one that people and systems leave beside
// the data.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "README") || name == "Thumbs.db" || name == "desktop.ini"
}

// explicit copies the named files to the inbox, unless they lie there.
func (r *run) explicit() ([]found, error) {
	t := datasets.Lookup(r.Dataset)
	if t == nil || t.Role != datasets.Input {
		return nil, fmt.Errorf("no dataset %q; minewatch datasets lists them", r.Dataset)
	}
	dir, err := filepath.Abs(filepath.Join(r.Workspace, inboxDir, r.Dataset))
	if err != nil {
		return nil, err
	}
	var list []found
	for _, file := range r.Files {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			if rel, err = copyInto(dir, path); err != nil {
				return nil, err
			}
		}
		list = append(list, found{r.Dataset, inboxDir + "/" + r.Dataset + "/" + filepath.ToSlash(rel)})
	}
	return list, nil
}

// copyInto copies a file into a folder and returns its name there. A file of
// this name with other content is left alone: the copy's name then has its hash.
func copyInto(dir, path string) (string, error) {
	sum, err := store.HashFile(path)
	if err != nil {
		return "", err
	}
	name := filepath.Base(path)
	existing, err := store.HashFile(filepath.Join(dir, name))
	if err == nil && existing == sum {
		return name, nil
	}
	if err == nil {
		stem, ext, _ := strings.Cut(name, ".")
		name = stem + "-" + sum[:12]
		if ext != "" {
			name += "." + ext
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return name, copyFile(dir, name, path)
}

func copyFile(dir, name, from string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(dir, ".tmp-*") // a name that find ignores
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // fails harmlessly after the rename
	_, err = io.Copy(out, in)
	if err == nil {
		err = errors.Join(out.Chmod(0o644), out.Sync())
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), filepath.Join(dir, name))
}

// compareFound orders files by the catalog's order of datasets, then by path
// with numbers by value, so that day-2 comes before day-10. Zeek's logs of
// connections still open (open_*) come before all others: the final record of
// a connection must supersede them.
func compareFound(a, b found) int {
	return cmp.Or(
		cmp.Compare(catalogIndex(a.dataset), catalogIndex(b.dataset)),
		cmp.Compare(openRank(a.path), openRank(b.path)),
		compareNatural(a.path, b.path),
		cmp.Compare(a.path, b.path))
}

func catalogIndex(dataset string) int {
	return slices.IndexFunc(datasets.Catalog, func(t *datasets.Table) bool { return t.Name == dataset })
}

func openRank(path string) int {
	if strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "open_") {
		return 0
	}
	return 1
}

// compareNatural compares runs of digits by value and all else by byte.
func compareNatural(a, b string) int {
	x, y := []byte(a), []byte(b)
	for len(x) > 0 && len(y) > 0 {
		if digit(x[0]) && digit(y[0]) {
			var n, m []byte
			n, x = digits(x)
			m, y = digits(y)
			if c := cmp.Or(cmp.Compare(len(n), len(m)), bytes.Compare(n, m)); c != 0 {
				return c
			}
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Compare(len(x), len(y))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// digits cuts off the number that s begins with, without leading zeros.
func digits(s []byte) (number, rest []byte) {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return bytes.TrimLeft(s[:n], "0"), s[n:]
}
