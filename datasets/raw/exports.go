package raw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
)

// exports reads the messages of NetFlow v5, v9 and IPFIX exporters. A file is
// gone through twice: first for templates and sampling rates, since both may
// come behind the data that need them, then for the data. At any point the
// template and rate that came last hold; before the first, the first.
//
// Messages, sets and templates are decoded by goflow2. The records of data
// sets are read here, straight from the bytes (template.go).
type exports struct {
	l         *loader
	take      taker
	learning  bool
	sources   map[sourceKey]*observer
	messages  int64
	sflow     int64
	other     int64 // packets that are no messages
	number    int64 // of the current record, from 1
	v5        int64 // TCP and UDP records of NetFlow v5
	v5NoPort  int64 // of these with source port 0 and another destination port
	current   *observer
	kept      int // bytes that observers keep waiting
	record    exportRecord
	addresses map[netip.Addr]address
}

// A taker makes a row of the loader's table from a record, and says what the
// record is if it is none of the table.
type taker interface {
	row(e *exports, r *exportRecord) (what string, p *problem)
}

// A sourceKey tells exporters apart: template and sampler numbers are their own.
type sourceKey struct {
	from    netip.Addr
	version uint16
	domain  uint32
}

// An observer is one observation domain of one exporter.
type observer struct {
	templates, firstTemplates map[uint16]*template
	rates, firstRates         map[uint64]int64  // by sampler; 0 is the exporter's own
	waiting                   map[uint16][]byte // the last set of templates that did not come yet, in the first pass
	initMS                    uint64            // when the exporter began to count its uptime; 0 if it did not say
}

// Bounds of what one file may make the program remember.
const (
	mostSources   = 65536
	mostTemplates = 1024     // of one source
	mostKept      = 16 << 20 // bytes of sets that wait for a template
)

type address struct {
	text   string
	bucket int32
}

var (
	noTemplate = problem{"data without a template", "start the capture before the exporter sends templates, or deliver a longer one"}
	badMessage = problem{"damaged message", "the exporter or the capture lost part of it"}
	aggregated = &Fault{Reason: "NetFlow v5 aggregated by protocol", Remedy: "source ports are 0 and destination ports are codes of protocols, as DPI systems (SKAT) export it; switch the export to IPFIX with full sessions"}
)

func newExports(l *loader) (*exports, *Fault) {
	e := &exports{l: l, learning: true, sources: map[sourceKey]*observer{}, addresses: map[netip.Addr]address{}}
	switch l.table.Name {
	case "flows":
		e.take = newFlowTaker(l)
	case "subscribers":
		e.take = newNATTaker(l)
	default:
		return nil, &Fault{Reason: "flow records in a folder that takes none", Remedy: "flow records go to inbox/flows, NAT event logs to inbox/subscribers"}
	}
	return e, nil
}

// begin ends the first pass. none is the fault of a file without messages.
func (e *exports) begin(none *Fault) *Fault {
	if e.messages == 0 {
		return none
	}
	if e.v5 > 0 && e.v5 == e.v5NoPort {
		return aggregated
	}
	e.learning = false
	e.other, e.sflow = 0, 0
	for _, s := range e.sources {
		s.firstTemplates, s.templates = s.templates, map[uint16]*template{}
		s.firstRates, s.rates = s.rates, map[uint64]int64{}
	}
	var columns []string
	for _, c := range e.l.columns {
		columns = append(columns, c.In)
	}
	return e.l.bind(columns, 0)
}

func (e *exports) end() error {
	if e.other > 0 {
		e.l.sum.Skipped["packet of something else"] += e.other
	}
	return nil
}

// cutOff notes that the file ends in the middle of something.
func (e *exports) cutOff() {
	if !e.learning {
		e.l.sum.Warnings["file: cut off in its last packet or message"]++
	}
}

