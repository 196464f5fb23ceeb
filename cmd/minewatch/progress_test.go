package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

func TestRowRate(t *testing.T) {
	for _, c := range []struct {
		rows int64
		over time.Duration
		want string
	}{{0, time.Second, ""}, {1500, 500 * time.Millisecond, "3 000 rows/s"}, {1500, 0, "1 500 rows"}} {
		if got := strings.ReplaceAll(strings.ReplaceAll(rowRate(c.rows, c.over), ",", " "), "\u202f", " "); got != c.want {
			t.Errorf("%d rows in %v: %q, want %q", c.rows, c.over, got, c.want)
		}
	}
}

// Without a terminal a stage is one line when it ends, however often it reports.
func TestStageLog(t *testing.T) {
	var out bytes.Buffer
	l := &stageLog{log: slog.New(slog.NewTextHandler(&out, nil)), begun: map[string]time.Time{}}
	l.show("detect", 0, 2, 0)
	l.begun["detect"] = time.Now().Add(-2 * time.Second)
	for _, done := range []int64{1, 2, 2} {
		l.show("detect", done, 2, done*100)
	}
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "stage=detect tasks=2") || !strings.Contains(got, "rows=200 rows_per_s=100") {
		t.Errorf("log %q", got)
	}
}

// Bars may be told of stages from several goroutines, out of order, and be
// broken off.
func TestBarsEnd(t *testing.T) {
	b := &bars{pool: mpb.New(mpb.WithOutput(&bytes.Buffer{})), byStage: map[string]*stageBar{}}
	for _, done := range []int64{0, 2, 1, 3} {
		b.show("profile", done, 3, done*10)
	}
	b.show("detect", 1, 5, 10)
	b.end()
	if got := b.byStage["profile"].rows.Load(); got != 30 {
		t.Errorf("%d rows, want 30", got)
	}
}
