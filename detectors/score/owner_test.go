package score_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
)

// ownerTypes are the row types that carry who owns or holds something.
var ownerTypes = []reflect.Type{
	reflect.TypeFor[datasets.Site](), reflect.TypeFor[datasets.RegistryEntry](), reflect.TypeFor[datasets.Subscriber](),
	reflect.TypeFor[datasets.Declaration](), reflect.TypeFor[datasets.QuarterlyReport](),
}

// ownerFields are attributes of an owner or of the contract with one.
var ownerFields = []string{"Name", "BIN", "AccountType", "OKED", "TariffGroup", "Address", "BankDetails", "Provider", "SubscriberID", "HostBIN", "Jurisdiction"}

// No type that scoring takes or gives, however deep, is one of an owner or has a
// field of one.
func TestOwnersAreNotInTheTypes(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(path string, x reflect.Type)
	walk = func(path string, x reflect.Type) {
		if seen[x] {
			return
		}
		seen[x] = true
		if slices.Contains(ownerTypes, x) {
			t.Errorf("%s is %s, which carries an owner", path, x)
		}
		switch x.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(path, x.Elem())
		case reflect.Map:
			walk(path, x.Key())
			walk(path, x.Elem())
		case reflect.Func:
			for i := range x.NumIn() {
				walk(path+" argument", x.In(i))
			}
			for i := range x.NumOut() {
				walk(path+" result", x.Out(i))
			}
		case reflect.Struct:
			for i := range x.NumField() {
				f := x.Field(i)
				if slices.Contains(ownerFields, f.Name) {
					t.Errorf("%s.%s is an attribute of an owner", path, f.Name)
				}
				walk(path+"."+f.Name, f.Type)
			}
			for i := range x.NumMethod() {
				walk(path+"."+x.Method(i).Name, x.Method(i).Type)
			}
		case reflect.Interface:
			t.Errorf("%s is an interface: anything could be handed in", path)
		}
	}
	walk("Model.Sum", reflect.TypeOf((*score.Model).Sum))
	walk("NewModel", reflect.TypeOf(score.NewModel))
	walk("Learn", reflect.TypeOf(score.Learn))
	walk("ExpectedWrong", reflect.TypeOf(score.ExpectedWrong))
	if !seen[reflect.TypeFor[datasets.Evidence]()] || !seen[reflect.TypeFor[score.Site]()] {
		t.Fatal("the walk did not reach the arguments of scoring")
	}
	if n := reflect.TypeFor[score.Site]().NumField(); n != 2 {
		t.Errorf("score.Site has %d fields, want its id and whether it is read hourly", n)
	}
}

// Neither scoring nor any detector names a row type of owners in its source, and
// scoring depends on no package that could hand one in.
func TestOwnersAreNotInTheSource(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	const module = "github.com/minewatch/minewatch/"
	for _, p := range strings.Fields(string(out)) {
		if name, ours := strings.CutPrefix(p, module); ours && name != "datasets" && name != "detectors/score" {
			t.Errorf("scoring depends on %s", name)
		}
	}
	files, err := filepath.Glob("../*/*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "datasets" {
				return true
			}
			for _, owner := range ownerTypes {
				if sel.Sel.Name == owner.Name() {
					t.Errorf("%s: datasets.%s carries an owner", fset.Position(sel.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}
