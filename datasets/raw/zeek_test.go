package raw

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// decodeText decodes a text as a file of flows.
func decodeText(t testing.TB, f Format, text string) (flows []datasets.Flow, faults []Fault, fault *Fault) {
	t.Helper()
	var row datasets.Flow
	l := newLoader(datasets.Lookup("flows"), options(), &row)
	l.clear = func() { row = datasets.Flow{} }
	l.accept = func() error { flows = append(flows, row); return nil }
	l.refuse = func(f Fault) error { faults = append(faults, f); return nil }
	err := f.decode(textInput(text), l)
	if err != nil {
		if !errors.As(err, &fault) {
			t.Fatal(err)
		}
	}
	if l.sum.Rows != int64(len(flows)+len(faults)) {
		t.Errorf("%d rows, %d accepted, %d refused", l.sum.Rows, len(flows), len(faults))
	}
	return flows, faults, fault
}

const connHeader = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
	"#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"

func TestZeekTSV(t *testing.T) {
	row := "1600000000.123456\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\t-\t-\t5\t1\t60\t1\t80\n"
	flows, faults, fault := decodeText(t, ZeekTSV{}, "\t"+connHeader+row+"#close\n"+connHeader+row)
	if fault != nil || len(faults) > 0 || len(flows) != 2 {
		t.Fatalf("%v %v %v", flows, faults, fault)
	}
	f := flows[0]
	if f.TS != 1_600_000_000_123_456 || f.OrigBytes != 60 || f.RespBytes != 5 || f.DurationS != 0 || f.Line != 7 {
		t.Errorf("got %+v", f)
	}
	if _, _, fault := decodeText(t, ZeekTSV{}, "#separator \\x09\n"+row); fault == nil || fault.Reason != noHeader.Reason {
		t.Errorf("without #fields: %v", fault)
	}
	if _, _, fault := decodeText(t, ZeekTSV{}, strings.Replace(connHeader, "id.resp_h", "resp", 1)+row); fault == nil || fault.Column != "id.resp_h" {
		t.Errorf("without id.resp_h: %v", fault)
	}
	if _, _, fault := decodeText(t, ZeekTSV{}, strings.Replace(connHeader, "conn", "ssl", 1)+row); fault == nil || !strings.Contains(fault.Remedy, "inbox/tls") {
		t.Errorf("an ssl log: %v", fault)
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`a\x2cb`: "a,b", `\x09`: `\x09`, `\xff\x41`: `\xffA`, `\x4`: `\x4`, `\\x41`: `\A`, `\xzz`: `\xzz`} {
		if got := string(unescape([]byte(in), true)); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

// Times as Zeek writes them: seconds, milliseconds, ISO 8601.
func TestZeekJSONTimes(t *testing.T) {
	for in, want := range map[string]string{
		"1600000000.123456": "2020-09-13T12:26:40.123456Z", "1600000000123": "2020-09-13T12:26:40.123Z", `"2020-09-13T12:26:40.123456Z"`: "2020-09-13T12:26:40.123456Z",
	} {
		object := `{"ts":` + in + `,"id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"udp","conn_state":"SF","duration":null}`
		flows, faults, fault := decodeText(t, ZeekJSON{}, object+"\n\nnot json\n{\"cut\":\n")
		if fault != nil || len(flows) != 1 || len(faults) != 2 {
			t.Fatalf("%v %v %v", flows, faults, fault)
		}
		if got := flows[0].TS.Time().Format("2006-01-02T15:04:05.999999Z07:00"); got != want {
			t.Errorf("%s = %s, want %s", in, got, want)
		}
	}
}

// No text makes a decoder fail otherwise than by a fault, and what it accepts
// holds the table's bounds.
func FuzzZeekTSV(f *testing.F) {
	f.Add(connHeader + "1600000000.1\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\t-\t-\t5\t1\t60\t1\t80\n")
	f.Add("#separator ,,\n#fields,,ts,,proto\n1,,2\n")
	f.Add("#separator \\x\n#set_separator\n#unset_field\n#fields\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		flows, _, _ := decodeText(t, ZeekTSV{}, text)
		for _, f := range flows {
			if f.SrcPort < 0 || f.SrcPort > 65535 || f.DurationS < 0 || f.TS < leastInstant || f.SrcIP == "" || f.Proto == "" {
				t.Errorf("accepted %+v", f)
			}
		}
	})
}

// The members of an object are those that encoding/json finds.
func FuzzEachMember(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[1,{"c":"}"}],"d":"\"x\\"}`, `{ "a" : null , "b" : { } }`, `{}`, `{"a":"\u0000é","":-1e5}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		object := trim([]byte(text))
		var want map[string]json.RawMessage
		if len(object) == 0 || object[0] != '{' || !json.Valid(object) || json.Unmarshal(object, &want) != nil {
			return
		}
		got := map[string]json.RawMessage{}
		eachMember(object, func(key, value []byte) {
			plainJSON(value) // must not fail either
			var name string
			if err := json.Unmarshal([]byte(`"`+string(key)+`"`), &name); err != nil {
				t.Fatal(err)
			}
			got[name] = value
		})
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%s: got %v, want %v", text, got, want)
		}
		for k, v := range want {
			if string(got[k]) != string(v) {
				t.Errorf("%s: %q is %s, want %s", text, k, got[k], v)
			}
		}
	})
}
