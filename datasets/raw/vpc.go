package raw

// VPCFlow reads flow logs of cloud networks: fields with names in a header,
// separated by spaces, times in seconds since 1970, protocols by number.
// Records without traffic (NODATA, SKIPDATA) are passed over.
var VPCFlow Format = &dialect{
	name: "vpc-flow-log", table: "flows", separator: ' ', marks: []string{"srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"},
	none: "-", epoch: true, oneWay: true,
	columns: []zeekColumn{
		{"ts", []string{"start"}, "", false}, {"src_ip", []string{"srcaddr"}, "", false}, {"src_port", []string{"srcport"}, "0", false},
		{"dst_ip", []string{"dstaddr"}, "", false}, {"dst_port", []string{"dstport"}, "0", false}, {"proto", []string{"protocol"}, "", false},
		{"duration_s", nil, "0", false},
		{"orig_bytes", []string{"bytes"}, "", false}, {"resp_bytes", nil, "0", false},
		{"orig_pkts", []string{"packets"}, "", false}, {"resp_pkts", nil, "0", false},
	},
	more: []string{"end", "log-status", "tcp-flags", "start"},
	fix:  fixVPC,
}

// VPCFlowCSV is VPCFlow with commas.
var VPCFlowCSV Format = withComma(VPCFlow.(*dialect))

func withComma(d *dialect) *dialect {
	c := *d
	c.separator = ','
	return &c
}

func fixVPC(r *dialectReader, more, out [][]byte) (string, *problem) {
	end, status, flags, start := more[0], string(more[1]), string(more[2]), more[3]
	if status == "NODATA" || status == "SKIPDATA" {
		return "record without data", nil
	}
	r.syn = flags == "2" // SYN alone; SYN and ACK are 18
	from, p := parseDecimal(start, 6, false)
	if p != nil {
		return "", &badStamp
	}
	to, p := parseDecimal(end, 6, false)
	if p != nil {
		return "", &badLast
	}
	if to < from {
		r.doubt = swapped
		to = from
	}
	out[flowDuration] = r.seconds(to - from)
	return "", nil
}
