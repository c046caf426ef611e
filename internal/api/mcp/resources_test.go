package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
)

// newReader returns a server of one resource, and of a tool with a variant for a client called reader.
func newReader() http.Handler {
	reader := func(c Client) bool { return c.Agent == "reader" }
	schema := func(argument string) func() json.RawMessage {
		return func() json.RawMessage {
			return json.RawMessage(`{"type":"object","properties":{"` + argument + `":{}}}`)
		}
	}
	return handler(NewServer(Options{
		Version: "1.2.3", Log: quiet,
		Tools: []Tool{{
			Name: "put", Input: schema("a"), Eager: true,
			Variant: &Variant{For: reader, Input: schema("b"),
				Meta: map[string]any{"reader/files": []string{"b"}}},
			Call: func(context.Context, json.RawMessage, *Record) (any, error) { return "put", nil },
		}},
		Resources: &Resources{Name: "shared file", Template: "own://file/{ticket}", For: reader,
			Read: func(_ context.Context, uri string, _ *Record) (Resource, error) {
				switch uri {
				case "own://file/good":
					return Resource{Data: []byte{0, 1, 255}, Media: "image/png"}, nil
				case "own://file/gone":
					return Resource{}, &results.Failure{Code: "not_found", Message: "It is gone."}
				}
				return Resource{}, errors.New("a secret")
			}},
	}))
}

// ask sends a request of a client in a generation, and returns the result or the error.
func ask(t *testing.T, h http.Handler, agent, version, method, name, params string) (result, failure map[string]any) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {agent}}
	if version == modern {
		header.Set("MCP-Protocol-Version", modern)
		header.Set("Mcp-Method", method)
		if name != "" {
			header.Set("Mcp-Name", name)
		}
		params = strings.Replace(params, "{", `{"_meta":{`+modernMeta+`},`, 1)
		params = strings.Replace(params, ",}", "}", 1)
	}
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(fmt.Sprintf(
		`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)))
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct{ Result, Error map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return answer.Result, answer.Error
}

func TestResources_read_returnsTheBytes(t *testing.T) {
	h := newReader()
	for _, version := range []string{legacy, modern} {
		read := func(uri string) (map[string]any, map[string]any) {
			return ask(t, h, "reader", version, "resources/read", uri, `{"uri":"`+uri+`"}`)
		}
		result, failure := read("own://file/good")
		if failure != nil {
			t.Fatalf("%s: %v", version, failure)
		}
		found := result["contents"].([]any)[0].(map[string]any)
		want := map[string]any{"uri": "own://file/good", "mimeType": "image/png", "blob": "AAH/"}
		if !maps.Equal(found, want) {
			t.Errorf("%s: %v", version, result)
		}
		if version == modern && (result["ttlMs"] != 0. || result["cacheScope"] != "private") {
			t.Errorf("it may be kept: %v", result)
		}
		if result, _ := ask(t, h, "other", version, "resources/read", "own://file/good",
			`{"uri":"own://file/good"}`); result != nil {
			t.Errorf("%s: another client reads %v", version, result)
		}
		for uri, want := range map[string]string{
			"own://file/gone": "not_found: It is gone.", "own://file/bad": "quote the id",
			"own://file/a/b": "", "own://other/good": "", "file:///etc/passwd": "",
		} {
			result, failure := read(uri)
			said := fmt.Sprint(failure["message"])
			if result != nil || !strings.Contains(said, want) || strings.Contains(said, "secret") {
				t.Errorf("%s, %s: %v %v", version, uri, result, failure)
			}
		}
	}
}

func TestServer_whatSomeClientsSee_isHiddenFromOthers(t *testing.T) {
	h := newReader()
	for agent, want := range map[string]string{
		"reader": `{"_meta":{"reader/files":["b"]},` +
			`"inputSchema":{"properties":{"b":{}},"type":"object"}} true`,
		"other": `{"_meta":{"anthropic/alwaysLoad":true},"inputSchema":{"properties":{"a":{}},"type":"object"}} false`,
	} {
		for _, version := range []string{legacy, modern} {
			list, _ := ask(t, h, agent, version, "tools/list", "", `{}`)
			tool := list["tools"].([]any)[0].(map[string]any)
			start := "initialize"
			if version == modern {
				start = "server/discover"
			}
			about, failure := ask(t, h, agent, version, start, "",
				`{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`)
			if failure != nil {
				t.Fatal(failure)
			}
			_, resources := about["capabilities"].(map[string]any)["resources"]
			shown := results.JSON(map[string]any{"_meta": tool["_meta"], "inputSchema": tool["inputSchema"]})
			got := fmt.Sprintf("%s %t", shown, resources)
			if got != want {
				t.Errorf("%s sees in %s\n%s, want\n%s", agent, version, got, want)
			}
		}
	}
}
