package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
)

// many repeats a form n times, separated by commas; %d stands for the number of each.
func many(n int, form string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(form, "%d", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

func TestMessage_malformedBody_isRefused(t *testing.T) {
	s := newSite(t)
	deep := func(n int) string {
		return `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":` +
			strings.Repeat("[", n) + strings.Repeat("]", n) + `}}`
	}
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"empty":              {"", mcp.CodeParse},
		"blank":              {"  \n", mcp.CodeParse},
		"not JSON":           {"hello", mcp.CodeParse},
		"cut off":            {`{"jsonrpc":"2.0","id":1`, mcp.CodeParse},
		"something after it": {`{"jsonrpc":"2.0","id":1,"method":"ping"} {}`, mcp.CodeParse},
		"comma at the end":   {`{"jsonrpc":"2.0","id":1,"method":"ping",}`, mcp.CodeParse},
		"not UTF-8": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"me":"` + "\xff" + `"}}}`,
			mcp.CodeParse},
		"UTF-16":           {"\xff\xfe{\x00}\x00", mcp.CodeParse},
		"half a character": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ud83d"}}`, mcp.CodeParse},
		"the other half": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"x\uDE00 "}}`,
			mcp.CodeParse},
		"halves the wrong way": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ude00\ud83d"}}`,
			mcp.CodeParse},
		"halves apart": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ud83d\\u\ude00"}}`,
			mcp.CodeParse},
		"a batch":              {`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, mcp.CodeInvalid},
		"an empty batch":       {` []`, mcp.CodeInvalid},
		"a string":             {`"ping"`, mcp.CodeInvalid},
		"null":                 {`null`, mcp.CodeInvalid},
		"no version":           {`{"id":1,"method":"ping"}`, mcp.CodeInvalid},
		"another version":      {`{"jsonrpc":"1.0","id":1,"method":"ping"}`, mcp.CodeInvalid},
		"no method":            {`{"jsonrpc":"2.0","id":1}`, mcp.CodeInvalid},
		"a number as method":   {`{"jsonrpc":"2.0","id":1,"method":5}`, mcp.CodeInvalid},
		"a response":           {`{"jsonrpc":"2.0","id":1,"result":{"a":1}}`, mcp.CodeInvalid},
		"an error response":    {`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`, mcp.CodeInvalid},
		"an id that is null":   {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, mcp.CodeInvalid},
		"an id that is a list": {`{"jsonrpc":"2.0","id":[1],"method":"ping"}`, mcp.CodeInvalid},
		"a key twice":          {`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}`, mcp.CodeInvalid},
		"a key twice, escaped": {`{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/call"}`,
			mcp.CodeInvalid},
		"a key twice, in capitals": {`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, mcp.CodeInvalid},
		"a key twice, long s": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"param` + "\u017f" + `":{}}`,
			mcp.CodeInvalid},
		"a key twice, Kelvin sign": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"k":1,"` + "\u212a" + `":2}}`,
			mcp.CodeInvalid},
		"an argument twice": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"me":"a","me":"b"}}}`, mcp.CodeInvalid},
		"very many keys": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{` + many(api.MaxParts,
			`"%d":0`) + `}}`, mcp.CodeInvalid},
		"very many elements": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[` + many(api.MaxParts,
			`{}`) + `]}}`, mcp.CodeInvalid},
		"too deep":                {deep(api.MaxDepth), mcp.CodeInvalid},
		"far too deep":            {deep(9_000), mcp.CodeInvalid},
		"deeper than any decoder": {deep(100_000), mcp.CodeParse},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := s.do(s.request(c.body, nil))
			if r := decode(t, body); resp.StatusCode != 400 || r.Error.Code != c.code || r.Error.Message == "" {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
}

func TestMessage_unusualButValid_isAccepted(t *testing.T) {
	s := newSite(t)
	for name, body := range map[string]string{
		"space around it":      " \n" + `{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\r\n ",
		"a byte order mark":    "\ufeff" + `{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		"the greatest id":      `{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}`,
		"a negative id":        `{"jsonrpc":"2.0","id":-1,"method":"ping"}`,
		"a string as id":       `{"jsonrpc":"2.0","id":"a","method":"ping"}`,
		"a whole escaped pair": `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ud83d\ude00 \\ud83d \n"}}`,
		"the same key in two":  `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"id":{"id":[{"id":1},{"id":2}]}}}`,
		"as deep as allowed": `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":` +
			strings.Repeat("[", api.MaxDepth-2) + strings.Repeat("]", api.MaxDepth-2) + `}}`,
		"a body of the exact size": fmt.Sprintf("%-*s", int(DefaultMaxBody),
			`{"jsonrpc":"2.0","id":1,"method":"ping"}`),
	} {
		t.Run(name, func(t *testing.T) {
			if resp, body := s.do(s.request(body, nil)); resp.StatusCode != 200 || decode(t, body).Error.Code != 0 {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
}

func TestMessage_replacementCharacterItself_arrivesAsSent(t *testing.T) {
	s := newSite(t)
	if _, body := s.do(s.request(legacyCall("1", "echo", "a\ufffdb", ""))); decode(t, body).text() != "a\ufffdb" {
		t.Error(body)
	}
}

func TestMessage_notification_is202(t *testing.T) {
	s := newSite(t)
	resp, body := s.do(s.request(`{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil))
	if resp.StatusCode != 202 || body != "" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
}

func TestMessage_headers(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		name, value string
		want        int
	}{
		{"Content-Type", "application/json; charset=utf-8", 200},
		{"Content-Type", "Application/JSON", 200},
		{"Content-Type", "text/plain", 415},
		{"Content-Type", "application/x-www-form-urlencoded", 415},
		{"Content-Type", "", 415},
		{"Content-Encoding", "gzip", 415},
		{"Content-Encoding", "identity", 200},
		{"Accept", "application/json", 200},
		{"Accept", "application/*;q=0.5", 200},
		{"Accept", "*/*", 200},
		{"Accept", "text/event-stream", 200},
		{"Accept", "text/event-stream;q=0", 406},
		{"Accept", "text/html", 406},
		{"Accept", "application/json;q=0", 406},
		{"Accept", "application/json;q=0.0, */*;q=0", 406},
		{"Mcp-Protocol-Version", "1999-01-01", 400},
	} {
		r := s.request(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil)
		r.Header.Set(c.name, c.value)
		if resp, body := s.do(r); resp.StatusCode != c.want {
			t.Errorf("%s: %s: %d %s, want %d", c.name, c.value, resp.StatusCode, body, c.want)
		}
	}
}

func TestMessage_bodyThatNeverComes_isGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want int
	}{
		"where it is read":      {MCPPath, http.StatusRequestTimeout},
		"where nobody wants it": {"/nowhere", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.server.Handler.(*server).bodyTimeout = 0 // over before it began
			r := s.request("", nil)
			r.URL.Path = c.path
			r.Body, r.ContentLength = silent{t}, 100
			if resp, body := s.do(r); resp.StatusCode != c.want {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
}

// silent is a body that sends nothing before the end of the test.
type silent struct{ t *testing.T }

func (b silent) Read([]byte) (int, error) {
	<-b.t.Context().Done()
	return 0, io.ErrUnexpectedEOF
}

func (b silent) Close() error { return nil }
