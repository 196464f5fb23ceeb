package raw

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A loader turns the records of one file into rows of one table. The setters
// write into one row, whose fields they reach through typed pointers, so that
// no reflection happens once the loader is made.
type loader struct {
	table   *datasets.Table
	options Options
	columns []column // the delivered columns; instants last, as they need the key
	bound   []binding
	header  int // number of cells in a record

	comma  bool // a decimal comma may stand in numbers
	native bool // a log of machines: epoch times, empty names

	origin  *datasets.Origin
	quality *datasets.Quality // nil if the table has none
	site    *string           // the first text of the key, which ambiguous hours are counted by
	time    *datasets.Micros  // the time of the key, nil if it has none
	energy  func() int64      // Wh of the row, nil if the table has no energy
	check   func() (column string, p *problem)
	hours   hours
	texts   texts

	clear  func()
	accept func() error
	refuse func(Fault) error

	sum    Summary
	doubts []string // warnings of the current row
}

// A column is one delivered column with what reads its cells.
type column struct {
	*datasets.Column
	set func(cell []byte) *problem
}

// A binding says in which cell of a record a column stands.
type binding struct {
	*column
	cell int
}

var (
	emptyCell  = problem{"empty", "the column is required in every row"}
	emptyValue = problem{"empty", "write the value, or quality missing"}
)

func newLoader(t *datasets.Table, o Options, row any) *loader {
	l := &loader{table: t, options: o, texts: texts{}}
	l.sum.Quarantined, l.sum.Warnings = map[string]int64{}, map[string]int64{}
	l.hours = newHours(o.Zone)
	v := reflect.ValueOf(row).Elem()
	l.origin = v.FieldByName("Origin").Addr().Interface().(*datasets.Origin)
	l.check = rowCheck(row)
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.In == "" {
			continue
		}
		field := v.FieldByIndex(c.Index).Addr().Interface()
		l.notice(c, field)
		l.columns = append(l.columns, column{Column: c})
	}
	for i := range l.columns {
		c := &l.columns[i]
		c.set = l.setter(c.Column, v)
	}
	slices.SortStableFunc(l.columns, func(a, b column) int { return rank(a.Kind) - rank(b.Kind) })
	return l
}

func rank(k datasets.Kind) int {
	switch k {
	case datasets.Energy:
		return 1 // after quality, which may excuse an empty value
	case datasets.Instant:
		return 2 // after the key, by which ambiguous hours are counted
	}
	return 0
}

// notice keeps pointers to the fields that the loader itself looks at.
func (l *loader) notice(c *datasets.Column, field any) {
	switch p := field.(type) {
	case *datasets.Quality:
		l.quality = p
	case *string:
		if c.Key && l.site == nil {
			l.site = p
		}
	case *datasets.Micros:
		if c.Key && l.time == nil {
			l.time = p
		}
	case *datasets.Wh:
		l.energy = func() int64 { return int64(*p) }
	case *int32:
		if c.Kind == datasets.Energy {
			l.energy = func() int64 { return int64(*p) }
		}
	}
}

// bind finds the table's columns among the names of a header. A missing
// required column is a fault of the file.
func (l *loader) bind(names []string, lineNumber int64) *Fault {
	if len(names) > l.options.Limits.Columns {
		return &Fault{Line: lineNumber, Reason: "too many columns", Remedy: fmt.Sprintf("the limit is %d", l.options.Limits.Columns)}
	}
	at := make(map[string]int, len(names))
	for i, n := range names {
		n = headerName(n)
		if _, twice := at[n]; twice && n != "" {
			return &Fault{Line: lineNumber, Column: n, Reason: "the column is there twice", Remedy: "remove or rename one of them"}
		}
		at[n] = i
	}
	l.bound, l.header = l.bound[:0], len(names)
	var missing *column
	for i := range l.columns {
		c := &l.columns[i]
		if cell, ok := at[c.In]; ok {
			l.bound = append(l.bound, binding{c, cell})
			delete(at, c.In)
		} else if c.Required && (missing == nil || c.Index[0] < missing.Index[0]) {
			missing = c
		}
	}
	l.sum.Ignored = nil
	for n := range at {
		if n != "" {
			l.sum.Ignored = append(l.sum.Ignored, n)
		}
	}
	slices.Sort(l.sum.Ignored)
	if missing != nil {
		return &Fault{Line: lineNumber, Column: missing.In, Reason: "required column is missing", Remedy: l.remedy(missing.In)}
	}
	return nil
}

