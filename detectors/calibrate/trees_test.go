package calibrate

import (
	"math/rand/v2"
	"testing"
)

// Trees learn what no sum of shape functions can: that two features differ in sign.
func TestBoost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var d design
	for range 1000 {
		var x [terms]float64
		x[0], x[1] = r.NormFloat64(), r.NormFloat64()
		c := Case{}
		if x[0] > 0 != (x[1] > 0) {
			c.Model = ModelA
		}
		d.add(&c, &x)
	}
	d.balance()
	b, right := d.boost(), 0
	for i := range d.x {
		if b.of(&d.x[i]) > 0 == (d.y[i] == 1) {
			right++
		}
	}
	if right < 950 {
		t.Errorf("%d of 1,000 rows told apart", right)
	}
}
