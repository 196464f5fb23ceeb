package raw

import (
	"bytes"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// NATSyslog reads the text logs of carrier-grade NAT into subscribers, by the
// messages of
//
//   - Juniper: ASP_ or JSERVICES_NAT_PORT_BLOCK_ALLOC and _RELEASE,
//     "100.64.0.1 -> 203.0.113.5:1024-1535";
//   - Cisco IOS XR CGv6: [UserbasedA …] and [UserbasedW …], and those by
//     session, several in a line, with the eleven fields of its configuration
//     guide (external logging, syslog message format);
//   - Linux conntrack -E -o timestamp: [NEW] and [DESTROY] with the tuples of
//     both directions.
//
// What begins a translation opens a lease and what ends it closes it, as in
// natTaker. Other lines of the log are passed over. The time is that of the
// line's head if it has a year; one without offset is local. Else it is the one
// that Juniper's service cards write into the message, in UTC.
type NATSyslog struct{}

var _ Format = NATSyslog{}

// Name returns "nat-syslog".
func (NATSyslog) Name() string { return "nat-syslog" }

// A natMessage finds the translations that a line tells of. It returns false
// if the line is another program's.
type natMessage func(s *natSyslog, line []byte) bool

var natMessages = []natMessage{juniperBlock, ciscoEvents, conntrackEvent}

func (NATSyslog) sniff(head []byte) bool {
	var s natSyslog
	for range 64 {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		if s.read(line) {
			return true
		}
		if !more {
			return false
		}
		head = rest
	}
	return false
}

// A translation is one event as text.
type translation struct {
	inside, outside []byte
	first, last     []byte // ports
	ends            bool
	bySession       bool // the address is shared even if no port is named
	at              stampText
}

// A stampText is a time as the log has it.
type stampText struct {
	text  []byte
	utc   bool // without offset, in UTC
	epoch bool // seconds since 1970
	words bool // 2011 May 31 10:30:45
}

// A natSyslog reads the lines of one file.
type natSyslog struct {
	l      *loader
	r      *datasets.Subscriber
	from   *datasets.Column // valid_from, by which local times are told
	events []translation    // of the current line
	leases
}

func (NATSyslog) decode(in *input, l *loader) error {
	row, ok := l.row.(*datasets.Subscriber)
	if !ok {
		return &Fault{Line: 1, Reason: "log of address translation in a folder that takes none", Remedy: "move the file to inbox/subscribers"}
	}
	if l.mapping.needsHeader() {
		return &Fault{Reason: "mapping for a file with a header", Remedy: "only time_zone and constants fit this format; narrow the mapping's files"}
	}
	s := &natSyslog{l: l, r: row, from: l.table.Column("valid_from"), leases: newLeases()}
	return newLineReader(in.r, in.limits.LineBytes).each(s.line)
}

func (s *natSyslog) line(ln line) error {
	if p := ln.fault(); p != nil {
		return s.l.reject(ln.number, *p, ln.text)
	}
	if !s.read(ln.text) {
		s.l.skip("line that tells of no translation")
		return nil
	}
	for _, e := range s.events {
		if err := s.deliver(ln, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *natSyslog) read(text []byte) bool {
	s.events = s.events[:0]
	for _, m := range natMessages {
		if m(s, text) {
			return true
		}
	}
	return false
}

func (s *natSyslog) deliver(ln line, e translation) error {
	l := s.l
	l.clear()
	l.doubts = l.doubts[:0]
	what, p := s.fill(e)
	switch {
	case p != nil:
		return l.reject(ln.number, *p, ln.text)
	case what != "":
		l.skip(what)
		return nil
	}
	l.sum.Rows++
	return l.settle(ln.number, ln.text)
}

var (
	noYear  = problem{"time without a year", "let the log have times of RFC 5424 or ISO 8601, as rsyslog writes by default"}
	badPort = problem{"not a port", "write 0 to 65535"}
)

// fill makes the row of an event.
func (s *natSyslog) fill(e translation) (what string, p *problem) {
	if s.r.IPPrefix, p = parseIP(e.outside); p != nil {
		return "", p
	}
	if s.r.SubscriberID, p = parseIP(e.inside); p != nil {
		return "", p
	}
	if s.r.IPPrefix == s.r.SubscriberID {
		return "NAT event without translation", nil
	}
	if e.bySession && len(e.first) == 0 {
		return "translation without ports", nil // it does not own the whole address
	}
	if len(e.first) > 0 {
		var ok, ok2 bool
		s.r.PortFrom, ok = port(e.first)
		s.r.PortTo, ok2 = port(e.last)
		if !ok || !ok2 {
			return "", &badPort
		}
	}
	at, p := s.time(e.at)
	if p != nil {
		return "", p
	}
	if e.ends {
		return s.end(s.r, at, at), nil
	}
	s.begin(s.r, at)
	return "", nil
}

// time returns the instant of an event.
func (s *natSyslog) time(t stampText) (datasets.Micros, *problem) {
	var at datasets.Stamp
	switch {
	case len(t.text) == 0:
		return 0, &noYear
	case t.epoch:
		var p *problem
		if at, p = epoch(t.text); p != nil {
			return 0, p
		}
	case t.words:
		parsed, err := time.Parse("2006 Jan _2 15:04:05", string(t.text))
		if err != nil {
			return 0, &badStamp
		}
		at = datasets.Stamp{Micros: datasets.MicrosOf(parsed), Local: true}
	default:
		var err error
		if at, err = datasets.ParseStamp(t.text); err != nil {
			return 0, &badStamp
		}
		if t.utc {
			at.Local = false
		}
	}
	return s.l.instant(at, s.from, false)
}

// headTime finds the time at the head of a line: behind the priority and the
// version of RFC 5424, if they are there. It is empty if there is no year.
func headTime(line []byte) stampText {
	if len(line) > 0 && line[0] == '<' {
		if end := bytes.IndexByte(line, '>'); end > 0 && end <= 4 {
			line = line[end+1:]
		}
	}
	line = bytes.TrimPrefix(line, []byte("1 "))
	if text := isoTime(line); text != nil {
		return stampText{text: text}
	}
	if len(line) >= 20 && line[4] == ' ' && line[8] == ' ' {
		if _, ok := digitsOnly(line[:4]); ok {
			n := 20 // with a day of two characters
			if line[10] == ' ' {
				n--
			}
			return stampText{text: line[:n], words: true}
		}
	}
	return stampText{}
}

// isoTime returns the ISO 8601 time that a text begins with, nil if none.
func isoTime(text []byte) []byte {
	if len(text) < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' && text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return nil
	}
	end := 19
	for end < len(text) && bytes.IndexByte([]byte("0123456789.:+-Z"), text[end]) >= 0 {
		end++
	}
	return bytes.TrimRight(text[:end], ":")
}

var portBlock = []byte("_NAT_PORT_BLOCK_")

// juniperBlock reads … 2011-10-31 04:46:04 [FWNAT]:ASP_NAT_PORT_BLOCK_ALLOC:
// 100.64.0.1 -> 203.0.113.5:1050-1099.
func juniperBlock(s *natSyslog, line []byte) bool {
	at := bytes.Index(line, portBlock)
	if at < 0 {
		return false
	}
	e := translation{at: headTime(line)}
	if len(e.at.text) == 0 { // the service card's own clock, which is UTC
		head := line[:at]
		for i := 0; i+19 <= len(head); i++ {
			if text := isoTime(head[i:]); text != nil {
				e.at = stampText{text: text, utc: true}
			}
		}
	}
	event, rest, _ := bytes.Cut(line[at+len(portBlock):], []byte(":"))
	switch string(event) {
	case "ALLOC":
	case "RELEASE":
		e.ends = true
	default: // ACTIVE repeats what ALLOC said
		return false
	}
	inside, outside, _ := bytes.Cut(rest, []byte("->"))
	inside = trim(inside)
	if i := bytes.LastIndexByte(inside, ' '); i >= 0 { // behind a name in brackets
		inside = inside[i+1:]
	}
	outside, _, _ = bytes.Cut(trim(outside), []byte(" "))
	colon := bytes.LastIndexByte(outside, ':')
	if colon < 0 {
		colon = len(outside)
	} else {
		e.first, e.last, _ = bytes.Cut(outside[colon+1:], []byte("-"))
	}
	e.inside, e.outside = inside, outside[:colon]
	s.events = append(s.events, e)
	return true
}

// The fields of Cisco's messages, behind the name of the event.
const (
	ciscoInside   = 2
	ciscoInside6  = 4
	ciscoOutside  = 5
	ciscoFirst    = 7
	ciscoLast     = 8
	ciscoMessages = 11
)

// ciscoEvents reads [UserbasedA - 100.64.0.1 vrf - 203.0.113.5 - 12544 12671 - -].
func ciscoEvents(s *natSyslog, line []byte) bool {
	at := headTime(line)
	for {
		_, rest, found := bytes.Cut(line, []byte("["))
		if !found {
			return len(s.events) > 0
		}
		message, tail, _ := bytes.Cut(rest, []byte("]"))
		line = tail
		fields := bytes.Fields(message)
		if len(fields) != ciscoMessages {
			continue
		}
		e := translation{at: at, bySession: true, inside: fields[ciscoInside], outside: fields[ciscoOutside], first: unlessDash(fields[ciscoFirst]), last: unlessDash(fields[ciscoLast])}
		switch string(fields[0]) {
		case "UserbasedA", "SessionbasedA", "SessionbasedAD":
		case "UserbasedW", "SessionbasedW", "SessionbasedWD":
			e.ends = true
		default:
			continue
		}
		if string(e.inside) == "-" {
			e.inside = fields[ciscoInside6]
		}
		if len(e.last) == 0 {
			e.last = e.first
		}
		s.events = append(s.events, e)
	}
}

// unlessDash returns a field, nil for the dash that stands for none.
func unlessDash(field []byte) []byte {
	if string(field) == "-" {
		return nil
	}
	return field
}

// conntrackEvent reads [1709240000.123456] [NEW] tcp 6 120 SYN_SENT
// src=100.64.0.1 dst=1.1.1.1 sport=1234 dport=80 [UNREPLIED] src=1.1.1.1
// dst=203.0.113.5 sport=80 dport=4321: the second tuple is what answers are
// sent to, the public side.
func conntrackEvent(s *natSyslog, line []byte) bool {
	e := translation{bySession: true}
	switch {
	case bytes.Contains(line, []byte("[NEW]")):
	case bytes.Contains(line, []byte("[DESTROY]")):
		e.ends = true
	default:
		return false
	}
	if e.at = headTime(line); len(e.at.text) == 0 {
		if text, _, ok := bytes.Cut(bytes.TrimPrefix(line, []byte("[")), []byte("]")); ok && len(line) > 0 && line[0] == '[' {
			e.at = stampText{text: trim(text), epoch: true}
		}
	}
	e.inside, line = member(line, "src=")
	_, line = member(line, "dst=")
	_, line = member(line, "src=")
	e.outside, line = member(line, "dst=")
	e.first, _ = member(line, "dport=")
	e.last = e.first
	if len(e.inside) == 0 || len(e.outside) == 0 {
		return false
	}
	s.events = append(s.events, e)
	return true
}

// member returns the value behind a name, up to a space, and what follows it.
func member(line []byte, name string) (value, rest []byte) {
	_, rest, ok := bytes.Cut(line, []byte(name))
	if !ok {
		return nil, nil
	}
	value, rest, _ = bytes.Cut(rest, []byte(" "))
	return value, rest
}
