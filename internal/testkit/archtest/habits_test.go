package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestComments_haveNoMarkersForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if found := later.FindString(c.Text); found != "" {
					t.Errorf("%s: %s: finish the work, or open an issue and delete the marker", s.at(c), found)
				}
			}
		}
	}
}

func TestCode_hasNoInitAndNoPanic(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function: let main call it", s.at(f))
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, "", "panic") {
				t.Errorf("%s: a panic: return an error", s.at(call))
			}
			return true
		})
	}
}

// A header only asks. What it would change beside that is a line of its own before it.
func TestCode_changesNothingInTheHeaderOfAnIfOrSwitch(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			var before ast.Stmt
			switch n := n.(type) {
			case *ast.IfStmt:
				before = n.Init
			case *ast.SwitchStmt:
				before = n.Init
			case *ast.TypeSwitchStmt:
				before = n.Init
			}
			if assign, ok := before.(*ast.AssignStmt); before != nil && (!ok || assign.Tok != token.DEFINE) {
				t.Errorf("%s: the header changes something: only := may stand before its condition", s.at(n))
			}
			return true
		})
	}
}

// A long or winding function says what holds after its stages. One without a branch is a list. A function
// within another counts by itself.
func TestCode_functionsThatAreLongOrWinding_sayWhatHolds(t *testing.T) {
	const lines, winding = 40, 15
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			body := bodyOf(n)
			if body == nil {
				return true
			}
			length := s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1
			ways := complexity(body)
			if (length > lines && ways > 1 || ways > winding) && !s.commented(body) {
				t.Errorf("%s: a function of %d lines, with a complexity of %d and no comment: split it, or say "+
					"before its stages what holds after them", s.at(n), length, ways)
			}
			return true
		})
	}
}

// bodyOf returns the body of a function; nil for another node.
func bodyOf(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

// complexity is the cyclomatic complexity of a body: its branches, and one.
func complexity(body *ast.BlockStmt) int {
	n := 1
	ast.Inspect(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.FuncLit:
			return false
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if x.List != nil {
				n++
			}
		case *ast.CommClause:
			if x.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// commented reports whether a comment stands within n.
func (s source) commented(n ast.Node) bool {
	return slices.ContainsFunc(s.file.Comments, func(c *ast.CommentGroup) bool {
		return c.Pos() > n.Pos() && c.End() < n.End()
	})
}

// Package room has a function for each event, beside the rules about it. Its own test names them all.
func TestCode_takesEventsFromPackageRoom(t *testing.T) {
	types := eventTypes(t)
	for _, s := range sources(t) {
		if s.test() || s.dir() == "internal/core/room" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			field, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, isName := field.Key.(*ast.Ident)
			value, isOther := field.Value.(*ast.SelectorExpr)
			if isName && isOther && key.Name == "Type" && slices.Contains(types, value.Sel.Name) {
				t.Errorf("%s: an event is made here: add a function to room, and to its eventtypes.go", s.at(field))
			}
			return true
		})
	}
}

// eventTypes returns the names of the types of events: in package room the constants of EventType.
func eventTypes(t *testing.T) (names []string) {
	t.Helper()
	for _, s := range sources(t) {
		if s.name != "internal/core/room/event.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if c, ok := n.(*ast.ValueSpec); ok {
				if is, ok := c.Type.(*ast.Ident); ok && is.Name == "EventType" {
					names = append(names, c.Names[0].Name)
				}
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatal("room/event.go has no constants of EventType")
	}
	return names
}

func TestTests_neverSleep(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, "time", "Sleep") {
				t.Errorf("%s: a test sleeps: use a fake clock or wait for the condition", s.at(call))
			}
			return true
		})
	}
}

// make test is green where only Go, make, git and coreutils are. A test that needs another program looks for it, is
// skipped where it is missing, and starts it by the path that it has found.
func TestTests_startNoProgramThatTheyHaveNotLookedFor(t *testing.T) {
	everywhere := []string{`"go"`, `"git"`, `"make"`, `"true"`, `"sleep"`}
	for _, s := range sources(t) {
		if !s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			for starts, name := range map[string]int{"Command": 0, "CommandContext": 1} {
				call, ok := n.(*ast.CallExpr)
				if !ok || !calls(call, "exec", starts) {
					continue
				}
				program, ok := call.Args[name].(*ast.BasicLit)
				if ok && !strings.HasPrefix(program.Value, `"scripts/`) && !slices.Contains(everywhere, program.Value) {
					t.Errorf("%s: a test starts %s: look for it first, as parts.Need does", s.at(call), program.Value)
				}
			}
			return true
		})
	}
}

