package pipeline

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// Intake settings concern the reading of delivered files.
type Intake struct {
	Mappings Mappings `yaml:"mappings" unit:"list" doc:"How files with other headers are read; the first that fits a file is used. Each entry: dataset; files, a glob below inbox/<dataset> (** for any folders); columns {theirs: ours}, where ours may also be date, time, month, ratio, meter, register_start, register_end, or - for a column that is not used; constants {ours: value}; units {ours: unit}, e.g. MWh, Wh, W, kW, degF; missing, texts for no value; time_zone; time_format of YYYY MM DD hh mm ss AM, or unix; time_marks start, end or end_of_day; decimal_comma; name_pattern, a regular expression on the path whose named groups are columns, e.g. (?P<site_id>b[0-9]+)/; ratio; register true for register states, with register_digits; period_end next_start for billing. Try it with minewatch ingest --explain FILE."`
}

// A Mapping says how files of a dataset with another header are read. See
// raw.Mapping for what each setting does.
type Mapping struct {
	Dataset        string            `yaml:"dataset"`
	Files          string            `yaml:"files"`
	Columns        map[string]string `yaml:"columns"`
	Constants      map[string]string `yaml:"constants"`
	Units          map[string]string `yaml:"units"`
	Missing        []string          `yaml:"missing"`
	TimeZone       string            `yaml:"time_zone"`
	TimeFormat     string            `yaml:"time_format"`
	TimeMarks      string            `yaml:"time_marks"`
	DecimalComma   bool              `yaml:"decimal_comma"`
	NamePattern    string            `yaml:"name_pattern"`
	Ratio          string            `yaml:"ratio"`
	Register       bool              `yaml:"register"`
	RegisterDigits int               `yaml:"register_digits"`
	PeriodEnd      string            `yaml:"period_end"`
}

// Mappings is the setting ingest.mappings.
type Mappings []Mapping

// decodeNode reads a list of mappings. Unknown keys are errors.
func (m *Mappings) decodeNode(node ast.Node) error {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return fmt.Errorf("want a list of mappings, each beginning with \"- dataset:\"")
	}
	if len(list.Values) == 0 {
		return nil // as if nothing were given
	}
	*m = make(Mappings, len(list.Values))
	for i, item := range list.Values {
		if err := (*m)[i].decode(item); err != nil {
			return fmt.Errorf("[%d]: line %d: %w", i, line(item), err)
		}
	}
	return nil
}

// flow writes the list so that decodeNode reads it: JSON is YAML, too.
func (m Mappings) flow() string {
	list := make([]map[string]any, len(m))
	for i := range m {
		list[i] = map[string]any{}
		for _, f := range settingsOf(&m[i]) {
			if !f.value.IsZero() {
				list[i][f.path] = f.value.Interface()
			}
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts, numbers and lists of them can always be written
	}
	return string(text)
}

func (m *Mapping) decode(node ast.Node) error {
	entries, err := entriesOf(node)
	if err != nil {
		return err
	}
	fields := settingsOf(m)
	var names []string
	for _, f := range fields {
		names = append(names, f.path)
	}
	for _, e := range entries {
		name := e.Key.GetToken().Value
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("unknown setting %q; there are: %s", name, strings.Join(names, ", "))
		}
		if err := decodeField(fields[i], e.Value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func decodeField(f setting, node ast.Node) error {
	texts, ok := f.value.Addr().Interface().(*map[string]string)
	if !ok {
		return decodeValue(f.value, node)
	}
	entries, err := entriesOf(node)
	if err != nil {
		return err
	}
	*texts = map[string]string{}
	for _, e := range entries {
		if _, ok := e.Value.(ast.ScalarNode); !ok {
			return fmt.Errorf("%s: want text", e.Key.GetToken().Value)
		}
		key := e.Key.GetToken().Value
		if _, twice := (*texts)[key]; twice {
			return fmt.Errorf("%s: given twice; keep one", key)
		}
		(*texts)[key] = e.Value.GetToken().Value
	}
	return nil
}

func entriesOf(node ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, fmt.Errorf("want name: value, got %q", node)
}

// validate checks every mapping; the error names it by its index.
func (m Mappings) validate() error {
	for i := range m {
		if _, err := m[i].compile(i); err != nil {
			return err
		}
	}
	return nil
}

// compiled returns the mappings as ingest uses them. They must be valid.
func (m Mappings) compiled() []ingest.Mapping {
	list := make([]ingest.Mapping, len(m))
	for i := range m {
		c, err := m[i].compile(i)
		if err != nil {
			panic("pipeline: mappings that were not validated: " + err.Error())
		}
		list[i] = c
	}
	return list
}

func (m *Mapping) compile(i int) (ingest.Mapping, error) {
	c := ingest.Mapping{
		Name: fmt.Sprintf("ingest.mappings[%d]", i), Dataset: m.Dataset, Files: m.Files,
		Mapping: raw.Mapping{
			Columns: m.Columns, Constants: m.Constants, Units: m.Units, Missing: m.Missing,
			TimeFormat: m.TimeFormat, TimeMarks: m.TimeMarks, Comma: m.DecimalComma, PeriodEnd: m.PeriodEnd,
			Ratio: m.Ratio, Register: m.Register, Digits: m.RegisterDigits,
		},
	}
	fail := func(err error) (ingest.Mapping, error) { return c, fmt.Errorf("%s: %w", c.Name, err) }
	t := datasets.Lookup(m.Dataset)
	if t == nil || t.Role != datasets.Input {
		return fail(fmt.Errorf("dataset: want the name of an input dataset, got %q", m.Dataset))
	}
	if err := ingest.CheckGlob(m.Files); err != nil || filepath.IsAbs(m.Files) {
		return fail(fmt.Errorf("files: want a glob below inbox/%s, got %q", m.Dataset, m.Files))
	}
	if m.TimeZone != "" {
		zone, err := time.LoadLocation(m.TimeZone)
		if err != nil || m.TimeZone == "Local" {
			return fail(fmt.Errorf("time_zone: want a zone of the tz database, got %q", m.TimeZone))
		}
		c.Zone = zone
	}
	if m.NamePattern != "" {
		pattern, err := regexp.Compile(m.NamePattern)
		if err != nil {
			return fail(fmt.Errorf("name_pattern: %w", err))
		}
		for _, group := range pattern.SubexpNames()[1:] {
			if group == "" || !slices.ContainsFunc(t.Columns, func(c datasets.Column) bool { return c.In == group }) {
				return fail(fmt.Errorf("name_pattern: want groups named like a column of %s, (?P<site_id>…), got %q", m.Dataset, group))
			}
		}
		c.Pattern = pattern
	}
	if err := c.Validate(t); err != nil {
		return fail(err)
	}
	return c, nil
}
