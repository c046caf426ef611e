package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/results"
)

// page is a document with characters that JSON must escape, and with others.
const page = "<!DOCTYPE html>\n<html lang=\"en\"><title>Den \\ é &amp; 日本</title></html>"

const pageURI = "ui://parley/room-0123456789abcdef"

// gallery returns the options of a server with a view, a tool with the view, and other tools. A client called reader
// also reads resources, and sees a variant of the tool.
func gallery() Options {
	reader := func(c Client) bool { return c.Agent == "reader" }
	call := func(context.Context, json.RawMessage, *Record) (any, error) { return "done", nil }
	return Options{
		Version: "1.2.3", Log: quiet,
		Tools: []Tool{
			{Name: "say", Call: call, Eager: true},
			{Name: "show", Call: call, View: pageURI, SearchHint: "look",
				Input:   func() json.RawMessage { return json.RawMessage(`{"type":"object","required":["view"]}`) },
				Variant: &Variant{For: reader, Meta: map[string]any{"reader/template": pageURI}}},
			{Name: "whisper", Call: call, Hidden: true},
		},
		Resources: &Resources{Name: "shared file", Template: "own://file/{ticket}", For: reader,
			Read: func(context.Context, string, *Record) (Resource, error) {
				return Resource{Data: []byte("bytes"), Media: "text/plain"}, nil
			}},
		Events: &Events{List: []Event{{Name: "bell", Description: "It rings."}}},
		View: &View{URI: pageURI, Name: "room", Title: "The room", Description: "Shows <it>.",
			Document: func() string { return page }},
	}
}

// What clients say about their views.
const (
	saysNothing  = `{}`
	showsPages   = `{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}`
	showsOthers  = `{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html","x/y"]}}}`
	showsUnknown = `{"extensions":{"io.modelcontextprotocol/ui":{}}}`
	showsOddly   = `{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":"text/html;profile=mcp-app"}}}`
)

// visitor is a client with capabilities.
type visitor struct{ agent, version, can string }

// visitors returns clients without capabilities and clients that show views, in both generations.
func visitors(also ...string) []visitor {
	var all []visitor
	for _, agent := range []string{"reader", "other"} {
		for _, version := range []string{legacy, modern} {
			for _, can := range append(also, saysNothing, showsPages) {
				all = append(all, visitor{agent, version, can})
			}
		}
	}
	return all
}

// ask sends a request, and returns its HTTP status, and the answer without its id. params are an object.
func (v visitor) ask(t *testing.T, h http.Handler, method, name, params string) (int, string) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {v.agent}}
	if v.version == modern {
		header.Set("Mcp-Protocol-Version", modern)
		header.Set("Mcp-Method", method)
		header.Set("Mcp-Name", name)
		meta := strings.Replace(modernMeta, saysNothing, v.can, 1)
		params = strings.Replace(`{"_meta":{`+meta+`},`+params[1:], ",}", "}", 1)
	}
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":`+params+`}`))
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer, found := strings.CutPrefix(strings.TrimSpace(w.Body.String()), `{"jsonrpc":"2.0","id":1,`)
	if !found || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s is answered with %v %s", v, method, w.Header(), w.Body)
	}
	return w.Code, strings.TrimSuffix(answer, "}")
}

func TestView_readByAnybody_isTodaysDocument(t *testing.T) {
	h := handler(NewServer(gallery()))
	self := `"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"parley","version":"1.2.3","title":"Parley"}},` +
		`"resultType":"complete",`
	for _, v := range visitors() {
		for uri, lasts := range map[string]int{
			pageURI:                     604800000,
			"ui://parley/room-00000000": 300000, // of an older server, in an old conversation
			"ui://parley/room-<b>&":     300000,
		} {
			want := `"result":{`
			if v.version == modern {
				want += self + fmt.Sprintf(`"ttlMs":%d,"cacheScope":"public",`, lasts)
			}
			want += `"contents":[{"uri":"` + uri + `","mimeType":"text/html;profile=mcp-app","text":` +
				string(results.JSON(page)) + `,"_meta":{"ui":{"csp":{},"prefersBorder":true}}}]}`
			if status, got := v.ask(t, h, "resources/read", uri, `{"uri":"`+uri+`"}`); status != 200 || got != want {
				t.Errorf("%v reads\n%d %s, want\n%s", v, status, got, want)
			}
		}
	}
}

