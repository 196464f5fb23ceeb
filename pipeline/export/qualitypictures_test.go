package export

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two sites over five months, by hand: shares of 90 % and 50 % belong to the
// class above; the second site begins in March.
func TestMonths(t *testing.T) {
	const jan = 2022 * 12
	q := Quality{Coverage: []SiteCoverage{
		{SiteID: "a", Months: []MonthCoverage{{jan, 0.9}, {jan + 1, 0.5}, {jan + 2, 0.49}, {jan + 3, 0}, {jan + 4, 1}}},
		{SiteID: "b", Months: []MonthCoverage{{jan + 2, 1}, {jan + 3, 1}}},
		{SiteID: "c"},
	}}
	want := []MonthSites{{"2022-01", 1, 0, 0, 0}, {"2022-02", 0, 1, 0, 0}, {"2022-03", 1, 0, 1, 0}, {"2022-04", 1, 0, 0, 1}, {"2022-05", 1, 0, 0, 0}}
	months := q.months()
	if d := cmp.Diff(want, months); d != "" {
		t.Error(d)
	}
	p := newMonthPicture(months)
	if p.Most != 2 || len(p.Full) != 4 || len(p.Part) != 1 || len(p.Little) != 1 || len(p.Years) != 1 || p.Little[0].Y != 0 || p.Little[0].H != 50 {
		t.Errorf("got %+v", p)
	}
	full, part := strip(q.Coverage[1], jan)
	if d := cmp.Diff([]rectangle{{X: 2, W: 2, Y: 0, H: 1}}, full); d != "" || len(part) != 0 {
		t.Error(d, part)
	}
	if full, part = strip(q.Coverage[0], jan); len(full) != 2 || len(part) != 2 {
		t.Errorf("got %v and %v; a month without a value has no bar", full, part)
	}
	if empty := (&Quality{Coverage: []SiteCoverage{{SiteID: "a"}}}); newMonthPicture(empty.months()) != nil {
		t.Error("a picture of no month")
	}
}

// Reasons are summed over files, by dataset, most rows first.
func TestRefusals(t *testing.T) {
	q := Quality{Files: []QualityFile{
		{Dataset: "readings", Reasons: []RefusalCount{{"kwh: empty", 1}, {"ts: empty", 5}}},
		{Dataset: "flows", Reasons: []RefusalCount{{"ts: empty", 9}}},
		{Dataset: "readings", Reasons: []RefusalCount{{"kwh: empty", 7}}},
	}}
	want := []Refusal{{"readings", "kwh: empty", 8, 2}, {"readings", "ts: empty", 5, 1}, {"flows", "ts: empty", 9, 1}}
	if d := cmp.Diff(want, q.refusals()); d != "" {
		t.Error(d)
	}
	if bars := newRefusalBars(q.refusals()); bars[2].Length != 100 || bars[0].Length >= 100 {
		t.Errorf("bars %+v", bars)
	}
}

// What the page draws stands in quality.json.
func TestQualityJSON(t *testing.T) {
	dir, _ := write(t, sampleRun(t, 1, ""))
	var q struct {
		Coverage []struct {
			First   string    `json:"first_month"`
			Covered []float64 `json:"covered_by_month"`
		}
		Refusals       []Refusal
		Months         []MonthSites
		Reconciliation []Reconciliation
		Deliveries     []DeliveryChange
	}
	if err := json.NewDecoder(strings.NewReader(read(t, dir, "quality.json"))).Decode(&q); err != nil {
		t.Fatal(err)
	}
	if c := q.Coverage[0]; c.First != "2022-01" || !slices.Equal(c.Covered, []float64{1, 0.6, 0, 0.1}) {
		t.Errorf("coverage %+v", c)
	}
	if len(q.Refusals) != 1 || len(q.Months) != 4 || len(q.Reconciliation) != 1 || q.Reconciliation[0].LakeKWh != 12.5 || len(q.Deliveries) != 1 {
		t.Errorf("got %+v", q)
	}
}
