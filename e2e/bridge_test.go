package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// inFolder makes a new folder the one in which programs of the test keep their state.
func inFolder(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
}

// bridged starts a bridge to the program, behind a client that is connected.
func bridged(t *testing.T, p *program, env ...string) (*stdio, talk) {
	t.Helper()
	s := startStdio(t, bridgeTo(p.url), env...)
	s.hello("parley-e2e", "1.0.0")
	return s, talk{t, s}
}

// awaitOpenWaits returns when the program, which must serve metrics, holds that many calls.
func (p *program) awaitOpenWaits(n int) {
	p.t.Helper()
	line := fmt.Sprintf("\nparley_open_waits %d\n", n)
	await(p.t, strings.TrimSpace(line), func() bool { return strings.Contains(p.metrics(), line) })
}

// By day an SDK of two generations talks in the modern one: TestBridge_everyKindOfMessage_passesUnchanged says that the
// bridge changes nothing of either.
func TestBridge_everyClient_isHeardAndAnswered(t *testing.T) {
	parts.Node.In(t)
	inFolder(t)
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	command, err := json.Marshal(bridgeTo(p.url))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range allKinds(t) {
		if strings.HasPrefix(k.name, "mcp-go") || strings.HasSuffix(k.name, " legacy") && !dynamolocal.Doubles() {
			continue // mcp-go opens an address
		}
		t.Run(k.name, func(t *testing.T) {
			c := talk{t, k.open(t, string(command))}
			c.inFull()
			alice, bob := c.giveUpWaiting(roomOf(t) + " again")
			p.awaitOpenWaits(0)
			c.hearsNext(alice, bob)
		})
	}
}

func TestBridge_longWait_showsProgressWhileOtherCallsGoOn(t *testing.T) {
	inFolder(t)
	p := start(t, "--keep-alive", "100ms")
	s, c := bridged(t, p)
	alice, bob := c.meet(roomOf(t))
	heard := c.waiting(bob)
	for beat := 1; beat <= 3; beat++ {
		var progress struct {
			Token    string `json:"progressToken"`
			Progress int    `json:"progress"`
		}
		for progress.Token != "wait_for_message" { // on a busy machine other calls have beats, too
			if l := <-s.progress; l.Method != "notifications/progress" || json.Unmarshal(l.Params, &progress) != nil ||
				strings.Contains(string(l.Params), "_meta") {
				t.Fatalf("the client was told %s %s, want beat %d of the wait", l.Method, l.Params, beat)
			}
		}
		if progress.Progress != beat {
			t.Fatalf("the client was told beat %d of the wait, want %d", progress.Progress, beat)
		}
		c.ok("room_info", args{"agent_token": alice.token})
	}
	c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	if a := <-heard; len(a.Messages) != 1 || a.Messages[0].Text != opening {
		t.Errorf("Bob heard %+v", a)
	}
}

func TestBridge_cancelledCall_endsAloneAndUnanswered(t *testing.T) {
	inFolder(t)
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	s, c := bridged(t, p)
	alice, bob := c.meet(roomOf(t))
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := s.call(ctx, "wait_for_message", waitArgs(bob, 50))
		gone <- err
	}()
	other := c.waiting(alice)
	p.awaitOpenWaits(2)
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	p.awaitOpenWaits(1)
	c.ok("send_message", args{"agent_token": bob.token, "text": opening})
	if a := <-other; len(a.Messages) != 1 {
		t.Errorf("Alice's own wait was answered %+v", a)
	}
	if len(s.strays) > 0 {
		t.Errorf("the bridge wrote %q, which nobody waits for", s.strays)
	}
}

