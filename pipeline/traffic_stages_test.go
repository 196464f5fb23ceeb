package pipeline

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/link"
	"github.com/minewatch/minewatch/pipeline/stitch"
)

// A subscriber with two addresses is stitched alike whether the bucket is taken
// at once or in slices that tear the addresses apart.
func TestSlicesGiveTheSameRows(t *testing.T) {
	traffic := sim.DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	traffic.Days, traffic.ActiveTimeoutS = 2, 600
	clients, err := traffic.Draw(24, map[sim.Form]int{sim.Rigs: 2, sim.TLS: 2})
	if err != nil {
		t.Fatal(err)
	}
	var flows []datasets.Flow
	var in flowBucket
	var leases []datasets.Subscriber
	for i, c := range clients {
		rows := traffic.Client(c)
		flows, in.tls = append(flows, rows.Flows...), append(in.tls, rows.TLS...)
		leases = append(leases, datasets.Subscriber{IPPrefix: c.Addr.String(), SubscriberID: string(rune('a' + i/2)), Provider: "P"})
	}
	slices.SortStableFunc(flows, func(a, b datasets.Flow) int { return int(max(-1, min(1, a.TS-b.TS))) })
	path := filepath.Join(t.TempDir(), "flows.parquet")
	if err := store.WriteRows(path, flows); err != nil {
		t.Fatal(err)
	}
	in.set, in.files, in.buckets = stitch.Settings{Gap: 300 * time.Second}, []string{path}, 64
	in.who, _ = link.NewIndex(leases)
	sessions, days, err := in.stitch(1)
	if err != nil || len(sessions) == 0 || len(days) == 0 {
		t.Fatalf("%d sessions, %d days: %v", len(sessions), len(days), err)
	}
	for _, k := range []int{2, 16, mostSlices} {
		s, d, err := in.stitch(k)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sessions, s) + cmp.Diff(days, d); diff != "" {
			t.Errorf("%d slices: %s", k, diff)
		}
	}
}
