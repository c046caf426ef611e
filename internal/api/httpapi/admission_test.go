package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// gated is a site with a gate: a key, a room with an invite, and seats.
type gated struct {
	*site
	keys   *access.Keys
	key    ident.Key
	invite string
	guest  string // the token of a seat that the invite gave
	seated string // the token of a seat that the key gave
	reads  atomic.Int64
	writes atomic.Int64
	asked  atomic.Int64 // how often invites and seats were looked up
}

// logKey is the key of the room's log.
const logKey = "0123456789abcdef"

func newGated(t *testing.T, change ...func(*site, *Options)) *gated {
	t.Helper()
	g := &gated{}
	g.site = newSite(t, append([]func(*site, *Options){func(s *site, o *Options) {
		stored := sqlitetest.Open(t, s.clock)
		counted := &tabletest.Hooks{Table: stored, Before: func(_ context.Context, c tabletest.Call) error {
			if c.Method == tabletest.Write {
				g.writes.Add(1)
			} else {
				g.reads.Add(1)
			}
			return nil
		}}
		g.keys = access.NewKeys(stored, s.clock, o.Logger)
		o.Keys, o.Gate = true, g.gate(counted, s, o)
	}}, change...)...)
	var err error
	g.key, err = g.keys.Add(t.Context(), "ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	v := ident.NewInvite(logKey, "r000000", 1)
	g.invite = v.String()
	g.guest = ident.Token{Room: v.Room, Seat: 1, Secret: ident.NewSecret()}.String()
	g.seated = ident.Token{Room: v.Room, Seat: 2, Secret: ident.NewSecret()}.String()
	return g
}

func (g *gated) gate(t table.Table, s *site, o *Options) *access.Gate {
	return access.New(access.Options{
		Table: t, Clock: s.clock, Logger: o.Logger,
		Invite: func(_ context.Context, v ident.Invite) (bool, error) {
			g.asked.Add(1)
			return v.Of(logKey), nil
		},
		Seat: func(_ context.Context, t ident.Token) (room.Agent, bool, error) {
			g.asked.Add(1)
			switch t.String() {
			case g.guest:
				return room.Agent{Invite: 1}, true, nil
			case g.seated:
				return room.Agent{Principal: ident.KeyPrincipal(g.key.ID)}, true, nil
			}
			return room.Agent{}, false, nil
		},
	})
}

// post returns a call of echo at a path, with an Authorization header unless that is "".
func (g *gated) post(e era, path, bearer string) *http.Request {
	g.t.Helper()
	r := g.request(e.call("7", "echo", "hello", ""))
	r.URL.Path = path
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return r
}

// turned is the part that tests read of the answer to a caller that is not admitted.
type turned struct {
	ID    json.RawMessage
	Error struct {
		Message string
		Data    struct{ Code string }
	}
}

func readTurned(t *testing.T, body string) (got turned) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return got
}

// wrong returns a key that nobody has made.
func wrong() string { return ident.NewKey().String() }

