package pipeline

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/detectors/visit"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/telecom"
)

// completePack adds what follows from the candidates: rules for single
// subscribers, endpoints that the list of pools lacks, and the pack before this one.
func (r *runner) completePack(out *export.Run) error {
	leases, err := store.ReadTable[datasets.Subscriber](r.env.WS.Lake(), "subscribers")
	if err != nil {
		return err
	}
	n := r.network
	out.FlowRules = telecom.FlowRules(out.Candidates, n.findings, leases, out.AsOf)
	visited, err := r.env.visited()
	if err != nil {
		return err
	}
	confirmed := map[string]bool{} // clients
	findings := make([]traffic.Finding, len(n.findings))
	for i, f := range n.findings {
		findings[i] = f.Finding
		if last, ok := visit.Latest(visited[f.SiteID]); ok && last.FoundMining() {
			confirmed[f.Client] = true
		}
	}
	out.NewPools = telecom.Proposals(findings, confirmed, n.pools, n.services)
	out.Earlier, err = earlierPack(r.env.WS)
	return err
}

// The files of an earlier run's telecom pack that say what has to be revoked.
const (
	earlierCandidates = "telecom/candidates.csv"
	earlierSTIX       = "telecom/candidates.stix.json"
)

// earlierPack reads the telecom pack of the newest finished run, empty if there
// is none.
func earlierPack(ws *Workspace) (e export.Earlier, err error) {
	_, dir, ok := ws.newest()
	if !ok {
		return e, nil
	}
	path := filepath.Join(dir, filepath.FromSlash(earlierCandidates))
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	defer f.Close()
	if e.Candidates, err = readBlocks(f); err != nil {
		return e, fmt.Errorf("%s: %w", path, err)
	}
	e.STIX, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(earlierSTIX)))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return e, err
}

// readBlocks reads the columns of candidates.csv that identify a block and its term.
func readBlocks(r io.Reader) (out []datasets.Candidate, err error) {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for _, name := range []string{"target", "target_kind", "port", "proto", "pool", "action", "valid_until"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("column %q is missing", name)
		}
	}
	for {
		record, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		c := datasets.Candidate{Target: record[at["target"]], TargetKind: record[at["target_kind"]], Proto: record[at["proto"]], Pool: record[at["pool"]], Action: record[at["action"]]}
		if port := record[at["port"]]; port != "" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("port %q: %w", port, err)
			}
			c.Port = int32(n)
		}
		until, err := time.Parse(time.DateOnly, record[at["valid_until"]])
		if err != nil {
			return nil, err
		}
		c.ValidUntil = datasets.DayOf(until)
		out = append(out, c)
	}
}
