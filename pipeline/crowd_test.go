package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/pipeline/sql"
	"github.com/minewatch/minewatch/pipeline/stitch"
)

// A crowd is simulated subscribers: what their traffic becomes on its way to the
// detectors, at several rates of sampling.
type crowd struct {
	traffic sim.Traffic
	clients []sim.Client
	meters  []meter // of the clients
	pools   *ref.Pools
	names   []datasets.ServerName
	views   []*view
	rows    int64 // flow records, unsampled
}

// A view is what an exporter of one sampling rate leaves.
type view struct {
	sampling int32
	jobs     []datasets.PoolJob // of registered farms
	days     []datasets.FlowDay
	sessions []datasets.FlowSession
	used     map[endpointKey]int32 // clients by server port
}

// hiddenDNS is the share of subscribers who ask a resolver that the provider does
// not see.
const hiddenDNS = 0.2

// blockClockS is the standard deviation in s by which listed block times are off what
// pools knew: the time in a block's header is the clock of whoever found it. A node of one's
// own notes it to a second.
const blockClockS = 30

// newCrowd simulates n subscribers, each form with perForm of them.
func newCrowd(tb testing.TB, seed uint64, n, days, perForm int, rates ...int32) *crowd {
	tb.Helper()
	t := sim.DefaultTraffic(time.Date(2023, 4, 30, 18, 0, 0, 0, time.UTC))
	t.Seed, t.Days, t.ActiveTimeoutS, t.Resolve = seed, days, 1800, resolve
	t.Zone = time.FixedZone("+06", 6*3600)
	for name, to := range map[string]*int{"MINEWATCH_ACTIVE_S": &t.ActiveTimeoutS, "MINEWATCH_WEB": &t.WebPerDay, "MINEWATCH_REFRESH_S": &t.RefreshS} {
		if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
			*to = v
		}
	}
	t.Blocks = sim.Blocks(seed, t.Start, days)
	t.Packets = slices.Max(rates) > 1
	miners := map[sim.Form]int{}
	for _, f := range sim.Forms() {
		miners[f] = perForm
	}
	clients, err := t.Draw(n, miners)
	if err != nil {
		tb.Fatal(err)
	}
	pools, refused := ref.NewPools(nil)
	if len(refused) > 0 {
		tb.Fatal(refused)
	}
	clockS := numberIn("MINEWATCH_CLOCK_S", blockClockS)
	inactiveS := numberIn("MINEWATCH_INACTIVE_S", sim.DefaultInactiveS)
	c := &crowd{traffic: t, clients: clients, pools: pools}
	for _, rate := range rates {
		c.views = append(c.views, &view{sampling: rate, used: map[endpointKey]int32{}})
	}
	poolAddrs := map[string]bool{}
	for _, p := range t.Pools {
		poolAddrs[resolve(p.Host).String()] = true
	}
	known := rand.New(rand.NewPCG(seed, 601))
	var blocks []datasets.Micros // as a public list gives them
	for _, b := range t.Blocks {
		blocks = append(blocks, datasets.MicrosOf(b)+datasets.Micros(clockS*1e6*known.NormFloat64()))
	}
	slices.Sort(blocks)
	set := stitch.Settings{Gap: 300 * time.Second, Zone: t.Zone, Blocks: blocks, Mining: traffic.MiningLabel, Keep: func(ip string, port int32, sni string) bool {
		return poolAddrs[ip] || sni != "" && pools.Match(sni, port).Kind != datasets.NoPool
	}}
	for _, v := range c.views {
		v.addFarm(c, set, int(numberIn("MINEWATCH_FARM", farmMachines)), inactiveS)
	}
	hosts := newHosts(tb, seed)
	for i := range clients {
		r := rand.New(rand.NewPCG(seed, 230+uint64(i)))
		m := hosts.meter(clients[i], r).place(&clients[i], t, r)
		c.meters = append(c.meters, m)
		rows := t.Client(clients[i])
		rows.Flows = m.cutOff(rows.Flows)
		c.rows += int64(len(rows.Flows))
		c.lookUps(rows.DNS, mix(seed, i))
		for _, v := range c.views {
			flows := sim.Exporter{OneIn: v.sampling, InactiveS: inactiveS, Seed: mix(seed, i)}.Sampled(rows)
			set.Jobs = v.jobs
			v.add(set, flows, rows.TLS)
		}
	}
	return c
}

