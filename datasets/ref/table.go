package ref

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

//go:embed rates.csv deadlines.csv base_rates.csv regimes.csv holidays.csv events.csv regions.csv oked.csv tariffs.csv places.csv accredited_pools.csv limitations.csv borders.csv known_loads.csv load_scale.csv
var shipped embed.FS

// Shipped returns the text of a table that ships with the program, by its file
// name; ok is false if there is none of this name.
func Shipped(file string) (text string, ok bool) {
	b, err := shipped.ReadFile(file)
	return string(b), err == nil
}

// A Mark says how sure a line is; see the package comment.
type Mark string

var marks = []Mark{"S2", "S", "C", "I", "M", "U"}

// A Basis says where a line comes from.
type Basis struct {
	Source     string
	Confidence Mark
}

// A Period is a run of calendar days, both ends inclusive; 0 is an open end.
type Period struct{ From, To datasets.Day }

// Contains reports whether d lies in p.
func (p Period) Contains(d datasets.Day) bool {
	return d >= p.From && (p.To == 0 || d <= p.To)
}

// Overlaps reports whether a day lies in both.
func (p Period) Overlaps(o Period) bool {
	return (p.To == 0 || o.From <= p.To) && (o.To == 0 || p.From <= o.To)
}

// String prints p as "2022-01-01 to 2022-12-31"; "..." is an open end.
func (p Period) String() string {
	from, to := "...", "..."
	if p.From != 0 {
		from = p.From.String()
	}
	if p.To != 0 {
		to = p.To.String()
	}
	return from + " to " + to
}

// A Rate is money per kilowatt-hour in 1/10000 KZT.
type Rate int64

// RateOf rounds an amount in KZT per kWh to the nearest 1/10000.
func RateOf(kzt float64) Rate { return Rate(math.Round(kzt * 1e4)) }

// KZT returns the rate in KZT per kWh.
func (r Rate) KZT() float64 { return float64(r) / 1e4 }

// String prints at least two and at most four decimals: "25.00", "32.9755".
func (r Rate) String() string {
	s := fmt.Sprintf("%d.%04d", int64(r)/1e4, int64(r)%1e4)
	for range 2 {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}

// A row is one line of a table while it is read. The first error sticks; the
// value read is then the zero of its type.
type row struct {
	file  string
	line  int
	cells map[string]string
	err   error
}

func (r *row) fail(column, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s line %d, column %s: %s", r.file, r.line, column, fmt.Sprintf(format, args...))
	}
}

func (r *row) text(column string) string { return r.cells[column] }

func (r *row) need(column string) string {
	s := r.cells[column]
	if s == "" {
		r.fail(column, "is empty; every line needs it")
	}
	return s
}

func (r *row) oneOf(column string, allowed ...string) string {
	s := r.cells[column]
	if !slices.Contains(allowed, s) {
		r.fail(column, "want one of %s, got %q", strings.Join(allowed, ", "), s)
	}
	return s
}

func (r *row) day(column string) datasets.Day {
	s := r.cells[column]
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Unix() <= 0 {
		r.fail(column, "want a day like 2022-01-31, got %q", s)
		return 0
	}
	return datasets.DayOf(t)
}

func (r *row) period() Period {
	p := Period{r.day("from"), r.day("to")}
	if p.To != 0 && p.To < p.From {
		r.fail("to", "%s lies before from %s", p.To, p.From)
	}
	return p
}

func (r *row) instant(column string) datasets.Micros {
	s := r.cells[column]
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		r.fail(column, "want an instant with offset like 2022-01-05T18:00:00+06:00, got %q", s)
		return 0
	}
	return datasets.MicrosOf(t)
}

