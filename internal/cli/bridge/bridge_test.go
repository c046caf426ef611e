package bridge_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/bridge"
	server "github.com/parley-chat/parley/internal/cli/client"
)

// line is an output line of a bridge.
type line struct {
	ID     int `json:"id"`
	Result struct {
		IsError    bool   `json:"isError"`
		Type       string `json:"resultType"`
		Structured struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Next    string `json:"next"`
			Retry   int    `json:"retry_after_seconds"`
		} `json:"structuredContent"`
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
	} `json:"result"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// client writes to a bridge in the test's process.
type client struct {
	t     *testing.T
	in    io.WriteCloser
	out   *bufio.Scanner
	notes *notes
}

type notes struct {
	sync.Mutex
	bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.Lock()
	defer n.Unlock()
	return n.Buffer.Write(p)
}

func (n *notes) String() string {
	n.Lock()
	defer n.Unlock()
	return n.Buffer.String()
}

// start runs a bridge to the server at url until the test ends.
func start(t *testing.T, url string, patience time.Duration) *client {
	t.Helper()
	return startWith(t, url, bridge.Options{Patience: patience, Grace: time.Millisecond})
}

// startWith is start with other options.
func startWith(t *testing.T, url string, o bridge.Options) *client {
	t.Helper()
	in, write := io.Pipe()
	read, out := io.Pipe()
	c := &client{t: t, in: write, out: bufio.NewScanner(read), notes: &notes{}}
	ended := make(chan error, 1)
	go func() {
		o.Server, o.Version, o.In, o.Out, o.Err = server.Place{Base: url}, "1", in, out, c.notes
		ended <- bridge.Run(t.Context(), o)
		out.Close()
	}()
	t.Cleanup(func() {
		write.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c
}

// ask writes a request and returns the answer.
func (c *client) ask(text string) line {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, text); err != nil {
		c.t.Fatal(err)
	}
	var l line
	if !c.out.Scan() {
		c.t.Fatalf("no answer to %s", text)
	}
	if err := json.Unmarshal(c.out.Bytes(), &l); err != nil {
		c.t.Fatal(err)
	}
	return l
}

const (
	hello      = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`
	send       = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send_message","arguments":{}}}`
	join       = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join_room","arguments":{}}}`
	joined     = `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"agent_token":%q,"agent_name":"Ann","room":{"name":"den"}},"isError":%s}}`
	modernSend = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send_message","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`
)

// answering is a server or a proxy with one answer for everybody.
func answering(t *testing.T, status int, kind, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// moved is a server that redirects everybody to another server.
func moved(t *testing.T, other string) string {
	s := httptest.NewServer(http.RedirectHandler(other, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	return s.URL
}

// nobody is an address without a listener.
func nobody(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return "http://" + ln.Addr().String()
}

func TestRun_whatStandsInFrontAnswers_isSaidToClientAndModel(t *testing.T) {
	const page = "<html>who are you?</html>"
	const rpc = `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not to strangers"}}`
	for name, c := range map[string]struct {
		server  string
		says    string // to whoever asks
		again   string // to a model, as the beginning of next
		retries bool
	}{
		"nobody":      {nobody(t), "connection refused", "Repeat the call. ", true},
		"sign-in":     {answering(t, 401, "text/html", page), "HTTP status 401", "If this goes on", false},
		"forbidden":   {answering(t, 403, "text/html", page), "HTTP status 403", "If this goes on", false},
		"not there":   {answering(t, 404, "text/html", page), "HTTP status 404", "If this goes on", false},
		"bad gateway": {answering(t, 502, "text/html", page), "HTTP status 502", "Repeat the call word for word", true},
		"other JSON": {answering(t, 429, "application/json", `{"message":"slow"}`), "HTTP status 429",
			"Repeat the call word for word", true},
		"a page": {answering(t, 200, "text/html", page), "ended before the answer", "Repeat the call word for word",
			true},
		"cut off": {answering(t, 200, "text/event-stream", ": still here\n\n"), "ended before the answer",
			"Repeat the call word for word", true},
		"elsewhere": {moved(t, nobody(t)), "HTTP status 307", "If this goes on", false},
		"refused":   {answering(t, 403, "application/json", rpc), "not to strangers", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			client := start(t, c.server, time.Millisecond)
			got := client.ask(hello)
			if got.Error == nil || !strings.Contains(got.Error.Message, c.says) ||
				strings.Contains(got.Error.Message, "<html>") {
				t.Errorf("initialize was answered %+v, want %s", got.Error, c.says)
			}
			for _, call := range []string{send, modernSend} {
				r := client.ask(call)
				if c.again == "" {
					if r.Error == nil || r.Error.Message != "not to strangers" {
						t.Errorf("a call was answered %+v", r)
					}
					continue
				}
				f := r.Result.Structured
				if !r.Result.IsError || f.Code != "unavailable" || !strings.Contains(f.Message, c.says) ||
					!strings.HasPrefix(f.Next, c.again) || f.Retry > 0 != c.retries {
					t.Errorf("a call was answered %+v", r)
				}
				if text := r.Result.Content[0].Text; !strings.Contains(text, f.Message) ||
					!strings.Contains(text, f.Next) {
					t.Errorf("the text %q says less than %+v", text, f)
				}
				if r.Result.Type == "complete" != (call == modernSend) {
					t.Errorf("the result type is %q", r.Result.Type)
				}
			}
		})
	}
}

