package ingest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// The order of rows in Go is that of the key columns in the catalog.
func TestOrderIsThatOfTheKey(t *testing.T) {
	checkOrder[datasets.Reading](t, "readings")
	checkOrder[datasets.Billing](t, "billing")
	checkOrder[datasets.Flow](t, "flows")
	checkOrder[datasets.DNS](t, "dns")
	checkOrder[datasets.TLS](t, "tls")
	for _, table := range datasets.Inputs() {
		if table.BucketBy != "" && !slices.Contains([]string{"readings", "billing", "flows", "dns", "tls"}, table.Name) {
			t.Errorf("%s has no order", table.Name)
		}
	}
}

// checkOrder changes one key column after the other, and compares.
func checkOrder[R any](t *testing.T, name string) {
	t.Helper()
	order, table := orderOf[R](), datasets.Lookup(name)
	var columns []datasets.Column
	for _, c := range table.Columns {
		if c.Key {
			columns = append(columns, c)
		}
	}
	for i, c := range columns {
		var a, b R
		set := func(row *R, c datasets.Column, n int64) {
			f := reflect.ValueOf(row).Elem().FieldByIndex(c.Index)
			if f.Kind() == reflect.String {
				f.SetString(strings.Repeat("x", int(n)))
			} else {
				f.SetInt(n)
			}
		}
		set(&b, c, 1) // b is greater here,
		for _, later := range columns[i+1:] {
			set(&a, later, 2) // and less in all columns behind
		}
		if order.key(&a, &b) >= 0 || order.key(&b, &a) <= 0 || order.key(&a, &a) != 0 {
			t.Errorf("%s: column %s does not count as the %d. of the key", name, c.Name, i+1)
		}
	}
}

// inChunks cuts rows as a partWriter keeps them.
func inChunks[R any](rows []R) *chunks[R] {
	return &chunks[R]{slices.Collect(slices.Chunk(rows, chunkRows))}
}

// arranged returns rows as an arranger orders them, and whether it says that
// no key comes twice.
func arranged[R any](a *arranger[R], rows []R) ([]R, bool) {
	c := inChunks(rows)
	perm, strict := a.arrange(c)
	if perm == nil {
		return rows, strict
	}
	var list []R
	for _, i := range perm {
		list = append(list, *c.at(i))
	}
	return list, strict
}

// checkArrange compares with a plain sort of the rows.
func checkArrange[R comparable](t *testing.T, a *arranger[R], rows []R) {
	t.Helper()
	want := slices.Clone(rows)
	slices.SortFunc(want, func(x, y R) int {
		return cmp.Or(a.order.key(&x, &y), cmp.Compare(a.order.line(&x), a.order.line(&y)))
	})
	twice := false
	for i := 1; i < len(want); i++ {
		twice = twice || a.order.key(&want[i-1], &want[i]) == 0
	}
	got, strict := arranged(a, rows)
	if !slices.Equal(got, want) || strict == twice {
		t.Fatalf("got %v, strict %v, want %v", got, strict, want)
	}
}

// Whatever the order in which rows come, they are arranged by key and line.
func TestArrange(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	readings := &arranger[datasets.Reading]{order: orderOf[datasets.Reading]()}
	flows := &arranger[datasets.Flow]{order: orderOf[datasets.Flow]()}
	for round := range 300 {
		n, sites := random.IntN(60), 1+random.IntN(5)
		if round%50 == 0 {
			n = 3*chunkRows + random.IntN(60)
		}
		rows, connections := make([]datasets.Reading, n), make([]datasets.Flow, n)
		for i := range rows {
			rows[i] = datasets.Reading{SiteID: fmt.Sprint("s", random.IntN(sites)), TS: datasets.Micros(random.IntN(30))}
			connections[i] = datasets.Flow{TS: datasets.Micros(random.IntN(30)), SrcIP: fmt.Sprint("10.0.0.", random.IntN(sites)), Origin: datasets.Origin{Line: int64(i)}}
		}
		if random.IntN(2) == 0 { // by time, as most files are
			slices.SortStableFunc(rows, func(a, b datasets.Reading) int { return int(a.TS - b.TS) })
		}
		for i := range rows {
			rows[i].Line = int64(i)
		}
		checkArrange(t, readings, rows)
		checkArrange(t, flows, connections)
	}
}

// A partition that is a copy of row groups holds what the database would have
// made of the part.
func TestCopyEqualsMerge(t *testing.T) {
	fast, slow := newWorkspace(t), newWorkspace(t)
	var lines []string
	for h := range 50 {
		for s := range 9 {
			lines = append(lines, fmt.Sprintf("s%d,2023-12-30T%02d:00:00Z,%d", s, h%24, h*s)) // hours repeat after 24
		}
	}
	once := "site_id,ts,kwh\n" + strings.Join(lines[:9*24], "\n")
	fast.put("readings/a.csv", once)
	fast.run()
	slow.opts.merged = true
	slow.put("readings/a.csv", once)
	slow.run()
	expect(t, "rows", fast.readings("readings"), slow.readings("readings")...)
	if len(fast.readings("readings")) != 9*24 {
		t.Errorf("%d rows", len(fast.readings("readings")))
	}
	all := "site_id,ts,kwh\n" + strings.Join(lines, "\n")
	for _, w := range []*workspace{fast, slow} {
		w.put("readings/b.csv", all)
		w.run()
	}
	expect(t, "rows of two files", fast.readings("readings"), slow.readings("readings")...)
	expect(t, "superseded", fast.readings("_superseded/readings"), slow.readings("_superseded/readings")...)
}
