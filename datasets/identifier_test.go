package datasets

import "testing"

func TestCheckBIN(t *testing.T) {
	for _, tc := range []struct {
		in string
		ok bool
	}{
		// Samples of public validators (kaz-person-id): BIN, then IIN.
		{"940140000385", true},
		{"950341000052", true},
		{"961141000023", true},
		{"070941024691", true},
		{"791028302728", true},
		{"061211600012", true},
		{"940140000386", false}, // wrong check digit
		{"94014000038", false},
		{"94014000038X", false},
		{"", false},
	} {
		if err := CheckBIN(tc.in); (err == nil) != tc.ok {
			t.Errorf("CheckBIN(%q) = %v, want ok %v", tc.in, err, tc.ok)
		}
	}
}

func TestIsIndividual(t *testing.T) {
	if IsIndividual("940140000385") || !IsIndividual("791028302728") {
		t.Error("BIN and IIN confused")
	}
}

func TestCheckKATO(t *testing.T) {
	for s, ok := range map[string]bool{"750000000": true, "710000000": true, "103220100": true, "510000000": true, "990000000": false, "75000000": false, "7500000000": false, "75000000x": false, "": false} {
		if err := CheckKATO(s); (err == nil) != ok {
			t.Errorf("CheckKATO(%q) = %v", s, err)
		}
	}
}
