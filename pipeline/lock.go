package pipeline

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrBusy says that another process works in the workspace.
var ErrBusy = errors.New("another minewatch is at work in this workspace; wait until it is done, then try again")

// lockName is the file that a process locks while it changes the workspace. It
// stays; the operating system drops the lock when the process ends, however it
// ends.
const lockName = ".lock"

// lock makes this process the only one that changes the workspace until unlock
// is called. Reading (explain, evaluate, verify) needs no lock: what it reads is
// committed by rename.
func (ws *Workspace) lock() (unlock func(), err error) {
	l := flock.New(filepath.Join(ws.Dir, lockName))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", ws.Dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("lock %s: %w", ws.Dir, ErrBusy)
	}
	return func() { _ = l.Unlock() }, nil // the process ends soon, and the lock with it
}
