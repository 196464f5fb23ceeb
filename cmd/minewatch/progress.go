package main

import (
	"io"
	"log/slog"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/minewatch/minewatch/pipeline"
)

// progress returns what shows how far the stages are, and what ends it: a bar
// for each stage on a terminal, otherwise a log line when a stage ends.
func (p *program) progress() (pipeline.Progress, func()) {
	switch {
	case p.quiet:
		return nil, func() {}
	case terminal(p.stderr):
		b := &bars{pool: mpb.New(mpb.WithOutput(p.stderr), mpb.WithWidth(40)), byStage: map[string]*stageBar{}}
		return b.show, b.end
	default:
		l := &stageLog{log: p.log, begun: map[string]time.Time{}}
		return l.show, func() {}
	}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && cwriter.IsTerminal(int(f.Fd()))
}

// bars draws one bar a stage: tasks done, rows a second, time left.
type bars struct {
	mu      sync.Mutex
	pool    *mpb.Progress
	byStage map[string]*stageBar
}

type stageBar struct {
	*mpb.Bar
	begun time.Time
	rows  atomic.Int64
}

func (b *bars) show(stage string, done, total, rows int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar := b.byStage[stage]
	if bar == nil {
		bar = &stageBar{begun: time.Now()}
		left := decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), "")
		bar.Bar = b.pool.AddBar(total, mpb.PrependDecorators(decor.Name(stage, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d", decor.WCSyncSpace), decor.Any(bar.rate, decor.WCSyncSpace),
				decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace), left, decor.OnComplete(decor.Name(" left"), "")))
		b.byStage[stage] = bar
	}
	bar.rows.Store(max(bar.rows.Load(), rows)) // calls may overtake each other
	bar.SetTotal(total, false)
	bar.SetCurrent(done)
	if done >= total {
		bar.SetTotal(total, true)
	}
}

// rate says how many rows a second a stage makes, "" where they are not counted.
func (s *stageBar) rate(st decor.Statistics) string {
	if st.Completed {
		return rowRate(s.rows.Load(), 0)
	}
	return rowRate(s.rows.Load(), time.Since(s.begun))
}

// rowRate prints rows a second over a time, or the rows alone if it is 0.
func rowRate(rows int64, over time.Duration) string {
	switch {
	case rows == 0:
		return ""
	case over <= 0:
		return grouped(float64(rows)) + " rows"
	}
	return grouped(float64(rows)/over.Seconds()) + " rows/s"
}

// end stops the bars of stages that were broken off, and waits for the last
// line to be drawn, so that results follow it.
func (b *bars) end() {
	b.mu.Lock()
	for _, bar := range b.byStage {
		bar.Abort(false) // does nothing to a bar that is complete
	}
	b.mu.Unlock()
	b.pool.Wait()
}

type stageLog struct {
	mu    sync.Mutex
	log   *slog.Logger
	begun map[string]time.Time
	ended map[string]bool
}

func (l *stageLog) show(stage string, done, total, rows int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	begun, ok := l.begun[stage]
	if !ok {
		begun = time.Now()
		l.begun[stage] = begun
	}
	if done < total || l.ended[stage] {
		return
	}
	if l.ended == nil {
		l.ended = map[string]bool{}
	}
	l.ended[stage] = true
	took := time.Since(begun).Round(time.Millisecond).Seconds()
	line := []any{"stage", stage, "tasks", total, "seconds", took}
	if rows > 0 && took > 0 {
		line = append(line, "rows", rows, "rows_per_s", math.Round(float64(rows)/took))
	}
	l.log.Info("stage done", line...)
}
