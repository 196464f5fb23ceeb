package raw

import (
	"bytes"
	"fmt"
	"maps"
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
	header  int // number of cells of a delivered record

	comma  bool          // a decimal comma may stand in numbers
	native bool          // a log of machines: epoch times, empty names
	iso    bool          // times are ISO 8601, whatever the mapping says
	serial *datasets.Day // of a workbook: the day that the number 0 stands for

	mapping *Mapping // never nil
	layout  *layout  // nil if the columns are the table's
	format  *timeFormat
	units   map[string]unit
	ratio   int64 // transformer ratio, in thousandths
	meter   []byte
	alias   map[string]string // names as delivered, by column
	lines   int64             // of the archive's members read before
	member  string            // of an archive with several
	reached int64             // the last line of the archive so far
	inSheet bool              // the code of a library is running

	origin  *datasets.Origin
	quality *datasets.Quality // nil if the table has none
	site    *string           // the first text of the key, which ambiguous hours are counted by
	time    *datasets.Micros  // the time of the key, nil if it has none
	energy  func() int64      // Wh of the row, nil if the table has no energy

	interval  *int32     // minutes, nil if the table has no intervals
	registers *registers // nil if energy is delivered as such
	periods   *periods   // nil if periods are delivered with their end
	check     func() (column string, p *problem)
	hours     hours
	buckets   map[string]int32 // of texts that a format puts into a row itself

	row       any             // the row that is being filled, *R
	adapt     func() *problem // what a format does to a whole row before it is checked; may be nil
	clear     func()
	accept    func() error
	acceptAll func(rows any) error // rows is []R
	refuse    func(Fault) error
	fork      func() *worker

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
	l := &loader{table: t, options: o, row: row, alias: map[string]string{}}
	l.sum = newSummary()
	l.hours = newHours(o.Zone)
	l.apply(o.Mapping)
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
	switch r := row.(type) {
	case *datasets.Reading:
		l.interval = &r.IntervalMin
		if l.mapping.Register {
			l.registers = &registers{row: r, last: map[string]registerState{}, span: registerSpan(l.mapping.Digits, 3)}
		}
	case *datasets.Billing:
		if l.mapping.PeriodEnd != "" {
			l.periods = &periods{row: r, pending: map[string]pendingPeriod{}}
		}
	}
	slices.SortStableFunc(l.columns, func(a, b column) int { return rank(a.Kind) - rank(b.Kind) })
	return l
}

func rank(k datasets.Kind) int {
	switch k {
	case datasets.Energy, datasets.Reactive:
		return 1 // after quality, which may excuse an empty value, and interval, which power needs
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

// rebind binds a header that another loader of the same file has taken.
func (l *loader) rebind(names []string) {
	if fault := l.bind(names, 1); fault != nil {
		panic("raw: a header is taken once and refused then: " + fault.Error())
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
		} else if c.Required && (c.In != "period_end" || l.periods == nil) && (missing == nil || c.Index[0] < missing.Index[0]) {
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

// columnsNamed is how many columns of a file a remedy names.
const columnsNamed = 12

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
	remedy := fmt.Sprintf("%s needs the columns %s", l.table.Name, strings.Join(want, ", "))
	if others := l.sum.Ignored; len(others) > 0 {
		more := ""
		if len(others) > columnsNamed {
			others, more = others[:columnsNamed], " …"
		}
		remedy += fmt.Sprintf("; the file has %q%s: rename them, or map them in ingest.mappings", others, more)
	}
	return remedy
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
	return l.settle(lineNumber, raw)
}

// settle takes the row that was filled, if it holds as a whole.
func (l *loader) settle(lineNumber int64, raw []byte) error {
	if l.adapt != nil {
		if p := l.adapt(); p != nil {
			return l.quarantine(lineNumber, "", *p, raw)
		}
	}
	l.origin.Source, l.origin.Line = l.options.Source, l.lines+lineNumber
	l.reached = max(l.reached, l.lines+lineNumber)
	if l.registers != nil || l.periods != nil {
		keep, name, p := l.series(lineNumber, raw)
		if p != nil {
			return l.quarantine(lineNumber, name, *p, raw)
		}
		if !keep {
			l.sum.Rows-- // it is no interval of its own
			l.warn()
			return nil
		}
	}
	if name, p := l.check(); p != nil {
		return l.quarantine(lineNumber, name, *p, raw)
	}
	l.tally()
	return l.accept()
}

// series brings the row together with the one before it.
func (l *loader) series(lineNumber int64, raw []byte) (keep bool, column string, p *problem) {
	if l.registers != nil {
		return l.registers.step(l)
	}
	return l.periods.step(lineNumber, raw)
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
	l.warn()
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

// skip passes over what is no record of the table.
func (l *loader) skip(what string) { l.sum.Skipped[what]++ }

func (l *loader) warn() {
	for _, d := range l.doubts {
		l.sum.Warnings[d]++
	}
}

// reject refuses a record that could not even be cut into cells.
func (l *loader) reject(lineNumber int64, p problem, raw []byte) error {
	l.sum.Rows++
	return l.quarantine(lineNumber, "", p, raw)
}

func (l *loader) quarantine(lineNumber int64, column string, p problem, raw []byte) error {
	if name, ok := l.alias[column]; ok {
		column = name
	}
	if l.member != "" {
		raw = append([]byte(l.member+": "), raw...)
	}
	l.reached = max(l.reached, l.lines+lineNumber)
	f := Fault{Line: l.lines + lineNumber, Column: column, Reason: p.reason, Remedy: p.remedy, Raw: string(raw)}
	l.sum.Quarantined[f.Key()]++
	return l.refuse(f)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// trim is bytes.TrimSpace with a short way for cells that need none.
func trim(cell []byte) []byte {
	if n := len(cell); n > 0 && (cell[0] <= ' ' || cell[0] >= 0x80 || cell[n-1] <= ' ' || cell[n-1] >= 0x80) {
		return bytes.TrimSpace(cell)
	}
	return cell
}
