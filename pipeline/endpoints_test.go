package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Server ports with a profile are counted over all buckets, years and slices, each
// address once; others are not.
func TestEndpoints(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	type place struct {
		port  int32
		proto string
	}
	byPart := map[datasets.Partition][]datasets.Flow{}
	want := map[place]map[string]bool{}
	for i := range 5000 {
		ip := fmt.Sprintf("10.0.%d.%d", i%3, i%41)
		p := place{3333 + int32(i%4), []string{"tcp", "udp"}[i%7%2]}
		part := datasets.Partition{Bucket: datasets.BucketOf(ip, 2), Year: 2022 + int32(i%2)}
		byPart[part] = append(byPart[part], datasets.Flow{Bucket: part.Bucket, TS: datasets.Micros(i), SrcIP: ip, DstIP: "192.0.2.1", DstPort: p.port, Proto: p.proto})
		if want[p] == nil {
			want[p] = map[string]bool{}
		}
		want[p][ip] = true
	}
	for part, rows := range byPart {
		if _, err := store.CommitRows(ws.Lake(), rows, store.Manifest{Table: "flows", Partition: part, Fingerprint: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	var profiles []datasets.FlowProfile
	for _, p := range []place{{3333, "tcp"}, {3333, "udp"}, {3334, "tcp"}} {
		for _, client := range []string{"A/1", "A/2"} {
			profiles = append(profiles, datasets.FlowProfile{Client: client, ServerIP: "192.0.2.1", ServerPort: p.port, Proto: p.proto})
		}
	}
	profiles = append(profiles, datasets.FlowProfile{Client: "A/3", ServerIP: "192.0.2.9", ServerPort: 1, Proto: "tcp"}) // without flows
	slices.SortStableFunc(profiles, func(a, b datasets.FlowProfile) int { return strings.Compare(a.Client, b.Client) })
	if _, err := store.CommitRows(ws.Lake(), profiles, store.Manifest{Table: "flow_profile", Partition: datasets.Whole, Fingerprint: "test"}); err != nil {
		t.Fatal(err)
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := store.List(ws.Lake(), "flows")
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEndpoints(ws.Lake())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.countAll(context.Background(), env, parts); err != nil {
		t.Fatal(err)
	}
	var rows []datasets.ServerEndpoint
	for _, p := range []place{{3333, "tcp"}, {3333, "udp"}, {3334, "tcp"}} {
		rows = append(rows, datasets.ServerEndpoint{ServerIP: "192.0.2.1", ServerPort: p.port, Proto: p.proto, Clients: int32(len(want[p])), NetworkClients: 3})
	}
	if d := cmp.Diff(rows, e.rows); d != "" {
		t.Error(d)
	}
	// Slices add up.
	for _, k := range []int{1, 4, mostSlices} {
		counts := make([]int32, len(e.rows))
		for slice := range k {
			if err := e.count(paths(ws.Lake(), parts), slicer{k, slice, 2}, counts); err != nil {
				t.Fatal(err)
			}
		}
		for i, n := range counts {
			if n != e.rows[i].Clients {
				t.Errorf("%d slices: %d clients of row %d, want %d", k, n, i, e.rows[i].Clients)
			}
		}
	}
}
