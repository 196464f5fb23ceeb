package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Sweep removes what writers that died left in a lake: files under temporary
// names, and rows that were replaced by the ones their manifest names. Nothing
// may write to the lake meanwhile. A lake that is not there is no error.
func Sweep(lake string) error {
	rows := map[string]int{} // files of rows by folder
	err := filepath.WalkDir(lake, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasPrefix(d.Name(), ".tmp-"):
			return os.Remove(path)
		case strings.HasPrefix(d.Name(), "rows-"):
			rows[filepath.Dir(path)]++
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for dir, n := range rows {
		if n < 2 {
			continue // of a writer that died between its two renames; it is written again
		}
		m, err := readManifest(filepath.Join(dir, ManifestName))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := removeReplaced(dir, m.File); err != nil {
			return err
		}
	}
	return nil
}
