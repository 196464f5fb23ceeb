package demo

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
)

// A site is a meter in its place, with the mine that was added to it.
type site struct {
	sample.Meter       // moved in time; KWh with the mine
	role         *role // nil if it does not mine
	addedKWh     []float64
	id           string // site_id
	n            int    // 0 for the first site
}

// stage puts the meters in their places and adds the mines.
func stage() ([]site, error) {
	meters, err := sample.Meters()
	if err != nil {
		return nil, err
	}
	temps, err := sample.CambridgeTempC()
	if err != nil {
		return nil, err
	}
	cast := map[string]*role{}
	for i := range roles {
		cast[roles[i].meter] = &roles[i]
	}
	var sites []site
	for i, m := range meters {
		m.Start = m.Start.AddDate(0, 0, 7*shiftWeeks[m.Kind])
		s := site{Meter: m, role: cast[m.ID], n: i, id: fmt.Sprintf("KZ-%04d", 1001+37*i)}
		if s.role != nil {
			t := temps
			if m.Kind != sample.University {
				t = nil // the temperatures go with the university meters only
			}
			s.add(t)
			delete(cast, m.ID)
		}
		sites = append(sites, s)
	}
	if len(cast) > 0 {
		return nil, fmt.Errorf("demo: no meter for the roles of %v", cast)
	}
	return sites, nil
}

// add adds the mine. An interval that the meter lost stays lost. In the days
// in which the internet was off the mine stands still.
func (s *site) add(temps []float64) {
	hours := len(s.KWh) / int(time.Hour/s.Interval)
	cut := make([]bool, hours)
	for i := range cut {
		t := s.Start.Add(time.Duration(i) * time.Hour)
		cut[i] = !t.Before(clock("2022-01-05 18:00")) && t.Before(clock("2022-01-10 06:00"))
	}
	kw := s.role.mine.Load(s.Start, hours, temps, cut)
	s.addedKWh = make([]float64, len(s.KWh))
	per := float64(s.Interval) / float64(time.Hour)
	for i, v := range s.KWh {
		if v > 0 {
			s.addedKWh[i] = kw[int(float64(i)*per)] * per
			if !s.role.past {
				s.KWh[i] = v + s.addedKWh[i]
			}
		}
	}
}

// deliveries names the file that each kind of meter is delivered in.
var deliveries = []struct {
	kind sample.Kind
	file string
}{
	{sample.University, "readings/estate-2021-2023.csv.gz"},
	{sample.Home, "readings/homes-2022-2023.csv.gz"},
	{sample.Server, "readings/servers.csv.gz"},
	{sample.Steel, "readings/steel-2022.csv.gz"},
	{sample.School, "readings/school-2022.csv.gz"},
}

// readings writes one file a kind of meter. Times are local and without
// offset, as utilities send them.
func (b *builder) readings() error {
	for _, d := range deliveries {
		err := b.csv(d.file, []string{"site_id", "ts", "kwh", "interval_min"}, func(row func(...string)) {
			for _, s := range b.sites {
				if s.Kind != d.kind {
					continue
				}
				minutes := strconv.Itoa(int(s.Interval / time.Minute))
				for i, v := range s.KWh {
					if math.IsNaN(v) {
						continue
					}
					ts := s.Start.Add(time.Duration(i) * s.Interval)
					row(s.id, ts.Format("2006-01-02T15:04"), strconv.FormatFloat(v, 'f', 3, 64), minutes)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// feederReadings writes what entered the feeder: what its sites used, the mine
// that passes its meter by, a loss of 1 % and, by Joule's law, another 2 % at
// 500 kW. A reading that a site lost was used all the same; it is taken as that
// of a week before.
func (b *builder) feederReadings() error {
	var start time.Time
	var kw []float64
	for _, s := range b.sites {
		if _, ok := feeder[s.ID]; !ok {
			continue
		}
		if kw == nil {
			start, kw = s.Start, make([]float64, len(s.KWh))
		}
		last := make([]float64, 168)
		for i, v := range s.KWh[:len(kw)] {
			if !math.IsNaN(v) {
				last[i%168] = v
			}
			kw[i] += last[i%168]
			if s.role != nil && s.role.past {
				kw[i] += s.addedKWh[i]
			}
		}
	}
	return b.csv("feeder_readings/"+feederID+".csv.gz", []string{"feeder_id", "ts", "kwh"}, func(row func(...string)) {
		for i, v := range kw {
			row(feederID, start.Add(time.Duration(i)*time.Hour).Format("2006-01-02T15:04"), strconv.FormatFloat(v*1.01+0.02*v*v/500, 'f', 2, 64))
		}
	})
}

// truth writes where mines were added, in the form that evaluate reads.
func (b *builder) truth() error {
	head := []string{"site_id", "outcome", "finding", "family", "mining_kw", "mining_since", "mining_kwh", "meter", "note"}
	return b.csv("../truth.csv", head, func(row func(...string)) {
		for _, s := range b.sites {
			if s.role == nil {
				row(s.id, "clean", "", "", "", "", "", s.ID, "real meter, nothing added")
				continue
			}
			kwh := 0.0
			for _, v := range s.addedKWh {
				kwh += v
			}
			m := s.role.mine
			row(s.id, "mining", s.role.finding, s.role.family, strconv.FormatFloat(float64(m.Machines)*m.MachineKW, 'f', 1, 64),
				m.Start.Format("2006-01-02T15:04"), strconv.FormatFloat(kwh, 'f', 0, 64), s.ID, "simulated mine: "+s.role.reason)
		}
	})
}

// quarterKWh returns the mining energy of a site by local quarter.
func (s *site) quarterKWh() map[datasets.Quarter]float64 {
	sums := map[datasets.Quarter]float64{}
	for i, v := range s.addedKWh {
		if v > 0 {
			sums[datasets.QuarterOf(s.Start.Add(time.Duration(i)*s.Interval))] += v
		}
	}
	return sums
}
