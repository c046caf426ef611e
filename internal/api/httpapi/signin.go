package httpapi

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// openAIChallengePath is where OpenAI reads Options.OpenAIChallenge before it lists a server in its directory of apps
// (developers.openai.com/apps-sdk/deploy/submission).
const openAIChallengePath = "/.well-known/openai-apps-challenge"

// serveOpenAIChallenge answers with Options.OpenAIChallenge, and nothing beside it.
func (s *server) serveOpenAIChallenge(ex *exchange, _ *http.Request, _ door) {
	ex.text(http.StatusOK, s.OpenAIChallenge)
}

// serveSignIn answers a request at a route of sign-in.
func (s *server) serveSignIn(ex *exchange, r *http.Request, route oauth.Route) {
	ex.route = r.URL.Path
	if route != oauth.Page || r.Method == http.MethodPost {
		s.SignIn.Serve(ex, r, s.clientOf(r))
		return
	}
	if !ex.answeredWrongMethod(r, http.MethodGet, http.MethodHead, http.MethodPost) && !s.answeredBrowser(ex, r) {
		ex.text(http.StatusOK, "Parley: open this address in a browser to sign in.\n")
	}
}

// mustSignIn reports whether a request at MCPPath is asked to sign in because of the form of its secret: it has none,
// or a secret in none of our forms. Nothing is read.
func (s *server) mustSignIn(r *http.Request, door door) bool {
	if !s.offersSignIn(r, door) || isSignIn(door.secret) || strings.HasPrefix(strings.ToLower(door.secret), "pk_") {
		return false
	}
	_, err := ident.ParseToken(door.secret)
	_, link := ident.ParseLinkCode(door.secret)
	return err != nil && !link
}

// offersSignIn reports whether a caller that is not admitted through door may sign in. An address with a secret never
// asks for a sign-in: its clients would begin a sign-in, and fail.
func (s *server) offersSignIn(r *http.Request, door door) bool {
	return door.route == MCPPath && s.SignIn.Challenges(r.Host)
}

func isSignIn(secret string) bool {
	_, ok := ident.ParseSignIn(secret)
	return ok
}

// signInFirst is what a person reads who must sign in.
const signInFirst = "This server does not know you. Sign in: press Connect in your client. If it has no such button, " +
	"put a key into its configuration, as the header Authorization: Bearer KEY or into the address as /k/KEY/mcp, or " +
	"use the address of an invite."

// askToSignIn asks a caller to sign in, for the first time or again: ChatGPT by the result of a call, all others by
// the status.
func (s *server) askToSignIn(ex *exchange, r *http.Request) {
	m := s.readStranger(ex, r)
	if m == nil || !tools.IsChatGPT(mcp.Client{Agent: r.UserAgent()}) || !s.askedByResult(ex, r, m) {
		s.askByStatus(ex, r)
	}
}

// askForFreshToken answers a caller whose access token is too old. At this status, the program of the caller gets
// another token without its person.
func (s *server) askForFreshToken(ex *exchange, r *http.Request) {
	s.readStranger(ex, r)
	s.askByStatus(ex, r)
}

// askByStatus makes clients begin a sign-in by the status. Clients that begin none show the sentence.
func (s *server) askByStatus(ex *exchange, r *http.Request) {
	ex.refused = fault.KeyInvalid
	ex.Header().Set("WWW-Authenticate", s.SignIn.Challenge(r.URL.Path, r.Header.Get("Authorization") != ""))
	ex.refuseWith(http.StatusUnauthorized, rpcFault{codeRefused, signInFirst, &faultData{Code: fault.KeyInvalid}})
}

// askedByResult makes ChatGPT begin a sign-in by the result of a call, since ChatGPT ignores the status (see
// developers.openai.com/apps-sdk/build/auth). It returns true if it has answered: message calls a tool. The models of
// other clients would read the result as a failure of the tool, and give up.
func (s *server) askedByResult(ex *exchange, r *http.Request, message *mcp.Message) bool {
	result := mcp.RefusedCall(r.Header, message, &results.Failure{Code: string(fault.KeyInvalid), Message: signInFirst},
		map[string]any{"mcp/www_authenticate": []string{s.SignIn.Challenge(r.URL.Path, true) +
			`, error_description="Sign in to go on"`}})
	if result == nil {
		return false
	}
	ex.refused = fault.KeyInvalid
	header := ex.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	ex.WriteHeader(http.StatusOK)
	_, _ = ex.Write(result) // fails only if the client has left
	return true
}
