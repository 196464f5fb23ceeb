package load

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/stat"
)

// Shape compares the base load of a site with that of its peers.
//
// Statistic: 10th percentile of hourly power / mean. P-value: rank among the sites
// of the same activity. Log-likelihood ratio: ln(2(1 − p)), bounded by shapeLimit.
// Withheld below minShape hours, below MinPeers peers, and without energy.
type Shape struct{}

var _ PeerDetector = Shape{}

const (
	// shapeLimit bounds the log-likelihood ratio: alone, flatness ranks near
	// chance on real meters (average precision 0.10 at 5 % prevalence), because
	// data centres, cold stores and pumps are many more than mines.
	shapeLimit = 0.7
	// MinPeers is the least number of sites of one activity to compare with.
	MinPeers = 20
	minShape = 28 * 24
)

// Info implements [Detector].
func (Shape) Info() detectors.Info {
	return detectors.Info{
		ID: "load/shape", Unit: "base load / mean load", Group: "shape",
		Source: "rank among the sites of the same activity; worth bounded by what flatness alone reached in trials",
		Looks: `Looks for a load that is flatter than that of other sites of the same activity: the ratio of the base load (10th percentile of hourly
power) to the mean, ranked among at least 20 peers. It is weak by design: many lawful loads are flat. It helps where a mine is older than the data.
Withheld below 28 days of hourly data or with fewer than 20 peers.`,
		Picture: shapePicture,
	}
}

// Detect implements [Detector].
func (d Shape) Detect(s *Sight) datasets.Evidence {
	l := datasets.SiteLoad{SiteID: s.SiteID, Hours: int32(len(s.KW)), FloorShare: -1}
	if l.Hours > 0 {
		l.First, l.Last = s.Start, s.End()
	}
	share, meanKW, known := FloorShare(s.KW)
	if l.Known = int32(known); !math.IsNaN(share) {
		l.FloorShare, l.MeanKW = share, meanKW
	}
	return d.Compare(l, s.Peers)
}

// Compare implements [PeerDetector].
func (d Shape) Compare(l datasets.SiteLoad, p *Peers) datasets.Evidence {
	info := d.Info()
	e := datasets.Evidence{SiteID: l.SiteID, Detector: info.ID, Group: info.Group, Start: l.First, End: l.Last, PValue: 1}
	switch {
	case l.Known < minShape:
		e.Detail = fmt.Sprintf("less than %d days of hourly data", minShape/24)
		return e
	case !(l.MeanKW > 0):
		e.Detail = "the site used nothing"
		return e
	case p == nil || p.N < MinPeers:
		e.Detail = fmt.Sprintf("fewer than %d sites of the same activity to compare with", MinPeers)
		return e
	}
	e.Status = datasets.Spoken
	e.N = int32(p.N)
	e.Statistic = l.FloorShare
	i, _ := slices.BinarySearch(p.FloorShare, l.FloorShare)
	e.PValue = float64(1+p.N-i) / float64(1+p.N)
	// A uniform rank against one that leans to the flat end: density 2(1−p).
	e.LogLR = max(-shapeLimit, min(shapeLimit, math.Log(2*(1-min(e.PValue, 0.99)))))
	e.Detail = fmt.Sprintf("base load is %.0f %% of the mean; %.0f %% of %d sites of the same activity (%s) are at least as flat",
		100*l.FloorShare, 100*e.PValue, p.N, p.Activity)
	return e
}

// hoursMemory is what FloorShare selects in.
var hoursMemory = sync.Pool{New: func() any { return new([]float64) }}

// FloorShare returns the base load (10th percentile of hourly power) over the
// mean, that mean in kW, and the number of hours behind it. The share is NaN if the mean is not
// positive, the mean 0 if no hour is known.
func FloorShare(kw []float64) (share, meanKW float64, hours int) {
	m := meanOf(kw)
	meanKW = m.sum / float64(max(1, m.n))
	if !(meanKW > 0) {
		return math.NaN(), meanKW, m.n
	}
	memory := hoursMemory.Get().(*[]float64)
	defer hoursMemory.Put(memory)
	if m.n < len(kw) {
		*memory = slices.DeleteFunc(append((*memory)[:0], kw...), math.IsNaN)
		return stat.Select(*memory, m.n/10) / meanKW, meanKW, m.n
	}
	share, *memory = stat.Low(kw, m.n/10, *memory)
	return share / meanKW, meanKW, m.n
}
