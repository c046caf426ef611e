package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

const (
	viewMedia = "text/html;profile=mcp-app"

	// showsViews is what a client says of the views that it shows: MCP Apps, SEP-1865.
	showsViews = `{"io.modelcontextprotocol/ui":{"mimeTypes":["` + viewMedia + `"]}}`
)

// contract is what a client needs to show a view.
type contract struct {
	Tools []struct {
		Name string `json:"name"`
		Meta struct {
			UI struct {
				URI        string   `json:"resourceUri"`
				Visibility []string `json:"visibility"`
			} `json:"ui"`
		} `json:"_meta"`
	} `json:"tools"`
	Resources []struct {
		URI  string `json:"uri"`
		Type string `json:"mimeType"`
	} `json:"resources"`
	Contents []struct {
		URI  string `json:"uri"`
		Type string `json:"mimeType"`
		Text string `json:"text"`
		Meta struct {
			UI map[string]any `json:"ui"`
		} `json:"_meta"`
	} `json:"contents"`
}

// asker makes a request, and returns its result.
type asker func(method string, params args) (json.RawMessage, error)

// get returns the result of a request.
func (a asker) get(t *testing.T, method string, params args) contract {
	t.Helper()
	text, err := a(method, params)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	var c contract
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v in %s", method, err, text)
	}
	return c
}

// showsTheRoom checks that what a shows is the view of a room, as far as its client asks. sees says that the tool is
// listed, and lists that the client asks the server for its resources.
func (a asker) showsTheRoom(t *testing.T, sees, lists bool) {
	t.Helper()
	uri := ""
	for _, tool := range a.get(t, "tools/list", args{}).Tools {
		if tool.Name == "show_room" {
			uri = tool.Meta.UI.URI
		} else if got := fmt.Sprint(tool.Meta.UI.Visibility); got != "[model]" {
			t.Errorf("%s is visible to %s", tool.Name, got)
		}
	}
	if (uri != "") != sees {
		t.Errorf("the view of the listed tool is %q, want it seen: %t", uri, sees)
	}
	if lists {
		list := a.get(t, "resources/list", args{}).Resources
		if len(list) != 1 || list[0].Type != viewMedia || sees && list[0].URI != uri {
			t.Errorf("the resources are %+v, want %s", list, uri)
		}
	}
	old := "ui://parley/room-0000000000000000"
	document := ""
	for _, uri := range []string{old, uri} {
		if uri == "" {
			continue
		}
		read := a.get(t, "resources/read", args{"uri": uri}).Contents
		if len(read) != 1 || read[0].URI != uri || read[0].Type != viewMedia ||
			!strings.HasPrefix(read[0].Text, "<!doctype html>") || document != "" && read[0].Text != document ||
			fmt.Sprint(read[0].Meta.UI) != "map[csp:map[] prefersBorder:true]" {
			t.Fatalf("%s is read as %.900s", uri, fmt.Sprint(read))
		}
		document = read[0].Text
	}
}

// Some clients that show views do not say so. By day those of the legacy protocol do not: what they are shown does not
// depend on it.
func TestView_everyClient_listsAndReadsIt(t *testing.T) {
	t.Parallel()
	if os.Getenv(parts.ClientsEnv) == "" {
		t.Skip("make test-clients drives the clients")
	}
	p := start(t)
	for name, driver := range map[string]func(server string) *exec.Cmd{
		"TypeScript modern": func(server string) *exec.Cmd { return nodeDriver(t, server, "modern") },
		"TypeScript legacy": func(server string) *exec.Cmd { return nodeDriver(t, server, "legacy") },
		"TypeScript sdk1":   func(server string) *exec.Cmd { return nodeDriver(t, server, "sdk1") },
		"FastMCP modern":    func(server string) *exec.Cmd { return pythonDriver(t, server, "modern") },
		"FastMCP legacy":    func(server string) *exec.Cmd { return pythonDriver(t, server, "legacy") },
	} {
		protocol, views := legacyProtocol, []bool{false, true}
		if strings.HasSuffix(name, "modern") {
			protocol = modernProtocol
		}
		if protocol == legacyProtocol && !dynamolocal.Doubles() {
			views = []bool{false}
		}
		for _, says := range views {
			t.Run(fmt.Sprintf("%s, says so: %t", name, says), func(t *testing.T) {
				cmd := driver(p.url)
				if says {
					cmd.Env = append(cmd.Environ(), "PARLEY_E2E_SHOWS="+showsViews)
				}
				d := drive(t, cmd, protocol)
				ask := func(method string, params args) (json.RawMessage, error) {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					return d.ask(ctx, method, params)
				}
				// That of @modelcontextprotocol/client asks nobody for resources who announces none.
				lists := says || strings.HasSuffix(name, "sdk1") || strings.HasPrefix(name, "FastMCP")
				asker(ask).showsTheRoom(t, says || protocol == legacyProtocol, lists)
			})
		}
	}
}

// Whoever comes by an invite has no other address of the server.
func TestView_atAnInvite_isListedAndRead(t *testing.T) {
	p := startKeyed(t)
	ann := visitor(t, p)
	ann.env = append(ann.env, "PARLEY_KEY="+p.newKey("Ann"))
	ann.does("join", "tea", "--as", "Ann")
	at := *p
	at.url = ann.guestLink() + "/mcp"
	for _, says := range []string{"{}", `{"extensions":` + showsViews + `}`} {
		modern := args{"io.modelcontextprotocol/protocolVersion": modernProtocol,
			"io.modelcontextprotocol/clientCapabilities": json.RawMessage(says)}
		for _, meta := range []args{nil, modern} {
			ask := func(method string, params args) (json.RawMessage, error) {
				if meta != nil {
					params["_meta"] = map[string]any(meta)
				}
				l := overHTTP(t, &at, 1, method, params)
				if l.Error != nil {
					return nil, fmt.Errorf("%v", l.Error)
				}
				return json.RawMessage(l.Result), nil
			}
			asker(ask).showsTheRoom(t, meta == nil || says != "{}", true)
		}
	}
}
