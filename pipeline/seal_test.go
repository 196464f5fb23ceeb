package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

// sealedRun makes a workspace with one input and one published run.
func sealedRun(t *testing.T) (*Workspace, string) {
	t.Helper()
	ws := newWorkspace(t)
	input := filepath.Join(ws.Inbox("sites"), "sites.csv")
	write(t, input, "site_id\nA\n")
	tmp, err := ws.BeginRun()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(tmp, "inspection", "sites.csv"), "rank,site_id\n1,A\n")
	write(t, filepath.Join(tmp, "quality.json"), "{}\n")
	if _, err := Seal(tmp, testManifest(t, input), testKey(t, ws)); err != nil {
		t.Fatal(err)
	}
	dir, err := ws.PublishRun(tmp, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ws.openJournal(); err != nil { // notes the run
		t.Fatal(err)
	}
	return ws, dir
}

func testManifest(t *testing.T, input string) Manifest {
	t.Helper()
	sum, size, err := hashAndSize(input)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(1)
	return Manifest{
		RunID:    "r1",
		Program:  ThisProgram(),
		Settings: Default().Settings(),
		Inputs:   []InputFile{{Dataset: "sites", Path: "inbox/sites/sites.csv", SHA256: sum, Bytes: size, Rows: 1, Accepted: 1}},
		Outputs:  []OutputFile{{Path: "inspection/sites.csv", Rows: &rows}},
		Times:    Times{Started: time.Unix(1, 0).UTC(), Finished: time.Unix(2, 0).UTC()},
	}
}

func testKey(t *testing.T, ws *Workspace) minisign.PrivateKey {
	t.Helper()
	key, err := ws.Key()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s holds no %q, %v", path, old, err)
	}
	write(t, path, strings.Replace(string(text), old, replacement, 1))
}

