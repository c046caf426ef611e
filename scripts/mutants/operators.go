package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mutant is one small change of the code that a test should notice.
type mutant struct {
	pkg, function string
	operator      string // what is done, as in "negate"
	expression    string // what it is done to, on one line and shortened; or ""
	ordinal       int    // from 1, among those of the function that read alike
	edits         []edit
}

// kind is the operator without what it puts in.
func (m *mutant) kind() string {
	kind, _, _ := strings.Cut(m.operator, " ")
	return kind
}

// name is unique in the source, and stays while other code moves.
func (m *mutant) name() string {
	name := m.pkg + "." + m.function + ": " + m.operator
	if m.expression != "" {
		name += ` "` + m.expression + `"`
	}
	if m.ordinal > 1 {
		name += fmt.Sprintf(" #%d", m.ordinal)
	}
	return name
}

// edit replaces the bytes from lo to hi of a file. write gets the number of the mutant, and part,
// which returns the text of a range with all edits within that range.
type edit struct {
	lo, hi int
	write  func(id int, part func(lo, hi int) string) string
}

// finder finds the mutants of one file.
type finder struct {
	pkg      *pkg
	file     *file
	types    *types.Info
	set      *token.FileSet
	uses     map[string]int // how often a name was given, in the package
	function string
}

func (f *finder) find() {
	for _, d := range f.file.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || forPeople[fn.Name.Name] {
			continue
		}
		f.function = functionName(fn)
		f.returnAtOnce(fn)
		f.walk(fn.Body)
	}
}

// functionName is the name of a function or, with its receiver's type, of a method.
func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	t := fn.Recv.List[0].Type
	for {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.IndexListExpr:
			t = of.X
		case *ast.Ident:
			return of.Name + "." + fn.Name.Name
		default:
			return fn.Name.Name
		}
	}
}

// forPeople are methods that make texts for logs, which no test should depend on.
var forPeople = map[string]bool{"String": true, "Error": true, "LogValue": true, "GoString": true, "Format": true}

// noise matches calls without which no answer changes: logs, texts of errors, capacities, and locks,
// for which the race detector is there.
var noise = regexp.MustCompile(`^(?:(?:.*\.)?(?:slog|log|Logger|Logger\(\))\.(?:Debug|Info|Warn|Error)(?:Context)?|` +
	`fmt\.Errorf|errors\.New|panic|make|cancel|stop|.*\.(?:R?Lock|R?Unlock|Wait|Stop|Close|Grow))$`)

// walk finds the mutants below a node, from the outside in.
func (f *finder) walk(root ast.Node) {
	var parents []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		if call, ok := n.(*ast.CallExpr); ok && noise.MatchString(f.text(call.Fun)) {
			return false
		}
		var parent ast.Node
		if len(parents) > 0 {
			parent = parents[len(parents)-1]
		}
		switch n := n.(type) {
		case *ast.GenDecl, *ast.ArrayType: // constants, and types with them
			return false
		case *ast.IfStmt:
			f.condition(n.Cond, n.Body)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				f.cases(n)
			}
		case *ast.ReturnStmt:
			for _, e := range n.Results {
				if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.NOT {
					f.wrap(e, "negate", "(%s.On(%d) != (%s))")
				}
			}
		case *ast.BinaryExpr:
			f.binary(n, parent)
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.statements(n.Body)
		case *ast.CommClause:
			f.statements(n.Body)
		}
		if e, ok := n.(ast.Expr); ok && f.constant(e, parent) {
			return false
		}
		parents = append(parents, n)
		return true
	})
}

