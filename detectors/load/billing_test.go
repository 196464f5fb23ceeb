package load

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
)

func begins(d datasets.Day) datasets.Micros { return datasets.MicrosOf(d.In(time.UTC)) }

// monthly bills a meter by calendar month, with power added from a month on.
func monthly(m sample.Meter, added float64, from int) []Bill {
	var bills []Bill
	for i, v := range m.Hourly() {
		t := m.Start.Add(time.Duration(i) * time.Hour)
		day := datasets.DayOf(t)
		if t.Day() == 1 && t.Hour() == 0 {
			bills = append(bills, Bill{First: day})
		}
		b := &bills[len(bills)-1]
		b.Last = day
		if len(bills) > from {
			v += added
		}
		if !math.IsNaN(v) {
			b.Wh += datasets.Wh(v * 1000)
		}
	}
	return bills
}

// On real meters few clean buildings speak, and of those to which 0.6 of their
// mean load was added after two years nearly all do, about that strongly.
func TestBilling(t *testing.T) {
	meters, err := sample.Meters()
	if err != nil {
		t.Fatal(err)
	}
	clean, found, near := 0, 0, 0
	meters = sample.Select(meters, sample.University)
	for _, m := range meters {
		e := Billing{}.Detect(m.ID, monthly(m, 0, 99), begins)
		t.Logf("%s: clean %.1f (%.2f)", m.ID, e.Statistic, e.LogLR)
		if e.LogLR > 0 {
			clean++
		}
		power := 0.6 * half(meanOf(m.Hourly()), len(m.KWh))
		e = Billing{}.Detect(m.ID, monthly(m, power, 26), begins)
		t.Logf("%s: %.1f kW added: %.1f (%.2f), %.1f kW, p %.3f", m.ID, power, e.Statistic, e.LogLR, e.MiningKW, e.PValue)
		if e.LogLR > 0 {
			found++
			if math.Abs(e.MiningKW/power-1) < 0.3 {
				near++
			}
		}
		if e.LogLR > billingLimit {
			t.Errorf("%s: %.2f from monthly bills", m.ID, e.LogLR)
		}
	}
	t.Logf("%d of %d clean buildings speak; %d found, %d of them within 30 %%", clean, len(meters), found, near)
	if clean > 1 || found < 15 || near < 13 {
		t.Errorf("%d of %d clean buildings speak; %d found, %d of them within 30 %%", clean, len(meters), found, near)
	}
}

func TestBillingWithheld(t *testing.T) {
	bill := func(first datasets.Day, kwh int64) Bill { return Bill{first, first + 29, datasets.Wh(kwh * 1000)} }
	var year []Bill
	for i := range 12 {
		year = append(year, bill(19_000+datasets.Day(30*i), 7200))
	}
	for name, bills := range map[string][]Bill{
		"none": nil, "a year": year, "the last day before the first": {{First: 19_000, Last: 18_000, Wh: 5}}, "less than nothing": {{19_000, 19_029, -5}},
	} {
		if e := (Billing{}).Detect("S", bills, begins); e.Status != datasets.Withheld || e.Detail == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	// Two years of equal bills: nothing was added, whatever the scale.
	e := Billing{}.Detect("S", append(year, func() (next []Bill) {
		for i := range 12 {
			next = append(next, bill(19_364+datasets.Day(30*i), 7200))
		}
		return next
	}()...), begins)
	if e.Status != datasets.Spoken || e.LogLR != 0 || !strings.Contains(e.Detail, "no added power") {
		t.Errorf("equal bills: %+v", e)
	}
}