// farmMachines is how many machines a registered farm holds that mines with listed pools by the
// same exporters: the mean of the 640 MW of 237 notified miners (Kazakhstan, early 2022) at 3.25 kW
// a machine. hallMachines is how many stand in a 40-foot container, each with an address
// of its own (Saryarka: 1,173 in four). They are in the lines of a provider, and not
// among the subscribers who are judged; those vouch for nobody, as there are a hundred times too many miners among
// them.
const farmMachines, hallMachines = 830, 293

// addFarm adds the sessions of a registered farm, and what listed pools sent it.
func (v *view) addFarm(c *crowd, set stitch.Settings, machines int, inactiveS float64) {
	if v.sampling <= 1 {
		return
	}
	in := interest{pools: c.pools, hosts: map[string][]string{}}
	for _, p := range c.traffic.Pools {
		addr := resolve(p.Host).String()
		in.hosts[addr] = append(in.hosts[addr], p.Host)
	}
	found := newJobs(in.tells, one{})
	t := c.traffic
	t.WebPerDay = 0
	addr := netip.MustParseAddr("100.64.0.0")
	var halls [][]datasets.Flow
	for i := 0; machines > 0; i++ {
		addr = addr.Next()
		rows := t.Client(sim.Client{Addr: addr, Form: sim.Rigs, Devices: min(machines, hallMachines)})
		machines -= hallMachines
		flows := sim.Exporter{OneIn: v.sampling, InactiveS: inactiveS, Seed: mix(t.Seed, -1-i)}.Sampled(rows)
		for k := range flows {
			found.add(&flows[k])
		}
		halls = append(halls, flows)
	}
	v.jobs = thinJobs(found.rows)
	set.Jobs = v.jobs
	for _, flows := range halls {
		v.add(set, flows, nil)
	}
}

// numberIn is the number that an environment variable sets.
func numberIn(name string, otherwise float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		return v
	}
	return otherwise
}

func mix(seed uint64, i int) uint64 { return seed<<32 ^ uint64(i)*0x9e3779b97f4a7c15 }

// resolve puts pools on addresses of their own, and 60 web sites on four addresses
// of a content delivery network.
func resolve(host string) netip.Addr {
	h := fnv.New32a()
	h.Write([]byte(host)) // never fails
	sum := h.Sum32()
	var n int
	if _, err := fmt.Sscanf(host, "site-%d.example", &n); err == nil && n <= 60 {
		return netip.AddrFrom4([4]byte{104, 16, 0, byte(n % 4)})
	}
	if strings.HasPrefix(host, "decoy-") {
		return netip.AddrFrom4([4]byte{104, 16, 0, byte(sum % 4)})
	}
	if strings.Contains(host, "pool") || strings.Contains(host, "viabtc") || strings.Contains(host, "emcd") {
		return netip.AddrFrom4([4]byte{198, 19, byte(sum >> 8), byte(sum)})
	}
	return netip.Addr{}
}

// lookUps keeps the names of listed hosts that a subscriber had resolved.
func (c *crowd) lookUps(dns []datasets.DNS, seed uint64) {
	if rand.New(rand.NewPCG(seed, 53)).Float64() < hiddenDNS {
		return
	}
	at := map[string]int{}
	for _, q := range dns {
		if c.pools.Match(q.Query, 0).Kind == datasets.NoPool {
			continue
		}
		i, ok := at[q.Query]
		if !ok {
			i = len(c.names)
			at[q.Query] = i
			c.names = append(c.names, datasets.ServerName{Client: q.ClientIP, ClientIP: q.ClientIP, ServerIP: q.Answers, Host: q.Query, First: q.TS})
		}
		n := &c.names[i]
		n.Queries++
		if d := int32(q.TS / 86400e6); n.Last == 0 || d > int32(n.Last/86400e6) {
			n.Days++
		}
		n.Last = q.TS
	}
}