// message reads one message of an exporter.
func (e *exports) message(from netip.Addr, payload []byte) error {
	switch {
	case len(payload) < 16:
		e.other++
	case binary.BigEndian.Uint16(payload) == 5 && isV5(payload):
		e.messages++
		return e.legacy(payload)
	case binary.BigEndian.Uint16(payload) == 9 && isSets(payload, 20):
		e.messages++
		return e.modern(from, payload)
	case binary.BigEndian.Uint16(payload) == 10 && int(binary.BigEndian.Uint16(payload[2:])) == len(payload) && isSets(payload, 16):
		e.messages++
		return e.modern(from, payload)
	case binary.BigEndian.Uint32(payload) == 5 && binary.BigEndian.Uint32(payload[4:]) <= 2:
		e.sflow++
		e.other++
	default:
		e.other++
	}
	return nil
}

// isV5 checks the length; a message has at most 30 records.
func isV5(p []byte) bool {
	n := int(binary.BigEndian.Uint16(p[2:]))
	return n >= 1 && n <= 30 && len(p) == 24+48*n
}

// isSets reports whether sets follow one another from the header to the end.
func isSets(p []byte, header int) bool {
	if len(p) < header {
		return false
	}
	for p = p[header:]; len(p) >= 4; {
		id, n := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if n < 4 || n > len(p) || id > 3 && id < 256 {
			return false
		}
		p = p[n:]
	}
	return true
}

func (e *exports) source(k sourceKey) *observer {
	s := e.sources[k]
	if s == nil {
		if len(e.sources) >= mostSources {
			clear(e.sources)
		}
		s = &observer{templates: map[uint16]*template{}, rates: map[uint64]int64{}}
		e.sources[k] = s
	}
	return s
}

// legacy reads NetFlow v5.
func (e *exports) legacy(payload []byte) error {
	var m netflowlegacy.PacketNetFlowV5
	if err := netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(payload), &m); err != nil {
		return e.damaged(payload)
	}
	exportUS := int64(m.UnixSecs)*1_000_000 + int64(m.UnixNSecs)/1000
	for i := range m.Records {
		f := &m.Records[i]
		if e.learning {
			if f.Proto == 6 || f.Proto == 17 {
				e.v5++
				if f.SrcPort == 0 && f.DstPort != 0 {
					e.v5NoPort++
				}
			}
			continue
		}
		r := &e.record
		*r = exportRecord{raw: payload[24+48*i : 24+48*(i+1)], exportUS: exportUS, uptimeMS: m.SysUptime, uptime: true, src: ipv4(uint32(f.SrcAddr)), dst: ipv4(uint32(f.DstAddr))}
		r.set(roleBytes, uint64(f.DOctets))
		r.set(rolePackets, uint64(f.DPkts))
		r.set(roleFirstUptime, uint64(f.First))
		r.set(roleLastUptime, uint64(f.Last))
		r.set(roleSrcPort, uint64(f.SrcPort))
		r.set(roleDstPort, uint64(f.DstPort))
		r.set(roleFlags, uint64(f.TCPFlags))
		r.set(roleProto, uint64(f.Proto))
		// The upper two bits are the mode; an interval of 0 is no sampling.
		r.set(roleRate, uint64(max(1, m.SamplingInterval&0x3fff)))
		if err := e.deliver(r); err != nil {
			return err
		}
	}
	return nil
}

func ipv4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// modern reads NetFlow v9 and IPFIX.
func (e *exports) modern(from netip.Addr, payload []byte) error {
	version := binary.BigEndian.Uint16(payload)
	key := sourceKey{from: from, version: version}
	message := exportRecord{}
	if version == 9 {
		key.domain = binary.BigEndian.Uint32(payload[16:])
		message.uptime, message.uptimeMS = true, binary.BigEndian.Uint32(payload[4:])
		message.exportUS = int64(binary.BigEndian.Uint32(payload[8:])) * 1_000_000
	} else {
		key.domain = binary.BigEndian.Uint32(payload[12:])
		message.exportUS = int64(binary.BigEndian.Uint32(payload[4:])) * 1_000_000
	}
	e.current = e.source(key)
	var v9 netflow.NFv9Packet
	var ipfix netflow.IPFIXPacket
	// The templates go to e.AddTemplate. That no data set finds one is intended.
	err := netflow.DecodeMessageVersion(bytes.NewBuffer(payload), e, &v9, &ipfix)
	sets := v9.FlowSets
	if version == 10 {
		sets = ipfix.FlowSets
	}
	for _, s := range sets {
		if raw, ok := s.(netflow.RawFlowSet); ok {
			if err := e.dataSet(raw.Id, raw.Records, &message); err != nil {
				return err
			}
		}
	}
	if err != nil && !notFound(err) {
		return e.damaged(payload)
	}
	return nil
}

