package main

import (
	"io"
	"log/slog"
	"os"
	"sync"
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
		b := &bars{pool: mpb.New(mpb.WithOutput(p.stderr), mpb.WithWidth(40)), byStage: map[string]*mpb.Bar{}}
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

type bars struct {
	mu      sync.Mutex
	pool    *mpb.Progress
	byStage map[string]*mpb.Bar
}

func (b *bars) show(stage string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar := b.byStage[stage]
	if bar == nil {
		bar = b.pool.AddBar(total, mpb.PrependDecorators(decor.Name(stage, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d", decor.WCSyncSpace), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
		b.byStage[stage] = bar
	}
	bar.SetTotal(total, false)
	bar.SetCurrent(done)
	if done >= total {
		bar.SetTotal(total, true)
	}
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

func (l *stageLog) show(stage string, done, total int64) {
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
	l.log.Info("stage done", "stage", stage, "tasks", total, "seconds", time.Since(begun).Round(time.Millisecond).Seconds())
}