func TestView_resourcesList_namesItToAnybody(t *testing.T) {
	h := handler(NewServer(gallery()))
	list := `"resources":[{"uri":"` + pageURI + `","name":"room","title":"The room","description":"Shows <it>.",` +
		`"mimeType":"text/html;profile=mcp-app"}]`
	for _, v := range visitors() {
		want := `"result":{` + list + `}`
		if v.version == modern {
			want = `"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"parley","version":"1.2.3",` +
				`"title":"Parley"}},"cacheScope":"private",` + list + `,"resultType":"complete","ttlMs":300000}`
		}
		if status, got := v.ask(t, h, "resources/list", "", `{}`); status != 200 || got != want {
			t.Errorf("%v sees\n%d %s, want\n%s", v, status, got, want)
		}
	}
}

func TestView_otherResources_areUnknown(t *testing.T) {
	h := handler(NewServer(gallery()))
	for _, v := range visitors() {
		for _, uri := range []string{"ui://parley/room", "ui://parley/other-0123456789abcdef", "ui://",
			"ui://other/room-1", "parley://rooms/den", "file:///etc/passwd"} {
			status, got := v.ask(t, h, "resources/read", uri, `{"uri":"`+uri+`"}`)
			code, its := `"code":-32002`, 200
			if v.version == modern {
				code, its = `"code":-32602`, 400
			}
			ours := v.agent == "other" || strings.HasPrefix(uri, "ui://") // mcp-go answers the rest
			if status != its || !strings.HasPrefix(got, `"error":{`+code) ||
				ours && !strings.HasSuffix(got, `"data":{"uri":"`+uri+`"}}`) {
				t.Errorf("%v reads %q: %d %s", v, uri, status, got)
			}
		}
		for _, params := range []string{`{}`, `{"uri":5}`, `{"uri":{"a":1}}`} {
			if _, got := v.ask(t, h, "resources/read", "", params); !strings.HasPrefix(got, `"error":`) {
				t.Errorf("%v reads %s: %s", v, params, got)
			}
		}
		wantFile := `"blob":"Ynl0ZXM="`
		_, got := v.ask(t, h, "resources/read", "own://file/a", `{"uri":"own://file/a"}`)
		if strings.Contains(got, wantFile) != (v.agent == "reader") {
			t.Errorf("%v reads a file: %s", v, got)
		}
	}
	v := visitor{"other", modern, showsPages}
	if status, got := v.ask(t, h, "resources/read", "ui://another", `{"uri":"`+pageURI+`"}`); status != 400 ||
		!strings.Contains(got, `"code":-32020`) {
		t.Errorf("a header that names another resource: %d %s", status, got)
	}
}

// No client can subscribe. No client needs a template, since the tools name the view, but a client with resources
// asks for templates, and some clients take a refusal for a fault.
func TestView_restOfResources_isAsWithoutIt(t *testing.T) {
	without := gallery()
	without.View = nil
	before, after := handler(NewServer(without)), handler(NewServer(gallery()))
	for _, v := range visitors() {
		for _, method := range []string{"resources/templates/list", "resources/subscribe", "resources/unsubscribe"} {
			if method == "resources/templates/list" && v.agent == "other" {
				status, got := v.ask(t, after, method, "", `{}`)
				if status != 200 || !strings.Contains(got, `"resourceTemplates":[]`) ||
					strings.Contains(got, `"ttlMs":300000`) != (v.version == modern) {
					t.Errorf("%v, %s: %d %s", v, method, status, got)
				}
				continue
			}
			_, want := v.ask(t, before, method, "", `{"uri":"`+pageURI+`"}`)
			if _, got := v.ask(t, after, method, "", `{"uri":"`+pageURI+`"}`); got != want {
				t.Errorf("%v, %s:\n%s, without the view\n%s", v, method, got, want)
			}
		}
		if v.agent == "other" {
			for _, method := range []string{"resources/list", "resources/read"} {
				if _, got := v.ask(t, before, method, pageURI, `{"uri":"`+pageURI+`"}`); !strings.Contains(got, "-32601") {
					t.Errorf("%v, %s of a server without views: %s", v, method, got)
				}
			}
		}
	}
}

func TestView_isAnnounced_toClientsThatShowViews(t *testing.T) {
	const base, its = `"tools":{}`, `"io.modelcontextprotocol/ui":{}`
	for _, events := range []bool{false, true} {
		o := gallery()
		extensions, atTop := []string{}, ""
		if events {
			extensions, atTop = append(extensions, `"io.modelcontextprotocol/events":{}`), `"events":{},`
		} else {
			o.Events = nil
		}
		h := handler(NewServer(o))
		for _, v := range visitors(showsOthers, showsUnknown, showsOddly) {
			var want strings.Builder
			named := extensions
			if v.can == showsPages {
				named = append(named[:len(named):len(named)], its)
			}
			want.WriteString(`"capabilities":{` + atTop)
			if len(named) > 0 {
				want.WriteString(`"extensions":{` + strings.Join(named, ",") + `},`)
			}
			if v.can == showsPages || v.agent == "reader" {
				want.WriteString(`"resources":{},`)
			}
			want.WriteString(base + `}`)
			method, params := "initialize", `{"protocolVersion":"`+legacy+`","capabilities":`+v.can+
				`,"clientInfo":{"name":"c","version":"1"}}`
			if v.version == modern {
				method, params = "server/discover", `{}`
			}
			if status, got := v.ask(t, h, method, "", params); status != 200 || !strings.Contains(got, want.String()) {
				t.Errorf("%v, with events %t, hears\n%s, want\n%s", v, events, got, want.String())
			}
		}
	}
}

