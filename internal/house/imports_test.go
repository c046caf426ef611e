package house

import (
	"go/ast"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/parley-chat/parley"

// arrows lists, for each package, the packages of this module that its code may
// import. Tests may import anything.
func arrows() map[string][]string {
	drivers := []string{"internal/table/sqlite", "internal/table/dynamotable", "internal/table/dynamotable/sdkconfig"}
	rooms := []string{"internal/roomlog", "internal/room", "internal/ident", "internal/fault", "internal/table"}
	meters := []string{"internal/meter", "internal/meter/emf", "internal/meter/scrape"}
	service := slices.Concat(meters, drivers, rooms, []string{
		"internal/ratelimit", "internal/access", "internal/presence", "internal/chat", "internal/pairing",
		"internal/tools", "internal/mcp", "internal/a2a", "internal/httpapi", "internal/lambdahttp",
		"internal/transfer",
		"internal/page", "internal/files", "internal/outbox", "internal/outcall", "internal/signin", "internal/oauth",
		"internal/account", "internal/oidc",
	})
	clients := []string{"internal/client", "internal/fault", "internal/wake", "internal/shell"}
	return map[string][]string{
		// The rules, lowest first.
		"internal/turns": {}, "internal/picture": {"internal/turns"},
		"internal/sanitize": {}, "internal/page": {}, "internal/page/bundle": {},
		"internal/results": {"internal/sanitize"},
		"internal/audit":   {"internal/ident", "internal/table"},
		"internal/fault":   {},
		"internal/outcall": {"internal/turns"}, "internal/fetch": {"internal/fault", "internal/outcall"},
		"internal/agentcall": {"internal/outcall", "internal/sanitize"},
		"internal/ident":     {"internal/fault"},
		"internal/room":      {"internal/sanitize", "internal/ident", "internal/fault"},
		"internal/roomlog": {"internal/files", "internal/room", "internal/ident", "internal/fault",
			"internal/table", "internal/turns"},
		"internal/ratelimit": rooms,
		"internal/account":   {"internal/ident"},
		"internal/access": {"internal/account", "internal/signin", "internal/ratelimit", "internal/audit",
			"internal/room", "internal/ident", "internal/fault", "internal/table"},
		"internal/signin":   {"internal/audit", "internal/ident", "internal/table"},
		"internal/password": slices.Concat(rooms, []string{"internal/turns"}),
		"internal/presence": rooms,
		"internal/chat": slices.Concat(rooms, []string{"internal/files", "internal/picture", "internal/sanitize",
			"internal/password", "internal/ratelimit", "internal/presence", "internal/audit"}),
		"internal/lines":   {"internal/chat", "internal/room", "internal/sanitize"},
		"internal/pairing": slices.Concat(rooms, []string{"internal/chat"}),
		"internal/outbox": slices.Concat(rooms, []string{"internal/chat", "internal/lines", "internal/agentcall",
			"internal/outcall", "internal/ratelimit"}),

		// The protocol.
		"internal/mcp":        {"internal/results", "internal/ident", "internal/fault", "internal/meter"},
		"internal/tools/spec": {"internal/ident", "internal/fault"},
		"internal/tools": {"internal/fetch", "internal/results", "internal/sanitize", "internal/tools/spec",
			"internal/mcp", "internal/pairing", "internal/outbox", "internal/chat", "internal/ratelimit",
			"internal/room", "internal/ident", "internal/fault", "internal/meter"},
		"internal/a2a": {"internal/results", "internal/tools", "internal/lines", "internal/mcp", "internal/chat",
			"internal/ratelimit", "internal/room", "internal/ident", "internal/fault"},
		"internal/httpapi": {"internal/results", "internal/a2a", "internal/page", "internal/access", "internal/tools",
			"internal/mcp", "internal/chat", "internal/room", "internal/ident", "internal/fault", "internal/meter",
			"internal/outcall", "internal/oauth"},
		"internal/oauth": {"internal/account", "internal/oidc", "internal/signin", "internal/ident",
			"internal/fault"},
		"internal/oidc":       {"internal/account"},
		"internal/lambdahttp": {"internal/meter"},

		// The client side of the program.
		"internal/client": {"internal/results", "internal/ident", "internal/fault"},
		"internal/shell": {"internal/results", "internal/sanitize", "internal/ident", "internal/client",
			"internal/fault"},
		"internal/connect": {"internal/client"},

		// Waking agents.
		"internal/wake": {"internal/results", "internal/client", "internal/ident"},

		// The store and what is measured.
		"internal/table":                       {},
		"internal/files":                       {},
		"internal/files/bucket":                {"internal/files"},
		"internal/table/sqlite":                {"internal/table", "internal/files"},
		"internal/table/dynamotable":           {"internal/table"},
		"internal/table/dynamotable/sdkconfig": {"internal/table/dynamotable", "internal/files/bucket"},
		"internal/transfer": {"internal/access", "internal/roomlog", "internal/ident",
			"internal/fault", "internal/table", "internal/files"},
		"internal/meter":        {"internal/table", "internal/ident"}, // it counts what a table spends, by caller
		"internal/meter/emf":    {"internal/meter"},
		"internal/meter/scrape": {"internal/meter"},

		// The wiring.
		"internal/app": service,
		"cmd/parley": slices.Concat(drivers, clients,
			[]string{"internal/connect", "internal/bridge", "internal/doctor", "internal/access", "internal/signin",
				"internal/app", "internal/roomlog", "internal/room", "internal/ident", "internal/files",
				"internal/httpapi", "internal/transfer", "internal/table", "internal/meter", "internal/meter/scrape"}),
		"functions/mcp": {"internal/app", "internal/files/bucket", "internal/lambdaenv", "internal/lambdahttp",
			"internal/table/dynamotable", "internal/table", "internal/meter", "internal/meter/emf"},
		"functions/outbox":   {"internal/app", "internal/lambdaenv", "internal/table/dynamotable", "internal/meter"},
		"internal/lambdaenv": {},

		// For clients without HTTP.
		"internal/bridge": {"internal/results", "internal/client", "internal/fault"},

		// What looks for faults.
		"internal/doctor": {"internal/results", "internal/client", "internal/fault", "internal/connect",
			"internal/wake"},

		// Tests, measurements and scripts: see testOnly.
		"internal/table/tabletest":         {"internal/table"},
		"internal/files/filestest":         {"internal/files"},
		"internal/picture/picturetest":     {},
		"internal/table/sqlite/sqlitetest": {"internal/table/sqlite"},
		"internal/app/apptest":             {"internal/app", "internal/meter", "internal/table/sqlite/sqlitetest"},
		"internal/dynamolocal":             {"internal/table/dynamotable", "internal/engine"},
		"internal/engine":                  {}, "internal/s3local": {"internal/engine"},
		"internal/lambdatest": {"internal/leaks"},
		"internal/explore":    {}, "internal/leaks": {"internal/ident"},
		"internal/house": {},
		"bench": {"internal/app", "internal/httpapi", "internal/table/sqlite",
			"internal/table/dynamotable", "internal/table", "internal/roomlog", "internal/room", "internal/ident",
			"internal/meter", "internal/dynamolocal"},
		"scripts/dynamodb-local": {"internal/dynamolocal"}, "scripts/confusables": {},
		"scripts/test":    {"internal/dynamolocal"},
		"scripts/mutants": {"internal/dynamolocal", "internal/engine"},
		"e2e":             {}, "e2e/agents": {}, "e2e/browser": {}, "e2e/systems": {},
		"e2e/fetch": {"e2e/internal/parts", "internal/dynamolocal", "internal/s3local"}, "e2e/internal/parts": {},
		"e2e/internal/process": {"internal/leaks"}, "e2e/internal/tlsfront": {},
		"e2e/internal/provider": {"e2e/internal/parts"},
	}
}

// testOnly lists the packages that are no part of the program.
func testOnly() []string {
	return []string{"internal/table/tabletest", "internal/files/filestest", "internal/picture/picturetest",
		"internal/table/sqlite/sqlitetest", "internal/app/apptest", "internal/dynamolocal", "internal/engine",
		"internal/s3local", "internal/lambdatest", "internal/explore", "internal/house", "internal/leaks",
		"internal/page/bundle", "bench", "scripts/dynamodb-local", "scripts/confusables",
		"scripts/test", "scripts/mutants", "e2e", "e2e/agents", "e2e/browser", "e2e/systems", "e2e/fetch",
		"e2e/internal/parts", "e2e/internal/process", "e2e/internal/provider", "e2e/internal/tlsfront"}
}

// foreign lists the packages that may import a dependency which belongs to one
// side of the program: the wire, the protocol, a store.
func foreign() map[string][]string {
	return map[string][]string{
		"net/http": {"cmd/parley", "functions/mcp", "functions/outbox", "internal/app", "internal/client",
			"internal/doctor", "internal/fetch", "internal/httpapi", "internal/lambdahttp", "internal/mcp",
			"internal/meter/scrape", "internal/page", "internal/wake", "internal/table/dynamotable",
			"internal/files/bucket", "internal/outcall",
			"internal/bridge", "internal/a2a", "internal/oauth", "internal/oidc"},
		"github.com/coreos/go-oidc":    {"internal/oidc"},
		"golang.org/x/oauth2":          {"internal/oidc"},
		"github.com/a2aproject/a2a-go": {"internal/a2a", "internal/agentcall"},
		"github.com/mark3labs/mcp-go":  {"internal/mcp", "internal/client", "internal/bridge"},
		"github.com/aws/aws-lambda-go": {"functions/mcp", "functions/outbox", "internal/lambdahttp"},
		"github.com/aws/aws-sdk-go-v2": {"functions/mcp", "functions/outbox", "internal/table/dynamotable",
			"internal/table/dynamotable/sdkconfig", "internal/files/bucket"},
		"github.com/prometheus":           {"internal/meter/scrape"},
		"zombiezen.com/go/sqlite":         {"internal/table/sqlite"},
		"golang.org/x/crypto/argon2":      {"internal/ident"},
		"golang.org/x/text/secure/precis": {"internal/ident"},
		"github.com/alecthomas/kong":      {"cmd/parley"},
		"github.com/caarlos0/env":         {"internal/lambdaenv"},
		"golang.org/x/term":               {"internal/shell"},
	}
}

// within reports whether name is the package prefix or below it.
func within(name, prefix string) bool {
	return name == prefix || strings.HasPrefix(name, prefix+"/")
}

// allowed returns the packages that from may import; ok is false for a package
// without a row.
func allowed(from string) (to []string, ok bool) {
	to, ok = arrows()[from]
	return to, ok
}

func TestImports_everyPackage_hasARow(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if _, ok := allowed(s.dir()); !ok && !seen[s.dir()] {
			t.Errorf("arrows() does not say what %s may import: add a row", s.dir())
		}
		seen[s.dir()] = true
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

// refused returns the reason why from may not import target, or "".
func refused(from, target string) string {
	if local, ok := strings.CutPrefix(target, module+"/"); ok {
		to, _ := allowed(from)
		switch {
		case slices.Contains(testOnly(), local) && !slices.Contains(testOnly(), from):
			return "the program must not import packages made for tests"
		case len(to) == 0:
			return "it may import no package of this module"
		case !slices.Contains(to, local):
			return "it may import only " + strings.Join(to, ", ")
		}
		return ""
	}
	for prefix, places := range foreign() {
		places = slices.Concat(places, testOnly())
		if within(target, prefix) && !slices.Contains(places, from) {
			return "only " + strings.Join(places, ", ") + " may"
		}
	}
	return ""
}

func TestArrows_areAcyclic(t *testing.T) {
	var visit func(from string, path []string)
	visit = func(from string, path []string) {
		if slices.Contains(path, from) {
			t.Errorf("the arrows form a cycle: %s", strings.Join(append(path, from), " -> "))
			return
		}
		for _, to := range arrows()[from] {
			visit(to, append(path, from))
		}
	}
	for from := range arrows() {
		visit(from, nil)
	}
}

func TestArrows_everyTarget_hasARow(t *testing.T) {
	for from, to := range arrows() {
		for _, name := range to {
			if _, ok := arrows()[name]; !ok {
				t.Errorf("the row of %s names %s, which has no row", from, name)
			}
		}
	}
}

func TestArrows_pairing_isImportedOnlyByToolsAndTheWiring(t *testing.T) {
	var importers []string
	for from := range maps.Keys(arrows()) {
		if slices.Contains(arrows()[from], "internal/pairing") && !slices.Contains(testOnly(), from) {
			importers = append(importers, from)
		}
	}
	slices.Sort(importers)
	if want := []string{"internal/app", "internal/tools"}; !slices.Equal(importers, want) {
		t.Errorf("pairing may be imported by %v; want %v", importers, want)
	}
}

func TestImports_wrongArrow_isRefused(t *testing.T) {
	for _, c := range []struct{ from, target string }{
		{"internal/roomlog", module + "/internal/chat"},
		{"internal/room", module + "/internal/table"},
		{"internal/fault", module + "/internal/ident"},
		{"internal/chat", module + "/internal/pairing"},
		{"internal/chat", module + "/internal/httpapi"},
		{"internal/chat", module + "/internal/table/sqlite"},
		{"internal/chat", module + "/internal/table/tabletest"},
		{"internal/chat", "net/http"},
		{"internal/chat", "net/http/httptest"},
		{"internal/chat", "github.com/mark3labs/mcp-go/mcp"},
		{"internal/chat", "github.com/aws/aws-sdk-go-v2/aws"},
		{"internal/httpapi", module + "/internal/pairing"},
		{"internal/httpapi", module + "/internal/table"},
		{"internal/tools", module + "/internal/table"},
		{"internal/tools", "github.com/mark3labs/mcp-go/mcp"},
		{"internal/mcp", module + "/internal/tools"},
		{"internal/table", module + "/internal/chat"},
		{"internal/lambdahttp", "github.com/mark3labs/mcp-go/server"},
		{"internal/app", module + "/internal/lambdatest"},
		{"internal/app", module + "/bench"},
		{"cmd/parley", module + "/internal/chat"},
		{"internal/nowhere", module + "/internal/fault"},
	} {
		if refused(c.from, c.target) == "" {
			t.Errorf("%s may import %s", c.from, c.target)
		}
	}
	if _, ok := allowed("internal/nowhere"); ok {
		t.Error("a package without a row is allowed")
	}
	if why := refused("internal/chat", module+"/internal/table"); why != "" {
		t.Errorf("chat may not import table: %s", why)
	}
}