// What a person has set, such as PARLEY_URL, and the agent in whose shell the tests run, change no test.
func TestTests_whoseCodeAsksTheEnvironment_areAlone(t *testing.T) {
	asks, tested, kept := map[string]bool{}, map[string]bool{}, map[string]bool{} // by folder
	for _, s := range sources(t) {
		if s.test() {
			tested[s.dir()] = true
		} else if testOnly(place(s.dir())) {
			continue
		}
		asks[s.dir()] = asks[s.dir()] || within(place(s.dir()), "cli")
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			switch {
			case !ok:
			case !s.test() && (calls(call, "os", "Getenv") || calls(call, "os", "LookupEnv")):
				asks[s.dir()] = true
			case calls(call, "alone", "Main"), calls(call, "process", "Main"):
				kept[s.dir()] = true
			}
			return true
		})
	}
	if len(kept) < 10 {
		t.Errorf("only %v are alone", kept)
	}
	for dir := range asks {
		if asks[dir] && tested[dir] && !kept[dir] {
			t.Errorf("%s: its code asks the environment: let TestMain call alone.Main", dir)
		}
	}
}

// make nightly plays the tests named TestSoak_. One that asks for it under another name would
// never be played.
func TestTests_thatTakeMinutes_arePlayedAtNight(t *testing.T) {
	const asks = `"PARLEY_SOAK"`
	all, helpers := sources(t), map[string]bool{asks: true} // those that ask, by folder and name
	each := func(do func(name string, s source, f *ast.FuncDecl)) {
		for _, s := range all {
			for _, d := range s.file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && s.test() && f.Body != nil && mentions(f, s.dir(), helpers) {
					do(f.Name.Name, s, f)
				}
			}
		}
	}
	each(func(name string, s source, _ *ast.FuncDecl) {
		if !strings.HasPrefix(name, "Test") {
			helpers[s.dir()+"."+name] = true
		}
	})
	nightly := 0
	each(func(name string, s source, f *ast.FuncDecl) {
		switch {
		case strings.HasPrefix(name, "TestSoak_"):
			nightly++
		case strings.HasPrefix(name, "Test"):
			t.Errorf("%s: make nightly does not play %s: name it TestSoak_…", s.at(f), name)
		}
	})
	if nightly == 0 {
		t.Error("no test is played at night")
	}
}

// mentions reports whether a function holds one of these literals, or names one of these
// functions of its folder.
func mentions(f *ast.FuncDecl, dir string, names map[string]bool) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			found = found || names[n.Value]
		case *ast.Ident:
			found = found || names[dir+"."+n.Name]
		}
		return !found
	})
	return found
}

// calls reports whether call calls pkg.name, or the builtin name if pkg is "".
func calls(call *ast.CallExpr, pkg, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return pkg == "" && f.Name == name
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == pkg && f.Sel.Name == name
	}
	return false
}

