package raw

import (
	"bytes"
	"strconv"
)

// ArgusCSV reads what Argus' ra -c , writes, with numbers for ports (ra -n) and
// seconds since 1970 (ra -u) or local times: records of both directions,
// whose source Argus takes for the originator.
var ArgusCSV Format = argus(',')

// ArgusTabs is ArgusCSV with tabs, as in binetflow files.
var ArgusTabs Format = argus('\t')

func argus(separator byte) *dialect {
	return &dialect{
		name: "argus", table: "flows", separator: separator, marks: []string{"starttime", "dur", "proto", "srcaddr", "sport", "dir", "dstaddr", "dport", "srcpkts"},
		epoch: true,
		columns: []zeekColumn{
			{"ts", []string{"starttime"}, "", false}, {"src_ip", []string{"srcaddr"}, "", false}, {"src_port", []string{"sport"}, "0", false},
			{"dst_ip", []string{"dstaddr"}, "", false}, {"dst_port", []string{"dport"}, "0", false}, {"proto", []string{"proto"}, "", false},
			{"duration_s", []string{"dur"}, "0", false},
			{"orig_bytes", []string{"srcbytes"}, "", false}, {"resp_bytes", []string{"dstbytes"}, "0", false},
			{"orig_pkts", []string{"srcpkts"}, "", false}, {"resp_pkts", []string{"dstpkts"}, "0", false},
		},
		more: []string{"totbytes", "totpkts", "dir", "srcbytes", "srcpkts"},
		fix:  fixArgus,
	}
}

// Names that ra writes for the ports that matter here, from /etc/services.
var services = map[string]string{
	"domain": "53", "http": "80", "https": "443", "ntp": "123", "ssh": "22", "smtp": "25", "imaps": "993", "imap2": "143", "pop3": "110", "pop3s": "995",
	"bootps": "67", "bootpc": "68", "mdns": "5353", "ftp": "21", "telnet": "23", "snmp": "161", "syslog": "514", "ldap": "389", "http-alt": "8080", "tproxy": "8081",
	"microsoft-ds": "445", "netbios-ns": "137", "netbios-dgm": "138", "netbios-ssn": "139", "ms-wbt-server": "3389", "xmpp-client": "5222", "openvpn": "1194",
}

func fixArgus(r *dialectReader, more, out [][]byte) (string, *problem) {
	switch string(out[flowProto]) {
	case "man":
		return "management record", nil
	case "arp", "llc", "stp", "ether", "lldp":
		return "record of another protocol than IP", nil
	}
	if at := out[flowTS]; len(at) > 10 && at[4] == '/' && at[7] == '/' { // 2018/05/10 10:52:47.283479
		own := r.made(string(at))
		own[4], own[7] = '-', '-'
		out[flowTS] = own
	}
	for _, i := range []int{flowSrcPort, flowDstPort} {
		p := out[i]
		switch {
		case bytes.HasPrefix(p, []byte("0x")): // of ICMP
			n, err := strconv.ParseUint(string(p[2:]), 16, 16)
			if err != nil {
				return "", &portName
			}
			out[i] = r.made(strconv.FormatUint(n, 10))
		case len(p) > 0 && (p[0] < '0' || p[0] > '9'):
			number, ok := services[string(p)]
			if !ok {
				return "", &portName
			}
			out[i] = r.made(number)
		}
	}
	r.rest(out, len(out)-3, more[0], more[3])
	r.rest(out, len(out)-1, more[1], more[4])
	return "", nil
}

// rest fills a column of the responder that the file lacks: total less source.
func (r *dialectReader) rest(out [][]byte, column int, total, source []byte) {
	if len(r.at[column]) > 0 || len(total) == 0 {
		return
	}
	t, err1 := strconv.ParseInt(string(total), 10, 64)
	s, err2 := strconv.ParseInt(string(source), 10, 64)
	if err1 == nil && err2 == nil && t >= s {
		out[column] = r.made(strconv.FormatInt(t-s, 10))
	}
}
