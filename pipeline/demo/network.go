package demo

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
)

// The network logs cover ten days near the end of the meters' data. Addresses
// of servers are in a range that belongs to nobody (RFC 2544).
const (
	networkDays    = 10
	networkClients = 200 // sites first, then subscribers without a site
	networkSeed    = 20231204
)

// networkStart is local midnight: the zone was +06 until 2024-03-01.
func networkStart() time.Time { return clock("2023-12-04 00:00").Add(-6 * time.Hour) }

// clients are the subscribers at the sites, the miners among them as their
// roles say, and others around them that only resemble miners.
func (b *builder) clients(t sim.Traffic) ([]sim.Client, error) {
	clients, err := t.Draw(networkClients, nil)
	if err != nil {
		return nil, err
	}
	for i, s := range b.sites {
		if s.role == nil || s.role.form == sim.NotMining {
			continue
		}
		c := &clients[i]
		c.Form, c.Devices = s.role.form, s.role.mine.Machines
		c.NightOnly = s.role.mine.Duty == sim.Night || s.role.mine.Duty == sim.LongNight
	}
	return clients, nil
}

func traffic() (sim.Traffic, error) {
	t := sim.DefaultTraffic(networkStart())
	t.Seed, t.Days, t.ActiveTimeoutS = networkSeed, networkDays, 1800
	var err error
	t.Zone, err = time.LoadLocation("Asia/Almaty")
	return t, err
}

func (b *builder) subscribers() error {
	t, err := traffic()
	if err != nil {
		return err
	}
	clients, err := b.clients(t)
	if err != nil {
		return err
	}
	head := []string{"ip_prefix", "valid_from", "subscriber_id", "provider", "bin", "address", "site_id"}
	return b.csv("subscribers/leases.csv", head, func(row func(...string)) {
		for i, c := range clients {
			var p datasets.Site
			if i < len(b.sites) {
				p = b.sites[i].place()
			}
			row(netip.PrefixFrom(c.Addr, 32).String(), "2023-01-01T00:00:00+06:00", fmt.Sprintf("SUB-%05d", 40000+13*i), "Sample Telecom", p.BIN, p.Address, p.SiteID)
		}
	})
}

// network writes Zeek logs of the simulated traffic.
func (b *builder) network() error {
	t, err := traffic()
	if err != nil {
		return err
	}
	clients, err := b.clients(t)
	if err != nil {
		return err
	}
	var conn, dns, ssl strings.Builder
	n := 0
	for _, c := range clients {
		rows := t.Client(c)
		for _, f := range rows.Flows {
			n++
			line(&conn, seconds(f.TS), uid(n), f.SrcIP, itoa(f.SrcPort), f.DstIP, itoa(f.DstPort), f.Proto, "-",
				strconv.FormatFloat(f.DurationS, 'f', 6, 64), big(f.OrigBytes), big(f.RespBytes), "SF", big(f.OrigPkts), big(f.RespPkts))
		}
		for _, q := range rows.DNS {
			n++
			line(&dns, seconds(q.TS), uid(n), q.ClientIP, "53124", "198.18.0.53", "53", "udp", q.Query, orDash(strings.ReplaceAll(q.Answers, " ", ",")))
		}
		for _, h := range rows.TLS {
			n++
			line(&ssl, seconds(h.TS), uid(n), h.SrcIP, "50000", h.DstIP, itoa(h.DstPort), orDash(h.SNI))
		}
	}
	logs := []struct {
		name, path, fields, types string
		body                      *strings.Builder
	}{
		{"flows/conn.log.gz", "conn",
			"ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state orig_pkts resp_pkts",
			"time string addr port addr port enum string interval count count string count count", &conn},
		{"dns/dns.log.gz", "dns", "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto query answers", "time string addr port addr port enum string vector[string]", &dns},
		{"tls/ssl.log.gz", "ssl", "ts uid id.orig_h id.orig_p id.resp_h id.resp_p server_name", "time string addr port addr port string", &ssl},
	}
	for _, l := range logs {
		err := b.file(l.name, func(w io.Writer) error {
			tabs := func(s string) string { return strings.ReplaceAll(s, " ", "\t") }
			_, err := fmt.Fprintf(w, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t%s\n#fields\t%s\n#types\t%s\n%s",
				l.path, tabs(l.fields), tabs(l.types), l.body)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func line(b *strings.Builder, cells ...string) {
	b.WriteString(strings.Join(cells, "\t"))
	b.WriteByte('\n')
}

func seconds(t datasets.Micros) string { return fmt.Sprintf("%d.%06d", t/1_000_000, t%1_000_000) }
func uid(n int) string                 { return fmt.Sprintf("C%08d", n) }
func itoa(v int32) string              { return strconv.Itoa(int(v)) }
func big(v int64) string               { return strconv.FormatInt(v, 10) }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
