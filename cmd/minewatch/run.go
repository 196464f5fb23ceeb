package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

func (p *program) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Take in what is new and rank the sites",
		Long: `Take in what is new in the inbox, then compute features, evidence, scores and tax
(fee), and write everything that people receive into a new, sealed folder below
runs; runs/latest points at it. If nothing is new, the earlier run stands.

The same input and settings give the same bytes, whatever the number of cores.`,
		Example: `  minewatch run -w kostanay
  minewatch run -w kostanay --visits 40 --explore 0.05   # room for 40, two of them by lot
  minewatch run -w kostanay --json | jq -r '.proposed[].site_id'
  minewatch run -w kostanay --plan                  what it would do, and nothing more
  minewatch run -w kostanay --plan --tasks todo.json  the same, and tasks for minewatch work`,
		Args: cobra.NoArgs,
	}
	var plan bool
	var tasks, address string
	visits, explore := 0, 0.0
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return err
		}
		if plan || tasks != "" {
			return p.plan(cmd.Context(), ws, tasks, address)
		}
		mirror, err := openMirror(address)
		if err != nil {
			return err
		}
		progress, end := p.progress()
		options := pipeline.RunOptions{Progress: progress, Mirror: mirror}
		if cmd.Flags().Changed("visits") {
			options.Visits = &visits
		}
		if cmd.Flags().Changed("explore") {
			options.Explore = &explore
		}
		result, err := pipeline.Run(cmd.Context(), ws, options)
		end()
		if err != nil {
			return err
		}
		for _, f := range result.Repaired {
			p.log.Warn("damaged, made again", "file", printable(f))
		}
		if err := p.printRun(ws, result); err != nil {
			return err
		}
		if result.OverQuarantine {
			return errQuarantine
		}
		return nil
	}
	cmd.Flags().BoolVar(&plan, "plan", false, "only say what would be done: files to take in, tasks of each stage")
	cmd.Flags().StringVar(&tasks, "tasks", "", "with --plan: write the tasks that can be done now to this `file`")
	mirrorFlag(cmd, &address)
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	cmd.Flags().IntVar(&visits, "visits", 0, "visits that there is room for, 0 for no limit (default visits.budget)")
	cmd.Flags().Float64Var(&explore, "explore", 0, "share of the visits that is drawn by lot below the cut (default visits.explore)")
	return cmd
}

func (p *program) printRun(ws *pipeline.Workspace, r *pipeline.RunResult) error {
	if p.json {
		view, err := viewRun(r)
		if err != nil {
			return err
		}
		return printJSON(p.stdout, view)
	}
	return printRunText(p.stdout, ws, r)
}

type runView struct {
	RunID    string                `json:"run_id"`
	Dir      string                `json:"dir"`
	Fresh    bool                  `json:"fresh"`
	Ingest   pipeline.IngestResult `json:"ingest"`
	Proposed json.RawMessage       `json:"proposed"`
	Model    pipeline.ScoreModel   `json:"score_model"`
	Outputs  []string              `json:"outputs"`
	Notes    []string              `json:"notes"`
	Stages   []pipeline.StageTime  `json:"stages"`
}

func viewRun(r *pipeline.RunResult) (runView, error) {
	proposed, err := jsonRows(r.Proposed)
	return runView{r.ID, r.Dir, r.Fresh, r.Ingest, proposed, r.Model, r.Outputs, r.Notes, r.Stages}, err
}

// shownVisits is how many of the proposed sites are printed; all are in the files.
const shownVisits = 10

func printRunText(w io.Writer, ws *pipeline.Workspace, r *pipeline.RunResult) error {
	fmt.Fprintln(w, ingestLine(r.Ingest.Files))
	if !r.Fresh {
		fmt.Fprintf(w, "Nothing is new since run %s, which stands; no work was done again.\n", r.ID)
	}
	if err := printVisits(w, ws, r); err != nil {
		return err
	}
	if err := printOutputs(w, r.Dir, r.Outputs); err != nil {
		return err
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w, "\nWhat limits this run:")
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "  - %s\n", printable(note))
	}
	return nil
}

func ingestLine(files []ingest.FileReport) string {
	var taken int
	var rows, accepted, duplicates, refused int64
	for _, f := range files {
		if f.Status == ingest.Known {
			continue
		}
		taken++
		rows += f.Rows
		accepted += f.Accepted
		duplicates += f.Duplicates
		refused += refusedRows(f)
	}
	if taken == 0 {
		return "No new files in the inbox."
	}
	return fmt.Sprintf("Took in %s: %s = %s accepted + %s duplicates + %s quarantined.", count(taken, "file"), count(rows, "row"),
		grouped(float64(accepted)), grouped(float64(duplicates)), grouped(float64(refused)))
}

