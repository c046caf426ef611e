package httpapi

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// refusal is why a request goes no further.
type refusal struct {
	status   int // of HTTP
	code     int // of JSON-RPC
	sentence string
}

// accepts returns what the client accepts as an answer. A client without an Accept
// header accepts JSON. A client must name a stream to get one: a wildcard often comes
// from a program that reads no events.
func accepts(h http.Header) (jsonText, events bool) {
	values := h.Values("Accept")
	if len(values) == 0 {
		return true, false
	}
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, params, err := mediaType(part)
		if weight, bad := strconv.ParseFloat(params["q"], 64); err != nil || bad == nil && weight == 0 {
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

// mediaType is mime.ParseMediaType at a fraction of its cost for the two types that
// nearly every request names.
func mediaType(v string) (kind string, params map[string]string, err error) {
	switch v = strings.TrimSpace(v); v {
	case "application/json", "text/event-stream":
		return v, nil, nil
	}
	return mime.ParseMediaType(v)
}

// checkHeaders refuses a POST whose headers show that it is wrong.
func (a *api) checkHeaders(r *http.Request) *refusal {
	kind, _, err := mediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &refusal{http.StatusUnsupportedMediaType, codeRefused, "The Content-Type must be application/json."}
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return &refusal{http.StatusUnsupportedMediaType, codeRefused, "Send the body without a Content-Encoding."}
	}
	if jsonText, _ := accepts(r.Header); !jsonText {
		return &refusal{http.StatusNotAcceptable, codeRefused, "The Accept header must name application/json; name text/event-stream, too, to have long answers kept alive."}
	}
	if r.ContentLength > a.MaxBody {
		return a.tooLarge()
	}
	return nil
}

func (a *api) tooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, codeRefused, fmt.Sprintf("The body is over %d bytes. Send less at once.", a.MaxBody)}
}
