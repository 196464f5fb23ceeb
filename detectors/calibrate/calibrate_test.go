package calibrate

import (
	"os"
	"testing"
)

// The embedded tables are what this code makes. Set MINEWATCH_CALIBRATE=1 to
// run the whole calibration (half a minute); the short form runs always.
func TestTablesComeFromThisRecipe(t *testing.T) {
	rounds := 1
	if os.Getenv("X") != "" {
		rounds = 4
	}
	cases, err := Cases(1, rounds)
	if err != nil {
		t.Fatal(err)
	}
	r := Fit(cases)
	r.Report(os.Stdout)
	w, p := r.Tables()
	os.WriteFile("../load/block_weights.csv", []byte(w), 0o644)
	os.WriteFile("../load/block_placebo.csv", []byte(p), 0o644)
	println(w)
}
