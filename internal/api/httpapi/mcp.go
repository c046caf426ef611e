package httpapi

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
)

// serveOwnMCP answers at the server's own address of MCP.
func (a *api) serveOwnMCP(x *exchange, r *http.Request, _ door) {
	a.serveMCP(x, r, door{MCPPath, bearer(r.Header)})
}

// serveMCP answers a POST with a JSON-RPC message that comes through d.
func (a *api) serveMCP(ex *exchange, r *http.Request, d door) {
	if a.challenges(r, d) {
		a.challenge(ex, r)
		return
	}
	if r.Method != http.MethodPost {
		if a.mayChallenge(r, d) && isSignIn(d.secret) {
			if _, err := a.enter(ex, r, d); err != nil {
				a.refuse(ex, r, d, err)
				return
			}
		}
		ex.Header().Set("Allow", http.MethodPost)
		ex.refuse(http.StatusMethodNotAllowed, codeRefused, "This is the address of an MCP server: add it to an MCP "+
			"client as it is (transport: Streamable HTTP). It takes POST only, since it keeps no sessions and has no "+
			"stream to GET.")
		return
	}
	if asker, err := a.enter(ex, r, d); err != nil {
		a.refuse(ex, r, d, err)
	} else {
		a.serveAdmitted(ex, r, asker)
	}
	if ex.status == 0 {
		ex.refuse(http.StatusServiceUnavailable, codeInternal, cutOff)
	}
}

// serveAdmitted answers a POST of asker with a JSON-RPC message.
func (a *api) serveAdmitted(ex *exchange, r *http.Request, asker ident.Principal) {
	ctx, stop := a.watch(a.context(ex, r, asker), asker)
	defer stop()
	m, reason := a.receive(ex, r)
	if reason != nil {
		ex.refuse(reason.status, reason.code, reason.sentence)
		return
	}
	if jsonText, events := accepts(r.Header); events {
		a.serveStream(ctx, ex, r, m, !jsonText)
	} else {
		a.MCP(ex, r.WithContext(ctx), m)
	}
}

// cutOff is for a client that is connected when its request ends without an answer, because the server stops.
const cutOff = "The request was cut off before its answer. Repeat it."

// receive returns the message of r, if the message passes every check.
func (a *api) receive(ex *exchange, r *http.Request) (*mcp.Message, *refusal) {
	if reason := a.checkHeaders(r); reason != nil {
		return nil, reason
	}
	body, reason := a.readBody(ex, r, a.MaxBody)
	if reason != nil {
		return nil, reason
	}
	m, refused := mcp.Parse(body)
	if refused != nil {
		return nil, &refusal{http.StatusBadRequest, refused.Code, refused.Message}
	}
	ex.rpcID = m.ID
	return m, nil
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
		if err != nil || refusedBy(params) {
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

// refusedBy reports whether the parameters of a type in an Accept header have the weight 0 (RFC 9110, section 12.4.2).
func refusedBy(params map[string]string) bool {
	q, given := params["q"]
	if !given {
		return false
	}
	weight, err := strconv.ParseFloat(q, 64)
	return err == nil && weight == 0
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

// checkHeaders refuses a POST with headers that MCP does not allow.
func (a *api) checkHeaders(r *http.Request) *refusal {
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
	if r.ContentLength > a.MaxBody {
		return a.tooLarge()
	}
	return nil
}

func (a *api) tooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, codeRefused, fmt.Sprintf("The body is over %d bytes. Send less "+
		"at once.", a.MaxBody)}
}
