package archtest

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/parley-chat/parley"

// storey is a row of [arrows]: packages of one role.
type storey struct {
	name     string
	packages string // from the lowest up: each may use those before it. "": in any order
	uses     string // the other storeys that it may use
}

// arrows says which package may import which: a row a storey, the lowest first. The last rows are folders beside
// internal. Tests may import anything.
func arrows() []storey {
	return []storey{
		{"base", "fault ident sanitize results fairqueue", ""},
		{"store", "files table", ""},
		{"observe", "audit meter", "base store"},
		{"core", "room roomlog ratelimit password presence picture chat transcript pairing", "base store observe"},
		{"auth", "account signin access oidc oauth", "base store observe core"},
		{"outbound", "outcall fetch agentcall outbox", "base store core"},
		{"web", "", ""},
		{"api", "mcp tools a2a httpapi", "base observe core auth outbound web"},
		{"server", "lambdaenv lambdahttp transfer app", "base store observe core auth outbound web api"},
		{"cli", "client shell connect wake bridge doctor", "base"},
		{"testkit", "engine secretscan dynamolocal s3local lambdatest randomtest archtest", "base store"},

		{"cmd", "", "base store observe core auth api server cli"},
		{"functions", "", "store observe server"},
		{"bench", "", "base store observe core api server testkit"},
		{"scripts", "", "testkit"},
		{"e2e", "", "testkit"},
	}
}

// limit is stricter than the row of a storey.
type limit struct {
	of     string // packages, or a library
	places string // storeys or packages, each with what is below it
	why    string // and where other code belongs
}

// uses says what some packages may use.
func uses() []limit {
	return []limit{
		{"core/room", "base", "the rules read no clock and no table: what does is for core/roomlog or core/chat"},
		{"auth/account auth/signin auth/oidc auth/oauth", "base store observe auth",
			"signing in knows no rooms: what does is for auth/access"},
		{"outbound/outcall outbound/fetch outbound/agentcall", "base outbound",
			"a call to an address knows no rooms: what does is for outbound/outbox"},
		{"api/mcp", "base observe", "the protocol knows no rooms: api/tools gives it functions"},
		{"api/tools api/a2a", "base observe core outbound api", "who may call is for api/httpapi"},
		{"server/lambdaenv server/lambdahttp", "observe", "only server/app wires"},
		{"server/transfer", "base store core/roomlog auth/access", "only server/app wires"},
		{"cmd/parley", "base store observe core/room core/roomlog auth/access auth/signin api/httpapi server cli",
			"the program decides nothing about rooms: that is for core/chat"},
	}
}

// users says who may use some packages.
func users() []limit {
	return []limit{
		{"core/pairing", "api/tools server/app", "everything else works without queues"},
		{"store/table/sqlite store/table/dynamotable store/files/bucket observe/meter/emf observe/meter/scrape",
			"store observe server cmd functions", "the others use store/table, store/files or observe/meter"},
	}
}

// libraries says who may import a library that belongs to one side of the program.
func libraries() []limit {
	return []limit{
		{"net/http", "store/table/dynamotable store/files/bucket observe/meter/scrape auth/oauth auth/oidc " +
			"outbound/outcall outbound/fetch web api/mcp api/a2a api/httpapi server/lambdahttp server/app " +
			"cli/client cli/wake cli/bridge cli/doctor cmd functions",
			"a request is for api, and a call for outbound or cli/client"},
		{"github.com/mark3labs/mcp-go", "api/mcp cli/client cli/bridge",
			"api/mcp serves the protocol, and cli/client speaks it"},
		{"github.com/a2aproject/a2a-go", "api/a2a outbound/agentcall",
			"api/a2a serves the protocol, and outbound/agentcall speaks it"},
		{"github.com/aws/aws-sdk-go-v2", "functions store/table/dynamotable store/files/bucket",
			"AWS is behind store/table and store/files"},
		{"github.com/aws/aws-lambda-go", "functions server/lambdahttp", "Lambda is behind server/lambdahttp"},
		{"zombiezen.com/go/sqlite", "store/table/sqlite", "SQLite is behind store/table"},
		{"github.com/coreos/go-oidc", "auth/oidc", "auth/oidc speaks with the provider"},
		{"golang.org/x/oauth2", "auth/oidc", "auth/oidc speaks with the provider"},
		{"github.com/prometheus", "observe/meter/scrape", "observe/meter counts"},
		{"golang.org/x/crypto/argon2", "base/ident", "base/ident derives what is stored of a secret"},
		{"golang.org/x/text/secure/precis", "base/ident", "base/ident compares names"},
		{"github.com/alecthomas/kong", "cmd", "cmd/parley reads flags"},
		{"github.com/caarlos0/env", "server/lambdaenv",
			"server/lambdaenv reads the environment of the functions"},
		{"golang.org/x/term", "cli/shell", "cli/shell knows the terminal"},
	}
}

