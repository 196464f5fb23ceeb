package raw

import (
	"bytes"
	"strconv"
)

// GoflowJSON reads the flow messages that goflow2 writes as JSON lines: one
// direction a record, sampled one in sampling_rate; bytes and packets are
// multiplied by it.
var GoflowJSON Format = &jsonDialect{
	name: "goflow2-json", mark: `"sampler_address"`,
	tables: []jsonTable{{table: "flows", fix: fixGoflow, oneWay: true,
		more: []string{"sampling_rate", "time_flow_start_ns", "time_flow_end_ns", "time_received_ns", "icmp_type", "icmp_code"},
		columns: []zeekColumn{
			{"ts", nil, "", false}, {"src_ip", []string{"src_addr"}, "", false}, {"src_port", []string{"src_port"}, "0", false},
			{"dst_ip", []string{"dst_addr"}, "", false}, {"dst_port", []string{"dst_port"}, "0", false}, {"proto", []string{"proto"}, "", false},
			{"duration_s", nil, "0", false},
			{"orig_bytes", []string{"bytes"}, "0", false}, {"resp_bytes", nil, "0", false},
			{"orig_pkts", []string{"packets"}, "0", false}, {"resp_pkts", nil, "0", false},
			{"sampling", nil, "0", false},
		}}},
}

const (
	flowBytes    = 7
	flowPackets  = 9
	flowSampling = 11
)

// unsampled is the doubt of a record whose exporter did not say whether it
// counted every packet.
const unsampled = "sampling: rate unknown, bytes and packets as counted"

func fixGoflow(r *jsonReader, more, out [][]byte) (string, *problem) {
	first, last := nanos(more[1]), nanos(more[2])
	if first == 0 {
		first, last = nanos(more[3]), nanos(more[3])
	}
	out[flowTS] = r.seconds(first / 1000)
	if last >= first {
		out[flowDuration] = r.seconds((last - first) / 1000)
	} else {
		r.doubt = swapped
	}
	if p := out[flowProto]; bytes.HasPrefix(p, []byte("ICMP")) && more[4] != nil && more[5] != nil {
		out[flowSrcPort], out[flowDstPort] = more[4], more[5]
	} else if bytes.HasPrefix(p, []byte("IPv6-ICMP")) {
		out[flowProto] = r.made("icmp")
	}
	rate := nanos(more[0])
	if rate <= 0 || rate > 1<<31-1 {
		r.doubt = unsampled
		return "", nil
	}
	out[flowSampling] = r.made(strconv.FormatInt(rate, 10))
	for _, i := range []int{flowBytes, flowPackets} {
		n, err := strconv.ParseInt(string(out[i]), 10, 64)
		if err != nil || n < 0 || n > (1<<53)/rate {
			return "", &outOfRange
		}
		out[i] = r.made(strconv.FormatInt(n*rate, 10))
	}
	return "", nil
}

// nanos reads a whole number, in quotes or not; 0 if it is none.
func nanos(value []byte) int64 {
	if value == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(plainJSON(value)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
