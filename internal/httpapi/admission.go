package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/meter"
)

// The routes by which a caller is admitted for what stands in their path. It is a secret:
// logs and metrics name the route.
const (
	keyRoute         = "/k/{key}" + MCPPath
	inviteRoute      = "/i/{code}" + MCPPath
	invitePageRoute  = "/i/{code}"
	keyPathPrefix    = "/k/"
	invitePathPrefix = "/i/"
)

// door is where somebody comes in, and what it shows there.
type door struct {
	route  string
	secret string
}

// secretPath reports whether a path may hold a key or the code of an invite.
func secretPath(path string) bool {
	return strings.HasPrefix(path, keyPathPrefix) || strings.HasPrefix(path, invitePathPrefix)
}

// serveSecretPath answers a request whose path may hold a secret.
func (a *api) serveSecretPath(x *exchange, r *http.Request) {
	h := x.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	parts := strings.Split(strings.TrimSuffix(r.URL.Path, "/")[1:], "/") // "i", the code, "mcp"
	switch {
	case a.Gate == nil:
		nothingHere(x)
	case len(parts) == 3 && "/"+parts[2] == MCPPath && parts[0] == "k":
		x.route = keyRoute
		a.serveMCP(x, r, door{keyRoute, parts[1]})
	case len(parts) == 3 && "/"+parts[2] == MCPPath:
		x.route = inviteRoute
		a.serveMCP(x, r, door{inviteRoute, parts[1]})
	case len(parts) == 2 && parts[0] == "i":
		x.route = invitePageRoute
		if only(x, r, http.MethodGet, http.MethodHead) {
			a.serveInvite(x, r, parts[1])
		}
	default:
		nothingHere(x)
	}
}

// enter returns who comes in through d. Its error is for the caller.
func (a *api) enter(x *exchange, r *http.Request, d door) (ident.Asker, error) {
	ctx, address := meter.With(r.Context(), x.account), a.clientOf(r)
	switch {
	case d.route == inviteRoute:
		return a.Gate.Invite(ctx, d.secret, address)
	case d.route == keyRoute && !a.Keys:
		return ident.Asker{}, fault.Refuse(fault.KeyInvalid, "This server needs no key. Take /k/ and the key out of its address, which ends in %s.", MCPPath)
	case !a.Keys:
		return ident.Asker{Principal: a.principalOf(r)}, nil
	case d.route == keyRoute:
		return a.Gate.Key(ctx, d.secret, address)
	case d.route == StandbyPath:
		return a.Gate.Token(ctx, d.secret, address)
	}
	return a.Gate.Bearer(ctx, d.secret, address)
}

// watch returns r with a context that ends when what admitted asker is no longer valid.
// The caller calls stop when the request is over.
func (a *api) watch(r *http.Request, asker ident.Asker) (watched *http.Request, stop func()) {
	if a.Gate == nil {
		return r, func() {}
	}
	ctx, stop := a.Gate.Watch(r.Context(), asker)
	return r.WithContext(ctx), stop
}

// strangerBody is how much is read of the body of a caller that is not admitted.
const strangerBody = 16 << 10

// turnAway answers a call through d that is not admitted. A request of MCP gets the reason
// as its JSON-RPC error with the HTTP status 200, because clients show their person, and
// later the model, that error and no other: at 401 and 403 most of them begin a sign-in
// that this server does not have, at other statuses they look for an older transport, or
// say that the address is wrong. Of the body only the id is used.
func (a *api) turnAway(x *exchange, r *http.Request, d door, err error) {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return // the client has left, or the time is up
	}
	x.refused = refused.Code
	if refused.RetryAfter > 0 {
		x.Header().Set("Retry-After", strconv.Itoa(fault.Seconds(refused.RetryAfter)))
	}
	status := statusOf(refused.Code)
	if status == http.StatusUnauthorized && d.route != MCPPath {
		status = http.StatusNotFound
	}
	if refused.RetryAfter == 0 && a.checkHeaders(r) == nil {
		a.context(x, r, ident.Asker{})
		if body, unread := a.readBody(x, r, strangerBody); unread == nil {
			if m, bad := mcp.Parse(body); bad == nil && m.ID != nil {
				x.rpcID, status = m.ID, http.StatusOK
			}
		}
	}
	x.refuseWith(status, rpcFault{codeRefused, refused.Message, &faultData{refused.Code, fault.Seconds(refused.RetryAfter)}})
}
