package raw

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A timeFormat reads times written in one given way.
type timeFormat struct {
	unix   bool
	tokens []timeToken
}

// A timeToken is a part of a time: a field of digits, or text.
type timeToken struct {
	field  byte // Y M D h m s, A for AM or PM, 0 for text
	digits int  // of a field: as many for Y, else one or two
	text   string
}

var timeFields = []struct {
	text   string
	field  byte
	digits int
}{{"YYYY", 'Y', 4}, {"YY", 'Y', 2}, {"MM", 'M', 2}, {"DD", 'D', 2}, {"hh", 'h', 2}, {"mm", 'm', 2}, {"ss", 's', 2}, {"AM", 'A', 2}}

// parseTimeFormat reads a format made of YYYY YY MM DD hh mm ss AM and other
// text, or unix (seconds since 1970, UTC).
func parseTimeFormat(s string) (*timeFormat, error) {
	if s == "unix" {
		return &timeFormat{unix: true}, nil
	}
	f := &timeFormat{}
	seen := map[byte]bool{}
next:
	for rest := s; rest != ""; {
		for _, t := range timeFields {
			if strings.HasPrefix(rest, t.text) {
				if seen[t.field] {
					return nil, fmt.Errorf("%q stands twice in %q", t.text, s)
				}
				seen[t.field] = true
				f.tokens = append(f.tokens, timeToken{field: t.field, digits: t.digits})
				rest = rest[len(t.text):]
				continue next
			}
		}
		if c := rest[0]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' && c != 'T' && c != 'Z' {
			return nil, fmt.Errorf("%q in %q is none of YYYY YY MM DD hh mm ss AM", rest, s)
		}
		f.tokens = append(f.tokens, timeToken{text: rest[:1]})
		rest = rest[1:]
	}
	if !seen['Y'] || !seen['M'] || !seen['D'] {
		return nil, fmt.Errorf("want year, month and day, e.g. DD/MM/YYYY hh:mm, got %q", s)
	}
	return f, nil
}

// stamp reads a time. Parts of the format that the cell ends before are 0.
func (f *timeFormat) stamp(cell []byte) (datasets.Stamp, *problem) {
	if f.unix {
		return epoch(cell)
	}
	values := map[byte]int{}
	afternoon := byte(0)
	for _, t := range f.tokens {
		if len(cell) == 0 {
			break
		}
		switch t.field {
		case 0:
			if cell[0] != t.text[0] {
				return datasets.Stamp{}, &wrongStamp
			}
			cell = cell[1:]
		case 'A':
			if len(cell) < 2 || !bytes.EqualFold(cell[:2], []byte("AM")) && !bytes.EqualFold(cell[:2], []byte("PM")) {
				return datasets.Stamp{}, &wrongStamp
			}
			afternoon = cell[0] &^ 0x20
			cell = cell[2:]
		default:
			n, value := 0, 0
			for n < t.digits && n < len(cell) && digit(cell[n]) {
				value = value*10 + int(cell[n]-'0')
				n++
			}
			if n == 0 || t.field == 'Y' && n != t.digits {
				return datasets.Stamp{}, &wrongStamp
			}
			if t.field == 'Y' && t.digits == 2 {
				value += 2000
			}
			values[t.field], cell = value, cell[n:]
		}
	}
	if len(cell) > 0 {
		return datasets.Stamp{}, &wrongStamp
	}
	h := values['h']
	if afternoon != 0 {
		if h < 1 || h > 12 {
			return datasets.Stamp{}, &wrongStamp
		}
		h %= 12
		if afternoon == 'P' {
			h += 12
		}
	}
	return isoStamp(values['Y'], values['M'], values['D'], h, values['m'], values['s'])
}

var wrongStamp = problem{"not a time in the format of the mapping", "change time_format in the mapping, or the value"}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// isoStamp checks a reading of the clock and returns it.
func isoStamp(y, mo, d, h, m, s int) (datasets.Stamp, *problem) {
	at, err := datasets.ParseStamp(fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", y, mo, d, h, m, s))
	if err != nil {
		return at, &badStamp
	}
	return at, nil
}

// dotted reads DD.MM.YYYY [h]h:mm[:ss], as programs set to Russian or Kazakh
// write times. ok is false if the cell has another form.
func dotted(cell []byte) (at datasets.Stamp, ok bool) {
	if len(cell) < 10 || cell[2] != '.' || cell[5] != '.' {
		return at, false
	}
	iso := make([]byte, 0, 24)
	iso = append(iso, cell[6:10]...)
	iso = append(iso, '-', cell[3], cell[4], '-', cell[0], cell[1])
	if rest := cell[10:]; len(rest) > 0 {
		if rest[0] != ' ' && rest[0] != 'T' {
			return at, false
		}
		iso = appendClock(append(iso, 'T'), bytes.TrimLeft(rest[1:], " "))
	}
	at, err := datasets.ParseStamp(iso)
	return at, err == nil
}

// appendClock appends a time of day with two digits for the hour.
func appendClock(to, clock []byte) []byte {
	if len(clock) > 1 && clock[1] == ':' {
		to = append(to, '0')
	}
	return append(to, clock...)
}

// serialStamp reads the number of a day in a workbook with the time as its
// fraction. first is the day that the number 0 stands for.
func serialStamp(cell []byte, first datasets.Day) (datasets.Stamp, *problem) {
	billionths, p := parseDecimal(cell, 9, false)
	if p != nil || billionths < 0 || billionths > 1e15 {
		return datasets.Stamp{}, &badStamp
	}
	// Rounded to seconds, which is all that such floats hold exactly.
	seconds := (billionths*864 + 5_000_000) / 10_000_000
	return datasets.Stamp{Micros: datasets.Micros((int64(first)*86_400 + seconds) * 1_000_000), Local: true}, nil
}
