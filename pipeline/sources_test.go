package pipeline

import (
	"slices"
	"strings"
	"testing"
)

// MTR-1 is in line 3 of sites.csv; of its 2,160 readings in a.csv (lines 2162 to
// 4321: the header, and MTR-0 before it) the first is superseded by line 2 of b.csv.
func TestSources(t *testing.T) {
	ws, run := runWorkspace(t)
	e, err := Explain(ws, run.ID, "MTR-1")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := Sources(t.Context(), ws, e)
	if err != nil {
		t.Fatal(err)
	}
	want := []Source{
		{Dataset: "sites", Path: "inbox/sites/sites.csv", Rows: 1, FirstLine: 3, LastLine: 3},
		{Dataset: "readings", Path: "inbox/readings/a.csv", Rows: 2159, FirstLine: 2163, LastLine: 4321},
		{Dataset: "readings", Path: "inbox/readings/b.csv", Rows: 1, FirstLine: 2, LastLine: 2},
	}
	for i := range sources {
		sources[i].SHA256 = ""
	}
	if !slices.Equal(sources, want) {
		t.Errorf("got %+v, want %+v", sources, want)
	}
}

// A changed delivery names the rows that rest on it, and only those.
func TestVerifyNamesRows(t *testing.T) {
	ws, run := runWorkspace(t)
	edit(t, ws.Path("inbox/readings/b.csv"), "9.5", "9.6")
	v, err := Verify(t.Context(), run.Dir, "")
	if err != nil || len(v.Problems) != 1 {
		t.Fatalf("got %+v, %v; want one problem", v, err)
	}
	touches := strings.Join(v.Problems[0].Touches, "; ")
	if !strings.HasPrefix(touches, "2 of 9 sites in scores.parquet") {
		t.Errorf("b.csv is about MTR-1 and MTR-2 of nine sites; touches %q", touches)
	}
	for _, visit := range run.Proposed {
		named := strings.Contains(touches, "site "+visit.SiteID+",")
		if about := visit.SiteID == "MTR-1" || visit.SiteID == "MTR-2"; named != about {
			t.Errorf("site %s named: %v, want %v", visit.SiteID, named, about)
		}
	}
}
