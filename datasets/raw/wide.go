package raw

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A wide table has one record a day, with a value for each hour, half hour or
// quarter of an hour in a column of its own.
type wide struct {
	slots []int // delivered cells of the values, in the order of the day
	names []string
	clock []string // begin of each interval, hh:mm
	step  int      // minutes
	date  int      // delivered cell of the day
	ts    int      // position of ts in out
	usual bool     // rows have nothing but what another fills in itself
	time  *datasets.Column
}

func (w *wide) has(cell int) bool { return cell == w.date || slices.Contains(w.slots, cell) }

// findWide recognises the columns of values: 24, 48 or 96 of them, named
// h1…h24, 1…48, 00:00…23:30 or 00:30…24:00 (also …00:00), or 00:00-00:30. It
// returns nil if the table has no intervals, or the file no such columns.
func findWide(t *datasets.Table, names, ours []string) *wide {
	if t.Name != "readings" && t.Name != "feeder_readings" || slices.Contains(ours, "kwh") || slices.Contains(ours, partRegEnd) {
		return nil
	}
	w := &wide{date: -1}
	var begins []int
	numbered := false
	for i, n := range names {
		name := headerName(n)
		if ours[i] == partDate || ours[i] == "ts" || ours[i] == "" && (name == "date" || name == "day") {
			w.date = i
			continue
		}
		if ours[i] != "" {
			continue
		}
		if at, isNumber, ok := slotOf(name); ok {
			if len(begins) > 0 && isNumber != numbered {
				return nil
			}
			numbered = isNumber
			begins = append(begins, at)
			w.slots = append(w.slots, i)
			w.names = append(w.names, strings.TrimSpace(n))
		}
	}
	if w.date < 0 || !slices.Contains([]int{24, 48, 96}, len(begins)) {
		return nil
	}
	w.step = 1440 / len(begins)
	unit, first := w.step, begins[0]
	if numbered {
		unit = 1
	}
	// Numbers count from 1 or 0; clock times are the begins or the ends.
	if first != 0 && first != unit {
		return nil
	}
	for i, b := range begins {
		want := first + i*unit
		if b != want && (want != 1440 || b != 0 || numbered) {
			return nil
		}
		minute := i * w.step
		w.clock = append(w.clock, fmt.Sprintf("%02d:%02d", minute/60, minute%60))
	}
	return w
}

// slotOf reads the name of a column of values: a number, with or without an h,
// or a time of day in minutes.
func slotOf(name string) (at int, isNumber, ok bool) {
	if begin, _, interval := strings.Cut(name, "-"); interval {
		name = strings.TrimSpace(begin)
		if !strings.Contains(name, ":") {
			return 0, false, false
		}
	}
	if h, m, timed := strings.Cut(name, ":"); timed {
		hours, err1 := strconv.Atoi(h)
		minutes, err2 := strconv.Atoi(strings.TrimSuffix(m, ":00"))
		if err1 != nil || err2 != nil || hours < 0 || hours > 24 || minutes < 0 || minutes > 59 || len(h) > 2 {
			return 0, false, false
		}
		return hours*60 + minutes, false, true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(name, "h"))
	return n, true, err == nil && n >= 0 && n <= 96
}

// arrangeWide adds the columns that each value brings.
func (o *layout) arrangeWide() *Fault {
	o.cells = slices.DeleteFunc(o.cells, func(s cellSource) bool {
		return s.column == "ts" || s.column == "interval_min" && s.cell >= 0
	})
	o.wide.ts = len(o.cells)
	o.add(cellSource{column: "ts", cell: -1, clock: -1})
	o.add(cellSource{column: "kwh", cell: -1, clock: -1})
	if o.l.quality != nil && !o.has("quality") {
		o.add(cellSource{column: "quality", cell: -1, clock: -1})
	}
	if o.l.known("interval_min") && !o.has("interval_min") {
		o.add(cellSource{column: "interval_min", cell: -1, clock: -1, constant: []byte(strconv.Itoa(o.wide.step))})
	}
	o.locate()
	w := o.wide
	_, readings := o.l.row.(*datasets.Reading)
	w.time = o.l.table.Column("ts")
	w.usual = readings && o.l.registers == nil && len(o.l.units) == 0 && !o.has("kvarh") && o.ratio < 0 && o.l.ratio == 1000
	o.l.sum.Columns = slices.DeleteFunc(o.l.sum.Columns, func(u Use) bool { return slices.Contains(w.names, strings.TrimSpace(u.Delivered)) && u.Column == "" })
	o.l.sum.Columns = append(o.l.sum.Columns, Use{
		Delivered: w.names[0] + " … " + w.names[len(w.names)-1], Column: "kwh",
		How: fmt.Sprintf("%d values a day, of %d minutes each", len(w.slots), w.step),
	})
	return nil
}

// days reads the values of one day. An empty one is missing.
func (o *layout) days(lineNumber int64, cells [][]byte, raw []byte) error {
	l, w := o.l, o.wide
	day := trim(cells[w.date])
	if len(day) == 0 {
		return l.rejectCell(lineNumber, "ts", emptyCell, raw)
	}
	at, p := l.stamp(day)
	if p != nil || !at.Local || at.Micros%86_400_000_000 != 0 {
		return l.rejectCell(lineNumber, "ts", badDay, raw)
	}
	date := at.Micros.Time().Format("2006-01-02T")
	var quality []byte
	if o.quality >= 0 {
		quality = o.out[o.quality]
	}
	stamp := make([]byte, 0, 16)
	l.iso = true
	defer func() { l.iso = false }()
	first := (*datasets.Reading)(nil) // good row of the day, of which the others are copies
	for i, cell := range w.slots {
		value := trim(cells[cell])
		if first != nil && len(value) > 0 && !l.mapping.isMissing(value) {
			done, err := o.another(first, at.Micros+datasets.Micros(i*w.step)*60_000_000, value, lineNumber, raw)
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		stamp = append(append(stamp[:0], date...), w.clock[i]...)
		o.out[w.ts], o.out[o.energy] = stamp, value
		l.alias["kwh"] = w.names[i]
		missing := len(value) == 0 || l.mapping.isMissing(value)
		if o.quality >= 0 {
			o.out[o.quality] = quality
			if missing {
				o.out[o.energy], o.out[o.quality] = nil, missingText
			}
		} else if len(value) == 0 {
			continue // a feeder without a value has no row
		}
		accepted := l.sum.Accepted
		if err := l.record(lineNumber, o.out, raw); err != nil {
			return err
		}
		if w.usual && first == nil && !missing && l.sum.Accepted > accepted && len(l.doubts) == 0 {
			copied := *l.row.(*datasets.Reading)
			first = &copied
		}
	}
	return nil
}

// another makes a row of the same day, with the energy and time of another
// value. It returns false, and the general way decides, if either is odd.
func (o *layout) another(first *datasets.Reading, wall datasets.Micros, value []byte, lineNumber int64, raw []byte) (bool, error) {
	l := o.l
	n, p := parseDecimal(value, 3, l.comma)
	if p != nil || n > math.MaxInt32 || n < 0 {
		return false, nil
	}
	row := l.row.(*datasets.Reading)
	*row = *first
	l.doubts = l.doubts[:0]
	at := datasets.Stamp{Micros: wall, Local: true}
	if p = l.shift(&at); p != nil {
		return false, nil
	}
	if row.TS, p = l.instant(at, o.wide.time, true); p != nil {
		return false, nil
	}
	row.Wh = int32(n)
	l.sum.Rows++
	return true, l.settle(lineNumber, raw)
}
