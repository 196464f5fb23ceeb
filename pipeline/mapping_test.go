package pipeline

import (
	"reflect"
	"strings"
	"testing"
)

func TestMappingSettings(t *testing.T) {
	text := `
ingest:
  mappings:
    - dataset: readings
      files: "cambridge/**/*.csv.gz"
      columns: {datetime: ts, "equipment load [kWh]": kwh, note: "-"}
      constants: {interval_min: 60}
      units: {kwh: MWh}
      missing: [nan, ""]
      time_zone: Europe/London
      time_format: DD.MM.YYYY hh:mm
      decimal_comma: true
      name_pattern: "(?P<site_id>b[0-9]+)/"
      ratio: 60
    - dataset: billing
      period_end: next_start
`
	c, err := parseConfig("minewatch.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Mapping{
		Dataset: "readings", Files: "cambridge/**/*.csv.gz", Columns: map[string]string{"datetime": "ts", "equipment load [kWh]": "kwh", "note": "-"},
		Constants: map[string]string{"interval_min": "60"}, Units: map[string]string{"kwh": "MWh"}, Missing: []string{"nan", ""},
		TimeZone: "Europe/London", TimeFormat: "DD.MM.YYYY hh:mm", DecimalComma: true, NamePattern: "(?P<site_id>b[0-9]+)/", Ratio: "60",
	}
	if got := c.Intake.Mappings; len(got) != 2 || !reflect.DeepEqual(got[0], want) || got[1].PeriodEnd != "next_start" {
		t.Errorf("got %+v", got)
	}
	if m := c.Intake.Mappings.compiled(); m[0].Zone.String() != "Europe/London" || m[0].Name != "ingest.mappings[0]" {
		t.Errorf("compiled %+v", m[0])
	}
}

func TestMappingMistakes(t *testing.T) {
	for entry, want := range map[string]string{
		"dataset: meters":                                     `ingest.mappings[0]: dataset: want the name of an input dataset, got "meters"`,
		"dataset: readings\n      colums: {a: ts}":            `[0]: line 3: unknown setting "colums"; there are: dataset, files`,
		"dataset: readings\n      columns: [a, b]":            `columns: want name: value`,
		"dataset: readings\n      columns: {a: [b]}":          `columns: a: want text`,
		"dataset: readings\n      columns: {a: power}":        `columns: "a": readings has no column "power"`,
		"dataset: readings\n      time_zone: Mars":            `time_zone: want a zone`,
		"dataset: readings\n      name_pattern: \"(\"":        `name_pattern: error parsing regexp`,
		"dataset: readings\n      name_pattern: \"(b)\"":      `name_pattern: want groups named like a column`,
		"dataset: readings\n      files: \"[\"":               `files: want a glob below inbox/readings`,
		"dataset: readings\n      decimal_comma: perhaps":     `decimal_comma: want true or false`,
		"dataset: readings\n      register_digits: \"seven\"": `register_digits: want a whole number`,
	} {
		_, err := parseConfig("minewatch.yaml", []byte("ingest:\n  mappings:\n    - "+entry+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", entry, err, want)
		}
	}
}
