package ingest

import "runtime/debug"

// How the memory of a run is divided, whatever the size of the files: rows
// that wait to be sorted take a quarter of it for one file and half for all.
// The heap as a whole, with blocks of text and encoded columns, is held below
// three quarters by the collector. Once all files are read, it shrinks, and the
// databases that merge partitions share a half; what does not fit is spilled.

// largestRun is as much as rows are held even if there is more memory: longer
// runs save nothing.
const largestRun = 384 << 20

func (o Options) memory() int64 { return int64(o.MemoryMiB) << 20 }

// runBytes is how much memory the rows of a file take before they are sorted
// and written. It does not depend on the number of workers: where a run ends
// decides the bytes of a part.
func (o Options) runBytes() int64 { return min(largestRun, o.memory()/4) }

// leastSQL is the least memory of a database, in MiB.
const leastSQL = 64

// databases is how many databases work side by side.
func (o Options) databases() int { return max(1, min(o.Workers, o.MemoryMiB/2/leastSQL)) }

// sqlMiB is the memory of one of n databases.
func (o Options) sqlMiB(n int) int { return max(leastSQL, o.MemoryMiB/2/n) }

// boundHeap sets the soft limit of this process's heap, and returns what sets
// it back.
func (o Options) boundHeap() (restore func()) {
	before := debug.SetMemoryLimit(o.memory() * 3 / 4)
	return func() { debug.SetMemoryLimit(before) }
}