// one takes every address for a client of its own.
type one struct{}

func (one) Client(ip string, _ int32, _ datasets.Micros) (client string, from, to datasets.Micros, ofPort bool) {
	return ip, math.MinInt64, math.MaxInt64, false
}

func (v *view) add(set stitch.Settings, flows []datasets.Flow, tls []datasets.TLS) {
	x := stitch.New(set, one{}, tls)
	seen := map[endpointKey]bool{}
	for i := range flows {
		f := &flows[i]
		x.Add(f)
		seen[endpointKey{f.DstIP, f.DstPort, f.Proto}] = true
	}
	x.Close()
	for k := range seen {
		v.used[k]++
	}
	v.days, v.sessions = append(v.days, x.Days...), append(v.sessions, x.Sessions...)
}

// detect runs the detectors over a view and returns the findings of each client.
func (c *crowd) detect(tb testing.TB, v *view) map[string][]traffic.Finding {
	tb.Helper()
	profiles := profilesOf(tb, v)
	var endpoints []datasets.ServerEndpoint
	wanted := map[endpointKey]bool{}
	for _, p := range profiles {
		wanted[endpointKey{p.ServerIP, p.ServerPort, p.Proto}] = true
	}
	for k := range wanted {
		endpoints = append(endpoints, datasets.ServerEndpoint{ServerIP: k.ip, ServerPort: k.port, Proto: k.proto, Clients: v.used[k], NetworkClients: int32(len(c.clients))})
	}
	network := traffic.NewNetwork(endpoints, c.pools)
	by := map[string][]datasets.FlowProfile{}
	w := traffic.Window{From: datasets.MicrosOf(c.traffic.Start), Network: network}
	for _, p := range profiles {
		network.AddProfile(p)
		by[p.Client] = append(by[p.Client], p)
		w.To = max(w.To, p.Last+1)
	}
	names := map[string][]datasets.ServerName{}
	for _, n := range c.names {
		network.AddName(n)
		names[n.Client] = append(names[n.Client], n)
	}
	out := map[string][]traffic.Finding{}
	for _, client := range c.clients {
		w.Client = client.Addr.String()
		w.Profiles, w.Names = by[w.Client], names[w.Client]
		for _, d := range traffic.All(c.pools) {
			for _, f := range d.Detect(w) {
				if f.Status == datasets.Spoken {
					out[w.Client] = append(out[w.Client], f)
				}
			}
		}
	}
	return out
}

