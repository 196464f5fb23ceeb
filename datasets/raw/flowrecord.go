package raw

import (
	"strconv"

	"github.com/minewatch/minewatch/datasets"
)

// A flowTaker makes rows of flows from export records.
type flowTaker struct {
	l *loader
	r *datasets.Flow
}

func newFlowTaker(l *loader) taker { return flowTaker{l, l.row.(*datasets.Flow)} }

var (
	noAddresses = problem{"record without two addresses", "let the exporter's template have source and destination"}
	tooManyB    = problem{"number too large", "check the sampling rate of the exporter"}
)

func (t flowTaker) row(e *exports, x *exportRecord) (string, *problem) {
	if !x.has(roleBytes) && !x.has(rolePackets) {
		if x.has(roleNATEvent) || x.has(rolePortStart) {
			return "NAT event; a copy of the file goes to inbox/subscribers", nil
		}
		return "record of something else than a flow", nil
	}
	if !x.src.IsValid() || !x.dst.IsValid() {
		return "", &noAddresses
	}
	r := t.r
	src, dst := e.text(x.src), e.text(x.dst)
	r.SrcIP, r.DstIP, r.Bucket = src.text, dst.text, src.bucket
	r.SrcPort, r.DstPort = int32(x.values[roleSrcPort]&0xffff), int32(x.values[roleDstPort]&0xffff)
	r.Proto = protoText(x.values[roleProto])
	if r.Proto == "icmp" {
		t.icmp(x)
	}
	first, last, known := x.times()
	switch {
	case !known:
		t.warn("ts: the record has no times, taken from its message")
	case last < first && first-last <= longestSwap.Microseconds():
		t.warn(swapped)
		first, last = last, first
	case last < first:
		t.warn(swapped)
		last = first
	}
	if first < leastInstant || first >= endInstant {
		return "", &strangeYear
	}
	r.TS, r.DurationS = datasets.Micros(first), float64(last-first)/1e6
	if p := t.volume(e, x); p != nil {
		return "", p
	}
	if !x.has(roleRespBytes) && !x.has(roleRespPackets) {
		flags := x.values[roleFlags]
		t.l.orient(r, flags&0x12 == 0x02)
	}
	return "", nil
}

// volume fills in bytes and packets, multiplied by the sampling rate.
func (t flowTaker) volume(e *exports, x *exportRecord) *problem {
	rate := e.currentRate(x)
	if rate == 0 {
		t.warn(unsampled)
	}
	if rate > 1 {
		t.r.Sampling = int32(rate)
	}
	scale := uint64(max(rate, 1))
	for _, f := range []struct {
		to *int64
		x  role
	}{{&t.r.OrigBytes, roleBytes}, {&t.r.OrigPkts, rolePackets}, {&t.r.RespBytes, roleRespBytes}, {&t.r.RespPkts, roleRespPackets}} {
		n := x.values[f.x]
		if n > (1<<53)/scale {
			return &tooManyB
		}
		*f.to = int64(n * scale)
	}
	return nil
}

func (e *exports) currentRate(x *exportRecord) int64 { return e.current.rate(x) }

// icmp puts type and code where the ports are.
func (t flowTaker) icmp(x *exportRecord) {
	code := x.values[roleICMP]
	if code == 0 {
		code = x.values[roleDstPort] // where NetFlow v5 and many others have it
	}
	t.r.SrcPort, t.r.DstPort = int32(code>>8&255), int32(code&255)
	if x.has(roleICMPType) {
		t.r.SrcPort, t.r.DstPort = int32(x.values[roleICMPType]&255), int32(x.values[roleICMPCode]&255)
	}
}

func (t flowTaker) warn(doubt string) { t.l.doubts = append(t.l.doubts, doubt) }

var protoTexts = func() (texts [256]string) {
	for n := range texts {
		texts[n] = strconv.Itoa(n)
	}
	texts[1], texts[58], texts[6], texts[17] = "icmp", "icmp", "tcp", "udp"
	return texts
}()

func protoText(n uint64) string { return protoTexts[n&255] }

// times returns the first and last packet in microseconds since 1970. Without
// any, both are when the message was sent, and known is false.
func (x *exportRecord) times() (first, last int64, known bool) {
	switch {
	case x.has(roleFirstMS):
		first, last = int64(x.values[roleFirstMS])*1000, int64(x.values[roleLastMS])*1000
		known = x.has(roleLastMS)
	case x.has(roleFirstNTP):
		first, last, known = ntpMicros(x.values[roleFirstNTP]), ntpMicros(x.values[roleLastNTP]), x.has(roleLastNTP)
	case x.has(roleFirstS):
		first, last, known = int64(x.values[roleFirstS])*1_000_000, int64(x.values[roleLastS])*1_000_000, x.has(roleLastS)
	case x.has(roleFirstUptime) && x.uptime:
		// Counters of 32 bits, which wrap after 49 days: the difference counts.
		first = x.exportUS - int64(int32(x.uptimeMS-uint32(x.values[roleFirstUptime])))*1000
		last, known = x.exportUS-int64(int32(x.uptimeMS-uint32(x.values[roleLastUptime])))*1000, x.has(roleLastUptime)
	case x.has(roleFirstUptime) && x.has(roleInitMS):
		first = int64(x.values[roleInitMS]+x.values[roleFirstUptime]) * 1000
		last, known = int64(x.values[roleInitMS]+x.values[roleLastUptime])*1000, x.has(roleLastUptime)
	case x.has(roleFirstDelta):
		first, last = x.exportUS-int64(x.values[roleFirstDelta]), x.exportUS-int64(x.values[roleLastDelta])
		known = x.has(roleLastDelta)
	case x.has(roleObservedMS):
		first, last, known = int64(x.values[roleObservedMS])*1000, int64(x.values[roleObservedMS])*1000, true
	case x.has(roleObservedS):
		first, last, known = int64(x.values[roleObservedS])*1_000_000, int64(x.values[roleObservedS])*1_000_000, true
	default:
		return x.exportUS, x.exportUS, false
	}
	if !known {
		last, known = first+int64(x.values[roleDurationMS]&0xffffffff)*1000, true
	}
	return first, last, known
}

// ntpMicros reads a time of 64 bits in the format of NTP (RFC 7011, 6.1.9).
func ntpMicros(v uint64) int64 {
	const from1900 = 2_208_988_800
	return (int64(v>>32)-from1900)*1_000_000 + int64((v&0xffffffff)*1_000_000>>32)
}