// place returns where a package stands: its storey and its name, as in "core/chat".
func place(dir string) string { return strings.TrimPrefix(dir, "internal/") }

// storeyOf returns the row of a place, and where its package stands in the row. ok is false without a row.
func storeyOf(at string) (s storey, position int, ok bool) {
	name, below, _ := strings.Cut(at, "/")
	i := slices.IndexFunc(arrows(), func(s storey) bool { return s.name == name })
	if i < 0 {
		return storey{}, 0, false
	}
	s = arrows()[i]
	if s.packages == "" || below == "" {
		return s, 0, true
	}
	first, _, _ := strings.Cut(below, "/")
	position = slices.Index(strings.Fields(s.packages), first)
	return s, position, position >= 0
}

// testOnly reports whether a package is no part of the program.
func testOnly(at string) bool {
	return in(at, "testkit bench scripts e2e web/bundle") || strings.HasSuffix(at, "test")
}

// in reports whether a place is one of these, or below one.
func in(at, places string) bool {
	return slices.ContainsFunc(strings.Fields(places), func(p string) bool { return within(at, p) })
}

// within reports whether name is the package prefix or below it.
func within(name, prefix string) bool {
	return name == prefix || strings.HasPrefix(name, prefix+"/")
}

// refused returns the reason why the package in the folder dir may not import target, with the place where such
// code belongs; "" if it may.
func refused(dir, target string) string {
	from := place(dir)
	local, own := strings.CutPrefix(target, module+"/")
	if !own {
		for _, l := range libraries() {
			if within(target, l.of) && !in(from, l.places) && !testOnly(from) {
				return fmt.Sprintf("only %s may: %s", l.places, l.why)
			}
		}
		return ""
	}
	to := place(local)
	mine, my, ok := storeyOf(from)
	theirs, its, known := storeyOf(to)
	switch {
	case !ok || !known:
		return "arrows() does not have both: add the new one to the row of its storey"
	case testOnly(to) && !testOnly(from):
		return "the program must not import packages made for tests"
	case mine.name == theirs.name && my < its:
		return fmt.Sprintf("in %s, each package uses those before it (%s): what both need belongs before both",
			mine.name, mine.packages)
	case mine.name != theirs.name && !in(theirs.name, mine.uses):
		return fmt.Sprintf("%s uses only %s: what both need belongs there, and what needs %s above both", mine.name,
			orNothing(mine.uses), to)
	}
	for _, l := range uses() {
		if in(from, l.of) && !in(to, l.places) && !testOnly(from) {
			return fmt.Sprintf("it uses only %s: %s", l.places, l.why)
		}
	}
	for _, l := range users() {
		if in(to, l.of) && !in(from, l.places) && !testOnly(from) {
			return fmt.Sprintf("only %s may: %s", l.places, l.why)
		}
	}
	return ""
}

func orNothing(names string) string {
	if names == "" {
		return "itself"
	}
	return names
}

func TestArrows_everyPackage_hasItsPlace(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t) {
		at := place(s.dir())
		row, _, ok := storeyOf(at)
		if !ok && !found[at] {
			t.Errorf("arrows() does not have %s: add it to the row of its storey", at)
		}
		found[at], found[row.name] = true, true
		for up := at; up != "."; up = path.Dir(up) {
			found[up] = true
		}
	}
	for _, row := range arrows() {
		for _, name := range strings.Fields(row.packages) {
			if !found[row.name+"/"+name] {
				t.Errorf("arrows() has %s/%s, which does not exist", row.name, name)
			}
		}
	}
	for _, l := range slices.Concat(uses(), users(), libraries()) {
		for _, at := range strings.Fields(l.of + " " + l.places) {
			if !found[at] && !strings.Contains(at, ".") && at != "net/http" {
				t.Errorf("a limit names %s, which does not exist", at)
			}
		}
	}
}

func TestImports_followTheArrows(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, spec := range s.file.Imports {
			if why := refused(s.dir(), target(t, spec)); why != "" {
				t.Errorf("%s: %s imports %s: %s", s.at(spec), s.dir(), spec.Path.Value, why)
			}
		}
	}
}

func target(t *testing.T, spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// The rules are functions of the log: each event has its time.
func TestRoom_readsNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || place(s.dir()) != "core/room" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, reads := range []string{"Now", "Since", "Until"} {
				if call, ok := n.(*ast.CallExpr); ok && calls(call, "time", reads) {
					t.Errorf("%s: time.%s: take the time from the event, or as an argument", s.at(call), reads)
				}
			}
			return true
		})
	}
}