// A bridge outlives the server. Calls are answered meanwhile, and what a client asks at
// its start waits for the server to come back.
func TestBridge_serverKilledAndStarted_callsGoOn(t *testing.T) {
	inFolder(t)
	p := start(t)
	_, c := bridged(t, p)
	alice, bob := c.meet(roomOf(t))
	cut := c.waiting(bob)
	c.awaitWaiting(alice.token, "Bob")
	p.kill()
	if a := <-cut; a.Code != "unavailable" || !strings.HasPrefix(a.Next, "Repeat the call word for word") ||
		a.Retry == 0 {
		t.Errorf("the wait that was cut off was answered %+v", a)
	}
	say := args{"agent_token": alice.token, "text": opening}
	down := c.refused("unavailable", "send_message", say)
	for range 4 { // a connection of which the bridge has not heard yet that it broke leaves it in doubt
		if !strings.Contains(down.Message, "may have been done") {
			break
		}
		down = c.refused("unavailable", "send_message", say)
	}
	if !strings.Contains(down.Message, "Nothing was done.") || !strings.Contains(down.Next, "parley doctor") {
		t.Errorf("with the server down a call was answered %+v", down)
	}
	late := startStdio(t, bridgeTo(p.url))
	_, welcome := late.begin("initialize", map[string]any{
		"protocolVersion": legacyProtocol, "capabilities": map[string]any{},
		"clientInfo": map[string]any{"name": "late", "version": "1"},
	})
	await(t, "the bridge notes that the server is away",
		func() bool { return strings.Contains(late.notes.String(), "does not answer") })
	p.again()
	if l, ok := <-welcome; !ok || l.Error != nil || !strings.Contains(string(l.Result), legacyProtocol) {
		t.Errorf("once the server was back, initialize was answered %+v", l)
	}
	c.hearsNext(alice, bob)
}

func TestBridge_oddLines_areAnsweredAndTheNextOneToo(t *testing.T) {
	inFolder(t)
	s, c := bridged(t, start(t))
	alice := c.join(roomOf(t), "Alice")
	for _, line := range []string{"garbage", "{", "[]", `{"id":5}`, `{"jsonrpc":"2.0","id":{},"method":"ping"}`,
		`{"jsonrpc":"2.0","id":5,"method":6}`, "\xff\x00", "", strings.Repeat("x", 5<<20)} {
		s.write([]byte(line))
	}
	const refusable = 8 // all but the blank one
	await(t, "every odd line is refused", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.strays) == refusable
	})
	for _, line := range s.strays {
		if !strings.Contains(line, `"code":-32600`) {
			t.Errorf("the bridge wrote %s", line)
		}
	}
	_, err := s.ask(t.Context(), "tools/call",
		callOf("send_message", args{"agent_token": alice.token, "text": strings.Repeat("x", 300<<10)}))
	var refused *rpcError
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, "The body is over") {
		t.Errorf("300 KB were answered %v, want the server's own refusal", err)
	}
	long := strings.Repeat("é<", 10<<10)
	c.ok("send_message", args{"agent_token": alice.token, "text": long})
	if got := c.ok("message_history", args{"agent_token": alice.token}); !strings.HasPrefix(long,
		got.Messages[len(got.Messages)-1].Text) {
		t.Errorf("a long text came out as %+v", got)
	}
}

func TestBridge_inputOrProcessEnds_withinASecondAndTheWaitWithIt(t *testing.T) {
	inFolder(t)
	p := start(t, "--metrics-addr", "127.0.0.1:0")
	for name, end := range map[string]func(*stdio){"input": (*stdio).closeInput, "signal": (*stdio).terminate} {
		t.Run(name, func(t *testing.T) {
			s, c := bridged(t, p)
			s.begin("tools/call", callOf("wait_for_message", waitArgs(c.join(roomOf(t), "Bob"), 50)))
			p.awaitOpenWaits(1)
			const most = time.Second + 500*time.Millisecond // of which the test may take some
			if took := s.ended(func() { end(s) }); took > most {
				t.Errorf("the bridge took %v to end", took)
			}
			p.awaitOpenWaits(0)
		})
	}
}

// The server advises waits that the client behind the bridge stands.
func TestBridge_clientBehindIt_isKnownToTheServer(t *testing.T) {
	inFolder(t)
	p := start(t)
	for _, c := range []struct{ name, version, env, wait string }{
		{"codex-mcp-client", "0.171.0", "", "wait_seconds 280"},
		{"claude-code", "2.1.332", "CLAUDE_CODE_ENTRYPOINT=cli", "wait_seconds 43200"},
		{"claude-code", "2.1.332", "CLAUDE_CODE_ENTRYPOINT=sdk-cli", "wait_seconds 50"},
		{"Some Client (beta)\r\n", "1 2", "", "wait_seconds 50"},
	} {
		s := startStdio(t, bridgeTo(p.url), "CLAUDE_CODE_ENTRYPOINT=", c.env)
		s.hello(c.name, c.version)
		joined := talk{t, s}.ok("create_room", args{"agent_name": "Ann"})
		if !strings.Contains(joined.Next, c.wait) {
			t.Errorf("%q %s is told %q, want %s", c.name, c.env, joined.Next, c.wait)
		}
	}
}

