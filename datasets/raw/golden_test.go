package raw

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata" // the tests must not depend on the machine's data

	"github.com/minewatch/minewatch/datasets"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	rawDir    = "../../testdata/raw"
	goldenDir = "../../testdata/golden/raw"
)

// decoders read a file of each dataset into printed lines.
var decoders = map[string]func(path string, t *datasets.Table) (string, error){
	"sites": show[datasets.Site], "readings": show[datasets.Reading], "billing": show[datasets.Billing],
	"curtailments": show[datasets.Curtailment], "subscribers": show[datasets.Subscriber], "pools": show[datasets.Pool],
	"known_services": show[datasets.KnownService], "registry": show[datasets.RegistryEntry],
	"quarterly_reports": show[datasets.QuarterlyReport], "declarations": show[datasets.Declaration],
	"flows": show[datasets.Flow], "dns": show[datasets.DNS], "tls": show[datasets.TLS],
	"feeder_readings": show[datasets.FeederReading],
}

// show prints what a file decodes to: rows, refused rows, and the summary.
func show[R any](path string, t *datasets.Table) (string, error) {
	var rows, faults strings.Builder
	sum, err := Read(path, t, options(), Sink[R]{
		Accept: func(batch []R) error {
			for i := range batch {
				v := reflect.ValueOf(&batch[i]).Elem()
				fmt.Fprintf(&rows, "%d:", v.FieldByName("Line").Int())
				for _, c := range t.Delivered() {
					if f := v.FieldByIndex(c.Index); !f.IsZero() || c.Required {
						fmt.Fprintf(&rows, " %s=%v", c.Name, f.Interface())
					}
				}
				rows.WriteByte('\n')
			}
			return nil
		},
		Refuse: func(f Fault) error {
			_, err := fmt.Fprintf(&faults, "%v | %q\n", &f, f.Raw)
			return err
		},
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s rows=%d accepted=%d quarantined=%s warnings=%s ignored=%v wh=%d first=%s last=%s\n",
		sum.Format, sum.Rows, sum.Accepted, counts(sum.Quarantined), counts(sum.Warnings), sum.Ignored, sum.Wh, sum.First, sum.Last)
	if len(sum.Skipped) > 0 {
		fmt.Fprintf(&b, "skipped: %s\n", counts(sum.Skipped))
	}
	if sum.Refused != nil {
		fmt.Fprintf(&b, "refused: %v\n", sum.Refused)
	}
	fmt.Fprintf(&b, "\naccepted\n%s\nrefused\n%s", rows.String(), faults.String())
	return b.String(), nil
}

func counts(m map[string]int64) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprintf("%s×%d", k, m[k]))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// Every file below testdata/raw decodes to its golden file. The golden files
// were checked by hand against the inputs.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(rawDir, "*", "*"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d raw files, %v", len(files), err)
	}
	for _, path := range files {
		dataset := filepath.Base(filepath.Dir(path))
		name := dataset + "-" + filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			got, err := decoders[dataset](path, datasets.Lookup(dataset))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join(goldenDir, name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (go test -update writes it anew); got\n%s", golden, got)
			}
		})
	}
}