func TestAdmission_eachDoor_admitsWhoItIsFor(t *testing.T) {
	for _, keys := range []bool{true, false} {
		g := newGated(t, func(_ *site, o *Options) { o.Keys = keys })
		key, view := g.key.String(), ident.NewView(logKey, "r000000", 1, 1).String()
		for _, c := range []struct {
			path, bearer string
			keys, open   bool // admitted
		}{
			{"/mcp", "", false, true},
			{"/mcp", key, true, true},
			{"/mcp/", strings.ToUpper(key), true, true},
			{"/mcp", wrong(), false, true},
			{"/mcp", key[:len(key)-1], false, true},
			{"/mcp", g.guest, true, true},
			{"/mcp", g.seated, true, true},
			{"/mcp", ident.Token{Room: "r000000", Seat: 1, Secret: ident.NewSecret()}.String(), false, true},
			{"/mcp", g.invite, false, true},
			{"/mcp", view, false, true},
			{"/k/" + view + "/mcp", "", false, false},
			{"/i/" + view + "/mcp", key, false, false},
			{"/k/" + key + "/mcp", "", true, false},
			{"/k/" + key + "/mcp/", wrong(), true, false},
			{"/k/" + wrong() + "/mcp", key, false, false},
			{"/k//mcp", key, false, false},
			{"/k/" + g.guest + "/mcp", "", false, false},
			{"/i/" + g.invite + "/mcp", "", true, true},
			{"/i/" + strings.ToUpper(g.invite) + "/mcp/", wrong(), true, true},
			{"/i/" + ident.NewInvite("another", "r000000", 1).String() + "/mcp", key, false, false},
			{"/i/" + key + "/mcp", "", false, false},
		} {
			for _, e := range eras() {
				want := c.open
				if keys {
					want = c.keys
				}
				resp, body := g.do(g.post(e, c.path, c.bearer))
				status := 200
				if !want && !strings.HasPrefix(c.path, "/mcp") {
					status = 404
				}
				if resp.StatusCode != status || want != (decode(t, body).text() == "hello") {
					t.Errorf("keys %v, %s, POST %s with %q: %d %s", keys, e.name, c.path, c.bearer, resp.StatusCode,
						body)
				}
				if got := readTurned(t, body); !want &&
					(string(got.ID) != "7" || got.Error.Data.Code != "key_invalid" || got.Error.Message == "") {
					t.Errorf("keys %v, %s, POST %s with %q is turned away with %s", keys, e.name, c.path, c.bearer,
						body)
				}
				if strings.Contains(body, key) || strings.Contains(body, g.invite) {
					t.Errorf("POST %s repeats what was sent: %s", c.path, body)
				}
			}
		}
	}
}

// A caller is not admitted: clients take a header WWW-Authenticate, or the status 401, for the offer of a sign-in.
func TestAdmission_turnedAway_startsNoSignIn(t *testing.T) {
	g := newGated(t)
	secret := wrong()
	notification := g.request(`{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil)
	large := g.request(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":%q}}`,
		strings.Repeat("x", strangerBody)), nil)
	text := g.request(initialize, http.Header{"Content-Type": {"text/plain"}})
	inPath := g.request("no JSON", nil)
	inPath.URL.Path = "/k/" + secret + "/mcp"
	for name, c := range map[string]struct {
		r    *http.Request
		want int
	}{"notification": {notification, 401}, "large": {large, 401}, "text": {text, 401}, "in a path": {inPath, 404}} {
		c.r.Header.Set("Authorization", "Bearer "+secret)
		resp, body := g.do(c.r)
		if got := readTurned(t, body); resp.StatusCode != c.want || got.Error.Data.Code != "key_invalid" {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
		if v := resp.Header.Values("WWW-Authenticate"); len(v) > 0 {
			t.Errorf("%s: WWW-Authenticate %q", name, v)
		}
	}
	for _, path := range []string{
		"/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server/k/" + secret + "/mcp",
		"/k/" + secret + "/mcp/.well-known/openid-configuration",
		"/k/" + secret + "/.well-known/oauth-protected-resource", "/i/" + g.invite + "/.well-known/x", "/k/" + secret,
		"/i/" + g.invite + "/as/a2a", "/i/" + g.invite + "/as//a2a", "/i/" + g.invite + "/as/a/b/a2a", "/a2a/x",
		"/i/" + g.invite + "/a2a/x", "/k/" + secret + "/a2a", "/k/" + secret + cardPath,
		"/k/" + secret + "/v1/wait", "/k/", "/i/", "/i", "/k/a/b/mcp", "/register", "/i/" + g.invite + "/mcp/mcp",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := g.get(path)
			r.Method = method
			if resp, body := g.do(r); resp.StatusCode != 404 {
				t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, body)
			}
		}
	}
}

