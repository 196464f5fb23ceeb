package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"aead.dev/minisign"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// checkJournal checks the chain of the journal, its signature, and that it
// knows the run. It returns the files that prune and purge removed, with the line
// of the journal that says so.
func (v *Verification) checkJournal(ws *Workspace, m *Manifest, publicKey string) (removed map[string]int) {
	const remedy = "put back the newest copy of " + JournalName + " and " + JournalSignatureName
	j, err := ws.readJournal()
	var broken *JournalError
	switch {
	case errors.As(err, &broken):
		v.problem(fmt.Sprintf("%s line %d", JournalName, broken.Line), broken.What, remedy)
	case err != nil:
		v.problem(JournalName, "cannot be read: "+err.Error(), remedy)
		return nil
	case j.torn > 0:
		v.problem(JournalName, "ends in a line that was begun and not finished", "the next ingest or run completes it")
	default:
		v.checkJournalSignature(j, publicKey)
	}
	v.Journal = len(j.entries)
	if at := m.Times.Journal; at.Entries > len(j.hashes) || at.Entries > 0 && j.hashes[at.Entries-1] != at.SHA256 {
		v.problem(JournalName, fmt.Sprintf("no longer holds the line %d that run %s was sealed on", at.Entries, m.RunID), remedy)
	}
	removed = map[string]int{}
	runs := map[string]string{}
	for _, e := range j.entries {
		if e.Kind == EntryPrune || e.Kind == EntryPurge {
			for _, f := range e.Files {
				removed[f] = e.Seq
			}
		}
		if e.Kind == EntryRun {
			runs[e.Run] = e.Manifest
		}
	}
	v.checkRuns(ws, runs, removed)
	return removed
}

func (v *Verification) checkJournalSignature(j *journal, publicKey string) {
	key, err := minisign.PublicKeyFromFile(publicKey)
	if err != nil {
		return // said already of the run's signature
	}
	before, err := j.checkSignature(key)
	var broken *JournalError
	switch {
	case errors.As(err, &broken):
		v.problem(JournalName, broken.What, "put back the newest copy of "+JournalName+" and "+JournalSignatureName)
	case err != nil:
		v.problem(JournalSignatureName, "cannot be read: "+err.Error(), "put it back from a copy")
	case before:
		v.problem(JournalSignatureName, "is older than the last line", "the next ingest or run signs it")
	}
}

// checkRuns compares the runs that are there with those that the journal knows.
func (v *Verification) checkRuns(ws *Workspace, runs map[string]string, removed map[string]int) {
	ids, err := ws.RunIDs()
	if err != nil {
		v.problem("runs", "cannot be read: "+err.Error(), "give yourself the right to read it")
		return
	}
	for _, id := range ids {
		sum, ok := runs[id]
		delete(runs, id)
		if !ok {
			v.problem("runs/"+id, "is in no line of the journal", "the next ingest or run notes it if this workspace made it; else move it elsewhere")
			continue
		}
		v.checkFile("runs/"+id+"/"+ManifestName, filepath.Join(ws.Runs(), id, ManifestName), sum, remedyOutput)
	}
	for id := range runs {
		if _, ok := removed["runs/"+id]; !ok {
			v.problem("runs/"+id, "is in the journal and missing", "put it back from a copy")
		}
	}
}

// checkLake compares every file of the lake and of the quarantine with what
// was committed, and every record with the journal.
func (v *Verification) checkLake(ctx context.Context, ws *Workspace, t *tracer) error {
	workers := runtime.GOMAXPROCS(0)
	records, findings, err := ingest.Audit(ctx, ws.Dir, workers)
	if err != nil {
		return err
	}
	t.records = records
	for _, f := range findings {
		v.Problems = append(v.Problems, Problem{ws.below(f.Path), f.What, f.Remedy, t.number(f.Number)})
	}
	v.checkRecords(ws, records, findings)
	tables, err := lakeTables(ws.Lake())
	if err != nil {
		return err
	}
	for _, table := range tables {
		sound, damages, err := store.Audit(ctx, ws.Lake(), table, workers)
		if err != nil {
			return err
		}
		v.Lake += len(sound)
		for _, d := range damages {
			v.Problems = append(v.Problems, Problem{ws.below(d.Path), d.What, "the next run makes it again, or says which deliveries it needs", t.partition(table, d.Path)})
		}
	}
	return nil
}

// checkRecords compares the records with the journal's last word on each.
func (v *Verification) checkRecords(ws *Workspace, records []ingest.Record, findings []ingest.Finding) {
	j, err := ws.readJournal()
	if err != nil {
		return // said already
	}
	known := j.latest()
	for _, f := range findings {
		delete(known, f.Number) // said already
	}
	for _, r := range records {
		d, err := ws.delivery(r)
		before, ok := known[r.Number]
		delete(known, r.Number)
		switch {
		case err != nil:
			v.problem(r.File(), "cannot be read: "+err.Error(), "give yourself the right to read it")
		case !ok && !slices.ContainsFunc(findings, func(f ingest.Finding) bool { return f.Number == r.Number }):
			v.problem(r.File(), "is in no line of the journal", "the next ingest or run notes it; if none was interrupted, ask who put it there")
		case ok && d != before:
			v.problem(r.File(), "is not the record that the journal knows", "run minewatch ingest --repair")
		default:
			v.Lake++
		}
	}
	for _, d := range known {
		r := ingest.Record{Number: d.Number, SHA256: d.SHA256}
		v.problem(r.File(), "is missing; the journal knows the delivery "+d.Path, "run minewatch ingest --repair")
	}
}

// lakeTables names the tables of the lake: its folders but those of deliveries
// and of work in progress, and those of replaced rows one level below.
func lakeTables(lake string) ([]string, error) {
	entries, err := os.ReadDir(lake)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var tables []string
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || name == "_files" || name == "_parts":
		case name+"/" == supersededFolder:
			below, err := lakeTables(filepath.Join(lake, name))
			if err != nil {
				return nil, err
			}
			for _, t := range below {
				tables = append(tables, supersededFolder+t)
			}
		default:
			tables = append(tables, name)
		}
	}
	return tables, nil
}
