package pipeline

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/datasets/store"
)

// benchBuckets suits a few thousand clients.
const benchBuckets = 16

// SimulatedTraffic puts the simulated traffic of clients through a whole run in a
// new workspace at dir, and returns what the traffic detectors say of each client,
// in the order of clients: the way that delivered logs take, with nothing left out.
// Clients wake and sleep by the clock of the workspace, whatever t.Zone says.
func SimulatedTraffic(ctx context.Context, dir string, t sim.Traffic, clients []sim.Client, progress Progress) ([][]datasets.Evidence, error) {
	ws, err := Init(dir, InitOptions{Buckets: benchBuckets})
	if err != nil {
		return nil, err
	}
	t.Zone = ws.Config.Location()
	if err := errors.Join(writeClients(ws, clients), writeBlocks(ws, t.Blocks)); err != nil {
		return nil, err
	}
	if err := writeTraffic(ws, t, clients); err != nil {
		return nil, err
	}
	run, err := Run(ctx, ws, RunOptions{Progress: progress})
	if err != nil {
		return nil, err
	}
	index := map[string]int{}
	for i := range clients {
		index[clientSite(i)] = i
	}
	out := make([][]datasets.Evidence, len(clients))
	err = store.Scan(filepath.Join(run.Dir, "evidence.parquet"), func(rows []datasets.Evidence) error {
		for _, e := range rows {
			if i, ok := index[e.SiteID]; ok {
				out[i] = append(out[i], e)
			}
		}
		return nil
	})
	return out, err
}

func clientSite(i int) string { return fmt.Sprintf("C%06d", i) }

// writeBlocks makes the list of block times, if there are any.
func writeBlocks(ws *Workspace, blocks []time.Time) error {
	if len(blocks) == 0 {
		return nil
	}
	const name = "blocks.csv"
	var text strings.Builder
	for _, b := range blocks {
		fmt.Fprintln(&text, b.Unix())
	}
	ws.Config.Traffic.BlockTimes = []string{name}
	return os.WriteFile(ws.Path(name), []byte(text.String()), 0o644)
}

// writeClients makes each client a subscriber at a site of its own.
func writeClients(ws *Workspace, clients []sim.Client) error {
	return errors.Join(
		inboxCSV(ws, "sites", []string{"site_id"}, func(row func(...string)) {
			for i := range clients {
				row(clientSite(i))
			}
		}),
		inboxCSV(ws, "subscribers", []string{"ip_prefix", "valid_from", "subscriber_id", "site_id"}, func(row func(...string)) {
			for i, c := range clients {
				row(netip.PrefixFrom(c.Addr, c.Addr.BitLen()).String(), "2020-01-01T00:00:00Z", "S-"+clientSite(i), clientSite(i))
			}
		}))
}

func writeTraffic(ws *Workspace, t sim.Traffic, clients []sim.Client) error {
	whole := func(v int64) string { return strconv.FormatInt(v, 10) }
	port := func(v int32) string { return strconv.Itoa(int(v)) }
	var rows []sim.Rows
	for _, c := range clients {
		rows = append(rows, t.Client(c))
	}
	return errors.Join(
		inboxCSV(ws, "flows", []string{"ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts"}, func(row func(...string)) {
			for _, r := range rows {
				for _, f := range r.Flows {
					row(f.TS.String(), f.SrcIP, port(f.SrcPort), f.DstIP, port(f.DstPort), f.Proto, strconv.FormatFloat(f.DurationS, 'f', 6, 64),
						whole(f.OrigBytes), whole(f.RespBytes), whole(f.OrigPkts), whole(f.RespPkts))
				}
			}
		}),
		inboxCSV(ws, "dns", []string{"ts", "client_ip", "query", "answers"}, func(row func(...string)) {
			for _, r := range rows {
				for _, q := range r.DNS {
					row(q.TS.String(), q.ClientIP, q.Query, q.Answers)
				}
			}
		}),
		inboxCSV(ws, "tls", []string{"ts", "src_ip", "dst_ip", "dst_port", "sni"}, func(row func(...string)) {
			for _, r := range rows {
				for _, h := range r.TLS {
					if h.SNI != "" {
						row(h.TS.String(), h.SrcIP, h.DstIP, port(h.DstPort), h.SNI)
					}
				}
			}
		}))
}

// inboxCSV writes one delivery of a table.
func inboxCSV(ws *Workspace, table string, head []string, rows func(row func(...string))) error {
	f, err := os.Create(filepath.Join(ws.Inbox(table), "bench.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	err = w.Write(head)
	rows(func(cells ...string) { err = errors.Join(err, w.Write(cells)) })
	w.Flush()
	return errors.Join(err, w.Error(), f.Close())
}