func TestAdmission_secretsInPaths_areNowhereElse(t *testing.T) {
	g := newGated(t)
	key, lost := g.key.String(), wrong()
	secrets := []string{key, lost, g.invite, g.key.Secret, g.guest}
	call := legacyCall
	for _, path := range []string{"/k/" + key + "/mcp", "/k/" + lost + "/mcp", "/i/" + g.invite + "/mcp",
		"/i/" + g.invite, "/k/" + key + "/other", "/i/" + lost, "/k/" + key, "/i/" + g.invite + a2aPath,
		"/i/" + lost + a2aPath, "/i/" + lost + "/as/" + key + cardPath} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodHead, http.MethodDelete} {
			for _, tool := range []string{"echo", "fail"} {
				r := g.request(call("1", tool, "hello", ""))
				r.URL.Path, r.Method = path, method
				resp, body := g.do(r)
				if got := resp.Header; got.Get("Referrer-Policy") != "no-referrer" ||
					got.Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s has the headers %v", method, path, got)
				}
				for _, secret := range secrets {
					if strings.Contains(fmt.Sprint(resp.Header), secret) ||
						strings.Contains(body, secret) && !(path == "/i/"+g.invite && method == http.MethodGet) {
						t.Errorf("%s %s repeats a secret: %v %s", method, path, resp.Header, body)
					}
				}
			}
		}
	}
	r := g.request(call("1", "block", "hello", ""))
	r.URL.Path = "/k/" + key + "/mcp"
	answer := g.send(r)
	await(t, g.entered)
	g.clock.Advance(DefaultKeepAlive)
	resp := await(t, answer)
	if got := resp.Header; got.Get("Content-Type") != "text/event-stream" ||
		got.Get("Referrer-Policy") != "no-referrer" || got.Get("Cache-Control") != "no-store" {
		t.Errorf("a stream has the headers %v", got)
	}
	g.free()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Error(err)
	}
	log := g.log.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log has a secret: %s", log)
		}
	}
	for _, part := range []string{`"path":"/k/{key}/mcp"`, `"path":"/i/{code}/mcp"`, `"path":"/i/{code}"`,
		`"path":"/i/{code}/a2a"`, `"path":"/i/{code}/as/{name}/.well-known/agent-card.json"`, `"path":"(other)"`, `"msg":"panic"`, `"refused":"key_invalid"`} {
		if !strings.Contains(log, part) {
			t.Errorf("the log has no %s: %s", part, log)
		}
	}
}

// A call with a new key beyond the rate is told when to come again.
func TestAdmission_newInvitesAndTokensBeyondTheirRate_comeAgain(t *testing.T) {
	token := func() string {
		return ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}.String()
	}
	g := newGated(t, func(_ *site, o *Options) { o.TrustProxy = true })
	from := func(r *http.Request, address string) *http.Request {
		r.Header.Set("X-Forwarded-For", address)
		return r
	}
	for n := range 20 {
		path, shown := "/i/"+ident.NewInvite("other", "r000000", n+1).String()+"/mcp", ""
		if n%2 == 0 {
			path, shown = "/mcp", token()
		}
		if _, body := g.do(from(g.post(eras()[n/2%2], path, shown),
			"192.0.2.1")); readTurned(t, body).Error.Data.Code != "key_invalid" {
			t.Fatalf("call %d: %s", n, body)
		}
	}
	g.clock.Advance(time.Second / 20) // a turn for the process
	if resp, body := g.do(from(g.post(eras()[0], "/i/"+g.invite+"/mcp", ""),
		"192.0.2.2")); decode(t, body).text() != "hello" {
		t.Errorf("another address gets %d %s", resp.StatusCode, body)
	}
	if reads, writes := g.reads.Load(), g.writes.Load(); reads != 0 || writes != 0 {
		t.Errorf("%d reads and %d writes", reads, writes)
	}
	const late = 30
	var waiting []<-chan *http.Response
	for n := range late {
		path, shown := "/i/"+ident.NewInvite("another", "r000000", n+1).String()+"/mcp", ""
		if n%2 == 0 {
			path, shown = "/mcp", token()
		}
		waiting = append(waiting, g.send(from(g.post(eras()[n/2%2], path, shown), "192.0.2.1")))
	}
	// The table has timers, too. So nearly all calls wait by now, and a late call has later seconds.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.clock.BlockUntilContext(ctx, late); err != nil {
		t.Fatal("they do not wait for their turn")
	}
	ended := make(chan *http.Response, late)
	for _, answer := range waiting {
		go func() { ended <- await(t, answer) }()
	}
	limited := 0
	poll(t, "all have their turn or are limited", func() bool {
		g.clock.Advance(5 * time.Second)
		for {
			select {
			case resp := <-ended:
				resp.Body.Close()
				waiting = waiting[1:]
				if resp.StatusCode == http.StatusTooManyRequests &&
					resp.Header.Get("Retry-After") == "1" {
					limited++
				}
			default:
				return len(waiting) == 0
			}
		}
	})
	if limited == 0 { // how many is decided in access
		t.Error("no call hears that it should come again in a second")
	}
}

