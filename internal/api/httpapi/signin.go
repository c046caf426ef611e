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
func (a *api) serveOpenAIChallenge(x *exchange, _ *http.Request, _ door) {
	x.text(http.StatusOK, a.OpenAIChallenge)
}

// serveSignIn answers a request at a route of sign-in.
func (a *api) serveSignIn(ex *exchange, r *http.Request, route oauth.Route) {
	ex.route = r.URL.Path
	if route != oauth.Page || r.Method == http.MethodPost {
		a.SignIn.Serve(ex, r, a.clientOf(r))
		return
	}
	if ex.only(r, http.MethodGet, http.MethodHead, http.MethodPost) && !a.toBrowser(ex, r) {
		ex.text(http.StatusOK, "Parley: open this address in a browser to sign in.\n")
	}
}

// challenges reports whether a request at MCPPath gets a challenge for its secret: no secret, or a secret in none of
// our forms. Nothing is read.
func (a *api) challenges(r *http.Request, d door) bool {
	if !a.mayChallenge(r, d) || isSignIn(d.secret) || strings.HasPrefix(strings.ToLower(d.secret), "pk_") {
		return false
	}
	_, err := ident.ParseToken(d.secret)
	_, link := ident.ParseLinkCode(d.secret)
	return err != nil && !link
}

// mayChallenge reports whether a caller that is not admitted through d may sign in. An address with a secret never
// challenges: its clients would begin a sign-in, and fail.
func (a *api) mayChallenge(r *http.Request, d door) bool {
	return d.route == MCPPath && a.SignIn.Challenges(r.Host)
}

func isSignIn(secret string) bool {
	_, ok := ident.ParseSignIn(secret)
	return ok
}

// signInFirst is what a person reads who must sign in.
const signInFirst = "This server does not know you. Sign in: press Connect in your client. If it has no such button, " +
	"put a key into its configuration, as the header Authorization: Bearer KEY or into the address as /k/KEY/mcp, or " +
	"use the address of an invite."

// challenge asks a caller to sign in, for the first time or again.
func (a *api) challenge(x *exchange, r *http.Request) {
	m := a.readStranger(x, r)
	if m == nil || !tools.IsChatGPT(mcp.Client{Agent: r.UserAgent()}) || !a.challengeByResult(x, r, m) {
		a.challengeByStatus(x, r)
	}
}

// renew answers a caller whose access token is too old. At this status, the program of the caller gets another token
// without its person.
func (a *api) renew(x *exchange, r *http.Request) {
	a.readStranger(x, r)
	a.challengeByStatus(x, r)
}

// challengeByStatus makes clients begin a sign-in by the status. Clients that begin none show the sentence.
func (a *api) challengeByStatus(x *exchange, r *http.Request) {
	x.refused = fault.KeyInvalid
	x.Header().Set("WWW-Authenticate", a.SignIn.Challenge(r.URL.Path, r.Header.Get("Authorization") != ""))
	x.refuseWith(http.StatusUnauthorized, rpcFault{codeRefused, signInFirst, &faultData{Code: fault.KeyInvalid}})
}

// challengeByResult makes ChatGPT begin a sign-in by the result of a call, since ChatGPT ignores the status (see
// developers.openai.com/apps-sdk/build/auth). It reports whether m calls a tool. The models of other clients would read
// the result as a failure of the tool, and give up.
func (a *api) challengeByResult(ex *exchange, r *http.Request, m *mcp.Message) bool {
	result := mcp.RefusedCall(r.Header, m, &results.Failure{Code: string(fault.KeyInvalid), Message: signInFirst},
		map[string]any{"mcp/www_authenticate": []string{a.SignIn.Challenge(r.URL.Path, true) +
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
