package pipeline

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// flowRows is how many records BenchmarkFlowSpeed stitches: MINEWATCH_FLOWS, or
// 400,000.
func flowRows() int64 {
	if n, err := strconv.ParseInt(os.Getenv("MINEWATCH_FLOWS"), 10, 64); err == nil && n > 0 {
		return n
	}
	return 400_000
}

// speedFlows is two weeks of one bucket's records. Of them 40 % are of sessions that
// never end, six of each client, cut at 1800 s; the others are short, each with a
// client port of its own, to 2,000 servers of which few are popular.
const speedFlows = `
WITH client AS (SELECT value AS ip, row_number() OVER (ORDER BY value) AS c FROM client_address),
steady AS (
	SELECT c.ip AS src_ip, (40000 + s)::INTEGER AS src_port, '198.18.' || (hash(c.ip, s) % 40) || '.' || (s + 1) AS dst_ip, (443 + s)::INTEGER AS dst_port,
		(1680000000000000 + (k * 1800 + (hash(c.ip, s) % 1800)::BIGINT) * 1000000)::BIGINT AS ts_us, 1799.5 AS duration_s,
		(20000 + hash(k, s) % 4000)::BIGINT AS orig_bytes, (24000 + hash(k, c.ip) % 4000)::BIGINT AS resp_bytes, 200 AS orig_pkts, 190 AS resp_pkts
	FROM client AS c, range(6) AS a(s), range(672) AS b(k)
),
short AS (
	SELECT c.ip AS src_ip, (32768 + hash(i) % 28000)::INTEGER AS src_port,
		'198.19.' || (floor(exp(hash(i, 1) % 1000 / 1000.0 * 5.5))::INTEGER % 250) || '.' || (hash(i, 2) % 8) AS dst_ip, 443 AS dst_port,
		(1680000000000000 + i * (1209600000000 // $1::BIGINT))::BIGINT AS ts_us, (hash(i, 3) % 60000) / 1000.0 AS duration_s,
		(500 + hash(i, 4) % 20000)::BIGINT AS orig_bytes, (2000 + hash(i, 5) % 900000)::BIGINT AS resp_bytes, 12 + hash(i, 6) % 200 AS orig_pkts, 14 + hash(i, 7) % 700 AS resp_pkts
	FROM range($1::BIGINT) AS r(i)
	JOIN client AS c ON c.c = 1 + (hash(i, 8) % $3)::BIGINT
)
SELECT $2::INTEGER AS bucket, make_timestamptz(ts_us) AS ts, src_ip, src_port, dst_ip, dst_port, 'tcp' AS proto, duration_s,
	orig_bytes, resp_bytes, orig_pkts::BIGINT AS orig_pkts, resp_pkts::BIGINT AS resp_pkts,
	NULL::VARCHAR AS sni, NULL::VARCHAR AS direction, NULL::VARCHAR AS app, NULL::INTEGER AS sampling, 1::INTEGER AS src_file, 1::BIGINT AS src_line
FROM (FROM steady UNION ALL FROM short)
ORDER BY ts_us, src_ip, src_port, dst_ip`

