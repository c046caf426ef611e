package house

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/parley-chat/parley"

// arrows says, for each place of the tree, which others its code may import,
// tests apart. A package belongs to the longest place that its path begins with;
// inside one place everything may import everything.
func arrows() map[string][]string {
	drivers := []string{"internal/table/bolttable", "internal/table/dynamotable"}
	rules := []string{"internal/chat", "internal/table"}
	fronts := []string{"internal/httpapi", "internal/mcptools", "internal/meter"}
	return map[string][]string{
		"cmd/parley":                 slices.Concat(drivers, []string{"internal/app", "internal/httpapi", "internal/meter", "internal/meter/scrape", "internal/transfer"}),
		"functions/mcp":              {"internal/app", "internal/lambdahttp", "internal/meter", "internal/table/dynamotable"},
		"internal/app":               slices.Concat(fronts, rules, []string{"internal/table/dynamotable"}),
		"internal/httpapi":           {"internal/mcptools", "internal/chat", "internal/meter"},
		"internal/lambdahttp":        {},
		"internal/mcptools":          {"internal/chat", "internal/meter"},
		"internal/meter":             {"internal/table"},
		"internal/meter/scrape":      {"internal/meter"},
		"internal/chat":              {"internal/table"},
		"internal/table":             {},
		"internal/transfer":          {"internal/chat", "internal/table"},
		"internal/table/bolttable":   {"internal/table"},
		"internal/table/dynamotable": {"internal/table"},

		// What only tests and people at a keyboard use.
		"internal/table/tabletest": {"internal/table"},
		"internal/dynamolocal":     {"internal/table/dynamotable"},
		"internal/lambdatest":      {},
		"internal/bench":           slices.Concat(fronts, rules, drivers, []string{"internal/app", "internal/dynamolocal"}),
		"internal/house":           {},
		"scripts/dynamodb-local":   {"internal/dynamolocal"},
		"e2e":                      {},
	}
}

// foreign says which places may import what comes from elsewhere and ties a
// package to one side of the program: the wire, the protocol, a store.
func foreign() map[string][]string {
	tools := []string{"internal/bench", "internal/dynamolocal", "internal/lambdatest"}
	return map[string][]string{
		"net/http":                        append(tools, "cmd/parley", "internal/app", "internal/httpapi", "internal/lambdahttp", "internal/mcptools", "internal/meter/scrape", "internal/table/dynamotable"),
		"github.com/mark3labs/mcp-go":     append(tools, "internal/mcptools"),
		"github.com/aws/aws-lambda-go":    append(tools, "functions/mcp", "internal/lambdahttp"),
		"github.com/aws/aws-sdk-go-v2":    append(tools, "internal/table/dynamotable"),
		"github.com/prometheus":           {"internal/meter/scrape"},
		"go.etcd.io/bbolt":                {"internal/table/bolttable"},
		"golang.org/x/crypto/argon2":      {"internal/chat"},
		"golang.org/x/text/secure/precis": {"internal/chat"},
		"github.com/alecthomas/kong":      {"cmd/parley"},
		"github.com/caarlos0/env":         {"functions/mcp"},
	}
}

func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// place returns the key of arrows that dir belongs to, or "".
func place(dir string) string {
	best := ""
	for p := range arrows() {
		if within(dir, p) && len(p) > len(best) {
			best = p
		}
	}
	return best
}

func TestImports_pointOneWayOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue // a test may stand on the real parts below and beside it
		}
		from := place(s.dir())
		if from == "" {
			t.Errorf("%s: arrows() in this package does not say what %s may import; add a line", s.name, s.dir())
			continue
		}
		for _, spec := range s.file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := refused(from, target); why != "" {
				t.Errorf("%s: imports %s: %s", s.at(spec), target, why)
			}
		}
	}
}

// refused returns why a package of the place from may not import target, or "".
func refused(from, target string) string {
	if local, ok := strings.CutPrefix(target, module+"/"); ok {
		if to := place(local); to != from && !slices.Contains(arrows()[from], to) {
			return from + " may import only " + strings.Join(arrows()[from], ", ")
		}
		return ""
	}
	for prefix, places := range foreign() {
		if within(target, prefix) && !slices.Contains(places, from) {
			return "only " + strings.Join(places, ", ") + " may"
		}
	}
	return ""
}

func TestImports_wrongArrow_isRefused(t *testing.T) {
	for _, c := range []struct{ from, target string }{
		{"internal/httpapi", module + "/internal/table"},
		{"internal/mcptools", module + "/internal/table"},
		{"internal/chat", module + "/internal/httpapi"},
		{"internal/chat", module + "/internal/table/bolttable"},
		{"internal/chat", "net/http"},
		{"internal/chat", "net/http/httptest"},
		{"internal/chat", "github.com/mark3labs/mcp-go/mcp"},
		{"internal/chat", "github.com/aws/aws-sdk-go-v2/aws"},
		{"internal/table", module + "/internal/chat"},
		{"internal/lambdahttp", "github.com/mark3labs/mcp-go/server"},
	} {
		if refused(c.from, c.target) == "" {
			t.Errorf("%s may import %s", c.from, c.target)
		}
	}
	if why := refused("internal/chat", module+"/internal/table"); why != "" {
		t.Errorf("chat may not import table: %s", why)
	}
}
