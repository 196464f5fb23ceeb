package datasets

// PulseS are the bounds in s of the classes of lag of a [Pulse]; what is not below the
// last is of a class of its own.
var PulseS = [...]int64{5, 15, 30, 60, 120}

// A Pulse is how far single packets from a server are from the nearest block of a coin, of
// sampled records: counts by size and class of lag, which add up in any order. Large
// packets have at least 1,000 B; of those that come within a minute the first counts.
type Pulse struct {
	Large5    int64 `parquet:"pulse_large_5" doc:"single packets of at least 1,000 B from the server, sampled, less than 5 s from a block"`
	Large15   int64 `parquet:"pulse_large_15" doc:"from 5 to less than 15 s"`
	Large30   int64 `parquet:"pulse_large_30" doc:"from 15 to less than 30 s"`
	Large60   int64 `parquet:"pulse_large_60" doc:"from 30 to less than 60 s"`
	Large120  int64 `parquet:"pulse_large_120" doc:"from 60 to less than 120 s"`
	LargeMore int64 `parquet:"pulse_large_more" doc:"from 120 s"`
	Small5    int64 `parquet:"pulse_small_5" doc:"smaller packets less than 5 s from a block"`
	Small15   int64 `parquet:"pulse_small_15" doc:"from 5 to less than 15 s"`
	Small30   int64 `parquet:"pulse_small_30" doc:"from 15 to less than 30 s"`
	Small60   int64 `parquet:"pulse_small_60" doc:"from 30 to less than 60 s"`
	Small120  int64 `parquet:"pulse_small_120" doc:"from 60 to less than 120 s"`
	SmallMore int64 `parquet:"pulse_small_more" doc:"from 120 s"`
}

// Add adds a packet that is lag from the nearest block.
func (x *Pulse) Add(large bool, lag Micros) {
	classes := x.small()
	if large {
		classes = x.large()
	}
	i := 0
	for i < len(PulseS) && lag >= Micros(PulseS[i]*1e6) {
		i++
	}
	*classes[i]++
}

func (x *Pulse) large() [len(PulseS) + 1]*int64 {
	return [...]*int64{&x.Large5, &x.Large15, &x.Large30, &x.Large60, &x.Large120, &x.LargeMore}
}

func (x *Pulse) small() [len(PulseS) + 1]*int64 {
	return [...]*int64{&x.Small5, &x.Small15, &x.Small30, &x.Small60, &x.Small120, &x.SmallMore}
}

// Lags are counts of packets by class of lag, the nearest first.
type Lags [len(PulseS) + 1]int64

// Large returns the counts of large packets.
func (x *Pulse) Large() (out Lags) { return of(x.large()) }

// Small returns the counts of the others.
func (x *Pulse) Small() (out Lags) { return of(x.small()) }

func of(classes [len(PulseS) + 1]*int64) (out Lags) {
	for i, c := range classes {
		out[i] = *c
	}
	return out
}

// Sum returns how many packets there are.
func (l Lags) Sum() (n int64) {
	for _, c := range l {
		n += c
	}
	return n
}

// Plus returns the sum of both, class by class.
func (l Lags) Plus(of Lags) Lags {
	for i, c := range of {
		l[i] += c
	}
	return l
}
