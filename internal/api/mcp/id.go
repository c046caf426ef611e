package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/base/results"
)

// isID reports whether raw is a string or a number of at most api.MaxID bytes. The server answers with an id exactly as
// the client wrote the id: a client finds its call by the id, and readers of 1.0 or 2^53+1 differ.
func isID(raw json.RawMessage) bool {
	return len(raw) <= api.MaxID && bytes.IndexByte([]byte(`"-0123456789`), raw[0]) >= 0
}

// plainID returns the one spelling of an id, with a quote before a string. A number that every reader represents
// exactly (RFC 8259, section 6) is the same as 1 and as 1.0.
func plainID(id json.RawMessage) string {
	if id[0] == '"' {
		return `"` + text(id)
	}
	const maxExact = 1 << 53
	n, err := strconv.ParseFloat(string(id), 64)
	if err == nil && math.Abs(n) < maxExact && n == math.Trunc(n) {
		return strconv.FormatInt(int64(n), 10)
	}
	return string(id)
}

// Stand-ins for an id: a library decodes a number as a float64, and encodes what is left of the number.
const (
	standIn         = `0`
	standInEnvelope = `{"jsonrpc":"2.0","id":` + standIn + `,`
)

// WithStandIn returns the body of m with a stand-in for its id, for a library, and w for the answer of the library, in
// which w puts the id back. params are the params in the body; nil: none. w has the method Flush, as libraries ask.
func (m *Message) WithStandIn(w http.ResponseWriter, method string, params json.RawMessage) (http.ResponseWriter,
	io.ReadCloser) {
	head := `{"jsonrpc":"2.0",`
	if m.ID != nil {
		head, w = standInEnvelope, idRestorer{w, m.ID}
	}
	head += `"method":` + string(results.JSON(method))
	if params != nil {
		head += `,"params":`
	}
	return w, io.NopCloser(io.MultiReader(bytes.NewReader([]byte(head)), bytes.NewReader(params),
		bytes.NewReader([]byte("}"))))
}

// idRestorer puts an id in the place of its stand-in. Libraries write the head of an answer, or of an event of it, at
// once. In a text of somebody the quotes are escaped.
type idRestorer struct {
	http.ResponseWriter
	id json.RawMessage
}

// Write implements [http.ResponseWriter].
func (r idRestorer) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(standInEnvelope)) {
		head := append(append([]byte(`{"jsonrpc":"2.0","id":`), r.id...), ',')
		_, err := r.ResponseWriter.Write(bytes.Replace(b, []byte(standInEnvelope), head, 1))
		return len(b), err
	}
	return r.ResponseWriter.Write(b)
}

// Flush implements [http.Flusher].
func (r idRestorer) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}
