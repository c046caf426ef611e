package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

const (
	public    = "https://parley.example"
	client    = "https://agent.example/client.json"
	redirect  = "https://agent.example/callback?of=agent"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is a server with one key, and the documents of the internet.
type world struct {
	t       *testing.T
	clock   *clockwork.FakeClock
	server  *oauth.Server
	gate    *access.Gate
	key     string
	address string            // of the network, from which all calls come
	table   table.Table       // which does answer
	calls   atomic.Int64      // of the table
	down    bool              // the table does not answer
	spent   error             // why the holder of the key can pay no more
	web     map[string]string // documents by address
	fetched []string
	slow    func() // is called while a document is fetched
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, address: "192.0.2.1",
		clock: clockwork.NewFakeClockAt(time.Date(2030, 5, 6, 12, 0, 0, 0, time.UTC)),
		web: map[string]string{client: `{"client_id":"` + client + `","client_name":"Agent","redirect_uris":["` +
			redirect + `"]}`}}
	below := sqlitetest.Open(t, w.clock)
	w.table = below
	tab := &tabletest.Hooks{Table: below, Before: func(context.Context, tabletest.Call) error {
		w.calls.Add(1)
		if w.down {
			return fmt.Errorf("%w: it is down", table.ErrUnavailable)
		}
		return nil
	}}
	key, err := access.NewKeys(below, w.clock, secretscan.Logger(t)).Add(t.Context(), "Ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	w.key = key.String()
	w.gate = access.New(access.Options{Table: tab, Clock: w.clock, Logger: secretscan.Logger(t),
		Resource: public + "/mcp"})
	signIns := signin.New(signin.Options{Table: tab, Clock: w.clock, Logger: secretscan.Logger(t),
		Resource: public + "/mcp",
		Begin:    func(ctx context.Context, _ string) (context.Context, error) { return ctx, w.spent },
		Key:      w.gate.KeyEnds})
	w.server = oauth.New(oauth.Options{Public: public, Resource: public + "/mcp", SignIns: signIns, Key: w.gate.Key,
		Guess: w.gate.Guess, Clock: w.clock, Logger: secretscan.Logger(t),
		Judge: func(string) error { return nil }, // package app has the real one
		Document: func(_ context.Context, address string) ([]byte, error) {
			w.fetched = append(w.fetched, address)
			if w.slow != nil {
				w.slow()
			}
			text, there := w.web[address]
			if !there {
				return nil, errors.New("nobody answers")
			}
			return []byte(text), nil
		}})
	return w
}

// got is an answer of the server.
type got struct {
	status int
	header http.Header
	text   string

	Go, Program, Calls, To, Opens, Wrong, Error, Message string
	Description                                          string `json:"error_description"`
	Client                                               string `json:"client_id"`
	Access                                               string `json:"access_token"`
	Refresh                                              string `json:"refresh_token"`
	Expires                                              int    `json:"expires_in"`
}

func (w *world) call(method, path, kind, body string, header ...string) (g got) {
	w.t.Helper()
	r := httptest.NewRequest(method, public+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.server.Serve(answer, r, w.address)
	if err := json.Unmarshal(answer.Body.Bytes(), &g); err != nil {
		w.t.Fatalf("%s: %d, %v", path, answer.Code, err)
	}
	g.status, g.header, g.text = answer.Code, answer.Header(), answer.Body.String()
	return g
}

// asks returns the request of a program for the page, with changes.
func asks(changes ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "state": {"s&1"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "resource": {public + "/mcp"}}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q.Encode()
}

// posts lets the script of the page post.
func (w *world) posts(request, answer, key string) got {
	w.t.Helper()
	return w.postsFrom(request, answer, key, "Origin", public, "Sec-Fetch-Site", "same-origin")
}

func (w *world) postsFrom(request, answer, key string, header ...string) got {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"request": request, "answer": answer, "key": key})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call("POST", "/oauth/authorize", "application/json", string(body), header...)
}

// form posts a form to the token endpoint.
func (w *world) form(parameters ...string) got {
	w.t.Helper()
	q := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return w.call("POST", "/oauth/token", "application/x-www-form-urlencoded", q.Encode())
}

// back returns what the page brings to the program.
func (w *world) back(g got) url.Values {
	w.t.Helper()
	if !strings.HasPrefix(g.Go, redirect+"&") {
		w.t.Fatalf("it goes to %q", g.Go)
	}
	u, err := url.Parse(g.Go)
	if err != nil || u.Query().Get("iss") != public+"/oauth" || u.Query().Get("state") != "s&1" {
		w.t.Fatalf("it brings %q, %v", g.Go, err)
	}
	return u.Query()
}

func (w *world) exchanges(code string, more ...string) got {
	w.t.Helper()
	return w.form(append([]string{"grant_type", "authorization_code", "code", code, "client_id", client,
		"redirect_uri", redirect, "code_verifier", verifier, "resource", public + "/mcp"}, more...)...)
}

// registers returns the id of a program that has registered.
func (w *world) registers(name, redirect string) string {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": []string{redirect}})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call("POST", "/oauth/register", "application/json", string(body)).Client
}

// guess returns a token of the same sign-in with another secret.
func guess(t *testing.T, token string) string {
	t.Helper()
	s, ok := ident.ParseSignIn(token)
	if !ok {
		t.Fatal("it is no token")
	}
	return ident.NewSignInSecret(s.Use, s.Key, s.ID).String()
}
