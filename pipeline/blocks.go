package pipeline

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
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

// readBlockTimes reads the first column of a CSV file: RFC 3339, or whole seconds since
// 1970. The first line may be a heading.
func readBlockTimes(path string) ([]datasets.Micros, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w; name a file that exists, or leave the setting empty", err)
	}
	defer f.Close()
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
