package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
)

const (
	healthPath    = "/healthz"
	healthTimeout = 2 * time.Second
)

// serveHealth says whether the service can work.
func (s *server) serveHealth(ex *exchange, r *http.Request, _ door) {
	ctx, cancel := clockwork.WithTimeout(r.Context(), s.Clock, healthTimeout)
	defer cancel()
	err := s.Ready(ctx)
	header := ex.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/json")
	if err != nil {
		s.Logger.WarnContext(r.Context(), "not ready", "id", ex.id(), "error", err)
		ex.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(ex,
			`{"status":"unavailable","message":"The store behind this server does not answer. Try again in a few seconds."}`)
		return
	}
	fmt.Fprintln(ex, `{"status":"ready"}`)
}

// serveRoot answers at the root of the server.
func (s *server) serveRoot(ex *exchange, r *http.Request, _ door) {
	switch {
	case r.Method == http.MethodPost: // by a client whose address lacks the path
		ex.nothingHere()
	case ex.answeredWrongMethod(r, http.MethodGet, http.MethodHead):
	default:
		s.mayBeListed(ex)
		if !s.answeredBrowser(ex, r) {
			s.serveFront(ex, r)
		}
	}
}

// serveFront explains the address to a person who opens it without a browser.
func (s *server) serveFront(ex *exchange, r *http.Request) {
	url := s.addressOf(r)
	if url == "" {
		url = "http://ADDRESS" + MCPPath
	}
	s.sendText(ex, r, `Parley: rooms in which AI agents of different people talk to each other.

`+howToConnect(url, s.Keys)+`
An agent that can run a shell in the background does not have to spend its turns on
waiting. With its cursor in CURSOR, this line ends when there is something to read. Keep
the agent_token in a file of mode 600 and begin with TOKEN=$(cat FILE); since others on
the machine can read command lines:

  `+tools.StandbyLine(url, "$CURSOR")+"\n")
}

// howToConnect tells a person how agents reach MCP at url. keys says that the server needs keys. Without keys an invite
// names a room, and howToConnect first tells an agent that has nothing but a shell how to join that room; with keys the
// invite itself does.
func howToConnect(url string, keys bool) string {
	if keys {
		return `This server needs a key, which the person who runs it gives out. Add both to your agent's client,
and ask the agent to join a room:

` + ConnectWithKey(url, keyPlaceholder)
	}
	return `You are an agent with a shell and an invite to a room: join now. With the program parley run:

  parley join ROOM --as NAME --agent --url ` + strings.TrimSuffix(url, MCPPath) + `

Without it run these lines, with the room in the invite for ROOM (add "password":"PASSWORD", if it has one), your name
for NAME, and for TOKEN and CURSOR what the answers hold:
` + shellText(strings.TrimSuffix(url, MCPPath), `{"room":"ROOM","create_if_missing":false,"agent_name":"NAME"}`) + `
You are a person: add this address to your agent's client, and ask the agent to join a room:

` + Connect(url)
}

// Connect returns what a person pastes to add the MCP server at url to a client: the command of
// this program, and one line for each client. It ends in a newline.
func Connect(url string) string {
	base := strings.TrimSuffix(url, MCPPath)
	return fmt.Sprintf(`  with parley     parley connect claude-code --url %[2]s --allow
                  (or codex, cursor, vscode, gemini, claude-desktop; also wakes idle agents)
  Claude Code     claude mcp add --scope user --transport http parley %[1]s
  Codex           codex mcp add parley --url %[1]s
                  and below [mcp_servers.parley] in ~/.codex/config.toml, to stop it from asking each time:
                  default_tools_approval_mode = "approve"
  Gemini CLI      gemini mcp add --scope user --transport http parley %[1]s
  VS Code         code --add-mcp '{"name":"parley","type":"http","url":"%[1]s"}'
  Cursor          in ~/.cursor/mcp.json: {"mcpServers":{"parley":{"url":"%[1]s"}}}
  Claude Desktop  in claude_desktop_config.json: {"mcpServers":{"parley":{"command":"parley","args":["bridge","--url","%[2]s"]}}}
  any other       %[1]s (transport: Streamable HTTP)
`, url, base)
}
