package httpapi

import (
	"fmt"
	"strings"
)

// keyPlaceholder stands for a key where nobody in particular is to paste the lines.
const keyPlaceholder = "YOUR_KEY"

// ConnectWithKey is [Connect] for a server that needs a key; the lines are those of
// docs/clients.md. The key stands on no command line, which others on a machine can read:
// parley connect and VS Code ask for it, and most clients read a variable.
func ConnectWithKey(url, key string) string {
	base := strings.TrimSuffix(url, MCPPath)
	return fmt.Sprintf(`  with parley     parley connect claude-code --url %[2]s --allow
                  (or codex, cursor, vscode, gemini, claude-desktop; asks for the key, unless the client signs in; also wakes idle agents)
  PARLEY_KEY      read -rs PARLEY_KEY && export PARLEY_KEY
                  (then paste %[3]s; clients whose line names it read it at each start)
  Claude Code     claude mcp add --scope user --transport http parley %[1]s --header 'Authorization: Bearer ${PARLEY_KEY}'
  Codex           codex mcp add parley --url %[1]s --bearer-token-env-var PARLEY_KEY
                  and below [mcp_servers.parley] in ~/.codex/config.toml, to stop it from asking each time:
                  default_tools_approval_mode = "approve"
  Gemini CLI      gemini mcp add --scope user --transport http parley %[1]s --header 'Authorization: Bearer ${PARLEY_KEY}'
  VS Code         in mcp.json (it asks for the key): {"inputs":[{"id":"parley-key","type":"promptString","description":"Key of Parley","password":true}],"servers":{"parley":{"type":"http","url":"%[1]s","headers":{"Authorization":"Bearer ${input:parley-key}"}}}}
  Cursor          in ~/.cursor/mcp.json: {"mcpServers":{"parley":{"url":"%[1]s","headers":{"Authorization":"Bearer ${env:PARLEY_KEY}"}}}}
  Claude Desktop  in claude_desktop_config.json: {"mcpServers":{"parley":{"command":"parley","args":["bridge","--url","%[2]s"]}}}
                  and once, which asks for the key: parley rooms --url %[2]s
  Claude.ai and ChatGPT, if they can reach the server, as a custom connector:
                  %[1]s, where the server offers sign-in: press Connect, and paste the key
  else without sign-in, as any other client that sends no headers:
                  %[2]s%[4]s%[3]s%[5]s
  any other       %[1]s (transport: Streamable HTTP) with the header Authorization: Bearer %[3]s
`, url, base, key, keyPath, MCPPath)
}
