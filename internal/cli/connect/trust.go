package connect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// codexPlugin begins the places of the hooks of Parley's plugin in Codex.
const codexPlugin = "parley@parley:"

// codexRuns reports whether Codex runs the hook at a place of its file, the n-th of group at for an event. The person
// must have trusted the hook as it is now, and not have turned it off. settings are those of Codex.
//
// Codex keeps by the place, as in "/home/ann/.codex/hooks.json:session_start:0:0", the SHA-256 of what the hook is: see
// command_hook_hash and version_for_toml in codex-rs. The real Codex shows in e2e/agents that this is so.
func codexRuns(settings map[string]any, file, event string, group hooks, at, n int) bool {
	label := snake(event)
	resolved, _ := filepath.EvalSymlinks(file)
	for _, path := range []string{file, resolved} {
		state, _ := lookup(settings, []string{"hooks", "state", fmt.Sprintf("%s:%s:%d:%d", path, label, at, n)})
		entry, _ := state.(map[string]any)
		if entry["trusted_hash"] == codexHash(label, group.Matcher, group.Hooks[n]) {
			return entry["enabled"] != false
		}
	}
	return false
}

// codexRunsPlugin reports whether Codex runs hooks of Parley's plugin: whether the person has trusted them once.
func codexRunsPlugin(settings map[string]any) bool {
	all, _ := lookup(settings, []string{"hooks", "state"})
	states, _ := all.(map[string]any)
	for place, state := range states {
		entry, _ := state.(map[string]any)
		if strings.HasPrefix(place, codexPlugin) && entry["trusted_hash"] != nil && entry["enabled"] != false {
			return true
		}
	}
	return false
}

// codexHash returns what Codex keeps of a hook that its person trusts.
func codexHash(label, matcher string, h hook) string {
	timeout := cmp.Or(h.Timeout, 600)
	if label == "session_end" { // which Codex gives no more
		timeout = 1
	}
	is := map[string]any{"event_name": label, "hooks": []any{
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

// snake returns the name of an event as Codex writes the event in a place: session_start for SessionStart.
func snake(event string) string {
	var b strings.Builder
	for i, r := range event {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
