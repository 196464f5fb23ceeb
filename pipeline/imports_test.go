package pipeline

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/minewatch/minewatch"

// A listed package is what go list says of it: direct imports (those of tests
// are left out) and all dependencies.
type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		p.ImportPath = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		list = append(list, p)
	}
}

// Libraries that only one package may import (gopacket: two), so that a change
// of library touches one place.
var onlyIn = []struct{ library, home string }{
	{"github.com/parquet-go/parquet-go", "datasets/store"},
	{"github.com/apache/arrow-go", "datasets/store"},
	{"github.com/oschwald/maxminddb-golang", "datasets/geo"},
	{"github.com/netsampler/goflow2", "datasets/raw"},
	{"github.com/gopacket/gopacket", "datasets/raw datasets/capture"},
	{"github.com/duckdb/duckdb-go", "pipeline/sql"},
	{"github.com/minio/minio-go", "datasets/objects"},
	{"github.com/apache/beam", "pipeline/beamrun"},
	{"github.com/spf13/cobra", "cmd/minewatch"},
}

// Direct imports that a package may have. Packages of this module are named
// from the module's root, the standard library's by their path.
var allowed = []struct {
	packages *regexp.Regexp
	rule     string
	may      func(path string) bool
	except   []string
}{
	{regexp.MustCompile(`^datasets$`), "the standard library only", isStd, nil},
	{regexp.MustCompile(`^detectors(/.*)?$`), "datasets, gonum, what the processor has, and the standard library without files, SQL, logs and network", func(p string) bool {
		return p == module+"/datasets" || strings.HasPrefix(p, module+"/detectors") || strings.HasPrefix(p, "gonum.org/v1/gonum") || p == "golang.org/x/sys/cpu" ||
			isStd(p) && !outsideWorld.MatchString(p)
	}, []string{recipe}},
	{regexp.MustCompile(`^datasets/.*$`), "no package of detectors, pipeline or cmd", func(p string) bool {
		return !strings.HasPrefix(p, module) || strings.HasPrefix(p, module+"/datasets")
	}, nil},
	{regexp.MustCompile(`^pipeline(/.*)?$`), "no package of cmd", func(p string) bool {
		return !strings.HasPrefix(p, module+"/cmd")
	}, nil},
}

// recipe makes the tables that detectors embed, from the sample meters. The
// command calibrate runs it; no run may depend on it.
const recipe = "detectors/calibrate"

var outsideWorld = regexp.MustCompile(`^(os|io/fs|net|net/http|log|testing|syscall|database|path/filepath|crypto/rand|plugin)(/.*)?$`)

func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// Packages of which none may depend on another, directly or not.
var siblings = [][]string{
	{"detectors/load", "detectors/traffic"},
	{"pipeline/tax", "pipeline/export", "pipeline/registry", "pipeline/telecom", "pipeline/ingest"},
	{"datasets/raw", "datasets/geo"},
}

func TestImports(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, rule := range allowed {
			for _, path := range p.Imports {
				if rule.packages.MatchString(p.ImportPath) && !rule.may(path) && !slices.Contains(rule.except, p.ImportPath) {
					t.Errorf("%s imports %s; it may import %s", p.ImportPath, path, rule.rule)
				}
			}
		}
		if slices.Contains(p.Deps, module+"/"+recipe) && p.ImportPath != "cmd/minewatch" {
			t.Errorf("%s depends on %s; only cmd/minewatch may", p.ImportPath, recipe)
		}
		for _, only := range onlyIn {
			for _, path := range p.Imports {
				if strings.HasPrefix(path, only.library) && !slices.Contains(strings.Fields(only.home), p.ImportPath) && !beamProgram(p.ImportPath, path) {
					t.Errorf("%s imports %s; only %s may", p.ImportPath, path, only.home)
				}
			}
		}
		for _, group := range siblings {
			for _, other := range group {
				if slices.Contains(group, p.ImportPath) && other != p.ImportPath && slices.Contains(p.Deps, module+"/"+other) {
					t.Errorf("%s depends on its sibling %s", p.ImportPath, other)
				}
			}
		}
	}
}

func beamProgram(pkg, path string) bool {
	return pkg == "cmd/minewatch-beam" && strings.HasPrefix(path, "github.com/apache/beam")
}

// The clock and the global random source make two runs differ. Packages that
// compute results use neither.
func TestNoClockNoGlobalRandom(t *testing.T) {
	pure := regexp.MustCompile(`^(datasets|detectors)(/.*)?$|^pipeline/(tax|registry|telecom|export|ingest|sql)$`)
	for _, p := range listPackages(t) {
		if !pure.MatchString(p.ImportPath) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				checkPure(t, file)
			}
		}
	}
}

func checkPure(t *testing.T, path string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return // removed since it was listed
	}
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok || x.Obj != nil { // a local variable of that name is no package
			return true
		}
		name := x.Name + "." + sel.Sel.Name
		clock := slices.Contains([]string{"time.Now", "time.Since", "time.Until"}, name)
		random := x.Name == "rand" && globalRandom[sel.Sel.Name]
		if clock || random {
			t.Errorf("%s: %s makes results differ from run to run", fset.Position(sel.Pos()), name)
		}
		return true
	})
}

var globalRandom = map[string]bool{
	"Int": true, "IntN": true, "Intn": true, "Int32": true, "Int32N": true, "Int31": true, "Int31n": true,
	"Int64": true, "Int64N": true, "Int63": true, "Int63n": true, "Uint32": true, "Uint64": true, "N": true,
	"Float64": true, "Float32": true, "NormFloat64": true, "ExpFloat64": true, "Perm": true, "Shuffle": true,
}
