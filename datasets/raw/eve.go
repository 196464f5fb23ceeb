package raw

import (
	"bytes"
	"encoding/json"

	"github.com/minewatch/minewatch/datasets"
)

// EVE reads Suricata's event log: events of type flow into flows, dns into dns,
// tls into tls. One file mixes them; what is not of the folder's table is
// passed over and counted, so a copy goes into each of the three folders.
// The signatures of alerts become the label (app) of the flow with the same
// flow_id and addresses that ends later in the file.
//
// dns comes in three versions: one event for each answer (1), one for all
// answers to a query (2), and one with lists of queries and answers (3). The
// query and its answer are two events and two rows. The client is who does not
// use port 53, since version 1 gives answers the direction of their packet.
var EVE Format = &jsonDialect{
	name: "suricata-eve", mark: `"event_type"`,
	tables: []jsonTable{
		{table: "flows", fix: fixEVEFlow, alerts: true, more: []string{"event_type", "flow.start", "flow.end", "icmp_type", "icmp_code", "flow_id", "src_ip", "dest_ip"}, columns: []zeekColumn{
			{"ts", []string{"flow.start"}, "", false}, {"src_ip", []string{"src_ip"}, "", false}, {"src_port", []string{"src_port"}, "0", false},
			{"dst_ip", []string{"dest_ip"}, "", false}, {"dst_port", []string{"dest_port"}, "0", false}, {"proto", []string{"proto"}, "", false},
			{"duration_s", nil, "0", false},
			{"orig_bytes", []string{"flow.bytes_toserver"}, "0", false}, {"resp_bytes", []string{"flow.bytes_toclient"}, "0", false},
			{"orig_pkts", []string{"flow.pkts_toserver"}, "0", false}, {"resp_pkts", []string{"flow.pkts_toclient"}, "0", false},
			{"app", nil, "", false},
		}},
		{table: "dns", fix: fixEVEDNS, more: []string{"event_type", "src_ip", "dest_ip", "src_port", "dest_port", "dns.queries", "dns.answers", "dns.query"}, columns: []zeekColumn{
			{"ts", []string{"timestamp"}, "", false}, {"client_ip", []string{"src_ip"}, "", false},
			{"query", []string{"dns.rrname"}, "", false}, {"answers", []string{"dns.rdata"}, "", false},
		}},
		{table: "tls", fix: fixEVETLS, more: []string{"event_type"}, columns: []zeekColumn{
			{"ts", []string{"timestamp"}, "", false}, {"src_ip", []string{"src_ip"}, "", false}, {"dst_ip", []string{"dest_ip"}, "", false},
			{"dst_port", []string{"dest_port"}, "", false}, {"sni", []string{"tls.sni"}, "", false},
			{"ja3", []string{"tls.ja3.hash"}, "", false}, {"ja4", []string{"tls.ja4"}, "", false}, {"src_port", []string{"src_port"}, "", false},
		}},
	},
}

// otherEvent names an event that is not of the wanted type.
func otherEvent(value []byte, want string) string {
	kind := ""
	if value != nil {
		kind = string(plainJSON(value))
	}
	switch kind {
	case want:
		return ""
	case "flow", "dns", "tls":
		return kind + " event"
	case "alert", "http", "stats", "netflow", "fileinfo", "anomaly", "ssh", "smtp", "quic":
		return kind + " event"
	}
	return "event of another type"
}

// eveApp is the place of app among the columns of a flow event.
const eveApp = 11

func fixEVEFlow(r *jsonReader, more, out [][]byte) (string, *problem) {
	if what := otherEvent(more[0], "flow"); what != "" {
		if string(more[0]) == string(alertMark) {
			r.alerts.note(r.text, r.number)
		}
		return what, nil
	}
	if label := r.alerts.label(more[5], more[6], more[7], r.number); label != "" {
		out[eveApp] = r.made(label)
	}
	if more[1] == nil || more[2] == nil {
		return "", nil // the missing time is told by its column
	}
	first, err1 := datasets.ParseStamp(plainJSON(more[1]))
	last, err2 := datasets.ParseStamp(plainJSON(more[2]))
	switch {
	case err1 != nil || err2 != nil:
	case last.Micros < first.Micros:
		r.doubt = swapped
	default:
		out[flowDuration] = r.seconds(int64(last.Micros - first.Micros))
	}
	if more[3] != nil && more[4] != nil {
		out[flowSrcPort], out[flowDstPort] = more[3], more[4]
	}
	return "", nil
}

func fixEVETLS(_ *jsonReader, more, _ [][]byte) (string, *problem) {
	return otherEvent(more[0], "tls"), nil
}

func fixEVEDNS(r *jsonReader, more, out [][]byte) (string, *problem) {
	if what := otherEvent(more[0], "dns"); what != "" {
		return what, nil
	}
	if string(more[3]) == "53" && string(more[4]) != "53" && more[2] != nil {
		out[1] = plainJSON(more[2])
	}
	queries, answers := more[5], more[6]
	if queries == nil {
		queries = more[7]
	}
	if len(out[2]) == 0 && queries != nil {
		out[2] = firstMember(queries, "rrname")
	}
	if answers != nil && answers[0] == '[' {
		var list []struct {
			RData string `json:"rdata"`
		}
		if json.Unmarshal(answers, &list) == nil {
			var joined []byte
			for _, a := range list {
				if a.RData == "" {
					continue
				}
				if len(joined) > 0 {
					joined = append(joined, ' ')
				}
				joined = appendItem(joined, canonicalAnswer([]byte(a.RData)))
			}
			out[3] = joined
		}
	} else if len(out[3]) > 0 {
		out[3] = appendItem(nil, canonicalAnswer(out[3]))
	}
	return "", nil
}

// canonicalAnswer writes an address as the other tables have it.
func canonicalAnswer(rdata []byte) []byte {
	if a, p := parseIP(rdata); p == nil {
		return []byte(a)
	}
	return rdata
}

// firstMember returns a text of the first object in a list.
func firstMember(list []byte, name string) []byte {
	start := bytes.IndexByte(list, '{')
	if list[0] != '[' || start < 0 || len(bytes.Trim(list[1:start], " \t\r\n")) > 0 {
		return nil
	}
	object := list[start:]
	return firstOf(object[:valueEnd(object, 0)], name)
}
