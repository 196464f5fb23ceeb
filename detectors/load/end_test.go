package load

import "testing"

// The end of a block is where the weeks after its onset go back, not the clearest step
// down, which may be the site's own; a block that goes on keeps going on through it.
func TestEndByCourse(t *testing.T) {
	const onset = 200*24 + 14
	for _, tc := range []struct {
		name      string
		end, want int // day
	}{
		{"ended", 450, 450},
		{"goes on", 730, 730},
	} {
		kw := office(730, 3)
		add(kw, 10, onset, tc.end*24, always)
		add(kw, 35, 320*24, 330*24, always) // ten days of something else, whose end is a larger step down
		s := scan(t, kw)
		if s.Block == nil || abs(s.Block.Onset-onset) > 24 {
			t.Fatalf("%s: block %+v", tc.name, s.Block)
		}
		if got := s.Block.End / 24; abs(got-tc.want) > 1 {
			t.Errorf("%s: ends on day %d, want %d", tc.name, got, tc.want)
		}
	}
}
