package tools_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	protocol "github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// world is the tools over real rooms in a real table, served over HTTP.
type world struct {
	t     *testing.T
	url   string
	set   *tools.Set
	table *sqlite.Table
	log   *secretscan.Buffer

	instructions string
	compressed   []string // the tools whose results are compressed
	cursors      sync.Map // the last cursor of each agent, by token
}

// The two generations of the protocol.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// In these tests agents choose this word for everything. No sentence of the server and
// no log may contain it.
const chosen = "Mallory-says-send-me-your-token"

// patience bounds everything in these tests that should come soon.
const patience = time.Minute

func newWorld(t *testing.T) *world {
	t.Helper()
	tab := sqlitetest.Open(t, nil)
	w := serve(t, tab, chat.Options{SingleProcess: true, MinBatch: 1})
	w.table = tab
	return w
}

// serve is the tools over rooms in tab, until the test ends.
func serve(t *testing.T, tab table.Table, o chat.Options) *world {
	t.Helper()
	return serveCalling(t, tab, o, func(*chat.Service, *slog.Logger) *outbox.Dispatcher { return nil })
}

// serveCalling is serve of a server that calls addresses.
func serveCalling(t *testing.T, tab table.Table, o chat.Options,
	dispatcher func(*chat.Service, *slog.Logger) *outbox.Dispatcher) *world {
	t.Helper()
	w := &world{t: t, log: secretscan.NewBuffer(t)}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Logger = logger
	if kept, ok := tab.(*sqlite.Table); ok {
		o.Files = kept.Files()
	}
	rooms := chat.New(tab, o)
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}),
		tools.Options{ViewURI: tools.ViewURI,
			Address:     func(context.Context) string { return "https://parley.example/mcp" },
			LongestWait: o.LongestWait, Log: logger, Outbox: dispatcher(rooms, logger)})
	w.set = set
	for _, tool := range set.Tools() {
		if tool.Compress {
			w.compressed = append(w.compressed, tool.Name)
		}
	}
	site := httptest.NewServer(set.Handler())
	w.url, w.instructions = site.URL, set.Instructions(protocol.Client{})
	t.Cleanup(func() {
		rooms.Stop()
		site.Close()
		if strings.Contains(w.log.String(), chosen) {
			t.Errorf("the log holds what an agent chose:\n%s", w.log)
		}
	})
	return w
}

// peer is one connected client.
type peer struct {
	w   *world
	mcp *client.Client
}

func (w *world) connect(generation string, options ...transport.StreamableHTTPCOption) *peer {
	w.t.Helper()
	c, err := client.NewStreamableHttpClient(w.url, options...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() }) // the server may be gone
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = generation
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	welcome, err := c.Initialize(w.t.Context(), hello)
	if err != nil {
		w.t.Fatal(err)
	}
	if welcome.ProtocolVersion != generation || welcome.Instructions != w.instructions {
		w.t.Fatalf("protocol %s with instructions %q", welcome.ProtocolVersion, welcome.Instructions)
	}
	return &peer{w, c}
}

// args are the arguments of a call.
type args map[string]any

// takeCursor are the tools that take a cursor, as their lists of arguments show.
var takeCursor = []string{"send_message", "wait_for_message", "task", "share_file"}

// reply is a result, as far as these tests read it.
type reply struct {
	Status    string           `json:"status"`
	Token     string           `json:"agent_token"`
	Name      string           `json:"agent_name"`
	Room      results.Room     `json:"room"`
	Rooms     []results.Listed `json:"rooms"`
	NextPage  string           `json:"next_page"`
	Messages  []message        `json:"messages"`
	HasMore   bool             `json:"has_more"`
	Held      bool             `json:"held"`
	Earlier   int64            `json:"earlier"`
	Cursor    string           `json:"cursor"`
	Ticket    string           `json:"ticket"`
	Invite    string           `json:"invite"`
	Link      string           `json:"invite_link"`
	Watch     string           `json:"watch"`
	Drafts    []message        `json:"drafts"`
	Sent      bool             `json:"sent"`
	ID        string           `json:"id"`
	Duplicate bool             `json:"duplicate"`
	Agents    []results.Agent  `json:"agents"`
	Seated    int              `json:"seated"`
	Waiting   int              `json:"waiting"`
	Next      string           `json:"next"`
	Upload    results.Upload   `json:"upload"`
	Download  string           `json:"download"`

	Code    string `json:"code"` // of a refusal, else empty
	Message string `json:"message"`
	Retry   int64  `json:"retry_after_seconds"`

	text string
}

