package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	mcpclient "github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// The generations of the protocol that clients speak.
const (
	modernProtocol = "2026-07-28"
	legacyProtocol = "2025-11-25"
)

// client is one MCP client, connected. Calls may be made from many goroutines
// at once.
type client interface {
	// call makes one tool call. A refusal of the tool is an answer; the error
	// is the client's own: it lost the server, or gave up as ctx ended.
	call(ctx context.Context, tool string, arguments args) (answer, error)
}

// args are the arguments of a tool call.
type args map[string]any

// kind is a make of client in one generation of the protocol.
type kind struct {
	name  string
	needs func(t *testing.T)                    // skips the test if a part is missing
	open  func(t *testing.T, url string) client // closed when the test ends
}

func goClient(protocol string) kind {
	return kind{"mcp-go " + protocol, func(*testing.T) {},
		func(t *testing.T, url string) client { return openGo(t, url, protocol) }}
}

// allKinds are the clients that a conversation is held with: those in Go, and in make
// test-clients the others, too.
func allKinds(t *testing.T) []kind {
	t.Helper()
	drivesClients(t)
	kinds := []kind{goClient(modernProtocol), goClient(legacyProtocol)}
	if os.Getenv(parts.ClientsEnv) == "" {
		return kinds
	}
	return append(kinds,
		nodeClient("modern", modernProtocol),
		nodeClient("legacy", legacyProtocol),
		nodeClient("sdk1", legacyProtocol),
		nodeClient("openai", modernProtocol),
		pythonClient("modern", modernProtocol),
		pythonClient("legacy", legacyProtocol),
	)
}

// inGo is the client of mcp-go, in this process.
type inGo struct{ mcp *mcpclient.Client }

func openGo(t *testing.T, url, protocol string, options ...transport.StreamableHTTPCOption) *inGo {
	t.Helper()
	c, err := mcpclient.NewStreamableHttpClient(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the program may be gone
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = protocol
	hello.Params.ClientInfo = mcp.Implementation{Name: "parley-e2e", Version: "1.0.0"}
	welcome, err := c.Initialize(ctx, hello)
	if err != nil {
		t.Fatal(err)
	}
	if welcome.ProtocolVersion != protocol {
		t.Fatalf("negotiated protocol %s, want %s", welcome.ProtocolVersion, protocol)
	}
	return &inGo{c}
}

func (c *inGo) call(ctx context.Context, tool string, arguments args) (answer, error) {
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = tool, map[string]any(arguments)
	result, err := c.mcp.CallTool(ctx, request)
	if err != nil {
		return answer{}, err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(text)
}

// answer is what tools answer with, as far as these tests look at it.
type answer struct {
	Status     string      `json:"status"`
	AgentToken string      `json:"agent_token"`
	Room       roomView    `json:"room"`
	Rooms      []listed    `json:"rooms"`
	Messages   []message   `json:"messages"`
	Cursor     string      `json:"cursor"`
	Invite     string      `json:"invite"`
	Watch      string      `json:"watch"`
	Next       string      `json:"next"`
	Sent       bool        `json:"sent"`
	ID         string      `json:"id"`
	Duplicate  bool        `json:"duplicate"`
	Ticket     string      `json:"ticket"`
	Partner    *partner    `json:"partner"`
	Requests   []request   `json:"requests"`
	Agreements []agreement `json:"agreements"`
	Upload     struct {
		Page string `json:"page"`
	} `json:"upload"`
	Download string `json:"download"` // a command with the address of a file
	HasMore  bool   `json:"has_more"`
	Code     string `json:"code"` // of a refusal; else empty
	By       string `json:"by"`   // who has the task that was refused
	Message  string `json:"message"`
	Retry    int    `json:"retry_after_seconds"`
}

type partner struct {
	Name string `json:"name"`
}

type request struct {
	ID     string   `json:"id"`
	From   string   `json:"from"`
	OwedBy []string `json:"owed_by"`
}

type agreement struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	By   string `json:"by"`
}

type roomView struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Type        string  `json:"type"`
	Capacity    int     `json:"capacity"`
	Agents      []agent `json:"agents"`
}

type agent struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	You    bool   `json:"you"`
	State  string `json:"state"`
	Unread *int   `json:"unread"`
}

type listed struct {
	Name              string `json:"name"`
	Agents            int    `json:"agents"`
	Capacity          int    `json:"capacity"`
	PasswordProtected bool   `json:"password_protected"`
}

type message struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	From     string   `json:"from"`
	Text     string   `json:"text"`
	Kind     string   `json:"kind"`
	To       []string `json:"to"`
	Ask      []string `json:"ask"`
	ReplyTo  string   `json:"reply_to"`
	Agreed   string   `json:"agreed"`
	Agent    string   `json:"agent"`
	Reason   string   `json:"reason"`
	Repeated bool     `json:"repeated"`
	File     *struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
	} `json:"file"`
}

// readAnswer reads a tool result, and refuses one whose text and structured
// content differ: some clients show the model only the one, some the other.
func readAnswer(result []byte) (answer, error) {
	var r struct {
		Content []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
		IsError    bool            `json:"isError"`
	}
	var a answer
	if err := json.Unmarshal(result, &r); err != nil {
		return a, err
	}
	if len(r.Content) != 1 || r.Content[0].Type != "text" || len(r.Structured) == 0 {
		return a, fmt.Errorf("want one text and structured content, have %s", result)
	}
	if err := json.Unmarshal(r.Structured, &a); err != nil {
		return a, fmt.Errorf("%w in %s", err, r.Structured)
	}
	text := r.Content[0].Text
	switch {
	case r.IsError != (a.Code != ""):
		return a, fmt.Errorf("isError and the code contradict each other in %s", result)
	case r.IsError && !strings.HasPrefix(text, a.Code+": "+a.Message):
		return a, fmt.Errorf("the text %q is not that of %s", text, r.Structured)
	case !r.IsError && !sameJSON(text, r.Structured):
		return a, fmt.Errorf("the text %s differs from the structured content %s", text, r.Structured)
	}
	return a, nil
}

func sameJSON(text string, structured []byte) bool {
	var a, b any
	return json.Unmarshal([]byte(text), &a) == nil && json.Unmarshal(structured, &b) == nil && reflect.DeepEqual(a, b)
}
