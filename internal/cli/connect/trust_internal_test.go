package connect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// The sums are those that Codex 0.171.0 wrote when its person trusted these hooks.
func TestTrustedInCodex_hookAsTrusted_andNotOtherwise(t *testing.T) {
	const line = `\"/usr/local/bin/parley\" hook --url http://127.0.0.1:8080`
	const file = `{"PostToolUse":[{"matcher":"^mcp__parley__(join_room|create_room|enter_queue)$",
		"hooks":[{"type":"command","command":"` + line + `"}]}],
		"SessionEnd":[{"hooks":[{"type":"command","command":"` + line + `"}]}],
		"Stop":[{"hooks":[{"type":"command","command":"say <done>"}]},{"hooks":[{"type":"command","command":"` + line +
		`","async":true,"asyncRewake":true,"timeout":28800}]}]}`
	const trusted = `
[hooks.state."/home/ann/.codex/hooks.json:post_tool_use:0:0"]
trusted_hash = "sha256:8031c9d3ebc984794d98d4c7aedc8d6a2a298fc781647686d0fa71c473c172b9"
[hooks.state."/home/ann/.codex/hooks.json:session_end:0:0"]
trusted_hash = "sha256:6d7fad10ab930b69d12474812c9e4adf41efc872c043bc5cf5e0a035be0c5648"
[hooks.state."/home/ann/.codex/hooks.json:stop:0:0"]
trusted_hash = "sha256:db5d221b0551ccfd9368493b971275916005dbd25cf60f36791111417cd11f27"
[hooks.state."/home/ann/.codex/hooks.json:stop:1:0"]
trusted_hash = "sha256:e9377331b7f9cd1ed752697e9a991da480345acb3977b9007a436e96968e1eb6"
`
	all := map[string]bool{"PostToolUse": true, "SessionEnd": true, "Stop": true}
	for name, c := range map[string]struct {
		file, settings string
		runs           map[string]bool
	}{
		"trusted":                            {file, trusted, all},
		"not trusted":                        {file, "", nil},
		"connected to another address since": {strings.ReplaceAll(file, "8080", "8081"), trusted, nil},
		"turned off":                         {file, strings.ReplaceAll(trusted, "]\n", "]\nenabled = false\n"), nil},
		"one turned off": {file, strings.Replace(trusted, "stop:1:0\"]\n", "stop:1:0\"]\nenabled = false\n", 1),
			map[string]bool{"PostToolUse": true, "SessionEnd": true}},
		"one moved by another before it": {strings.Replace(file, `"Stop":[`, `"Stop":[{"hooks":[]},`, 1), trusted,
			map[string]bool{"PostToolUse": true, "SessionEnd": true}},
		"of another file": {file, strings.ReplaceAll(trusted, "/home/ann", "/project"), nil},
	} {
		var events map[string][]hooks
		if err := json.Unmarshal([]byte(c.file), &events); err != nil {
			t.Fatal(err)
		}
		var settings map[string]any
		if err := toml.Unmarshal([]byte(c.settings), &settings); err != nil {
			t.Fatal(err)
		}
		hashes, _ := trustedInCodex(settings)
		for event, groups := range events {
			last := len(groups) - 1
			if got := groups[last].Hooks[0].inCodex(hashes, "/home/ann/.codex/hooks.json", event,
				groups[last].Matcher, last, 0); got != c.runs[event] {
				t.Errorf("%s: it runs %s: %t", name, event, got)
			}
		}
	}
	for settings, want := range map[string]bool{
		"": false, "[hooks.state.\"" + codexPlugin + "hooks/hooks.json:stop:0:0\"]\nenabled = true": false,
		"[hooks.state.\"" + codexPlugin + "hooks/hooks.json:stop:0:0\"]\ntrusted_hash = 'sha256:00'": true,
		"[hooks.state.\"other@parley:hooks/hooks.json:stop:0:0\"]\ntrusted_hash = 'sha256:00'":       false,
	} {
		var doc map[string]any
		if err := toml.Unmarshal([]byte(settings), &doc); err != nil {
			t.Fatal(err)
		}
		if _, got := trustedInCodex(doc); got != want {
			t.Errorf("%s: it runs the plugin's: %t", settings, got)
		}
	}
}
