package raw

import (
	"math/big"
	"strings"
	"testing"
)

func TestParseDecimal(t *testing.T) {
	for _, c := range []struct {
		in    string
		scale int
		want  int64
	}{
		{"0", 3, 0}, {"1", 3, 1000}, {"-1", 3, -1000}, {"+1.5", 3, 1500}, {".5", 3, 500}, {"5.", 3, 5000}, {"-0.001", 3, -1},
		{"1.2344", 3, 1234}, {"1.2345", 3, 1235}, {"-1.2345", 3, -1235}, {"-1.2344999999", 3, -1234}, {"0.0005", 3, 1}, {"0.0004999", 3, 0},
		{"0.30000000000000004", 3, 300}, // what 0.1 + 0.2 prints as
		{"1e-05", 3, 0}, {"1E3", 3, 1_000_000}, {"1.5e-3", 3, 2}, {"12.5e+1", 3, 125_000}, {"5e-4", 3, 1}, {"4e-4", 3, 0}, {"0e99999999", 3, 0}, {"1e-99999999", 3, 0},
		{"000000000000000000000000001.5", 3, 1500}, {"9223372036854775", 2, 922337203685477500}, {"99.995", 2, 10000},
	} {
		if got, p := parseDecimal([]byte(c.in), c.scale, false); p != nil || got != c.want {
			t.Errorf("parseDecimal(%q, %d) = %d, %v; want %d", c.in, c.scale, got, p, c.want)
		}
	}
	for _, bad := range []string{"", "-", ".", "1,5", "1 000", "1.2.3", "0x10", "1e", "1e+", "e5", "NaN", "inf", "1_000", "--1", "1-", "1e5.0", "٣", "1e99", "99999999999999999999"} {
		if got, p := parseDecimal([]byte(bad), 3, false); p == nil {
			t.Errorf("parseDecimal(%q) = %d, want a problem", bad, got)
		}
	}
	if got, p := parseDecimal([]byte("-1234,5"), 3, true); p != nil || got != -1_234_500 {
		t.Errorf("with a decimal comma: %d, %v", got, p)
	}
}

// Against exact rational arithmetic of math/big.
func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1.2345", "-0.0005", "1e-05", "12345678901234567890", "0.1e-2", "00.50", "+7."} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, scale int) {
		if scale < 0 || scale > 6 || len(s) > 60 || strings.ContainsAny(s, "eE") && len(s) > 8 {
			return
		}
		got, p := parseDecimal([]byte(s), scale, false)
		want, ok := new(big.Rat).SetString(s)
		if !ok || strings.ContainsAny(s, "/_xXbBoOpP") {
			if p == nil {
				t.Fatalf("%q = %d, math/big does not read it", s, got)
			}
			return
		}
		want.Mul(want, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		rounded := roundHalfAway(want)
		if p == nil && (!rounded.IsInt64() || rounded.Int64() != got) {
			t.Errorf("%q times 10^%d = %d, want %v", s, scale, got, rounded)
		}
		if p != nil && rounded.CmpAbs(big.NewInt(1e17)) < 0 {
			t.Errorf("%q times 10^%d: %v, want %v", s, scale, p, rounded)
		}
	})
}

func roundHalfAway(r *big.Rat) *big.Int {
	double := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	n := new(big.Int).Quo(double.Add(double, r.Denom()), new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}
