package pipeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// newest returns the newest finished run, if there is one that can be read.
func (ws *Workspace) newest() (m Manifest, dir string, ok bool) {
	dir, err := ws.RunDir("")
	if err != nil {
		return m, "", false
	}
	m, err = readRun(dir)
	return m, dir, err == nil
}

func readRun(dir string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", filepath.Join(dir, ManifestName), err)
	}
	return m, nil
}

// nextRunID numbers the runs of a workspace and adds what they depend on:
// "0003-9f2c41aa".
func (ws *Workspace) nextRunID(fingerprint string) (string, error) {
	ids, err := ws.RunIDs()
	if err != nil {
		return "", err
	}
	j, err := ws.readJournal()
	if err != nil {
		return "", err
	}
	for _, e := range j.entries { // the number of a run that was deleted is not given again
		ids = append(ids, e.Run)
	}
	last := 0
	for _, id := range ids {
		var n int
		if _, err := fmt.Sscanf(id, "%d-", &n); err == nil {
			last = max(last, n)
		}
	}
	return fmt.Sprintf("%04d-%s", last+1, fingerprint[:8]), nil
}

// recoverRuns clears up after a run that died: it removes unfinished folders,
// and points latest at a run that was finished and not yet pointed at. Called
// under the lock.
func (ws *Workspace) recoverRuns() error {
	if err := removeUnnamed(ws.Runs()); err != nil {
		return err
	}
	ids, err := ws.RunIDs()
	if err != nil || len(ids) == 0 {
		return err
	}
	last := ids[len(ids)-1]
	if target, err := os.Readlink(filepath.Join(ws.Runs(), latest)); err == nil && target == last {
		return nil
	}
	return ws.pointLatest(last)
}

// removeUnnamed removes the files and folders of a folder that still have a
// temporary name: what makes them died before it could give them their own.
func removeUnnamed(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".tmp-*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}
