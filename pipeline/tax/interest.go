package tax

import (
	"math/big"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// Interest is late-payment interest on the tax of one quarter: 1.25 times the
// base rate in force on each day of delay, divided by 365, simple (orbitax.com
// 49699; Tax Code of 2025 art. 5). The divisor stays 365 in leap years, which
// is from memory.
type Interest struct {
	Spans       []Span
	Days        int // days of delay with a known base rate
	UnknownDays int // days of delay without one; nothing is charged for them
	Amount      datasets.Tiyn
}

// A Span is a run of days of delay at one base rate.
type Span struct {
	From, To    datasets.Day // inclusive
	BasisPoints int64
}

// Days returns the number of days of s.
func (s Span) Days() int64 { return int64(s.To-s.From) + 1 }

// lateInterest charges from the day after due to until, inclusive. It is zero
// if the due date is unknown.
func lateInterest(tax datasets.Tiyn, due, until datasets.Day, rates ref.BaseRates) (Interest, error) {
	var in Interest
	if due == 0 || tax == 0 {
		return in, nil
	}
	points := big.NewInt(0)
	for d := due + 1; d <= until; d++ {
		r := rates.At(d)
		if !r.Known {
			in.UnknownDays++
			continue
		}
		in.Days++
		if n := len(in.Spans); n > 0 && in.Spans[n-1].BasisPoints == r.BasisPoints && in.Spans[n-1].To == d-1 {
			in.Spans[n-1].To = d
		} else {
			in.Spans = append(in.Spans, Span{d, d, r.BasisPoints})
		}
	}
	for _, s := range in.Spans {
		points.Add(points, big.NewInt(s.BasisPoints*s.Days()))
	}
	// tax * 5/4 * points/10000 / 365, rounded once.
	n := points.Mul(points, big.NewInt(int64(tax)))
	n.Mul(n, big.NewInt(5))
	var err error
	in.Amount, err = divide(n, 4*10000*365)
	return in, err
}