// speedLake writes the records of all buckets.
func speedLake(tb testing.TB, ws *Workspace, rows int64) {
	tb.Helper()
	ctx := context.Background()
	buckets := ws.Config.Buckets
	const perClient = 6 * 672
	clients := int(rows*4/10) / perClient
	addresses := make([][]string, buckets)
	ip := netip.MustParseAddr("10.0.0.1")
	for range max(clients, buckets) {
		b := datasets.BucketOf(ip.String(), buckets)
		addresses[b] = append(addresses[b], ip.String())
		ip = ip.Next()
	}
	db, err := sql.Open(ctx, sql.Options{Threads: 2, MemoryMiB: 4096, TempDir: tb.TempDir(), Dirs: []string{ws.Lake()}})
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	for b := range buckets {
		if len(addresses[b]) == 0 {
			continue
		}
		if err := db.List(ctx, "client_address", addresses[b]); err != nil {
			tb.Fatal(err)
		}
		short := int64(len(addresses[b])) * perClient * 6 / 4
		query := strings.NewReplacer("$1", strconv.FormatInt(short, 10), "$2", strconv.Itoa(b), "$3", strconv.Itoa(len(addresses[b]))).Replace(speedFlows)
		tmp := filepath.Join(ws.Lake(), ".tmp", fmt.Sprintf("speed-%d.parquet", b))
		n, err := db.Copy(ctx, query, tmp)
		if err != nil {
			tb.Fatal(err)
		}
		m := store.Manifest{Table: "flows", Partition: datasets.Partition{Bucket: int32(b), Year: 2023}, Rows: n, Fingerprint: "speed"}
		if _, err := store.Commit(ws.Lake(), tmp, m); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkFlowSpeed takes flow records in Parquet to findings: sessions, contacts,
// endpoints, detectors. bare_Mrows/s is what DuckDB needs to read the same
// columns of the same files and add them up, in the same process; peak_MiB is the
// largest memory of the process meanwhile.
func BenchmarkFlowSpeed(b *testing.B) {
	ctx := context.Background()
	// As many rows a bucket as 100 million have in the 64 buckets of an untouched workspace.
	buckets := 2
	for buckets < 64 && flowRows() > int64(buckets)*1_600_000 {
		buckets *= 2
	}
	ws, err := Init(filepath.Join(b.TempDir(), "ws"), InitOptions{Buckets: buckets, Zone: "UTC"})
	if err != nil {
		b.Fatal(err)
	}
	speedLake(b, ws, flowRows())
	list, err := store.List(ws.Lake(), "flows")
	if err != nil {
		b.Fatal(err)
	}
	var rows int64
	for _, m := range list {
		rows += m.Rows
	}
	cpu := cpuSeconds()
	bare := bareScan(b, ws, list)
	bareCPU := cpuSeconds() - cpu
	debug.FreeOSMemory() // what made the lake is not to count
	resetPeak()
	b.ResetTimer()
	cpu = cpuSeconds()
	var findings int
	var stages []string
	for b.Loop() {
		env, err := newEnv(ws, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, table := range []string{"flow_session", "flow_day", "flow_profile", "server_endpoint"} {
			if err := os.RemoveAll(filepath.Join(ws.Lake(), table)); err != nil {
				b.Fatal(err)
			}
		}
		r := &runner{env: env, begun: time.Now()}
		if err := r.runTraffic(ctx); err != nil {
			b.Fatal(err)
		}
		findings = len(r.network.findings)
		stages = stages[:0]
		for _, s := range r.stages {
			stages = append(stages, fmt.Sprintf("%s %.1f s", s.Stage, s.Seconds))
		}
	}
	cpu = (cpuSeconds() - cpu) / float64(b.N)
	b.Logf("%d rows, %d findings; %s; bare scan %.1f s; processor time %.1f s, bare scan %.1f s", rows, findings, strings.Join(stages, ", "), bare, cpu, bareCPU)
	b.ReportMetric(cpu*1e9/float64(rows), "cpu_ns/row")
	b.ReportMetric(bareCPU*1e9/float64(rows), "bare_cpu_ns/row")
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64(rows)/bare/1e6, "bare_Mrows/s")
	b.ReportMetric(peakMiB(), "peak_MiB")
}

// bareScan returns the seconds that DuckDB needs for the same columns.
func bareScan(b *testing.B, ws *Workspace, list []store.Manifest) float64 {
	b.Helper()
	ctx := context.Background()
	db, err := sql.Open(ctx, sql.Options{Threads: 2, MemoryMiB: 2048, TempDir: b.TempDir(), Dirs: []string{ws.Lake()}})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.View(ctx, "flows", datasets.Lookup("flows"), paths(ws.Lake(), list)); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	rows, err := db.Query(ctx, `SELECT sum(epoch_us(ts)), sum(strlen(src_ip)), sum(src_port), sum(strlen(dst_ip)), sum(dst_port), sum(strlen(proto)), sum(duration_s),
		sum(orig_bytes), sum(resp_bytes), sum(orig_pkts), sum(resp_pkts), sum(strlen(sni)), sum(strlen(app)), sum(sampling) FROM flows`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		seen++
	}
	if seen != 1 {
		b.Fatalf("the bare scan gave %d rows", seen)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun).Seconds()
}
