package raw

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
)

// A role is what a field of a flow record means here.
type role uint8

// The roles of fields.
const (
	roleNone role = iota
	roleBytes
	rolePackets
	roleRespBytes
	roleRespPackets
	roleProto
	roleFlags
	roleSrcPort
	roleDstPort
	roleSrc
	roleDst
	roleFirstUptime
	roleLastUptime
	roleFirstS
	roleLastS
	roleFirstMS
	roleLastMS
	roleFirstNTP
	roleLastNTP
	roleFirstDelta
	roleLastDelta
	roleInitMS
	roleDurationMS
	roleRate
	roleSampler
	roleSampleSize
	roleSampleSpace
	rolePopulation
	roleICMP
	roleICMPType
	roleICMPCode
	roleNATEvent
	rolePostSrc
	rolePostSrcPort
	rolePortStart
	rolePortEnd
	rolePortStep
	rolePortCount
	roleObservedMS
	roleObservedS
	roleCount
)

// Information elements by the IANA registry of IPFIX, whose numbers up to 127
// are those of NetFlow v9 (RFC 3954, RFC 7012, RFC 8158 for NAT).
var elements = map[uint16]role{
	1: roleBytes, 2: rolePackets, 85: roleBytes, 86: rolePackets, 231: roleBytes, 232: roleRespBytes, 298: rolePackets, 299: roleRespPackets,
	4: roleProto, 6: roleFlags, 7: roleSrcPort, 11: roleDstPort, 8: roleSrc, 27: roleSrc, 12: roleDst, 28: roleDst,
	22: roleFirstUptime, 21: roleLastUptime, 150: roleFirstS, 151: roleLastS, 152: roleFirstMS, 153: roleLastMS,
	154: roleFirstNTP, 155: roleLastNTP, 156: roleFirstNTP, 157: roleLastNTP, 158: roleFirstDelta, 159: roleLastDelta, 160: roleInitMS, 161: roleDurationMS,
	34: roleRate, 50: roleRate, 305: roleSampleSize, 306: roleSampleSpace, 309: roleSampleSize, 310: rolePopulation, 48: roleSampler, 302: roleSampler,
	32: roleICMP, 139: roleICMP, 176: roleICMPType, 177: roleICMPCode, 178: roleICMPType, 179: roleICMPCode,
	230: roleNATEvent, 225: rolePostSrc, 281: rolePostSrc, 227: rolePostSrcPort, 361: rolePortStart, 362: rolePortEnd, 363: rolePortStep, 364: rolePortCount,
	323: roleObservedMS, 322: roleObservedS,
}

// reversePEN marks the fields of the reverse direction (RFC 5103).
const reversePEN = 29305

// An exportRecord is one record with its fields by role.
type exportRecord struct {
	values        [roleCount]uint64
	mask          uint64 // of roles that are there
	src, dst, nat netip.Addr
	raw           []byte
	exportUS      int64 // when the message was sent
	uptime        bool  // the message says the exporter's uptime then
	uptimeMS      uint32
}

func (r *exportRecord) has(x role) bool { return r.mask>>x&1 == 1 }

func (r *exportRecord) set(x role, v uint64) {
	r.values[x] = v
	r.mask |= 1 << x
}

// ownRate returns the rate that the record itself tells, 0 if none.
func (r *exportRecord) ownRate() int64 {
	var rate uint64
	size := r.values[roleSampleSize]
	switch {
	case r.values[roleRate] > 0:
		rate = r.values[roleRate]
	case size > 0 && r.has(rolePopulation):
		rate = r.values[rolePopulation] / size
	case size > 0 && r.has(roleSampleSpace):
		rate = (size + r.values[roleSampleSpace]) / size
	default:
		// An interval without a space is, in practice, one packet in so many.
		rate = size
	}
	if rate > 1<<31-1 {
		return 0
	}
	return int64(rate)
}

// A template says how the records of a set are laid out.
type template struct {
	fields  []templateField
	least   int  // bytes of the shortest record
	fixed   bool // every record is that long
	options bool
}

type templateField struct {
	role   role
	length int // variable if it is that of variableLength
}

const variableLength = 0xffff

