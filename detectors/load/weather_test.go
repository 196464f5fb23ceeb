package load

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A heat pump of 0.5 kW a degree below 15 °C goes with the weather and is taken
// out; power that was added for months stays; and without a relation, or with too
// few temperatures, the load stays as it is.
func TestWeather(t *testing.T) {
	const days = 400
	r := rand.New(rand.NewPCG(5, 6))
	temp, plain, pump := make([]float64, days*24), make([]float64, days*24), make([]float64, days*24)
	cold := 0.0
	for i := range temp {
		if i%24 == 0 {
			cold = 0.8*cold + 3*r.NormFloat64() // weather lasts for days
		}
		temp[i] = 8 - 10*math.Cos(2*math.Pi*float64(i)/8760) + cold
		plain[i] = 20 + r.NormFloat64()
		if i >= 200*24 {
			plain[i] += 6
		}
		pump[i] = plain[i] + 0.5*max(0, 15-temp[i/24*24])
	}
	level := func(w *Window) float64 {
		after, before := meanOf(w.KW[300*24:]), meanOf(w.KW[:100*24])
		return after.sum/float64(after.n) - before.sum/float64(before.n)
	}
	var x weather
	w := window(pump)
	w.TempC = temp
	if raw, got := level(w), level(x.without(w)); math.Abs(got-6) > 0.5 || math.Abs(raw-6) < 0.5 {
		t.Errorf("the level rose by %.2f kW, with the weather %.2f, want 6", got, raw)
	}
	same := window(plain)
	same.TempC = temp
	if v := level(x.without(same)); math.Abs(v-6) > 0.2 {
		t.Errorf("a load that does not go with the weather rose by %.2f kW, want 6", v)
	}
	w.TempC = temp[:100]
	if x.without(w) != w {
		t.Error("temperatures of another length must change nothing")
	}
	w.TempC = make([]float64, len(temp))
	for i := range w.TempC {
		w.TempC[i] = math.NaN()
	}
	if x.without(w) != w {
		t.Error("unknown temperatures must change nothing")
	}
}
