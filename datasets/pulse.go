package datasets

// Bounds in s of the classes of lag of a [Pulse]: JobS from a job, what is further by PulseS
// from a block; what is not below the last of these is of a class of its own.
var (
	JobS   = [...]int64{1, 2, 5}
	PulseS = [...]int64{5, 15, 30, 60, 120}
)

// A Pulse is how far single packets from a server are from the nearest job that a listed
// pool sent somebody else ([PoolJob]), and from the nearest block of a coin, of
// sampled records: counts by size and class of lag, which add up in any order. Large
// packets have at least 1,000 B; of those that come within a minute the first counts.
type Pulse struct {
	LargeJob1 int64 `parquet:"pulse_large_job_1" doc:"single packets of at least 1,000 B from the server, sampled, less than 1 s from a job that a listed pool sent another client"`
	LargeJob2 int64 `parquet:"pulse_large_job_2" doc:"from 1 to less than 2 s"`
	LargeJob5 int64 `parquet:"pulse_large_job_5" doc:"from 2 to less than 5 s"`
	Large5    int64 `parquet:"pulse_large_5" doc:"further from any, less than 5 s from a block"`
	Large15   int64 `parquet:"pulse_large_15" doc:"from 5 to less than 15 s"`
	Large30   int64 `parquet:"pulse_large_30" doc:"from 15 to less than 30 s"`
	Large60   int64 `parquet:"pulse_large_60" doc:"from 30 to less than 60 s"`
	Large120  int64 `parquet:"pulse_large_120" doc:"from 60 to less than 120 s"`
	LargeMore int64 `parquet:"pulse_large_more" doc:"from 120 s"`
	SmallJob1 int64 `parquet:"pulse_small_job_1" doc:"smaller packets less than 1 s from such a job"`
	SmallJob2 int64 `parquet:"pulse_small_job_2" doc:"from 1 to less than 2 s"`
	SmallJob5 int64 `parquet:"pulse_small_job_5" doc:"from 2 to less than 5 s"`
	Small5    int64 `parquet:"pulse_small_5" doc:"further from any, less than 5 s from a block"`
	Small15   int64 `parquet:"pulse_small_15" doc:"from 5 to less than 15 s"`
	Small30   int64 `parquet:"pulse_small_30" doc:"from 15 to less than 30 s"`
	Small60   int64 `parquet:"pulse_small_60" doc:"from 30 to less than 60 s"`
	Small120  int64 `parquet:"pulse_small_120" doc:"from 60 to less than 120 s"`
	SmallMore int64 `parquet:"pulse_small_more" doc:"from 120 s"`
}

// Add adds a packet that is so far from the nearest job and from the nearest block.
func (x *Pulse) Add(large bool, job, block Micros) {
	classes := x.small()
	if large {
		classes = x.large()
	}
	i := below(job, JobS[:])
	if i == len(JobS) {
		i += below(block, PulseS[:])
	}
	*classes[i]++
}

// below returns the first of the bounds that a lag is below.
func below(lag Micros, boundsS []int64) (i int) {
	for i < len(boundsS) && lag >= Micros(boundsS[i]*1e6) {
		i++
	}
	return i
}

func (x *Pulse) large() [len(Lags{})]*int64 {
	return [...]*int64{&x.LargeJob1, &x.LargeJob2, &x.LargeJob5, &x.Large5, &x.Large15, &x.Large30, &x.Large60, &x.Large120, &x.LargeMore}
}

func (x *Pulse) small() [len(Lags{})]*int64 {
	return [...]*int64{&x.SmallJob1, &x.SmallJob2, &x.SmallJob5, &x.Small5, &x.Small15, &x.Small30, &x.Small60, &x.Small120, &x.SmallMore}
}

// Lags are counts of packets by class of lag, the nearest first: those near a job, then
// the others by the nearest block.
type Lags [len(JobS) + len(PulseS) + 1]int64

// Large returns the counts of large packets.
func (x *Pulse) Large() (out Lags) { return of(x.large()) }

// Small returns the counts of the others.
func (x *Pulse) Small() (out Lags) { return of(x.small()) }

func of(classes [len(Lags{})]*int64) (out Lags) {
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

// NearJobs returns how many are near a job.
func (l Lags) NearJobs() (n int64) {
	for _, c := range l[:len(JobS)] {
		n += c
	}
	return n
}

// Far returns those that are not near a job.
func (l Lags) Far() Lags {
	clear(l[:len(JobS)])
	return l
}

// Minus returns the difference of both, class by class.
func (l Lags) Minus(of Lags) Lags {
	for i, c := range of {
		l[i] -= c
	}
	return l
}

// Plus returns the sum of both, class by class.
func (l Lags) Plus(of Lags) Lags {
	for i, c := range of {
		l[i] += c
	}
	return l
}

// A PoolJob is a large packet that a listed pool sent a client, of sampled records: most are
// jobs, which all of a coin's pools send when a block is found.
type PoolJob struct {
	Bucket   int32  `parquet:"bucket" doc:"bucket of client_ip"`
	At       Micros `parquet:"at,timestamp(microsecond)" doc:"when it came"`
	Client   string `parquet:"client,dict" doc:"provider/subscriber who used the address then, else the address"`
	ClientIP string `parquet:"client_ip,dict" doc:"address that it was sent to"`
}
