// Package refusals lists what the server refuses, from its source: every sentence that a caller can read in an error,
// its code, and the tools and addresses whose calls can meet the refusal.
//
// A refusal is a value of one of the types in [kinds]. A function that passes a parameter on as the sentence, such as
// fault.Refuse, makes a refusal at each of its calls, so no list names such functions.
package refusals

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Refusal is one sentence of the server.
type Refusal struct {
	File   string   // the package and the file
	Code   string   // of fault, of JSON-RPC, of OAuth or of HTTP; "": only the call knows the code
	Format string   // with a verb, such as %s, in the place of each value that only the call knows
	Calls  []string // the tools and addresses that can meet the refusal, sorted
}

// Like returns what matches the sentences that a refusal can have.
func (r Refusal) Like() *regexp.Regexp {
	return regexp.MustCompile(`(?s)\A` + blank.ReplaceAllString(regexp.QuoteMeta(r.Format), ".*") + `\z`)
}

// kinds are the types of refusals, with their fields of the sentence and of the code.
var kinds = map[string]struct{ sentence, code string }{
	"fault.Error":         {"Message", "Code"},
	"results.Failure":     {"Message", "Code"},
	"mcp.Refusal":         {"Message", "Code"},
	"mcp.EventError":      {"Message", "Kind"},
	"httpapi.refusal":     {"sentence", "code"},
	"httpapi.rpcFault":    {"Message", "Code"},
	"httpapi.refusedFile": {"Message", "Code"},
	"oauth.refusal":       {"Why", "Code"},
}

// All returns the refusals of the server, in the order of its folders, files and lines.
func All() ([]Refusal, error) {
	packages, err := load()
	if err != nil {
		return nil, err
	}
	s := &scan{bodies: map[types.Object]body{}, makers: map[*types.Func]maker{}}
	for _, p := range packages {
		s.addBodies(p)
	}
	for o := range s.bodies { // the texts for people are refusals, too, if their status says so
		if f, ok := o.(*types.Func); ok && nameOf(f) == "httpapi.exchange.text" {
			s.makers[f] = maker{sentence: 1, code: 0}
		}
	}
	for n := -1; n != len(s.makers); { // a maker may pass a parameter on to another one
		n = len(s.makers)
		s.findAll(func(body, found) {})
	}
	callers, err := s.callers()
	if err != nil {
		return nil, err
	}
	var all []Refusal
	s.findAll(func(b body, f found) {
		r := Refusal{path.Base(b.pkg.folder) + "/" + b.file, f.code, f.sentence, callers[b.of]}
		i := slices.IndexFunc(all, func(other Refusal) bool {
			return other.File == r.File && other.Code == r.Code && other.Format == r.Format
		})
		if i < 0 {
			all = append(all, r)
			return
		}
		all[i].Calls = append(slices.Clone(all[i].Calls), r.Calls...)
		slices.Sort(all[i].Calls)
		all[i].Calls = slices.Compact(all[i].Calls)
	})
	return all, nil
}

// body is the code of a function, or the value of a variable of a package.
type body struct {
	pkg  *pkg
	file string
	of   types.Object
	ast.Node
	params []types.Object
}

// maker is a function that returns a refusal with a sentence, and perhaps a code, of its caller.
type maker struct {
	sentence, code int // the places of the parameters; -1: the code is none
	is             string
}

// found is a refusal at one place of the source.
type found struct{ sentence, code string }

type scan struct {
	bodies map[types.Object]body
	order  []body
	makers map[*types.Func]maker
}

func (s *scan) addBodies(p *pkg) {
	add := func(b body) {
		if b.of != nil {
			s.bodies[b.of] = b
		}
		s.order = append(s.order, b)
	}
	for _, name := range p.names {
		for _, d := range p.files[name].Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				b := body{pkg: p, file: name, of: p.info.Defs[d.Name], Node: d}
				for _, f := range d.Type.Params.List {
					for _, n := range f.Names {
						b.params = append(b.params, p.info.Defs[n])
					}
				}
				add(b)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						add(body{pkg: p, file: name, of: p.info.Defs[v.Names[0]], Node: v})
					}
				}
			}
		}
	}
	slices.SortStableFunc(s.order, func(a, b body) int {
		return cmp.Or(cmp.Compare(path.Base(a.pkg.folder), path.Base(b.pkg.folder)),
			cmp.Compare(a.pkg.folder, b.pkg.folder), cmp.Compare(a.file, b.file))
	})
}

// findAll calls each with every refusal of the source, and adds to the makers.
func (s *scan) findAll(each func(body, found)) {
	for _, b := range s.order {
		ast.Inspect(b.Node, func(n ast.Node) bool {
			var sentence, code ast.Expr
			var is string
			switch n := n.(type) {
			case *ast.CompositeLit:
				sentence, code = b.fields(n)
			case *ast.CallExpr:
				m, ok := s.makers[b.callee(n)]
				if !ok {
					return true
				}
				sentence, is = n.Args[m.sentence], m.is
				if m.code >= 0 {
					code = n.Args[m.code]
				}
			}
			if sentence != nil {
				s.add(b, sentence, code, is, each)
			}
			return true
		})
	}
}

// add finds the sentences of one refusal. is is the code of the refusal if no expression gives a code.
func (s *scan) add(b body, sentence, code ast.Expr, is string, each func(body, found)) {
	m := maker{slices.Index(b.params, b.object(b.format(sentence))), -1, is}
	if code != nil {
		m.code = slices.Index(b.params, b.object(b.operand(code)))
		m.is = b.code(code)
	}
	if m.sentence >= 0 {
		if f, ok := b.of.(*types.Func); ok {
			s.makers[f] = m
		}
		return
	}
	texts, _ := s.texts(b, sentence, 0)
	for _, text := range texts {
		if letters.MatchString(blank.ReplaceAllString(text, "")) && !strings.HasPrefix(m.is, "2") {
			each(b, found{strings.TrimSpace(text), m.is})
		}
	}
}

