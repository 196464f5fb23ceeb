package sim

import (
	"fmt"
	"math"
	"time"
)

// server returns a talk with a named server.
func (s *sim) server(host string, port int32, tls bool) talk {
	return talk{addr: s.t.addr(host), port: port, proto: "tcp", host: host, tls: tls}
}

// own returns a talk with a server that only this client uses, by address.
func (s *sim) own(what string, port int32) talk {
	return talk{addr: s.t.addr(what + s.c.Addr.String()), port: port, proto: "tcp"}
}

// packets sets rates (a minute) and sizes (bytes).
func (k talk) packets(orig, resp, origBytes, respBytes, burst float64) talk {
	k.pktsMin, k.respMin, k.bytesPkt, k.respPkt, k.burst = orig, resp, origBytes, respBytes, burst
	return k
}

// browse opens short connections to many sites by day and evening.
func (s *sim) browse() {
	s.eachDay(func(day time.Time) {
		for range s.poisson(float64(s.t.WebPerDay)) {
			k := s.server(fmt.Sprintf("site-%d.example", int(math.Exp(s.between(0, math.Log(3000))))), 443, true)
			k.start = s.at(day, 7, 25)
			k.end = k.start.Add(time.Duration(s.between(2, 240)) * time.Second)
			s.connect(k.packets(s.between(60, 600), s.between(80, 1200), s.between(90, 200), s.between(600, 1350), 0))
		}
	})
}

// mine holds the sessions of a miner.
func (s *sim) mine() {
	if s.c.Form == NotMining {
		return
	}
	pool := s.t.Pools[s.rng.IntN(len(s.t.Pools))]
	orig, resp := s.between(4, 14), s.between(4, 12)
	origBytes, respBytes := s.between(75, 170), s.between(105, 260)
	var k talk
	sessions := 1
	switch s.c.Form {
	case Plain, Rigs:
		k = s.server(pool.Host, pool.Port, false)
		sessions = s.c.Devices
	case TLS:
		k = s.server(pool.Host, pool.TLSPort, true)
		origBytes += 40
		respBytes += 40
	case Private:
		k = talk{addr: s.t.addr("private pool " + fmt.Sprint(s.rng.IntN(3))), port: 443 + s.rng.Int32N(2)*8000, proto: "tcp"}
	case FarmProxy:
		k = s.server(pool.Host, pool.Port, false) // shares of all devices in one session
		shares := 0.4 * float64(s.c.Devices)
		orig, resp = min(55, orig+shares), min(55, resp+shares)
	case WebSocket:
		// A decoy site of the farm's own behind the network's shared addresses.
		k = s.server(fmt.Sprintf("decoy-%d.example", s.rng.IntN(1<<20)), 443, true)
		origBytes, respBytes = origBytes+60, respBytes+20
	case Tunnel:
		k = talk{addr: s.t.addr("tunnel " + fmt.Sprint(s.rng.IntN(8))), port: 51820, proto: "udp"}
		origBytes, respBytes = origBytes+60, respBytes+60
	}
	if s.c.Form == Relay {
		k = talk{addr: s.t.addr("relay " + fmt.Sprint(s.rng.IntN(3))), port: []int32{25, 1080, 8000, 8888}[s.rng.IntN(4)], proto: "tcp"}
		sessions = min(s.c.Devices, 30)
	}
	k = k.packets(orig, resp, origBytes, respBytes, 0.15)
	k.news = s.ofBlocks(poolJob)
	if s.c.Form == Infected {
		s.infected(k)
		return
	}
	for range sessions {
		s.onDuty(func(from, to time.Time) { s.keep(k, from, to, 30) })
	}
}

// infected mines with the processors of somebody else: of a server day and night, of a
// computer while it is on, in one session after the other, with whichever of its pools
// answers.
func (s *sim) infected(like talk) {
	pools := s.t.Pools
	if s.rng.Float64() < 0.9 && len(s.t.Malware) > 0 {
		pools, like.news = s.t.Malware, nil // another coin has other blocks, and short jobs
	}
	first := s.rng.IntN(len(pools))
	pool := func(i int) talk {
		p := pools[i]
		k := s.server(p.Host, p.Port, false).packets(like.pktsMin, like.respMin, like.bytesPkt, like.respPkt, like.burst)
		k.news = like.news
		return k
	}
	if s.rng.Float64() < 0.5 {
		s.keep(pool(first), s.begin, s.end, 30)
		return
	}
	s.eachDay(func(day time.Time) {
		from, to := s.at(day, 8, 11), s.at(day, 17, 23)
		for at := from; at.Before(to); {
			i := first
			if s.rng.Float64() < 0.3 {
				i = s.rng.IntN(len(pools))
			}
			k := pool(i)
			k.start, k.end = at, at.Add(time.Duration(s.between(0.2, 3)*float64(time.Hour)))
			s.connect(k)
			at = k.end.Add(time.Duration(s.between(1, 40) * float64(time.Minute)))
		}
	})
}

