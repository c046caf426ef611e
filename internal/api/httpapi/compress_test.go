package httpapi

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// unpacked returns the body of an answer that was asked for with Accept-Encoding, and whether it came compressed.
func unpacked(t *testing.T, resp *http.Response, body string) (text string, zipped bool) {
	t.Helper()
	if resp.Header.Get("Content-Encoding") == "" {
		return body, false
	}
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.ContentLength; got >= 0 && got != int64(len(body)) {
		t.Errorf("the length of a compressed answer is %d, and it has %d bytes", got, len(body))
	}
	return string(all), true
}

// offers returns a site with two more tools below an invite. open and closed answer with what they are given; only the
// answers of open may be compressed.
func offers(t *testing.T) *gated {
	t.Helper()
	return newGated(t, func(s *site, o *Options) {
		for name, compress := range map[string]bool{"open": true, "closed": false} {
			o.Tools = append(o.Tools, mcp.Tool{Name: name, Compress: compress,
				Description: strings.Repeat("About a tool. ", 100),
				Call: func(_ context.Context, arguments json.RawMessage, _ *mcp.Record) (any, error) {
					return caller(arguments), nil
				}})
		}
		for i := range o.Tools {
			o.Tools[i].Compress = o.Tools[i].Compress || o.Tools[i].Name == "block"
		}
		o.MCP = mcp.NewServer(mcp.Options{Tools: o.Tools, Log: o.Logger}).Serve
	})
}

func TestCompress_answer_asTheClientAsks(t *testing.T) {
	g := offers(t)
	around := len("\"\"\n") // the text in JSON
	for _, c := range []struct {
		bytes  int
		asks   []string
		zipped bool
	}{
		{compressAbove, []string{"gzip"}, false}, {compressAbove + 1, []string{"gzip"}, true},
		{200 << 10, []string{"gzip, deflate, br, zstd"}, true}, {1500, []string{"GZIP"}, true},
		{1500, []string{"x-gzip"}, true}, {1500, []string{"br;q=1.0, gzip;q=0.001"}, true},
		{1500, []string{"br", "gzip;q=0.5"}, true}, {1500, []string{"*"}, true},
		{1500, []string{"identity;q=0.5, *;q=0.5"}, true}, {1500, []string{"*;q=0, gzip"}, true},
		{1500, nil, false}, {1500, []string{""}, false}, {1500, []string{"deflate, br"}, false},
		{1500, []string{"gzip;q=0"}, false}, {1500, []string{"gzip;q=0, *"}, false}, {1500, []string{"*;q=0"}, false},
		{1500, []string{"identity"}, false}, {1500, []string{"identity, gzip;q=0.9"}, false},
		{1500, []string{";;, =, gzipped"}, false},
	} {
		said := strings.Repeat("ab", c.bytes)[:c.bytes-around]
		r := g.tool("open", `{"me":"`+said+`"}`)
		r.Header["Accept-Encoding"] = c.asks
		resp, body := g.plain(r)
		text, zipped := unpacked(t, resp, body)
		if text != `"`+said+`"`+"\n" || zipped != c.zipped || zipped && len(body) > len(text)/4 ||
			!slices.Equal(resp.Header.Values("Vary"), []string{"Accept-Encoding"}) {
			t.Errorf("%d bytes, %q: %d bytes came, %v", c.bytes, c.asks, len(body), resp.Header)
		}
	}
}