// condition forces what an if asks to either answer. An if that only logs changes no answer.
func (f *finder) condition(cond ast.Expr, body *ast.BlockStmt) {
	if len(body.List) == 1 {
		if s, ok := body.List[0].(*ast.ExprStmt); ok {
			if call, ok := s.X.(*ast.CallExpr); ok && noise.MatchString(f.text(call.Fun)) {
				return
			}
		}
	}
	if b, ok := cond.(*ast.BinaryExpr); ok && b.Op == token.NEQ && f.text(b.X) == "err" && f.text(b.Y) == "nil" {
		f.wrap(cond, "ignore", "(!%s.On(%d) && (%s))")
		return
	}
	f.wrap(cond, "always", "(%s.On(%d) || (%s))")
	f.wrap(cond, "never", "(!%s.On(%d) && (%s))")
	if b, ok := cond.(*ast.BinaryExpr); !ok || b.Op == token.LAND || b.Op == token.LOR {
		f.wrap(cond, "negate", "(%s.On(%d) != (%s))")
	}
}

func (f *finder) cases(s *ast.SwitchStmt) {
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			f.wrap(e, "never", "(!%s.On(%d) && (%s))")
			f.wrap(e, "always", "(%s.On(%d) || (%s))")
		}
	}
}

// other is what a comparison becomes.
var other = map[token.Token]token.Token{token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ,
	token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL}

// binary changes a comparison, or drops an operand of "and" and "or". The condition of a loop is
// compared otherwise, but never dropped, since the loop might have no end.
func (f *finder) binary(b *ast.BinaryExpr, parent ast.Node) {
	if f.fixed(b) {
		return
	}
	if to, ok := other[b.Op]; ok {
		if f.text(b.X) == "err" && f.text(b.Y) == "nil" {
			return // ignored by the condition
		}
		lo, op, hi := f.offset(b.X.Pos()), f.offset(b.OpPos), f.offset(b.Y.End())
		mid := f.offset(b.Y.Pos())
		f.add("compare by "+to.String(), f.short(b), edit{lo, hi, func(id int, part func(int, int) string) string {
			x, y := part(lo, op), part(mid, hi)
			return fmt.Sprintf("(%s.On(%d) && (%s %s %s) || !%s.On(%d) && (%s %s %s))",
				alias, id, x, to, y, alias, id, x, b.Op, y)
		}})
		return
	}
	if _, loop := parent.(*ast.ForStmt); loop || b.Op != token.LAND && b.Op != token.LOR {
		return
	}
	template := "(%s.On(%d) || (%s))"
	if b.Op == token.LOR {
		template = "(!%s.On(%d) && (%s))"
	}
	for _, operand := range []ast.Expr{b.X, b.Y} {
		if inner, ok := operand.(*ast.BinaryExpr); ok && inner.Op == b.Op {
			continue // of "a && b && c" each is dropped alone
		}
		f.wrap(operand, "drop", template)
	}
}

// statements leaves out each call and each assignment of a block.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); !ok || noise.MatchString(f.text(call.Fun)) {
				continue
			}
		case *ast.AssignStmt:
			if id, ok := s.Lhs[0].(*ast.Ident); s.Tok == token.DEFINE || ok && id.Name == "_" {
				continue
			}
		case *ast.IncDecStmt:
		default:
			continue
		}
		lo, hi := f.offset(s.Pos()), f.offset(s.End())
		f.add("leave out", f.short(s), edit{lo, hi, func(id int, part func(int, int) string) string {
			return fmt.Sprintf("if !%s.On(%d) { %s }", alias, id, part(lo, hi))
		}})
	}
}

