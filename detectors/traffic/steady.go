package traffic

import (
	"fmt"
	"math"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// Steady looks for a long, steady session of low rate, whoever the server is:
// the shape of Stratum, plain or encrypted, to a listed or a private pool.
//
// MQTT devices, SSH, push services and games look much the same, so it is small
// evidence by construction. What the shape alone is worth is measured: the point
// score of the NEMEA miner detector, applied to 16 sessions of miners and 87 of
// look-alikes, passed 11 and 41 of them at its threshold 9, a likelihood ratio
// of 0.69/0.47 = 1.5 (log 0.4), and 3 and 10 at threshold 11, of 1.6. The other
// points follow the bands of RITA (duration, prevalence) and the study of
// Vesely and Zadnik (TPR 95.3 %, FPR 2.6 % with flags that are not in the flows
// here: log 3.6); their size is a judgement. The sum is capped at
// 2, so that no prior of 1 in 100 becomes more than 7 in 100 by it.
type Steady struct {
	MinPeriodH float64 // below it the detector withholds: persistence cannot be seen
	Cap        float64 // of the log of the likelihood ratio
	Least      float64 // below it nothing is said
}

var _ Detector = Steady{}

// DefaultSteady returns the settings that ship.
func DefaultSteady() Steady { return Steady{MinPeriodH: 24, Cap: 2, Least: 0.5} }

// Info describes the detector.
func (Steady) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/steady", Unit: "h", Group: "session",
		Source: "16 mining and 87 benign sessions read packet by packet; bands of RITA v5; CESNET NEMEA miner_detector",
		Looks:  "Hours that a steady session of 5 to 400 B/s with Stratum-like packets stays open, day and night, with a server that few others use. At most 2: MQTT, SSH and push services look alike. Withheld below 24 h of flows.",
	}
}

// Detect returns a finding for each server whose sessions have the shape, last
// an hour or stay open for half a day, and are not the habit of the network.
func (d Steady) Detect(w Window) []Finding {
	if len(w.Profiles) == 0 {
		return w.withheld(d.Info(), "no flows of this client")
	}
	if w.Hours() < d.MinPeriodH {
		return w.withheld(d.Info(), fmt.Sprintf("the flows cover %.0f h, fewer than %.0f h", w.Hours(), d.MinPeriodH))
	}
	var out []Finding
	for _, p := range w.Profiles {
		shape, ok := ShapeOf(p)
		if !ok || p.Proto != "tcp" || !shape.LikeStratum() || !lasting(p) {
			continue
		}
		if f, ok := d.grade(w, p, shape); ok {
			out = append(out, f)
		}
	}
	return sortFindings(out)
}

// minSteadyPowerLogLR is the weight from which a steady session also speaks of
// a power, as a lower bound.
const minSteadyPowerLogLR = 1

// A point is one trait and what it adds to the log of the likelihood ratio.
type point struct {
	add  float64
	what string
}

func (x point) String() string { return fmt.Sprintf("%s (%+.1f)", x.what, x.add) }

func (d Steady) grade(w Window, p datasets.FlowProfile, shape Shape) (Finding, bool) {
	f := w.finding(d.Info(), p)
	f.Family, f.Devices = FamilyShape, p.Parallel
	points := []point{{0.4, fmt.Sprintf("%.0f B/s, %.0f/%.0f B a packet", shape.BytesPerS, shape.OrigBytesPkt, shape.RespBytesPkt)}}
	points = append(points, d.durationPoints(p)...)
	points = append(points, d.contextPoints(w, p, f.Devices)...)
	var said []string
	for _, pt := range points {
		f.LogLR += pt.add
		said = append(said, pt.String())
	}
	f.LogLR = min(f.LogLR, d.Cap)
	if f.LogLR < d.Least {
		return Finding{}, false
	}
	f.LogLR = math.Round(f.LogLR*1e6) / 1e6 // the points are decimal fractions
	f.Host = p.SNI
	f.Statistic = p.OpenS / 3600
	if f.LogLR >= minSteadyPowerLogLR {
		f.MiningKW = float64(f.Devices) * ASICKW
	}
	f.Detail = fmt.Sprintf("steady session consistent with mining at %s port %d, open for %.0f h: %s",
		hostOf(p), p.ServerPort, f.Statistic, strings.Join(said, ", "))
	return f, true
}

