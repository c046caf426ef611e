package mcp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// patience is how long a test waits for an event that must happen.
const patience = time.Minute

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// wire is a real HTTP server with nothing in front of Serve but Parse, and with
// three tools: block waits until it is released or its client leaves, fail panics,
// and break returns an error.
type wire struct {
	t       *testing.T
	url     string
	log     *secretscan.Buffer
	entered chan string // an element for each call of block: its argument "me"
	release chan string // ends one call of block, which answers with the element
	left    chan string // an element for each call of block that was cut off
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{t: t, log: secretscan.NewBuffer(t), entered: make(chan string, 16), release: make(chan string),
		left: make(chan string, 16)}
	s := NewServer(Options{
		Version: "1.2.3", Instructions: func(Client) string { return "Some instructions." },
		Log: slog.New(slog.NewJSONHandler(w.log, nil)),
		Tools: []Tool{
			{Name: "block", Call: w.block},
			{Name: "fail", Call: func(context.Context, json.RawMessage, *Record) (any, error) { panic("a secret") }},
			{Name: "break", Call: func(context.Context, json.RawMessage, *Record) (any, error) {
				return nil, errors.New("the reason")
			}},
		},
	})
	w.serve(handler(s))
	return w
}

// serve serves h until the test ends.
func (w *wire) serve(h http.Handler) {
	ts := httptest.NewServer(h)
	w.t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	w.url = ts.URL
}

// handler serves s, and answers a refusal of Parse with the refusal.
func handler(s *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has left
		}
		m, refused := Parse(body)
		if refused != nil {
			http.Error(w, refused.Message, http.StatusBadRequest)
			return
		}
		s.Serve(w, r, m)
	})
}

func (w *wire) block(ctx context.Context, arguments json.RawMessage, _ *Record) (any, error) {
	var in struct{ Me string }
	_ = json.Unmarshal(arguments, &in) // without a name, the name is ""
	w.entered <- in.Me
	select {
	case by := <-w.release:
		return in.Me + " by " + by, nil
	case <-ctx.Done():
		w.left <- in.Me
		return nil, ctx.Err()
	}
}

const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// post sends a JSON-RPC message in the given generation; params is a JSON object. name is the value of the header for
// the name in a modern request.
func (w *wire) post(version, id, method, name, params string) (int, reply) {
	w.t.Helper()
	resp, err := w.try(w.t.Context(), version, id, method, name, params)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.status, resp
}

