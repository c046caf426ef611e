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

// door is the credential by which a request comes in. The zero door is for routes that take no credential.
type door struct {
	// route is also the kind of the credential: MCPPath and StandbyPath take it in the header Authorization, all other
	// routes in their path. All addresses below an invite have inviteRoute, also its page, its card and calls of A2A.
	route  string
	secret string // "": the header is missing or malformed, or the path has nothing in its place
}

// hasSecret reports whether the path of d holds the secret.
func (d door) hasSecret() bool { return d.route != MCPPath && d.route != StandbyPath }

// admit returns the principal of a request through door. The error is for the caller.
func (s *server) admit(ex *exchange, r *http.Request, door door) (ident.Principal, error) {
	ctx, address := meter.With(r.Context(), ex.account), s.clientOf(r)
	switch {
	case door.route == inviteRoute:
		return s.Gate.Invite(ctx, door.secret, address)
	case door.route == keyRoute && !s.Keys:
		return ident.Principal{}, fault.Refuse(fault.KeyInvalid,
			"This server needs no key. Take /k/ and the key out of its address, which ends in %s.", MCPPath)
	case !s.Keys:
		return ident.Principal{ID: s.principalOf(r)}, nil
	case door.route == keyRoute:
		return s.Gate.Key(ctx, door.secret)
	case door.route == StandbyPath:
		return s.Gate.Token(ctx, door.secret, address)
	case door.route == uploadRoute:
		return s.Gate.Upload(ctx, door.secret, address)
	case door.route == downloadRoute:
		return s.Gate.Download(ctx, door.secret, address)
	}
	return s.Gate.Bearer(ctx, door.secret, address)
}

// watch returns a context that ends when the key that admitted asker is no longer valid. The caller must call stop when
// the request is over.
func (s *server) watch(ctx context.Context, asker ident.Principal) (watched context.Context, stop func()) {
	if s.Gate == nil {
		return ctx, func() {}
	}
	return s.Gate.Watch(ctx, asker)
}

// strangerBody is how many bytes of a body the server reads for a caller that is not admitted.
const strangerBody = 16 << 10

// refuseAdmission answers a request through door that is not admitted with a JSON-RPC error. The body, of which
// at most strangerBody is read, gives only the id. The status depends on what clients do:
//
//   - [MCPPath] answers 200. At 401 and 403 most clients begin a sign-in, even if this server has none, and at other
//     statuses some clients look for an older transport. At 200 all show the sentence to their person and to the model.
//   - An address with a secret answers 404. Clients that hide the sentence then say that the address is wrong.
//
// No such answer has WWW-Authenticate, which begins a sign-in, too. If programs sign in to this server, see
// askToSignIn.
func (s *server) refuseAdmission(ex *exchange, r *http.Request, door door, err error) {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return // the client has left, or the time of the request is over
	}
	if refused.Code == fault.KeyInvalid && isSignIn(door.secret) && s.offersSignIn(r, door) {
		if refused.Reason == fault.ReasonExpired {
			s.askForFreshToken(ex, r)
		} else {
			s.askToSignIn(ex, r)
		}
		return
	}
	status := ex.recordRefusal(refused, door)
	if refused.RetryAfter == 0 {
		s.readStranger(ex, r)
	}
	if door.route == MCPPath && ex.rpcID != nil {
		status = http.StatusOK
	}
	ex.refuseWith(status, rpcFault{codeRefused, refused.Message,
		&faultData{refused.Code, fault.Seconds(refused.RetryAfter), refused.Reason, refused.By, refused.Note}})
}

// recordRefusal records for the log that a caller is not admitted through door, and returns the HTTP status. At an
// address with a secret the status is not 401, which would tell clients to sign in.
func (ex *exchange) recordRefusal(refused *fault.Error, door door) (status int) {
	ex.refused = refused.Code
	if refused.RetryAfter > 0 {
		ex.Header().Set("Retry-After", strconv.Itoa(fault.Seconds(refused.RetryAfter)))
	}
	status = statusOf(refused.Code)
	if status == http.StatusUnauthorized && door.hasSecret() {
		return http.StatusNotFound
	}
	return status
}

// readStranger reads the message of a POST from a caller that is not admitted, and gives the answer its id. It returns
// nil if the request is malformed or has more than strangerBody.
func (s *server) readStranger(ex *exchange, r *http.Request) *mcp.Message {
	if r.Method != http.MethodPost || checkHeaders(r, s.MaxBody) != nil {
		return nil
	}
	s.context(ex, r, ident.Principal{}) // the body counts for the address
	body, unread := s.readBody(ex, r, strangerBody)
	if unread != nil {
		return nil
	}
	message, bad := mcp.Parse(body)
	if bad != nil {
		return nil
	}
	ex.rpcID = message.ID
	return message
}
