package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A team fills in the form of sites.xlsx and sends the workbook back: the next
// run leaves the cleared site alone and is surer of the confirmed one.
func TestFormComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the demo")
	}
	dir := t.TempDir()
	if code, _, errs := minewatch("demo", dir, "--quiet"); code != exitDone {
		t.Fatal(errs)
	}
	f, err := excelize.OpenFile(filepath.Join(dir, "runs", "latest", "inspection", "sites.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// What a person types: a chosen site, a day, a chosen code, a power, a note.
	for cell, value := range map[string]any{
		"A2": "KZ-1334", "B2": 45306, "C2": "clean", "E2": "холодильный склад", // 2024-01-15
		"A3": "KZ-1408", "B3": "2024-01-16", "C3": "mining", "D3": 64.5,
	} {
		if err := f.SetCellValue("outcomes", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	filled := filepath.Join(t.TempDir(), "sites.xlsx")
	if err := f.SaveAs(filled); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := minewatch("ingest", "-w", dir, "outcomes", filled, "--quiet"); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if code, _, errs := minewatch("run", "-w", dir, "--quiet"); code != exitDone {
		t.Fatal(errs)
	}
	code, out, errs := minewatch("diff", "-w", dir, "0001", "latest", "--json")
	if code != exitDone {
		t.Fatal(errs)
	}
	var d struct {
		Left, Moved []struct {
			SiteID         string  `json:"site_id"`
			OldProbability float64 `json:"old_probability"`
			NewProbability float64 `json:"new_probability"`
		}
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Left) != 1 || d.Left[0].SiteID != "KZ-1334" {
		t.Errorf("left the list: %+v", d.Left)
	}
	if len(d.Moved) != 1 || d.Moved[0].SiteID != "KZ-1408" || d.Moved[0].NewProbability <= d.Moved[0].OldProbability {
		t.Errorf("changed: %+v", d.Moved)
	}
}