// headerName brings a name of a header to the form of datasets.Column.In.
func headerName(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.TrimPrefix(s, string(bom))))
}

func (l *loader) remedy(missing string) string {
	if n := nearest(missing, l.sum.Ignored); n != "" {
		return fmt.Sprintf("rename the column %q to %q", n, missing)
	}
	var want []string
	for _, c := range l.table.Delivered() {
		if c.Required {
			want = append(want, c.In)
		}
	}
	return fmt.Sprintf("%s needs the columns %s", l.table.Name, strings.Join(want, ", "))
}

// record reads one record, whose cells are in the order of the header.
func (l *loader) record(lineNumber int64, cells [][]byte, raw []byte) error {
	l.sum.Rows++
	l.clear()
	l.doubts = l.doubts[:0]
	for i := range l.bound {
		b := &l.bound[i]
		cell := trim(cells[b.cell])
		p := (*problem)(nil)
		if len(cell) > 0 {
			p = b.set(cell)
		} else if b.Required {
			p = l.empty(b.Column)
		}
		if p != nil {
			return l.quarantine(lineNumber, b.In, *p, raw)
		}
	}
	if name, p := l.check(); p != nil {
		return l.quarantine(lineNumber, name, *p, raw)
	}
	l.origin.Source, l.origin.Line = l.options.Source, lineNumber
	l.tally()
	return l.accept()
}

// empty says whether a required cell may be empty.
func (l *loader) empty(c *datasets.Column) *problem {
	switch {
	case c.Kind == datasets.Energy && l.quality != nil:
		if *l.quality == datasets.Missing {
			return nil
		}
		return &emptyValue
	case c.Kind == datasets.Host && l.native:
		// A handshake or query without a name is still a handshake or query.
		l.doubt(c, "no name")
		return nil
	}
	return &emptyCell
}

// doubt notes that a cell of the current row is taken as it is, but is odd.
func (l *loader) doubt(c *datasets.Column, what string) {
	l.doubts = append(l.doubts, c.In+": "+what)
}

func (l *loader) tally() {
	l.sum.Accepted++
	for _, d := range l.doubts {
		l.sum.Warnings[d]++
	}
	if l.energy != nil {
		l.sum.Wh += l.energy()
	}
	if l.time != nil {
		if t := *l.time; l.sum.Accepted == 1 {
			l.sum.First, l.sum.Last = t, t
		} else {
			l.sum.First, l.sum.Last = min(l.sum.First, t), max(l.sum.Last, t)
		}
	}
}

// reject refuses a record that could not even be cut into cells.
func (l *loader) reject(lineNumber int64, p problem, raw []byte) error {
	l.sum.Rows++
	return l.quarantine(lineNumber, "", p, raw)
}

func (l *loader) quarantine(lineNumber int64, column string, p problem, raw []byte) error {
	f := Fault{Line: lineNumber, Column: column, Reason: p.reason, Remedy: p.remedy, Raw: string(raw)}
	l.sum.Quarantined[f.Key()]++
	return l.refuse(f)
}

// trim is bytes.TrimSpace with a short way for cells that need none.
func trim(cell []byte) []byte {
	if n := len(cell); n > 0 && (cell[0] <= ' ' || cell[0] >= 0x80 || cell[n-1] <= ' ' || cell[n-1] >= 0x80) {
		return bytes.TrimSpace(cell)
	}
	return cell
}