func (w *wire) try(ctx context.Context, version, id, method, name, params string) (reply, error) {
	if version == modern {
		meta := `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
		if inner := strings.TrimPrefix(params, "{"); inner != "}" {
			meta += ","
		}
		params = meta + strings.TrimPrefix(params, "{")
	}
	if id != "" {
		id = `"id":` + id + `,`
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0",%s"method":%q,"params":%s}`, id, method, params)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", version)
	r.Header.Set("Mcp-Session-Id", "somebody's")
	if version == modern {
		r.Header.Set("Mcp-Method", method)
		r.Header.Set("Mcp-Name", name)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	out := reply{status: resp.StatusCode, header: resp.Header, body: string(text)}
	if len(text) > 0 {
		err = json.Unmarshal(text, &out)
	}
	return out, err
}

// reply is the part of an answer that tests read.
type reply struct {
	status int
	header http.Header
	body   string
	ID     json.RawMessage
	Result struct {
		IsError           bool
		Content           []struct{ Text string }
		StructuredContent json.RawMessage
		ProtocolVersion   string
		Instructions      string
		Capabilities      map[string]map[string]any
		TTLMs             int64
		CacheScope        string
	}
	Error struct{ Code int }
}

func (r reply) text() string {
	if len(r.Result.Content) == 0 {
		return ""
	}
	return r.Result.Content[0].Text
}

// failure is the structured content of a call that failed.
func (r reply) failure(t *testing.T) results.Failure {
	t.Helper()
	var f results.Failure
	if err := json.Unmarshal(r.Result.StructuredContent, &f); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return f
}

// call begins a call of block in the background and returns when it is under way.
func (w *wire) call(version, id, me string) <-chan reply {
	w.t.Helper()
	answer := make(chan reply, 1)
	go func() {
		r, err := w.try(w.t.Context(), version, id, "tools/call", "block",
			`{"name":"block","arguments":{"me":"`+me+`"}}`)
		if err == nil {
			answer <- r
		}
	}()
	if got := await(w.t, w.entered); got != me {
		w.t.Fatalf("%s is under way, want %s", got, me)
	}
	return answer
}

// free lets one call of block end.
func (w *wire) free() {
	w.t.Helper()
	select {
	case w.release <- "me":
	case <-time.After(patience):
		w.t.Fatal("no call is under way")
	}
}

// await returns the next element of c, and fails if no element comes soon.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

func TestServer_cancelFromAnotherClient_isIgnored(t *testing.T) {
	for _, mine := range []string{legacy, modern} {
		for _, theirs := range []string{legacy, modern} {
			t.Run(mine+" "+theirs, func(t *testing.T) {
				w := newWire(t)
				number, text := w.call(mine, "5", "number"), w.call(mine, `"a"`, "text")
				for _, id := range []string{"5", `"5"`, `"a"`, "null", `"number"`} {
					w.post(theirs, "", "notifications/cancelled", "", `{"requestId":`+id+`,"reason":"none"}`)
				}
				for range 2 {
					w.free()
				}
				if r := await(t, number); r.text() != `"number by me"` {
					t.Error(r.body)
				}
				if r := await(t, text); r.text() != `"text by me"` {
					t.Error(r.body)
				}
			})
		}
	}
}

func TestServer_twoRequestsWithOneID_eachGetsItsOwnAnswer(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		t.Run(version, func(t *testing.T) {
			w := newWire(t)
			one, two := w.call(version, "5", "one"), w.call(version, "5", "two")
			for range 2 {
				w.free()
			}
			if r := await(t, one); r.text() != `"one by me"` || string(r.ID) != "5" {
				t.Error(r.body)
			}
			if r := await(t, two); r.text() != `"two by me"` || string(r.ID) != "5" {
				t.Error(r.body)
			}
		})
	}
}

func TestServer_clientLeaves_itsTwinWithTheSameIDStays(t *testing.T) {
	w := newWire(t)
	stays := w.call(legacy, "5", "stays")
	ctx, leave := context.WithCancel(t.Context())
	go w.try(ctx, legacy, "5", "tools/call", "block", `{"name":"block","arguments":{"me":"leaves"}}`)
	await(t, w.entered)
	leave()
	if who := await(t, w.left); who != "leaves" {
		t.Errorf("%s was cut off", who)
	}
	w.free()
	if r := await(t, stays); r.text() != `"stays by me"` {
		t.Error(r.body)
	}
}

func TestServer_initialize_agreesOnAVersionAndKeepsNoSession(t *testing.T) {
	w := newWire(t)
	for asked, want := range map[string]string{"2025-06-18": "2025-06-18", "2025-11-25": "2025-11-25",
		"2026-07-28": "2025-11-25", "2099-01-01": "2025-11-25"} {
		status, r := w.post(legacy, "1", "initialize", "",
			`{"protocolVersion":"`+asked+`","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`)
		if status != 200 || r.Result.ProtocolVersion != want || r.Result.Instructions != "Some instructions." ||
			r.header.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s: %d %v %s", asked, status, r.header, r.body)
		}
	}
}

