package raw

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
)

// registers turn states of a meter's register into the energy between them:
// the row of a state begins at the state before it. The first state of a site
// in a file opens its series and is no row. Where a register went back, it
// rolled over (if its digits are known and it stood near its end), or the
// meter was replaced, and the energy is missing.
//
// Energy between the last state of one file and the first of the next is not
// known; deliveries should repeat the last state.
type registers struct {
	row   *datasets.Reading
	last  map[string]registerState
	value int64 // of the current row, Wh
	react int64 // varh
	span  int64 // Wh at which the register begins anew, before the ratio; 0 if not known
}

type registerState struct {
	ts           datasets.Micros
	value, react int64
	meter        string
}

// maxSites bounds the memory of files with states of very many meters.
const maxSites = 5_000_000

var (
	registerOrder = problem{"register states out of order of time", "sort the file by site and time"}
	periodOrder   = problem{"periods out of order of time", "sort the file by account and begin of the period"}
	registerLong  = problem{"more than 31 days between two register states", "deliver them to billing, with register_start and register_end"}
	registerMuch  = problem{"more than 2147483 kWh between two register states", "check the unit and the transformer ratio"}
	registerSites = problem{"too many meters in one file", "divide the file"}
)

// registerSpan returns 10^digits in units of 10^-scale, 0 if digits is 0.
func registerSpan(digits, scale int) int64 {
	if digits == 0 {
		return 0
	}
	span := int64(1)
	for range digits + scale {
		span *= 10
	}
	return span
}

// rolledOver reports whether a register stood in the last tenth of its span
// and then in the first.
func rolledOver(from, to, span int64) bool {
	return from >= span-span/10 && from < span && to < span/10
}

// step makes the row of the current state. keep is false for the state that
// opens a series.
func (r *registers) step(l *loader) (keep bool, column string, p *problem) {
	row := r.row
	if row.Quality == datasets.Missing {
		l.doubt(l.table.Column("wh"), "no register state")
		return false, "", nil
	}
	now := registerState{row.TS, r.value, r.react, string(l.meter)}
	before, known := r.last[row.SiteID]
	if known && now.ts <= before.ts {
		return false, "ts", &registerOrder
	}
	if !known && len(r.last) >= maxSites {
		return false, "site_id", &registerSites
	}
	r.last[row.SiteID] = now
	if !known {
		l.doubt(l.table.Column("wh"), "register state that opens a series")
		return false, "", nil
	}
	minutes := (now.ts - before.ts + 30_000_000) / 60_000_000
	if minutes > 44640 {
		return false, "ts", &registerLong
	}
	row.TS, row.IntervalMin = before.ts, max(1, int32(minutes))
	energy := now.value - before.value
	span, _ := mulDiv(r.span, l.ratio, 1000)
	switch {
	case now.meter != before.meter:
		l.doubt(l.table.Column("wh"), "meter replaced")
		row.Quality, energy = datasets.Missing, 0
	case energy < 0 && span > 0 && rolledOver(before.value, now.value, span):
		l.doubt(l.table.Column("wh"), "register rolled over")
		energy += span
	case energy < 0:
		l.doubt(l.table.Column("wh"), "register went back")
		row.Quality, energy = datasets.Missing, 0
	}
	if energy > math.MaxInt32 {
		return false, "kwh", &registerMuch
	}
	row.Wh = int32(energy)
	if d := now.react - before.react; row.VArh != 0 && row.Quality != datasets.Missing && d > -math.MaxInt32 && d < math.MaxInt32 {
		row.VArh = reactive(d)
	} else {
		row.VArh = 0
	}
	return true, "", nil
}

// periods complete billing rows that say only where a period begins: it ends
// where the next one of the account begins.
type periods struct {
	row     *datasets.Billing
	pending map[string]pendingPeriod
}

type pendingPeriod struct {
	row  datasets.Billing
	line int64
	raw  string
}

var noPeriodEnd = problem{"period without an end", "the last period of an account ends with a row without energy, or with the next delivery"}

// step puts the current row aside and brings back the one before it of the
// account, now with its end. keep is false if there is none.
func (q *periods) step(lineNumber int64, raw []byte) (keep bool, column string, p *problem) {
	now := pendingPeriod{*q.row, lineNumber, string(raw)}
	before, known := q.pending[q.row.SiteID]
	if known && now.row.PeriodStart <= before.row.PeriodStart {
		return false, "period_start", &periodOrder
	}
	if !known && len(q.pending) >= maxSites {
		return false, "site_id", &registerSites
	}
	q.pending[q.row.SiteID] = now
	if !known {
		return false, "", nil
	}
	*q.row = before.row
	q.row.PeriodEnd = now.row.PeriodStart - 1
	q.row.Line = before.line
	return true, "", nil
}

// finish refuses what the end of the file left open.
func (l *loader) finish() error {
	if l.periods == nil {
		return nil
	}
	for _, site := range sortedKeys(l.periods.pending) {
		p := l.periods.pending[site]
		if p.row.Quality == datasets.Missing {
			continue // it only ended the period before it
		}
		l.sum.Rows++
		if err := l.quarantine(p.line, "period_end", noPeriodEnd, []byte(p.raw)); err != nil {
			return err
		}
	}
	return nil
}
