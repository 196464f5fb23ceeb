package export

import (
	"fmt"
	"io"
	"math"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

func writeSitesXLSX(w io.Writer, run *Run) error {
	book := workbook{sheet: "Sites", title: text("book.sites"), rows: RowsOf(run.Visits), form: true,
		about: append([]string{text("book.local"), text("book.form")}, run.Notes...)}
	return book.write(w, run)
}

// writeStatementXLSX writes the statement with the two formulas that a tax
// officer follows: unpaid = max(0, mining - declared), tax = unpaid x rate. The
// value stored beside a formula is the run's. Where a formula would not yield
// that value to the last digit, the value stands alone.
func writeStatementXLSX(w io.Writer, run *Run) error {
	rows := RowsOf(run.Statement)
	ref, err := columnLetters(rows)
	if err != nil {
		return err
	}
	book := workbook{sheet: "Statement", title: text("book.statement"), rows: rows,
		total: []string{"unpaid_kwh", "tax_kzt", "tax_kzt_low", "tax_kzt_high"},
		about: append([]string{text("book.formulas"), text("fee")}, run.Notes...)}
	book.formula = func(i int, c datasets.Column) string {
		l := run.Statement[i]
		switch {
		case c.Name == "unpaid_kwh" && thousandths(l.UnpaidKWh) == max(0, thousandths(l.MiningKWh)-thousandths(l.DeclaredKWh)):
			return fmt.Sprintf("MAX(0,%s%d-%s%d)", ref["mining_kwh"], i+2, ref["declared_kwh"], i+2)
		case c.Name == "tax_kzt" && hundredths(l.TaxKZT) == productTiyn(l.UnpaidKWh, l.RateKZTKWh):
			// An empty rate counts as 0 in the formula, as in the row.
			return fmt.Sprintf("ROUND(%s%d*%s%d,2)", ref["unpaid_kwh"], i+2, ref["rate_kzt_kwh"], i+2)
		}
		return ""
	}
	return book.write(w, run)
}

// thousandths and hundredths return the digits that a cell shows as an integer.
func thousandths(x float64) int64 { return int64(math.Round(x * 1e3)) }
func hundredths(x float64) int64  { return int64(math.Round(x * 1e2)) }

// productTiyn returns kWh to three decimals times a rate of KZT/kWh to four, in
// tiyn, half a tiyn rounded up, exactly: as a spreadsheet's ROUND does.
func productTiyn(kwh, rate float64) int64 {
	return (thousandths(kwh)*int64(math.Round(rate*1e4)) + 50_000) / 100_000
}

func columnLetters(r Rows) (map[string]string, error) {
	ref := map[string]string{}
	for j, c := range r.columns() {
		letter, err := excelize.ColumnNumberToName(j + 1)
		if err != nil {
			return nil, err
		}
		ref[c.Name] = letter
	}
	return ref, nil
}
