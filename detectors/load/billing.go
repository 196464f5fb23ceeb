package load

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A Bill is the energy of one billing period.
type Bill struct {
	First, Last datasets.Day // Last is inclusive
	Wh          datasets.Wh
}

func (b Bill) days() int   { return int(b.Last-b.First) + 1 }
func (b Bill) kw() float64 { return b.Wh.KWh() / float64(24*b.days()) }

// Billing looks for a level that was added to monthly bills. It is for sites
// without interval readings.
type Billing struct{}

// Limits of the billing detector. A month cannot show a duty calendar, an edge
// or a dip: what it says is kept weak.
const (
	billingLimit  = 1.5  // of the log-likelihood ratio
	billingStart  = 3.0  // Statistic from which it speaks; 1 of 16 clean buildings of the sample is above, 15 are at 2 or below
	billingSlope  = 0.3  // log-likelihood ratio for each unit above
	minBills      = 3    // with a year before, on either side of the onset
	yearOfBills   = 12   // after the onset, whose year before lies before it
	minAdded      = 0.15 // of the mean power before the onset
	errorOfLevels = 0.02 // of the mean power: what two years differ by without a cause
)

// Info describes the detector.
func (Billing) Info() detectors.Info {
	return detectors.Info{
		ID: "billing/step", Unit: "added power by its scale", Group: "billing",
		Source: "year-on-year change of monthly energy; p-value by Mann and Whitney 1947; threshold on the Cambridge estate meters, in sample",
		Looks: `Looks for power that was added to monthly bills and stayed: each period is compared with the same days of the year before, and the changes from an
onset on with those up to it. The statistic is the rise of the median change by the median absolute deviation of the changes about their medians.
Only for sites without interval readings; never counts as a kind of evidence, so that the probability stays below that of one kind, and gives no
energy. Withheld with fewer than three periods with a year before on either side of every onset.`,
		Picture: billingPicture,
	}
}

// Detect weighs the bills of a site, which must be in order of time.
func (d Billing) Detect(siteID string, bills []Bill, begins func(datasets.Day) datasets.Micros) datasets.Evidence {
	info := d.Info()
	e := datasets.Evidence{SiteID: siteID, Detector: info.ID, Group: info.Group, PValue: 1}
	bills = slices.DeleteFunc(slices.Clone(bills), func(b Bill) bool { return b.days() < 1 || b.Wh < 0 })
	if len(bills) == 0 {
		e.Detail = "no billing period with energy"
		return e
	}
	e.Start, e.End = begins(bills[0].First), begins(bills[len(bills)-1].Last+1)
	s := bestStep(bills)
	if s.n == 0 {
		e.Detail = fmt.Sprintf("%d billing periods are too few to compare with the year before", len(bills))
		return e
	}
	e.Status, e.N, e.Statistic, e.PValue = datasets.Spoken, int32(s.n), s.t, s.p
	if s.t <= billingStart || s.kw < minAdded*s.before {
		e.Detail = fmt.Sprintf("monthly bills show no added power: the best candidate is %s kW from %s, %.1f times its scale", kw(s.kw), s.onset, s.t)
		return e
	}
	e.Start, e.MiningKW = begins(s.onset), s.kw
	e.LogLR = min(billingLimit, billingSlope*(s.t-billingStart))
	e.Detail = fmt.Sprintf("monthly bills only: against the year before, %s kW more from about %s on, %.1f times its scale; a month shows no hours, so this is weak", kw(s.kw), s.onset, s.t)
	return e
}

// A step is the best candidate for an onset.
type step struct {
	onset      datasets.Day
	kw, before float64 // power added; mean power before
	t, p       float64
	n          int // periods compared, 0 if there were too few
}

func bestStep(bills []Bill) step {
	var best step
	changes, at := yearOnYear(bills)
	for o := minBills; o+minBills <= len(changes); o++ {
		before, after := changes[:o], changes[o:min(len(changes), o+yearOfBills)]
		level := 0.0
		for _, b := range bills[:at[o]] {
			level += b.kw() / float64(at[o])
		}
		mb, ma := stat.Median(slices.Clone(before)), stat.Median(slices.Clone(after))
		var off []float64
		for _, v := range before {
			off = append(off, math.Abs(v-mb))
		}
		for _, v := range after {
			off = append(off, math.Abs(v-ma))
		}
		// A falling year before does not make the next one a rise.
		added := ma - max(0, mb)
		scale := stat.MADScale*stat.Median(off) + errorOfLevels*level
		if scale <= 0 {
			continue
		}
		if t := added / scale; best.n == 0 || t > best.t {
			best = step{bills[at[o]].First, added, level, t, stat.MannWhitney(before, after), len(before) + len(after)}
		}
	}
	return best
}

// yearOnYear returns the change of mean power of each bill against the same
// days 364 days before, and the bill's position, where four days in five of the
// year before are known.
func yearOnYear(bills []Bill) (changes []float64, at []int) {
	daily := map[datasets.Day]float64{}
	for _, b := range bills {
		for d := b.First; d <= b.Last && d < b.First+maxBillDays; d++ {
			daily[d] = b.kw()
		}
	}
	for i, b := range bills {
		var past mean
		for d := b.First; d <= b.Last && d < b.First+maxBillDays; d++ {
			if v, ok := daily[d-364]; ok {
				past.add(v)
			}
		}
		if past.n > 0 && past.n*5 >= b.days()*4 {
			changes, at = append(changes, b.kw()-past.sum/float64(past.n)), append(at, i)
		}
	}
	return changes, at
}

// maxBillDays bounds a period: longer ones tell nothing of months.
const maxBillDays = 100