func TestArrows_pointDown(t *testing.T) {
	above := map[string]bool{}
	for _, row := range slices.Backward(arrows()) {
		above[row.name] = true
		for _, name := range strings.Fields(row.uses) {
			if above[name] {
				t.Errorf("%s uses %s, which does not stand below it", row.name, name)
			}
		}
	}
}

// A storey is a folder of internal. Its comment tells a reader what it is, what it never does and what to read first.
func TestStoreys_sayWhatTheyAre(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(root, "internal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		row, _, ok := storeyOf(f.Name())
		if !ok {
			t.Errorf("internal/%s is no storey: give it a row of arrows(), or move it into one", f.Name())
			continue
		}
		doc := read(t, path.Join("internal", row.name, "doc.go"))
		begins := "// Package " + row.name + " is the storey of internal"
		for _, says := range []string{begins, " never ", "\n// Read first: "} {
			if !strings.Contains(doc, says) {
				t.Errorf("internal/%s/doc.go does not say %q", row.name, says)
			}
		}
	}
}

// A name without its path is enough to say which package is meant.
func TestPackages_haveNamesOfTheirOwn(t *testing.T) {
	dirs := map[string]string{}
	for _, s := range sources(t) {
		name := path.Base(s.dir())
		if other, ok := dirs[name]; ok && other != s.dir() && s.file.Name.Name != "main" {
			t.Errorf("%s and %s have one name", s.dir(), other)
		}
		if s.file.Name.Name != "main" && !s.test() {
			dirs[name] = s.dir()
		}
	}
}

func TestImports_wrongArrow_saysWhereTheCodeBelongs(t *testing.T) {
	for _, c := range []struct{ from, target, why string }{
		{"internal/core/roomlog", "internal/core/chat", "what both need belongs before both"},
		{"internal/core/room", "internal/store/table", "what does is for core/roomlog"},
		{"internal/base/fault", "internal/base/ident", "what both need belongs before both"},
		{"internal/base/fault", "internal/store/table", "base uses only itself"},
		{"internal/core/chat", "internal/core/pairing", "belongs before both"},
		{"internal/core/chat", "internal/api/httpapi", "what needs api/httpapi above both"},
		{"internal/core/chat", "internal/store/table/sqlite", "the others use store/table"},
		{"internal/core/chat", "internal/store/table/tabletest", "packages made for tests"},
		{"internal/core/chat", "net/http", "a request is for api"},
		{"internal/core/chat", "net/http/httptest", "a request is for api"},
		{"internal/core/chat", "github.com/mark3labs/mcp-go/mcp", "api/mcp serves the protocol"},
		{"internal/core/chat", "github.com/aws/aws-sdk-go-v2/aws", "AWS is behind store/table"},
		{"internal/auth/signin", "internal/core/ratelimit", "what does is for auth/access"},
		{"internal/outbound/outcall", "internal/core/room", "what does is for outbound/outbox"},
		{"internal/outbound/outbox", "internal/core/pairing", "works without queues"},
		{"internal/api/httpapi", "internal/core/pairing", "works without queues"},
		{"internal/api/httpapi", "internal/store/table", "api uses only"},
		{"internal/api/tools", "internal/auth/access", "is for api/httpapi"},
		{"internal/api/tools", "github.com/mark3labs/mcp-go/mcp", "api/mcp serves the protocol"},
		{"internal/api/mcp", "internal/core/chat", "the protocol knows no rooms"},
		{"internal/store/table", "internal/core/chat", "store uses only itself"},
		{"internal/server/transfer", "internal/core/chat", "only server/app wires"},
		{"internal/server/lambdahttp", "github.com/mark3labs/mcp-go/server", "api/mcp serves the protocol"},
		{"internal/cli/bridge", "internal/api/mcp", "cli uses only base"},
		{"internal/server/app", "internal/testkit/lambdatest", "packages made for tests"},
		{"internal/server/app", "bench", "packages made for tests"},
		{"cmd/parley", "internal/core/chat", "that is for core/chat"},
		{"internal/nowhere", "internal/base/fault", "add the new one"},
		{"internal/core/chat", "internal/nowhere", "add the new one"},
	} {
		target := c.target
		if !strings.Contains(target, ".") && target != "net/http" && target != "net/http/httptest" {
			target = module + "/" + target
		}
		if why := refused(c.from, target); !strings.Contains(why, c.why) {
			t.Errorf("%s imports %s: %q, want %q", c.from, target, why, c.why)
		}
	}
	for _, c := range [][2]string{{"internal/core/chat", "internal/store/table"}, {"internal/server/app",
		"internal/store/table/sqlite"},
		{"internal/api/tools", "internal/api/tools/spec"}, {"internal/store/table/tabletest", "internal/store/table"}} {
		if why := refused(c[0], module+"/"+c[1]); why != "" {
			t.Errorf("%s may not import %s: %s", c[0], c[1], why)
		}
	}
}
