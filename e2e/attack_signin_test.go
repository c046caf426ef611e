package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/ident"
)

// The verifier and the challenge of RFC 7636, appendix B.
const (
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	agentRedirect = "https://agent.example/callback"
	formType      = "application/x-www-form-urlencoded"
)

// signsIn is a program at which strangers may sign in. Its public address is that of origin.
type signsIn struct {
	*program
	origin string
	client string // a program that has registered
}

// newSignsIn starts a program.
func newSignsIn(t *testing.T, origin string) *signsIn {
	t.Helper()
	s := &signsIn{program: start(t, "--trust-proxy", "--access", "keys", "--sign-in", "auto", "--public-url", origin,
		"--metrics-addr", "127.0.0.1:0"), origin: origin}
	got, err := s.post(t.Context(), 1, "/oauth/register", "application/json",
		`{"client_name":"Agent","redirect_uris":["`+agentRedirect+`"]}`)
	if err != nil || got.Client == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	s.client = got.Client
	return s
}

// signInAnswer is what one of the routes of sign-in says.
type signInAnswer struct {
	Status  int
	Go      string
	To      string
	Error   string
	Client  string `json:"client_id"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// post sends a body from the n-th address.
func (s *signsIn) post(ctx context.Context, n int, path, kind, body string) (got signInAnswer, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.url, "/mcp")+path,
		strings.NewReader(body))
	if err != nil {
		return got, err
	}
	r.Host = strings.TrimPrefix(s.origin, "https://")
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n/256%256, n%256))
	if path == "/oauth/authorize" {
		r.Header.Set("Origin", s.origin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := strangers.Do(r)
	if err != nil {
		return got, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	got.Status = resp.StatusCode
	return got, err
}

// answers lets the page of sign-in post what somebody answers to a program that wants its code at an address.
func (s *signsIn) answers(ctx context.Context, n int, client, redirect, answer, key string) (signInAnswer, error) {
	request := url.Values{"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect},
		"code_challenge": {codeChallenge}, "code_challenge_method": {"S256"}, "resource": {s.origin + "/mcp"}}
	body, err := json.Marshal(map[string]string{"request": request.Encode(), "answer": answer, "key": key})
	if err != nil {
		return signInAnswer{}, err
	}
	return s.post(ctx, n, "/oauth/authorize", "application/json", string(body))
}

func (s *signsIn) exchange(ctx context.Context, n int, code string) (signInAnswer, error) {
	return s.post(ctx, n, "/oauth/token", formType, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"client_id": {s.client}, "redirect_uri": {agentRedirect}, "code_verifier": {codeVerifier}}.Encode())
}

func (s *signsIn) refresh(ctx context.Context, n int, token string) (signInAnswer, error) {
	return s.post(ctx, n, "/oauth/token", formType, url.Values{"grant_type": {"refresh_token"},
		"refresh_token": {token}, "client_id": {s.client}}.Encode())
}

// allowedBy returns the code that the program gets from the holder of a key.
func (s *signsIn) allowedBy(key string) (code string) {
	s.t.Helper()
	allowed, err := s.answers(s.t.Context(), 1, s.client, agentRedirect, "allow", key)
	if err != nil {
		s.t.Fatal(err)
	}
	to, err := url.Parse(allowed.Go)
	if err != nil {
		s.t.Fatal(err)
	}
	return to.Query().Get("code")
}

// signedInBy signs the holder of a key in, and returns the code and the first pair.
func (s *signsIn) signedInBy(key string) (code string, pair signInAnswer) {
	s.t.Helper()
	code = s.allowedBy(key)
	pair, err := s.exchange(s.t.Context(), 1, code)
	if err != nil || pair.Access == "" {
		s.t.Fatalf("%d %s, %v", pair.Status, pair.Error, err)
	}
	return code, pair
}

// status returns that of a ping of MCP with a token.
func (s *signsIn) status(ctx context.Context, n int, token string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url,
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		return 0, err
	}
	r.Host = strings.TrimPrefix(s.origin, "https://")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n/256%256, n%256))
	resp, err := strangers.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.StatusCode, resp.Body.Close()
}

// Eve guesses keys on the page, codes and tokens, all from one address. She knows the ids in a token of Ann's.
func TestAttack_signIn_guesses(t *testing.T) {
	s := newSignsIn(t, "https://parley.example")
	key := s.newKey("Ann")
	_, pair := s.signedInBy(key)
	known, ok := ident.ParseSignIn(pair.Refresh)
	if !ok {
		t.Fatal("the token has another form")
	}
	guess := func(use ident.SignInUse) string { return ident.NewSignInSecret(use, known.Key, known.ID).String() }
	const eve = 66
	tries := []func() (signInAnswer, error){
		func() (signInAnswer, error) {
			return s.answers(t.Context(), eve, s.client, agentRedirect, "allow", ident.NewKey().String())
		},
		func() (signInAnswer, error) { return s.exchange(t.Context(), eve, guess(ident.SignInCode)) },
		func() (signInAnswer, error) { return s.refresh(t.Context(), eve, guess(ident.RefreshToken)) },
		func() (signInAnswer, error) {
			return s.post(t.Context(), eve, "/oauth/revoke", formType, "token="+guess(ident.AccessToken))
		},
	}
	n, admitted, late := scaled(800), atomic.Int64{}, atomic.Int64{}
	reads, writes := s.operations()
	var guesses errgroup.Group
	began := time.Now()
	for i := range n {
		guesses.Go(func() error {
			got, err := tries[i%len(tries)]()
			switch {
			case err != nil:
				return err
			case got.Go != "" || got.Access != "":
				admitted.Add(1)
				return fmt.Errorf("guess %d is admitted", i)
			case got.Status == http.StatusTooManyRequests:
				late.Add(1)
			case got.Status != http.StatusOK && got.Error != "invalid_grant":
				return fmt.Errorf("guess %d gets %d %s", i, got.Status, got.Error)
			}
			return nil
		})
	}
	if err := guesses.Wait(); err != nil {
		t.Error(err)
	}
	took := time.Since(began)
	after, wrote := s.operations()
	if most := 2 * (21 + took.Seconds()); after-reads > most || wrote > writes { // two reads for each turn
		t.Errorf("%v reads and %v writes, where %v reads are the most", after-reads, wrote-writes, most)
	}
	if next, err := s.refresh(t.Context(), 1, pair.Refresh); err != nil || next.Access == "" {
		t.Errorf("Ann's program gets %d %s, %v", next.Status, next.Error, err)
	}
	attacks(t, "%d of %d guesses of keys, codes and tokens where programs sign in were admitted in %v; %d had no "+
		"turn, and all cost %v reads and %v writes", admitted.Load(), n, took.Round(time.Millisecond), late.Load(),
		after-reads, wrote-writes)
}

// Eve registers programs, opens the page for them, and sends what has no form of a token.
func TestAttack_signIn_registrations(t *testing.T) {
	s := newSignsIn(t, "https://parley.example")
	n := scaled(20_000)
	reads, writes := s.operations()
	_, took := flood(t, n, func(i int) (answer, error) {
		name := fmt.Sprintf("https://agent.example/%d", i)
		made, err := s.post(t.Context(), i, "/oauth/register", "application/json", `{"redirect_uris":["`+name+`"]}`)
		if err != nil || made.Status != http.StatusCreated {
			return answer{}, fmt.Errorf("a registration gets %d, %v", made.Status, err)
		}
		seen, err := s.answers(t.Context(), i, made.Client, name, "", "")
		if err != nil || seen.To != "https://agent.example" || seen.Go != "" {
			return answer{}, fmt.Errorf("the page gets %+v, %v", seen, err)
		}
		got, err := s.refresh(t.Context(), i, fmt.Sprint("pr_", i))
		if err != nil || got.Error != "invalid_grant" {
			return answer{}, fmt.Errorf("a token that is none gets %+v, %v", got, err)
		}
		return answer{}, nil
	})
	after, wrote := s.operations()
	if after > reads || wrote > writes {
		t.Errorf("%v reads and %v writes", after-reads, wrote-writes)
	}
	attacks(t, "%d registrations, pages and tokens that are none in %v cost %v reads and %v writes", n,
		took.Round(time.Millisecond), after-reads, wrote-writes)
}

// Eve wants the code of a program elsewhere, or under the host of another.
func TestAttack_signIn_foreignRedirects(t *testing.T) {
	s := newSignsIn(t, "https://parley.example")
	key := s.newKey("Ann")
	hosts := []string{"claude.ai%E2%81%84x.evil.example", "claude.ai%EF%BC%8Fx.evil.example", "%D1%81laude.ai",
		"claude.ai%E3%80%82evil.example", "claude.ai;x.evil.example", `claude.ai"x.evil.example`,
		"claude.ai<x.evil.example",
		"claude.ai@evil.example", "claude.ai:x@evil.example", `claude.ai\@evil.example`, "claude.ai#@evil.example",
		"claude.ai%00.evil.example", "claude.ai%2f.evil.example", "claude.ai x.evil.example", "clаude.ai", "",
		"[fe80::1%25x]", "claude.ai\t.evil.example", "claude.ai\r\n.evil.example"}
	var foreign []string
	for _, host := range hosts {
		foreign = append(foreign, "https://"+host+"/callback", "https://"+host, "http://"+host+"/callback")
	}
	for _, host := range spellings("127.0.0.2") { // http is for this computer, by its usual names
		if host != "127.0.0.2" && host != "[::ffff:127.0.0.2]" && host != "[::ffff:7f00:2]" {
			foreign = append(foreign, "http://"+host+"/callback")
		}
	}
	foreign = append(foreign, "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "agent://x",
		"ftp://agent.example/", "//agent.example/", "/callback", "cursor://anysphere.cursor-mcp/oauth/callback/x",
		"cursor://evil", "JAVASCRIPT:alert(1)", "vbscript:x", "blob:https://agent.example/x", "about:blank")
	tried, led := 0, 0
	wantNowhere := func(got signInAnswer, err error, what string) {
		t.Helper()
		tried++
		if err != nil || got.Status != http.StatusBadRequest || got.Go != "" || got.Client != "" {
			led++
			t.Errorf("%q: %+v, %v", what, got, err)
		}
	}
	for _, address := range foreign {
		body, err := json.Marshal(map[string]any{"client_name": "Claude", "redirect_uris": []string{address}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.post(t.Context(), 66, "/oauth/register", "application/json", string(body))
		wantNowhere(got, err, address)
		// Nobody has given this id.
		forged, err := json.Marshal(map[string]any{"n": "Claude", "r": []string{address}})
		if err != nil {
			t.Fatal(err)
		}
		id := "dcr_" + base64.RawURLEncoding.EncodeToString(forged)
		for _, answer := range []string{"", "allow", "cancel"} {
			got, err := s.answers(t.Context(), 66, id, address, answer, key)
			wantNowhere(got, err, address)
		}
	}
	for _, address := range []string{agentRedirect + "/", agentRedirect + "?x", agentRedirect + "/..",
		"https://agent.example/", "https://agent.example:443/callback", "https://agent.example.evil.example/callback",
		"https://AGENT.example/callback",
		"http://agent.example/callback", "http://localhost/callback", "https://evil.example/callback",
		"https://agent.example/%63allback"} {
		for _, answer := range []string{"", "allow", "cancel"} {
			got, err := s.answers(t.Context(), 66, s.client, address, answer, key)
			wantNowhere(got, err, address)
		}
	}
	attacks(t, "%d of %d requests with foreign redirects, spoofed hosts and other schemes led somewhere", led, tried)
}

// Eve runs a server of her own, and uses at Ann's what a person was given at hers.
func TestAttack_signIn_tokensOfAnotherServer(t *testing.T) {
	ann, eve := newSignsIn(t, "https://parley.example"), newSignsIn(t, "https://evil.example")
	key := ann.newKey("Ann")
	_, hers := ann.signedInBy(key)
	code, foreign := eve.signedInBy(eve.newKey("Eve"))
	tries := []func(n int) (int, error){
		func(n int) (int, error) { return ann.status(t.Context(), n, foreign.Access) },
		func(n int) (int, error) { return ann.status(t.Context(), n, hers.Refresh) },
		func(n int) (int, error) {
			got, err := ann.exchange(t.Context(), n, code)
			return got.Status, err
		},
		func(n int) (int, error) {
			got, err := ann.refresh(t.Context(), n, foreign.Refresh)
			return got.Status, err
		},
		func(n int) (int, error) {
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {hers.Refresh},
				"client_id": {ann.client}, "resource": {"https://evil.example/mcp"}}
			got, err := ann.post(t.Context(), n, "/oauth/token", formType, form.Encode())
			return got.Status, err
		},
	}
	admitted := atomic.Int64{}
	n := scaled(400)
	var calls errgroup.Group
	for i := range n {
		calls.Go(func() error {
			status, err := tries[i%len(tries)](i)
			if err == nil && status < 400 {
				admitted.Add(1)
				err = fmt.Errorf("try %d gets %d", i, status)
			}
			return err
		})
	}
	if err := calls.Wait(); err != nil {
		t.Error(err)
	}
	if status, err := ann.status(t.Context(), 1, hers.Access); status != http.StatusOK || err != nil {
		t.Errorf("Ann's program gets %d, %v", status, err)
	}
	attacks(t, "%d of %d calls with codes and tokens of another server, or for it, were admitted", admitted.Load(), n)
}

