package tools

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sentences returns the texts in the sources of the packages that speak to models, but for struct tags and imports.
func sentences(t *testing.T) (texts []string) {
	t.Helper()
	for _, dir := range []string{".", "../../core/chat", "../../core/room", "../../core/pairing"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.Field, *ast.ImportSpec:
					return false
				}
				x, ok := n.(ast.Expr)
				text, whole := literal(x)
				if ok && whole {
					texts = append(texts, text)
				}
				return !whole
			})
		}
	}
	if len(texts) < 1000 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	return texts
}

// literal returns the text that literals and sums of literals stand for.
func literal(x ast.Expr) (text string, ok bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(x.X)
		right, also := literal(x.Y)
		return left + right, ok && also && x.Op == token.ADD
	}
	return "", false
}

// No model needs an argument that no schema lists, so no sentence may tell a model to give such an argument. A
// refusal may name an argument that the call gave.
func TestArguments_thatNoSchemaLists_areNamedByNoSentence(t *testing.T) {
	ofTheCall := regexp.MustCompile(`under another idempotency_key|^files goes with|either description or remove_description`)
	listed, hidden := map[string][]string{}, []string{}
	everywhere := []string{"person"} // also a field of messages
	for _, tool := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		for _, a := range tool.args {
			switch {
			case tool.Hidden:
			case a.Hidden:
				hidden = append(hidden, a.Name)
			default:
				listed[tool.Name] = append(listed[tool.Name], a.Name)
				everywhere = append(everywhere, a.Name)
			}
		}
	}
	call := regexp.MustCompile(`\b([a-z]+(?:_[a-z]+)*) \(([a-z_]+ [^()]*)\)`)
	together := regexp.MustCompile(`^([a-z_]+)(?: and ([a-z_]+))? goe?s? with `)
	calls := 0
	for _, text := range sentences(t) {
		for _, found := range call.FindAllStringSubmatch(text, -1) {
			args, isTool := listed[found[1]]
			if !isTool {
				continue
			}
			calls++
			for given := range strings.SplitSeq(found[2], ", ") {
				name, _, _ := strings.Cut(given, " ")
				if slices.Contains(hidden, name) && !slices.Contains(args, name) {
					t.Errorf("%s is not in the schema of %s: %s", name, found[1], text)
				}
			}
		}
		if found := together.FindStringSubmatch(text); found != nil && !ofTheCall.MatchString(text) {
			for _, name := range found[1:] {
				if slices.Contains(hidden, name) && !slices.Contains(everywhere, name) {
					t.Errorf("no schema lists %s: %s", name, text)
				}
			}
		}
		for _, name := range hidden {
			named := regexp.MustCompile(`\b` + name + ` true\b`)
			if strings.ContainsAny(name, "_0123456789") {
				named = regexp.MustCompile(`\b` + name + `\b`)
			}
			if text != name && !slices.Contains(everywhere, name) && named.MatchString(text) &&
				!strings.HasPrefix(text, name+": ") && !ofTheCall.MatchString(text) {
				t.Errorf("no schema lists %s: %s", name, text)
			}
		}
	}
	if calls < 8 || len(hidden) < 10 {
		t.Errorf("only %d calls were looked at, and %d hidden arguments", calls, len(hidden))
	}
}
