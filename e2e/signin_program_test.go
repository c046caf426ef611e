package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
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

// comesFrom makes a request one to the public address, from the n-th address.
func (s *signsIn) comesFrom(r *http.Request, n int) {
	r.Host = strings.TrimPrefix(s.origin, "https://")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n/256%256, n%256))
}

// post sends a body from the n-th address.
func (s *signsIn) post(ctx context.Context, n int, path, kind, body string) (got signInAnswer, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.url, "/mcp")+path,
		strings.NewReader(body))
	if err != nil {
		return got, err
	}
	s.comesFrom(r, n)
	r.Header.Set("Content-Type", kind)
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

// signedInBy signs the holder of a key in, and returns the first pair.
func (s *signsIn) signedInBy(key string) signInAnswer {
	s.t.Helper()
	pair, err := s.exchange(s.t.Context(), 1, s.allowedBy(key))
	if err != nil || pair.Access == "" {
		s.t.Fatalf("%d %s, %v", pair.Status, pair.Error, err)
	}
	return pair
}

// status returns that of a ping of MCP with a token.
func (s *signsIn) status(ctx context.Context, n int, token string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url,
		strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		return 0, err
	}
	s.comesFrom(r, n)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := strangers.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.StatusCode, resp.Body.Close()
}
