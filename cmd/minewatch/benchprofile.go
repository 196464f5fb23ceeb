package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/pflag"
)

// profiles are the files that a command writes about itself; "" leaves one out.
type profiles struct {
	cpu, heap, trace string
	stops            []func() error
}

func (f *profiles) flags(set *pflag.FlagSet) {
	set.StringVar(&f.cpu, "cpuprofile", "", "write a processor profile to this `file`, for go tool pprof")
	set.StringVar(&f.heap, "memprofile", "", "write a heap profile to this `file` at the end, for go tool pprof")
	set.StringVar(&f.trace, "trace", "", "write an execution trace to this `file`, for go tool trace")
}

// start begins what was asked for.
func (f *profiles) start() error {
	begin := func(path string, begin func(*os.File) error, end func(*os.File) error) error {
		if path == "" {
			return nil
		}
		file, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		f.stops = append(f.stops, func() error { return errors.Join(end(file), file.Close()) })
		return begin(file)
	}
	return errors.Join(
		begin(f.cpu, func(w *os.File) error { return pprof.StartCPUProfile(w) }, func(*os.File) error { pprof.StopCPUProfile(); return nil }),
		begin(f.trace, func(w *os.File) error { return trace.Start(w) }, func(*os.File) error { trace.Stop(); return nil }),
		begin(f.heap, func(*os.File) error { return nil }, func(w *os.File) error {
			runtime.GC() // so that what lives is told from what was left behind
			return pprof.WriteHeapProfile(w)
		}))
}

// stop ends them and completes their files.
func (f *profiles) stop() error {
	var err error
	for _, stop := range f.stops {
		err = errors.Join(err, stop())
	}
	f.stops = nil
	return err
}
