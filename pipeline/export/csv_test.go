package export

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// readCSV reads what writeCSV wrote.
func readCSV[R any](t *testing.T, b []byte) []R {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	table := datasets.TableOf[R]()
	var out []R
	for _, record := range records[1:] {
		var row R
		v := reflect.ValueOf(&row).Elem()
		for j, c := range table.Columns {
			if records[0][j] != c.Name {
				t.Fatalf("column %d is %q, want %q", j, records[0][j], c.Name)
			}
			if record[j] != "" {
				parseInto(t, v.FieldByIndex(c.Index), record[j])
			}
		}
		out = append(out, row)
	}
	return out
}

func parseInto(t *testing.T, v reflect.Value, s string) {
	t.Helper()
	var err error
	switch v.Interface().(type) {
	case datasets.Micros:
		var at time.Time
		at, err = time.Parse(time.RFC3339, s)
		v.SetInt(at.UnixMicro())
	case datasets.Day:
		var at time.Time
		at, err = time.Parse(time.DateOnly, s)
		v.SetInt(at.Unix() / 86400)
	case datasets.Quarter:
		var q datasets.Quarter
		q, err = datasets.ParseQuarter(s)
		v.SetInt(int64(q))
	case string:
		v.SetString(unguard(s))
	case float64:
		var x float64
		x, err = strconv.ParseFloat(s, 64)
		v.SetFloat(x)
	case bool:
		var x bool
		x, err = strconv.ParseBool(s)
		v.SetBool(x)
	default:
		var n int64
		n, err = strconv.ParseInt(s, 10, 64)
		v.SetInt(n)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func roundTrip[R any](t *testing.T, rows []R) {
	t.Helper()
	var b bytes.Buffer
	if err := writeCSV(&b, RowsOf(rows)); err != nil {
		t.Fatal(err)
	}
	if got := readCSV[R](t, b.Bytes()); !reflect.DeepEqual(got, rows) {
		t.Errorf("%T: read back\n%+v\nwant\n%+v", rows, got, rows)
	}
	if bytes.Contains(b.Bytes(), []byte("\r")) || bytes.HasPrefix(b.Bytes(), []byte("\uFEFF")) {
		t.Errorf("%T: want LF and no byte order mark", rows)
	}
}

// Values with no more digits than the columns show come back as they were.
func TestCSVRoundTrip(t *testing.T) {
	at := datasets.MicrosOf(time.Date(2023, 5, 1, 19, 0, 0, 0, time.UTC))
	roundTrip(t, []datasets.Visit{
		{Rank: 1, SiteID: "KZ-1", Name: "=ТОО, \"А\"", BIN: "001240000001", Lat: 43.238949, Lon: 76.889709, Finding: "unregistered", Probability: 0.9731, MiningKW: 61.5, MiningSince: at, MiningUntil: at + microsPerHour, MiningKWh: 12345, MiningKWhLow: 12000, MiningKWhHigh: 13000, UnpaidKWh: 12345, TaxKZT: 24690.5, ConfidenceNote: "one kind", Evidence: "a block; -3 %", VisitGroup: "g", VisitOrder: 1},
		{Rank: 2, SiteID: "KZ-2", Finding: "unexplained"},
	})
	roundTrip(t, []datasets.StatementLine{{SiteID: "KZ-1", Quarter: 2023 * 4, MiningKWh: 1.5, RateKZTKWh: 25, RateBasis: "art. 606-2", UnpaidKWh: 1.5, TaxKZT: 37.5}, {SiteID: "KZ-1", Quarter: 2026 * 4, MiningKWh: 2}})
	roundTrip(t, []datasets.Breach{{BIN: "1", Rule: "r", Quarter: 2022*4 + 3, DueOn: day(2023, 1, 10)}, {BIN: "2", Rule: "r"}})
	roundTrip(t, []datasets.Candidate{{Target: "203.0.113.5", TargetKind: "ip", Port: 3333, ASN: 64500, Confidence: 0.5, First: at, Last: at, Bytes: 1 << 50, Action: "review", ValidFrom: 1, ValidUntil: 8}})
	roundTrip(t, []datasets.SubscriberSeen{{SubscriberID: "s", Confidence: 1, First: at, Last: at, HoursActive: 3}})
	roundTrip(t, []notice{{"1", day(2023, 1, 15), 12.345, true}, {"2", day(2023, 1, 16), 0, false}})
}

func TestCSVText(t *testing.T) {
	var b bytes.Buffer
	rows := []datasets.StatementLine{{SiteID: "A", Quarter: 2023 * 4, MiningKWh: 0.1, RateBasis: "x", TaxKZT: -0.001}}
	if err := writeCSV(&b, RowsOf(rows)); err != nil {
		t.Fatal(err)
	}
	// The header is the contract's list of columns.
	want := "site_id,bin,quarter,mining_kwh,mining_kwh_low,mining_kwh_high,rate_kzt_kwh,rate_basis,declared_kwh,unpaid_kwh,tax_kzt,tax_kzt_low,tax_kzt_high\n" +
		"A,,2023Q1,0.100,0.000,0.000,,x,0.000,0.000,0.00,0.00,0.00\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// The contract names these columns in this order; others come after them.
func TestVisitColumns(t *testing.T) {
	var names []string
	for _, c := range RowsOf[datasets.Visit](nil).columns() {
		names = append(names, c.Name)
	}
	want := "rank, site_id, name, bin, region, address, lat, lon, finding, probability, mining_kw, mining_since, mining_until, mining_kwh, mining_kwh_low, mining_kwh_high, declared_kwh, unpaid_kwh, tax_kzt, tax_kzt_low, tax_kzt_high, confidence_note, evidence, visit_group, visit_order"
	if got := strings.Join(names, ", "); !strings.HasPrefix(got, want+", ") {
		t.Errorf("got  %s\nwant %s, …", got, want)
	}
}
