package lambdatest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// open returns what a client gets of an address with the headers of a browser, and its text
// without its encoding.
func open(t *testing.T, client *http.Client, method, address, encoding string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{"Accept": {"text/html,*/*;q=0.8"}, "Accept-Encoding": {encoding}}
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readAll(resp)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Content-Encoding") == "gzip" && text != "" {
		unzipped, err := gzip.NewReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		text = string(all)
	}
	return resp, text
}

// Gzip is no text: a Function URL streams it as it is, and an HTTP API gets it in base64.
func TestPage_documentAndAssets_arriveThroughEachFront(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_ACCESS=keys")
	for host, client := range map[string]*http.Client{lambdatest.FunctionURLHost: i.FunctionURL(),
		lambdatest.HTTPAPIHost: i.HTTPAPI()} {
		base := "https://" + host
		resp, page := open(t, client, http.MethodGet, base+"/r/abcdefg", "gzip, deflate, br")
		links := regexp.MustCompile(`(?:href|src)="\.\./(assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Encoding") != "" || len(links) != 5 {
			t.Fatalf("%s: %d %v %s", host, resp.StatusCode, resp.Header, page)
		}
		for _, m := range links {
			zipped, text := open(t, client, http.MethodGet, base+"/"+m[1], "gzip")
			other, same := open(t, client, http.MethodGet, base+"/"+m[1], "identity")
			if zipped.StatusCode != http.StatusOK || zipped.Header.Get("Content-Encoding") != "gzip" ||
				other.Header.Get("Content-Encoding") != "gzip" || text == "" || text != same {
				t.Errorf("%s: %s: %v of %d bytes, %v of %d bytes", host, m[1], zipped.Header, len(text), other.Header,
					len(same))
			}
		}
		if resp, text := open(t, client, http.MethodHead, base+"/", "gzip"); resp.StatusCode != http.StatusOK ||
			text != "" {
			t.Errorf("%s: HEAD: %d %q", host, resp.StatusCode, text)
		}
	}
}

// The card names the public address through each front, and the icon arrives as the bytes that it is. Without a public
// address the card names the Function URL, whatever host the caller names, unless only CloudFront may use that.
func TestDiscovery_cardAndIcon_arriveThroughEachFront(t *testing.T) {
	const secret = "a secret of the origin"
	t.Parallel()
	f := deploy(t)
	i, unnamed := f.start(0, "PARLEY_ACCESS=keys", "PARLEY_PUBLIC_URL=https://parley.example"), f.start(0)
	hidden := f.start(0, "PARLEY_ORIGIN_SECRET="+secret)
	for host, client := range map[string]*http.Client{lambdatest.FunctionURLHost: i.FunctionURL(),
		lambdatest.HTTPAPIHost: i.HTTPAPI()} {
		base := "https://" + host
		for path, want := range map[string]string{"/mcp/server-card": `"url":"https://parley.example/mcp"`,
			"/.well-known/ai-catalog.json": `"url":"https://parley.example/mcp/server-card"`, "/robots.txt": "/i/",
			"/llms.txt": "curl -sS ADDRESS/tools/", "/favicon.ico": "\x89PNG\r\n\x1a\n"} {
			resp, text := open(t, client, http.MethodGet, base+path, "gzip")
			if resp.StatusCode != http.StatusOK || !strings.Contains(text, want) || strings.Contains(text, host) {
				t.Errorf("%s%s: %d %v %q", host, path, resp.StatusCode, resp.Header, text)
			}
			if len(text) > keptBytes {
				t.Errorf("%s has %d bytes, more than docs/cost.md takes an answer to have", path, len(text))
			}
			head, none := open(t, client, http.MethodHead, base+path, "gzip")
			if head.StatusCode != http.StatusOK || none != "" || head.Header.Get("ETag") != resp.Header.Get("ETag") {
				t.Errorf("HEAD %s%s: %d %v", host, path, head.StatusCode, head.Header)
			}
		}
	}
	for _, c := range []struct {
		client *http.Client
		status int
		want   string
	}{
		{unnamed.FunctionURL(), http.StatusOK, `"url":"https://` + lambdatest.FunctionURLHost + `/mcp`},
		{unnamed.HTTPAPI(), http.StatusNotFound, "PublicUrl"},
		{hidden.FunctionURL(), http.StatusNotFound, "PublicUrl"},
	} {
		for _, path := range []string{"/mcp/server-card", "/.well-known/ai-catalog.json"} {
			q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://parley.invalid"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Header = http.Header{"Host": {"evil.example"}, "X-Forwarded-Host": {"evil.example"},
				"X-Origin-Secret": {secret}}
			resp, err := c.client.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			text, err := readAll(resp)
			if err != nil || resp.StatusCode != c.status || !strings.Contains(text, c.want) {
				t.Errorf("%s, without a public address: %d %s %v", path, resp.StatusCode, text, err)
			}
		}
	}
}

