package pipeline

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/capture"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// trafficFolder names the environment variable with a folder of captures and
// logs whose licences keep them out of this repository: ndpi-mining and
// ndpi-hard-negatives (nDPI's tests/cfgs/default/pcap, LGPL-3.0) and zeek-rita
// (RITA's test_data, GPL-3.0), zeek-zat (SuperCowPowers/zat data, MIT), each a folder of that name.
const trafficFolder = "MINEWATCH_TRAFFIC"

// folder returns a folder of captures: one that ships, or one below trafficFolder.
func folder(t *testing.T, name string) string {
	t.Helper()
	shipped := filepath.Join("..", "testdata", "traffic", name)
	if _, err := os.Stat(shipped); err == nil {
		return shipped
	}
	dir := os.Getenv(trafficFolder)
	if dir == "" {
		t.Skipf("%s may not ship; set %s to the folder that holds it", name, trafficFolder)
	}
	return filepath.Join(dir, name)
}

// A labelled session, from labels.csv.
type labelled struct {
	file, client, server, protocol string
	clientPort, serverPort         int32
	seconds                        float64
}

func (l labelled) String() string {
	return fmt.Sprintf("%s: %s:%d to %s:%d, %s", l.file, l.client, l.clientPort, l.server, l.serverPort, l.protocol)
}

// miners returns the sessions with mining evidence in their payload.
func miners(t *testing.T, dir string) (out []labelled) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(records[0], name) }
	port := func(s string) int32 { n, _ := strconv.Atoi(s); return int32(n) }
	for _, r := range records[1:] {
		if r[column("label")] == "miner" {
			seconds, _ := strconv.ParseFloat(r[column("duration_s")], 64)
			out = append(out, labelled{r[column("file")], r[column("client_ip")], r[column("server_ip")], r[column("mining_protocol")],
				port(r[column("client_port")]), port(r[column("server_port")]), seconds})
		}
	}
	return out
}

// captures returns the capture files of a folder.
func captures(t *testing.T, dir string) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*.pcap", "*.pcapng"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	if len(files) == 0 {
		t.Fatalf("no captures in %s", dir)
	}
	return files
}

func readCapture(t *testing.T, path string) capture.Rows {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := capture.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}