// Eve has what Ann's program sent, and sends it again at once: a code gets nothing more, and a refresh token the
// pair that Ann's program has.
func TestAttack_signIn_codesAndTokensThatComeAgain(t *testing.T) {
	s := newSignsIn(t, "https://parley.example")
	key := s.newKey("Ann")
	_, pair := s.signedInBy(key)
	next, err := s.refresh(t.Context(), 1, pair.Refresh)
	if err != nil || next.Access == "" {
		t.Fatalf("%+v, %v", next, err)
	}
	n, others := scaled(400), atomic.Int64{}
	again := func(call func(i int) (signInAnswer, error)) {
		t.Helper()
		var calls errgroup.Group
		for i := range n {
			calls.Go(func() error {
				got, err := call(i)
				if got.Access != "" && (got.Access != next.Access || got.Refresh != next.Refresh) {
					others.Add(1)
				}
				return err
			})
		}
		if err := calls.Wait(); err != nil {
			t.Error(err)
		}
	}
	again(func(i int) (signInAnswer, error) { return s.refresh(t.Context(), i, pair.Refresh) })
	if status, err := s.status(t.Context(), 1, next.Access); status != http.StatusOK || err != nil {
		t.Errorf("Ann's program gets %d, %v", status, err)
	}
	code, _ := s.signedInBy(key)
	again(func(i int) (signInAnswer, error) {
		got, err := s.exchange(t.Context(), i, code)
		if got.Access != "" {
			err = fmt.Errorf("the code gets another pair, %v", err)
		}
		return got, err
	})
	if others.Load() > 0 {
		t.Errorf("%d other pairs", others.Load())
	}
	attacks(t, "a refresh token that came again %d times, and a code as often, got %d pairs beside that of the program",
		n, others.Load())
}