func (e *exports) dataSet(id uint16, data []byte, message *exportRecord) error {
	t := e.current.templates[id]
	if t == nil {
		t = e.current.firstTemplates[id]
	}
	if t == nil {
		if e.learning {
			e.keep(id, data)
			return nil
		}
		e.number++
		return e.l.reject(e.number, noTemplate, fmt.Appendf(nil, "%x", data[:min(len(data), 64)]))
	}
	if e.learning && !t.options {
		return nil
	}
	for {
		r := &e.record
		*r = *message
		rest, ok := t.read(data, r)
		if !ok {
			return nil // what is left is padding
		}
		data = rest
		if t.options {
			e.current.sampler(r)
			continue
		}
		if !r.has(roleInitMS) && e.current.initMS > 0 {
			r.set(roleInitMS, e.current.initMS)
		}
		if err := e.deliver(r); err != nil {
			return err
		}
	}
}

// keep remembers the last set of a template that did not come yet: it may hold
// sampling rates.
func (e *exports) keep(id uint16, data []byte) {
	s := e.current
	if e.kept+len(data) > mostKept {
		return
	}
	if s.waiting == nil {
		s.waiting = map[uint16][]byte{}
	}
	e.kept += len(data) - len(s.waiting[id])
	s.waiting[id] = bytes.Clone(data)
}

// options reads the kept set of an options template.
func (s *observer) options(id uint16, t *template) {
	for data, ok := s.waiting[id], true; ok; {
		var r exportRecord
		if data, ok = t.read(data, &r); ok {
			s.sampler(&r)
		}
	}
}

// sampler keeps the rate and the begin of the uptime that an options record tells.
func (s *observer) sampler(r *exportRecord) {
	if r.has(roleInitMS) {
		s.initMS = r.values[roleInitMS]
	}
	if rate := r.ownRate(); rate > 0 {
		id := r.values[roleSampler]
		if len(s.rates) < mostTemplates || s.rates[id] != 0 {
			s.rates[id] = rate
		}
	}
}

// rate returns the rate that holds for a record, 0 if it is not known.
func (s *observer) rate(r *exportRecord) int64 {
	if rate := r.ownRate(); rate > 0 {
		return rate
	}
	if s == nil {
		return 0
	}
	for _, known := range []map[uint64]int64{s.rates, s.firstRates} {
		if rate := known[r.values[roleSampler]]; rate > 0 {
			return rate
		}
		// A record that names no sampler was sampled by the only one there is.
		if !r.has(roleSampler) && len(known) == 1 {
			for _, rate := range known {
				return rate
			}
		}
	}
	return 0
}

func (e *exports) deliver(r *exportRecord) error {
	e.number++
	e.l.clear()
	e.l.doubts = e.l.doubts[:0]
	what, p := e.take.row(e, r)
	switch {
	case what != "":
		e.l.skip(what)
		return nil
	case p != nil:
		return e.l.reject(e.number, *p, fmt.Appendf(nil, "%x", r.raw))
	}
	e.l.sum.Rows++
	return e.l.settle(e.number, nil)
}

func (e *exports) damaged(payload []byte) error {
	if e.learning {
		return nil
	}
	e.number++
	return e.l.reject(e.number, badMessage, fmt.Appendf(nil, "%x", payload[:min(len(payload), 64)]))
}

// text returns the canonical text of an address and its bucket.
func (e *exports) text(a netip.Addr) address {
	t, ok := e.addresses[a]
	if !ok {
		if len(e.addresses) >= textsKept {
			clear(e.addresses)
		}
		t.text = a.Unmap().WithZone("").String()
		t.bucket = e.l.bucket(t.text)
		e.addresses[a] = t
	}
	return t
}