// returnAtOnce lets a function return zero values before it does anything, unless it does no more
// than return.
func (f *finder) returnAtOnce(fn *ast.FuncDecl) {
	if len(fn.Body.List) == 0 {
		return
	}
	if r, ok := fn.Body.List[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 {
		if id, ok := r.Results[0].(*ast.Ident); ok && (id.Name == "nil" || id.Name == "false") {
			return
		}
	}
	body := f.offset(fn.Body.Lbrace) + 1
	edits := []edit{{body, body, func(id int, _ func(int, int) string) string {
		return fmt.Sprintf(" if %s.On(%d) { return };", alias, id)
	}}}
	if results := fn.Type.Results; results != nil && len(results.List[0].Names) == 0 {
		lo, hi := f.offset(results.Pos()), f.offset(results.End())
		var named []string
		for _, r := range results.List {
			named = append(named, "_ "+f.text(r.Type)) // a bare return then gives their zero values
		}
		edits = append(edits, edit{lo, hi, func(int, func(int, int) string) string {
			return "(" + strings.Join(named, ", ") + ")"
		}})
	}
	f.add("return at once", "", edits...)
}

// constant changes an expression whose value the compiler knows: an integer by one, a duration by
// half. It reports whether there is nothing below the expression to change.
func (f *finder) constant(e ast.Expr, parent ast.Node) bool {
	if !f.fixed(e) {
		return false
	}
	of := f.types.Types[e].Type
	basic, ok := of.Underlying().(*types.Basic)
	if !ok || basic.Info()&types.IsInteger == 0 || basic.Info()&types.IsUntyped != 0 {
		return true
	}
	value := f.types.Types[e].Value.ExactString()
	switch p := parent.(type) {
	case *ast.CaseClause, *ast.AssignStmt, nil:
		return true
	case *ast.ReturnStmt:
		if len(p.Results) > 1 && value == "0" {
			return true // beside an error
		}
	case *ast.KeyValueExpr:
		if p.Key == e {
			return true
		}
	case *ast.CompositeLit, *ast.SelectorExpr:
		return true
	case *ast.BinaryExpr:
		if p.Op == token.SHL || p.Op == token.SHR || value == "0" {
			return true
		}
	case *ast.CallExpr:
		if p.Fun == e || strings.HasPrefix(f.text(p.Fun), "strconv.") {
			return true
		}
	}
	operator, function := "add one to", "More"
	switch t := of.String(); t {
	case "int", "int64", "uint", "uint64":
	case "time.Duration":
		if !f.imports("time") || value == "0" {
			return true
		}
		operator, function = "halve", "Half"
	default:
		return true // characters, and numbers that are names
	}
	expression := f.short(e)
	if b, ok := parent.(*ast.BinaryExpr); ok {
		expression += `" in "` + f.short(b)
	} else if call, ok := parent.(*ast.CallExpr); ok {
		expression += `" in "` + f.short(call)
	}
	lo, hi := f.offset(e.Pos()), f.offset(e.End())
	f.add(operator, expression, edit{lo, hi, func(id int, part func(int, int) string) string {
		return fmt.Sprintf("%s.%s[%s](%d, %s)", alias, function, of, id, part(lo, hi))
	}})
	return true
}

// imports reports whether the file imports a package of the standard library by its own name.
func (f *finder) imports(name string) bool {
	return slices.ContainsFunc(f.file.syntax.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == strconv.Quote(name) && i.Name == nil
	})
}

// fixed reports whether the compiler knows the value of an expression.
func (f *finder) fixed(e ast.Expr) bool { return f.types.Types[e].Value != nil }

// wrap adds a mutant of a condition. The template has the package, the number and the condition.
func (f *finder) wrap(e ast.Expr, operator, template string) {
	if f.fixed(e) {
		return
	}
	lo, hi := f.offset(e.Pos()), f.offset(e.End())
	f.add(operator, f.short(e), edit{lo, hi, func(id int, part func(int, int) string) string {
		return fmt.Sprintf(template, alias, id, part(lo, hi))
	}})
}

func (f *finder) add(operator, expression string, edits ...edit) {
	m := &mutant{pkg: f.pkg.name, function: f.function, operator: operator, expression: expression, edits: edits}
	name := m.name()
	f.uses[name]++
	m.ordinal = f.uses[name]
	f.file.mutants = append(f.file.mutants, m)
}

func (f *finder) offset(p token.Pos) int { return f.set.Position(p).Offset }

// text is the source of a node.
func (f *finder) text(n ast.Node) string {
	return string(f.file.text[f.offset(n.Pos()):f.offset(n.End())])
}

// longest is how many characters of an expression stand in a name.
const longest = 90

// short is the source of a node on one line.
func (f *finder) short(n ast.Node) string {
	text := []rune(strings.Join(strings.Fields(f.text(n)), " "))
	if len(text) > longest {
		text = append(text[:longest-1], '…')
	}
	return string(text)
}
