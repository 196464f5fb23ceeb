package raw

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// alerts are the signatures that an intrusion detection system has raised on
// connections whose flow records come later in the same log: Suricata writes an
// alert at once, and the flow when it ends. The reader of blocks notes them
// before a worker decodes the flows; a flow takes those of lines before its
// own, so that it makes no difference how far the reader is ahead.
type alerts struct {
	mu    sync.RWMutex
	known map[string][]alert // by flow_id as written
	texts map[string]string  // signatures, each once: there are few
	count int
	full  bool // not all were noted
}

// An alert is one signature on a flow.
type alert struct {
	line      int64
	a, b      string // both addresses as written, the smaller first
	signature string
}

const (
	mostAlerts     = 200_000 // in one file, some 40 MB; those after are passed over
	mostSignatures = 4       // in the label of one flow
	mostSignature  = 200     // bytes of a signature, of which Suricata's rules have less
)

var alertMark = []byte(`"alert"`)

// noteBlock notes the alerts in whole lines, the first of which has the number
// first. Lines that are refused are passed over.
func (s *alerts) noteBlock(text []byte, first int64, limit int) {
	at, number := 0, first
	for {
		i := bytes.Index(text[at:], alertMark)
		if i < 0 {
			return
		}
		begin := bytes.LastIndexByte(text[:at+i], '\n') + 1
		if begin > at {
			number += int64(bytes.Count(text[at:begin], []byte{'\n'}))
		}
		end := bytes.IndexByte(text[begin:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += begin
		}
		if ln := makeLine(text[begin:end], number, limit); ln.fault() == nil {
			s.note(bytes.TrimPrefix(ln.text, bom), number)
		}
		if end == len(text) {
			return
		}
		at, number = end+1, number+1
	}
}

// note notes the alert of a line, if it is one and is not noted yet.
func (s *alerts) note(text []byte, number int64) {
	text = trim(text)
	if len(text) == 0 || text[0] != '{' || !json.Valid(text) {
		return
	}
	var kind, id, src, dst, signature []byte
	eachMember(text, func(key, value []byte) {
		switch string(key) {
		case "event_type":
			kind = value
		case "flow_id":
			id = value
		case "src_ip":
			src = value
		case "dest_ip":
			dst = value
		case "alert":
			if value[0] == '{' {
				signature = firstOf(value, "signature")
			}
		}
	})
	if string(kind) != `"alert"` || len(id) == 0 || len(signature) == 0 || len(signature) > mostSignature {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.known[string(id)]
	if slices.ContainsFunc(list, func(a alert) bool { return a.line == number }) {
		return
	}
	if s.count >= mostAlerts {
		s.full = true
		return
	}
	s.count++
	if s.known == nil {
		s.known, s.texts = map[string][]alert{}, map[string]string{}
	}
	what, known := s.texts[string(signature)]
	if !known {
		what = string(signature)
		s.texts[what] = what
	}
	a, b := pair(src, dst)
	s.known[string(id)] = append(list, alert{number, a, b, what})
}

// label returns the signatures that lines before a flow's have raised on it, ""
// if there are none.
func (s *alerts) label(id, src, dst []byte, before int64) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var texts []string
	a, b := pair(src, dst)
	for _, n := range s.known[string(id)] {
		if n.line < before && n.a == a && n.b == b && len(texts) < mostSignatures && !slices.Contains(texts, n.signature) {
			texts = append(texts, n.signature)
		}
	}
	return strings.Join(texts, "; ")
}

func pair(src, dst []byte) (string, string) {
	if bytes.Compare(src, dst) > 0 {
		src, dst = dst, src
	}
	return string(src), string(dst)
}

// firstOf returns a text member of an object, nil if it has none.
func firstOf(object []byte, name string) (text []byte) {
	eachMember(object, func(key, value []byte) {
		if string(key) == name && value[0] == '"' {
			text = plainJSON(value)
		}
	})
	return text
}