func TestView_toolsList_tellsWhatItIsOf(t *testing.T) {
	h := handler(NewServer(gallery()))
	const say = `{"_meta":{"anthropic/alwaysLoad":true,"ui":{"visibility":["model"]}},"annotations":`
	const show = `{"_meta":{"anthropic/searchHint":"look","ui":{"resourceUri":"` + pageURI + `"}},"annotations":`
	const varied = `{"_meta":{"reader/template":"` + pageURI + `",` +
		`"ui":{"resourceUri":"` + pageURI + `"}},"annotations":`
	for _, v := range visitors(showsOthers, showsUnknown, showsOddly) {
		_, got := v.ask(t, h, "tools/list", "", `{}`)
		want := show
		if v.agent == "reader" {
			want = varied
		}
		listed := v.version == legacy || v.can == showsPages
		if !strings.Contains(got, say) || strings.Contains(got, want) != listed ||
			strings.Contains(got, `"name":"show"`) != listed || strings.Contains(got, `"whisper"`) ||
			listed && !strings.Contains(got, `"required":["view"]`) {
			t.Errorf("%v sees (want it listed: %t)\n%s", v, listed, got)
		}
		// The list is for a model: a client that knows the tool may call it.
		if _, got := v.ask(t, h, "tools/call", "show", `{"name":"show"}`); !strings.Contains(got, `"done`) &&
			!strings.Contains(got, `\"done`) {
			t.Errorf("%v calls it: %s", v, got)
		}
	}
}

// A server without a view says nothing of views.
func TestView_toolsListWithoutOne_isAsBefore(t *testing.T) {
	o := gallery()
	o.View = nil
	o.Tools = o.Tools[:1]
	h := handler(NewServer(o))
	for _, v := range visitors() {
		if _, got := v.ask(t, h, "tools/list", "", `{}`); strings.Contains(got, `"ui"`) {
			t.Errorf("%v sees %s", v, got)
		}
	}
}

// nowhere is a writer that keeps nothing, so that a test counts only the memory of the server.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}

func TestView_document_isMadeOnceAndCopiedOnceARead(t *testing.T) {
	const size, reads = 1 << 20, 16
	made := 0
	o := gallery()
	o.View.Document = func() string {
		made++
		return strings.Repeat("x", size)
	}
	s := NewServer(o)
	if made > 0 {
		t.Error("it is made before somebody reads it")
	}
	read := func() {
		m, refused := Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"` + pageURI + `"}}`))
		if refused != nil {
			t.Fatal(refused.Message)
		}
		s.Serve(nowhere{http.Header{}}, httptest.NewRequest(http.MethodPost, "/mcp", nil), m)
	}
	read()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range reads {
		read()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / reads; made != 1 || each > size*3/2 {
		t.Errorf("made %d times, and a read takes %d bytes of %d", made, each, size)
	}
}

func TestView_libraryClient_readsIt(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		w := &wire{t: t}
		w.serve(handler(NewServer(gallery())))
		c, err := client.NewStreamableHttpClient(w.url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		hello := library.InitializeRequest{}
		hello.Params.ProtocolVersion = version
		hello.Params.ClientInfo = library.Implementation{Name: "test", Version: "1"}
		if err := json.Unmarshal([]byte(showsPages), &hello.Params.Capabilities); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Initialize(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
		list, err := c.ListResources(t.Context(), library.ListResourcesRequest{})
		if err != nil || len(list.Resources) != 1 {
			t.Fatalf("%s: %v %v", version, list, err)
		}
		ask := library.ReadResourceRequest{}
		ask.Params.URI = list.Resources[0].URI
		read, err := c.ReadResource(t.Context(), ask)
		if err != nil {
			t.Fatalf("%s: %v", version, err)
		}
		text, ok := read.Contents[0].(library.TextResourceContents)
		if !ok || text.Text != page || text.MIMEType != viewMedia {
			t.Errorf("%s: %+v", version, read.Contents)
		}
		tools, err := c.ListTools(t.Context(), library.ListToolsRequest{})
		if err != nil || len(tools.Tools) != 2 {
			t.Errorf("%s: %v %v", version, tools, err)
		}
	}
}
