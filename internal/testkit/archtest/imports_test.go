package archtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
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
	why      string // why it uses no other, and where other code belongs
}

// arrows says which package may import which: a row a storey, the lowest first. The last rows are folders beside
// internal. Tests may import anything.
func arrows() []storey {
	return []storey{
		{"base", "fault ident sanitize results fairqueue", "", "what all share stands on nothing"},
		{"store", "files table", "", "a store keeps bytes: what knows more is for core"},
		{"observe", "audit meter", "base store", "what counts knows no rooms: core, auth and api call it"},
		{"core", "room roomlog ratelimit password presence picture chat transcript pairing", "base store observe",
			"the rules know no protocol and no network: what does is for api or outbound"},
		{"auth", "account signin oidc oauth access", "base store observe core",
			"who may call is asked before the call: what it does is for core or api"},
		{"outbound", "outcall fetch agentcall webpush messenger outbox", "base store core",
			"what takes calls is for api"},
		{"web", "", "", "the page calls the tools, as every client does"},
		{"api", "mcp tools a2a httpapi", "base observe core auth outbound web",
			"a call that arrives goes to core/chat: what reads the table is for core, and server/app wires"},
		{"server", "lambdaenv lambdahttp transfer app", "base store observe core auth outbound web api",
			"a server knows no client"},
		{"cli", "start client prove shell connect wake bridge doctor demo", "base",
			"a client knows a server by its tools and addresses: what both need is for base"},
		{"testkit", "alone printed report engine secretscan dynamolocal s3local lambdatest randomtest archtest " +
			"refusals", "base store", "what tests more is for a file _test.go"},

		{"cmd", "parley", "base store observe core auth api server cli", "server/app wires"},
		{"functions", "mcp outbox", "store observe server", "server/app wires"},
		{"bench", "", "base store observe core api server testkit", "what is measured is a server"},
		{"scripts", "confusables dynamodb-local mutants sentences test", "testkit",
			"a script stands beside the program"},
		{"e2e", "", "testkit", "what tests more is for a file _test.go"},
	}
}

// limit is a rule that is stricter than the row of a storey.
type limit struct {
	of     string // packages, or a library
	places string // storeys or packages, each with what is below it
	why    string // the reason, and where other code belongs
}

// usesOnly says what some packages may use.
func usesOnly() []limit {
	return []limit{
		{"core/room", "base", "the rules read no clock and no table: what does is for core/roomlog or core/chat"},
		{"core/picture", "base", "what decodes bytes of strangers knows nothing else"},
		{"core/transcript", "base core/room core/chat", "what writes lines reads no table: core/chat does"},
		{"auth/account auth/oidc", "base auth/account", "what is stored is for auth/signin or auth/access"},
		{"auth/oauth", "base auth/account auth/signin",
			"what is stored is for auth/signin or auth/access, and server/app hands it the provider"},
		{"auth/signin", "base store observe", "signing in knows no rooms: what does is for auth/access"},
		{"outbound/outcall outbound/fetch outbound/agentcall outbound/webpush outbound/messenger",
			"base outbound",
			"a call to an address knows no rooms: what does is for outbound/outbox"},
		{"api/mcp", "base observe", "the protocol knows no rooms: api/tools gives it functions"},
		{"api/tools/spec", "base", "a table of arguments knows no rooms: api/tools does"},
		{"api/tools api/a2a", "base observe core outbound api", "who may call is for api/httpapi"},
		{"server/lambdaenv server/lambdahttp", "observe", "server/app wires"},
		{"server/transfer", "base store/table store/files core/roomlog auth/access", "server/app wires"},
		{"cmd", "cmd/parley/early base store observe core/room core/roomlog auth/access auth/signin api/httpapi " +
			"server cli", "the program decides nothing about rooms: core/chat does"},
	}
}

// usedOnlyBy says who may use some packages.
func usedOnlyBy() []limit {
	return []limit{
		{"core/roomlog core/presence core/password", "core outbound/outbox server cmd",
			"a call goes through core/chat"},
		{"core/pairing", "api/tools server/app", "everything else works without queues"},
		{"store/table/sqlite observe/meter/scrape", "store observe/meter server/app cmd",
			"one machine has a file: the others use store/table, store/files or observe/meter"},
		{"store/table/dynamotable store/files/bucket observe/meter/emf", "store observe/meter server/app cmd functions",
			"AWS is wired last: the others use store/table, store/files or observe/meter"},
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
		{"os/exec", "cli/prove cli/wake cli/connect cli/doctor cli/demo testkit cmd bench scripts e2e",
			"Git and the commands of tasks are started in cli/prove, and what tells a person or an agent in cli/wake"},
		{"golang.org/x/term", "cli/shell", "cli/shell knows the terminal"},
	}
}

// place returns where a package stands: its storey and its name, as in "core/chat".
func place(dir string) string { return strings.TrimPrefix(dir, "internal/") }

// storeyOf returns the row of a place, and the position of its package in the row. ok is false without a row.
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
	return withinAny(at, "testkit bench scripts e2e") || strings.HasSuffix(at, "test")
}

