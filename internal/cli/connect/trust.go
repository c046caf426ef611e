package connect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// codexPlugin begins the places of the hooks of Parley's plugin in Codex.
const codexPlugin = "parley@parley:"

// trustedInCodex returns what Codex keeps, in its settings, of each hook that it runs, by the place of the hook: the
// person has trusted the hook there, and has not turned it off. plugin reports whether it runs hooks of the plugin.
func trustedInCodex(settings map[string]any) (hashes map[string]string, plugin bool) {
	hashes = map[string]string{}
	all, _ := lookup(settings, []string{"hooks", "state"})
	states, _ := all.(map[string]any)
	for place, state := range states {
		entry, _ := state.(map[string]any)
		if hash, _ := entry["trusted_hash"].(string); hash != "" && entry["enabled"] != false {
			hashes[place] = hash
			plugin = plugin || strings.HasPrefix(place, codexPlugin)
		}
	}
	return hashes, plugin
}

// inCodex reports whether Codex runs h, the n-th hook of group at for an event in file: trusted has h in that place, as
// "/home/ann/.codex/hooks.json:session_start:0:0". A hook that has moved is to be trusted again.
func (h hook) inCodex(trusted map[string]string, file, event, matcher string, at, n int) bool {
	place, hash := fmt.Sprintf(":%s:%d:%d", snake(event), at, n), codexHash(event, matcher, h)
	resolved, _ := filepath.EvalSymlinks(file)
	return trusted[file+place] == hash || trusted[resolved+place] == hash
}

// codexHash returns what Codex keeps of a hook that its person trusts: the SHA-256 of what the hook is. See
// command_hook_hash and version_for_toml in codex-rs. The real Codex shows in e2e/agents that this is so.
func codexHash(event, matcher string, h hook) string {
	timeout := cmp.Or(h.Timeout, 600)
	if event == "SessionEnd" { // which Codex gives no more
		timeout = 1
	}
	is := map[string]any{"event_name": snake(event), "hooks": []any{
		map[string]any{"type": h.Type, "command": h.Command, "timeout": timeout, "async": h.Async}}}
	if matcher != "" {
		is["matcher"] = matcher
	}
	var text bytes.Buffer
	plain := json.NewEncoder(&text)
	plain.SetEscapeHTML(false)
	_ = plain.Encode(is) // it always has a JSON form, with its keys in order
	return fmt.Sprintf("sha256:%x", sha256.Sum256(bytes.TrimSpace(text.Bytes())))
}

// snake returns the name of an event as Codex keeps it: session_start for SessionStart.
func snake(event string) string {
	return strings.ToLower(regexp.MustCompile(`\B[A-Z]`).ReplaceAllString(event, "_$0"))
}
