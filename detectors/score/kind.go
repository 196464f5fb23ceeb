package score

import "strings"

// A kind is a source of evidence that errs on its own: what fools a meter does
// not fool a network.
type kind int

const (
	meter   kind = iota // detectors "load/..."
	network             // "traffic/..."
	bills               // "billing/..."
	visits              // "visit/..."
	known               // "known/..."
	other
	kinds
)

// Learnt names the kinds whose weights are learnt from outcomes, in the order of
// [Verdict.Sums].
var Learnt = [...]string{"load", "traffic", "billing"}

func kindOf(detector string) kind {
	name, _, _ := strings.Cut(detector, "/")
	switch name {
	case "load":
		return meter
	case "traffic":
		return network
	case "billing":
		return bills
	case "visit":
		return visits
	case KnownLoad:
		return known
	}
	return other
}

// learnt returns the index of a kind in Learnt.
func (k kind) learnt() (int, bool) { return int(k), k <= bills }

// stands reports whether the kind counts as one of its own: bills are too weak, and
// a known load speaks for nothing.
func (k kind) stands() bool { return k != bills && k != known }
