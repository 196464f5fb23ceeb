package raw

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// Lines put together of usual and odd cells read the same by the short way as
// by the general one.
func TestConnLines(t *testing.T) {
	number := []string{"0", "7", "65535", "65536", "-1", "+1", "007", "1.0", "", "-", "(empty)", " 5", "5 ", "1e3", "999999999999999999", "9999999999999999999", "4611686018427387905", "x", "\\x35", "５"}
	pools := [][]string{
		{"1600000000.123456", "1600000000", "1600000000.1234567", "1600000000123", "2020-09-13T12:26:40Z", "-1.5", "0.000001", "9600000000", "-", "", "1.6e9", "160e-3"},
		{"10.0.0.1", "10.0.0.2", "192.0.2.77", "2001:DB8::1", "2001:db8:0::1", "::ffff:10.0.0.1", "fe80::1%eth0", "10.0.0.256", "010.0.0.1", " 10.0.0.1", "-", "", "10.0.0.1\\x31", "(empty)"},
		number,
		{"10.0.0.2", "2001:db8::2", "nonsense", "-", "", "10.0.0.1"},
		number,
		{"tcp", "udp", "icmp", "TCP", "6", "unknown_transport", "17", "256", "", "-", "sctp"},
		{"0.000001", "3600.123456", ".5", "5.", ".", "-", "", "(empty)", "-0.5", "1e-05", "0.1234567890123456", "123456789012345", "1234567890123456", "999999999999.999", "inf", "0x1p3", "1_0", "1,5"},
		number, number, number, number, number, number,
	}
	random := rand.New(rand.NewPCG(5, 6))
	var text strings.Builder
	text.WriteString(connHeader)
	for n := range 20_000 {
		if n%5000 == 4999 {
			text.WriteString("#close\n") // blocks end before a header line
		}
		for i, pool := range pools {
			if i > 0 {
				text.WriteByte('\t')
			}
			cell := pool[0]
			if random.IntN(8) == 0 {
				cell = pool[random.IntN(len(pool))]
			}
			text.WriteString(cell)
		}
		text.WriteString([]string{"\n", "\n", "\n", "\n", "\r\n", "\tmore\n", "\x00\n", "\xff\n", "\n\n", "\n"}[random.IntN(10)])
	}
	path := filepath.Join(t.TempDir(), "conn.log")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	compareBlocks[datasets.Flow](t, path, "flows")
	if found := readAll[datasets.Flow](t, path, "flows", options()); len(found.rows) < 1000 || len(found.faults) < 1000 {
		t.Errorf("%d rows and %d faults are too few to tell", len(found.rows), len(found.faults))
	}
}

// Seconds are those of strconv.ParseFloat to the last bit.
func TestSeconds(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200_000 {
		digits := strconv.FormatInt(random.Int64N(1_000_000_000_000_000), 10)
		at := random.IntN(len(digits) + 1)
		cell := digits[:at] + "." + digits[at:]
		want, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := seconds([]byte(cell)); !ok || got != want {
			t.Fatalf("%s is %v, %v, want %v", cell, got, ok, want)
		}
	}
}

func FuzzSeconds(f *testing.F) {
	for _, s := range []string{"0", "1.5", ".5", "5.", "", ".", "123456789012345.", "0.00000000000001", "1e5", "-1", "999999999999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, cell []byte) {
		got, ok := seconds(cell)
		if !ok {
			return
		}
		if want, p := parseFloat(cell, false); p != nil || got != want {
			t.Errorf("%q is %v, want %v, %v", cell, got, want, p)
		}
	})
}