func TestPackages_haveAComment(t *testing.T) {
	commented := map[string]bool{}
	for _, s := range sources(t) {
		commented[s.dir()] = commented[s.dir()] || s.file.Doc.Text() != ""
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

// A function on AWS would compile at each start, and pay for patterns that most of its servers never use.
func TestCode_ofTheFunctions_compilesNoPatternWhenItIsLoaded(t *testing.T) {
	looked := 0
	for _, s := range sources(t) {
		at := place(s.dir())
		if s.test() || !withinAny(at, "base store observe core auth outbound api server functions") {
			continue
		}
		looked++
		for _, d := range s.file.Decls {
			vars, ok := d.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			ast.Inspect(vars, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && calls(call, "regexp", "MustCompile") {
					t.Errorf("%s: a pattern that is compiled when its package is loaded: use sync.OnceValue",
						s.at(call))
				}
				return bodyOf(n) == nil // what is in a function is compiled when that is called
			})
		}
	}
	if looked < 100 {
		t.Errorf("only %d files were looked at", looked)
	}
}

// The verbs that CONTRIBUTING.md, "Words", replaces, with the verbs that stand in their places.
func replacedVerbs() map[string]string {
	return map[string]string{
		"note": "record or log", "settle": "apply", "judge": "decide or check", "recall": "load or look up",
		"look": "read, poll or look up", "give": "hand out or release", "hold": "hold back or acquire",
		"deny": "refuse", "compose": "propose", "fetch": "read",
	}
}

// TestFunctions_haveTheVerbsOfTheList looks at the first word of the name of each function and method.
func TestFunctions_haveTheVerbsOfTheList(t *testing.T) {
	// Other verbs, a noun, and what package fetch does.
	other := regexp.MustCompile(`^([Ll]ookUps?|[Hh]oldBack)([A-Z]|$)|^NoteOf$|^[Ff]etch$`)
	word := regexp.MustCompile(`^[A-Za-z][a-z]*`)
	for _, s := range sources(t) {
		if s.test() || testOnly(place(s.dir())) {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || other.MatchString(f.Name.Name) {
				continue
			}
			if instead := replacedVerbs()[strings.ToLower(word.FindString(f.Name.Name))]; instead != "" {
				t.Errorf("%s: %s: say %s, or another verb of CONTRIBUTING.md", s.at(f), f.Name.Name, instead)
			}
		}
	}
}

// TestPredicates_changeNothing looks, in each function that is named as a question, for assignments to what its
// receiver or a parameter leads to, and for calls of the receiver's method add.
func TestPredicates_changeNothing(t *testing.T) {
	question := regexp.MustCompile(`^([Ii]s|[Hh]as|[Mm]ay|[Nn]eeds|[Ww]ants|[Ww]ould)([A-Z]|$)`)
	asked := 0
	for _, s := range sources(t) {
		if s.test() || testOnly(place(s.dir())) {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !question.MatchString(f.Name.Name) {
				continue
			}
			asked++
			given := givenTo(f)
			ast.Inspect(f, func(n ast.Node) bool {
				var changed []ast.Expr
				switch n := n.(type) {
				case *ast.AssignStmt:
					changed = n.Lhs
				case *ast.IncDecStmt:
					changed = []ast.Expr{n.X}
				case *ast.CallExpr:
					if add, ok := n.Fun.(*ast.SelectorExpr); ok && add.Sel.Name == "add" {
						changed = []ast.Expr{add}
					}
				}
				for _, x := range changed {
					if root := rootOf(x); root != x && given[root.Name] {
						t.Errorf("%s: %s changes %s: name it by what it does", s.at(n), f.Name.Name, root.Name)
					}
				}
				return true
			})
		}
	}
	if asked < 140 {
		t.Errorf("only %d functions were looked at", asked)
	}
}

// givenTo returns the names of the receiver and the parameters of f.
func givenTo(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	for _, list := range []*ast.FieldList{f.Recv, f.Type.Params} {
		if list == nil {
			continue
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				names[name.Name] = true
			}
		}
	}
	return names
}

// rootOf returns the name with which an expression such as x.y[z] begins; an empty one if it begins with none.
func rootOf(x ast.Expr) *ast.Ident {
	for {
		switch of := x.(type) {
		case *ast.Ident:
			return of
		case *ast.SelectorExpr:
			x = of.X
		case *ast.IndexExpr:
			x = of.X
		case *ast.StarExpr:
			x = of.X
		case *ast.ParenExpr:
			x = of.X
		default:
			return &ast.Ident{}
		}
	}
}

// outside are names in comments that stand for things outside the code.
const outside = "ContentTypeNotSupportedError CreateProcess EventBridge GetGcmEndpointForChannel OpenPGP PiB " +
	"PowerShell PromptCompletionProvider ResponseController ServeMux TextMarshaler WhatsApp WithToolFilter iMessage " +
	"macOS"