// durationPoints reads how long and how evenly.
func (Steady) durationPoints(p datasets.FlowProfile) []point {
	var out []point
	r := nightToDay(p)
	if p.Sampling > 1 { // no lengths, and hours without a packet mean nothing
		switch {
		case p.Days >= 5 && (r >= 0.7 && r <= 1.4 || r >= 2): // or a night tariff's hours; people sleep
			out = append(out, point{0.8, fmt.Sprintf("sampled packets in %d h on %d days, night to day %.2f", p.HoursActive, p.Days, r)})
			if even := evenHours(p); r < 2 && float64(p.HoursActive) >= leastEven*even {
				out = append(out, point{0.4, fmt.Sprintf("an even session would show in %.0f h", even)})
			}
			return out
		case r >= 0 && r < 0.5:
			return []point{{-0.3, fmt.Sprintf("night to day %.2f", r)}}
		}
		return nil
	}
	switch h := p.LongestS / 3600; { // RITA's medium and high bands
	case h >= 12:
		out = append(out, point{0.4, fmt.Sprintf("longest session %.0f h", h)})
	case h >= 4:
		out = append(out, point{0.2, fmt.Sprintf("longest session %.1f h", h)})
	}
	if p.SpanH >= 24 && p.HoursActive*24 >= p.SpanH*20 {
		out = append(out, point{0.3, fmt.Sprintf("active in %d of %d h", p.HoursActive, p.SpanH)})
	}
	switch cv := p.HourlyBytesCV; {
	case cv < 0: // not known
	case cv <= 0.3:
		out = append(out, point{0.3, fmt.Sprintf("hourly variation %.2f", cv)})
	case cv > 0.8:
		out = append(out, point{-0.5, fmt.Sprintf("hourly variation %.2f", cv)})
	}
	switch {
	case r < 0:
	case r >= 0.8 && r <= 1.25:
		out = append(out, point{0.2, fmt.Sprintf("night to day %.2f", r)})
	case r < 0.5:
		out = append(out, point{-0.3, fmt.Sprintf("night to day %.2f", r)})
	case r >= 2: // a night tariff's hours; people sleep
		out = append(out, point{0.2, fmt.Sprintf("night to day %.2f", r)})
	}
	return out
}

const (
	// minNetwork is the smallest network in which "rare" means anything.
	minNetwork = 50
	// commonShare is the share of the network's clients from which a server is a
	// habit; rareShare is RITA's bound of a rare one, in hosts.
	commonShare, rareShare = 0.05, 0.02
)

// lookAlikes are ports of protocols that keep sessions open for days, and what
// they are. Ports prove nothing; they only take weight off.
var lookAlikes = map[int32]string{
	22: "SSH", 179: "BGP", 389: "LDAP", 554: "RTSP", 993: "IMAP", 1194: "OpenVPN", 1433: "SQL Server", 1723: "PPTP", 1883: "MQTT", 3306: "MySQL",
	3389: "RDP", 4500: "IPsec", 5060: "SIP", 5061: "SIP", 5222: "XMPP", 5223: "push", 5228: "push", 5432: "PostgreSQL", 5671: "AMQP", 5672: "AMQP",
	6379: "Redis", 6667: "IRC", 6697: "IRC", 8291: "Winbox", 8883: "MQTT", 9092: "Kafka", 10050: "Zabbix", 10051: "Zabbix",
	50001: "Electrum", 50002: "Electrum",
}

// contextPoints reads what is around the session.
func (Steady) contextPoints(w Window, p datasets.FlowProfile, devices int32) []point {
	var out []point
	of, all := w.Network.Clients(p.ServerIP, p.ServerPort, p.Proto)
	what := "server"
	if p.SNI != "" { // an address of a CDN is everybody's, the name is not
		of, what = w.Network.NameClients(p.SNI), "name"
	}
	if service := w.Network.service(p.ServerIP); p.SNI == "" && service > 2 { // others say who it is
		of, what = service, "name"
	}
	if of > 0 && all >= minNetwork {
		said := fmt.Sprintf("%d of %d clients use this %s", of, all, what)
		switch share := float64(of) / float64(all); {
		case of > 2 && share >= commonShare:
			out = append(out, point{-2, said})
		case of <= 2:
			out = append(out, point{0.4, said})
		case what == "name" && !w.Network.listed(p.SNI): // a name that several use for long is somebody's service
			out = append(out, point{-1, said})
		case share <= rareShare:
			out = append(out, point{0.15, said})
		}
	}
	if devices >= 3 {
		out = append(out, point{0.3, fmt.Sprintf("%d equal sessions at once", devices)})
	}
	out = append(out, w.untold(p)...)
	if name, ok := lookAlikes[p.ServerPort]; ok {
		out = append(out, point{-0.8, "port of " + name})
	}
	return out
}
