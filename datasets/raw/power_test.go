package raw

import (
	"math"
	"testing"
)

func TestParsePower(t *testing.T) {
	for in, want := range map[string]float64{
		"1,5 МВт": 1.5, "1,5МВт.": 1.5, "1.5 MW": 1.5, "800 кВт": 0.8, "0,75": 0.75, "0,500 МВт": 0.5, "1 200 кВт": 1.2, "12": 12, "2,25 мегаватт": 2.25, "3 mw": 3,
	} {
		if got, p := parsePower([]byte(in)); p != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%q: %v, %v; want %v", in, got, p, want)
		}
	}
	for in, want := range map[string]*problem{
		"1,500 МВт": &ambiguousComma, "12,000": &ambiguousComma, "около 2 МВт": &notNumber, "1,5,2": &notNumber, "МВт": &notNumber, "1-2 МВт": &notNumber, "5 MWh": &notNumber, "NaN": &notNumber,
	} {
		if got, p := parsePower([]byte(in)); p != want {
			t.Errorf("%q: %v, %v; want %v", in, got, p, want)
		}
	}
}

// Whatever is read is a number, and the same with its unit behind it.
func FuzzParsePower(f *testing.F) {
	f.Add("1,5 МВт")
	f.Add("1 200,25")
	f.Fuzz(func(t *testing.T, s string) {
		mw, p := parsePower([]byte(s))
		if p != nil {
			return
		}
		if math.IsNaN(mw) || math.IsInf(mw, 0) {
			t.Errorf("%q: %v", s, mw)
		}
	})
}
