package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// marker is part of everything that a client chooses in these tests. It may stand
// in a name of a room as well as in a text.
const marker = "Quixotry"

// schema is what a tool takes, as far as these tests look at it.
type schema struct {
	Properties map[string]struct {
		Type string   `json:"type"`
		Enum []string `json:"enum"`
	} `json:"properties"`
}

// tools returns what each tool takes.
func (c *inGo) tools(t *testing.T) map[string]schema {
	t.Helper()
	listed, err := c.mcp.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	tools := map[string]schema{}
	for _, tool := range listed.Tools {
		text, err := json.Marshal(tool)
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			InputSchema schema `json:"inputSchema"`
		}
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		tools[tool.Name] = s.InputSchema
	}
	return tools
}

// marked are arguments for a tool, with a marker wherever a text is free. Numbers
// are left out, but for those that would make the call long.
func (s schema) marked(tool string) args {
	a := args{}
	for name, property := range s.Properties {
		switch {
		case name == "wait_seconds":
			a[name] = 0
		case len(property.Enum) > 0:
			a[name] = property.Enum[0]
		case property.Type == "string":
			a[name] = fmt.Sprintf("%s %s %s", marker, strings.ReplaceAll(tool, "_", " "),
				strings.ReplaceAll(name, "_", " "))
		case property.Type == "array":
			a[name] = []string{marker + " " + name}
		}
	}
	return a
}

// markedCalls calls every tool in the ways that lead deepest: with all its
// arguments, without each of them, with another one, and with a good token.
func (c talk) markedCalls(tools map[string]schema, token string) {
	c.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		if name == "leave_room" {
			continue // last, with a token of its own
		}
		all := tools[name].marked(name)
		c.tool(name, all)
		for without := range all {
			if without == "wait_seconds" {
				continue // the call would wait
			}
			some := maps.Clone(all)
			delete(some, without)
			c.tool(name, some)
		}
		c.tool(name, args{marker + "-argument": marker})
		if _, takes := all["agent_token"]; takes {
			all["agent_token"] = token
			c.tool(name, all)
			c.tool(name, args{"agent_token": token, "wait_seconds": all["wait_seconds"]})
			delete(all, "cursor") // which would hold a message back
			c.tool(name, all)
		}
	}
	c.tool("leave_room", args{"agent_token": marker})
}

// beyondTools asks for what there is beside tools, and for what is not there.
func (c *inGo) beyondTools(t *testing.T, token string) {
	t.Helper()
	for _, uri := range []string{"parley://seats/" + token, "parley://rooms/" + marker, "parley://" + marker,
		marker + "://" + token} {
		var read mcp.ReadResourceRequest
		read.Params.URI = uri
		_, _ = c.mcp.ReadResource(t.Context(), read) // most are refused
	}
	prompts, err := c.mcp.ListPrompts(t.Context(), mcp.ListPromptsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, prompt := range append(prompts.Prompts, mcp.Prompt{Name: marker}) {
		var get mcp.GetPromptRequest
		get.Params.Name, get.Params.Arguments = prompt.Name, map[string]string{marker: token}
		for _, a := range prompt.Arguments {
			get.Params.Arguments[a.Name] = marker
		}
		_, _ = c.mcp.GetPrompt(t.Context(), get) // the last is refused
	}
}

// strayRequests are those that hold something secret where it does not belong.
func strayRequests(t *testing.T, p *program, token string) {
	t.Helper()
	base := strings.TrimSuffix(p.url, "/mcp")
	for _, c := range []struct{ method, path, header, value string }{
		{"GET", "/v1/wait?token=" + token, "X-Forwarded-For", marker},
		{"GET", "/v1/wait?wait_seconds=0&cursor=" + marker, "Authorization", "Bearer " + token},
		{"GET", "/v1/wait?wait_seconds=0", "Authorization", "Bearer " + marker},
		{"GET", "/" + marker + "/" + token, "User-Agent", marker},
		{"POST", "/mcp?token=" + token, "Content-Type", "application/" + marker},
		{marker, "/mcp", "Mcp-Session-Id", token},
		{"GET", "/", "Origin", "https://" + marker + ".example"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, base+c.path, strings.NewReader(`{"`+marker+`":`))
		if err != nil {
			t.Fatal(err)
		}
		if c.method == "GET" {
			r.Body, r.ContentLength = nil, 0
		}
		r.Header.Set(c.header, c.value)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

func TestLogAndMetrics_everyToolWithMarkedArguments_holdNothingThatAClientChose(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			p := start(t, "--log-level", "debug", "--log-format", format, "--metrics-addr", "127.0.0.1:0")
			client := openGo(t, p.url, modernProtocol)
			c, tools := talk{t, client}, client.tools(t)
			room, pass := marker+" room", marker+"-password"
			ann := c.ok("create_room", args{"room": room, "agent_name": marker + " Ann", "password": pass,
				"public": true, "capacity": 5, "description": marker})
			bob := c.ok("join_room", args{"room": room + ":" + pass, "agent_name": marker + " Bob"})
			c.refused("wrong_password", "join_room", args{"room": room, "agent_name": "Eve", "password": marker})
			c.markedCalls(tools, ann.AgentToken)
			client.beyondTools(t, bob.AgentToken)
			strayRequests(t, p, bob.AgentToken)
			his := seat{bob.AgentToken, bob.Cursor}
			c.reads(&his)
			c.giveUp(his, ann.AgentToken, marker+" Bob")
			c.ok("leave_room", args{"agent_token": bob.AgentToken})
			figures := p.metrics()
			p.terminate()
			log := p.out.String()
			for tool := range tools {
				if !strings.Contains(log, tool) || !strings.Contains(figures, `tool="`+tool+`"`) {
					t.Errorf("the log or the metrics do not tell of %s", tool)
				}
			}
			holdsNone(t, "log and metrics", log+figures, marker, ann.AgentToken, bob.AgentToken, ann.AgentToken[7:],
				bob.AgentToken[7:])
		})
	}
}

// metrics returns what Prometheus would read.
func (p *program) metrics() string {
	p.t.Helper()
	url := regexp.MustCompile(`http://\S+/metrics`).FindString(p.out.String())
	resp, err := http.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %v", url, resp.StatusCode, err)
	}
	return string(text)
}

// giveUp begins a wait of an agent of that name, and goes when another sees it.
func (c talk) giveUp(s seat, others, name string) {
	c.t.Helper()
	ctx, leave := context.WithCancel(c.t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := c.c.call(ctx, "wait_for_message", waitArgs(s, 50))
		gone <- err
	}()
	c.awaitWaiting(others, name)
	leave()
	if err := <-gone; err == nil {
		c.t.Error("a call that was given up had an answer")
	}
}

// holdsNone fails where text has one of the secrets, whatever the case.
func holdsNone(t *testing.T, what, text string, secrets ...string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, secret := range secrets {
		if at := strings.Index(lower, strings.ToLower(secret)); at >= 0 {
			t.Errorf("%s holds %q: ...%s...", what, secret, text[max(0, at-100):min(len(text), at+100)])
		}
	}
}
