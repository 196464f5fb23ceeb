package export

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

func open(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func cellValue(t *testing.T, f *excelize.File, sheet, cell string, raw bool) string {
	t.Helper()
	v, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: raw})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSitesXLSX(t *testing.T) {
	run := sampleRun(t, 3, "")
	run.Visits[0].Name = "=1+1"
	var b bytes.Buffer
	if err := writeSitesXLSX(&b, run); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	for _, c := range []struct {
		cell string
		raw  bool
		want string
	}{
		{"A1", false, "rank"}, {"A2", true, "1"}, {"C2", false, "=1+1"}, {"D2", false, "120940003461"},
		{"J2", false, "0.9900"}, {"N2", true, "1234568"}, {"S2", true, "2469135.78"},
		// Hour 12,000 after 2022-01-01 00:00 in Almaty is 2023-05-16 00:00 there.
		{"L2", false, "2023-05-16 00:00"}, {"L2", true, "45062"},
		{"G4", true, ""}, // no coordinates
	} {
		if got := cellValue(t, f, "Sites", c.cell, c.raw); got != c.want {
			t.Errorf("%s = %q, want %q", c.cell, got, c.want)
		}
	}
	if kind, err := f.GetCellType("Sites", "D2"); err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
		t.Errorf("D2 is of type %v, want text: a BIN is no number", kind)
	}
	panes, err := f.GetPanes("Sites")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes = %+v, %v", panes, err)
	}
	props, err := f.GetDocProps()
	if err != nil || props.Created != "2024-12-31T00:00:00Z" || props.Modified != props.Created {
		t.Errorf("created %q, modified %q", props.Created, props.Modified)
	}
	if got := cellValue(t, f, "About", "A1", false); got != text("book.sites") {
		t.Errorf("About!A1 = %q", got)
	}
}

// By hand: 39,900.125 kWh x 25 KZT = 997,503.125 KZT, half a tiyn, is rounded up.
func TestProductTiyn(t *testing.T) {
	for _, c := range []struct {
		kwh, rate float64
		want      int64
	}{{39_900.125, 25, 99_750_313}, {0.004, 1, 0}, {0.005, 1, 1}, {1e9, 25, 2.5e12}, {10, 0, 0}} {
		if got := productTiyn(c.kwh, c.rate); got != c.want {
			t.Errorf("productTiyn(%v, %v) = %d, want %d", c.kwh, c.rate, got, c.want)
		}
	}
}

// Every formula yields the value stored beside it, computed anew by excelize.
func TestStatementFormulasAgree(t *testing.T) {
	run := sampleRun(t, 2, "")
	run.Statement = append(run.Statement,
		datasets.StatementLine{SiteID: "no rate", Quarter: 2026 * 4, MiningKWh: 10, UnpaidKWh: 10},
		datasets.StatementLine{SiteID: "all declared", Quarter: 2023 * 4, MiningKWh: 10, DeclaredKWh: 12, RateKZTKWh: 2},
		// Not unpaid x rate: a value of the run that no formula here explains.
		datasets.StatementLine{SiteID: "lapsed", Quarter: 2022 * 4, MiningKWh: 10, UnpaidKWh: 10, RateKZTKWh: 1, TaxKZT: 5},
	)
	var b bytes.Buffer
	if err := writeStatementXLSX(&b, run); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	formulas := 0
	last := len(run.Statement) + 3
	for i := 2; i <= last; i++ {
		for _, column := range []string{"J", "K", "L", "M"} { // unpaid_kwh, tax_kzt, low, high
			cell := column + strconv.Itoa(i)
			formula, err := f.GetCellFormula("Statement", cell)
			if err != nil {
				t.Fatal(err)
			}
			if formula == "" {
				continue
			}
			formulas++
			stored := number(cellValue(t, f, "Statement", cell, true))
			computed, err := f.CalcCellValue("Statement", cell, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(number(computed)-stored) > 1e-6 {
				t.Errorf("%s: %s = %s, stored %v", cell, formula, computed, stored)
			}
		}
	}
	// Two for each of 8 + 3 lines but one, and four sums.
	if want := 2*11 - 1 + 4; formulas != want {
		t.Errorf("%d formulas, want %d", formulas, want)
	}
	// By hand: 2 sites x 4 quarters x 997,503 + 5.
	if got := cellValue(t, f, "Statement", "K"+strconv.Itoa(last), true); got != "7980029" {
		t.Errorf("sum of tax_kzt = %s", got)
	}
	if got := cellValue(t, f, "Statement", "K11", true); got != "0" { // lapsed: K12 holds the run's value
		t.Errorf("K11 = %s", got)
	}
	if got := cellValue(t, f, "Statement", "K12", true); got != "5" {
		t.Errorf("K12 = %s", got)
	}
}
