package export

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"path"
	"sync"

	"github.com/minewatch/minewatch/datasets"
)

// reportPage is the model of the report.
type reportPage struct {
	Head
	Sites             []siteView
	Map               *mapView
	Changes           *changesView
	Regions, Findings []string
	Counts            reportCounts
	Quality           qualityTotals
	Absent            []AbsentDataset
	Colours           []int // one for each step of the scale
}

// reportCounts are the figures in the head of the report.
type reportCounts struct {
	Judged, Proposed              int
	ExpectedWrong                 float64
	MiningKW                      float64
	UnpaidKWh                     float64
	TaxKZT, TaxKZTLow, TaxKZTHigh float64
	Breaches, Candidates          int
	Subscribers                   int
}

func countsOf(run *Run) reportCounts {
	c := reportCounts{ExpectedWrong: run.ExpectedWrong, Judged: len(run.Scores), Proposed: len(run.Visits), Breaches: len(run.Breaches),
		Candidates: len(run.Candidates), Subscribers: len(run.Subscribers)}
	for _, v := range run.Visits {
		if v.Drawn == "random" { // nothing is suspected of it
			continue
		}
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
	QR      template.HTML
	Code    string   // what the QR code says
	Account []string // what the supplier says of the metering point
	Covered string   // how much of the load is known, in words; "" if there is no reading
	Colours []int
}

// addSitePages writes the report and the dossiers. They go together because
// both need the load of a site, which is read once.
func (w *writing) addSitePages(run *Run) error {
	geo, err := loadGeography()
	if err != nil {
		return err
	}
	names := regionNames(geo.regions)
	p := sitePages{run: run, geo: geo, names: dossierNames(run.Visits), groups: run.bySite(), covered: map[string]string{}, size: detailFor(len(run.Visits))}
	for _, c := range run.Quality.Coverage {
		p.covered[c.SiteID] = coverageWords(newCovered(c, run))
	}
	sites := make([]siteView, len(run.Visits))
	var dossiers sync.WaitGroup
	for i := range run.Visits {
		dossiers.Add(1)
		w.add(func() (files []string, err error) {
			defer dossiers.Done()
			sites[i], files, err = p.dossier(w.dir, i, names)
			return files, err
		})
	}
	const name = "inspection/report.html"
	w.addFile(name, func(to io.Writer) error {
		dossiers.Wait() // all of them are at work or done
		return writePage(to, "report.tmpl", p.report(sites), names)
	})
	return nil
}

// dossier writes the dossier of one site, and returns what the report says of it.
func (p *sitePages) dossier(dir string, i int, names [][3]string) (brief siteView, files []string, err error) {
	s, err := p.site(i)
	if err != nil {
		return brief, nil, err
	}
	base := path.Join("inspection/dossiers", p.names[i])
	files = []string{base + ".html", base + ".pdf"}
	return s.brief, files, errors.Join(
		create(dir, files[0], func(w io.Writer) error { return writePage(w, "dossier.tmpl", s.paper, names) }),
		create(dir, files[1], func(w io.Writer) error { return writePaper(w, p.run, &s.paper, s.chart, s.days) }))
}

// report gathers what the report says.
func (p *sitePages) report(sites []siteView) reportPage {
	page := cleaned(reportPage{
		Head:   newHead(p.run, text("report.title"), reportScript),
		Counts: countsOf(p.run), Quality: p.run.Quality.totals(), Absent: p.run.Quality.Absent,
		Colours: colours(), Changes: newChanges(p.run.Changes),
	})
	page.Sites = sites
	page.Regions = facets(page.Sites, func(s siteView) string { return s.Region })
	page.Findings = facets(page.Sites, func(s siteView) string { return s.Finding })
	if len(page.Sites) > 0 {
		page.Map = p.geo.newMap(page.Sites)
	}
	return page
}

// sitePages makes the views of the sites one by one.
type sitePages struct {
	run     *Run
	geo     geography
	names   []string // of the dossiers
	groups  map[string]*siteRows
	covered map[string]string
	size    detail
}

// siteDocs is what is written of one site.
type siteDocs struct {
	brief siteView // in the report
	paper dossierPage
	chart *Chart // nil if there is no load to draw
	days  *days
}

func (p *sitePages) site(i int) (out siteDocs, err error) {
	id := p.run.Visits[i].SiteID
	if out.chart, err = chartOf(p.run, id); err != nil {
		return out, err
	}
	brief, days := newSite(p.run, p.geo, i, p.groups[id], out.chart)
	brief.Dossier = p.names[i]
	if p.run.Activity != nil {
		a, err := p.run.Activity(id)
		if err != nil {
			return out, fmt.Errorf("traffic of site %q: %w", id, err)
		}
		brief.Activity, brief.ActiveDays = a.bars(), a.Days
	}
	full := brief
	full.Paper = true
	brief.Tax = nil
	if i >= p.size.profiles {
		brief.Profile, brief.Activity = nil, ""
	}
	brief.Lines = brief.Lines[:min(len(brief.Lines), p.size.taxLines)]
	brief.LinesMore = len(full.Lines) - len(brief.Lines)
	if out.days = days; days != nil {
		if brief.Plot, err = newPlot(out.chart, days, p.size); err != nil {
			return out, err
		}
		if full.Plot, err = newPlot(out.chart, days, detailFor(1)); err != nil {
			return out, err
		}
	}
	code := caseCode(p.run, i)
	square, err := qrSVG(code)
	if err != nil {
		return out, err
	}
	out.brief = cleaned(brief)
	out.paper = cleaned(dossierPage{Head: newHead(p.run, text("dossier.title", id), pageScript), Site: full,
		Account: accountWords(p.run.Sites[id]), Covered: p.covered[id], Colours: colours(), QR: square, Code: code})
	return out, nil
}

// shownChanges is how many sites the report lists of each kind of change.
const shownChanges = 50

// changesView is what the report says of the run before.
type changesView struct {
	Changes
	Rows []changeRow
	More int // changes that are not listed
}

type changeRow struct {
	Kind string // key of a message
	Change
}

func newChanges(c *Changes) *changesView {
	if c == nil {
		return nil
	}
	v := &changesView{Changes: *c}
	for _, part := range []struct {
		kind string
		list []Change
	}{{"changes.entered", c.Entered}, {"changes.left", c.Left}, {"changes.changed", c.Changed}} {
		for i, change := range part.list {
			if i == shownChanges {
				v.More += len(part.list) - i
				break
			}
			v.Rows = append(v.Rows, changeRow{part.kind, change})
		}
	}
	return v
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