// awake calls f with what the client's rests leave of a time.
func (s *sim) awake(from, to time.Time, f func(from, to time.Time)) {
	for _, r := range s.c.Rests {
		if !r.From.Before(to) {
			break
		}
		if r.From.After(from) {
			f(from, r.From)
		}
		if r.To.After(from) {
			from = r.To
		}
	}
	if from.Before(to) {
		f(from, to)
	}
}

// onDuty calls f with the times in which the client mines.
func (s *sim) onDuty(f func(from, to time.Time)) {
	from, to := s.begin, s.end
	if !s.c.From.IsZero() && s.c.From.After(from) {
		from = s.c.From.UTC()
	}
	if !s.c.To.IsZero() && s.c.To.Before(to) {
		to = s.c.To.UTC()
	}
	if !s.c.NightOnly {
		s.awake(from, to, f)
		return
	}
	s.eachDay(func(day time.Time) {
		on, off := day.Add(-time.Hour), day.Add(7*time.Hour)
		if on.Before(from) {
			on = from
		}
		if off.After(to) {
			off = to
		}
		if on.Before(off) {
			s.awake(on, off, f)
		}
	})
}

// lookAlike adds one habit.
func (s *sim) lookAlike(l LookAlike) {
	always := func(k talk, lifeH float64) { s.keep(k, s.begin, s.end, lifeH) }
	switch l {
	case Push:
		always(s.server(fmt.Sprintf("push-%d.example", s.rng.IntN(4)), 5228, true).packets(0.2, 0.2, 90, 110, 0.5), 20)
	case Chat:
		always(s.server(fmt.Sprintf("chat-%d.example", s.rng.IntN(6)), 443, true).packets(s.between(1, 5), s.between(1, 5), 110, 160, 1), 8)
	case MQTT:
		if s.rng.Float64() < 0.7 {
			always(s.server(fmt.Sprintf("iot-%d.example", s.rng.IntN(30)), 8883, true).packets(s.between(1, 12), s.between(1, 12), s.between(80, 160), s.answers(), 0.1), 40)
		} else {
			always(s.own("broker", 1883).packets(s.between(1, 12), s.between(1, 12), s.between(80, 160), s.answers(), 0.1), 40)
		}
	case Camera:
		always(s.server(fmt.Sprintf("cam-%d.example", s.rng.IntN(10)), 8443, true).packets(s.between(4, 12), s.between(4, 12), s.between(70, 400), s.answers(), 1.2), 24)
	case Terminal: // shops share the servers of a few banks, which they call by address
		k := talk{addr: s.t.addr("acquirer " + fmt.Sprint(s.rng.IntN(6))), port: 9443, proto: "tcp"}
		always(k.packets(s.between(1, 3), s.between(1, 3), s.between(70, 120), s.between(70, 140), 0.3), 60)
	case Telemetry: // the hardest: a private server, a port without a name, day and night
		k := s.own("collector", 9000)
		if s.rng.Float64() < 0.5 { // branches of one company report to one server
			k = talk{addr: s.t.addr("company " + fmt.Sprint(s.rng.IntN(40))), port: 9000, proto: "tcp"}
		}
		always(k.packets(s.between(4, 12), s.between(4, 12), s.between(90, 220), s.answers(), 0.05), 60)
	case Ticker:
		k := s.server(fmt.Sprintf("exchange-%d.example", s.rng.IntN(5)), 443, true).packets(s.between(2, 20), s.between(20, 120), 70, s.between(150, 500), 0.3)
		if s.rng.Float64() < 0.3 { // a trader's bot
			always(k, 12)
		} else {
			s.evenings(0.7, 1, 6, func() talk { return k })
		}
	case SmartHome:
		always(s.server(fmt.Sprintf("home-%d.example", s.rng.IntN(25)), 443, true).packets(s.between(1, 6), s.between(1, 6), s.between(80, 180), s.between(60, 200), 0.3), 30)
	case SiteVPN:
		k := talk{addr: s.t.addr("site vpn " + s.c.Addr.String()), port: []int32{51820, 1194, 4500}[s.rng.IntN(3)], proto: "udp"}
		always(k.packets(s.between(2, 20), s.between(2, 20), s.between(120, 350), s.between(110, 300), 0.2), 60)
	case Remote:
		k := s.own("desktop", 3389).packets(s.between(2, 60), s.between(2, 60), s.between(60, 140), s.between(60, 400), 1)
		s.eachDay(func(day time.Time) {
			k.start, k.end = s.at(day, 8, 10), s.at(day, 17, 21)
			s.connect(k)
		})
	case Phone:
		k := talk{addr: s.t.addr("sip " + fmt.Sprint(s.rng.IntN(5))), port: 5060, proto: "udp"}
		always(k.packets(s.between(1, 3), s.between(1, 3), 420, 380, 0.4), 40)
	case Wallet:
		k := s.server(fmt.Sprintf("electrum-%d.example", s.rng.IntN(8)), 50002, true).packets(s.between(1, 3), s.between(1, 3), s.between(70, 130), s.between(80, 200), 0.2)
		k.news = s.ofBlocks(header)
		s.onComputer(k)
	case Explorer: // 2 to 4 kB every 2 s, as mempool's server sends its pages (POLL_RATE_MS 2000: fees, next blocks, transactions)
		s.onComputer(s.server(fmt.Sprintf("explorer-%d.example", s.rng.IntN(6)), 443, true).packets(s.between(30, 60), s.between(60, 110), s.between(52, 60), s.between(700, 1200), 0.3))
	case Display: // a clock, a bot: subscribed to blocks alone, and pings
		k := s.server(fmt.Sprintf("blocks-%d.example", s.rng.IntN(6)), 443, true).packets(s.between(2, 4), s.between(2, 4), s.between(55, 75), s.between(55, 75), 0.2)
		k.news = s.ofBlocks(block)
		always(k, 30)
	case Machine:
		k := s.own("controller", 9100).packets(s.between(4, 12), s.between(4, 12), s.between(90, 220), s.answers(), 0.05)
		s.awake(s.begin, s.end, func(from, to time.Time) { s.keep(k, from, to, 60) })
	case SSH:
		s.ssh()
	case VPN:
		s.vpn()
	case Game:
		s.evenings(0.6, 1, 4, func() talk {
			k := s.server(fmt.Sprintf("game-%d.example", s.rng.IntN(20)), 3724, false)
			return k.packets(s.between(20, 120), s.between(20, 120), s.between(60, 110), s.between(80, 300), 0.3)
		})
	case Video:
		s.evenings(0.8, 0.5, 3, func() talk {
			k := s.server(fmt.Sprintf("video-%d.example", s.rng.IntN(40)), 443, true)
			return k.packets(3000, 9000, 60, 1300, 0.4)
		})
	case PoolSite, Dashboard:
		s.poolSite(l)
	}
}

