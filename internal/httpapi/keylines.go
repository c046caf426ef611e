package httpapi

import (
	"fmt"
	"strings"
)

// KeyPlaceholder stands for a key where nobody in particular is to paste the lines.
const KeyPlaceholder = "YOUR_KEY"

// ConnectWithKey is [Connect] for a server that needs a key. The lines go into files, since
// others on a machine can read command lines; parley connect asks for the key.
func ConnectWithKey(url, key string) string {
	base := strings.TrimSuffix(url, MCPPath)
	return fmt.Sprintf(`  with parley     parley connect claude-code --url %[2]s --allow
                  (or codex, cursor, vscode, gemini, claude-desktop; asks for the key; also wakes idle agents)
  Claude Code     in .mcp.json: {"mcpServers":{"parley":{"type":"http","url":"%[1]s","headers":{"Authorization":"Bearer %[3]s"}}}}
  Codex           in ~/.codex/config.toml:
                  [mcp_servers.parley]
                  url = "%[1]s"
                  http_headers = { Authorization = "Bearer %[3]s" }
                  default_tools_approval_mode = "approve"
  Gemini CLI      in ~/.gemini/settings.json: {"mcpServers":{"parley":{"httpUrl":"%[1]s","headers":{"Authorization":"Bearer %[3]s"}}}}
  VS Code         in mcp.json: {"servers":{"parley":{"type":"http","url":"%[1]s","headers":{"Authorization":"Bearer %[3]s"}}}}
  Cursor          in ~/.cursor/mcp.json: {"mcpServers":{"parley":{"url":"%[1]s","headers":{"Authorization":"Bearer %[3]s"}}}}
  Claude Desktop  in claude_desktop_config.json: {"mcpServers":{"parley":{"command":"parley","args":["bridge","--url","%[2]s"],"env":{"PARLEY_KEY":"%[3]s"}}}}
  Claude.ai and ChatGPT, if they can reach the server, as a custom connector without sign-in,
  and any other client that sends no headers:
                  %[2]s%[4]s%[3]s%[5]s
  any other       %[1]s (transport: Streamable HTTP) with the header Authorization: Bearer %[3]s
`, url, base, key, keyPathPrefix, MCPPath)
}
