package pipeline

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// blockTimes are the instants of a coin's blocks, in order, and a digest of the files.
type blockTimes struct {
	at     []datasets.Micros
	digest string
}

// blockTimes reads the files that the setting names; there may be none.
func (e *Env) blockTimes() (*blockTimes, error) {
	s := &e.traffic
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks != nil {
		return s.blocks, nil
	}
	out := &blockTimes{}
	var sums []string
	for _, name := range e.WS.Config.Traffic.BlockTimes {
		path := e.WS.Path(name)
		at, err := readBlockTimes(path)
		if err != nil {
			return nil, fmt.Errorf("traffic.block_times: %w", err)
		}
		sum, err := store.HashFile(path)
		if err != nil {
			return nil, fmt.Errorf("traffic.block_times: %w", err)
		}
		out.at, sums = append(out.at, at...), append(sums, sum)
	}
	slices.Sort(out.at)
	out.at = slices.Compact(out.at)
	out.digest = store.Fingerprint(sums...)
	s.blocks = out
	return out, nil
}

// readBlockTimes reads when blocks were found: of a log of Bitcoin Core when its node heard of them, else
// the first column of a CSV file.
func readBlockTimes(path string) ([]datasets.Micros, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w; name a file that exists, or leave the setting empty", err)
	}
	defer f.Close()
	if filepath.Ext(path) == ".log" {
		return readNodeLog(path, f)
	}
	return readBlockList(path, f)
}

// tipMark is in a line of Bitcoin Core's debug.log when a node has a new last block:
//
//	2024-01-01T20:42:14Z UpdateTip: new best=0000…32a7 height=823915 … date='2024-01-01T20:41:43Z' …
//
// date is the time in the block's header.
const tipMark = " UpdateTip: new best="

// caughtUp is from what difference to the header's time on a node was not at the network's end: it
// heard of the block long after everybody else, and the header's time is taken.
const caughtUp = 15 * time.Minute

// readNodeLog reads when a node heard of blocks.
func readNodeLog(path string, r io.Reader) (out []datasets.Micros, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		stamp, rest, ok := strings.Cut(lines.Text(), tipMark)
		if !ok {
			continue
		}
		heard, err := time.Parse(time.RFC3339, stamp)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is no time: want a log of Bitcoin Core 0.17 or later, which begins lines with RFC 3339", path, n, stamp)
		}
		_, rest, _ = strings.Cut(rest, " date='")
		date, _, _ := strings.Cut(rest, "'")
		found, err := time.Parse(time.RFC3339, date)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is no date of a block: the line may be cut; take it out of the log", path, n, date)
		}
		if heard.Sub(found).Abs() > caughtUp {
			heard = found
		}
		out = append(out, datasets.MicrosOf(heard))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// readBlockList reads the first column of a CSV file: RFC 3339, or whole seconds since
// 1970. The first line may be a heading.
func readBlockList(path string, f io.Reader) ([]datasets.Micros, error) {
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	var out []datasets.Micros
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		cell := strings.TrimPrefix(strings.TrimSpace(row[0]), "\ufeff")
		at, err := blockTime(cell)
		if err != nil && !first {
			line, column := r.FieldPos(0)
			return nil, fmt.Errorf("%s:%d:%d: %q is no time of a block: want RFC 3339 with an offset, or whole seconds since 1970", path, line, column, cell)
		}
		if err == nil {
			out = append(out, at)
		}
	}
}

func blockTime(cell string) (datasets.Micros, error) {
	if seconds, err := strconv.ParseInt(cell, 10, 64); err == nil {
		if seconds < 0 || seconds > 1<<33 {
			return 0, strconv.ErrRange
		}
		return datasets.Micros(seconds * 1_000_000), nil
	}
	t, err := time.Parse(time.RFC3339, cell)
	return datasets.MicrosOf(t), err
}
