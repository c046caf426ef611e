package house

// This file holds what the old packages still need. Delete it, and the calls of
// its functions, when they are gone.

func oldArrows() map[string][]string {
	all := []string{
		"internal/fault", "internal/ident", "internal/room", "internal/roomlog", "internal/pairing", "internal/app", "internal/tools", "internal/mcp",
		"internal/chat", "internal/table", "internal/table/bolttable", "internal/table/dynamotable", "internal/httpapi",
		"internal/lambdahttp", "internal/mcptools", "internal/meter", "internal/meter/emf", "internal/meter/scrape", "internal/transfer",
	}
	return map[string][]string{
		"functions/parley":  all,
		"internal/mcptools": {"internal/chat", "internal/pairing", "internal/room", "internal/ident", "internal/fault", "internal/meter"},
		"internal/httpapi":  {"internal/mcptools"},
		"internal/app":      {"internal/mcptools"},
		"internal/transfer": {"internal/chat"},
		"internal/meter":    {"internal/table"}, // meter.Table
		"internal/bench":    append(all, "internal/dynamolocal"),
	}
}

func oldTestOnly() []string { return []string{"internal/bench"} }

func oldForeign() map[string][]string {
	return map[string][]string{
		"net/http":                        {"functions/parley", "internal/mcptools", "internal/bench"},
		"github.com/mark3labs/mcp-go":     {"internal/mcptools", "internal/bench"},
		"github.com/aws/aws-lambda-go":    {"functions/parley", "internal/bench"},
		"github.com/aws/aws-sdk-go-v2":    {"internal/bench"},
		"golang.org/x/crypto/argon2":      {"internal/chat"},
		"golang.org/x/text/secure/precis": {"internal/chat"},
		"github.com/alecthomas/kong":      {"functions/parley"},
	}
}

// oldSizes lists the sizes of packages (lines) and types (methods) above the limit.
func oldSizes() map[string]int {
	return map[string]int{
		"internal/chat":                 8053,
		"internal/chat.Service":         48,
		"internal/chat.caller":          29,
		"internal/chat.fold":            27,
		"internal/chat.gathering":       33,
		"internal/chat.liveRoom":        74,
		"internal/chat.utteranceInHand": 46,
		"internal/bench.bench":          28,
	}
}