// deliver puts rows into the inbox as a probe's collector would.
func deliver(t *testing.T, ws *Workspace, name string, rows capture.Rows, labels bool) {
	t.Helper()
	stamp := func(m datasets.Micros) string { return m.Time().Format("2006-01-02T15:04:05.000000Z") }
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	write := func(table string, head []string, lines [][]string) {
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll(append([][]string{head}, lines...)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(ws.Inbox(table), name+".csv"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var flows, dns, tls [][]string
	for _, f := range rows.Flows {
		app := f.App
		if !labels {
			app = ""
		}
		flows = append(flows, []string{stamp(f.TS), f.SrcIP, n(int64(f.SrcPort)), f.DstIP, n(int64(f.DstPort)), f.Proto, strconv.FormatFloat(f.DurationS, 'f', 6, 64),
			n(f.OrigBytes), n(f.RespBytes), n(f.OrigPkts), n(f.RespPkts), app})
	}
	for _, d := range rows.DNS {
		dns = append(dns, []string{stamp(d.TS), d.ClientIP, d.Query, d.Answers})
	}
	for _, h := range rows.TLS {
		tls = append(tls, []string{stamp(h.TS), h.SrcIP, h.DstIP, n(int64(h.DstPort)), h.SNI})
	}
	write("flows", []string{"ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "app"}, flows)
	write("dns", []string{"ts", "client_ip", "query", "answers"}, dns)
	write("tls", []string{"ts", "src_ip", "dst_ip", "dst_port", "sni"}, tls)
}

// A verdict is what a run says of the network: subscribers seen mining, by
// address, and endpoints that are at least as probable as not.
type verdict struct {
	subscribers map[string]string // by address: evidence
	endpoints   map[string]string // by address:port or name: reason
}

// runNetwork runs a workspace whose inbox is filled, giving every client
// address to a subscriber of its own that is called as the address.
func runNetwork(t *testing.T, ws *Workspace) verdict {
	t.Helper()
	ctx := context.Background()
	if _, err := Ingest(ctx, ws, IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	clients := map[string]bool{}
	if err := eachPart(ws.Lake(), "flows", func(f datasets.Flow) { clients[strings.Clone(f.SrcIP)] = true }); err != nil {
		t.Fatal(err)
	}
	leases := "ip_prefix,valid_from,subscriber_id,provider\n"
	for ip := range clients {
		leases += ip + ",2000-01-01," + ip + ",Test\n"
	}
	if err := os.WriteFile(filepath.Join(ws.Inbox("subscribers"), "leases.csv"), []byte(leases), 0o644); err != nil {
		t.Fatal(err)
	}
	result, err := Run(ctx, ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v := verdict{map[string]string{}, map[string]string{}}
	table(t, filepath.Join(result.Dir, "telecom", "subscribers.csv"), func(r map[string]string) { v.subscribers[r["subscriber_id"]] = r["evidence"] })
	table(t, filepath.Join(result.Dir, "telecom", "candidates.csv"), func(r map[string]string) {
		if p, _ := strconv.ParseFloat(r["confidence"], 64); p >= 0.5 {
			name := r["target"]
			if r["port"] != "" {
				name += ":" + r["port"]
			}
			v.endpoints[name] = r["reason"]
		}
	})
	return v
}

// table calls each with the rows of a CSV file by the name of the column.
func table(t *testing.T, path string, each func(map[string]string)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, name := range head {
			row[name] = record[i]
		}
		each(row)
	}
}

func newNetworkWorkspace(t *testing.T) *Workspace {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 4, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// Every session of the labelled captures is found, and its client named, where a
// DPI system read what was said; all through files, as a user would do it.
func TestCapturedMinersAreFound(t *testing.T) {
	for _, name := range []string{"zeek-cryptomining", "ndpi-mining"} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, name)
			var shapes, long, byName int
			wanted := miners(t, dir)
			ws, unlabelled := newNetworkWorkspace(t), newNetworkWorkspace(t)
			for _, file := range captures(t, dir) {
				rows := readCapture(t, file)
				deliver(t, ws, filepath.Base(file), rows, true)
				deliver(t, unlabelled, filepath.Base(file), rows, false)
				for _, l := range wanted {
					if l.file == filepath.Base(file) && l.seconds >= 30 {
						long++
						if likeStratum(rows, l) {
							shapes++
						}
					}
				}
			}
			got, names := runNetwork(t, ws), runNetwork(t, unlabelled)
			for _, l := range wanted {
				endpoint := fmt.Sprintf("%s:%d", l.server, l.serverPort)
				if got.endpoints[endpoint] == "" || got.subscribers[l.client] == "" {
					t.Errorf("%s is not found", l)
				}
				if names.endpoints[endpoint] != "" {
					byName++
				}
			}
			t.Logf("%d labelled sessions: all by label; %d by DNS or TLS names alone; of %d of at least 30 s, %d have the shape", len(wanted), byName, long, shapes)
		})
	}
}

// likeStratum reports whether a labelled session has the shape.
func likeStratum(rows capture.Rows, l labelled) bool {
	for _, f := range rows.Flows {
		if f.SrcIP == l.client && f.SrcPort == l.clientPort && f.DstIP == l.server && f.DstPort == l.serverPort {
			s, ok := traffic.ShapeOf(datasets.FlowProfile{ActiveS: f.DurationS, OrigPkts: f.OrigPkts, RespPkts: f.RespPkts, OrigBytes: f.OrigBytes, RespBytes: f.RespBytes})
			return ok && s.LikeStratum()
		}
	}
	return false
}

// No session of captures and logs without mining is taken for it.
func TestOtherTrafficIsNoMining(t *testing.T) {
	for _, name := range []string{"ndpi-hard-negatives", "zeek-zat", "zeek-rita"} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, name)
			ws := newNetworkWorkspace(t)
			files := 0
			if strings.HasPrefix(name, "zeek") {
				files = deliverLogs(t, ws, dir)
			} else {
				for _, file := range captures(t, dir) {
					deliver(t, ws, filepath.Base(file), readCapture(t, file), true)
					files++
				}
			}
			got := runNetwork(t, ws)
			for client, why := range got.subscribers {
				t.Errorf("subscriber %s is taken for a miner: %s", client, why)
			}
			for endpoint, why := range got.endpoints {
				t.Errorf("endpoint %s is taken for a pool: %s", endpoint, why)
			}
			t.Logf("%d files, nothing found", files)
		})
	}
}

// deliverLogs copies the conn, dns and ssl logs of a folder into the inbox.
func deliverLogs(t *testing.T, ws *Workspace, dir string) (files int) {
	t.Helper()
	tables := map[string]string{"conn": "flows", "open_conn": "flows", "dns": "dns", "ORIGINALdns": "dns", "ssl": "tls", "open_ssl": "tls", "tor_ssl": "tls"}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, _, _ := strings.Cut(filepath.Base(path), ".")
		to, ok := tables[kind]
		if !ok {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		rel, _ := filepath.Rel(dir, path)
		return os.WriteFile(filepath.Join(ws.Inbox(to), strings.ReplaceAll(rel, string(filepath.Separator), "-")), content, 0o644)
	})
	if err != nil || files == 0 {
		t.Fatalf("%d logs in %s: %v", files, dir, err)
	}
	return files
}
