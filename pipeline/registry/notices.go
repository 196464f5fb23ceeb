package registry

import (
	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// A MinistryNotice is what the Ministry of Energy was to be told of one notice:
// location, power and expansion, within 5 calendar days (Order 384; welegal.kz:
// Crypto-Mining and its Rules in Kazakhstan, 2022, step 3).
type MinistryNotice struct {
	BIN         string       `parquet:"bin" doc:"BIN of the entity"`
	Name        string       `parquet:"name" doc:"name of the entity"`
	NotifiedOn  datasets.Day `parquet:"notified_on,date" doc:"day of the notice"`
	KATO        string       `parquet:"kato,optional" doc:"place of the centre"`
	Address     string       `parquet:"address,optional" doc:"address of the centre"`
	Lat         float64      `parquet:"lat,optional" unit:"deg" fmt:"6" doc:"latitude of the centre"`
	Lon         float64      `parquet:"lon,optional" unit:"deg" fmt:"6" doc:"longitude of the centre"`
	DeclaredMW  float64      `parquet:"declared_mw" unit:"MW" fmt:"3" doc:"declared power"`
	ExpansionMW float64      `parquet:"expansion_mw,optional" unit:"MW" fmt:"3" doc:"declared potential of expansion"`
	DueOn       datasets.Day `parquet:"due_on,date" doc:"day by which the Ministry of Energy is to be told"`
	Overdue     string       `parquet:"overdue" doc:"no while the day has not passed; unknown afterwards, since no input says whether it was told"`
	Rule        string       `parquet:"rule" doc:"rule that asks for it"`
}

// Notices lists what is, or was, to be forwarded, by BIN and day of the
// notice. Notices outside the rules of notification are left out.
func Notices(ix *Index, regimes ref.Regimes, asOf datasets.Day) []MinistryNotice {
	var out []MinistryNotice
	for _, e := range ix.entries {
		r, ok := regimes.On(e.NotifiedOn, ref.Notification)
		if !ok || r.ForwardDays == 0 {
			continue
		}
		n := MinistryNotice{
			BIN: e.BIN, Name: e.Name, NotifiedOn: e.NotifiedOn, KATO: e.KATO, Address: e.Address, Lat: e.Lat, Lon: e.Lon,
			DeclaredMW: e.DeclaredMW, ExpansionMW: e.ExpansionMW,
			DueOn: e.NotifiedOn + datasets.Day(r.ForwardDays), Overdue: "no", Rule: r.Law,
		}
		if n.DueOn < asOf {
			n.Overdue = "unknown"
		}
		out = append(out, n)
	}
	return out
}
