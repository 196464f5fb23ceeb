package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Values that contradict each other are told apart by whether one file or two
// gave them, and the messages add up the sites.
func TestDoubts(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"1.csv": "site_id,ts,kwh,interval_min\na,2023-01-01T00:00,1,60\na,2023-01-01T00:00,2,60\na,2023-01-01T01:00,-1,60\nb,2023-01-01T00:00,1,60\nb,2023-01-01T05:00,1,60\n",
		"2.csv": "site_id,ts,kwh,interval_min\nb,2023-01-01T00:00,3,60\nb,2023-01-01T05:00,1,60\n",
	} {
		if err := os.WriteFile(filepath.Join(ws.Inbox("readings"), name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Ingest(context.Background(), ws, IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := checkStage.Plan(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if _, err := env.apply(context.Background(), Job{task}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := store.ReadTable[datasets.ReadingDoubt](ws.Lake(), "reading_doubts")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %s %d", r.SiteID, r.Kind, r.N))
	}
	list := strings.Join(got, "; ")
	for _, want := range []string{"a negative energy 1; a given twice in one file with two values 1", "b gap 1; b deliveries that overlap with two values 1"} {
		if !strings.Contains(list, want) {
			t.Errorf("got %s, want %s", list, want)
		}
	}
	messages, err := env.doubts()
	if err != nil || len(messages) != 4 || !strings.HasPrefix(messages[0].Text, "negative energy: 1 (sites: 1, most in a 1);") {
		t.Errorf("%+v, %v", messages, err)
	}
}
