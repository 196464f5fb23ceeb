package objects

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets/store"
)

// A Folder keeps objects as files of a folder.
type Folder struct{ dir string }

var _ Store = Folder{}

// NewFolder returns the store in dir, which need not be there yet.
func NewFolder(dir string) Folder { return Folder{dir} }

func (f Folder) String() string { return f.dir }

func (f Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Get implements [Store].
func (f Folder) Get(_ context.Context, name string, w io.Writer) error {
	if err := checkName(name); err != nil {
		return err
	}
	file, err := os.Open(f.path(name))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// Put implements [Store]: temporary name, sync, rename, sync of the folder.
func (f Folder) Put(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	return f.put(ctx, name, r, size, os.Rename)
}

// PutNew implements [Store]: a second name for the same file is made only where
// there is none. Where files cannot have two names the last one wins.
func (f Folder) PutNew(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	return f.put(ctx, name, r, size, func(from, to string) error {
		err := os.Link(from, to)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		if _, err := os.Stat(to); err == nil {
			return fs.ErrExist
		}
		return os.Rename(from, to)
	})
}

func (f Folder) put(ctx context.Context, name string, r io.Reader, size int64, publish func(from, to string) error) error {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return err
	}
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return store.WriteFrom(path, r, size, publish)
}

// Has implements [Store].
func (f Folder) Has(_ context.Context, name string) (bool, error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	_, err := os.Stat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// List implements [Store].
func (f Folder) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // nothing was put yet, or it was deleted meanwhile
			return nil
		case err != nil || d.IsDir() || strings.HasPrefix(d.Name(), store.Temporary):
			return err
		}
		rel, err := filepath.Rel(f.dir, path)
		if name := filepath.ToSlash(rel); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
		return errors.Join(err, ctx.Err())
	})
	slices.Sort(names)
	return names, err
}

// Delete implements [Store].
func (f Folder) Delete(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.Remove(f.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
