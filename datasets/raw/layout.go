package raw

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/minewatch/minewatch/datasets"
)

// A layout makes records of the table's columns out of records with other
// columns: renamed ones, dates and times apart, constants, register states, or
// one record a day with a value for each interval (wide.go).
type layout struct {
	l      *loader
	cells  []cellSource // of the table's columns, in the order of out
	out    [][]byte
	buf    []byte // texts made for the current record
	wide   *wide
	ratio  int // delivered cells of parts, -1 if there are none
	meter  int
	starts int
	ends   int
	// positions in out of columns with a meaning of their own, -1 if absent
	energy, quality int
}

// A cellSource says what a column is made of.
type cellSource struct {
	column   string // of the table
	cell     int    // delivered; -1 for a constant
	clock    int    // delivered cell with the time of day, -1 if there is none
	month    bool   // the cell is a month
	last     bool   // and the column its last day
	constant []byte
}

// A Use says what becomes of one delivered column.
type Use struct {
	Delivered string // name as delivered; "" if the value is a constant
	Column    string // of the table; "" if the column is not used
	How       string // e.g. "by the mapping", "kWh from MWh"
}

// layOut binds the columns of a delivered table, through the mapping and the
// synonyms. Records then go through deliver.
func (l *loader) layOut(names []string, lineNumber int64) *Fault {
	if len(names) > l.options.Limits.Columns {
		return &Fault{Line: lineNumber, Reason: "too many columns", Remedy: fmt.Sprintf("the limit is %d", l.options.Limits.Columns)}
	}
	o := &layout{l: l, ratio: -1, meter: -1, starts: -1, ends: -1, energy: -1, quality: -1}
	ours, changed, fault := l.rename(names, lineNumber)
	if fault != nil {
		return fault
	}
	if w := findWide(l.table, names, ours); w != nil {
		o.wide, changed = w, true
	}
	if !changed {
		l.layout = nil
		return l.bind(names, lineNumber)
	}
	l.layout = o
	if fault := o.arrange(ours); fault != nil {
		return fault
	}
	bound := make([]string, len(o.cells))
	for i, s := range o.cells {
		bound[i] = s.column
		if s.cell >= 0 {
			l.alias[s.column] = names[s.cell]
		}
	}
	o.out = make([][]byte, len(o.cells))
	fault = l.bind(bound, lineNumber)
	l.header = len(names)
	l.sum.Ignored = nil
	for i, n := range ours {
		if n == "" && (o.wide == nil || !o.wide.has(i)) && headerName(names[i]) != "" {
			l.sum.Ignored = append(l.sum.Ignored, headerName(names[i]))
		}
	}
	slices.Sort(l.sum.Ignored)
	if fault != nil {
		fault.Remedy = l.remedy(fault.Column)
	}
	return fault
}

// rename returns what each delivered column becomes: a column of the table, a
// part, or "" if it is not used. changed reports whether any name is another.
func (l *loader) rename(names []string, lineNumber int64) (ours []string, changed bool, fault *Fault) {
	ours = make([]string, len(names))
	mapped := map[string]string{}
	for theirs, to := range l.mapping.Columns {
		mapped[headerName(theirs)] = to
	}
	at := map[string]int{}
	for i, n := range names {
		name := headerName(n)
		to, how := mapped[name], "by the mapping"
		delete(mapped, name)
		if to == "" && l.known(name) {
			to, how = name, ""
		}
		if to == "" {
			if to, how = l.synonym(name), ""; to != "" {
				how = "as a synonym"
			}
		}
		if first, twice := at[to]; twice && to != "" && to != partIgnore {
			return nil, false, &Fault{Line: lineNumber, Column: name, Reason: "the column is there twice", Remedy: fmt.Sprintf("remove or rename one of them: %q is %s too", names[first], to)}
		}
		if to != "" {
			at[to] = i
		}
		changed = changed || how != "" && to != ""
		if to == partIgnore {
			to = ""
		}
		ours[i] = to
		l.sum.Columns = append(l.sum.Columns, Use{Delivered: n, Column: to, How: how})
	}
	for _, missing := range sortedKeys(mapped) {
		return nil, false, &Fault{Line: lineNumber, Column: missing, Reason: "the mapping names a column that the file does not have", Remedy: "correct the mapping's columns or files, or ask for the column"}
	}
	return ours, changed || l.options.Mapping != nil, nil
}

