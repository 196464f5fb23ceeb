package raw

import (
	"bytes"
	"cmp"
	"sync"
	"sync/atomic"
)

// blockBytes is how much text a worker decodes at once: small enough that a
// block with something odd in it, which is decoded twice, costs little.
const blockBytes = 256 << 10

// A worker decodes blocks of lines with a loader of its own, and keeps what it
// found until it is asked for.
type worker struct {
	*loader
	faults []Fault
	// swap returns the rows made since the last call, []R, and goes on in the
	// memory of reuse.
	swap func(reuse any) any
}

func newWorker[R any](l *loader) *worker {
	row := new(R)
	var rows []R
	w := &worker{loader: newLoader(l.table, l.options, row)}
	w.comma, w.native = l.comma, l.native
	w.hours.alone = true
	w.clear = func() { *row = *new(R) }
	w.accept = func() error { rows = append(rows, *row); return nil }
	w.refuse = func(f Fault) error { w.faults = append(w.faults, f); return nil }
	w.swap = func(reuse any) any {
		made := rows
		rows, _ = reuse.([]R)
		rows = rows[:0]
		return made
	}
	return w
}

// A blockDecoder decodes whole lines, the first of which has the number first.
// It returns false, having handed on anything or nothing, if only the lines
// before can tell what these mean.
type blockDecoder func(text []byte, first int64) (bool, error)

// A block is a run of whole lines with what became of them.
type block struct {
	text   []byte
	first  int64
	rows   any
	faults []Fault
	sum    Summary
	hours  hours
	ok     bool
	err    error
	done   chan struct{}
}

// parallel decodes blocks of lines in Options.Workers goroutines for as long as
// plain holds for them, and hands on rows and faults in the order of the file.
// It leaves lines before the first other block, or at the end. plain sees the
// blocks in the order of the file, before any line of them is decoded. serial
// decodes a line with l itself.
func (l *loader) parallel(lines *lineReader, plain func(text []byte, first int64) bool, open func(w *worker) blockDecoder, serial func(ln line) error) error {
	n := l.options.Workers
	if n < 1 || len(lines.pending) > 0 || !l.rowByRow() {
		return nil
	}
	free, work, ordered := make(chan *block, 2*n+1), make(chan *block, 2*n+1), make(chan *block, 2*n+1)
	for range 2*n + 1 {
		free <- &block{text: make([]byte, 0, cmp.Or(l.options.block, blockBytes))}
	}
	var stop atomic.Bool
	var readErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(work)
		defer close(ordered)
		for b := range free {
			if stop.Load() {
				return
			}
			var some bool
			if some, readErr = lines.block(b); !some || readErr != nil {
				return
			}
			if !plain(b.text, b.first) {
				lines.putBack(b)
				return
			}
			b.done = make(chan struct{})
			ordered <- b
			work <- b
		}
	})
	for range n {
		w := l.fork()
		decode := open(w)
		wg.Go(func() {
			for b := range work {
				w.do(b, decode)
			}
		})
	}
	var err error
	for b := range ordered {
		<-b.done
		if err == nil {
			if err = l.join(b, serial); err != nil {
				stop.Store(true)
			}
		}
		free <- b
	}
	wg.Wait()
	if err == nil {
		err = readErr
	}
	return err
}

// rowByRow reports whether a record says all about its rows: registers and
// periods without an end need the records before.
func (l *loader) rowByRow() bool {
	return l.registers == nil && l.periods == nil && l.lines == 0
}

func (w *worker) do(b *block, decode blockDecoder) {
	w.sum, w.faults, w.hours.turn = newSummary(), nil, turn{}
	b.ok, b.err = decode(b.text, b.first)
	b.ok = b.ok && !w.hours.turn.ambiguous
	b.rows, b.faults, b.sum, b.hours = w.swap(b.rows), w.faults, w.sum, w.hours
	close(b.done)
}

// join hands on what became of a block, or decodes it again if it needs what
// went before.
func (l *loader) join(b *block, serial func(ln line) error) error {
	if !b.ok {
		return eachLine(b.text, b.first, l.options.Limits.LineBytes, serial)
	}
	if b.err != nil {
		return b.err
	}
	l.hours.join(b.hours.turn)
	l.sum.add(b.sum)
	for _, f := range b.faults {
		if err := l.refuse(f); err != nil {
			return err
		}
	}
	return l.acceptAll(b.rows)
}

// add counts what was found behind s in the same file.
func (s *Summary) add(t Summary) {
	if t.Accepted > 0 {
		if s.Accepted == 0 {
			s.First, s.Last = t.First, t.Last
		}
		s.First, s.Last = min(s.First, t.First), max(s.Last, t.Last)
	}
	s.Open = s.Open || t.Open
	s.Rows += t.Rows
	s.Accepted += t.Accepted
	s.Wh += t.Wh
	for _, m := range []struct{ to, from map[string]int64 }{{s.Quarantined, t.Quarantined}, {s.Skipped, t.Skipped}, {s.Warnings, t.Warnings}} {
		for k, n := range m.from {
			m.to[k] += n
		}
	}
}

// eachLine cuts text as lineReader does.
func eachLine(text []byte, first int64, limit int, each func(ln line) error) error {
	for number := first; len(text) > 0; number++ {
		end := bytes.IndexByte(text, '\n')
		rest := end + 1
		if end < 0 {
			end, rest = len(text), len(text)
		}
		if err := each(makeLine(text[:end], number, limit)); err != nil {
			return err
		}
		text = text[rest:]
	}
	return nil
}

// byLine decodes a block line by line.
func byLine(limit int, each func(ln line) error) blockDecoder {
	return func(text []byte, first int64) (bool, error) {
		return true, eachLine(text, first, limit, each)
	}
}

// block fills b with unread lines. It returns false at the end, and before a
// line that is longer than a block.
func (lr *lineReader) block(b *block) (bool, error) {
	buf := b.text[:0]
	if unread := lr.end - lr.start; unread > cap(buf) {
		return false, nil
	}
	buf = append(buf, lr.buf[lr.start:lr.end]...)
	for !lr.eof && len(buf) < cap(buf) {
		n, err := lr.r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if lr.sawEnd(err) {
			break
		}
		if err != nil {
			return false, err
		}
	}
	whole := len(buf)
	switch {
	case lr.eof:
	case lr.whole != nil:
		whole = lr.whole(buf)
	default:
		whole = bytes.LastIndexByte(buf, '\n') + 1
	}
	lr.start, lr.end = 0, 0
	lr.keep(buf[whole:])
	b.text, b.first = buf[:whole], lr.number+1
	lr.number += int64(bytes.Count(b.text, []byte{'\n'}))
	if whole > 0 && buf[whole-1] != '\n' {
		lr.number++
	}
	return whole > 0, nil
}

// putBack makes the lines of the block that was cut last unread again.
func (lr *lineReader) putBack(b *block) {
	rest := bytes.Clone(lr.buf[lr.start:lr.end])
	lr.start, lr.end = 0, 0
	lr.keep(b.text)
	lr.keep(rest)
	lr.number = b.first - 1
}

// keep appends unread bytes.
func (lr *lineReader) keep(text []byte) {
	if need := lr.end + len(text); need > len(lr.buf) {
		lr.buf = append(lr.buf[:lr.end:lr.end], make([]byte, need-lr.end)...)
	}
	lr.end += copy(lr.buf[lr.end:], text)
}
