package pipeline

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/minewatch/minewatch/datasets"
)

// A ConfigError says what is wrong with a settings file, and where.
type ConfigError struct {
	File string
	Line int // 0 if the file as a whole, or a setting that is not in it
	Err  error
}

func (e *ConfigError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// LoadConfig decodes a settings file over the defaults and validates the
// result. An unknown setting is an error. All problems of the file are
// returned, joined; each is a *[ConfigError].
func LoadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read settings: %w", err)
	}
	return parseConfig(path, text)
}

func parseConfig(path string, text []byte) (Config, error) {
	c := Default()
	d := configDecoder{path: path, settings: settingsOf(&c)}
	file, err := parser.ParseBytes(text, 0)
	var syntax yaml.Error
	switch {
	case errors.As(err, &syntax):
		d.fail(syntax.GetToken().Position.Line, "%s", syntax.GetMessage())
	case err != nil:
		d.fail(0, "%v", err)
	case len(file.Docs) > 1:
		d.fail(0, "want one document, got %d; remove the lines \"---\"", len(file.Docs))
	case len(file.Docs) == 1:
		d.mapping("", file.Docs[0].Body)
	}
	if d.problems == nil {
		if err := c.Validate(); err != nil {
			d.fail(0, "%w", err)
		}
	}
	return c, errors.Join(d.problems...)
}

// A setting is one leaf of Config, or a section (value.Kind() == reflect.Struct).
type setting struct {
	path, unit, doc string
	value           reflect.Value
}

func (s setting) section() bool { return s.value.Kind() == reflect.Struct }

// settingsOf lists the settings of c in order, each section before its settings.
func settingsOf[T any](c *T) []setting { return settingsBelow(reflect.ValueOf(c).Elem(), "") }

func settingsBelow(v reflect.Value, prefix string) []setting {
	var list []setting
	for i := range v.NumField() {
		f := v.Type().Field(i)
		s := setting{prefix + f.Tag.Get("yaml"), f.Tag.Get("unit"), f.Tag.Get("doc"), v.Field(i)}
		list = append(list, s)
		if s.section() {
			list = append(list, settingsBelow(s.value, s.path+".")...)
		}
	}
	return list
}

// Settings returns every setting by its path, for manifests and fingerprints.
func (c Config) Settings() map[string]any {
	m := map[string]any{}
	for _, s := range settingsOf(&c) {
		if !s.section() {
			m[s.path] = s.value.Interface()
		}
	}
	return m
}

// configDecoder sets settings from a parsed file. The YAML library's own
// decoder is not used: it zeroes the defaults on an empty file, rounds 1.5 to
// an integer without a word, and knows no suggestions.
type configDecoder struct {
	path     string
	settings []setting
	seen     map[string]bool
	problems []error
}

func (d *configDecoder) fail(line int, format string, args ...any) {
	d.problems = append(d.problems, &ConfigError{d.path, line, fmt.Errorf(format, args...)})
}

func (d *configDecoder) mapping(prefix string, node ast.Node) {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return // a section of which everything is commented out
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		d.fail(line(node), "%swant settings, name: value", colon(strings.TrimSuffix(prefix, ".")))
		return
	}
	for _, e := range entries {
		d.entry(prefix, e)
	}
}

