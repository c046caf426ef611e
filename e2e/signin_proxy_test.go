package e2e

import (
	"path/filepath"
	"testing"
)

// Clients look for the document at the path of MCP, when they begin and when a token is no longer good.
func TestSignIn_challengeThatAProxyRenames_everyClientOfAnSDKFindsItsWay(t *testing.T) {
	t.Parallel()
	for generation, protocol := range map[string]string{"sdk1": legacyProtocol, "legacy": legacyProtocol,
		"modern": modernProtocol} {
		t.Run(generation, func(t *testing.T) {
			k := newKnows(t, false)
			k.front.Rename = true
			ann, client := k.signedIn(nodeDriver(t, k.front.URL+"/mcp", generation), protocol, k.newKey("Ann"),
				filepath.Join(t.TempDir(), "state.json"))
			bob := talk{t, openGo(t, k.door(k.newKey("Bob")), modernProtocol)}
			hers, his := ann.join("tea", "Ann"), bob.join("tea", "Bob")
			ann.ok("send_message", args{"agent_token": hers.token, "text": "Is there milk?"})
			bob.hears(&his, "Is there milk?")
			began := k.front.Renamed.Load()
			if err := client.write(map[string]any{"spoil": true}); err != nil {
				t.Fatal(err)
			}
			ann.ok("send_message", args{"agent_token": hers.token, "text": "And sugar?"})
			bob.hears(&his, "And sugar?")
			if renamed := k.front.Renamed.Load(); began == 0 || renamed == began {
				t.Errorf("%d challenges were renamed, %d of them before the token was spoiled", renamed, began)
			}
		})
	}
}
