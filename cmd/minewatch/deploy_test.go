package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const deploy = "../../pipeline/deploy"

// systemd itself reads the units, as those of a workspace named kostanay.
func TestSystemdUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var units []string
	for _, kind := range []string{"service", "timer"} {
		text, err := os.ReadFile(filepath.Join(deploy, "minewatch@."+kind))
		if err != nil {
			t.Fatal(err)
		}
		// The program and its manual page are not installed where tests run.
		unit := strings.ReplaceAll(string(text), "/usr/local/bin/minewatch", program)
		unit = regexp.MustCompile(`(?m)^Documentation=.*\n`).ReplaceAllString(unit, "")
		path := filepath.Join(dir, "minewatch@kostanay."+kind)
		if err := os.WriteFile(path, []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// Whatever runs minewatch from a file of this folder uses commands and flags
// that exist, and an exit code of 3 is no failure.
func TestDeploymentCallsWhatExists(t *testing.T) {
	call := regexp.MustCompile(`(?:minewatch["]?,? ["]?|\["|, ")(run|verify|init|man)\b`)
	flag := regexp.MustCompile(`--[a-z][a-z-]+`)
	root := (&program{}).root()
	flags := root.CommandPath()
	for _, c := range root.Commands() {
		flags += c.UsageString()
	}
	for file, three := range map[string]string{
		"minewatch@.service": "SuccessExitStatus=3", "crontab": "Exit code 3", "Containerfile": "", "airflow_minewatch.py": "QUARANTINE = 0, 3", "argo.yaml": "-eq 3",
	} {
		text, err := os.ReadFile(filepath.Join(deploy, file))
		if err != nil {
			t.Fatal(err)
		}
		if len(call.FindAll(text, -1)) == 0 {
			t.Errorf("%s calls no command of minewatch", file)
		}
		if !strings.Contains(string(text), three) {
			t.Errorf("%s: exit code 3 is not dealt with as %q", file, three)
		}
		if file == "Containerfile" {
			continue // its flags are those of apt and go
		}
		for _, f := range flag.FindAllString(string(text), -1) {
			if f != "--now" && !strings.Contains(flags, f) {
				t.Errorf("%s: no command of minewatch has %s", file, f)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(deploy, "argo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var argo struct {
		Kind string
		Spec struct{ Schedules []string }
	}
	if err := yaml.Unmarshal(text, &argo); err != nil || argo.Kind != "CronWorkflow" || len(argo.Spec.Schedules) != 1 {
		t.Errorf("argo.yaml: %v, %+v", err, argo)
	}
}

// A page for each command, and nothing in them that depends on the day.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	for _, sub := range []string{"a", "b"} {
		if code, _, stderr := minewatch("man", filepath.Join(dir, sub)); code != exitDone {
			t.Fatal(stderr)
		}
	}
	for _, c := range (&program{}).root().Commands() {
		name := "minewatch-" + c.Name() + ".1"
		a, err := os.ReadFile(filepath.Join(dir, "a", name))
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, "b", name))
		if err != nil || string(a) != string(b) {
			t.Errorf("%s differs from one time to the next (%v)", name, err)
		}
		if !strings.Contains(string(a), strings.Fields(c.Short)[0]) {
			t.Errorf("%s does not say %q", name, c.Short)
		}
	}
}
