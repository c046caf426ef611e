package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// hookSecret signs calls.
const hookSecret = "whsec_UXVpeG90cnkgaXMgdGhlIHNlY3JldCBvZiBhIGhvb2s="

// subscribed is how a program answers events/subscribe.
type subscribed struct {
	Result struct{ ID string }
	Error  struct {
		Code    int
		Message string
	}
}

// The numbers of refusals for a client that does not name the extension.
const (
	wrongParams = -32602
	noAgreement = -32015
)

// subscribe has an agent called at an address, through a door of a program.
func subscribe(t *testing.T, door, token, address string) (got subscribed) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "events/subscribe",
		"params": map[string]any{"name": "room.message", "arguments": args{"agent_token": token},
			"delivery": args{"mode": "webhook", "url": address, "secret": hookSecret}}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := strangers.Post(door, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return got
}

// callee is a host that agrees to be called, and keeps what it gets.
type callee struct {
	url string
	got chan struct{} // a value for each call

	mu  sync.Mutex
	all strings.Builder // every byte of every request
}

// newCallee returns a host that answers calls with answer.
func newCallee(t *testing.T, answer http.HandlerFunc) *callee {
	t.Helper()
	c := &callee{got: make(chan struct{}, 1000)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole, _ := httputil.DumpRequest(r, true) // what came is kept
		c.mu.Lock()
		c.all.Write(whole)
		c.mu.Unlock()
		var asked struct{ Type, Challenge string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		if asked.Type == "verification" {
			_ = json.NewEncoder(w).Encode(map[string]string{"challenge": asked.Challenge})
			return
		}
		c.got <- struct{}{}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

// called waits for the next call.
func (c *callee) called(t *testing.T) {
	t.Helper()
	select {
	case <-c.got:
	case <-time.After(patience):
		t.Fatal("nobody called")
	}
}

// bytes returns all that came.
func (c *callee) bytes() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.String()
}

// Hosts look in all that they get for what is not theirs, and somebody looks for it in the log.
func TestAttack_calls_showNoSecret(t *testing.T) {
	p := start(t, "--log-level", "debug", "--metrics-addr", "127.0.0.1:0")
	calls := 0
	there := newCallee(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Echo", marker+"-header")
		calls++
		if calls == 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, marker+"-body") // the program has hung up
	})
	c, pass := talk{t, openGo(t, p.url, modernProtocol)}, marker+"-password"
	ann := c.ok("create_room", args{"room": "tea", "agent_name": "Ann", "password": pass, "capacity": 5,
		"description": marker + " described"})
	bob := c.ok("join_room", args{"room": "tea:" + pass, "agent_name": "Bob", "capacity": 5})
	hidden := []string{ann.AgentToken, bob.AgentToken, ann.AgentToken[7:], bob.AgentToken[7:], hookSecret[6:]}
	for _, link := range []string{ann.Watch, bob.Watch, ann.Invite} {
		if link != "" {
			hidden = append(hidden, link[len(link)-16:])
		}
	}
	if got := subscribe(t, p.url, bob.AgentToken, there.url+"/?"+marker+"-query"); got.Result.ID == "" {
		t.Fatalf("%+v", got)
	}
	c.ok("send_message", args{"agent_token": ann.AgentToken, "text": marker + " said to all"})
	there.called(t)
	c.ok("wait_for_message", args{"agent_token": bob.AgentToken, "cursor": bob.Cursor, "wait_seconds": 0})
	c.ok("send_message", args{"agent_token": ann.AgentToken, "text": marker + " said to Bob",
		"to": []string{"Bob"}})
	there.called(t)
	await(t, "the call has failed", func() bool { return strings.Contains(p.out.String(), "http_500") })
	if got := subscribe(t, p.url, bob.AgentToken, "http://127.0.0.1:1/"+marker); got.Error.Code != noAgreement {
		t.Errorf("%+v", got)
	}
	figures := p.metrics()
	p.terminate()
	all := there.bytes()
	ours := strings.ReplaceAll(all, "/?"+marker+"-query", "") // its own address
	holdsNone(t, "a call", ours, append(hidden, marker, p.args[1])...)
	challenge := regexp.MustCompile(`"challenge":"(\w+)"`).FindStringSubmatch(all)
	if challenge == nil || strings.Count(all, "Webhook-Signature") != 3 {
		t.Fatalf("the host got %q", all)
	}
	log := p.out.String()
	holdsNone(t, "log and metrics", log+figures, append(hidden, marker, challenge[1])...)

	public := start(t, "--public-url", "https://parley.example", "--access", "keys", "--log-level", "debug")
	key := public.newKey("Eve")
	door := public.door(key)
	token := talk{t, openGo(t, door, modernProtocol)}.join("tea", "Eve").token
	for _, address := range []string{"https://parley.example/k/" + key + "/mcp", "https://" + marker + ":a@b.example/",
		"https://10.0.0.1/" + marker, there.url + "/" + marker} {
		got := subscribe(t, door, token, address)
		if got.Error.Code != wrongParams {
			t.Errorf("%+v", got)
		}
		holdsNone(t, "a refusal", got.Error.Message, key, marker, hookSecret)
	}
	public.terminate()
	holdsNone(t, "the log", public.out.String(), key, marker, hookSecret[6:], token)
	attacks(t, "%d bytes of calls, %d of logs and metrics hold no token, link, password, text, key, secret or address",
		len(all), len(log)+len(figures)+len(public.out.String()))
}
