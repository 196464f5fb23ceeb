package export

import (
	"io"
	"path"

	"github.com/minewatch/minewatch/datasets"
)

// reportPage is the model of the report.
type reportPage struct {
	Head
	Sites             []siteView
	Map               *mapView // nil if no site has coordinates
	Regions, Findings []string
	Counts            reportCounts
	Quality           qualityTotals
	Absent            []AbsentDataset
	Colours           []int // one for each step of the scale
}

// reportCounts are the figures in the head of the report.
type reportCounts struct {
	Judged, Proposed              int
	ExpectedWrong                 float64 // proposed sites that, by their own probabilities, did not mine
	MiningKW                      float64
	UnpaidKWh                     float64
	TaxKZT, TaxKZTLow, TaxKZTHigh float64
	Breaches, Candidates          int
	Subscribers                   int
}

func countsOf(run *Run) reportCounts {
	c := reportCounts{Judged: len(run.Scores), Proposed: len(run.Visits), Breaches: len(run.Breaches),
		Candidates: len(run.Candidates), Subscribers: len(run.Subscribers)}
	for _, v := range run.Visits {
		if v.Drawn == "random" { // nothing is suspected of it
			continue
		}
		c.ExpectedWrong += 1 - v.Probability
		c.MiningKW += v.MiningKW
		c.UnpaidKWh += v.UnpaidKWh
		c.TaxKZT += v.TaxKZT
		c.TaxKZTLow += v.TaxKZTLow
		c.TaxKZTHigh += v.TaxKZTHigh
	}
	return c
}

// dossierPage is the model of one dossier.
type dossierPage struct {
	Head
	Site    siteView
	Account []string // what the supplier says of the metering point
	Covered string   // how much of the load is known, in words; "" if there is no reading
	Colours []int
}

// writeSitePages writes the report and the dossiers. They go together because
// the chart of a site is asked for once.
func writeSitePages(dir string, run *Run) ([]string, error) {
	groups := run.bySite()
	names := dossierNames(run.Visits)
	covered := map[string]string{}
	for _, c := range run.Quality.Coverage {
		covered[c.SiteID] = coverageWords(newCovered(c, run))
	}
	page := reportPage{
		Head:     newHead(run, text("report.title"), reportScript),
		Regions:  facets(run.Visits, func(v datasets.Visit) string { return v.Region }),
		Findings: facets(run.Visits, func(v datasets.Visit) string { return v.Finding }),
		Counts:   countsOf(run), Quality: run.Quality.totals(), Absent: run.Quality.Absent,
		Colours: colours(),
	}
	page = cleaned(page)
	size := detailFor(len(run.Visits))
	var files []string
	for i, v := range run.Visits {
		chart, err := chartOf(run, v.SiteID)
		if err != nil {
			return nil, err
		}
		site, days := newSite(run, i, groups[v.SiteID], chart)
		site.Dossier = names[i]
		paper := site
		site.Tax = site.Tax[:min(len(site.Tax), size.taxLines)]
		site.TaxMore = len(paper.Tax) - len(site.Tax)
		if days != nil {
			if site.Plot, err = newPlot(chart, days, size); err != nil {
				return nil, err
			}
			if paper.Plot, err = newPlot(chart, days, detailFor(1)); err != nil {
				return nil, err
			}
		}
		page.Sites = append(page.Sites, cleaned(site))
		name := path.Join("inspection/dossiers", names[i]+".html")
		d := cleaned(dossierPage{Head: newHead(run, text("dossier.title", v.SiteID), ""),
			Site: paper, Account: accountWords(run.Sites[v.SiteID]), Covered: covered[v.SiteID], Colours: colours()})
		if err := create(dir, name, func(w io.Writer) error { return render(w, "dossier.tmpl", d) }); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	page.Map = newMap(page.Sites)
	const name = "inspection/report.html"
	err := create(dir, name, func(w io.Writer) error { return render(w, "report.tmpl", page) })
	return append(files, name), err
}

// colours returns the numbers of the steps of the scale; the style sheet has a
// class for each.
func colours() []int {
	out := make([]int, len(cividis))
	for i := range out {
		out[i] = i
	}
	return out
}

func coverageWords(c coveredSite) string {
	return text("dossier.coverage", grouped(0, c.Hours), c.FromDay, c.UntilDay,
		grouped(1, 100*c.Measured), grouped(1, 100*c.Estimated), grouped(0, c.Gaps), grouped(0, c.LongestGapH))
}

// accountWords lists what is known of a metering point beyond the list's columns.
func accountWords(s datasets.Site) []string {
	var out []string
	add := func(key, value string) {
		if value != "" {
			out = append(out, text(key, value))
		}
	}
	add("account.oked", s.OKED)
	add("account.tariff", s.TariffGroup)
	add("account.feeder", s.FeederID)
	add("account.connected", s.ConnectedOn.String())
	if s.ContractedKW > 0 {
		add("account.contracted", grouped(1, s.ContractedKW))
	}
	if s.VoltageKV > 0 {
		add("account.voltage", fixed(s.VoltageKV, -1))
	}
	return out
}