// stuck is the output to a client that does not read.
type stuck struct {
	written chan struct{}
	ended   <-chan struct{}
}

func (s stuck) Write(p []byte) (int, error) {
	s.written <- struct{}{}
	<-s.ended
	return len(p), nil
}

func TestRun_clientDoesNotRead_endsAllTheSame(t *testing.T) {
	in, write := io.Pipe()
	out := stuck{make(chan struct{}, 10), t.Context().Done()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- bridge.Run(ctx, bridge.Options{Server: server.Place{Base: nobody(t)}, Version: "1", In: in, Out: out,
			Err: io.Discard})
	}()
	if _, err := io.WriteString(write, "no message\nno message\n"); err != nil {
		t.Fatal(err)
	}
	<-out.written
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}

// A client and its server often start together. Later the client must not wait.
func TestRun_serverAway_isAskedAgainFor8SecondsAfterTheStart(t *testing.T) {
	clock, tries := clockwork.NewFakeClock(), make(chan struct{}, 9)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		tries <- struct{}{}
	}))
	t.Cleanup(server.Close)
	c := startWith(t, server.URL, bridge.Options{Clock: clock})
	go func() {
		for _, pause := range []time.Duration{time.Second, 6 * time.Second, time.Second} {
			if clock.BlockUntilContext(t.Context(), 1) == nil {
				clock.Advance(pause)
			}
		}
	}()
	for range 2 { // the second request finds no time left, or it would wait for ever
		if got := c.ask(hello); got.Error == nil || !strings.Contains(got.Error.Message, "HTTP status 502") {
			t.Errorf("initialize was answered %+v", got)
		}
	}
	if got := len(tries); got != 4+1 {
		t.Errorf("the server was asked %d times, want 4 times within 8 s and once after them", got)
	}
	if said := c.notes.String(); strings.Count(said, "HTTP status 502") != 2 {
		t.Errorf("the notes are %q, want one for each request", said)
	}
}

// A hook asks for the server right after the answer, so that the hook shows the token to no other server.
func TestRun_answerWithAToken_itsServerIsNotedFirst(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	tokens, err := server.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	for token, refused := range map[string]string{"given": "false", "refused": "true"} {
		url := answering(t, 200, "application/json", fmt.Sprintf(joined, token, refused))
		start(t, url, time.Millisecond).ask(join)
		want := url
		if refused == "true" {
			want = ""
		}
		if got, err := tokens.ServerOf(token); got != want || err != nil {
			t.Errorf("the server of the token %s is %q, %v, want %q", token, got, err, want)
		}
	}
	all, err := tokens.All()
	if err != nil || len(all) != 1 || all[0].Room != "den" || all[0].Name != "Ann" {
		t.Errorf("noted are %+v, %v, want the seat of Ann in the room den", all, err)
	}
}

func TestRun_tokenCannotBeNoted_isSaidAndCallsGoOn(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"a damaged file": func(dir string) error {
			if err := os.Mkdir(filepath.Join(dir, "parley"), 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "parley", "seats.json"), []byte("{"), 0o600)
		},
		"no folder": func(dir string) error { return os.WriteFile(filepath.Join(dir, "parley"), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("XDG_STATE_HOME", dir)
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
			c := start(t, answering(t, 200, "application/json", fmt.Sprintf(joined, "t", "false")), time.Millisecond)
			if got := c.ask(join); got.Error != nil || got.Result.IsError {
				t.Errorf("join_room was answered %+v", got)
			}
			if !strings.Contains(c.notes.String(), "cannot note which server gave a token") {
				t.Errorf("the notes are %q", c.notes)
			}
		})
	}
}

// The server may be anybody's. The bridge does not hold an endless answer.
func TestBridge_hugeAnswer_isCutOff(t *testing.T) {
	for kind, begins := range map[string]string{"application/json": "", "text/event-stream": "data: "} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, begins)
			for block, n := strings.Repeat(" ", 1<<20), 0; n < 20; n++ {
				if _, err := io.WriteString(w, block); err != nil {
					return // the answer was cut off
				}
			}
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"code":"huge"}}}`+"\n\n")
		}))
		c := start(t, server.URL, time.Millisecond)
		if got := c.ask(send).Result.Structured.Code; got != "unavailable" {
			t.Errorf("%s: the answer has the code %q", kind, got)
		}
		server.Close()
	}
}

// Windows may write a byte order mark ahead of piped text.
func TestBridge_byteOrderMark_isNoPartOfTheFirstLine(t *testing.T) {
	c := start(t, answering(t, 200, "application/json", fmt.Sprintf(joined, "t", "false")), time.Millisecond)
	if got := c.ask("\ufeff" + join); got.ID != 1 || got.Result.IsError {
		t.Errorf("%+v", got)
	}
}
