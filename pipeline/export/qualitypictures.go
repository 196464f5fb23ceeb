package export

import (
	"cmp"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A MonthCoverage says how much of one month of a site is known.
type MonthCoverage struct {
	Month   datasets.Month
	Covered float64 // share of the hours with a value, 0 to 1
}

// MonthSites counts the sites of one month by the share of its hours that have
// a value. A site counts from the first month with readings to the last.
type MonthSites struct {
	Month   string `json:"month"`    // 2022-03
	Full    int    `json:"from_90"`  // at least 90 %
	Part    int    `json:"from_50"`  // at least half
	Little  int    `json:"below_50"` //
	Nothing int    `json:"nothing"`
}

// A Reconciliation holds what files delivered against what the lake holds, for
// one dataset. Rows and energy balance: read = in the lake + corrected +
// duplicates + refused, where refused rows have no energy.
type Reconciliation struct {
	Dataset      string  `json:"dataset"`
	Read         int64   `json:"read"`
	Refused      int64   `json:"refused"`
	Duplicates   int64   `json:"duplicates"`
	Corrected    int64   `json:"corrected"` // replaced by a later row
	Lake         int64   `json:"lake"`      // rows of the table, counted there
	HasKWh       bool    `json:"-"`
	KWh          float64 `json:"kwh,omitempty"` // of the rows that could be read
	DuplicateKWh float64 `json:"duplicate_kwh,omitempty"`
	CorrectedKWh float64 `json:"corrected_kwh,omitempty"`
	LakeKWh      float64 `json:"lake_kwh,omitempty"` // summed over the table
	MissingRows  int64   `json:"missing_rows"`       // 0 if all is accounted for
	MissingWh    int64   `json:"missing_wh"`         // 0 if all is accounted for
}

// Balanced reports whether every row and watt-hour is accounted for.
func (r Reconciliation) Balanced() bool { return r.MissingRows == 0 && r.MissingWh == 0 }

// A Refusal counts the rows refused for one reason in all files of a dataset.
type Refusal struct {
	Dataset string `json:"dataset"`
	Reason  string `json:"reason"`
	Rows    int64  `json:"rows"`
	Files   int    `json:"files"`
}

// A DeliveryChange holds the newest file of a dataset against the one that was
// delivered before it.
type DeliveryChange struct {
	Dataset string   `json:"dataset"`
	File    Delivery `json:"newest"`
	Before  Delivery `json:"before"`
}

// A Delivery is what DeliveryChange says of a file.
type Delivery struct {
	Name       string  `json:"name"`
	Rows       int64   `json:"rows"`
	Accepted   int64   `json:"accepted"`
	Duplicates int64   `json:"duplicates"` // rows that say what an earlier row said
	Superseded int64   `json:"superseded"` // accepted rows that a later row replaced
	Refused    int64   `json:"refused"`
	KWh        float64 `json:"kwh"`
	From       string  `json:"from,omitempty"` // first and last time of the accepted rows
	Until      string  `json:"until,omitempty"`
	IDs        int64   `json:"ids"`       // different sites, feeders or BINs that the file names, 0 if the dataset has none
	OnlyHere   int64   `json:"only_here"` // of these, not in the other file
}

// refusals sums the reasons over the files of each dataset: datasets in the
// order of delivery, most rows first.
func (q *Quality) refusals() []Refusal {
	type key struct{ dataset, reason string }
	at := map[key]int{}
	list := []Refusal{} // a list in JSON even if nothing was refused
	order := map[string]int{}
	for _, f := range q.Files {
		if _, known := order[f.Dataset]; !known {
			order[f.Dataset] = len(order)
		}
		for _, r := range f.Reasons {
			k := key{f.Dataset, r.Reason}
			i, known := at[k]
			if !known {
				i = len(list)
				at[k] = i
				list = append(list, Refusal{Dataset: f.Dataset, Reason: r.Reason})
			}
			list[i].Rows += r.Rows
			list[i].Files++
		}
	}
	slices.SortStableFunc(list, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(order[a.Dataset], order[b.Dataset]), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// The shares of a month's hours that divide sites into classes.
const (
	fullMonth = 0.9
	halfMonth = 0.5
)

// months counts the sites of each month of the data.
func (q *Quality) months() []MonthSites {
	from, to := q.span()
	if to < from {
		return nil
	}
	list := make([]MonthSites, to-from+1)
	for i := range list {
		list[i].Month = (from + datasets.Month(i)).String()
	}
	for _, c := range q.Coverage {
		for _, m := range c.Months {
			s := &list[m.Month-from]
			switch {
			case m.Covered >= fullMonth:
				s.Full++
			case m.Covered >= halfMonth:
				s.Part++
			case m.Covered > 0:
				s.Little++
			default:
				s.Nothing++
			}
		}
	}
	return list
}

// span returns the first and the last month of all sites; to is less than from
// if there is none.
func (q *Quality) span() (from, to datasets.Month) {
	from, to = math.MaxInt32, -1
	for _, c := range q.Coverage {
		if n := len(c.Months); n > 0 {
			from, to = min(from, c.Months[0].Month), max(to, c.Months[n-1].Month)
		}
	}
	return from, to
}

// A rectangle of a picture, in units of it.
type rectangle struct{ X, W, Y, H float64 }

// A monthPicture stacks the classes of sites of each month; the unit is a month
// to the right and a percent of the most sites upwards.
type monthPicture struct {
	Months             int
	Full, Part, Little []rectangle
	Years              []yearMark
	Most               int // sites of the fullest month
	First, Last        string
}

type yearMark struct {
	X     float64 // percent of the width
	Label string
}

func newMonthPicture(months []MonthSites) *monthPicture {
	if len(months) == 0 {
		return nil
	}
	p := &monthPicture{Months: len(months), First: months[0].Month, Last: months[len(months)-1].Month}
	for _, m := range months {
		p.Most = max(p.Most, m.Full+m.Part+m.Little+m.Nothing)
	}
	if p.Most == 0 {
		return nil
	}
	for i, m := range months {
		below := 0.0
		stack := func(list *[]rectangle, n int) {
			if n > 0 {
				h := 100 * float64(n) / float64(p.Most)
				below += h
				*list = append(*list, rectangle{X: float64(i) + 0.05, W: 0.9, Y: 100 - below, H: h})
			}
		}
		stack(&p.Full, m.Full)
		stack(&p.Part, m.Part)
		stack(&p.Little, m.Little)
		if year := m.Month[:4]; i == 0 || months[i-1].Month[:4] != year {
			p.Years = append(p.Years, yearMark{100 * float64(i) / float64(len(months)), year})
		}
	}
	return p
}

// strip draws the months of one site on the axis of all: a bar of the height of
// the share that is known. Equal months are one bar.
func strip(c SiteCoverage, from datasets.Month) (full, part []rectangle) {
	for i := 0; i < len(c.Months); {
		j := i + 1
		for j < len(c.Months) && c.Months[j].Covered == c.Months[i].Covered {
			j++
		}
		m := c.Months[i]
		b := rectangle{X: float64(m.Month - from), W: float64(j - i), Y: 1 - m.Covered, H: m.Covered}
		switch {
		case m.Covered >= fullMonth:
			full = append(full, b)
		case m.Covered > 0:
			part = append(part, b)
		}
		i = j
	}
	return full, part
}

// A refusalBar is a Refusal with the length of its bar in percent.
type refusalBar struct {
	Refusal
	Length float64
}

func newRefusalBars(list []Refusal) []refusalBar {
	most := int64(1)
	for _, r := range list {
		most = max(most, r.Rows)
	}
	bars := make([]refusalBar, len(list))
	for i, r := range list {
		bars[i] = refusalBar{r, 100 * float64(r.Rows) / float64(most)}
	}
	return bars
}