// Clients show both to people. Other results do not carry the picture along.
func TestServer_introducesItself_withWebsiteAndIconOnce(t *testing.T) {
	w := newWire(t)
	_, initialized := w.post(legacy, "1", "initialize", "",
		`{"protocolVersion":"`+legacy+`","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`)
	_, discovered := w.post(modern, "1", "server/discover", "", `{}`)
	for what, body := range map[string]string{"initialize": initialized.body, "discover": discovered.body} {
		var r struct {
			Result struct {
				ServerInfo library.Implementation
				Meta       struct {
					ServerInfo library.Implementation `json:"io.modelcontextprotocol/serverInfo"`
				} `json:"_meta"`
			}
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		who := r.Result.ServerInfo
		if who.Name == "" {
			who = r.Result.Meta.ServerInfo
		}
		if who.Name != serverName || !strings.HasPrefix(who.WebsiteURL, "https://") || len(who.Icons) != 1 {
			t.Fatalf("%s: %s", what, body)
		}
		encoded, _ := strings.CutPrefix(who.Icons[0].Src, "data:image/png;base64,")
		picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
		if err != nil || !slices.Contains(who.Icons[0].Sizes, fmt.Sprintf("%dx%d",
			picture.Bounds().Dx(), picture.Bounds().Dy())) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, list := w.post(modern, "1", "tools/list", "", `{}`); strings.Contains(list.body, "icons") {
		t.Errorf("the list of tools has the icon: %s", list.body)
	}
}

func TestServer_discover_namesToolsOnly(t *testing.T) {
	w := newWire(t)
	status, r := w.post(modern, "1", "server/discover", "", `{}`)
	if _, tools := r.Result.Capabilities["tools"]; status != 200 || !tools || len(r.Result.Capabilities) != 1 ||
		len(r.Result.Capabilities["tools"]) != 0 {
		t.Errorf("%d %s", status, r.body)
	}
	if r.Result.CacheScope != "private" || r.Result.TTLMs != listsFresh.Milliseconds() {
		t.Errorf("it may be kept %d ms, %s", r.Result.TTLMs, r.Result.CacheScope)
	}
}

func TestServer_listen_isOverAtOnce(t *testing.T) {
	w := newWire(t)
	status, r := w.post(modern, "1", "subscriptions/listen", "",
		`{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["a://b"]}}`)
	if status != 200 || string(r.ID) != "1" {
		t.Errorf("%d %s", status, r.body)
	}
}

func TestServer_whatKeepsStateOrHoldsRequests_doesNotExist(t *testing.T) {
	w := newWire(t)
	for method, params := range map[string]string{
		"tasks/list":           `{}`,
		"tasks/get":            `{"taskId":"1"}`,
		"tasks/result":         `{"taskId":"1"}`,
		"tasks/cancel":         `{"taskId":"1"}`,
		"logging/setLevel":     `{"level":"debug"}`,
		"resources/list":       `{}`,
		"resources/subscribe":  `{"uri":"a://b"}`,
		"prompts/list":         `{}`,
		"completion/complete":  `{"ref":{"type":"ref/prompt","name":"a"},"argument":{"name":"a","value":"b"}}`,
		"subscriptions/listen": `{"notifications":{"toolsListChanged":true}}`,
		"events/list":          `{}`,
	} {
		if status, r := w.post(legacy, "1", method, "", params); status != 200 ||
			r.Error.Code != library.METHOD_NOT_FOUND {
			t.Errorf("%s: %d %s", method, status, r.body)
		}
	}
}

func TestServer_callAsATask_isAnOrdinaryCall(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		w := newWire(t)
		if _, r := w.post(version, "1", "tools/call", "break",
			`{"name":"break","arguments":{},"task":{"ttl":60000}}`); !r.Result.IsError ||
			!strings.HasPrefix(r.text(), "internal: ") {
			t.Error(r.body)
		}
	}
}

func TestServer_toolPanicsOrBreaks_clientGetsAnIDAndTheLogTheRest(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		for tool, logged := range map[string]string{"fail": "server_test.go", "break": "the reason"} {
			t.Run(version+" "+tool, func(t *testing.T) {
				w := newWire(t)
				status, r := w.post(version, "1", "tools/call", tool, `{"name":"`+tool+`","arguments":{}}`)
				s := r.failure(t)
				if status != 200 || !r.Result.IsError || s.Code != "internal" || s.ID == "" ||
					r.text() != "internal: "+s.Message || !strings.Contains(s.Message, s.ID) {
					t.Errorf("%d %s", status, r.body)
				}
				if log := w.log.String(); !strings.Contains(log, s.ID) || !strings.Contains(log, logged) ||
					strings.Contains(log, "a secret") {
					t.Errorf("the log has %s", log)
				}
				if strings.Contains(r.body, "a secret") || strings.Contains(r.body, "the reason") {
					t.Errorf("the client sees %s", r.body)
				}
			})
		}
	}
}

