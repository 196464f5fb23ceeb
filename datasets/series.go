package datasets

// A Load holds the readings of one site in order of time, one slice a column.
type Load struct {
	TS          []Micros
	Wh          []int32
	Quality     []Quality
	IntervalMin []int32 // 0: to be inferred
}

// Len returns the number of readings.
func (l *Load) Len() int { return len(l.TS) }

// Reset empties l and keeps its memory.
func (l *Load) Reset() {
	l.TS, l.Wh, l.Quality, l.IntervalMin = l.TS[:0], l.Wh[:0], l.Quality[:0], l.IntervalMin[:0]
}

// Append adds a reading.
func (l *Load) Append(ts Micros, wh int32, q Quality, intervalMin int32) {
	l.TS, l.Wh = append(l.TS, ts), append(l.Wh, wh)
	l.Quality, l.IntervalMin = append(l.Quality, q), append(l.IntervalMin, intervalMin)
}
