package pipeline

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes the evaluation for a reader.
func (e *Evaluation) Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(tw, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(tw, "Run %s against known outcomes\n", e.RunID)
	row("sites", "%d: %d mined, a visit was due to %d (%d more have no score)", e.Sites, e.Mining, e.Due, e.Unknown)
	row("average precision", "%.3f (%s) of sites due, by rank; %.3f (%s) of all that mined, by probability",
		e.AveragePrecision, e.Intervals.AveragePrecision, e.AveragePrecisionMining, e.Intervals.AveragePrecisionMining)
	var at []string
	for _, p := range e.PrecisionAt {
		at = append(at, fmt.Sprintf("%d: %.2f", p.K, p.Precision))
	}
	row("precision of the first k", "%s", strings.Join(at, "   "))
	row("proposed", "%d, of these right %d; %.0f %% of the sites due", e.Proposed, e.ProposedRight, 100*e.Recall)
	row("calibration", "Brier score %.3f (%s), expected calibration error %.3f (%s)", e.Brier, e.Intervals.Brier, e.ECE, e.Intervals.ECE)
	row("wrong among the proposed", "%.1f %% expected, %.1f %% found (%s)", 100*e.DeclaredFDR, 100*e.RealisedFDR, e.Intervals.RealisedFDR)
	if e.Energy.N > 0 {
		row("energy", "%d estimates: median error %+.0f %%, within 20 %%: %.0f %%; 90 %% intervals hold %.0f %% at a median width of %.2f",
			e.Energy.N, 100*e.Energy.MedianBias, 100*e.Energy.Within20, 100*e.Energy.Coverage, e.Energy.MedianWidth)
	}
	for _, f := range e.Findings {
		row("finding "+f.Finding, "%d of %d named so%s", f.Right, f.Sites, f.words())
	}
	for _, f := range e.Families {
		row("kind "+f.Family, "%d of %d proposed%s", f.Proposed, f.Sites, f.words())
	}
	row("", "Intervals in brackets: 90 %%, bootstrap over the sites.")
	return tw.Flush()
}

// words says how well the energy of the part was estimated.
func (f *Part) words() string {
	if f.Estimates == 0 {
		return ""
	}
	return fmt.Sprintf("; energy %+.0f %%, %d of %d intervals hold it", 100*f.MedianBias, f.Covered, f.Estimates)
}
