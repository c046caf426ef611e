package e2e

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// chatGPT is the side of ChatGPT that is called: it agrees to be called by answering the challenge, and has its
// model run for each call.
type chatGPT struct {
	t     *testing.T
	url   string
	calls chan called
}

// called is a call as ChatGPT gets it.
type called struct {
	Header  http.Header
	Body    []byte
	EventID string `json:"eventId"`
	Name    string `json:"name"`
	Data    struct {
		Room   string `json:"room"`
		Agent  string `json:"agent_name"`
		Unread int    `json:"unread"`
		Next   string `json:"next"`
	} `json:"data"`
}

func newChatGPT(t *testing.T) *chatGPT {
	g := &chatGPT{t: t, calls: make(chan called, 100)}
	s := httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(s.Close)
	g.url = s.URL + "/callback"
	return g
}

func (g *chatGPT) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var asked struct{ Type, Challenge string }
	_ = json.Unmarshal(body, &asked)
	if asked.Type == "verification" {
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": asked.Challenge})
		return
	}
	c := called{Header: r.Header, Body: body}
	_ = json.Unmarshal(body, &c)
	g.calls <- c
}

// next returns the next call.
func (g *chatGPT) next() called {
	g.t.Helper()
	select {
	case c := <-g.calls:
		return c
	case <-time.After(patience):
		g.t.Fatal("ChatGPT was not called")
		return called{}
	}
}

// subscribe sends what ChatGPT sends: no ttlMs, and a cursor that is null.
func (g *chatGPT) subscribe(url, token string) map[string]any {
	g.t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return g.rpc(url, "events/subscribe", map[string]any{"name": "room.message",
		"arguments": map[string]any{"agent_token": token}, "cursor": nil,
		"delivery": map[string]any{"mode": "webhook", "url": g.url,
			"secret": "whsec_" + base64.StdEncoding.EncodeToString(secret)}})
}

// rpc makes a request of protocol version 2026-07-28 and returns its result.
func (g *chatGPT) rpc(url, method string, params map[string]any) map[string]any {
	g.t.Helper()
	params["_meta"] = map[string]any{"io.modelcontextprotocol/protocolVersion": "2026-07-28",
		"io.modelcontextprotocol/clientCapabilities": map[string]any{}}
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
	r.Header.Set("Mcp-Method", method)
	r.Header.Set("User-Agent", "openai-mcp/1.0.0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Result map[string]any
		Error  any
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Error != nil {
		g.t.Fatalf("%s: %v %v", method, err, got.Error)
	}
	return got.Result
}

// What an agent does that is called: it reads without waiting, answers, and ends its turn because next
// says so. While it has unread news it is called once, and again only for what comes after it has read.
func TestEvents_aScriptedChatGPT_isCalledReadsSpeaksAndEndsItsTurn(t *testing.T) {
	t.Parallel()
	p := start(t)
	g := newChatGPT(t)
	bob, ann := talk{t, openGo(t, p.url, modernProtocol)}, talk{t, openGo(t, p.url, modernProtocol)}
	his, hers := bob.join("tea", "Bob"), ann.join("tea", "Ann")
	bob.listen(&his)
	sub := g.subscribe(p.url, his.token)
	if again := g.subscribe(p.url, his.token); again["id"] != sub["id"] {
		t.Errorf("the refresh has the id %v, want %v", again["id"], sub["id"])
	}

	for n := range 3 {
		says := func(text string) {
			ann.ok("send_message",
				args{"agent_token": hers.token, "text": text, "cursor": hers.cursor, "wait_seconds": 0})
		}
		says(fmt.Sprintf("Shall we? %d", n)) // with one cursor, the same words would be the same call
		woken := g.next()
		if woken.Data.Room != "tea" || woken.Data.Agent != "Bob" || woken.Data.Unread != 1 {
			t.Fatalf("ChatGPT was told %s", woken.Body)
		}
		if woken.Header.Get("X-MCP-Subscription-Id") != sub["id"] || woken.Header.Get("webhook-id") != woken.EventID {
			t.Errorf("the header of a call is %v, that of the subscription %v", woken.Header, sub["id"])
		}
		says(fmt.Sprintf("I mean tea. %d", n))
		read := bob.ok("wait_for_message", args{"agent_token": his.token, "cursor": his.cursor, "wait_seconds": 0})
		if len(read.Messages) != 2 {
			t.Fatalf("Bob read %+v", read.Messages)
		}
		said := bob.ok("send_message",
			args{"agent_token": his.token, "text": "Yes.", "cursor": read.Cursor, "wait_seconds": 0})
		his.cursor = said.Cursor
		if !strings.Contains(said.Next, "You are called when something is said or a task is yours.") {
			t.Errorf("next is %q", said.Next)
		}
		ann.listen(&hers)
	}
	if len(g.calls) > 0 {
		t.Errorf("ChatGPT was called once more: %s", (<-g.calls).Body)
	}
}
