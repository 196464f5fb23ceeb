package datasets

import (
	"strings"
	"testing"
	"time"
)

func TestCatalogIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range Catalog {
		if seen[table.Name] || table.Name == "" || table.Doc == "" {
			t.Errorf("table %q: want a unique name and a description", table.Name)
		}
		seen[table.Name] = true
		names := map[string]bool{}
		for _, c := range table.Columns {
			if c.Doc == "" || names[c.Name] {
				t.Errorf("%s.%s: want a unique name and a description", table.Name, c.Name)
			}
			names[c.Name] = true
		}
		for _, by := range []string{table.BucketBy, table.YearBy} {
			if by != "" && !names[by] {
				t.Errorf("%s: divided by the unknown column %q", table.Name, by)
			}
		}
		if table.Role == Input && len(table.Key()) == 0 {
			t.Errorf("%s: an input needs a key", table.Name)
		}
	}
}

// References name columns of inputs that hold the same kind of value.
func TestReferences(t *testing.T) {
	n := 0
	for _, table := range Catalog {
		for _, c := range table.Columns {
			if c.References == "" {
				continue
			}
			n++
			if other, column := c.Referenced(); column == nil || other.Role != Input || column.Kind != c.Kind {
				t.Errorf("%s.%s refers to %q", table.Name, c.Name, c.References)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d references", n)
	}
	kw := Lookup("sites").Column("contracted_kw")
	if least, most := kw.Bounds(); least == nil || *least != 0 || most != nil || !strings.HasSuffix(kw.Meaning(), "; 0 or more") {
		t.Errorf("%v %v %q", least, most, kw.Meaning())
	}
	if got := Lookup("subscribers").Column("port_to").Meaning(); !strings.HasSuffix(got, "; 0 to 65535") {
		t.Error(got)
	}
	if got := Lookup("outcomes").Column("site_id").Meaning(); !strings.HasSuffix(got, "; refers to sites.site_id") {
		t.Error(got)
	}
}

// The contract names these columns; a question mark there is "not required" here.
func TestContractColumns(t *testing.T) {
	for name, want := range map[string]string{
		"sites":             "site_id name? bin? account_type? oked? tariff_group? kato? region? address? lat? lon? feeder_id? contracted_kw? voltage_kv? connected_on? price_kzt_kwh?",
		"readings":          "site_id ts kwh quality? interval_min? kvarh?", // kvarh goes beyond the contract
		"billing":           "site_id period_start period_end kwh quality?",
		"feeder_readings":   "feeder_id ts kwh",
		"weather":           "region ts temp_c",
		"curtailments":      "region? feeder_id? start end kind",
		"registry":          "bin name category jurisdiction? notified_on design_start_on? activity_start_on? terminated_on? kato? address? lat? lon? declared_mw expansion_mw? investment_kzt? bank_details? license_no? license_type? license_from? license_to? host_bin?",
		"quarterly_reports": "bin quarter submitted_on mw planned_investment_kzt? potential_investment_kzt? jobs?",
		"declarations":      "bin quarter kwh tax_kzt",
		"subscribers":       "ip_prefix port_from? port_to? valid_from valid_to? subscriber_id provider? bin? address? lat? lon? site_id?",
		"flows":             "ts src_ip src_port dst_ip dst_port proto duration_s orig_bytes resp_bytes orig_pkts resp_pkts sni? direction? app? sampling?", // direction and sampling go beyond the contract
		"dns":               "ts client_ip query answers?",
		"tls":               "ts src_ip dst_ip dst_port sni ja3? ja4? src_port?", // src_port goes beyond the contract
		"pools":             "pool host ports? algorithm? source?",
		"known_services":    "prefix? host? name why",
		"outcomes":          "site_id visited_on outcome found_kw? note? team? drawn?", // the last two go beyond the contract
	} {
		table := Lookup(name)
		if table == nil {
			t.Errorf("no table %q", name)
			continue
		}
		var got []string
		for _, c := range table.Delivered() {
			s := c.In
			if !c.Required {
				s += "?"
			}
			got = append(got, s)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s:\n got %s\nwant %s", name, g, want)
		}
	}
}

func TestQuarter(t *testing.T) {
	q, err := ParseQuarter("2023Q1")
	if err != nil || q.String() != "2023Q1" {
		t.Fatalf("ParseQuarter: %v, %v", q, err)
	}
	if s, e := q.Start().String(), q.End().String(); s != "2023-01-01" || e != "2023-03-31" {
		t.Errorf("2023Q1 = %s … %s", s, e)
	}
	if got := QuarterOf(time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)); got.String() != "2023Q4" {
		t.Errorf("QuarterOf(2023-12-31) = %v", got)
	}
	for _, bad := range []string{"", "2023", "2023Q5", "Q1 2023", "2023Q0"} {
		if q, err := ParseQuarter(bad); err == nil {
			t.Errorf("ParseQuarter(%q) = %v, want an error", bad, q)
		}
	}
}

// BucketOf is part of the lake's layout: these values must never change.
func TestBucketOfIsStable(t *testing.T) {
	counts := make([]int, 64)
	for i := range 6400 {
		counts[BucketOf("site-"+string(rune('a'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String(), 64)]++
	}
	for b, n := range counts {
		if n < 50 || n > 160 {
			t.Errorf("bucket %d holds %d of 6400 keys, want about 100", b, n)
		}
	}
	for key, want := range map[string]int32{"": 1, "KZ-0001": 43, "10.0.0.1": 16} {
		if got := BucketOf(key, 64); got != want {
			t.Errorf("BucketOf(%q) = %d, want %d", key, got, want)
		}
	}
}

// kitten to sitting takes three edits, the usual textbook example.
func TestEditDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"", "abc", 3}, {"kwh", "kwh", 0}, {"kwh", "kwt", 1}} {
		if got := EditDistance(tc.a, tc.b); got != tc.want || EditDistance(tc.b, tc.a) != tc.want {
			t.Errorf("EditDistance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

// One degree of latitude on the sphere of 6371.0088 km is 111.195 km.
func TestDistanceM(t *testing.T) {
	if d := DistanceM(50, 70, 51, 70); d < 111194 || d > 111196 {
		t.Errorf("one degree is %v m", d)
	}
	if d := DistanceM(50, 70, 50, 70); d != 0 {
		t.Errorf("no distance is %v m", d)
	}
}
