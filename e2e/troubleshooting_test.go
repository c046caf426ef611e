package e2e

import (
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// People search docs/troubleshooting.md for what they see, so that it has to quote the
// program as it speaks.
func TestTroubleshooting_everyQuote_isWhatTheProgramSays(t *testing.T) {
	page, err := os.ReadFile("../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	said := complaints(t)
	// An entry begins with the message; what only begins with a name has no space.
	quotes := regexp.MustCompile("(?m)^\\*\\*(?:\\d{3} )?`([^`]{12,} [^`]+)`").FindAllStringSubmatch(string(page), -1)
	if len(quotes) != len(said) {
		t.Errorf("the page quotes %d messages, and %d were provoked", len(quotes), len(said))
	}
	for _, quote := range quotes {
		parts := strings.Split(quote[1], "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		if !regexp.MustCompile(strings.Join(parts, ".*")).MatchString(strings.Join(said, "\n")) {
			t.Errorf("the program does not say %q, but:\n%s", quote[1], strings.Join(said, "\n"))
		}
	}
}

// complaints provokes each message that the page quotes.
func complaints(t *testing.T) []string {
	t.Helper()
	inFolder(t)
	p := start(t)
	addr := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/mcp")
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, _ := c.meet("the full room")
	c.ok("join_room", args{"room": "the locked room:password", "agent_name": "Alice"})
	left := c.join("the room that was left", "Alice")
	c.ok("leave_room", args{"agent_token": left.token})
	taken, _ := parley(t, "--addr", addr, "--data", filepath.Join(t.TempDir(), "parley.db"))
	locked, _ := parley(t, "--addr", "127.0.0.1:0", "--data", p.args[1])
	old := filepath.Join(t.TempDir(), "parley.db")
	bolt := binary.NativeEndian.AppendUint32(make([]byte, 16), 0xED0CDAED) // as the first builds began a file
	if err := os.WriteFile(old, append(bolt, make([]byte, 32<<10)...), 0o600); err != nil {
		t.Fatal(err)
	}
	older, _ := parley(t, "--addr", "127.0.0.1:0", "--data", old)
	said := []string{
		taken, locked, older,
		p.said("/mcp", "Host", "tunnel.example"), p.said("/mcp", "Origin", "https://page.example"),
		p.said("/sse", "", ""), p.said("/mcp", "", ""),
	}
	for _, call := range []struct {
		code, tool string
		args       args
	}{
		{"room_full", "join_room", args{"room": "the full room", "agent_name": "Carol"}},
		{"name_taken", "join_room", args{"room": "the full room", "agent_name": "Alice"}},
		{"wrong_password", "join_room", args{"room": "the locked room", "agent_name": "Bob"}},
		{"token_invalid", "room_info", args{"agent_token": mistyped(alice.token)}},
		{"removed", "send_message", args{"agent_token": left.token, "text": opening}},
	} {
		got := c.refused(call.code, call.tool, call.args)
		said = append(said, got.Code+": "+got.Message)
	}
	_, b := bridged(t, p)
	p.kill()
	away := b.refused("unavailable", "room_info", args{"agent_token": alice.token})
	return append(said, away.Code+": "+away.Message)
}

// said returns what the program answers to a GET with a header.
func (p *program) said(path, header, value string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, strings.TrimSuffix(p.url, "/mcp")+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if header == "Host" {
		r.Host = value
	} else if header != "" {
		r.Header.Set(header, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.ReplaceAll(string(body), `\"`, `"`) // it stands in JSON
}