func TestVerify(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, ws *Workspace, dir string)
		want   []string // beginnings of the problems
	}{
		{"untouched", func(*testing.T, *Workspace, string) {}, nil},
		{"changed byte", func(t *testing.T, _ *Workspace, dir string) {
			edit(t, filepath.Join(dir, "inspection", "sites.csv"), "1,A", "1,B")
		}, []string{"inspection/sites.csv: was changed"}},
		{"missing output", func(t *testing.T, _ *Workspace, dir string) {
			remove(t, filepath.Join(dir, "quality.json"))
		}, []string{"quality.json: is missing"}},
		{"extra file", func(t *testing.T, _ *Workspace, dir string) {
			write(t, filepath.Join(dir, "inspection", "sites (copy).csv"), "")
		}, []string{"inspection/sites (copy).csv: is in the folder and not in the manifest"}},
		{"extra link", func(t *testing.T, _ *Workspace, dir string) {
			if err := os.Symlink("quality.json", filepath.Join(dir, "q.json")); err != nil {
				t.Fatal(err)
			}
		}, []string{"q.json: is in the folder and not in the manifest"}},
		{"changed input", func(t *testing.T, ws *Workspace, _ string) {
			edit(t, filepath.Join(ws.Inbox("sites"), "sites.csv"), "A", "B")
		}, []string{"inbox/sites/sites.csv: was changed"}},
		{"missing input", func(t *testing.T, ws *Workspace, _ string) {
			remove(t, filepath.Join(ws.Inbox("sites"), "sites.csv"))
		}, []string{"inbox/sites/sites.csv: is missing"}},
		{"later delivery", func(t *testing.T, ws *Workspace, _ string) {
			write(t, filepath.Join(ws.Inbox("sites"), "more.csv"), "site_id\nB\n")
		}, nil},
		{"edited manifest", func(t *testing.T, _ *Workspace, dir string) {
			edit(t, filepath.Join(dir, ManifestName), `"seed": 0`, `"seed": 5`)
		}, []string{"manifest.sig: is not the signature", "runs/r1/manifest.json: was changed"}},
		{"truncated manifest", func(t *testing.T, _ *Workspace, dir string) {
			write(t, filepath.Join(dir, ManifestName), "{")
		}, []string{"manifest.sig: is not the signature", "manifest.json: is not readable"}},
		{"missing signature", func(t *testing.T, _ *Workspace, dir string) {
			remove(t, filepath.Join(dir, SignatureName))
		}, []string{"manifest.sig: cannot be read"}},
		{"forged: changed, sealed anew with another key", func(t *testing.T, ws *Workspace, dir string) {
			edit(t, filepath.Join(dir, "inspection", "sites.csv"), "1,A", "1,B")
			m := testManifest(t, filepath.Join(ws.Inbox("sites"), "sites.csv"))
			if _, err := Seal(dir, m, testKey(t, newWorkspace(t))); err != nil {
				t.Fatal(err)
			}
		}, []string{"manifest.sig: is by the key ", "runs/r1/manifest.json: was changed"}},
		{"edited untrusted comment", func(t *testing.T, _ *Workspace, dir string) {
			edit(t, filepath.Join(dir, SignatureName), "check with", "chick with")
		}, []string{"manifest.sig: was changed where the signature itself does not reach"}},
		{"edited trusted comment", func(t *testing.T, _ *Workspace, dir string) {
			edit(t, filepath.Join(dir, SignatureName), "minewatch run r1", "minewatch run r2")
		}, []string{"manifest.sig: is not the signature"}},
		{"no public key", func(t *testing.T, ws *Workspace, _ string) {
			remove(t, ws.Path(PublicKeyName))
		}, []string{""}}, // the problem begins with the key's path
		{"output outside the folder", func(t *testing.T, ws *Workspace, dir string) {
			edit(t, filepath.Join(dir, ManifestName), `"quality.json"`, `"../../minewatch.yaml"`)
		}, []string{"manifest.sig: is not the signature", "../../minewatch.yaml: lies outside", "quality.json: is in the folder and not", "runs/r1/manifest.json: was changed"}},
		{"newer schema", func(t *testing.T, _ *Workspace, dir string) {
			edit(t, filepath.Join(dir, ManifestName), `"schema_version": 1`, `"schema_version": 9`)
		}, []string{"manifest.sig: is not", "manifest.json: has schema version 9"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ws, dir := sealedRun(t)
			test.change(t, ws, dir)
			v, err := Verify(t.Context(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Problems) != len(test.want) {
				t.Fatalf("got %v, want %q", v.Problems, test.want)
			}
			for i, p := range v.Problems {
				if !strings.HasPrefix(p.String(), test.want[i]) || p.Remedy == "" {
					t.Errorf("got %q, want %q… and a remedy", p, test.want[i])
				}
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyCountsAndKey(t *testing.T) {
	ws, dir := sealedRun(t)
	v, err := Verify(t.Context(), filepath.Join(ws.Runs(), latest), "") // by way of the link
	if err != nil || v.RunID != "r1" || v.Outputs != 2 || v.Inputs != 1 || v.KeyID == "" {
		t.Errorf("got %+v, %v; want run r1 with 2 outputs, 1 input and a key", v, err)
	}
	other := newWorkspace(t)
	if v, err := Verify(t.Context(), dir, other.Path(PublicKeyName)); err != nil || len(v.Problems) != 2 || v.KeyID != "" {
		t.Errorf("with another key: got %+v, %v; want one of the run and one of the journal", v, err)
	}
	if _, err := Verify(t.Context(), t.TempDir(), ""); err == nil {
		t.Error("a folder that is no run: want an error")
	}
}

func TestSealIsReproducible(t *testing.T) {
	ws, dir := sealedRun(t)
	before := readSeal(t, dir)
	if _, err := Seal(dir, testManifest(t, filepath.Join(ws.Inbox("sites"), "sites.csv")), testKey(t, ws)); err != nil {
		t.Fatal(err)
	}
	if after := readSeal(t, dir); after != before {
		t.Errorf("sealing again changed the seal:\n%s\n%s", before, after)
	}
}

func readSeal(t *testing.T, dir string) string {
	t.Helper()
	var all []byte
	for _, name := range []string{ManifestName, SignatureName} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return string(all)
}

func TestSealRefusesAnnouncedOutputThatIsMissing(t *testing.T) {
	ws := newWorkspace(t)
	m := Manifest{RunID: "r", Outputs: []OutputFile{{Path: "tax/statement.csv"}}}
	if _, err := Seal(t.TempDir(), m, testKey(t, ws)); err == nil || !strings.Contains(err.Error(), "tax/statement.csv") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
