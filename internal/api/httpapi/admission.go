package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// The routes whose path admits the caller. Such a path is a secret, so logs and metrics name the route.
const (
	keyPath         = "/k/"
	keyRoute        = keyPath + "{key}" + MCPPath
	invitePageRoute = tools.InvitePath + "{code}"
	inviteRoute     = invitePageRoute + MCPPath
)

// door is the route of a request, with the secret that the request shows.
type door struct {
	route  string
	secret string
}

// hasSecret reports whether the path of d holds the secret.
func (d door) hasSecret() bool { return d.route != MCPPath && d.route != StandbyPath }

// enter returns the principal of a request through d. The error is for the caller.
func (a *api) enter(ex *exchange, r *http.Request, d door) (ident.Principal, error) {
	ctx, address := meter.With(r.Context(), ex.account), a.clientOf(r)
	switch {
	case d.route == inviteRoute:
		return a.Gate.Invite(ctx, d.secret, address)
	case d.route == keyRoute && !a.Keys:
		return ident.Principal{}, fault.Refuse(fault.KeyInvalid,
			"This server needs no key. Take /k/ and the key out of its address, which ends in %s.", MCPPath)
	case !a.Keys:
		return ident.Principal{ID: a.principalOf(r)}, nil
	case d.route == keyRoute:
		return a.Gate.Key(ctx, d.secret)
	case d.route == StandbyPath:
		return a.Gate.Token(ctx, d.secret, address)
	case d.route == uploadRoute:
		return a.Gate.Upload(ctx, d.secret, address)
	case d.route == downloadRoute:
		return a.Gate.Download(ctx, d.secret, address)
	}
	return a.Gate.Bearer(ctx, d.secret, address)
}

// watch returns a context that ends when the key that admitted asker is no longer valid. The caller must call stop when
// the request is over.
func (a *api) watch(ctx context.Context, asker ident.Principal) (watched context.Context, stop func()) {
	if a.Gate == nil {
		return ctx, func() {}
	}
	return a.Gate.Watch(ctx, asker)
}

// strangerBody is how many bytes of a body the server reads for a caller that is not admitted.
const strangerBody = 16 << 10

// refuse answers a request through d that is not admitted with a JSON-RPC error. The body, of which refuse reads at
// most strangerBody, gives only the id. The status depends on what clients do:
//
//   - [MCPPath] answers 200. At 401 and 403 most clients begin a sign-in, even if this server has none, and at other
//     statuses some clients look for an older transport. At 200 all show the sentence to their person and to the model.
//   - An address with a secret answers 404. Clients that hide the sentence then say that the address is wrong.
//
// No such answer has WWW-Authenticate, which begins a sign-in, too. If programs sign in to this server, see challenge.
func (a *api) refuse(ex *exchange, r *http.Request, d door, err error) {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return // the client has left, or the time of the request is over
	}
	if refused.Code == fault.KeyInvalid && isSignIn(d.secret) && a.mayChallenge(r, d) {
		if refused.Reason == fault.ReasonExpired {
			a.renew(ex, r)
		} else {
			a.challenge(ex, r)
		}
		return
	}
	status := ex.recordRefusal(refused, d)
	if refused.RetryAfter == 0 {
		a.readStranger(ex, r)
	}
	if d.route == MCPPath && ex.rpcID != nil {
		status = http.StatusOK
	}
	ex.refuseWith(status, rpcFault{codeRefused, refused.Message,
		&faultData{refused.Code, fault.Seconds(refused.RetryAfter), refused.Reason, refused.By, refused.Note}})
}

// recordRefusal records for the log that a caller is not admitted through d, and returns the HTTP status. At an address
// with a secret the status is not 401, which would tell clients to sign in.
func (x *exchange) recordRefusal(refused *fault.Error, d door) (status int) {
	x.refused = refused.Code
	if refused.RetryAfter > 0 {
		x.Header().Set("Retry-After", strconv.Itoa(fault.Seconds(refused.RetryAfter)))
	}
	status = statusOf(refused.Code)
	if status == http.StatusUnauthorized && d.hasSecret() {
		return http.StatusNotFound
	}
	return status
}

// readStranger reads the message of a POST from a caller that is not admitted, and gives the answer its id. It returns
// nil if the request is malformed or has more than strangerBody.
func (a *api) readStranger(ex *exchange, r *http.Request) *mcp.Message {
	if r.Method != http.MethodPost || a.checkHeaders(r) != nil {
		return nil
	}
	a.context(ex, r, ident.Principal{}) // the body counts for the address
	body, unread := a.readBody(ex, r, strangerBody)
	if unread != nil {
		return nil
	}
	m, bad := mcp.Parse(body)
	if bad != nil {
		return nil
	}
	ex.rpcID = m.ID
	return m
}