// plain is do without what the client adds to a request.
func (s *site) plain(r *http.Request) (*http.Response, string) {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// An answer is compressed by its kind, and never by what stands in it.
func TestCompress_kindOfAnswer_decides(t *testing.T) {
	g := offers(t)
	long := strings.Repeat("hello ", 1000)
	rpc := func(method, accept string) *http.Request {
		r := g.request(`{"jsonrpc":"2.0","id":7,"method":"`+method+`","params":{}}`, nil)
		r.Header.Set("Accept", accept)
		return r
	}
	tool := func(name string) *http.Request {
		body, header := legacyCall("7", name, long, "")
		return g.request(body, header)
	}
	events := tool("open")
	events.Header.Set("Accept", eventsType)
	shown := g.tool("closed", "")
	shown.Method = http.MethodGet
	head := g.tool("open", "")
	head.Method = http.MethodHead
	sneaky := tool("open")
	sneaky.Header.Del("Authorization")
	for name, c := range map[string]struct {
		r            *http.Request
		vary, zipped bool
	}{
		"a result of a tool":                  {tool("open"), true, true},
		"of one that may hold a secret":       {tool("closed"), false, false},
		"a failure":                           {tool("fail"), false, false},
		"without MCP":                         {g.tool("open", `{"me":"`+long+`"}`), true, true},
		"without MCP, it may hold a secret":   {g.tool("closed", `{"me":"`+long+`"}`), false, false},
		"without MCP, no such tool":           {g.tool("none", `{}`), false, false},
		"without MCP, what a tool takes":      {shown, true, true},
		"without MCP, a method that is wrong": {head, false, false},
		"the list of tools":                   {rpc("tools/list", "application/json, "+eventsType), true, true},
		"the list of tools as events":         {rpc("tools/list", eventsType), false, false},
		"a result as events":                  {events, false, false},
		"a caller that is not admitted":       {sneaky, false, false},
	} {
		if c.r != sneaky && strings.HasSuffix(c.r.URL.Path, MCPPath) {
			c.r.Header.Set("Authorization", "Bearer "+g.key.String())
		}
		c.r.Header.Set("Accept-Encoding", "gzip")
		resp, body := g.plain(c.r)
		text, zipped := unpacked(t, resp, body)
		vary := slices.Contains(resp.Header.Values("Vary"), "Accept-Encoding")
		if vary != c.vary || zipped != c.zipped || c.zipped && len(text) < 1000 {
			t.Errorf("%s: %d %v %s", name, resp.StatusCode, resp.Header, text)
		}
	}
}

// An answer that has sent a sign of life goes on as it began.
func TestCompress_answerThatHasBegun_goesOnAsItIs(t *testing.T) {
	g := offers(t)
	long := strings.Repeat("hello ", 1000)
	call, header := legacyCall("7", "block", long, "")
	rpc := g.request(call, header)
	rpc.Header.Set("Authorization", "Bearer "+g.key.String())
	for name, r := range map[string]*http.Request{"events": rpc, "spaces": g.tool("block", `{"me":"`+long+`"}`)} {
		r.Header.Set("Accept-Encoding", "gzip")
		answer := g.send(r)
		await(t, g.entered)
		g.beat()
		resp := await(t, answer)
		defer resp.Body.Close()
		from := bufio.NewReader(resp.Body)
		if _, err := from.Peek(1); err != nil {
			t.Fatal(err)
		}
		g.free()
		text, err := io.ReadAll(from)
		if err != nil || resp.Header.Get("Content-Encoding") != "" || !strings.Contains(string(text), long) {
			t.Errorf("%s: %v, %v, %.80s", name, err, resp.Header, text)
		}
	}
}

// A page of another origin that may call, and a program on standby, get what they would without compression.
func TestCompress_otherHeaders_stay(t *testing.T) {
	const friend = "https://friend.example"
	h := newHall(t, meter.Options{}, func(_ *chat.Options, o *Options) { o.Origins = []string{friend} })
	h.say(h.ann, strings.Repeat("hello ", 1000))
	wait := h.standby(h.bob.Token, "?wait_seconds=1")
	body, _ := legacyCall("7", "message_history", "", "")
	history := h.request(strings.Replace(body, `"me":""`, fmt.Sprintf(`"agent_token":%q`, h.bob.Token), 1), nil)
	for name, r := range map[string]*http.Request{"standby": wait, "history": history} {
		r.Header.Set("Origin", friend)
		r.Header.Set("Accept-Encoding", "gzip")
		resp, packed := h.plain(r)
		text, zipped := unpacked(t, resp, packed)
		if !zipped || !strings.Contains(text, "hello hello") || resp.StatusCode != http.StatusOK ||
			!slices.Equal(resp.Header.Values("Vary"), []string{"Origin", "Accept-Encoding"}) ||
			resp.Header.Get("Access-Control-Allow-Origin") != friend {
			t.Errorf("%s: %d %v %.80s", name, resp.StatusCode, resp.Header, text)
		}
	}
	refused := h.standby(ident.NewKey().String(), "")
	refused.Header.Set("Accept-Encoding", "gzip")
	if resp, _ := h.plain(refused); resp.StatusCode < 400 || resp.Header.Get("Vary") != "" {
		t.Errorf("refused: %d %v", resp.StatusCode, resp.Header)
	}
}