// fields returns the expressions of the sentence and of the code of a literal; nil: the literal makes no refusal, or
// one without.
func (b body) fields(n *ast.CompositeLit) (sentence, code ast.Expr) {
	named, _ := types.Unalias(b.pkg.info.Types[n].Type).(*types.Named)
	if named == nil || named.Obj().Pkg() == nil {
		return nil, nil
	}
	of, ok := kinds[named.Obj().Pkg().Name()+"."+named.Obj().Name()]
	if !ok {
		return nil, nil
	}
	fields := named.Underlying().(*types.Struct)
	for i, e := range n.Elts {
		name, value := fields.Field(i).Name(), e
		if field, ok := e.(*ast.KeyValueExpr); ok {
			name, value = field.Key.(*ast.Ident).Name, field.Value
		}
		switch name {
		case of.sentence:
			sentence = value
		case of.code:
			code = value
		}
	}
	return sentence, code
}

// callee returns the function that n calls; nil: the function is a value.
func (b body) callee(n *ast.CallExpr) *types.Func {
	called := ast.Unparen(n.Fun)
	if generic, ok := called.(*ast.IndexExpr); ok {
		called = generic.X
	}
	f, _ := b.object(called).(*types.Func)
	if f == nil {
		return nil
	}
	return f.Origin()
}

// object returns what an identifier, or the last one of a selector, stands for; nil for other expressions.
func (b body) object(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return b.pkg.info.Uses[e]
	case *ast.SelectorExpr:
		return b.pkg.info.Uses[e.Sel]
	}
	return nil
}

// format returns the format of a call of fmt.Sprintf, else e.
func (b body) format(e ast.Expr) ast.Expr {
	if n, ok := e.(*ast.CallExpr); ok {
		if f := b.callee(n); f != nil && f.FullName() == "fmt.Sprintf" {
			return n.Args[0]
		}
	}
	return e
}

// operand returns what e converts to another type, else e.
func (b body) operand(e ast.Expr) ast.Expr {
	if n, ok := e.(*ast.CallExpr); ok && b.pkg.info.Types[n.Fun].IsType() {
		return n.Args[0]
	}
	return e
}

var (
	letters = regexp.MustCompile(`[a-z]`)
	blank   = regexp.MustCompile(`%(\\?\[\d\\?\])?[dsqv]`)
	capital = regexp.MustCompile(`([a-z])([A-Z])`)
)

// code returns a code as a caller reads it; "" if only the call knows the code.
func (b body) code(e ast.Expr) string {
	switch v := b.pkg.info.Types[e].Value; {
	case v == nil:
		return ""
	case v.Kind() == constant.String:
		return constant.StringVal(v)
	case b.pkg.info.Types[e].Type.String() == "int":
		return v.ExactString()
	}
	return strings.ToLower(capital.ReplaceAllString(b.object(e).Name(), "${1}_$2")) // a kind of EventError
}

// deepest is how many functions and variables, one within the other, texts follows.
const deepest = 4

// texts returns what an expression can be: each text that a variable is given, or a function returns. ok is false if
// nothing of the text stands in the source.
func (s *scan) texts(b body, e ast.Expr, depth int) (all []string, ok bool) {
	if v := b.pkg.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}, true
	}
	var from []ast.Expr
	switch e := ast.Unparen(b.format(e)).(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return []string{text}, err == nil
	case *ast.BinaryExpr:
		return s.sums(b, e, depth)
	case *ast.Ident:
		from = b.given(b.object(e))
	case *ast.CallExpr:
		if f := b.callee(e); f != nil {
			b, from = s.bodies[f], returned(s.bodies[f])
		}
	}
	for _, e := range from {
		if depth < deepest {
			texts, _ := s.texts(b, e, depth+1)
			all = append(all, texts...)
		}
	}
	return all, len(all) > 0
}

// sums returns what the sum of two texts can be. An operand that the source does not show is %s.
func (s *scan) sums(b body, e *ast.BinaryExpr, depth int) (all []string, ok bool) {
	before, ok1 := s.texts(b, e.X, depth)
	after, ok2 := s.texts(b, e.Y, depth)
	if !ok1 {
		before = []string{"%s"}
	}
	if !ok2 {
		after = []string{"%s"}
	}
	for _, text := range before {
		for _, more := range after {
			all = append(all, text+more)
		}
	}
	return all, ok1 || ok2
}

// given returns what a local variable is set to; nil for a parameter.
func (b body) given(v types.Object) (all []ast.Expr) {
	if v == nil || slices.Contains(b.params, v) {
		return nil
	}
	ast.Inspect(b.Node, func(n ast.Node) bool {
		set, ok := n.(*ast.AssignStmt)
		if !ok || len(set.Lhs) != len(set.Rhs) {
			return true
		}
		for i, to := range set.Lhs {
			if id, ok := to.(*ast.Ident); ok && (b.pkg.info.Defs[id] == v || b.pkg.info.Uses[id] == v) {
				all = append(all, set.Rhs[i])
			}
		}
		return true
	})
	return all
}

// returned returns the texts that a function returns.
func returned(b body) (all []ast.Expr) {
	f, ok := b.Node.(*ast.FuncDecl)
	if !ok {
		return nil
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			all = append(all, r.Results[0])
		}
		return true
	})
	return all
}
