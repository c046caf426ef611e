package httpapi

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// serveSignIn answers a request at a route of sign-in.
func (a *api) serveSignIn(x *exchange, r *http.Request, route oauth.Route) {
	x.route = r.URL.Path
	if route != oauth.Page || r.Method == http.MethodPost {
		a.SignIn.Serve(x, r, a.clientOf(r))
		return
	}
	if x.only(r, http.MethodGet, http.MethodHead, http.MethodPost) && !a.toBrowser(x, r) {
		x.text(http.StatusOK, "Parley: open this address in a browser to sign in.\n")
	}
}

// challenges reports whether a request at MCPPath gets a challenge for what it bears: nothing, or
// something that has no form of ours. Nobody is looked up.
func (a *api) challenges(r *http.Request, d door) bool {
	if !a.mayChallenge(r, d) || isSignIn(d.secret) || strings.HasPrefix(strings.ToLower(d.secret), "pk_") {
		return false
	}
	_, err := ident.ParseToken(d.secret)
	_, link := ident.ParseLinkCode(d.secret)
	return err != nil && !link
}

// mayChallenge reports whether who is not admitted through d may sign in. An address with a secret never
// challenges: its clients would begin a sign-in, and fail.
func (a *api) mayChallenge(r *http.Request, d door) bool {
	return d.route == MCPPath && a.SignIn.Challenges(r.Host)
}

func isSignIn(secret string) bool {
	_, ok := ident.ParseSignIn(secret)
	return ok
}

// challenge answers a caller that may sign in. The status makes clients begin that, and those which do not
// show the sentence.
func (a *api) challenge(x *exchange, r *http.Request) {
	x.refused = fault.KeyInvalid
	x.Header().Set("WWW-Authenticate", a.SignIn.Challenge(r.URL.Path, r.Header.Get("Authorization") != ""))
	if r.Method == http.MethodPost {
		a.readID(x, r)
	}
	x.refuseWith(http.StatusUnauthorized, rpcFault{codeRefused, "This server does not know you. Sign in: press " +
		"Connect in your client. If it has no such button, put a key into its configuration, as the header " +
		"Authorization: Bearer KEY or into the address as /k/KEY/mcp, or use the address of an invite.",
		&faultData{Code: fault.KeyInvalid}})
}