type message = results.Message

// ask makes one call, from any goroutine. The error says that there was no result, that its two forms differ, or that
// a sentence of the server has words of an agent.
func (p *peer) ask(tool string, arguments args) (reply, error) {
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	var request mcp.CallToolRequest
	token, _ := arguments["agent_token"].(string)
	request.Params.Name, request.Params.Arguments = tool, map[string]any(p.w.withCursor(tool, token, arguments))
	result, err := p.mcp.CallTool(ctx, request)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", tool, err)
	}
	text, ok := result.Content[0].(mcp.TextContent)
	if !ok || len(result.Content) != 1 {
		return reply{}, fmt.Errorf("%s: the content is %+v, not one text", tool, result.Content)
	}
	r := reply{text: text.Text}
	if err := json.Unmarshal(result.RawStructuredContent, &r); err != nil {
		return r, fmt.Errorf("%s: %w in %s", tool, err, result.RawStructuredContent)
	}
	switch {
	case result.IsError != (r.Code != ""):
		err = fmt.Errorf("%s: isError is %v with code %q", tool, result.IsError, r.Code)
	case result.IsError && !strings.HasPrefix(r.text, r.Code+": "+r.Message),
		!result.IsError && !sameJSON(r.text, result.RawStructuredContent):
		err = fmt.Errorf("%s: the text is %s, the structure %s", tool, r.text, result.RawStructuredContent)
	default:
		err = misplaced(result.RawStructuredContent, slices.Contains(p.w.compressed, tool))
	}
	if r.Cursor != "" {
		p.w.cursors.Store(cmp.Or(r.Token, token), r.Cursor)
	}
	if err == nil && r.Code != "" {
		err = checkListed(r.Message)
	}
	return r, err
}

// withCursor adds the agent's last cursor to a wait that says nothing of one.
func (w *world) withCursor(tool, token string, arguments args) args {
	last, known := w.cursors.Load(token)
	if _, says := arguments["cursor"]; says || !known || tool != "wait_for_message" {
		return arguments
	}
	arguments = maps.Clone(arguments)
	arguments["cursor"] = last
	return arguments
}

// upload uploads these bytes as the line of an upload does.
func (p *peer) upload(line string, content string) tools.Uploaded {
	_, code, _ := strings.Cut(line, tools.UploadPath)
	return p.w.set.Upload(p.w.t.Context(), strings.TrimSuffix(code, "'"), strings.NewReader(content))
}

// try is ask for the test's own goroutine.
func (p *peer) try(tool string, arguments args) reply {
	p.w.t.Helper()
	r, err := p.ask(tool, arguments)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return r
}

func sameJSON(text string, structured []byte) bool {
	var a, b any
	return json.Unmarshal([]byte(text), &a) == nil && json.Unmarshal(structured, &b) == nil && reflect.DeepEqual(a, b)
}

// call is try for a call that must not be refused.
func (p *peer) call(tool string, arguments args) reply {
	p.w.t.Helper()
	r := p.try(tool, arguments)
	if r.Code != "" {
		p.w.t.Fatalf("%s%v is refused: %s", tool, arguments, r.text)
	}
	return r
}

// awaitState returns when the agent of that name is seen in a state.
func (p *peer) awaitState(token, name, state string) {
	p.w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		for _, a := range p.call("room_info", args{"agent_token": token}).Room.Agents {
			if a.Name == name && a.State == state {
				return
			}
		}
	}
	p.w.t.Fatalf("%s was not %s in %v", name, state, patience)
}
