package ingest

import (
	"io/fs"
	"syscall"
)

// stampOf returns the stamp of a file; ok is false where the system does not give it.
func stampOf(info fs.FileInfo) (s stamp, ok bool) {
	t, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return s, false
	}
	return stamp{Bytes: info.Size(), Modified: info.ModTime().UnixNano(), Changed: t.Ctim.Nano(), Inode: t.Ino}, true
}
