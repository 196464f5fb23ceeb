package pipeline

import (
	"errors"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// The manifest holds rows and energy of deliveries and lake. By hand: 8 sites
// of 2,160 hours, one refused row, two corrections that supersede.
func TestBalance(t *testing.T) {
	ws, run := runWorkspace(t)
	m, err := readRun(run.Dir)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Balance{}
	for _, b := range m.Balances {
		by[b.Table] = b
	}
	b := by["readings"]
	if b.Files != 2 || b.Rows != 8*2160+1+2 || b.Quarantined != 1 || b.Superseded != 2 || b.LakeRows != 8*2160 {
		t.Errorf("readings: %+v", b)
	}
	// MTR-1 was delivered with 4.12 kWh (4 + 3/24, two digits) and MTR-2 with 4.25; 9 and 9.5 replace them.
	if b.SupersededWh != 4120+4250 || b.LakeWh != b.AcceptedWh-b.SupersededWh {
		t.Errorf("energy of readings: %+v", b)
	}
	if by["billing"].LakeWh != 300_000 || by["sites"].LakeRows != 8 {
		t.Errorf("billing %+v, sites %+v", by["billing"], by["sites"])
	}

	// A partition that somebody replaced with a sound file of other rows.
	list, err := store.List(ws.Lake(), "readings")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.ReadFile[datasets.Reading](list[0].Path(ws.Lake()))
	if err != nil {
		t.Fatal(err)
	}
	rows[5].Wh += 1000
	if _, err := store.CommitRows(ws.Lake(), rows, list[0]); err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), ws, RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "does not add up: readings: the deliveries come to") {
		t.Errorf("a forged partition: %v", err)
	}
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		t.Errorf("its hash is right, so the sum must tell: %v", err)
	}
}
