package ingest

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"time"

	"github.com/minewatch/minewatch/datasets/store"
)

// seenName is the file of a workspace that holds the hashes of the inbox. It spares
// time only: without it, or damaged, all is hashed again.
const seenName = ".inbox.json"

// seenFiles are files of the inbox that were hashed, by path below the workspace.
type seenFiles struct {
	Files map[string]seenFile `json:"files"`
}

// A seenFile is the hash of a file of the inbox, and how the file stood before it was
// hashed.
type seenFile struct {
	stamp
	SHA256 string `json:"sha256"`
}

// A stamp is what a file system says of a file: another content gives another stamp,
// since the time of the last change is the system's, and no program can set it.
type stamp struct {
	Bytes    int64  `json:"bytes"`
	Modified int64  `json:"modified_ns"`
	Changed  int64  `json:"changed_ns"`
	Inode    uint64 `json:"inode"`
}

// settleTime is more than a tick of any file system that counts fractions of a second.
const settleTime = 100 * time.Millisecond

// settled reports whether a file that is hashed after begun cannot be changed any more
// and keep the stamp. File systems of whole seconds are not trusted.
func (s stamp) settled(begun time.Time) bool {
	return s.Changed%int64(time.Second) != 0 && !begun.IsZero() && s.Changed < begun.Add(-settleTime).UnixNano()
}

// hash returns the SHA-256 of a file: the known one if the file stands as it stood when
// it was hashed. seen is nil if that cannot be said of it the next time.
func (r *run) hash(f found, info fs.FileInfo) (sum string, seen *seenFile, err error) {
	s, ok := stampOf(info)
	if known := r.seen[f.path]; ok && known.stamp == s {
		return known.SHA256, &known, nil
	}
	ok = ok && s.settled(r.Begun)
	if sum, err = store.HashFile(r.abs(f.path)); err != nil || !ok {
		return sum, nil, err
	}
	return sum, &seenFile{s, sum}, nil
}

// loadSeen reads what former runs have hashed.
func (r *run) loadSeen() error {
	var list seenFiles
	err := store.ReadChecked(filepath.Join(r.Workspace, seenName), &list)
	var damage *store.Damage
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &damage) {
		return nil
	}
	r.seen = list.Files
	return err
}

// keepSeen writes what this run has found for the next one. Of the files that it did not
// look for, what is known stays.
func (r *run) keepSeen(files []hashed) error {
	all := map[string]seenFile{}
	if r.Dataset != "" || len(r.Files) > 0 {
		maps.Copy(all, r.seen)
	}
	for _, f := range files {
		delete(all, f.path)
		if f.seen != nil {
			all[f.path] = *f.seen
		}
	}
	if maps.Equal(all, r.seen) {
		return nil
	}
	return store.WriteChecked(filepath.Join(r.Workspace, seenName), seenFiles{all})
}