func TestServer_clientLeaves_isNotLoggedAsAFailure(t *testing.T) {
	w := newWire(t)
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := w.try(ctx, legacy, "5", "tools/call", "block", `{"name":"block","arguments":{"me":"leaves"}}`)
		done <- err
	}()
	await(t, w.entered)
	leave()
	await(t, w.left)
	await(t, done)
	if log := w.log.String(); log != "" {
		t.Error(log)
	}
}

// recorder is a stream for calls of tools.
type recorder struct {
	sent  []string
	beats func() []byte
}

func (r *recorder) Send(message []byte)       { r.sent = append(r.sent, string(message)) }
func (r *recorder) OnBeat(next func() []byte) { r.beats = next }

// within returns a handler whose requests have the stream r.
func (r *recorder) within(s *Server) http.Handler {
	h := handler(s)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		h.ServeHTTP(w, q.WithContext(WithStream(q.Context(), r)))
	})
}

func TestStream_listen_isAcknowledgedFirstWithNothing(t *testing.T) {
	r := &recorder{}
	w := &wire{t: t}
	w.serve(r.within(NewServer(Options{Log: quiet})))
	w.post(modern, `"me"`, "subscriptions/listen", "",
		`{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["a://b"]}}`)
	want := `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"me"},"notifications":{}}}`
	if len(r.sent) != 1 || r.sent[0] != want {
		t.Errorf("sent %q", r.sent)
	}
}

// quick is a tool that answers at once with its client.
var quick = Tool{Name: "quick", Call: func(ctx context.Context, _ json.RawMessage, _ *Record) (any, error) {
	return ClientFrom(ctx), nil
}}

func TestStream_progressTokens(t *testing.T) {
	for token, want := range map[string]string{
		``:          "",
		`"a \"b\""`: `"a \"b\""`,
		`5`:         `5`,
		`0`:         `0`,
		`""`:        `""`,
		`null`:      "",
		`{"a":1}`:   "",
		`[1]`:       "",
		`true`:      "",
	} {
		r := &recorder{}
		w := &wire{t: t}
		w.serve(r.within(NewServer(Options{Tools: []Tool{quick}, Log: quiet})))
		meta := ""
		if token != "" {
			meta = `,"_meta":{"progressToken":` + token + `}`
		}
		_, answer := w.post(legacy, "1", "tools/call", "quick", `{"name":"quick"`+meta+`}`)
		if seen := fmt.Sprintf(`"Agent":"Go-http-client/1.1","Progress":%v`, want != ""); !strings.Contains(answer.body,
			seen) {
			t.Errorf("token %s: the tool sees %s, want %s", token, answer.body, seen)
		}
		if want == "" {
			if r.beats != nil {
				t.Errorf("token %s: beats %s", token, r.beats())
			}
			continue
		}
		for n := 1; n <= 2; n++ {
			message := fmt.Sprintf(
				`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d,"message":"waiting"}}`, want, n)
			if got := string(r.beats()); got != message {
				t.Errorf("token %s: beat %s", token, got)
			}
		}
	}
}

func TestServer_libraryClients_talkInBothGenerations(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		t.Run(version, func(t *testing.T) {
			w := newWire(t)
			c, err := client.NewStreamableHttpClient(w.url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			hello := library.InitializeRequest{}
			hello.Params.ProtocolVersion = version
			hello.Params.ClientInfo = library.Implementation{Name: "test", Version: "1"}
			if _, err := c.Initialize(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			if list, err := c.ListTools(t.Context(), library.ListToolsRequest{}); err != nil || len(list.Tools) != 3 {
				t.Errorf("%v %v", list, err)
			}
			call := library.CallToolRequest{}
			call.Params.Name, call.Params.Arguments = "block", map[string]any{"me": "I"}
			answer := make(chan *library.CallToolResult, 1)
			go func() {
				if result, err := c.CallTool(t.Context(), call); err == nil {
					answer <- result
				}
			}()
			await(t, w.entered)
			w.free()
			if text, ok := await(t, answer).Content[0].(library.TextContent); !ok || text.Text != `"I by me"` {
				t.Errorf("%+v", text)
			}
		})
	}
}