// fixed reads a decimal number without loss as an integer count of 10^-digits.
func (r *row) fixed(column string, digits int) int64 {
	s := r.cells[column]
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > digits {
		r.fail(column, "at most %d decimals, got %q", digits, s)
		return 0
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", digits-len(part)), 10, 40)
	if err != nil || whole == "" {
		r.fail(column, "want a number of 0 or more with a decimal point, got %q", s)
		return 0
	}
	return int64(n)
}

// number reads a number in digits, with a sign and a decimal point.
func (r *row) number(column string) float64 {
	v, err := strconv.ParseFloat(r.cells[column], 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail(column, "want a number like 1.25, got %q", r.cells[column])
		return 0
	}
	return v
}

func (r *row) rate(column string) Rate { return Rate(r.fixed(column, 4)) }

// small reads a whole number below 1000, 0 if the cell is empty.
func (r *row) small(column string) int {
	s := r.cells[column]
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n >= 1000 {
		r.fail(column, "want a whole number below 1000, got %q", s)
	}
	return int(n)
}

func (r *row) basis() Basis {
	m := Mark(r.text("confidence"))
	if !slices.Contains(marks, m) {
		r.fail("confidence", "want one of S2, S, C, I, M, U, got %q", m)
	}
	return Basis{r.need("source"), m}
}

// load reads the shipped file and, if user is not nil, the user's file of the
// same shape.
func load[T any](file string, columns []string, user io.Reader, parse func(*row) T) (own, users []T, err error) {
	f, err := shipped.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if own, err = read(file, columns, f, parse); err != nil {
		return nil, nil, err
	}
	if user != nil {
		users, err = read("user's "+file, columns, user, parse)
	}
	return own, users, err
}

func read[T any](file string, columns []string, r io.Reader, parse func(*row) T) ([]T, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\uFEFF")))
	c.Comment = '#'
	if delimiter(string(raw)) == ';' {
		c.Comma = ';'
	}
	head, err := c.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: no header; want the columns %s", file, strings.Join(columns, ","))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := checkHeader(file, head, columns); err != nil {
		return nil, err
	}
	var out []T
	for {
		cells, err := c.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		line, _ := c.FieldPos(0)
		w := &row{file: file, line: line, cells: make(map[string]string, len(head))}
		for i, name := range head {
			w.cells[strings.TrimSpace(name)] = strings.TrimSpace(cells[i])
		}
		v := parse(w)
		if w.err != nil {
			return nil, w.err
		}
		out = append(out, v)
	}
}

// delimiter looks at the first line that is no comment.
func delimiter(s string) rune {
	for line := range strings.Lines(strings.TrimPrefix(s, "\uFEFF")) {
		if line[0] == '#' || strings.TrimSpace(line) == "" {
			continue
		}
		if strings.Count(line, ";") > strings.Count(line, ",") {
			return ';'
		}
		break
	}
	return ','
}

func checkHeader(file string, head, columns []string) error {
	seen := map[string]bool{}
	for _, h := range head {
		h = strings.TrimSpace(h)
		if !slices.Contains(columns, h) || seen[h] {
			return fmt.Errorf("%s: column %q is unknown or given twice; want %s", file, h, strings.Join(columns, ","))
		}
		seen[h] = true
	}
	for _, c := range columns {
		if !seen[c] {
			return fmt.Errorf("%s: column %q is missing; want %s", file, c, strings.Join(columns, ","))
		}
	}
	return nil
}

// overlay puts users' lines over own: of each own line only the days remain
// that no user's line of the same scope covers. The result is in the order
// own, users.
func overlay[T any](own, users []T, period func(*T) *Period, sameScope func(a, b T) bool) []T {
	out := own
	for _, u := range users {
		cut := *period(&u)
		var rest []T
		for _, o := range out {
			if !sameScope(o, u) {
				rest = append(rest, o)
				continue
			}
			for _, p := range subtract(*period(&o), cut) {
				piece := o
				*period(&piece) = p
				rest = append(rest, piece)
			}
		}
		out = rest
	}
	return append(slices.Clip(out), users...)
}

// subtract returns the days of p that are not in cut.
func subtract(p, cut Period) []Period {
	if (p.To != 0 && cut.From > p.To) || (cut.To != 0 && cut.To < p.From) {
		return []Period{p}
	}
	var out []Period
	if cut.From > p.From {
		out = append(out, Period{p.From, cut.From - 1})
	}
	if cut.To != 0 && (p.To == 0 || cut.To < p.To) {
		out = append(out, Period{cut.To + 1, p.To})
	}
	return out
}

// replace puts users' lines over own ones of equal key and reports a key that
// one file gives twice.
func replace[T any](file string, own, users []T, key func(T) string) ([]T, error) {
	at := map[string]int{}
	for i, o := range own {
		k := key(o)
		if _, ok := at[k]; ok {
			return nil, fmt.Errorf("%s: %s is given twice", file, k)
		}
		at[k] = i
	}
	out := slices.Clone(own)
	given := map[string]bool{}
	for _, u := range users {
		k := key(u)
		if given[k] {
			return nil, fmt.Errorf("user's %s: %s is given twice; keep one line", file, k)
		}
		given[k] = true
		if i, ok := at[k]; ok {
			out[i] = u
		} else {
			out = append(out, u)
		}
	}
	return out, nil
}