func compile(options bool, lists ...[]netflow.Field) *template {
	t := &template{fixed: true, options: options}
	for _, list := range lists {
		for _, f := range list {
			x := roleNone
			switch {
			case !f.PenProvided && f.Type&0x8000 == 0:
				x = elements[f.Type]
			case f.Pen == reversePEN && f.Type&0x7fff == 1:
				x = roleRespBytes
			case f.Pen == reversePEN && f.Type&0x7fff == 2:
				x = roleRespPackets
			}
			t.fields = append(t.fields, templateField{x, int(f.Length)})
			if f.Length == variableLength {
				t.fixed = false
				t.least++
			} else {
				t.least += int(f.Length)
			}
		}
	}
	return t
}

// read reads the record that data begins with. It returns false if there is
// none: what is left is padding, or cut off.
func (t *template) read(data []byte, r *exportRecord) (rest []byte, ok bool) {
	if t.least == 0 || len(data) < t.least {
		return data, false
	}
	start := data
	for _, f := range t.fields {
		n := f.length
		if n == variableLength {
			if len(data) == 0 {
				return start, false
			}
			n, data = int(data[0]), data[1:]
			if n == 255 {
				if len(data) < 2 {
					return start, false
				}
				n, data = int(binary.BigEndian.Uint16(data)), data[2:]
			}
		}
		if n > len(data) {
			return start, false
		}
		if f.role != roleNone {
			r.field(f.role, data[:n])
		}
		data = data[n:]
	}
	r.raw = start[:len(start)-len(data)]
	return data, true
}

func (r *exportRecord) field(x role, v []byte) {
	switch x {
	case roleSrc, roleDst, rolePostSrc:
		a, ok := netip.AddrFromSlice(v)
		if !ok || a.IsUnspecified() && r.has(x) {
			return // of two families, the other one is meant
		}
		switch x {
		case roleSrc:
			r.src = a
		case roleDst:
			r.dst = a
		default:
			r.nat = a
		}
		r.mask |= 1 << x
		return
	}
	n := uint64(0)
	switch len(v) {
	case 1:
		n = uint64(v[0])
	case 2:
		n = uint64(binary.BigEndian.Uint16(v))
	case 4:
		n = uint64(binary.BigEndian.Uint32(v))
	case 8:
		n = binary.BigEndian.Uint64(v)
	default:
		if len(v) == 0 || len(v) > 8 {
			return
		}
		for _, b := range v {
			n = n<<8 | uint64(b)
		}
	}
	if n == 0 && r.values[x] != 0 {
		return // two fields of one meaning, of which one is not used
	}
	r.set(x, n)
}

// The methods of netflow.NetFlowTemplateSystem: goflow2 hands over templates,
// and finds none, so that it leaves data sets as they are.
var _ netflow.NetFlowTemplateSystem = (*exports)(nil)

// AddTemplate keeps a template for the source of the current message.
func (e *exports) AddTemplate(_ uint16, _ uint32, id uint16, decoded interface{}) error {
	var t *template
	switch d := decoded.(type) {
	case netflow.TemplateRecord:
		t = compile(false, d.Fields)
	case netflow.NFv9OptionsTemplateRecord:
		// Scope types are numbers of their own: 1 is the system, not bytes.
		scopes := make([]netflow.Field, len(d.Scopes))
		for i, s := range d.Scopes {
			scopes[i] = netflow.Field{Type: 0x8000, PenProvided: true, Length: s.Length}
		}
		t = compile(true, scopes, d.Options)
	case netflow.IPFIXOptionsTemplateRecord:
		t = compile(true, d.Scopes, d.Options)
	default:
		return nil
	}
	if t.least == 0 || len(e.current.templates) >= mostTemplates && e.current.templates[id] == nil {
		return nil // a withdrawal, or too many
	}
	if e.learning && e.current.templates[id] != nil && !t.options {
		return nil // the first one counts before it comes
	}
	if e.learning && t.options && e.current.templates[id] == nil {
		e.current.options(id, t)
	}
	e.current.templates[id] = t
	return nil
}

// GetTemplate finds none.
func (e *exports) GetTemplate(uint16, uint32, uint16) (interface{}, error) {
	return nil, netflow.ErrorTemplateNotFound
}

// RemoveTemplate removes none.
func (e *exports) RemoveTemplate(uint16, uint32, uint16) (interface{}, error) {
	return nil, netflow.ErrorTemplateNotFound
}

// GetTemplates returns none.
func (e *exports) GetTemplates() netflow.FlowBaseTemplateSet { return nil }

func notFound(err error) bool { return errors.Is(err, netflow.ErrorTemplateNotFound) }
