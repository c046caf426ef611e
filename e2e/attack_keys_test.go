package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shower is a stranger with what it shows to be admitted.
type shower struct {
	stranger
	path   string // of MCP
	bearer string // "" for none
}

// request makes a request at a path of the program, and returns the status and the text of
// the answer.
func (s shower) request(ctx context.Context, method, path, body string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.program.url, "/mcp")+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", s.address)
	if s.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+s.bearer)
	}
	resp, err := strangers.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// call calls a tool. The code of the answer is also that of a caller who is not admitted.
func (s shower) call(ctx context.Context, tool string, arguments args) (answer, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		return answer{}, err
	}
	status, text, err := s.request(ctx, http.MethodPost, s.path, string(body))
	if err != nil {
		return answer{}, err
	}
	var got struct {
		Result json.RawMessage
		Error  struct {
			Data struct {
				Code  string
				Retry int `json:"retry_after_seconds"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		return answer{}, fmt.Errorf("%d %q: %w", status, text, err)
	}
	if got.Result == nil {
		return answer{Code: got.Error.Data.Code, Retry: got.Error.Data.Retry}, nil
	}
	return readAnswer(got.Result)
}

// must is call for a call that is admitted.
func (s shower) must(t *testing.T, tool string, arguments args) answer {
	t.Helper()
	got, err := s.call(t.Context(), tool, arguments)
	if err != nil || got.Code != "" {
		t.Fatalf("%s: %+v, %v", tool, got, err)
	}
	return got
}

// similar returns something of the form of a secret that the program has made, with right
// check characters and other characters in the middle: the n-th of them.
func similar(secret string, n int) string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	body := []byte(secret[:len(secret)-2])
	for at := len(body) - 4; at < len(body); at++ {
		body[at] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	sum := 0
	for _, c := range body {
		sum = (sum*33 + int(c) + 7) % 1021
	}
	return string(body) + string(alphabet[sum>>5]) + string(alphabet[sum&31])
}

// operations returns how often the program has read and written its table.
func (p *program) operations() (reads, writes float64) {
	p.t.Helper()
	return p.metric(`parley_table_operations_total{kind="read"}`), p.metric(`parley_table_operations_total{kind="write"}`)
}

// Somebody guesses keys, invites and tokens at every door, with right check characters.
func TestAttack_wrongKeys_costFewReads(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(printed)
	ann := shower{p.victim(), "/mcp", key}
	made := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 2})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
	if code == nil {
		t.Fatalf("the invite is %q", made.Invite)
	}
	guess := func(n int) shower {
		mallory := shower{stranger{p, "198.51.100.66"}, "/mcp", ""}
		switch n % 4 {
		case 0:
			mallory.bearer = similar("pk_"+fmt.Sprintf("%08d", n)+key[11:], n) // of another id each
		case 1:
			mallory.path = "/k/" + similar("pk_"+fmt.Sprintf("%08d", n)+key[11:], n) + "/mcp"
		case 2:
			mallory.path = "/i/" + similar(code[1], n) + "/mcp"
		case 3:
			mallory.bearer = similar(made.AgentToken, n)
		}
		return mallory
	}
	n := scaled(4000)
	reads, writes := p.operations()
	admitted, took := flood(t, n, func(i int) (answer, error) {
		return guess(i).call(t.Context(), "join_room", args{"room": "attack", "agent_name": "Mallory"})
	})
	after, wrote := p.operations()
	if admitted > 0 || after-reads > 20 || wrote > writes {
		t.Errorf("%d guesses were admitted, with %v reads and %v writes", admitted, after-reads, wrote-writes)
	}
	ann.must(t, "send_message", args{"agent_token": made.AgentToken, "text": "I am still served."})
	ann.address = "198.51.100.66"
	ann.must(t, "send_message", args{"agent_token": made.AgentToken, "text": "And where the guesses come from."})
	attacks(t, "%d of %d wrong keys, invites and tokens were admitted in %v; they cost %v reads and %v writes", admitted, n, took.Round(time.Millisecond), after-reads, wrote-writes)
}

// Programs that show previews, and crawlers, open an invite again and again. It is for one
// guest, who comes after them.
func TestAttack_openedInvite_spendsNothing(t *testing.T) {
	p := start(t, "--trust-proxy", "--access", "keys", "--metrics-addr", "127.0.0.1:0")
	printed, err := p.keys("add", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	ann := shower{p.victim(), "/mcp", strings.TrimSpace(printed)}
	made := ann.must(t, "create_room", args{"room": "attack", "agent_name": "Ann", "capacity": 2})
	code := regexp.MustCompile(`/i/(\w+)/mcp`).FindStringSubmatch(made.Invite)
	if code == nil {
		t.Fatalf("the invite is %q", made.Invite)
	}
	n := scaled(1000)
	reads, writes := p.operations()
	shown, took := flood(t, n, func(i int) (answer, error) {
		crawler := shower{stranger{p, "198.51.100.66"}, "", ""}
		method, path := []string{http.MethodGet, http.MethodHead}[i%2], []string{"/i/" + code[1], "/i/" + code[1] + "/mcp"}[i/2%2]
		status, _, err := crawler.request(t.Context(), method, path, "")
		if want := map[bool]int{true: 200, false: 405}[i/2%2 == 0]; err == nil && status != want {
			err = fmt.Errorf("%s %s: %d", method, path, status)
		}
		return answer{}, err
	})
	after, wrote := p.operations()
	if after > reads || wrote > writes {
		t.Errorf("%v reads and %v writes", after-reads, wrote-writes)
	}
	guest := shower{stranger{p, "203.0.113.5"}, "/i/" + code[1] + "/mcp", ""}
	if got := guest.must(t, "join_room", args{"room": "attack", "agent_name": "Bob"}); got.AgentToken == "" {
		t.Errorf("the guest gets %+v", got)
	}
	attacks(t, "an invite that was opened %d times in %v cost %v reads and %v writes, and seats its guest", shown, took.Round(time.Millisecond), after-reads, wrote-writes)
}
