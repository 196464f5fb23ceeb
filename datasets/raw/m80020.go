package raw

import (
	"fmt"
	"io"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// M80020 reads the XML of the layout 80020 (and 80040, if it is met): one
// operating day of one sender, with energy by metering point, channel and half
// hour in kWh and kvarh. Channel 01 is active energy drawn, 03 and 04 are
// reactive energy drawn and returned; 02 and others are passed over. Times are
// those of the workspace's zone.
//
// An empty value, or one with status 1 (not commercial, or not there), is
// missing. A channel that is zero all day is taken, and counted as doubtful:
// some senders fill what is missing with zeros. Sums over several points
// (deliverygroup, peretok) are taken as feeders only. The line of a row is the
// number of its period in the file.
type M80020 struct{}

var _ Format = M80020{}

// Name returns "xml-80020".
func (M80020) Name() string { return "xml-80020" }

func (M80020) sniff(head []byte) bool { return isXML(head, "<message") }

// Elements that have channels, and whether they are a sum over several points.
var pointElements = map[string]bool{"measuringpoint": false, "accountpoint": false, "deliverypoint": false, "deliverygroup": true, "peretok": true}

type m80020 struct {
	x       *xmlReader
	l       *loader
	g       *gathering
	day     datasets.Micros
	point   string // code of the open one
	sum     bool
	channel string
	repeats [1441]int16 // periods of the open channel by the minute of their begin
	status  bool        // of the open value: not commercial, or not there
	period  *interval
	zero    bool // of the active channel
	values  int
	doubts  int64 // values of channels that are zero all day
	line    int64
}

func (M80020) decode(in *input, l *loader) error {
	g, fault := l.gather()
	if fault != nil {
		return fault
	}
	x, err := newXMLReader(in)
	if err != nil {
		return err
	}
	m := &m80020{x: x, l: l, g: g}
	for {
		e, err := m.x.next()
		if err == io.EOF {
			l.reached = l.lines + m.line
			if m.doubts > 0 {
				l.sum.Warnings["kwh: zero in every period of the day"] += m.doubts
			}
			return nil
		}
		if err != nil {
			return err
		}
		if e.begin {
			err = m.begin(e)
		} else {
			err = m.end(e)
		}
		if err != nil {
			return err
		}
	}
}

func (m *m80020) begin(e *element) error {
	if e.name == "period" {
		return m.beginPeriod(e)
	}
	sum, isPoint := pointElements[e.name]
	switch {
	case e.name == "value":
		m.status = string(e.attr("status")) == "1"
	case e.name == "message" && len(m.x.open) == 1:
		if c := string(e.attr("class")); c != "80020" && c != "80040" {
			return &Fault{Line: m.x.line(), Reason: fmt.Sprintf("message of class %q", c), Remedy: "messages of class 80020 and 80040 hold interval readings"}
		}
	case isPoint:
		if m.point = string(e.attr("code")); m.point == "" {
			return &Fault{Line: m.x.line(), Reason: e.name + " without a code", Remedy: "the code is the identifier of the metering point"}
		}
		if m.day == 0 {
			return &Fault{Line: m.x.line(), Reason: "no operating day before the readings", Remedy: "write datetime with day before the areas"}
		}
		m.sum = sum
	case strings.HasSuffix(e.name, "channel"):
		m.channel = strings.TrimLeft(string(e.attr("code")), "0")
		clear(m.repeats[:])
		m.zero, m.values = true, 0
	}
	return nil
}

func (m *m80020) beginPeriod(e *element) error {
	m.period = nil
	m.line++
	switch {
	case m.sum && !m.g.feed:
		m.l.skip("period of a sum over several points")
		return nil
	case m.channel == "2" || m.channel != "1" && m.channel != "3" && m.channel != "4" || m.channel != "1" && m.g.feed:
		m.l.skip("period of channel " + m.channel)
		return nil
	}
	begin, ok1 := dayMinute(e.attr("start"))
	end, ok2 := dayMinute(e.attr("end"))
	if end == 0 {
		end = 1440
	}
	if !ok1 || !ok2 || end <= begin {
		return m.l.rejectCell(m.line, "period", badInterval, fmt.Appendf(nil, "%s channel %s %s-%s", m.point, m.channel, e.attr("start"), e.attr("end")))
	}
	key := intervalKey{m.day + datasets.Micros(begin)*60_000_000, true, int(m.repeats[begin])}
	if m.repeats[begin]++; m.repeats[begin] < 0 {
		return tooManyPeriods
	}
	var fault *Fault
	if m.period, fault = m.g.find(key, int32(end-begin), m.line); fault != nil {
		return fault
	}
	return nil
}

// dayMinute reads hhmm, also as hh:mm; 2400 is 1440.
func dayMinute(s []byte) (int, bool) {
	if len(s) == 5 && s[2] == ':' {
		s = []byte{s[0], s[1], s[3], s[4]}
	}
	if len(s) != 4 {
		return 0, false
	}
	h, m := two(s[0], s[1]), two(s[2], s[3])
	return h*60 + m, h*100+m <= 2400 && m < 60
}

func (m *m80020) end(e *element) error {
	if e.name == "value" {
		if m.period != nil {
			m.value(e.text)
		}
		return nil
	}
	_, isPoint := pointElements[e.name]
	switch {
	case e.name == "day" && m.x.parent() == "datetime":
		at, err := datasets.ParseStamp(isoDay(string(e.text)))
		if err != nil {
			return &Fault{Line: m.x.line(), Column: "day", Reason: "not an operating day", Remedy: "write it as YYYYMMDD"}
		}
		m.day = at.Micros
	case strings.HasSuffix(e.name, "channel"):
		if m.channel == "1" && m.zero && m.values >= 24 {
			m.doubts += int64(m.values)
		}
	case isPoint:
		return m.g.flush(m.point)
	}
	return nil
}

// isoDay writes YYYYMMDD as YYYY-MM-DD.
func isoDay(s string) string {
	if len(s) != 8 {
		return s
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}

// value reads the value of the open period.
func (m *m80020) value(text []byte) {
	for i, c := range text {
		if c == ',' {
			text[i] = '.' // some generators write the sign of their country
		}
	}
	active := m.channel == "1"
	if len(text) == 0 || m.status {
		m.zero = false
		if active {
			m.period.addActive(0, datasets.Missing)
			if len(text) > 0 && string(text) != "0" {
				m.l.sum.Warnings["kwh: value with status 1, taken as missing"]++
			}
		}
		return
	}
	n, p := parseDecimal(text, 3, false)
	if p != nil {
		m.period.fault = p
		return
	}
	m.values++
	m.zero = m.zero && n == 0
	switch m.channel {
	case "1":
		m.period.addActive(n, datasets.Measured)
	case "3":
		m.period.addReactive(n)
	case "4":
		m.period.addReactive(-n)
	}
}