// What the server says through the bridge is what it says over HTTP, in both generations
// of the protocol.
func TestBridge_everyKindOfMessage_passesUnchanged(t *testing.T) {
	inFolder(t)
	p := start(t)
	s := startStdio(t, bridgeTo(p.url))
	modern := map[string]any{
		"io.modelcontextprotocol/protocolVersion":    modernProtocol,
		"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "é", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": map[string]any{},
		"parley.example/unknown":                     []any{1, "<two>"},
	}
	hello := map[string]any{"protocolVersion": legacyProtocol, "capabilities": map[string]any{},
		"clientInfo": map[string]any{"name": "é", "version": "1"}}
	for _, m := range []struct {
		method string
		params map[string]any
	}{
		{"server/discover", map[string]any{"_meta": modern}},
		{"tools/list", map[string]any{"_meta": modern}},
		{"tools/call", map[string]any{"_meta": modern, "name": "list_rooms", "arguments": map[string]any{}}},
		{"tools/call", map[string]any{"_meta": modern, "name": "list_rooms", "arguments": map[string]any{"odd": 1}}},
		{"prompts/get", map[string]any{"_meta": modern, "name": "join_conversation",
			"arguments": map[string]any{"room": "日本語"}}},
		{"resources/read", map[string]any{"_meta": modern, "uri": "file:///é"}},
		{"resources/read", map[string]any{"_meta": modern, "uri": "ui://parley/room-é"}},
		{"resources/list", map[string]any{}},
		{"initialize", hello},
		{"tools/list", map[string]any{}},
		{"tools/call", map[string]any{"name": "nothing", "arguments": map[string]any{}}},
		{"ping", nil},
		{"odd/method", map[string]any{"a": []any{}}},
	} {
		id, answered := s.begin(m.method, m.params)
		got, want := <-answered, overHTTP(t, p, id, m.method, m.params)
		if !reflect.DeepEqual(got.Error, want.Error) || got.Error == nil && !sameJSON(string(got.Result), want.Result) {
			t.Errorf("%s was answered\n%s %v, over HTTP\n%s %v", m.method, got.Result, got.Error, want.Result,
				want.Error)
		}
	}
}

// overHTTP makes the request without a bridge, with the headers that the specification
// wants.
func overHTTP(t *testing.T, p *program, id int, method string, params map[string]any) rpcLine {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if _, modern := params["_meta"]; modern {
		req.Header.Set("MCP-Protocol-Version", modernProtocol)
		req.Header.Set("Mcp-Method", method)
		for _, name := range []string{"name", "uri"} {
			if v, ok := params[name].(string); ok {
				req.Header.Set("Mcp-Name", v)
				if strings.Contains(v, "é") {
					req.Header.Set("Mcp-Name", "=?base64?"+base64.StdEncoding.EncodeToString([]byte(v))+"?=")
				}
			}
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var l rpcLine
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return l
}

// Codex and others end a call after 300 s. The bridge itself has no such limit.
func TestSoak_waitByTheBridge_lastsBeyond300Seconds(t *testing.T) {
	soak(t)
	t.Parallel()
	s := startStdio(t, bridgeTo(start(t).url), "XDG_STATE_HOME="+t.TempDir())
	s.hello("claude-code", "2.1.332") // which stands such a wait
	c := talk{t, s}
	alice := c.join(roomOf(t), "Alice")
	begun := time.Now()
	a, err := c.c.call(t.Context(), "wait_for_message",
		args{"agent_token": alice.token, "cursor": alice.cursor, "wait_seconds": 310})
	if took := time.Since(begun); err != nil || a.Status != "quiet" || took < 310*time.Second {
		t.Errorf("after %v the wait was answered %+v, %v", took, a, err)
	}
}
