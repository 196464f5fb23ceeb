package pipeline

import (
	"context"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Sweep returns the objects that the workspace does not name any more: plans, results
// that its lake has not, and rows that were replaced or purged. With yes it deletes them.
// No worker should be at work meanwhile: what it has done would be done again.
func (m *Mirror) Sweep(ctx context.Context, ws *Workspace, yes bool) ([]string, error) {
	unlock, err := ws.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	wanted, err := ws.mirrorNames()
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, prefix := range []string{planObjects, fileObjects, rowsObjects, doneObjects} {
		names, err := m.objects.List(ctx, prefix)
		if err != nil {
			return nil, err
		}
		gone = append(gone, slices.DeleteFunc(names, func(n string) bool { return wanted[n] })...)
	}
	if !yes {
		return gone, nil
	}
	return gone, each(ctx, gone, m.objects.Delete)
}

// mirrorNames returns the names of all objects that a mirror of the workspace as it
// stands may have, plans left out.
func (ws *Workspace) mirrorNames() (map[string]bool, error) {
	names := map[string]bool{}
	err := eachPartition(ws.Lake(), func(t *datasets.Table, p store.Manifest) error {
		names[rowsObject(p)] = true
		if t.Role == datasets.Derived {
			names[doneObject(p.Table, p.Fingerprint)] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	files, err := ws.settingFiles()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		names[fileObjects+f.SHA256] = true
	}
	return names, nil
}
