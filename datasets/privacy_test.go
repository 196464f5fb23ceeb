package datasets

import (
	"strings"
	"testing"
)

// Columns that stand for people are guarded in every table, whether or not
// somebody thought of a tag.
func TestPrivacyOfColumns(t *testing.T) {
	for _, test := range []struct {
		table, column string
		want          Privacy
	}{
		{"sites", "name", Person}, {"sites", "bin", Holder}, {"sites", "address", Place}, {"sites", "lat", Place}, {"sites", "region", Open},
		{"readings", "wh", Meter}, {"readings", "site_id", Account},
		{"registry", "bank_details", Person}, {"registry", "host_bin", Holder}, {"declarations", "tax_tiyn", Meter},
		{"subscribers", "ip_prefix", Person}, {"subscribers", "subscriber_id", Account},
		{"flows", "src_ip", Person}, {"flows", "dst_ip", Person}, {"dns", "client_ip", Person}, {"dns", "query", Traffic}, {"tls", "sni", Traffic},
		{"known_services", "name", Open}, {"outcomes", "note", Narrative},
		{"scores", "mining_kwh", Meter}, {"scores", "registry_bin", Holder}, {"scores", "probability", Open},
		{"visits", "evidence", Narrative}, {"statement", "tax_kzt_high", Meter}, {"candidates", "target", Open}, {"subscribers_seen", "bin", Holder},
	} {
		c := Lookup(test.table).Column(test.column)
		if c == nil || c.Privacy != test.want {
			t.Errorf("%s.%s: got %+v, want %s", test.table, test.column, c, test.want)
		}
	}
	for _, table := range Catalog {
		for _, c := range table.Columns {
			guarded := c.Privacy != Open || table.Name == "known_services"
			for _, part := range []string{"bin", "iin", "name", "address", "phone", "bank"} {
				for _, word := range strings.Split(c.Name, "_") {
					if word == part && !guarded && table.Role != Derived {
						t.Errorf("%s.%s looks like personal data and is %s", table.Name, c.Name, c.Privacy)
					}
				}
			}
		}
	}
}

func TestMask(t *testing.T) {
	secret := Secret("0123456789abcdef0123456789abcdef")
	rows := []Visit{{Rank: 1, SiteID: "KZ-1", Name: "A", BIN: "850101300006", Address: "x", Lat: 1, MiningKW: 5, Evidence: "at x", VisitGroup: "G1"}}
	got := Mask(rows, Notebook, secret)[0]
	if got.SiteID == "KZ-1" || got.SiteID != secret.Pseudonym("KZ-1") || got.Name != "" || got.Address != "" || got.Lat != 0 || got.Evidence != "" ||
		got.BIN != secret.Pseudonym("850101300006") || got.MiningKW != 5 || got.Rank != 1 {
		t.Errorf("notebook sees %+v", got)
	}
	if rows[0].Name != "A" {
		t.Error("the rows given were changed")
	}
	if secret.Pseudonym("KZ-1") == Secret("another key").Pseudonym("KZ-1") || len(got.SiteID) != 22 || (Secret{}).Pseudonym("") != "" {
		t.Errorf("pseudonym %q must depend on the key", got.SiteID)
	}
	seen := []SubscriberSeen{{SubscriberID: "S", BIN: "850101300006"}, {SubscriberID: "T", BIN: "950340000016"}}
	masked := Mask(seen, Telecom, nil)
	if masked[0].BIN != "" || masked[1].BIN != "950340000016" || masked[0].SubscriberID != "S" {
		t.Errorf("telecom sees %+v", masked)
	}
	if got := Mask(rows, Analyst, nil)[0]; got != rows[0] {
		t.Errorf("analyst sees %+v", got)
	}
}
