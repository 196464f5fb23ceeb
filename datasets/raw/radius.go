package raw

import (
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// RadiusCSV reads RADIUS accounting as CSV, columns named as the attributes of
// RFC 2866 (Acct-Status-Type, User-Name, Framed-IP-Address …): who used which
// address and when. A Start opens a lease; an Interim-Update and a Stop say
// when it was opened, by the session's time. A Stop that comes to the same
// second closes it, superseding the Start. Accounting-On and -Off are passed over.
var RadiusCSV Format = radius("radius", "acct-status-type", "framed-ip-address")

// RadiusUnderCSV is RadiusCSV with underscores, as databases name columns.
var RadiusUnderCSV Format = radius("radius", "acct_status_type", "framed_ip_address")

func radius(name, status, address string) *dialect {
	of := func(fields ...string) []string {
		if strings.Contains(status, "_") {
			for i := range fields {
				fields[i] = strings.ReplaceAll(fields[i], "-", "_")
			}
		}
		return fields
	}
	return &dialect{
		name: name, table: "subscribers", epoch: true, separator: ',', marks: []string{status, address},
		columns: []zeekColumn{
			{"ip_prefix", []string{address}, "", false},
			{"valid_from", of("event-timestamp", "timestamp", "acct-start-time", "date"), "", false},
			{"valid_to", nil, "", false},
			{"subscriber_id", of("user-name", "calling-station-id", "subscriber-id"), "", false},
			{"provider", of("provider", "nas-identifier"), "", false},
			{"port_from", of("port-from", "port-start"), "", false},
			{"port_to", of("port-to", "port-end"), "", false},
		},
		more: append([]string{status}, of("acct-session-time")...),
		fix:  fixRadius,
	}
}

const (
	leaseFrom = 1
	leaseTo   = 2
)

var badSession = problem{"not a session time", "Acct-Session-Time holds whole seconds"}

func fixRadius(r *dialectReader, more, out [][]byte) (string, *problem) {
	status, session := strings.ToLower(string(more[0])), more[1]
	switch status {
	case "start", "1":
		return "", nil
	case "stop", "2", "interim-update", "alive", "3":
	case "accounting-on", "accounting-off", "7", "8":
		return "event of the access server", nil
	default:
		return "", &problem{"not a status of RADIUS accounting", "Acct-Status-Type is Start, Stop or Interim-Update"}
	}
	at, local, p := r.instant(out[leaseFrom])
	if p != nil {
		return "", p
	}
	seconds, p := parseWhole(session, 0, 1e9, 1e9)
	if p != nil {
		return "", &badSession
	}
	if status == "stop" || status == "2" {
		out[leaseTo] = out[leaseFrom]
	}
	out[leaseFrom] = r.stampText(at-datasets.Micros(seconds*1e6), local)
	return "", nil
}

// instant reads seconds since 1970 or a time.
func (r *dialectReader) instant(cell []byte) (at datasets.Micros, local bool, p *problem) {
	if len(cell) >= 9 && cell[4] != '-' {
		stamp, p := epoch(cell)
		return stamp.Micros, false, p
	}
	stamp, err := datasets.ParseStamp(cell)
	if err != nil {
		return 0, false, &badStamp
	}
	return stamp.Micros, stamp.Local, nil
}

// stampText writes a time as it is delivered.
func (r *dialectReader) stampText(at datasets.Micros, local bool) []byte {
	form := "2006-01-02T15:04:05.999999Z"
	if local {
		form = "2006-01-02T15:04:05.999999"
	}
	return r.made(at.Time().Format(form))
}
