package datasets

// A Load holds the readings of one site in order of time, one slice a column.
type Load struct {
	TS          []Micros
	Wh          []int32
	Quality     []Quality
	IntervalMin []int32 // 0: to be inferred

	// Hourly says that every reading is measured, of an hour if that is given, and an
	// hour after the one before. If it is not set, that is not known.
	Hourly bool
}

// Len returns the number of readings.
func (l *Load) Len() int { return len(l.TS) }

// Reset empties l and keeps its memory.
func (l *Load) Reset() {
	*l = Load{TS: l.TS[:0], Wh: l.Wh[:0], Quality: l.Quality[:0], IntervalMin: l.IntervalMin[:0]}
}

// Append adds a reading.
func (l *Load) Append(ts Micros, wh int32, q Quality, intervalMin int32) {
	l.TS, l.Wh = append(l.TS, ts), append(l.Wh, wh)
	l.Quality, l.IntervalMin = append(l.Quality, q), append(l.IntervalMin, intervalMin)
	l.Hourly = false
}