func TestInvitePage_saysWhatToDo_andSpendsNothing(t *testing.T) {
	g := newGated(t)
	for n := range 200 {
		behind := []string{"", ".", ").", "%22,", "%E3%80%82"}[n%5] // in a sentence
		resp, body := g.do(g.get([]string{"/i/", "/I/"}[n%2] + strings.ToUpper(g.invite) + behind))
		if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") ||
			!strings.Contains(body, " "+g.url+"/i/"+g.invite+"/mcp (transport: Streamable HTTP)\n") {
			t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, body)
		}
	}
	if g.reads.Load() != 0 || g.writes.Load() != 0 {
		t.Errorf("%d reads and %d writes of the keys' table", g.reads.Load(), g.writes.Load())
	}
	r := g.request(initialize, nil)
	r.URL.Path = "/I/" + strings.ToUpper(g.invite) + "/mcp"
	if resp, body := g.do(r); resp.StatusCode != 200 || !strings.Contains(body, `"serverInfo"`) {
		t.Errorf("MCP at the link in capitals: %d %s", resp.StatusCode, body)
	}
	g.asked.Store(0)
	for n := range 60 {
		resp, body := g.do(g.get("/i/" + ident.NewInvite("another", "r000000", n%20+1).String()))
		if resp.StatusCode != 404 || body == "" {
			t.Errorf("unknown invite %d: %d %s", n, resp.StatusCode, body)
		}
	}
	if asked := g.asked.Load(); asked != 20 {
		t.Errorf("unknown invites were looked up %d times", asked)
	}
	if resp, body := g.do(g.get("/i/<script>")); resp.StatusCode != 404 || strings.Contains(body, "<") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// A key that is revoked while calls of it wait, in both generations and at the address
// for programs.
func TestAdmission_revokedKey_endsTheCallsThatWait(t *testing.T) {
	g := newGated(t)
	for _, e := range eras() {
		for _, accept := range []string{"application/json", "application/json, text/event-stream"} {
			r := g.request(e.call("7", "block", e.name, ""))
			r.Header.Set("Accept", accept)
			r.Header.Set("Authorization", "Bearer "+g.key.String())
			answer := g.send(r)
			await(t, g.entered)
			if _, err := g.keys.Revoke(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			g.clock.Advance(time.Minute)
			await(t, g.left)
			text, err := io.ReadAll(await(t, answer).Body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), `"isError":true`) ||
				!strings.Contains(string(text), `"code":"key_invalid"`) {
				t.Errorf("%s, %s: %s", e.name, accept, text)
			}
			g.key, err = g.keys.Add(t.Context(), "ann", 0)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