// known reports whether the table has a delivered column of this name.
func (l *loader) known(name string) bool {
	return slices.ContainsFunc(l.columns, func(c column) bool { return c.In == name })
}

// arrange decides what each column of the table is made of.
func (o *layout) arrange(ours []string) *Fault {
	l := o.l
	date, clock := -1, -1
	for i, n := range ours {
		switch n {
		case "":
		case partDate:
			date = i
		case partTime:
			clock = i
		case partRatio:
			o.ratio = i
		case partMeter:
			o.meter = i
		case partRegStart:
			o.starts = i
		case partRegEnd:
			o.ends = i
		case partMonth:
			o.add(cellSource{column: "period_start", cell: i, clock: -1, month: true})
			o.add(cellSource{column: "period_end", cell: i, clock: -1, month: true, last: true})
		default:
			o.add(cellSource{column: n, cell: i, clock: -1})
		}
	}
	if date >= 0 && (clock >= 0 || o.wide == nil) && l.known("ts") {
		o.add(cellSource{column: "ts", cell: date, clock: clock})
	}
	if o.ends >= 0 {
		o.add(cellSource{column: "kwh", cell: -1, clock: -1})
	}
	o.constants(l.mapping.Constants, "a constant of the mapping")
	o.constants(l.options.Given, "from the file's name")
	if o.wide != nil {
		return o.arrangeWide()
	}
	o.locate()
	return nil
}

func (o *layout) add(s cellSource) { o.cells = append(o.cells, s) }

// has reports whether a column has a source.
func (o *layout) has(column string) bool {
	return slices.ContainsFunc(o.cells, func(s cellSource) bool { return s.column == column })
}

func (o *layout) constants(values map[string]string, how string) {
	for _, c := range sortedKeys(values) {
		if !o.has(c) {
			o.add(cellSource{column: c, cell: -1, clock: -1, constant: []byte(values[c])})
			o.l.sum.Columns = append(o.l.sum.Columns, Use{Column: c, How: how + ": " + values[c]})
		}
	}
}

// locate notes where energy and quality stand. A quality column is made up
// where a mapping says what stands for "no value".
func (o *layout) locate() {
	if len(o.l.mapping.Missing) > 0 && !o.has("quality") && o.l.quality != nil {
		o.add(cellSource{column: "quality", cell: -1, clock: -1})
	}
	o.energy = slices.IndexFunc(o.cells, func(s cellSource) bool { return s.column == "kwh" })
	o.quality = slices.IndexFunc(o.cells, func(s cellSource) bool { return s.column == "quality" })
}

var (
	badMonth      = problem{"not a month", "write a month like 2024-01 or 01.2024"}
	badRatio      = problem{"not a transformer ratio", "write a number above 0"}
	registerBack  = problem{"register end below its start", "a register that rolled over needs register_digits in the mapping; a replaced meter needs two rows"}
	missingText   = []byte("missing")
	emptyRegister = problem{"empty", "write both register states, or quality missing"}
)

// deliver reads one delivered record.
func (l *loader) deliver(lineNumber int64, cells [][]byte, raw []byte) error {
	o := l.layout
	if o == nil {
		return l.record(lineNumber, cells, raw)
	}
	if o.ratio >= 0 {
		n, p := parseDecimal(trim(cells[o.ratio]), 3, l.comma)
		if p != nil || n <= 0 || n > maxRatio {
			return l.rejectCell(lineNumber, partRatio, badRatio, raw)
		}
		l.ratio = n
	}
	if o.meter >= 0 {
		l.meter = trim(cells[o.meter])
	}
	o.buf = o.buf[:0]
	for i := range o.cells {
		cell, p := o.make(&o.cells[i], cells)
		if p != nil {
			return l.rejectCell(lineNumber, o.cells[i].column, *p, raw)
		}
		o.out[i] = cell
	}
	if o.wide != nil {
		return o.days(lineNumber, cells, raw)
	}
	if o.ends >= 0 {
		if p := o.difference(cells); p != nil {
			return l.rejectCell(lineNumber, "kwh", *p, raw)
		}
	}
	if o.energy >= 0 && o.quality >= 0 && len(l.mapping.Missing) > 0 && l.mapping.isMissing(trim(o.out[o.energy])) {
		o.out[o.energy], o.out[o.quality] = nil, missingText
	}
	return l.record(lineNumber, o.out, raw)
}

