package raw

import "slices"

// titleLines is how many lines are looked at for the header: exports have a
// title, the name of the sender and the dates of the report above it.
const titleLines = 20

// aboveHeader is what lines above the header are counted as.
const aboveHeader = "line above the header"

// A headerSearch tries line after line of a table as its header.
type headerSearch struct {
	l     *loader
	tried int64
	// The line that has the most names of the table, the first if none has any:
	// it is the header if a fault must be told.
	best  *Fault
	known int
	sum   Summary
}

// try reports whether names are the header, and binds them. A fault ends the
// search.
func (h *headerSearch) try(names []string, lineNumber int64) (bool, *Fault) {
	l := h.l
	fault := l.layOut(names, lineNumber)
	if fault == nil {
		if h.tried > 0 {
			l.sum.Skipped[aboveHeader] += h.tried
		}
		return true, nil
	}
	known := 0
	for _, n := range names {
		name := headerName(n)
		if _, mapped := l.mapping.Columns[n]; mapped || l.known(name) || l.synonym(name) != "" {
			known++
		}
	}
	return false, h.missed(fault, known)
}

// missed notes why a line is no header, and returns the fault of the file if it
// was the last one to be tried.
func (h *headerSearch) missed(fault *Fault, known int) *Fault {
	l := h.l
	if h.best == nil || known > h.known {
		h.best, h.known = fault, known
		h.sum.Columns, h.sum.Ignored = slices.Clone(l.sum.Columns), slices.Clone(l.sum.Ignored)
	}
	l.reset()
	if h.tried++; h.tried < titleLines {
		return nil
	}
	return h.fault()
}

// fault is that of a file without a header.
func (h *headerSearch) fault() *Fault {
	if h.best == nil {
		return &Fault{Reason: "empty file", Remedy: "the table has no rows; ask the sender to deliver it again"}
	}
	h.l.sum.Columns, h.l.sum.Ignored = h.sum.Columns, h.sum.Ignored
	return h.best
}
