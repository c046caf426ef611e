package httpapi

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
)

// serveOwnMCP answers at the server's own address of MCP.
func (s *server) serveOwnMCP(ex *exchange, r *http.Request, _ door) {
	s.serveMCP(ex, r, door{MCPPath, bearer(r.Header)})
}

// serveMCP answers a POST with a JSON-RPC message that comes through door. The cases, in order:
//
//   - a browser is led to the page for people;
//   - a caller that must sign in is asked to, by any method;
//   - any other method than POST is refused, but a sign-in that is not valid is refused first, so a client that begins
//     with a GET renews it;
//   - a caller that is not admitted is refused: see refuse;
//   - an admitted caller gets its answer;
//   - without an answer by now, the server stops, and the request was cut off.
func (s *server) serveMCP(ex *exchange, r *http.Request, door door) {
	if ledToPage(ex, r, door) {
		return
	}
	if s.mustSignIn(r, door) {
		s.askToSignIn(ex, r)
		return
	}
	if r.Method != http.MethodPost {
		if s.offersSignIn(r, door) && isSignIn(door.secret) {
			if _, err := s.admit(ex, r, door); err != nil {
				s.refuseAdmission(ex, r, door, err)
				return
			}
		}
		ex.Header().Set("Allow", http.MethodPost)
		without := ""
		if !s.Keys { // with keys only an invite says so
			without = " Without MCP, get this address without " + MCPPath + ", which says what to do."
		}
		ex.refuse(http.StatusMethodNotAllowed, codeRefused, "This is the address of an MCP server: add it to an MCP "+
			"client as it is (transport: Streamable HTTP). It takes POST only, since it keeps no sessions and has no "+
			"stream to GET."+without)
		return
	}
	if asker, err := s.admit(ex, r, door); err != nil {
		s.refuseAdmission(ex, r, door, err)
	} else {
		s.serveAdmitted(ex, r, asker)
	}
	if ex.status == 0 {
		ex.refuse(http.StatusServiceUnavailable, codeInternal, cutOff)
	}
}

// serveAdmitted answers a POST of asker with a JSON-RPC message.
func (s *server) serveAdmitted(ex *exchange, r *http.Request, asker ident.Principal) {
	ctx, stop := s.watch(s.context(ex, r, asker), asker)
	defer stop()
	message, reason := s.receive(ctx, ex, r)
	if reason != nil {
		ex.refuse(reason.status, reason.code, reason.sentence)
		return
	}
	if jsonText, events := accepts(r.Header); events {
		s.serveStream(ctx, ex, r, message, !jsonText)
	} else {
		s.MCP(ex, r.WithContext(ctx), message)
	}
}

// cutOff is for a client that is connected when its request ends without an answer, because the server stops.
const cutOff = "The request was cut off before its answer. Repeat it."

// receive returns the message of r, if the message passes every check. ctx has the caller.
func (s *server) receive(ctx context.Context, ex *exchange, r *http.Request) (*mcp.Message, *refusal) {
	body, reason := s.receiveBody(ex, r, s.MaxBody)
	if reason != nil {
		return nil, s.charged(ctx, ex, reason)
	}
	message, refused := mcp.Parse(body)
	if refused != nil {
		return nil, s.charged(ctx, ex, &refusal{http.StatusBadRequest, refused.Code, refused.Message})
	}
	ex.rpcID = message.ID
	return message, nil
}

// receiveBody returns the body of r, of at most most bytes, if the headers pass every check.
func (s *server) receiveBody(ex *exchange, r *http.Request, most int64) ([]byte, *refusal) {
	if reason := checkHeaders(r, most); reason != nil {
		return nil, reason
	}
	return s.readBody(ex, r, most)
}

// charged charges the caller of ctx for a request that reason refuses, unless the server cannot answer now. It returns
// reason, or that the caller is beyond its limits.
func (s *server) charged(ctx context.Context, ex *exchange, reason *refusal) *refusal {
	if repeats(reason.status) {
		return reason
	}
	beyond := s.charge(ctx, ex, api.OtherBytes)
	if beyond == nil {
		return reason
	}
	return &refusal{http.StatusTooManyRequests, codeRefused, beyond.Message}
}

// refusal is why a request goes no further.
type refusal struct {
	status   int // of HTTP
	code     int // of JSON-RPC
	sentence string
}

// accepts returns which answers the client accepts. A client without an Accept header accepts JSON. A client gets a
// stream only if it names the type: a wildcard often comes from a program that reads no events.
func accepts(header http.Header) (jsonText, events bool) {
	values := header.Values("Accept")
	if len(values) == 0 {
		return true, false
	}
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, params, err := mediaType(part)
		if err != nil || weightOf(params) == 0 {
			continue
		}
		switch kind {
		case "application/json", "application/*", "*/*":
			jsonText = true
		case "text/event-stream":
			events = true
		}
	}
	return jsonText, events
}

// weightOf returns the weight in the parameters of a type in an Accept header (RFC 9110, section 12.4.2). Without a
// number there the weight is 1, and 0 refuses the type.
func weightOf(params map[string]string) float64 {
	q, given := params["q"]
	if !given {
		return 1
	}
	weight, err := strconv.ParseFloat(q, 64)
	if err != nil {
		return 1
	}
	return weight
}

// mediaType is mime.ParseMediaType, at a fraction of the cost for the two types of nearly every request.
func mediaType(v string) (kind string, params map[string]string, err error) {
	v = strings.TrimSpace(v)
	switch v {
	case "application/json", "text/event-stream":
		return v, nil, nil
	}
	return mime.ParseMediaType(v)
}

// checkHeaders refuses a POST with headers that MCP does not allow, or that announce over most bytes.
func checkHeaders(r *http.Request, most int64) *refusal {
	kind, _, err := mediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &refusal{http.StatusUnsupportedMediaType, codeRefused, "The Content-Type must be application/json."}
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return &refusal{http.StatusUnsupportedMediaType, codeRefused, "Send the body without a Content-Encoding."}
	}
	if jsonText, events := accepts(r.Header); !jsonText && !events {
		return &refusal{http.StatusNotAcceptable, codeRefused, "The Accept header must name application/json or " +
			"text/event-stream. Name both to have long answers kept alive."}
	}
	if r.ContentLength > most {
		return tooLarge(most)
	}
	return nil
}

func tooLarge(most int64) *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, codeRefused, fmt.Sprintf("The body is over %d bytes. Send less "+
		"at once.", most)}
}
