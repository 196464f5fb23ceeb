package raw

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// A file of many points is the same by blocks, which end where a point does,
// whatever records stand between.
func TestBlocksOfNEM12(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	day := func(date string, n int) string {
		return "300," + date + strings.Repeat(fmt.Sprintf(",%d.5", n), 24) + ",A,,,,\n"
	}
	odd := []string{
		"200,,E1,1,E1,N1,1,kWh,60,\n", " 200,NMI3,E1,1,E1,N1,1,kWh,60,\n", "200,NMI4,E1,1,Q1,N1,1,kvarh,60,\n", "200,NMI5\n", "\n", "999\n", "200,NMI\x00,E1,1,E1,N1,1,kWh,60,\n",
		"400,1,24,S14,,\n", "300,20240101,1\n", "900\n", "200,NMI2,E1,1,E1,N1,1,kWh,7,\n", "200,NMI2,E1,1,B1,N1,1,kWh,60,\n",
	}
	for range 20 {
		text := "100,NEM12,202401160000,A,B\n"
		for range 60 {
			text += fmt.Sprintf("200,NMI%d,E1,1,E1,N1,1,kWh,60,\n", r.IntN(4))
			for range r.IntN(3) {
				text += day(fmt.Sprintf("202401%02d", 1+r.IntN(3)), r.IntN(9))
			}
			if r.IntN(3) == 0 {
				text += odd[r.IntN(len(odd))]
			}
		}
		path := filepath.Join(t.TempDir(), "nem12.csv")
		must(t, os.WriteFile(path, []byte(text), 0o644))
		compareBlocks[datasets.Reading](t, path, "readings")
	}
}
