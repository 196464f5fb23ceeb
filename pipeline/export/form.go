package export

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// formSheet is named like the dataset, so that ingest finds it in the workbook.
const formSheet = "outcomes"

// formRows is how many visits the form has room for.
const formRows = 500

// writeForm adds the sheet on which teams write what they found, with lists to
// choose from, and a dictionary of the codes in three languages.
func writeForm(f *excelize.File, run *Run, header int) error {
	if _, err := f.NewSheet(formSheet); err != nil {
		return err
	}
	columns := datasets.Lookup(formSheet).Delivered()
	widths := map[string]float64{"site_id": 24, "visited_on": 14, "outcome": 16, "found_kw": 12, "note": 60, "team": 16, "drawn": 10}
	for j, c := range columns {
		cell, err := excelize.CoordinatesToCellName(j+1, 1)
		if err != nil {
			return err
		}
		if err := f.SetCellStr(formSheet, cell, c.In); err != nil {
			return err
		}
		letter, err := excelize.ColumnNumberToName(j + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(formSheet, letter, letter, max(widths[c.In], 10)); err != nil {
			return err
		}
		if err := formColumn(f, run, c, fmt.Sprintf("%s2:%s%d", letter, letter, formRows+1)); err != nil {
			return err
		}
	}
	last, err := excelize.CoordinatesToCellName(len(columns), 1)
	if err != nil {
		return err
	}
	if err := f.SetCellStyle(formSheet, "A1", last, header); err != nil {
		return err
	}
	if err := f.SetPanes(formSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return writeDictionary(f, header)
}

// formColumn says what may be written into a column: sites of the list, days,
// the codes of the dataset, powers.
func formColumn(f *excelize.File, run *Run, c datasets.Column, cells string) error {
	format := "@"
	v := excelize.NewDataValidation(true)
	v.Sqref = cells
	switch c.In {
	case "site_id":
		if len(run.Visits) == 0 {
			return nil
		}
		v.SetSqrefDropList(fmt.Sprintf("Sites!$B$2:$B$%d", len(run.Visits)+1))
		v.SetError(excelize.DataValidationErrorStyleWarning, c.In, text("book.form"))
	case "outcome", "drawn":
		if err := v.SetDropList(c.OneOf); err != nil {
			return err
		}
		v.SetError(excelize.DataValidationErrorStyleStop, c.In, c.Meaning())
	case "visited_on":
		format = "yyyy-mm-dd"
		if err := v.SetRange(spreadsheetEpoch, spreadsheetEpoch+100_000, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween); err != nil {
			return err
		}
	case "found_kw":
		format = "0.0"
		if err := v.SetRange(0, 1_000_000, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween); err != nil {
			return err
		}
	default:
		v = nil
	}
	if v != nil {
		v.SetInput(c.In, c.Meaning())
		if err := f.AddDataValidation(formSheet, v); err != nil {
			return err
		}
	}
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	first, last := cells[:2], cells[3:]
	return f.SetCellStyle(formSheet, first, last, style)
}

// writeDictionary explains codes and headings in three languages.
func writeDictionary(f *excelize.File, header int) error {
	const sheet = "Dictionary"
	if _, err := f.NewSheet(sheet); err != nil {
		return err
	}
	lines := [][]string{{text("book.code"), i18n.English.Own(), i18n.Russian.Own(), i18n.Kazakh.Own()}}
	add := func(code string, say func(l i18n.Lang) string) {
		line := []string{code}
		for _, l := range i18n.Langs {
			line = append(line, say(l))
		}
		lines = append(lines, line)
	}
	add(formSheet, func(l i18n.Lang) string { return i18n.Text(l, "book.form") })
	for _, code := range outcomeCodes {
		add(code, func(l i18n.Lang) string { return i18n.Label(l, "outcome", code) })
	}
	for _, code := range findingCodes {
		add(code, func(l i18n.Lang) string {
			return i18n.Label(l, "finding", code) + ". " + i18n.Label(l, "long", code)
		})
	}
	for _, c := range [][2]string{{"probability", "site.probability"}, {"mining_kw", "site.power"}, {"mining_since", "col.since"}, {"mining_kwh", "site.energy"},
		{"declared_kwh", "site.declared"}, {"unpaid_kwh", "site.unpaid"}, {"tax_kzt", "site.tax"}, {"confidence_note", "site.limits"}, {"visit_group", "site.visit"}} {
		add(c[0], func(l i18n.Lang) string { return i18n.Text(l, c[1]) })
	}
	for i, line := range lines {
		for j, s := range line {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(sheet, cell, s); err != nil {
				return err
			}
		}
	}
	if err := f.SetCellStyle(sheet, "A1", "D1", header); err != nil {
		return err
	}
	wrap, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	if err := f.SetCellStyle(sheet, "A2", fmt.Sprintf("D%d", len(lines)), wrap); err != nil {
		return err
	}
	if err := f.SetColWidth(sheet, "A", "A", 24); err != nil {
		return err
	}
	return f.SetColWidth(sheet, "B", "D", 50)
}

// findingCodes are the findings of the contract.
var findingCodes = []string{"unregistered", "before_notification", "after_termination", "under_declared", "over_declared_capacity", "bypass_suspected", "unexplained"}
