package raw

import (
	"bytes"
	"strconv"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// NfdumpCSV reads what nfdump -o csv writes: 48 columns and more in 1.6 and 1.7
// to 1.7.4 (ts, te, td, sa, da …), a dozen from 1.7.5 on (firstSeen, duration,
// proto …). Times are local to the machine that ran nfdump; they are read in
// the workspace's zone. The summary at the end is passed over.
var NfdumpCSV Format = &dialect{
	name: "nfdump-csv", table: "flows", separator: ',', marks: []string{"ts", "te", "td", "sa", "da", "sp", "dp", "pr", "ipkt", "ibyt"}, end: "Summary", oneWay: true,
	columns: []zeekColumn{
		{"ts", []string{"ts"}, "", false}, {"src_ip", []string{"sa"}, "", false}, {"src_port", []string{"sp"}, "0", false},
		{"dst_ip", []string{"da"}, "", false}, {"dst_port", []string{"dp"}, "0", false}, {"proto", []string{"pr"}, "", false},
		{"duration_s", []string{"td"}, "", false},
		{"orig_bytes", []string{"ibyt"}, "", false}, {"resp_bytes", []string{"obyt"}, "0", false},
		{"orig_pkts", []string{"ipkt"}, "", false}, {"resp_pkts", []string{"opkt"}, "0", false},
	},
	more: []string{"te", "flg"},
	fix:  fixNfdump,
}

// NfdumpShortCSV reads the format of nfdump 1.7.5 and later.
var NfdumpShortCSV Format = &dialect{
	name: "nfdump-csv", table: "flows", separator: ',', marks: []string{"firstseen", "duration", "proto", "srcaddr", "srcport", "dstaddr", "dstport", "packets", "bytes"}, end: "Summary", oneWay: true,
	columns: []zeekColumn{
		{"ts", []string{"firstseen"}, "", false}, {"src_ip", []string{"srcaddr"}, "", false}, {"src_port", []string{"srcport"}, "0", false},
		{"dst_ip", []string{"dstaddr"}, "", false}, {"dst_port", []string{"dstport"}, "0", false}, {"proto", []string{"proto"}, "", false},
		{"duration_s", []string{"duration"}, "", false},
		{"orig_bytes", []string{"bytes"}, "", false}, {"resp_bytes", nil, "0", false},
		{"orig_pkts", []string{"packets"}, "", false}, {"resp_pkts", nil, "0", false},
	},
	more: []string{"lastseen", "flags"},
	fix:  fixNfdump,
}

// Columns of both layouts, in their order.
const (
	flowTS = iota
	flowSrcIP
	flowSrcPort
	flowDstIP
	flowDstPort
	flowProto
	flowDuration
)

// longestSwap is the longest span by which a last packet may lie before the
// first and the two be taken as exchanged: above every active timeout in use
// (1800 s), so that only two packets of one record can be so far apart.
const longestSwap = time.Hour

// swapped is the doubt of a record whose last packet was before its first.
const swapped = "ts: last packet before the first"

func fixNfdump(r *dialectReader, more, out [][]byte) (string, *problem) {
	last, flags := more[0], more[1]
	r.syn = bytes.IndexByte(flags, 'S') >= 0 && bytes.IndexByte(flags, 'A') < 0
	d := out[flowDuration]
	// A negative duration prints as an unsigned number of milliseconds
	// (18446744073709540.000), or as such.
	if len(d) > 0 && d[0] == '-' || len(d) > 14 {
		r.doubt = swapped
		first, errF := datasets.ParseStamp(out[flowTS])
		end, errL := datasets.ParseStamp(last)
		gap := int64(first.Micros - end.Micros)
		out[flowDuration] = r.made("0")
		if errF == nil && errL == nil && gap >= 0 && gap <= longestSwap.Microseconds() {
			out[flowTS] = last
			out[flowDuration] = r.made(strconv.FormatFloat(float64(gap)/1e6, 'f', -1, 64))
		}
	} else if bytes.IndexByte(d, ':') >= 0 {
		span, ok := clockSpan(string(d))
		if !ok {
			return "", &badLast
		}
		out[flowDuration] = r.made(strconv.FormatFloat(span, 'f', -1, 64))
	}
	if p := out[flowProto]; len(p) >= 4 && bytes.EqualFold(p[:4], []byte("icmp")) || string(p) == "1" || string(p) == "58" {
		icmpPorts(r, out)
	}
	return "", nil
}

// clockSpan reads 00:01:02.345 as seconds.
func clockSpan(s string) (float64, bool) {
	at, err := datasets.ParseStamp("1970-01-01T" + s)
	return float64(at.Micros) / 1e6, err == nil
}

// icmpPorts turns type and code, which nfdump and routers give as the
// destination port (type.code, or type*256 + code), into two columns. Where
// the record has neither, they stay 0, as of an echo reply.
func icmpPorts(r *dialectReader, out [][]byte) {
	kind, code, dotted := bytes.Cut(out[flowDstPort], []byte("."))
	if !dotted {
		n, err := strconv.Atoi(string(out[flowDstPort]))
		if err != nil || n == 0 {
			return
		}
		kind, code = r.made(strconv.Itoa(n>>8)), r.made(strconv.Itoa(n&255))
	}
	out[flowSrcPort], out[flowDstPort] = kind, code
}