// make returns the cell of one column.
func (o *layout) make(s *cellSource, cells [][]byte) ([]byte, *problem) {
	if s.cell < 0 {
		return s.constant, nil
	}
	cell := trim(cells[s.cell])
	if s.month {
		return o.monthCell(cell, s.last)
	}
	if s.clock < 0 {
		if s.column != "kwh" && len(o.l.mapping.Missing) > 0 && o.l.mapping.isMissing(cell) {
			return nil, nil
		}
		return cell, nil
	}
	return o.joined(cell, trim(cells[s.clock])), nil
}

// joined puts a date and a time of day together. Of an interval, 00:30-01:00,
// the begin counts.
func (o *layout) joined(date, clock []byte) []byte {
	if i := bytes.IndexByte(clock, '-'); i > 0 {
		clock = trim(clock[:i])
	}
	if o.l.serial != nil && isNumber(date) && isNumber(clock) {
		days, p1 := parseDecimal(date, 9, false)
		part, p2 := parseDecimal(clock, 9, false)
		if p1 == nil && p2 == nil {
			from := len(o.buf)
			o.buf = fmt.Appendf(o.buf, "%d.%09d", (days+part)/1e9, (days+part)%1e9)
			return o.buf[from:]
		}
	}
	if i := bytes.IndexByte(date, ' '); i > 0 && len(clock) > 0 {
		date = date[:i] // workbooks and databases write dates with a midnight
	}
	from := len(o.buf)
	o.buf = append(append(o.buf, date...), ' ')
	if o.l.format != nil {
		o.buf = append(o.buf, clock...)
	} else {
		o.buf = appendClock(o.buf, clock)
	}
	return trim(o.buf[from:])
}

// monthCell writes the first or last day of a month given as 2024-01,
// 01.2024 or 202401.
func (o *layout) monthCell(cell []byte, last bool) ([]byte, *problem) {
	if len(cell) == 0 {
		return nil, nil
	}
	var year, month []byte
	switch {
	case len(cell) == 7 && (cell[4] == '-' || cell[4] == 'M' || cell[4] == '/'):
		year, month = cell[:4], cell[5:]
	case len(cell) == 7 && (cell[2] == '.' || cell[2] == '/'):
		year, month = cell[3:], cell[:2]
	case len(cell) == 6:
		year, month = cell[:4], cell[4:]
	default:
		return nil, &badMonth
	}
	y, err1 := strconv.Atoi(string(year))
	m, err2 := strconv.Atoi(string(month))
	if err1 != nil || err2 != nil || m < 1 || m > 12 || y < 1900 || y > 2200 {
		return nil, &badMonth
	}
	first := monthStart(y, m)
	if last {
		first = monthStart(y+m/12, m%12+1) - 1
	}
	from := len(o.buf)
	o.buf = append(o.buf, first.String()...)
	return o.buf[from:], nil
}

func monthStart(y, m int) datasets.Day {
	at, err := datasets.ParseDay(fmt.Sprintf("%04d-%02d-01", y, m))
	if err != nil {
		panic(err) // the caller checked both
	}
	return at
}

// difference puts the energy between two register states into the record.
func (o *layout) difference(cells [][]byte) *problem {
	l := o.l
	a, b := trim(cells[o.starts]), trim(cells[o.ends])
	if len(a) == 0 || len(b) == 0 || l.mapping.isMissing(a) || l.mapping.isMissing(b) {
		if o.quality >= 0 {
			o.out[o.energy] = nil
			return nil
		}
		return &emptyRegister
	}
	from, p := l.plainDecimal(a, 6)
	if p != nil {
		return p
	}
	to, p := l.plainDecimal(b, 6)
	if p != nil {
		return p
	}
	if to < from {
		span := registerSpan(l.mapping.Digits, 6)
		if span == 0 || !rolledOver(from, to, span) {
			return &registerBack
		}
		to += span
	}
	n := to - from
	start := len(o.buf)
	o.buf = append(strconv.AppendInt(o.buf, n, 10), "e-6"...)
	o.out[o.energy] = o.buf[start:]
	return nil
}

// rejectCell refuses a record because of one of its cells.
func (l *loader) rejectCell(lineNumber int64, column string, p problem, raw []byte) error {
	l.sum.Rows++
	return l.quarantine(lineNumber, column, p, raw)
}
