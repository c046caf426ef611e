package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may lie in each other. A tool call has
// four levels.
const maxDepth = 64

// maxParts is how many commas a body may have outside of its texts, so about how many
// keys and elements: each takes a hundred times its own bytes when it is read. A tool
// call has a dozen.
const maxParts = 4096

// maxExact is the greatest integer that every JSON reader keeps exactly
// (RFC 8259, section 6).
const maxExact = 1 << 53

// refusal is why a request goes no further.
type refusal struct {
	status   int // of HTTP
	code     int // of JSON-RPC
	sentence string
}

func notJSON() *refusal {
	return &refusal{http.StatusBadRequest, codeParse, "The body is not JSON in UTF-8."}
}

func invalid(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, codeInvalid, fmt.Sprintf(format, args...)}
}

// accepts returns what the client takes as an answer, by its Accept headers. One
// that sends none takes JSON. A stream must be asked for by its name: a wildcard
// often stands for a program that reads no events.
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

// mediaType is mime.ParseMediaType, at a fraction of its cost for the two types that
// nearly every request names.
func mediaType(v string) (kind string, params map[string]string, err error) {
	switch v = strings.TrimSpace(v); v {
	case "application/json", "text/event-stream":
		return v, nil, nil
	}
	return mime.ParseMediaType(v)
}

// checkHeaders refuses a POST whose headers say that it cannot be right.
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

// checkMessage returns the id, as it was written, of the JSON-RPC message that
// is body; nil if it has none, as a notification. A body is refused if two
// readers could take it for different messages: text that is not Unicode (a
// decoder would change it silently), keys that occur twice, ids that are
// rounded. So is everything that is no message to a server.
func checkMessage(body []byte) (id json.RawMessage, reason *refusal) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, notJSON()
	}
	if loneSurrogate(body) {
		return nil, &refusal{http.StatusBadRequest, codeParse, `The body has a \u escape that is half of a character: \ud800 to \udfff come in pairs only.`}
	}
	switch bytes.TrimLeft(body, " \t\r\n")[0] {
	case '{':
	case '[':
		return nil, invalid("Batches are no part of MCP. Send one JSON-RPC message in each POST.")
	default:
		return nil, invalid("The body must be a JSON-RPC message, so a JSON object.")
	}
	if reason := checkStructure(body); reason != nil {
		return nil, reason
	}
	return checkEnvelope(body)
}

// checkStructure refuses a valid JSON text that is nested too deeply, has very many
// parts, or has an object with a key twice. Keys that differ in case only are the same to
// encoding/json, and so to what follows.
func checkStructure(text []byte) *refusal {
	var open []map[string]bool // keys seen in the objects around; nil for arrays
	parts := 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case ',':
			if parts++; parts >= maxParts {
				return invalid("The body has more than %d keys and elements.", maxParts)
			}
		case '{':
			open = append(open, map[string]bool{})
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			literal := text[at : at+stringLen(text[at:])]
			at += len(literal) - 1
			// A string with a colon behind it is a key.
			if !bytes.HasPrefix(bytes.TrimLeft(text[at+1:], " \t\r\n"), []byte(":")) {
				continue
			}
			key := unquote(literal)
			seen, name := open[len(open)-1], fold(key)
			if seen[name] {
				return invalid("The key %s occurs twice in one object.", quoted(key))
			}
			seen[name] = true
		}
		if len(open) > maxDepth {
			return invalid("The body is nested more than %d deep.", maxDepth)
		}
	}
	return nil
}

// stringLen returns the length of the JSON string that text begins with.
func stringLen(text []byte) int {
	for at := 1; ; at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
}

// unquote returns what the JSON string stands for.
func unquote(literal []byte) string {
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1])
	}
	var s string
	_ = json.Unmarshal(literal, &s) // it was checked to be valid
	return s
}

// fold maps the spellings that encoding/json takes for one name to one. Beside
// capitals these are the Kelvin sign, of which k is the lower case, and the long
// s, of which s is not.
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "\u017f", "s") }

// checkEnvelope checks the outside of a message to a server. Responses are
// refused: this server never asks anything of a client.
func checkEnvelope(body []byte) (json.RawMessage, *refusal) {
	var m struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  string          `json:"method"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.JSONRPC != "2.0" || m.Method == "" {
		return nil, invalid(`A JSON-RPC message to this server needs "jsonrpc": "2.0" and a "method", both strings.`)
	}
	if m.ID == nil || m.ID[0] == '"' {
		return m.ID, nil
	}
	if n, err := strconv.ParseInt(string(m.ID), 10, 64); err != nil || n < -maxExact || n > maxExact {
		return nil, invalid("The id of a request must be a string, or an integer of at most 2^53.")
	}
	return m.ID, nil
}

// loneSurrogate reports whether the valid JSON text has an escape for half of a
// character without the other half.
func loneSurrogate(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 {
			return false
		}
		unit, ok := escapedUnit(text[at:])
		if !ok {
			text = text[at+2:]
			continue
		}
		text = text[at+6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := escapedUnit(text)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return true
		}
		text = text[6:]
	}
}

// escapedUnit returns the UTF-16 unit that text begins with, if that is a \u
// escape.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}
