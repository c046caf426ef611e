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

// The routes whose path admits the caller. The path is a secret, and paths are logged everywhere:
// logs and metrics name the route.
const (
	keyPath         = "/k/"
	keyRoute        = keyPath + "{key}" + MCPPath
	invitePageRoute = tools.InvitePath + "{code}"
	inviteRoute     = invitePageRoute + MCPPath
)

// door is where somebody comes in, and what it shows there.
type door struct {
	route  string
	secret string
}

// hasSecret reports whether the address of d holds what admits its caller.
func (d door) hasSecret() bool { return d.route != MCPPath && d.route != StandbyPath }

// enter returns who comes in through d. Its error is for the caller.
func (a *api) enter(x *exchange, r *http.Request, d door) (ident.Principal, error) {
	ctx, address := meter.With(r.Context(), x.account), a.clientOf(r)
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

// watch returns a context that ends when the key that admitted asker is no longer valid. The
// caller calls stop when the request is over.
func (a *api) watch(ctx context.Context, asker ident.Principal) (watched context.Context, stop func()) {
	if a.Gate == nil {
		return ctx, func() {}
	}
	return a.Gate.Watch(ctx, asker)
}

// strangerBody is how much is read of the body of a caller that is not admitted.
const strangerBody = 16 << 10

// reject answers a request through d that is not admitted, with a JSON-RPC error. Only the id
// of its body is used, and at most strangerBody of it is read. The status depends on what clients
// make of it. At [MCPPath] it is 200: at 401 and 403 most begin a sign-in that this server does
// not have, and at others some look for an older transport, but all show the sentence of an error
// to their person, and later to the model. At an address with a secret it is 404: clients that
// hide what they hear of such an address then say that it is wrong. No such answer has
// WWW-Authenticate, for the same reason. Where programs sign in there is another one: see challenge.
func (a *api) reject(x *exchange, r *http.Request, d door, err error) {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return // the client has left, or the time is up
	}
	if refused.Code == fault.KeyInvalid && isSignIn(d.secret) && a.mayChallenge(r, d) {
		if refused.Reason == fault.ReasonExpired {
			a.renew(x, r)
		} else {
			a.challenge(x, r)
		}
		return
	}
	status := x.recordRefusal(refused, d)
	if refused.RetryAfter == 0 {
		a.readStranger(x, r)
	}
	if d.route == MCPPath && x.rpcID != nil {
		status = http.StatusOK
	}
	x.refuseWith(status, rpcFault{codeRefused, refused.Message,
		&faultData{refused.Code, fault.Seconds(refused.RetryAfter), refused.Reason, refused.By, refused.Note}})
}

// recordRefusal notes that a caller is not admitted through d, and returns the HTTP status.
// At an address with a secret, 401 would say that there is a sign-in.
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

// readStranger reads the message of a POST from a caller that is not admitted, if the request is in order and not
// large; else it returns nil. The answer then has the id of the message.
func (a *api) readStranger(x *exchange, r *http.Request) *mcp.Message {
	if r.Method != http.MethodPost || a.checkHeaders(r) != nil {
		return nil
	}
	a.context(x, r, ident.Principal{}) // the body counts for the address
	body, unread := a.readBody(x, r, strangerBody)
	if unread != nil {
		return nil
	}
	m, bad := mcp.Parse(body)
	if bad != nil {
		return nil
	}
	x.rpcID = m.ID
	return m
}
