package export

import (
	"bytes"
	"encoding/xml"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Trips follow the order of the visits, whatever the ranks.
func TestTrips(t *testing.T) {
	run := sampleRun(t, 4, "")
	run.Visits[0].VisitOrder, run.Visits[1].VisitOrder, run.Visits[3].VisitGroup = 2, 1, "Караганда 2"
	got := trips(run) // the third has no coordinates
	if len(got) != 2 || got[0].name != "Караганда 1" || len(got[0].visits) != 2 || got[0].visits[0].SiteID != "KZ-0002" || got[1].visits[0].SiteID != "KZ-0004" {
		t.Errorf("trips %+v", got)
	}
}

func TestGPX(t *testing.T) {
	var b bytes.Buffer
	if err := writeGPX(&b, sampleRun(t, 4, "")); err != nil {
		t.Fatal(err)
	}
	var doc gpx
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Points) != 3 || len(doc.Routes) != 1 || len(doc.Routes[0].Points) != 3 || doc.Points[0].Name != "1 KZ-0001" || doc.Points[0].Lat != "49.800000" {
		t.Errorf("%+v", doc)
	}
	if !strings.Contains(doc.Points[0].Desc, "Unregistered; 99 %; 100 kW; ТОО «Складской комплекс»; ул. Абая, 1") {
		t.Errorf("description %q", doc.Points[0].Desc)
	}
}

// The dialect of a Russian Excel: byte order mark, semicolons, decimal commas.
func TestExcelRU(t *testing.T) {
	var b bytes.Buffer
	run := sampleRun(t, 1, "")
	run.Visits[0].Name = "=1+1"
	if err := writeExcelRU(&b, RowsOf(run.Visits)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\r\n")
	if !strings.HasPrefix(lines[0], "\uFEFFrank;site_id;name;") || !strings.Contains(lines[1], ";'=1+1;") || !strings.Contains(lines[1], ";49,800000;73,100000;") {
		t.Errorf("%q", lines)
	}
}

// The form offers the sites of the list and the codes of the dataset.
func TestForm(t *testing.T) {
	var b bytes.Buffer
	if err := writeSitesXLSX(&b, sampleRun(t, 3, "")); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	if got := strings.Join(f.GetSheetList(), " "); got != "Sites About outcomes Dictionary" {
		t.Errorf("sheets %q", got)
	}
	rows, err := f.GetRows(formSheet)
	if err != nil || len(rows) != 1 || strings.Join(rows[0], " ") != "site_id visited_on outcome found_kw note team drawn" {
		t.Errorf("form %q, %v", rows, err)
	}
	lists, err := f.GetDataValidations(formSheet)
	if err != nil || len(lists) != 5 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for _, v := range lists {
		switch v.Sqref {
		case "A2:A501":
			if v.Formula1 != "Sites!$B$2:$B$4" {
				t.Errorf("sites: %s", v.Formula1)
			}
		case "C2:C501":
			if v.Formula1 != `"mining,clean,no_access"` {
				t.Errorf("outcomes: %s", v.Formula1)
			}
		}
	}
	if got := cellValue(t, f, "Dictionary", "C3", false); got != "майнинг обнаружен" {
		t.Errorf("dictionary %q", got)
	}
}

// tool runs a program on files; the test is skipped where it is missing.
func tool(t *testing.T, debian string, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("no %s on this machine (Debian: apt-get install %s)", command[0], debian)
	}
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Errorf("%q: %v\n%s", command, err, out)
	}
	return string(out)
}

// The programs of others open what teams get.
func TestFieldToolsAccept(t *testing.T) {
	dir, _ := write(t, sampleRun(t, 4, ""))
	at := func(name string) string { return filepath.Join(dir, "inspection", name) }
	t.Run("xmllint", func(t *testing.T) { tool(t, "libxml2-utils", "xmllint", "--noout", at("sites.gpx"), at("sites.kml")) })
	t.Run("ogrinfo", func(t *testing.T) {
		for _, c := range []struct {
			file, layer string
			features    int
		}{{"sites.geojson", "", 3}, {"sites.kml", "Караганда 1", 3}, {"sites.gpx", "waypoints", 3}, {"sites.gpx", "routes", 1}, {"sites.gpkg", "sites", 4}, {"sites.gpkg", "regions", 23}} {
			args := []string{"ogrinfo", "-ro", "-so", at(c.file)}
			if c.layer != "" {
				args = append(args, c.layer)
			} else {
				args = append(args, "-al")
			}
			out := tool(t, "gdal-bin", args...)
			if !strings.Contains(out, "Feature Count: "+strconv.Itoa(c.features)+"\n") || strings.Contains(out, "Warning") || strings.Contains(out, "ERROR") {
				t.Errorf("%s %s: %s", c.file, c.layer, out)
			}
		}
	})
	t.Run("libreoffice", func(t *testing.T) {
		for _, name := range []string{"inspection/sites.xlsx", "tax/statement.xlsx"} {
			tool(t, "libreoffice-calc-nogui", "soffice", "--headless", "-env:UserInstallation=file://"+t.TempDir(), "--convert-to", "csv", "--outdir", t.TempDir(), filepath.Join(dir, filepath.FromSlash(name)))
		}
	})
}