func TestPage_answerOfATool_isCompressedThroughEachFront(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0)
	for host, client := range map[string]*http.Client{lambdatest.FunctionURLHost: i.FunctionURL(),
		lambdatest.HTTPAPIHost: i.HTTPAPI()} {
		zipped, text := open(t, client, http.MethodGet, "https://"+host+"/tools/send_message", "gzip")
		plain, same := open(t, client, http.MethodGet, "https://"+host+"/tools/send_message", "br")
		if zipped.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" ||
			text != same || !json.Valid([]byte(text)) {
			t.Errorf("%s: %v of %d bytes, %v of %d bytes", host, zipped.Header, len(text), plain.Header, len(same))
		}
	}
}

// fromPage makes a call as the page of an origin does.
func fromPage(t *testing.T, client *http.Client, origin string, arguments args) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": "wait_for_message", "arguments": arguments},
	})
	if err != nil {
		t.Fatal(err)
	}
	q := mcpRequest(t, "")
	q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	q.Header.Set("Origin", origin)
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// The page has the origin of the Function URL, or of the distribution before it, whose host
// the function does not see.
func TestPage_ofTheServer_mayCall_andNoOther(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	alone, distributed := f.start(0), f.start(0, "PARLEY_PUBLIC_URL=https://parley.example")
	for _, c := range []struct {
		instance *lambdatest.Instance
		origin   string
		allowed  bool
	}{
		{alone, "https://" + lambdatest.FunctionURLHost, true},
		{alone, "https://parley.example", false},
		{alone, "http://" + lambdatest.FunctionURLHost, false},
		{distributed, "https://parley.example", true},
		{distributed, "https://evil.example", false},
		{distributed, "http://parley.example", false},
	} {
		resp := fromPage(t, c.instance.FunctionURL(), c.origin, args{"agent_token": "none"})
		text, err := readAll(resp)
		if err != nil {
			t.Fatal(err)
		}
		if allowed := resp.StatusCode == http.StatusOK; allowed != c.allowed ||
			allowed == strings.Contains(text, "--public-url") {
			t.Errorf("%s: %d %s", c.origin, resp.StatusCode, text)
		}
		if resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other sites may read: %v", c.origin, resp.Header)
		}
	}
}

// The page reads the stream of its wait while the wait is open.
func TestPage_longWait_showsSignsOfLife(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	here, there := f.start(0, "PARLEY_KEEP_ALIVE=100ms"), f.start(0)
	bob := join(t, there.FunctionURL(), "room", "Bob")
	ann := join(t, here.FunctionURL(), "room", "Ann")
	resp := fromPage(t, here.FunctionURL(), "https://"+lambdatest.FunctionURLHost,
		args{"agent_token": ann.AgentToken, "cursor": ann.Cursor, "wait_seconds": 45})
	defer resp.Body.Close()
	stream := bufio.NewReader(resp.Body)
	if line, err := stream.ReadString('\n'); err != nil || line != ": still here\n" {
		t.Fatalf("%q %v", line, err)
	}
	call(t, there.FunctionURL(), "send_message", args{"agent_token": bob.AgentToken, "text": "The build is green."})
	rest, err := io.ReadAll(stream)
	if err != nil || !strings.Contains(string(rest), "event: message\ndata: ") {
		t.Errorf("%q %v", rest, err)
	}
}
