package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// signedIn opens a client that knows the address and nothing else, with the person in front of it, who
// has a key. state is the file in which the client keeps what it has.
func (p *program) signedIn(generation, protocol, key, document, state string) (talk, *driver) {
	p.t.Helper()
	about, err := json.Marshal(map[string]string{"public": "https://parley.example", "key": key, "document": document,
		"to": strings.TrimSuffix(p.url, "/mcp"), "state": state})
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := installNode(p.t).command("node", filepath.Join("clients", "node", "driver.cjs"),
		"https://parley.example/mcp", generation)
	cmd.Env = append(cmd.Env, "PARLEY_E2E_SIGN_IN="+string(about))
	d := drive(p.t, cmd, protocol)
	return talk{p.t, d}, d
}

// The client registers, or says by a document who it is: here that of Claude Code, which the server knows
// without the internet.
func TestSignIn_everyClientOfAnSDK_talksRenewsItsTokensAndGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{"by registration": "",
		"by document": "https://claude.ai/oauth/claude-code-client-metadata"} {
		for generation, protocol := range map[string]string{"sdk1": legacyProtocol, "legacy": legacyProtocol,
			"modern": modernProtocol} {
			t.Run(generation+" "+name, func(t *testing.T) {
				p := start(t, "--access", "keys", "--sign-in", "auto", "--public-url", "https://parley.example")
				state := filepath.Join(t.TempDir(), "state.json")
				ann, client := p.signedIn(generation, protocol, p.newKey("Ann"), document, state)
				bob := talk{t, openGo(t, p.door(p.newKey("Bob")), modernProtocol)}
				hers, his := ann.join("tea", "Ann"), bob.join("tea", "Bob")
				ann.ok("send_message", args{"agent_token": hers.token, "text": "Is there milk?"})
				bob.hears(&his, "Is there milk?")
				if err := client.write(map[string]any{"spoil": true}); err != nil {
					t.Fatal(err)
				}
				ann.ok("send_message", args{"agent_token": hers.token, "text": "And sugar?"})
				bob.hears(&his, "And sugar?")
				p.kill()
				p.again()
				ann.ok("send_message", args{"agent_token": hers.token, "text": "And a spoon?"})
				bob.hears(&his, "And a spoon?")
				again, _ := p.signedIn(generation, protocol, "", document, state) // nobody is asked
				again.ok("send_message", args{"agent_token": hers.token, "text": "I am back."})
				bob.hears(&his, "I am back.")
			})
		}
	}
}
