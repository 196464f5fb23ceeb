package traffic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/stat"
)

// Blocks looks for servers that send more when a coin's network has found a block: a
// pool tells all its miners at once, and no encryption, proxy, relay, content delivery
// network or tunnel hides when. MineHunter (ACSAC 2021) finds miners by it in packets;
// here it is records of minutes.
//
// The bytes r from the server in a record are explained by its length t, the client's
// packets o (each share is answered) and the blocks b within it, by least squares through
// the origin: r = αt + βo + γb. A job is 1.2 to 2 kB, ten times an answer. The statistic is γ over its standard error, Student's t
// with n-3 degrees of freedom. Blocks come at random, so that without a pool it is about
// standard normal whatever else the contact does. p is one-sided, times the contacts of
// the client that were tested (Bonferroni).
//
// The weight is -ln(-e p ln p), the most that a p-value can be worth (Sellke, Bayarri and
// Berger, American Statistician 55, 2001), less 0.7 as it is a bound, and at most Cap,
// ln(0.75/0.005): one subscriber in 200 is taken to keep a wallet or an explorer open that
// hears of blocks, too (judgement). A node moves the blocks themselves and is above
// MaxBytesPerS.
//
// Sampled records have mostly one packet, with its instant and its size. There it is single
// packets of at least 1,000 B from the server whose lag to a job that a listed pool sent another client, else to
// the nearest block, is held against chance, of contacts with 1 to 60 packets a minute either way: see [jobClock]. A
// server tells all its clients alike, so that what it sent the others counts, too. The
// weight is ln B less that of the number of the client's contacts with such a packet, as their best is
// taken; it is a likelihood ratio and no bound, so that nothing more is taken off. Below
// MinLR nothing is said: 3 is where evidence begins to be positive (Kass and Raftery, JASA 90, 1995).
// A wallet is told the header alone (Electrum's blockchain.headers.subscribe, 265 B), which is no large
// packet, and what is told everything, as the page of an explorer, is above MaxBytesPerS. One subscriber in 1,000 is taken to have a display, a bot
// or the like that is told each block at length: at most CapLarge, ln(0.75/0.001), of a client that says as much as one that submits shares, else Cap.
// A pool that sends a job every half a minute besides has its large packets everywhere, and few of them tell: the thinner the sampling, the less is said of it.
type Blocks struct {
	MinRecords   int64   // that were held against block times
	MinBlocks    int64   // least sum of the squares of the blocks in them
	MaxBytesPerS float64 // of a contact that may be a miner's
	MaxP         float64 // above it nothing is said
	MinLR        float64 // of sampled records; below it nothing is said
	Cap          float64 // of the log of the likelihood ratio
	CapLarge     float64 // of sampled records of a client that may submit shares
}

var _ Detector = Blocks{}

// DefaultBlocks returns the settings that ship. 100 records and 50 blocks are half a day
// of BTC; 600 B/s is the highest rate of a tunnelled miner, see [Tunnel].
func DefaultBlocks() Blocks {
	return Blocks{MinRecords: 100, MinBlocks: 50, MaxBytesPerS: 600, MaxP: 0.02, MinLR: 3, Cap: 5, CapLarge: 6.6}
}

// Info describes the detector.
func (Blocks) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/blocks", Unit: "standard errors", Group: "blocks",
		Source: "idea of MineHunter (ACSAC 2021); bound of Sellke, Bayarri and Berger (2001); sampled: Bayes factor, scale of Kass and Raftery (1995)",
		Looks:  "A lasting contact whose server sends more in records in which a block was found, by least squares. It sees through encryption, relays, delivery networks and tunnels, and needs block times (traffic.block_times) and records of at most an hour. Of sampled records it is single large packets near blocks, or near jobs that listed pools sent other clients, by their likelihood ratio. Wallets hear of blocks, too: at most 5, and 6.6 of large packets where the client says as much as one that submits shares, as wallets are told a header only.",
	}
}

// Detect returns a finding for each such server, nothing where neither block times nor others' jobs are known.
func (d Blocks) Detect(w Window) []Finding {
	type tested struct {
		p     datasets.FlowProfile
		t     float64
		value float64
	}
	var list []tested
	for _, p := range w.Profiles {
		if p.Beat.N < d.MinRecords || p.Beat.BB < d.MinBlocks || !d.mayMine(p) {
			continue
		}
		if t, ok := beatOf(p.Beat); ok {
			list = append(list, tested{p, t, distuv.StudentsT{Sigma: 1, Nu: float64(p.Beat.N - 3)}.Survival(t)})
		}
	}
	out := d.sampled(w)
	for _, x := range list {
		value := min(1, x.value*float64(len(list)))
		if value > d.MaxP {
			continue
		}
		f := w.finding(d.Info(), x.p)
		f.Family, f.Host, f.Statistic, f.PValue = FamilyTiming, x.p.SNI, x.t, value
		f.N = int32(min(x.p.Beat.N, math.MaxInt32))
		f.LogLR = min(mostOfContact(x.p, d.Cap), stat.LargestLogLR(value)-0.7)
		f.Detail = fmt.Sprintf("%s port %d sends more when a block is found: %.1f standard errors in %d records (p %.4f for the best of %d contacts); pools do, and wallets and explorers",
			hostOf(x.p), x.p.ServerPort, x.t, x.p.Beat.N, max(value, 0.0001), len(list))
		out = append(out, f)
	}
	return sortFindings(out)
}

// mayMine reports whether a contact lasts and carries as little as a miner's.
func (d Blocks) mayMine(p datasets.FlowProfile) bool {
	shape, ok := ShapeOf(p)
	return ok && shape.BytesPerS <= d.MaxBytesPerS && lasting(p)
}

// mostOfContact is the most that a contact is worth: of one by day only that of a computer.
func mostOfContact(p datasets.FlowProfile, most float64) float64 {
	if likeComputer([]datasets.FlowProfile{p}) {
		return min(most, ofComputer())
	}
	return most
}

// beatOf returns γ over its standard error; false if it cannot be told from the
// others, or nothing is left to explain.
func beatOf(x datasets.Beat) (t float64, ok bool) {
	// Columns are scaled to a square sum of 1, as they differ by many orders.
	st, so, sb := math.Sqrt(float64(x.TT)), math.Sqrt(float64(x.OO)), math.Sqrt(float64(x.BB))
	if st == 0 || so == 0 || sb == 0 {
		return 0, false
	}
	normal := mat.NewSymDense(3, []float64{
		1, float64(x.TO) / st / so, float64(x.TB) / st / sb,
		0, 1, float64(x.BO) / so / sb,
		0, 0, 1,
	})
	right := mat.NewVecDense(3, []float64{float64(x.TR) / st, float64(x.OR) / so, float64(x.BR) / sb})
	var c mat.Cholesky
	if !c.Factorize(normal) || c.Cond() > 1e8 {
		return 0, false
	}
	var coefficients mat.VecDense
	var inverse mat.SymDense
	if c.SolveVecTo(&coefficients, right) != nil || c.InverseTo(&inverse) != nil {
		return 0, false
	}
	left := float64(x.RR) - mat.Dot(&coefficients, right) // residual sum of squares
	if left <= 1e-9*float64(x.RR) || x.N <= 3 {
		return 0, false
	}
	return coefficients.AtVec(2) / math.Sqrt(left/float64(x.N-3)*inverse.At(2, 2)), true
}
