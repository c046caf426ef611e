package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// caller returns a client of the server at base.
func caller(t *testing.T, base string) *client.Client {
	t.Helper()
	c := client.New(base, client.Options{Version: "1.2.3"})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func join(t *testing.T, c *client.Client, name string) results.Joined {
	t.Helper()
	var seat results.Joined
	if err := c.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": name}, &seat); err != nil {
		t.Fatal(err)
	}
	return seat
}

func TestCall_twoAgents_talk(t *testing.T) {
	base := apptest.Serve(t, nil)
	ann, bob := caller(t, base), caller(t, base)
	hers := join(t, ann, "Ann")
	his := join(t, bob, "Bob")
	if hers.Status != "created" || his.Status != "joined" || his.AgentName != "Bob" || his.Room.Name != "tea" ||
		len(his.Room.Agents) != 2 {
		t.Fatalf("%+v, %+v", hers, his)
	}
	var joined results.Waited // Bob's join
	if err := ann.Call(t.Context(), "wait_for_message",
		map[string]any{"agent_token": hers.AgentToken, "cursor": hers.Cursor, "wait_seconds": 0}, &joined); err != nil {
		t.Fatal(err)
	}
	heard := make(chan results.Waited, 1)
	go func() {
		defer close(heard)
		var got results.Waited
		if err := ann.Call(t.Context(), "wait_for_message",
			map[string]any{"agent_token": hers.AgentToken, "cursor": joined.Cursor, "wait_seconds": 60},
			&got); err == nil {
			heard <- got
		}
	}()
	var sent results.Sent
	if err := bob.Call(t.Context(), "send_message",
		map[string]any{"agent_token": his.AgentToken, "text": "Milk?", "ask": "Ann"}, &sent); err != nil || !sent.Sent {
		t.Fatalf("%+v, %v", sent, err)
	}
	got := <-heard
	last := results.Message{}
	if n := len(got.Messages); n > 0 {
		last = got.Messages[n-1]
	}
	if _, err := time.Parse(time.RFC3339, last.At); err != nil || last.ID != sent.ID || last.From != "Bob" ||
		last.Text != "Milk?" || len(last.Ask) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCall_refused_isTheServersError(t *testing.T) {
	c := caller(t, apptest.Serve(t, nil))
	join(t, c, "Ann")
	join(t, c, "Bob")
	err := c.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Cid"}, &results.Joined{})
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.RoomFull || refused.Message == "" || refused.RetryAfter <= 0 {
		t.Errorf("%#v", err)
	}
}

func TestCall_noParleyThere_isUnreachable(t *testing.T) {
	for what, answer := range map[string]http.HandlerFunc{
		"a page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"not found":   http.NotFound,
		"a proxy":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"a login":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"a cut call":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"other calls": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"jsonrpc":"2.0"}`)) },
	} {
		t.Run(what, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			c := caller(t, server.URL)
			err := c.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"},
				&results.Joined{})
			if !errors.As(err, new(*client.Unreachable)) || strings.Count(err.Error(), server.URL) != 2 {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestCall_noServerThere_isSaidWithoutTheStepsOfGo(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	err := caller(t, server.URL).Call(t.Context(), "list_rooms", map[string]any{}, &results.Rooms{})
	want := "the server at " + server.URL + " cannot be reached: " + syscall.ECONNREFUSED.Error() +
		"; " + client.StartIt
	if err == nil || runtime.GOOS != "windows" && err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// heardConn is a connection that says when its user has closed it.
type heardConn struct {
	net.Conn
	closed context.CancelFunc
	gone   <-chan struct{}
}

func (c heardConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// A server of mail or of SSH speaks first. On a busy machine its words come before the request is sent.
func TestCall_serverSpeaksFirst_isSaidToSpeakNoHTTP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
			_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	way := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		gone, closed := context.WithCancel(t.Context())
		return heardConn{conn, closed, gone.Done()}, err
	}}
	late := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { <-c.Conn.(heardConn).gone }, // net/http has read the words
	})
	base := "http://" + ln.Addr().String()
	c := client.New(base, client.Options{HTTP: &http.Client{Transport: way}})
	err = c.Call(late, "list_rooms", map[string]any{}, &results.Rooms{})
	lost := new(client.Unreachable)
	if !errors.As(err, &lost) || client.Reason(err) != "what listens there does not speak HTTP" || !lost.Answered() {
		t.Errorf("%v", err)
	}
}

func TestRefused_inThreeSentences_namesWhoMakesAKey(t *testing.T) {
	for base, own := range map[string]bool{"http://127.0.0.1:8080": true, "http://localhost:1": true,
		"http://192.0.2.7:8080": false, "https://parley.example": false} {
		for _, key := range []string{"", ident.NewKey().String()} {
			said := client.Place{Base: base, Key: key}.Refused()
			if strings.Contains(said, " with parley keys add LABEL. ") != own ||
				!strings.Contains(said, "sk the person who runs the server for ") || strings.Count(said, ". ") > 2 ||
				!strings.HasSuffix(said, ".") {
				t.Errorf("%s: %s", base, said)
			}
		}
	}
}

// The key of one server is shown to no other: whoever is refused there must learn why.
func TestRefused_keyInTheEnvironment_saysWhyItIsNotTaken(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	const base, other = "https://parley.example", "https://other.example"
	for _, c := range []struct{ key, url, want string }{
		{"", other, "Set PARLEY_KEY to your key and PARLEY_URL to " + base},
		{"pk_x", base, "Set PARLEY_KEY to your key and PARLEY_URL to " + base},
		{"pk_x", other, "The key in PARLEY_KEY is for the server at " + other +
			" alone. If it is for this one, set PARLEY_URL to " + base + "."},
		{"pk_x", "", "The key in PARLEY_KEY is for no server, since PARLEY_URL is not set. If"},
	} {
		t.Setenv("PARLEY_KEY", c.key)
		t.Setenv("PARLEY_URL", c.url)
		if said := (client.Place{Base: base}).Refused(); !strings.Contains(said, c.want) {
			t.Errorf("%+v: %s", c, said)
		}
	}
}

func TestCall_endedByItsCaller_isNoFaultOfTheServer(t *testing.T) {
	c := caller(t, apptest.Serve(t, nil))
	seat := join(t, c, "Ann")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- c.Call(ctx, "wait_for_message", map[string]any{"agent_token": seat.AgentToken,
			"cursor": seat.Cursor, "wait_seconds": 60}, &results.Waited{})
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || errors.As(err, new(*client.Unreachable)) {
		t.Errorf("%v", err)
	}
}

func TestServer_environmentThenSavedThenThisMachine(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("PARLEY_URL", "")
	is := func(want string) {
		t.Helper()
		if got, err := client.Server(); got.Base != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	is("http://127.0.0.1:8080")
	if err := client.SaveServer("https://a.example"); err != nil {
		t.Fatal(err)
	}
	is("https://a.example")
	t.Setenv("PARLEY_URL", "https://b.example/mcp")
	is("https://b.example")
	t.Setenv("PARLEY_URL", "nowhere")
	if _, err := client.Server(); err == nil || !strings.Contains(err.Error(), "PARLEY_URL") {
		t.Errorf("%v", err)
	}
}

// A token goes only to the server that the person named, not to another server that the first server names.
func TestCall_redirected_takesNoTokenToAnotherServer(t *testing.T) {
	for name, at := range map[string]string{"to another host": "http://localhost",
		"to another port": "http://127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan string, 10)
			other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				heard <- r.Header.Get("Authorization") + string(body) + fmt.Sprint(err)
			}))
			defer other.Close()
			real, err := url.Parse(apptest.Serve(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			pass := httputil.NewSingleHostReverseProxy(real)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.URL.Path == "/v1/wait" || strings.Contains(string(body), "agent_token") {
					http.Redirect(w, r, at+":"+other.URL[strings.LastIndex(other.URL, ":")+1:]+r.URL.Path,
						http.StatusTemporaryRedirect)
					return
				}
				r.Body, r.Host = io.NopCloser(bytes.NewReader(body)), real.Host
				pass.ServeHTTP(w, r)
			}))
			defer server.Close()
			c := caller(t, server.URL)
			seat := join(t, c, "Ann")
			if err := c.Call(t.Context(), "room_info", map[string]any{"agent_token": seat.AgentToken},
				&results.Info{}); !errors.As(err, new(*client.Unreachable)) ||
				!strings.Contains(err.Error(), "another server") {
				t.Errorf("%v", err)
			}
			if _, err := c.Standby(t.Context(),
				client.StandbyRequest{Token: seat.AgentToken}); !errors.As(err, new(*client.Unreachable)) {
				t.Errorf("%v", err)
			}
			if len(heard) > 0 {
				t.Errorf("the other server heard %q", <-heard)
			}
		})
	}
}

func TestSameServer_whereARedirectMayGo(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"http://a.example/mcp", "http://a.example/b/mcp", true},
		{"http://a.example/mcp", "https://a.example/mcp", true},
		{"https://a.example/mcp", "http://a.example/mcp", false},
		{"https://a.example/mcp", "https://a.example:8443/mcp", false},
		{"https://a.example/mcp", "https://b.a.example/mcp", false},
	} {
		request := func(address string) *http.Request {
			r, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if err := client.SameServer(request(c.to), []*http.Request{request(c.from)}); (err == nil) != c.ok {
			t.Errorf("from %s to %s: %v", c.from, c.to, err)
		}
	}
}
