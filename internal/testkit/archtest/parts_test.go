package archtest

import (
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strings"
	"testing"
)

// part is a row of [parts]: what a call of core/chat can touch.
type part struct {
	name  string // of its receiver
	files string
	uses  string // the other parts that it may use, beside session
	why   string // why it uses no other, and where other code belongs
}

// parts says which file of core/chat belongs to which part, and which part may use which. Each uses those before it
// alone. Exported types, constants and variables are for all: they are the package's requests and results.
func parts() []part {
	return []part{
		{"session", "audit batch cursor diskspace doc errors guest lookup message parts requests results rule " +
			"seat service", "", "what any call has knows no part"},
		{"hooking", "hook push webhook", "", "a hook says neither what to read nor what to send"},
		{"reading", "agreements asked differing guard history inbox info roster show situation status stay task_view " +
			"wait",
			"hooking", "reading knows no deed that it holds back: what both need is for a file of reading"},
		{"sending", "credential repeat send send_address send_answer send_endpoint send_request",
			"reading", "a message needs no file and no seat: what does is for filing or managing"},
		{"tasking", "task task_list task_request",
			"reading", "a change of tasks sends nothing: what does is for sending"},
		{"filing", "file file_get file_upload",
			"reading sending", "a file goes with a message: what decides about files is for managing"},
		{"seating", "admission endpoint join knock leave list return seating",
			"hooking reading sending", "a seat decides about no other: what does is for managing"},
		{"managing", "admin clear draft link manage news redact supervise update",
			"hooking reading sending filing seating", "a task of others changes by its own call"},
	}
}

// chatFiles returns the files of core/chat, without its tests.
func chatFiles(t *testing.T) (found []source) {
	for _, s := range sources(t) {
		if place(s.dir()) == "core/chat" && !s.test() {
			found = append(found, s)
		}
	}
	return found
}

// partOf returns the part of a file; the zero part if it has none.
func partOf(file string) part {
	name := strings.TrimSuffix(path.Base(file), ".go")
	for _, p := range parts() {
		if slices.Contains(strings.Fields(p.files), name) {
			return p
		}
	}
	return part{}
}

// refusedStep returns why a part may not use another; "" if it may.
func refusedStep(from, to part) string {
	if to.name == "session" || to.name == from.name || slices.Contains(strings.Fields(from.uses), to.name) {
		return ""
	}
	return fmt.Sprintf("%s. %s uses only %s", from.why, from.name, strings.TrimSpace("session "+from.uses))
}

func TestParts_everyFile_belongsToOne(t *testing.T) {
	var got, want []string
	above := map[string]bool{}
	for _, p := range slices.Backward(parts()) {
		above[p.name] = true
		got = append(got, strings.Fields(p.files)...)
		for _, name := range strings.Fields(p.uses) {
			if above[name] {
				t.Errorf("%s uses %s, which does not stand before it", p.name, name)
			}
		}
	}
	for _, s := range chatFiles(t) {
		want = append(want, strings.TrimSuffix(path.Base(s.name), ".go"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("parts() has the files\n%v, want\n%v", got, want)
	}
}

// TestParts_useOnlyTheirOwn finds the part of each name by its declaration.
func TestParts_useOnlyTheirOwn(t *testing.T) {
	list := chatFiles(t)
	uses, isPart := map[*ast.Ident]types.Object{}, map[string]bool{}
	var files []*ast.File
	for _, s := range list {
		files = append(files, s.file)
	}
	for _, p := range parts() {
		isPart[p.name] = true
	}
	set := list[0].set
	code := constants{t, sources(t), standard(), map[string]*types.Package{}}
	check := types.Config{Importer: code, Error: func(error) {}}
	pkg, _ := check.Check("chat", set, files, &types.Info{Uses: uses})
	for _, p := range parts()[1:] {
		// With another part within, its methods would be called without its name.
		if of := pkg.Scope().Lookup(p.name); of == nil || of.Type().Underlying().String() != "struct{*chat.session}" {
			t.Errorf("parts.go has %v, want %s struct{ *session }", of, p.name)
		}
	}
	home := func(o types.Object) part {
		if _, names := o.(*types.TypeName); names && isPart[o.Name()] {
			at := slices.IndexFunc(parts(), func(p part) bool { return p.name == o.Name() })
			return parts()[at]
		}
		return partOf(set.Position(o.Pos()).Filename)
	}
	steps := 0
	for _, s := range list {
		from := partOf(s.name)
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv != nil {
				if of := receiverOf(f); isPart[of] && of != from.name {
					t.Errorf("%s: a method of %s stands in a file of %s", s.at(f), of, from.name)
				}
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			id, _ := n.(*ast.Ident)
			used := uses[id]
			if used == nil || used.Pkg() != pkg || isLocal(used) || isOfRequests(used) {
				return true
			}
			if isPart[used.Name()] && path.Base(s.name) == "parts.go" { // a way in
				return true
			}
			to := home(used)
			if to.name != from.name {
				steps++
			}
			if why := refusedStep(from, to); why != "" {
				t.Errorf("%s: %s is of %s: %s", s.at(id), used.Name(), to.name, why)
			}
			return true
		})
	}
	if steps < 500 {
		t.Errorf("only %d steps were found", steps)
	}
}

// isLocal reports whether a name is declared in a function, or is a field.
func isLocal(o types.Object) bool {
	if f, is := o.(*types.Func); is && f.Signature().Recv() != nil {
		return false
	}
	return o.Parent() != o.Pkg().Scope()
}

// isOfRequests reports whether a name is of a request or a result, for all parts.
func isOfRequests(o types.Object) bool {
	_, does := o.(*types.Func)
	return o.Exported() && !does
}

// receiverOf returns the type of a method.
func receiverOf(f *ast.FuncDecl) string {
	of := f.Recv.List[0].Type
	if star, is := of.(*ast.StarExpr); is {
		of = star.X
	}
	name, _ := of.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}

func TestParts_wrongStep_saysWhereTheCodeBelongs(t *testing.T) {
	named := map[string]part{}
	for _, p := range parts() {
		named[p.name] = p
	}
	for _, c := range []struct{ from, to, why string }{
		{"reading", "sending", "is for a file of reading"},
		{"session", "reading", "what any call has"},
		{"tasking", "sending", "is for sending"},
		{"seating", "managing", "is for managing"},
		{"managing", "tasking", "by its own call"},
		{"sending", "reading", ""},
		{"filing", "session", ""},
		{"reading", "reading", ""},
	} {
		why := refusedStep(named[c.from], named[c.to])
		if !strings.Contains(why, c.why) || (why == "") != (c.why == "") {
			t.Errorf("%s uses %s: %q, want %q", c.from, c.to, why, c.why)
		}
	}
}