// withinAny reports whether a place is one of these, or below one.
func withinAny(at, places string) bool {
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
			if within(target, l.of) && !withinAny(from, l.places) && !testOnly(from) {
				return fmt.Sprintf("%s. Only %s may", l.why, l.places)
			}
		}
		return ""
	}
	to := place(local)
	above, position, ok := storeyOf(from)
	below, lower, known := storeyOf(to)
	switch {
	case !ok:
		return "arrows() does not have " + from + ": add it to the row of its storey"
	case !known:
		return "arrows() does not have " + to + ": add it to the row of its storey"
	case testOnly(to) && !testOnly(from):
		return "the program must not import packages made for tests"
	case from == above.name && above.packages != "":
		return "the folder of a storey has limits alone: put it into a package of the storey"
	case above.name == below.name && position < lower:
		return fmt.Sprintf("what both need belongs before both. In %s each package uses those before it (%s)",
			above.name, above.packages)
	case above.name != below.name && !withinAny(below.name, above.uses):
		return fmt.Sprintf("%s. %s uses only %s", above.why, above.name, cmp.Or(above.uses, "itself"))
	}
	if to == below.name && below.packages != "" {
		return "" // the limits of the storey, in the folder of the storey itself
	}
	for _, l := range usesOnly() {
		if withinAny(from, l.of) && !withinAny(to, l.places) && !testOnly(from) {
			return fmt.Sprintf("%s. It uses only %s", l.why, l.places)
		}
	}
	for _, l := range usedOnlyBy() {
		if withinAny(to, l.of) && !withinAny(from, l.places) && !testOnly(from) {
			return fmt.Sprintf("%s. Only %s may", l.why, l.places)
		}
	}
	return ""
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
	for _, l := range slices.Concat(usesOnly(), usedOnlyBy(), libraries()) {
		for _, at := range strings.Fields(l.of + " " + l.places) {
			if !found[at] && !strings.Contains(at, ".") && at != "net/http" && at != "os/exec" {
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
			t.Errorf("internal/%s is no storey: give it a row of arrows(), move it into one, or delete it if git does "+
				"not know it", f.Name())
			continue
		}
		files, err := filepath.Glob(filepath.Join(root, "internal", row.name, "*.go"))
		files = slices.DeleteFunc(files, func(f string) bool {
			return slices.Contains([]string{"doc.go", "limits.go"}, filepath.Base(f))
		})
		if err != nil || row.packages != "" && len(files) > 0 {
			t.Errorf("a storey has doc.go and limits.go, and its code in packages: %v, %v", files, err)
		}
		doc := read(t, path.Join("internal", row.name, "doc.go"))
		begins := "// Package " + row.name + " is the storey of internal"
		for _, says := range []string{begins, " never ", "\n// Read first: "} {
			if !strings.Contains(doc, says) {
				t.Errorf("internal/%s/doc.go does not say %q", row.name, says)
			}
		}
		_, first, _ := strings.Cut(doc, "\n// Read first: ")
		first = regexp.MustCompile(`^[a-z0-9]+`).FindString(first)
		if row.packages != "" && !slices.Contains(strings.Fields(row.packages), first) {
			t.Errorf("internal/%s/doc.go has %q read first, which is no package of it", row.name, first)
		}
	}
}

// docs/design.md has a row for each package, in the order of arrows().
func TestDocs_design_hasEveryPackage(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "docs/design.md"), "| its one idea |")
	table, _, _ = strings.Cut(table, "\n\n")
	var got, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| (?:\\*\\*)?`([^`]+)`").FindAllStringSubmatch(table, -1) {
		if !strings.Contains(m[1], "/") {
			got = append(got, m[1])
		}
	}
	for _, row := range arrows() {
		if _, err := os.Stat(filepath.Join(root, "internal", row.name)); err == nil {
			want = append(want, row.name)
			if row.name != "testkit" {
				want = append(want, strings.Fields(row.packages)...)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the tree of docs/design.md has\n%v, want\n%v", got, want)
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
		{"internal/core/chat", "internal/api/httpapi", "what does is for api or outbound"},
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
		{"internal/store/table", "internal/base/fault", "store uses only itself"},
		{"internal/server/transfer", "internal/core/chat", "server/app wires"},
		{"internal/server/lambdahttp", "github.com/mark3labs/mcp-go/server", "api/mcp serves the protocol"},
		{"internal/cli/bridge", "internal/api/mcp", "cli uses only base"},
		{"internal/server/app", "internal/testkit/lambdatest", "packages made for tests"},
		{"internal/server/app", "bench", "packages made for tests"},
		{"cmd/parley", "internal/core/chat", "core/chat does"},
		{"internal/nowhere", "internal/base/fault", "does not have nowhere"},
		{"internal/core/chat", "internal/nowhere", "does not have nowhere"},
		{"internal/api/tools", "internal/core/roomlog", "a call goes through core/chat"},
		{"internal/api/tools/spec", "internal/core/chat", "api/tools does"},
		{"internal/auth/oauth", "internal/store/table", "what is stored is for auth/signin"},
		{"internal/auth/oauth", "internal/auth/access", "belongs before both"},
		{"internal/auth/oauth", "internal/auth/oidc", "server/app hands it the provider"},
		{"internal/observe/audit", "internal/store/table/sqlite", "one machine has a file"},
		{"functions/mcp", "internal/store/table/sqlite", "one machine has a file"},
		{"functions/mcp", "internal/core/chat", "server/app wires"},
		{"cmd/other", "internal/base/fault", "does not have cmd/other"},
	} {
		target := c.target
		if !strings.Contains(target, ".") && target != "net/http" && target != "net/http/httptest" {
			target = module + "/" + target
		}
		if why := refused(c.from, target); !strings.Contains(why, c.why) {
			t.Errorf("%s imports %s: %q, want %q", c.from, target, why, c.why)
		}
	}
	for _, c := range [][2]string{
		{"internal/core/chat", "internal/store/table"},
		{"internal/server/app", "internal/store/table/sqlite"},
		{"internal/api/tools", "internal/api/tools/spec"},
		{"internal/store/table/tabletest", "internal/store/table"},
	} {
		if why := refused(c[0], module+"/"+c[1]); why != "" {
			t.Errorf("%s may not import %s: %s", c[0], c[1], why)
		}
	}
}