// onComputer keeps a program running: one in five on a computer that is never switched off.
func (s *sim) onComputer(k talk) {
	if s.rng.Float64() < 0.2 {
		s.keep(k, s.begin, s.end, 30)
		return
	}
	s.evenings(0.7, 1, 8, func() talk { return k })
}

// answers is the mean size of what a server tells a device: acknowledgements in
// most cases, commands and settings as well in others.
func (s *sim) answers() float64 {
	if s.rng.Float64() < 0.7 {
		return s.between(52, 78)
	}
	return s.between(78, 220)
}

func (s *sim) ssh() {
	k := s.own("server", 22)
	if s.rng.Float64() < 0.3 {
		k.port = 2222
	}
	k = k.packets(s.between(2, 8), s.between(2, 8), s.between(76, 130), s.between(76, 160), 0.4)
	if s.rng.Float64() < 0.2 { // a tunnel that is always up
		s.keep(k, s.begin, s.end, 50)
		return
	}
	s.eachDay(func(day time.Time) {
		k.start = s.at(day, 8, 11)
		k.end = s.at(day, 15, 20)
		s.connect(k)
	})
}

func (s *sim) vpn() {
	if s.rng.Float64() < 0.5 {
		k := talk{addr: s.t.addr("vpn-" + fmt.Sprint(s.rng.IntN(8))), port: 51820, proto: "udp"}
		s.keep(k.packets(s.between(2, 6), s.between(2, 6), 150, 150, 0.8), s.begin, s.end, 30)
		return
	}
	k := s.own("office", 443)
	s.eachDay(func(day time.Time) {
		k.start, k.end = s.at(day, 8, 10), s.at(day, 17, 20)
		s.connect(k.packets(s.between(10, 300), s.between(10, 300), s.between(100, 400), s.between(150, 900), 1))
	})
}

// evenings connects on a share of the evenings for a number of hours.
func (s *sim) evenings(share, lowH, highH float64, next func() talk) {
	s.eachDay(func(day time.Time) {
		if s.rng.Float64() < share {
			k := next()
			k.start = s.at(day, 18, 22)
			k.end = k.start.Add(time.Duration(s.between(lowH, highH) * float64(time.Hour)))
			s.connect(k)
		}
	})
}

// poolSite visits the web site of a pool; a dashboard stays open for a working day.
func (s *sim) poolSite(l LookAlike) {
	site := s.t.Pools[s.rng.IntN(len(s.t.Pools))].Site
	visit := func(day time.Time) {
		for range 1 + s.rng.IntN(6) {
			k := s.server(site, 443, true)
			k.start = s.at(day, 9, 24)
			k.end = k.start.Add(time.Duration(s.between(5, 300)) * time.Second)
			s.connect(k.packets(s.between(40, 300), s.between(60, 600), s.between(90, 200), s.between(600, 1300), 0))
		}
	}
	s.eachDay(func(day time.Time) {
		if s.rng.Float64() < 0.4 {
			visit(day)
		}
		if l == Dashboard {
			k := s.server(site, 443, true)
			k.start, k.end = s.at(day, 9, 10), s.at(day, 17, 19)
			s.connect(k.packets(s.between(1.5, 6), s.between(1.5, 6), s.between(80, 180), s.between(100, 260), 0.3))
		}
	})
}
