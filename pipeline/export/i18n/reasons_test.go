package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Where the reasons arise for which a file or a row is refused or doubted.
var parsers = []string{"../../../datasets", "../../ingest"}

// fromLibrary stands for what a library, the system or another program says in
// its own words; nameless for a name or a number.
const (
	fromLibrary = "unexpected end of input"
	nameless    = "kwh"
)

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// spelled returns the text of an expression with examples in place of its values,
// and false for one that has no text of its own.
func spelled(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, hasLeft := spelled(e.X)
		right, hasRight := spelled(e.Y)
		return left + right, hasLeft || hasRight
	case *ast.CallExpr:
		switch called(e) {
		case "Sprintf":
			format, ok := spelled(e.Args[0])
			return verb.ReplaceAllString(format, nameless), ok
		case "Error", "line", "reason":
			return fromLibrary, false
		case "TrimPrefix":
			return spelled(e.Args[0])
		}
	case *ast.SelectorExpr:
		if e.Sel.Name == "Msg" {
			return fromLibrary, false
		}
	}
	return nameless, false
}

func called(e *ast.CallExpr) string {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// reasons collects what the code of a file says of files and rows.
func reasons(file *ast.File, found map[string]bool) {
	add := func(e ast.Expr) {
		if s, ok := spelled(e); ok && s != "" {
			found[strings.TrimPrefix(s, "; ")] = true // which joins it to what stands before
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			name := ""
			switch t := n.Type.(type) {
			case *ast.Ident:
				name = t.Name
			case *ast.SelectorExpr:
				name = t.Sel.Name
			}
			if name != "Fault" && name != "problem" {
				break
			}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); !ok {
					add(e)
				} else if key := strings.ToLower(fmt.Sprint(kv.Key)); key == "reason" || key == "remedy" {
					add(kv.Value)
				}
			}
		case *ast.CallExpr:
			if called(n) == "doubt" {
				add(n.Args[len(n.Args)-1])
			}
		case *ast.AssignStmt:
			if s, ok := n.Lhs[0].(*ast.SelectorExpr); ok && (s.Sel.Name == "Reason" || s.Sel.Name == "Remedy") {
				add(n.Rhs[0])
			}
		case *ast.IndexExpr:
			if s, ok := n.X.(*ast.SelectorExpr); ok && s.Sel.Name == "Warnings" {
				add(n.Index)
			}
		}
		return true
	})
}

// Whatever the parsers say of a row or a file, the pages say in the reader's
// language. A reason that fails here needs a line in phrases.tsv; one with a
// library's words in it needs one without them.
func TestEveryReasonIsKnown(t *testing.T) {
	found := map[string]bool{}
	for _, dir := range parsers {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				reasons(file, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 100 {
		t.Fatalf("only %d reasons were found", len(found))
	}
	for _, s := range slices.Sorted(maps.Keys(found)) {
		knows(t, s)
	}
}