func (d *configDecoder) entry(prefix string, e *ast.MappingValueNode) {
	path := prefix + e.Key.GetToken().Value
	s, ok := d.lookup(path)
	switch {
	case !ok:
		d.fail(line(e.Key), "unknown setting %q%s", path, d.suggest(path))
		return
	case d.seen[path]:
		d.fail(line(e.Key), "%s: given twice; keep one", path)
		return
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[path] = true
	if s.section() {
		d.mapping(path+".", e.Value)
	} else if err := decodeValue(s.value, e.Value); err != nil {
		d.fail(line(e.Key), "%s: %w", path, err)
	}
}

func (d *configDecoder) lookup(path string) (setting, bool) {
	for _, s := range d.settings {
		if s.path == path {
			return s, true
		}
	}
	return setting{}, false
}

// suggest names the setting that was probably meant: the same name in another
// section, or one that differs by few letters.
func (d *configDecoder) suggest(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	best, least := "", 3
	for _, s := range d.settings {
		dist := datasets.EditDistance(name, s.path[strings.LastIndexByte(s.path, '.')+1:])
		if dist < least {
			best, least = s.path, dist
		}
	}
	if best == "" {
		return "; the settings are listed in a new workspace's minewatch.yaml"
	}
	section, leaf, nested := strings.Cut(best, ".")
	if nested {
		return fmt.Sprintf("; did you mean %q in the section %q?", leaf, section)
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func decodeValue(v reflect.Value, node ast.Node) error {
	if node == nil || node.Type() == ast.NullType {
		return nil // nothing given: the default stays
	}
	if list, ok := v.Addr().Interface().(interface{ decodeNode(ast.Node) error }); ok {
		return list.decodeNode(node)
	}
	if list, ok := node.(*ast.SequenceNode); ok && v.Kind() == reflect.Slice {
		items := reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values))
		for i, item := range list.Values {
			if err := decodeValue(items.Index(i), item); err != nil {
				return err
			}
		}
		v.Set(items)
		return nil
	}
	if _, ok := node.(ast.ScalarNode); !ok || v.Kind() == reflect.Slice {
		return fmt.Errorf("want %s, got %q", wanted(v), node)
	}
	text := node.GetToken().Value
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if err := setScalar(v, text); err != nil {
		return fmt.Errorf("want %s, got %q", wanted(v), text)
	}
	return nil
}

func setScalar(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		return err
	default:
		n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		v.SetInt(n)
		return err
	}
	return nil
}

func wanted(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number with a decimal point"
	case reflect.Slice:
		return "a list, [a, b]"
	default:
		return "a whole number"
	}
}

func line(n ast.Node) int { return n.GetToken().Position.Line }

func colon(s string) string {
	if s == "" {
		return ""
	}
	return s + ": "
}

// CommentedYAML returns minewatch.yaml for c: every setting with its
// explanation, unit and default. Those equal to the default are commented out,
// except buckets, which must not change with the program's default.
func (c Config) CommentedYAML() string {
	var b strings.Builder
	b.WriteString("# Settings of this minewatch workspace. Every setting is optional; a line that\n" +
		"# is commented out shows the default. Unknown settings are errors.\n")
	base := Default()
	defaults := settingsOf(&base)
	for i, s := range settingsOf(&c) {
		indent := ""
		if strings.Contains(s.path, ".") {
			indent = "  "
		}
		name := s.path[strings.LastIndexByte(s.path, '.')+1:]
		b.WriteByte('\n')
		comment(&b, indent, s)
		if s.section() {
			b.WriteString(name + ":\n")
			continue
		}
		hash := "# "
		if s.path == "buckets" || !reflect.DeepEqual(s.value.Interface(), defaults[i].value.Interface()) {
			hash = ""
		}
		fmt.Fprintf(&b, "%s%s%s: %s\n", indent, hash, name, yamlValue(s.value))
	}
	return b.String()
}

// commentWidth keeps generated comments within 80 columns.
const commentWidth = 76

func comment(b *strings.Builder, indent string, s setting) {
	text := s.doc
	if s.unit != "" {
		text += " Unit: " + s.unit + "."
	}
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > commentWidth {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

func yamlValue(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil && len(text) > 0 {
			return string(text)
		}
		return `""`
	}
	if list, ok := v.Interface().(interface{ flow() string }); ok {
		return list.flow()
	}
	if v.Kind() == reflect.Slice {
		if v.Len() == 0 {
			return "[]"
		}
		items := make([]string, v.Len())
		for i := range items {
			items[i] = strconv.Quote(v.Index(i).String())
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v.Interface())
}
