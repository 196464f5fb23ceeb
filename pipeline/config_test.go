package pipeline

import (
	"reflect"
	"strings"
	"testing"
)

func TestDefaultIsValidAndDocumented(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range settingsOf(&c) {
		if s.path == "" || s.doc == "" || seen[s.path] {
			t.Errorf("setting %q: want a unique name and an explanation", s.path)
		}
		seen[s.path] = true
	}
}

// The generated file must decode to the settings that it was generated from,
// as it stands and with every commented setting made active.
func TestCommentedYAMLRoundTrip(t *testing.T) {
	changed := Default()
	changed.Buckets = 8
	changed.Zone = "Europe/Madrid"
	changed.AsOf = Date(19000)
	changed.Limits.Memory = 512
	changed.Traffic.MMDB = []string{"geo/asn.mmdb", "geo/a: b.mmdb"}
	changed.Traffic.BlockTimes = []string{"blocks.csv"}
	changed.Intake.Mappings = Mappings{{Dataset: "readings", Files: "a/**", Columns: map[string]string{"load [kWh]": "kwh", "x": "-"}, Missing: []string{"", "nan"}, Register: true, RegisterDigits: 6}}
	changed.Tax.LateInterest = true
	for name, want := range map[string]Config{"default": Default(), "changed": changed} {
		text := want.CommentedYAML()
		got, err := parseConfig("minewatch.yaml", []byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v\n%s", name, got, err, text)
		}
		for line := range strings.Lines(text) {
			if len(line) > 81 && strings.HasPrefix(strings.TrimSpace(line), "#") {
				t.Errorf("%s: comment is too long: %q", name, line)
			}
		}
		active := uncomment(text)
		got, err = parseConfig("minewatch.yaml", []byte(active))
		for _, list := range []*[]string{&got.Traffic.MMDB, &got.Traffic.BlockTimes} {
			if len(*list) == 0 {
				*list = nil // "[]" and "not given" mean the same
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s, uncommented: got %+v, %v\n%s", name, got, err, active)
		}
	}
}

// uncomment activates every line that is a commented setting: "# name: value".
func uncomment(text string) string {
	c := Default()
	names := map[string]bool{}
	for _, s := range settingsOf(&c) {
		names[s.path[strings.LastIndexByte(s.path, '.')+1:]] = true
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		indent, rest, ok := strings.Cut(line, "# ")
		if name, _, isSetting := strings.Cut(rest, ": "); ok && isSetting && names[name] {
			line = indent + rest
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestParseConfig(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty file", "", ""},
		{"comments only", "# nothing\n", ""},
		{"empty section", "limits:\ntax:\n", ""},
		{"one setting of a section", "limits:\n  workers: 3\n", ""},
		{"unknown", "limits:\n  quarantine_limt: 0.1\n", `m.yaml:2: unknown setting "limits.quarantine_limt"; did you mean "quarantine_limit" in the section "limits"?`},
		{"wrong section", "workers: 2\n", `m.yaml:1: unknown setting "workers"; did you mean "workers" in the section "limits"?`},
		{"unlike any", "\ncolour: red\n", `m.yaml:2: unknown setting "colour"; the settings are listed in`},
		{"twice", "seed: 1\nseed: 2\n", `m.yaml:2: `},
		{"fraction for a whole number", "seed: 1.5\n", `m.yaml:1: seed: want a whole number, got "1.5"`},
		{"decimal comma", "score:\n  prior: 0,01\n", `m.yaml:2: score.prior: want a number with a decimal point, got "0,01"`},
		{"section without settings", "limits: 3\n", "m.yaml:1: limits: want settings"},
		{"list for one value", "zone: [a]\n", "m.yaml:1: zone: want text"},
		{"value for a list", "traffic:\n  mmdb: a.mmdb\n", "m.yaml:2: traffic.mmdb: want a list, [a, b]"},
		{"memory without unit", "limits:\n  memory_limit: 2\n", "m.yaml:2: limits.memory_limit: want an amount of memory like 512MiB"},
		{"bad day", "as_of: 31.12.2023\n", "m.yaml:1: as_of: want a day like 2024-01-31"},
		{"syntax", "zone: [Asia\n", "m.yaml:1: "},
		{"not settings at all", "- 1\n", "m.yaml:1: want settings"},
		{"two documents", "seed: 1\n---\nseed: 2\n", "m.yaml: want one document, got 2"},
		{"range", "buckets: 63\n", "m.yaml: buckets: want a power of two from 1 to 4096, got 63"},
		{"zone", "zone: Asia/Astana\n", `m.yaml: zone: want a zone of the tz database, e.g. Asia/Almaty, got "Asia/Astana"`},
		{"not a number", "limits:\n  quarantine_limit: .nan\n", "m.yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseConfig("m.yaml", []byte(test.text))
			if test.want == "" && err != nil {
				t.Errorf("got error %v", err)
			}
			if test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %s…", err, test.want)
			}
		})
	}
}

func TestParseConfigReportsEveryProblem(t *testing.T) {
	_, err := parseConfig("m.yaml", []byte("sede: 1\nlimits:\n  workers: many\n"))
	if err == nil || !strings.Contains(err.Error(), "m.yaml:1: ") || !strings.Contains(err.Error(), "m.yaml:3: ") {
		t.Errorf("got %v, want a problem in line 1 and one in line 3", err)
	}
}

func TestMiB(t *testing.T) {
	for text, want := range map[string]MiB{"2GiB": 2048, "512MiB": 512, "3 GiB": 3072, "1025MiB": 1025} {
		var got MiB
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
		}
		var again MiB
		if err := again.UnmarshalText([]byte(want.String())); err != nil || again != want {
			t.Errorf("%s does not read back: %d, %v", want, again, err)
		}
	}
	for _, text := range []string{"", "2", "2GB", "-1GiB", "1.5GiB", "99999999999GiB"} {
		var got MiB
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(Default().CommentedYAML())
	f.Add("limits: {workers: 2, memory_limit: 1GiB}\n")
	f.Add("a: &x [1]\nb: *x\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("m.yaml", []byte(text))
		if err == nil && c.Validate() != nil {
			t.Errorf("accepted settings that are not valid: %+v", c)
		}
	})
}
