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
	return ws.locked((*flock.Flock).TryLock)
}

// lockShared lets other processes that take the shared lock work beside this
// one, and none that changes the workspace as a whole.
func (ws *Workspace) lockShared() (unlock func(), err error) {
	return ws.locked((*flock.Flock).TryRLock)
}

func (ws *Workspace) locked(try func(*flock.Flock) (bool, error)) (unlock func(), err error) {
	l := flock.New(filepath.Join(ws.Dir, lockName))
	ok, err := try(l)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", ws.Dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("lock %s: %w", ws.Dir, ErrBusy)
	}
	return func() { _ = l.Unlock() }, nil // the process ends soon, and the lock with it
}
