package stitch

import (
	"cmp"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// names gives each text a number; 0 is the empty text.
type names struct {
	numbers map[string]int32
	texts   []string
}

func newNames() names { return names{map[string]int32{"": 0}, []string{""}} }

// number returns the number of a text, which need not outlive the call.
func (n *names) number(s string) int32 {
	if v, ok := n.numbers[s]; ok {
		return v
	}
	s = strings.Clone(s)
	v := int32(len(n.texts))
	n.numbers[s] = v
	n.texts = append(n.texts, s)
	return v
}

func (n *names) text(v int32) string { return n.texts[v] }

type helloKey struct {
	src, dst     int32
	sport, dport uint16 // sport is 0 where the log has none
}

// A hello is a TLS handshake.
type hello struct {
	at  datasets.Micros
	sni int32
}

func (x *Stitcher) learn(tls []datasets.TLS) {
	for i := range tls {
		if t := &tls[i]; t.SNI != "" {
			k := helloKey{x.names.number(t.SrcIP), x.names.number(t.DstIP), uint16(t.SrcPort), uint16(t.DstPort)}
			x.hello[k] = append(x.hello[k], hello{t.TS, x.names.number(t.SNI)})
		}
	}
	for _, list := range x.hello {
		slices.SortFunc(list, func(a, b hello) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(x.names.text(a.sni), x.names.text(b.sni)))
		})
	}
}

// latestHello is how long after its first packet a connection may say the name:
// some protocols change to TLS after a greeting.
const latestHello = 30 * second

// helloOf returns the name said at the beginning of a connection: where the log has the client's port the latest
// that was said on it, else the first of a handshake that is not older.
//
// Of a connection of which one packet in n is counted the first one counted comes
// 6 s x n after the handshake on average ([sampledGap]). A name said within three
// times that before is the connection's if no other was said to the server meanwhile.
func (x *Stitcher) helloOf(k tuple, at datasets.Micros, sampling int32) int32 {
	if len(x.hello) == 0 {
		return 0
	}
	said := x.hello[helloKey{k.src, k.dst, k.sport, k.dport}]
	if n, _ := slices.BinarySearchFunc(said, at+latestHello+1, func(h hello, t datasets.Micros) int { return cmp.Compare(h.at, t) }); n > 0 {
		return said[n-1].sni
	}
	list := x.hello[helloKey{k.src, k.dst, 0, k.dport}]
	since := at - clockSlack
	if sampling > 1 {
		since = at - min(day, 18*second*datasets.Micros(sampling))
	}
	i, _ := slices.BinarySearchFunc(list, since, func(h hello, t datasets.Micros) int { return cmp.Compare(h.at, t) })
	if i == len(list) || list[i].at > at+latestHello {
		return 0
	}
	if sampling > 1 {
		for _, other := range list[i+1:] {
			if other.at > at+latestHello {
				break
			}
			if other.sni != list[i].sni {
				return 0
			}
		}
	}
	return list[i].sni
}
