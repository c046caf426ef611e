package tools_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/outbound/fetch"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// withAttachments serves the tools, and a real host from which the tools fetch the files that ChatGPT hands over.
func withAttachments(t *testing.T, host http.HandlerFunc) (url string) {
	t.Helper()
	files := httptest.NewTLSServer(host)
	t.Cleanup(files.Close)
	roots := x509.NewCertPool()
	roots.AddCert(files.Certificate())
	tab := sqlitetest.Open(t, nil)
	log := slog.New(slog.DiscardHandler)
	rooms := chat.New(tab, chat.Options{SingleProcess: true, MinBatch: 1, Files: tab.Files(), Logger: log})
	set := tools.New(rooms, pairing.New(rooms, pairing.Options{}), tools.Options{
		ViewURI: tools.ViewURI,
		Address: func(context.Context) string { return "https://parley.example/mcp" }, Log: log,
		Fetcher: fetch.New(fetch.Options{Domain: "example.com", Roots: roots,
			Lookup: func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
			},
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, files.Listener.Addr().String())
			}}),
	})
	site := httptest.NewServer(set.Handler())
	t.Cleanup(func() {
		rooms.Stop()
		site.Close()
	})
	return site.URL
}

// chatGPT calls a server as ChatGPT does.
type chatGPT struct {
	t     *testing.T
	url   string
	agent string
}

// answer is what ChatGPT gets.
type answer struct {
	Result struct {
		IsError    bool
		Tools      []struct{ Name string }
		Structured json.RawMessage `json:"structuredContent"`
		Content    []struct{ Type, Text, Data, URI, Name, MIMEType string }
		Contents   []struct{ URI, Blob, MIMEType string }
	}
	Error struct{ Message string }
	body  string
}

func (g chatGPT) ask(method string, params any) (a answer) {
	g.t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		g.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {g.agent}}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		g.t.Fatalf("%s: %v", text, err)
	}
	a.body = string(text)
	return a
}

func (g chatGPT) call(tool string, arguments args) answer {
	g.t.Helper()
	return g.ask("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

// refused reports whether a request other than a call was refused.
func (a answer) refused() bool { return a.Error.Message != "" && a.Result.Contents == nil }

// result reads the text of the answer.
func (a answer) result(t *testing.T, into any) {
	t.Helper()
	if len(a.Result.Content) == 0 || json.Unmarshal([]byte(a.Result.Content[0].Text), into) != nil {
		t.Fatal(a.body)
	}
}

func TestChatGPT_sharesAndReadsFiles_whichOtherClientsDoOtherwise(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 33, 21))); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	url := withAttachments(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/shot" {
			http.Redirect(w, r, "/shot", http.StatusFound)
			return
		}
		_, _ = w.Write(picture.Bytes()) // fails only if the server has left
	})
	gpt, other := chatGPT{t, url, "openai-mcp/1.0.0"}, chatGPT{t, url, "codex-mcp-client/0.169"}
	for g, want := range map[chatGPT]bool{gpt: true, other: false} {
		list := g.ask("tools/list", map[string]any{}).body
		if strings.Contains(list, `"openai/fileParams":["file"]`) != want ||
			strings.Contains(list, `"openai/outputTemplate":"`+tools.ViewURI+`","openai/widgetAccessible":true`) != want ||
			!strings.Contains(list, `"ui":{"resourceUri":"`+tools.ViewURI+`"}`) ||
			strings.Contains(list, "download_url") != want {
			t.Errorf("%s sees the argument file: %t", g.agent, !want)
		}
	}

	var seat, reader struct {
		Token string `json:"agent_token"`
	}
	gpt.call("join_room", args{"room": "tea", "agent_name": "Ann"}).result(t, &seat)
	other.call("join_room", args{"room": "tea", "agent_name": "Bob"}).result(t, &reader)
	file := func(url string) args {
		return args{"download_url": url, "file_id": "file_1", "mime_type": "text/html", "new": 1}
	}
	for _, where := range []string{"https://files.example.com/elsewhere", "http://files.example.com/shot",
		"https://example.org/shot", "https://169.254.169.254/shot"} {
		a := gpt.call("share_file", args{"agent_token": seat.Token, "name": "x.png", "file": file(where)})
		if !a.Result.IsError || !strings.Contains(a.body, "Nothing was shared") {
			t.Errorf("%s: %s", where, a.body)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the host was asked %d times", asked.Load())
	}
	var sent struct {
		Sent     bool
		ID, Next string
	}
	gpt.call("share_file", args{"agent_token": seat.Token, "name": "shot.png",
		"file": file("https://files.example.com/shot?sig=1")}).result(t, &sent)
	if !sent.Sent || sent.ID == "" || !strings.HasPrefix(sent.Next, "It is shared: call wait_for_message (") {
		t.Fatalf("%+v", sent)
	}
	shot := sent.ID
	// The alias of an argument still works.
	other.call("share_file", args{"agent_token": reader.Token, "file": "note.txt", "text": "hello"}).result(t, &sent)
	if !sent.Sent {
		t.Errorf("%+v", sent)
	}

	got := other.call("get_file", args{"agent_token": reader.Token, "id": shot})
	if kinds(got) != "text image" {
		t.Errorf("another client gets %s", got.body)
	}
	got = gpt.call("get_file", args{"agent_token": seat.Token, "id": shot})
	if kinds(got) != "text image resource_link" {
		t.Fatalf("ChatGPT gets %s", got.body)
	}
	link := got.Result.Content[2]
	if link.Name != "parley-"+shot+".png" || link.MIMEType != "image/png" ||
		!strings.HasPrefix(link.URI, "parley://file/f") {
		t.Errorf("the link is %+v", link)
	}
	read := gpt.ask("resources/read", map[string]any{"uri": link.URI})
	if len(read.Result.Contents) != 1 || read.Result.Contents[0].MIMEType != "image/png" ||
		read.Result.Contents[0].Blob != base64.StdEncoding.EncodeToString(picture.Bytes()) {
		t.Errorf("the resource is %s", read.body)
	}
	flipped := []byte(link.URI)
	if at := len(flipped) - 9; flipped[at] == 'x' {
		flipped[at] = 'y'
	} else {
		flipped[at] = 'x'
	}
	for _, uri := range []string{string(flipped), "parley://file/", "parley://file/" + shot,
		strings.Replace(link.URI, "file/f", "file/g", 1)} {
		if a := gpt.ask("resources/read", map[string]any{"uri": uri}); !a.refused() {
			t.Errorf("%s: %s", uri, a.body)
		}
	}
	gpt.call("leave_room", args{"agent_token": seat.Token})
	if a := gpt.ask("resources/read", map[string]any{"uri": link.URI}); !a.refused() {
		t.Errorf("after it has left: %s", a.body)
	}
}

// kinds lists the types of the blocks of an answer.
func kinds(a answer) string {
	var all []string
	for _, c := range a.Result.Content {
		all = append(all, c.Type)
	}
	if a.Result.Structured != nil {
		all = append(all, "structured")
	}
	return fmt.Sprint(strings.Join(all, " "))
}
