// Package detectors describes what finds mining in the load and the traffic
// of a site. The detectors themselves are in detectors/load (electricity) and
// detectors/traffic (network); detectors/features makes the series that they
// read, detectors/score adds their evidence up.
//
// A detector is a pure function: it reads no files, no clock and no random
// source, and never an attribute of the site's owner.
package detectors

// Info describes a detector to readers of its evidence.
type Info struct {
	ID     string // "load/block"; the part before the slash is the kind of evidence
	Unit   string // of Evidence.Statistic
	Group  string // evidence of one group reads the same feature: only the strongest counts
	Source string // the paper, standard or calibration run
	Looks  string // what it looks for, when it withholds, and its parameters, for a reader

	// Picture shows in plain characters what it looks for, at most 72 wide; "" if
	// there is none.
	Picture string
}