func printVisits(w io.Writer, ws *pipeline.Workspace, r *pipeline.RunResult) error {
	ranked := len(r.Proposed) - r.Model.Random // those drawn by lot come last
	visits := r.Proposed[:ranked]
	if len(visits) == 0 {
		fmt.Fprintln(w, "\nNo site is proposed for a visit.")
		for i, s := range r.Next {
			lead := "Highest ranked all the same: "
			if i > 0 {
				lead = ", "
			}
			fmt.Fprintf(w, "%s%s (%.1f %%)", lead, printable(s.SiteID), 100*s.Probability)
		}
		fmt.Fprintln(w)
		return printLots(w, r.Proposed)
	}
	fmt.Fprintf(w, "\n%s proposed for a visit, best first (leads, not findings)", count(len(visits), "site"))
	if len(visits) > shownVisits {
		fmt.Fprintf(w, "; the first %d", shownVisits)
	}
	fmt.Fprint(w, ":\n\n")
	out := newTable(">rank", "site", "name", "region", "finding", ">prob.", ">kW", "since", ">unpaid kWh", ">tax (fee) KZT", "low - high")
	zone := ws.Config.Location()
	for _, v := range visits[:min(len(visits), shownVisits)] {
		since := ""
		if v.MiningSince != 0 {
			since = v.MiningSince.Time().In(zone).Format("2006-01-02")
		}
		out.add(strconv.Itoa(int(v.Rank)), short(v.SiteID, 24), short(v.Name, 24), short(v.Region, 16), v.Finding,
			strconv.FormatFloat(v.Probability, 'f', 2, 64), strconv.FormatFloat(v.MiningKW, 'f', 1, 64), since,
			grouped(v.UnpaidKWh), grouped(v.TaxKZT), grouped(v.TaxKZTLow)+" - "+grouped(v.TaxKZTHigh))
	}
	if err := out.write(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s\n", expectedLine(r.Model))
	if err := printLots(w, r.Proposed[ranked:]); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nWhy is a site there?  minewatch explain -w %s %s\n", ws.Dir, printable(visits[0].SiteID))
	return err
}

// expectedLine says how many of the list will be wrong.
func expectedLine(m pipeline.ScoreModel) string {
	e := m.Expected
	line := fmt.Sprintf("Of these %d we expect %.0f to be wrong (95 %%: %d to %d)", e.Sites, e.Expected, e.Low, e.High)
	if m.Learnt > 0 {
		line += fmt.Sprintf("; weights learnt from %s", count(m.Learnt, "visit"))
	}
	return line + "."
}

// printLots names the sites that were drawn by lot.
func printLots(w io.Writer, lots []datasets.Visit) error {
	if len(lots) == 0 {
		return nil
	}
	ids := make([]string, len(lots))
	for i, v := range lots {
		ids[i] = printable(v.SiteID)
	}
	_, err := fmt.Fprintf(w, "And %s drawn by lot, of which nothing is suspected: %s\n", count(len(lots), "site"), strings.Join(ids, ", "))
	return err
}

// printOutputs lists where each output lies. A folder of many pages is one line.
func printOutputs(w io.Writer, dir string, outputs []string) error {
	fmt.Fprintf(w, "\nIn %s:\n", dir)
	out := newTable("", "")
	dossiers := 0
	for _, path := range outputs {
		if strings.HasPrefix(path, "inspection/dossiers/") {
			if strings.HasSuffix(path, ".pdf") {
				dossiers++
			}
			continue
		}
		out.add(filepath.ToSlash(path), holds(path))
	}
	if dossiers > 0 {
		out.add("inspection/dossiers/", count(dossiers, "dossier")+" of two pages, each as HTML in three languages and as PDF")
	}
	slices.SortFunc(out.rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return out.writeRows(w)
}

var pages = map[string]string{
	"inspection/report.html":                 "Ranked list and charts, one page for a browser: open this first.",
	"inspection/sites.geojson":               "Proposed sites for maps.",
	"inspection/sites.xlsx":                  "Proposed sites as a workbook, with the form for what visits find.",
	"inspection/sites.excel-ru.csv":          "Proposed sites for a Russian or Kazakh Excel.",
	"inspection/sites.kml":                   "Trips for map programs, a folder each.",
	"inspection/sites.gpx":                   "Trips for phones and navigators, in the order of the visits.",
	"inspection/sites.gpkg":                  "Sites and regions for QField and QGIS, with fields to fill in.",
	"tax/statement.excel-ru.csv":             "Statement for a Russian or Kazakh Excel.",
	"tax/statement.xlsx":                     "Statement as a workbook.",
	"compliance/energy_ministry_notices.csv": "What to forward to the Ministry of Energy, and by when.",
	"telecom/candidates.stix.json":           "Endpoints proposed for a block, as a STIX 2.1 bundle.",
	"telecom/candidates.rpz":                 "Names proposed for a block, as a response policy zone for resolvers.",
	"telecom/candidates.nft":                 "Addresses proposed for a block, as nftables sets with timeouts.",
	"telecom/flow_rules.flowspec":            "The blocks for single subscribers as BGP FlowSpec, in the text of ExaBGP.",
	"visits.parquet":                         "Proposed sites for notebooks.",
	"statement.parquet":                      "Statement for notebooks.",
	"quality.html":                           "What came in, what was refused and why.",
	"quality.json":                           "The same for programs.",
	pipeline.ManifestName:                    "Every input and output with its hash.",
	pipeline.SignatureName:                   "Signature of the manifest: minewatch verify.",
}

func holds(path string) string {
	for _, t := range datasets.Catalog {
		if t.File == path {
			return t.Doc
		}
	}
	return pages[path]
}