func profilesOf(tb testing.TB, v *view) []datasets.FlowProfile {
	tb.Helper()
	ctx, dir := context.Background(), tb.TempDir()
	db, err := sql.Open(ctx, sql.Options{Threads: 2, MemoryMiB: 2048, TempDir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	days, sessions, out := filepath.Join(dir, "days.parquet"), filepath.Join(dir, "sessions.parquet"), filepath.Join(dir, "profiles.parquet")
	for _, err := range []error{
		store.WriteRows(days, v.days), store.WriteRows(sessions, v.sessions),
		db.View(ctx, "flow_day", datasets.Lookup("flow_day"), []string{days}), db.View(ctx, "flow_session", datasets.Lookup("flow_session"), []string{sessions}),
	} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := db.Copy(ctx, sql.FlowProfiles(), out); err != nil {
		tb.Fatal(err)
	}
	rows, err := store.ReadFile[datasets.FlowProfile](out)
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// A judgement is what is known of one subscriber.
type judgement struct {
	form     sim.Form
	families map[traffic.Family]float64 // strongest finding of each
	size     float64                    // of the mine, as a share of the host's load without it
	fused    score.Verdict              // traffic and meter, as a run adds them up
	meter    score.Verdict              // the meter alone
	rests    float64                    // what rests of traffic and load together say
	unrested score.Verdict              // as fused, without it
	rita     float64
}

// prevalence is that of miners among subscribers.
const prevalence = 0.001

// alone adds up the strongest evidence of each family of the traffic.
func (j judgement) alone() (sum float64, kinds int) {
	sum = score.Logit(prevalence)
	for _, f := range traffic.Families() {
		if v := j.families[f]; v > 0 {
			sum += v
			kinds++
		}
	}
	return sum, kinds
}

// kinds is how many families of the traffic speak, and the meter: by itself, or by
// resting when the traffic does.
func (j judgement) kinds() int {
	_, n := j.alone()
	if j.meter.Kinds > 0 || j.rests > 0 {
		n++
	}
	return n
}

// A rule says who is called.
type rule struct {
	name   string
	called func(judgement) bool
}

// rules need two kinds of evidence. The log-odds are a run's, by the shipped weights;
// calibratedAt is the whole number at which seed 2 showed nobody called in error.
var rules = []rule{
	{"traffic alone", func(j judgement) bool { sum, kinds := j.alone(); return kinds >= 2 && sum >= 0 }},
	{"traffic and meter both", func(j judgement) bool { return j.fused.Kinds >= 2 && j.fused.LogOdds >= calibratedAt }},
	{"traffic and meter both, without rests", func(j judgement) bool { return j.unrested.Kinds >= 2 && j.unrested.LogOdds >= calibratedAt }},
	{"any two kinds, without rests", func(j judgement) bool {
		return judgement{families: j.families, meter: j.meter}.kinds() >= 2 && j.unrested.LogOdds >= calibratedAt
	}},
	{anyTwo, func(j judgement) bool { return j.kinds() >= 2 && j.fused.LogOdds >= calibratedAt }},
	{"any two kinds, more probable than not", func(j judgement) bool { return j.kinds() >= 2 && j.fused.LogOdds >= 0 }},
	{"meter alone", func(j judgement) bool { return j.meter.LogOdds >= calibratedAt }},
}

const (
	calibratedAt = -1
	anyTwo       = "any two kinds"
)

// called is the rule of a name.
func called(name string) func(judgement) bool {
	return rules[slices.IndexFunc(rules, func(r rule) bool { return r.name == name })].called
}

// judge adds up what is said of each subscriber by the shipped weights.
func (c *crowd) judge(tb testing.TB, v *view) []judgement {
	tb.Helper()
	found := c.detect(tb, v)
	byClient := map[string][]datasets.FlowDay{}
	for _, d := range v.days {
		byClient[d.Client] = append(byClient[d.Client], d)
	}
	m := score.NewModel(prevalence, score.Shipped())
	var out []judgement
	for i, client := range c.clients {
		list := found[client.Addr.String()]
		meter := &c.meters[i]
		j := judgement{form: client.Form, families: map[traffic.Family]float64{}, size: meter.size}
		for _, f := range list {
			j.families[f.Family] = max(j.families[f.Family], f.LogLR)
		}
		evidence := traffic.ForSite("s", list)
		if len(list) == 0 {
			evidence = append(evidence, counter.Quiet("s", counter.Watched{Hours: int32(24 * c.traffic.Days)}))
		}
		site := score.Site{ID: "s", Hourly: true}
		evidence = append(evidence, meter.evidence)
		if power, ok := counter.Power("s", evidence); ok {
			evidence = append(evidence, power)
		}
		j.unrested = m.Sum(site, evidence)
		if e, ok := counter.Rests("s", meter.series, c.traffic.Zone, datasets.MicrosOf(c.traffic.Start), contactsOf(byClient[client.Addr.String()], list, c.traffic)); ok {
			evidence = append(evidence, e)
			if e.Status == datasets.Spoken {
				j.rests = e.LogLR
			}
		}
		j.fused = m.Sum(site, evidence)
		j.meter = m.Sum(site, []datasets.Evidence{meter.evidence})
		out = append(out, j)
	}
	return out
}

// contactsOf gathers the hours of a client's contacts, as a run does.
func contactsOf(days []datasets.FlowDay, found []traffic.Finding, t sim.Traffic) []counter.Contact {
	p := newPresence(datasets.MicrosOf(t.Start), datasets.MicrosOf(t.Start.AddDate(0, 0, t.Days)))
	for _, f := range found {
		p.candidate(f)
	}
	for _, d := range days {
		p.add(d)
	}
	return p.contacts()
}

// A tally counts calls by form.
type tally struct{ found, all map[sim.Form]int }

func newTally() tally { return tally{map[sim.Form]int{}, map[sim.Form]int{}} }

func (t tally) add(list []judgement, called func(judgement) bool) {
	for _, j := range list {
		t.all[j.form]++
		if called(j) {
			t.found[j.form]++
		}
	}
}

// farms are the forms that a meter sees and a visit is for; an infected computer is
// told to its owner.
var farms = slices.DeleteFunc(sim.Forms(), func(f sim.Form) bool { return f == sim.Infected })

// recall is the mean over the farms, each form counted alike.
func (t tally) recall() float64 {
	sum := 0.0
	for _, f := range farms {
		sum += float64(t.found[f]) / float64(max(1, t.all[f]))
	}
	return sum / float64(len(farms))
}

// precisionOf is that at the prevalence, for a share of others that are called.
func precisionOf(recall, falseShare float64) float64 {
	hits := prevalence * recall
	if hits == 0 {
		return 0
	}
	return hits / (hits + (1-prevalence)*falseShare)
}

// upper is the 95 % bound of a share of k in n: the rule of three for none, else the
// normal law on the root.
func upper(k, n int) float64 {
	if k == 0 {
		return 3 / float64(n)
	}
	return math.Pow(math.Sqrt(float64(k))+0.98, 2) / float64(n)
}

func (t tally) String() string {
	var b strings.Builder
	n, wrong := t.all[sim.NotMining], t.found[sim.NotMining]
	fmt.Fprintf(&b, "recall %.3f, false %d of %d, precision %.3f (at least %.3f)", t.recall(), wrong, n, precisionOf(t.recall(), float64(wrong)/float64(n)), precisionOf(t.recall(), upper(wrong, n)))
	for _, f := range sim.Forms() {
		fmt.Fprintf(&b, "; %s %d/%d", f, t.found[f], t.all[f])
	}
	return b.String()
}

// precisionAt returns the precision of the shortest ranking with this recall, and the
// 95 % bound of it. Forms of farms count alike; ties count in full.
func precisionAt(list []judgement, recall float64, score func(judgement) float64) (precision, atLeast float64) {
	var cuts []float64
	for _, j := range list {
		if slices.Contains(farms, j.form) {
			cuts = append(cuts, score(j))
		}
	}
	slices.Sort(cuts)
	for i := len(cuts) - 1; i >= 0; i-- {
		t := newTally()
		t.add(list, func(j judgement) bool { return score(j) >= cuts[i] })
		if t.recall() >= recall {
			wrong, n := t.found[sim.NotMining], t.all[sim.NotMining]
			return precisionOf(t.recall(), float64(wrong)/float64(n)), precisionOf(t.recall(), upper(wrong, n))
		}
	}
	return 0, 0
}

// averagePrecision of a score at the prevalence: miners and others are weighted so
// that miners are that share.
func averagePrecision(list []judgement, score func(judgement) float64) float64 {
	type item struct {
		score float64
		mines bool
	}
	var items []item
	var miners, others float64
	for _, j := range list {
		if j.form == sim.Infected {
			continue
		}
		items = append(items, item{score(j), j.form != sim.NotMining})
		if j.form != sim.NotMining {
			miners++
		} else {
			others++
		}
	}
	// Others first among equals: no luck with ties.
	slices.SortFunc(items, func(a, b item) int {
		if a.score == b.score && a.mines != b.mines {
			if a.mines {
				return 1
			}
			return -1
		}
		return cmp.Compare(b.score, a.score)
	})
	var hits, wrong, sum float64
	for _, it := range items {
		if !it.mines {
			wrong += (1 - prevalence) / others
			continue
		}
		hits += prevalence / miners
		sum += hits / (hits + wrong)
	}
	return sum / miners
}