// TestComments_nameWhatIsThere finds names that a comment keeps although the code has lost them: names of mixed case
// anywhere, and in the comment of a function single letters, but for the article.
func TestComments_nameWhatIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, name := range strings.Fields(outside) {
		there[name] = true
	}
	for _, s := range sources(t) {
		for name := range namesIn(s.file) {
			there[name] = true
		}
	}
	mixed := regexp.MustCompile(`[A-Za-z]*[a-z][A-Z][A-Za-z]*`)
	letter := regexp.MustCompile(`(?:^|[^0-9] |\()([b-hj-z])(?:[ .,;:)]|'s|$)`)
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, group := range s.file.Comments {
			for _, word := range strings.FieldsFunc(group.Text(), unlikeAName) {
				if name := mixed.FindString(word); name == word && !there[name] {
					t.Errorf("%s: the comment names %s, which the code does not have", s.at(group), name)
				}
			}
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			own := namesIn(f)
			for _, m := range letter.FindAllStringSubmatch(f.Doc.Text(), -1) {
				if !own[m[1]] {
					t.Errorf("%s: the comment names %s, which the function does not have", s.at(f), m[1])
				}
			}
		}
	}
}

// namesIn returns the names in a part of the code and in its texts, but for its comments.
func namesIn(n ast.Node) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found[n.Name] = true
		case *ast.BasicLit:
			for _, word := range strings.FieldsFunc(n.Value, func(r rune) bool { return !unicode.IsLetter(r) }) {
				found[word] = true
			}
		}
		return true
	})
	return found
}

// unlikeAName parts names, and keeps paths, texts and addresses whole.
func unlikeAName(r rune) bool { return strings.ContainsRune(" \n\t.,;:()[]'!?", r) }

// A call of DynamoDB beside Table.do has no limit of time: a server would wait for ever for an answer that was lost.
func TestDynamoDB_isCalledWithinDoAlone(t *testing.T) {
	found := 0
	for _, s := range sources(t) {
		if s.test() || strings.Contains(s.name, "/testkit/") || !slices.ContainsFunc(s.file.Imports,
			func(i *ast.ImportSpec) bool { return strings.HasSuffix(i.Path.Value, `/service/dynamodb"`) }) {
			continue
		}
		var limited []ast.Node // what is given to do
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, _ := n.(*ast.CallExpr)
			if call == nil {
				return true
			}
			method, _ := call.Fun.(*ast.SelectorExpr)
			if method == nil || len(call.Args) == 0 {
				return true
			}
			if method.Sel.Name == "do" {
				limited = append(limited, call.Args[len(call.Args)-1])
			}
			if !isClient(method.X) {
				return true
			}
			found++
			if !slices.ContainsFunc(limited, func(f ast.Node) bool { return f.Pos() < n.Pos() && n.Pos() < f.End() }) {
				t.Errorf("%s: a call of DynamoDB without a limit: make it within Table.do", s.at(n))
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("%d calls of DynamoDB were found: this test no longer sees them", found)
	}
}

// isClient reports whether an expression is named as clients of DynamoDB are: client, or the field of that name.
func isClient(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "client"
	case *ast.SelectorExpr:
		return e.Sel.Name == "client"
	}
	return false
}

// TestRefusals_atAShell_needNoMoreExpressions holds the number of regular expressions that find what the server says.
// Another one means that the server says something that nobody at a shell can read: word that so that people can read
// it as it is. Lower the number with the list.
func TestRefusals_atAShell_needNoMoreExpressions(t *testing.T) {
	const expressions = 121
	found, lists := 0, []string{"sentences", "people", "phrases", "terms"}
	for _, s := range sources(t) {
		if s.name != "internal/cli/shell/refusals.go" && s.name != "internal/cli/shell/next.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if slices.Contains(lists, n.Names[0].Name) { // an expression and a sentence in turn
					found += len(n.Values[0].(*ast.CompositeLit).Elts) / 2
				}
			case *ast.CallExpr:
				if calls(n, "regexp", "MustCompile") {
					if _, isFixed := n.Args[0].(*ast.BasicLit); isFixed {
						found++
					}
				}
			}
			return true
		})
	}
	if found != expressions {
		t.Errorf("refusals.go and next.go of internal/cli/shell have %d expressions; they were %d, and may only "+
			"become fewer", found, expressions)
	}
}
