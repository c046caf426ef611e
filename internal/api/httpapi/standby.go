package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// StandbyPath is where a program waits in an agent's place, without MCP. The program asks again if the answer has a
// status at which curl repeats a request (408, 429, 5xx), and wakes the agent at any other status. The messages of the
// answer count as handed out to the agent, unless the request has peek=1.
//
//	200  the result of wait_for_message: somebody spoke, or the talk is over
//	408  nothing came
//	409  a newer wait of the same agent took over; with Retry-After, the agent's own wait
//	401  the token is missing or unknown, or the key or invite of its agent is no longer valid
//	410  the seat or the room no longer exists
//	503  the server stops, is full, or its table does not answer
const StandbyPath = "/v1/wait"

// standbyWait is the longest wait of a request. The answer cannot begin with signs of life, and some proxies cut a
// connection after two silent minutes.
const standbyWait = 100 * time.Second

// serveStandby answers a GET of StandbyPath.
func (s *server) serveStandby(ex *exchange, r *http.Request, _ door) {
	if r.Method != http.MethodGet {
		ex.Header().Set("Allow", http.MethodGet)
		ex.standby(http.StatusMethodNotAllowed,
			tools.Refused(&fault.Error{Code: fault.InvalidArgument, Message: "This address takes GET only."}))
		return
	}
	req, refused := standbyRequest(r)
	if refused != nil {
		ex.standby(statusOf(refused.Code), tools.Refused(refused))
		return
	}
	ex.setReadDeadline(time.Time{}) // from now on a read only notices that the client leaves
	asker, err := s.admit(ex, r, door{StandbyPath, req.Token})
	if err != nil {
		standby := ex.refuseStandby(err)
		ex.standby(standbyStatus(standby), standby)
		return
	}
	ctx, stop := s.watch(s.context(ex, r, asker), asker)
	defer stop()
	standby := s.Standby(ctx, req)
	if len(standby.JSON) == 0 {
		standby = standbyCut()
	}
	ex.standby(standbyStatus(standby), standby)
}

// refuseStandby returns the answer to a wait that is not admitted.
func (ex *exchange) refuseStandby(err error) tools.Standby {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return standbyCut()
	}
	ex.refused = refused.Code
	return tools.Refused(refused)
}

// standbyCut returns the answer to a wait that was cut off.
func standbyCut() tools.Standby {
	return tools.Refused(&fault.Error{Code: fault.Unavailable, Message: cutOff, RetryAfter: time.Second})
}

// standbyRequest returns the wait that r asks for.
func standbyRequest(r *http.Request) (chat.WaitRequest, *fault.Error) {
	req := chat.WaitRequest{Wait: standbyWait, Standby: true}

	// An unknown argument is refused before any value is read, since its value may be a token.
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return req, &fault.Error{Code: fault.InvalidArgument, Message: "The query is not well-formed."}
	}
	for key := range query {
		switch key {
		case "cursor", "for_me", "peek", "wait_seconds":
		default:
			return req, &fault.Error{Code: fault.InvalidArgument, Message: "The query takes cursor, for_me, peek and " +
				"wait_seconds only. An agent token goes into the header Authorization (Bearer AGENT_TOKEN) and never " +
				"into an address: addresses are written to logs."}
		}
	}

	// After this, each given value is valid.
	req.Cursor = query.Get("cursor")
	for name, flag := range map[string]*bool{"for_me": &req.ForMe, "peek": &req.Peek} {
		if s := query.Get(name); s != "" {
			*flag, err = strconv.ParseBool(s)
			if err != nil {
				return req, &fault.Error{Code: fault.InvalidArgument, Message: name + " must be 1 or 0."}
			}
		}
	}
	if s := query.Get("wait_seconds"); s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return req, &fault.Error{Code: fault.InvalidArgument, Message: "wait_seconds must be a whole number."}
		}
		req.Wait = min(time.Duration(n)*time.Second, standbyWait)
	}

	// The token comes in a header alone.
	if r.ContentLength != 0 {
		return req, &fault.Error{Code: fault.InvalidArgument, Message: "This address takes no body."}
	}
	req.Token = bearer(r.Header)
	if req.Token == "" {
		return req, &fault.Error{Code: fault.TokenInvalid, Message: "Send the header Authorization: Bearer " +
			"AGENT_TOKEN, with the agent_token that join_room or create_room gave you."}
	}
	return req, nil
}

// bearer returns the token of the Authorization header; "" if there is none, or more
// than one header (RFC 6750, section 2.1).
func bearer(header http.Header) string {
	values := header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// standbyStatus is the HTTP status of standby.
func standbyStatus(standby tools.Standby) int {
	switch {
	case standby.Code != "":
		return statusOf(standby.Code)
	case standby.Status == chat.StatusSuperseded:
		return http.StatusConflict
	case standby.Status == chat.StatusRemoved:
		return http.StatusGone
	case standby.Status == chat.StatusQuiet && standby.Stopping:
		return http.StatusServiceUnavailable
	case standby.Status == chat.StatusQuiet:
		return http.StatusRequestTimeout
	}
	return http.StatusOK
}

// standby answers with the result of a wait.
func (ex *exchange) standby(status int, standby tools.Standby) {
	header := ex.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if standby.Code == "" {
		mcp.AllowCompression(header) // a result of wait_for_message
	}
	switch {
	case status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case repeats(status), standby.RetryAfter > 0:
		header.Set("Retry-After", strconv.Itoa(max(1, fault.Seconds(standby.RetryAfter))))
	}
	ex.WriteHeader(status)
	_, _ = ex.Write(append(standby.JSON, '\n')) // fails only if the client has left
}

// repeats reports whether curl repeats a request at this status.
func repeats(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}
