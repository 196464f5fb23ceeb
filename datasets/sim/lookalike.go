package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Lookalikes names the lawful changes of a load, and the faults of a meter, that
// a mine must be told from. [Host.Change] makes them.
var Lookalikes = []string{
	"renovation", "tenant change", "servers", "cold store", "heat pump", "electric vehicles", "greenhouse light", "pumps",
	"stuck register", "times ten", "clock shift", "meter swap", "meter replaced", "estimated",
}

// A Host is a real load to change, with what changes of it may borrow.
type Host struct {
	KW     []float64 // mean power of each hour; NaN or 0 where the meter lost it
	Start  time.Time
	TempC  []float64 // as long as KW, or nil: then 10 degC
	Other  []float64 // another real load, as long as KW
	Server []float64 // a real computing load that does not mine, at least as long as KW
}

// Change returns a copy of the load with a look-alike that begins at a time
// drawn from r, and which hours the meter's reader estimated (nil for none).
// Additions have a mean power of share × the host's mean load. It panics if the
// kind is none of [Lookalikes].
func (h Host) Change(kind string, share float64, r *rand.Rand) (kw []float64, estimated []bool) {
	kw = slices.Clone(h.KW)
	n := len(kw)
	onset := n/6 + r.IntN(n*2/3)
	mean := meanPositive(kw)
	switch kind {
	case "stuck register", "times ten", "clock shift", "meter swap", "meter replaced", "estimated":
		return h.fault(kind, kw, onset, r)
	case "renovation":
		up := 1 + share*(r.Float64()*2-0.7) // more often more than less
		floor := share * mean * (r.Float64() - 0.5)
		for i := onset; i < n; i++ {
			if t := h.at(i); t.Hour() >= 7 && t.Hour() < 20 {
				kw[i] *= up
			}
			kw[i] = max(kw[i]+floor, 0.05*mean)
		}
	case "tenant change":
		scale := mean / meanPositive(h.Other) * (0.7 + share)
		for i := onset; i < n; i++ {
			kw[i] = 0.3*kw[i] + 0.7*scale*h.Other[i]
		}
	default:
		add := h.appliance(kind, share*mean, r)
		for i := onset; i < n; i++ {
			if kw[i] > 0 {
				kw[i] += add[i]
			}
		}
	}
	return keepLost(kw, h.KW), nil
}

// appliance returns the load of a lawful addition over the whole of the host's
// hours, with a mean power of about kw while it is in season.
func (h Host) appliance(kind string, kw float64, r *rand.Rand) []float64 {
	add := make([]float64, len(h.KW))
	switch kind {
	case "servers":
		from := r.IntN(len(h.Server) - len(add) + 1)
		scale := kw / meanPositive(h.Server[from:from+len(add)])
		for i := range add {
			if v := h.Server[from+i]; v > 0 {
				add[i] = scale * v
			}
		}
	case "cold store":
		duty, unit := 0.0, kw/4
		for i := range add { // eight compressors; doors are open by day
			want := 0.35 + 0.012*(h.temp(i)-10)
			if t := h.at(i); t.Hour() >= 7 && t.Hour() < 18 && t.Weekday() != time.Sunday {
				want += 0.25
			}
			duty = 0.6*duty + 0.4*want
			add[i] = unit * float64(binomial(r, 8, max(0.05, min(1, duty))))
		}
	case "heat pump":
		for i := range add {
			need := max(0, 17-h.temp(i)) / 12
			if t := h.at(i); t.Hour() < 5 {
				need *= 0.7 // set back by night
			}
			add[i] = kw * need * (1 + 0.15*r.NormFloat64())
		}
	case "electric vehicles":
		h.vehicles(add, kw, r)
	case "greenhouse light":
		for i := range add { // a block of power by night, October to March
			t := h.at(i)
			season := t.Month() >= time.October || t.Month() <= time.March
			if season && (t.Hour() >= 22 || t.Hour() < 8) && h.cosine(t) < 0.9 {
				add[i] = 2 * kw
			}
		}
	case "pumps":
		for i := range add { // irrigation, May to September, six hours off at noon
			t := h.at(i)
			if t.Month() >= time.May && t.Month() <= time.September && (t.Hour() < 11 || t.Hour() >= 16) {
				add[i] = 1.8 * kw
			}
		}
	default:
		panic("sim: no look-alike " + kind)
	}
	return add
}

// vehicles charges a number of cars that come in the evening and take 3 to 8 hours.
func (h Host) vehicles(add []float64, kw float64, r *rand.Rand) {
	const chargerKW = 7.4
	cars := max(1, int(math.Round(kw*24/(5*chargerKW))))
	for day := 0; day*24+24 < len(add); day++ {
		for range binomial(r, cars, 0.7) {
			from := day*24 + (17-h.at(day*24).Hour()+24)%24 + r.IntN(6)
			for i := from; i < min(len(add), from+3+r.IntN(5)); i++ {
				add[i] += chargerKW
			}
		}
	}
}

// fault makes a fault of the meter from onset on.
func (h Host) fault(kind string, kw []float64, onset int, r *rand.Rand) ([]float64, []bool) {
	n := len(kw)
	until := min(n, onset+24*(14+r.IntN(60)))
	switch kind {
	case "stuck register": // repeats its last value
		for i := onset; i < until; i++ {
			kw[i] = kw[onset-1]
		}
	case "times ten":
		for i := onset; i < until; i++ {
			kw[i] *= 10
		}
	case "clock shift":
		shift := 1 + r.IntN(11)
		copy(kw[onset:], slices.Clone(kw[onset-shift:n-shift]))
	case "meter swap": // with a neighbour of alike size
		scale := meanPositive(h.KW) / meanPositive(h.Other)
		for i := onset; i < n; i++ {
			kw[i] = scale * h.Other[i]
		}
		return kw, nil
	case "meter replaced": // no readings for days, then a ratio that differs
		ratio := 0.9 + 0.25*r.Float64()
		for i := onset; i < n; i++ {
			kw[i] *= ratio
			if i < onset+24*5 {
				kw[i] = math.NaN()
			}
		}
	case "estimated": // the mean of the weeks before, at every hour
		estimated := make([]bool, n)
		m := meanPositive(kw[onset-28*24 : onset])
		for i := onset; i < until; i++ {
			kw[i], estimated[i] = m, true
		}
		return kw, estimated
	}
	return kw, nil
}

func (h Host) at(i int) time.Time { return h.Start.Add(time.Duration(i) * time.Hour) }

func (h Host) temp(i int) float64 {
	if h.TempC == nil || math.IsNaN(h.TempC[i]) {
		return 10
	}
	return h.TempC[i]
}

// cosine is 1 at midsummer and −1 at midwinter.
func (h Host) cosine(t time.Time) float64 {
	return -math.Cos(2 * math.Pi * float64(t.YearDay()+10) / 365.25)
}

// keepLost puts back what the meter lost.
func keepLost(kw, host []float64) []float64 {
	for i, v := range host {
		if !(v > 0) {
			kw[i] = v
		}
	}
	return kw
}

func meanPositive(kw []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range kw {
		if v > 0 {
			sum += v
			n++
		}
	}
	return sum / float64(max(1, n))
}
