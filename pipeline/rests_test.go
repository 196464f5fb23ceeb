package pipeline

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/pipeline/link"
	"github.com/minewatch/minewatch/pipeline/registry"
	"github.com/minewatch/minewatch/pipeline/telecom"
)

// The hours of a site's contacts are found in flow_day, whichever of its clients and
// addresses had them, and held against its readings.
func TestRestsOfASite(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 1, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	begin := datasets.MicrosOf(time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)) // a Monday
	const first, days = 40 * 7, 14
	rests := func(h int) bool { return h >= 30 && h < 36 || h >= 130 && h < 138 }
	var readings []datasets.Reading
	for h := range 364 * 24 {
		wh := int32(10_000 + h*7919%3000) // noise without a period of a day
		if at := h - first*24; at < 0 || at >= days*24 || !rests(at) {
			wh += 4000
		}
		readings = append(readings, datasets.Reading{SiteID: "S-1", TS: begin + datasets.Micros(h)*features.MicrosPerHour, Wh: wh, IntervalMin: 60})
	}
	day := func(client, server string, d int, silent func(h int) bool) datasets.FlowDay {
		row := datasets.FlowDay{Client: client, ServerIP: server, ServerPort: 3333, Proto: "tcp", Day: datasets.DayOf(begin.Time()) + first + datasets.Day(d)}
		for h := range 24 {
			if !silent(24*d + h) {
				row.Hours |= 1 << h
			}
		}
		return row
	}
	var flows []datasets.FlowDay
	for d := range days {
		flows = append(flows, day("P/a", "192.0.2.1", d, func(h int) bool { return rests(h) || h%2 == 0 }), day("P/b", "192.0.2.1", d, func(h int) bool { return rests(h) || h%2 == 1 }),
			day("P/a", "192.0.2.9", d, func(int) bool { return false }), day("P/stranger", "192.0.2.1", d, func(int) bool { return false }))
	}
	for _, err := range []error{
		commit(ws, readings, "readings", datasets.Partition{Year: 2023}), commit(ws, flows, "flow_day", datasets.Partition{Year: 2023}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{
		from: begin + first*24*features.MicrosPerHour, to: begin + (first+days)*24*features.MicrosPerHour,
		subscribers: map[string]datasets.Subscriber{"P/a": {SubscriberID: "a", SiteID: "S-1"}, "P/b": {SubscriberID: "b", SiteID: "S-1"}, "P/stranger": {SubscriberID: "c"}},
		sites:       link.NewSites([]datasets.Site{{SiteID: "S-1"}}, registry.AddressKey),
		findings:    []telecom.Attributed{{SiteID: "S-1", Finding: traffic.Finding{Client: "P/a", ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", Evidence: datasets.Evidence{Status: datasets.Spoken}}}},
	}
	list, err := n.rests(env)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if e := list[0]; e.SiteID != "S-1" || e.Detector != counter.RestsInfo().ID || !(e.LogLR > 0) || e.N != days*24 {
		t.Errorf("%+v", e)
	}
	n.findings = nil
	if list, err := n.rests(env); err != nil || len(list) != 0 {
		t.Errorf("without a finding: %+v, %v", list, err)
	}
}

func commit[R any](ws *Workspace, rows []R, table string, p datasets.Partition) error {
	_, err := store.CommitRows(ws.Lake(), rows, store.Manifest{Table: table, Partition: p, Fingerprint: "test"})
	return err
}

// A period begins with its first whole hour; hours outside are left out.
func TestPresence(t *testing.T) {
	p := newPresence(features.MicrosPerHour/2, 26*features.MicrosPerHour)
	p.add(datasets.FlowDay{ServerIP: "b", Day: 0, Hours: 1<<0 | 1<<1 | 1<<23})
	p.add(datasets.FlowDay{ServerIP: "b", Day: 1, Hours: 1<<0 | 1<<5})
	p.add(datasets.FlowDay{ServerIP: "a", Day: 0, Hours: 1 << 2})
	p.candidate(traffic.Finding{ServerIP: "a"})
	list := p.contacts()
	if len(list) != 2 || !list[0].Candidate || list[1].Candidate || len(list[0].Present) != 25 {
		t.Fatalf("%+v", list)
	}
	var hours []int
	for h, present := range list[1].Present {
		if present {
			hours = append(hours, h)
		}
	}
	if !slices.Equal(hours, []int{0, 22, 23}) {
		t.Errorf("hours %v", hours)
	}
}
