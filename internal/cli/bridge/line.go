package bridge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli"
)

// line is a line of the input, or the reason why there are no more lines.
type line struct {
	text []byte
	err  error
}

// read sends the lines of in until in ends, and then closes lines. Blank lines are left out.
func read(ctx context.Context, in io.Reader, lines chan<- line) {
	defer close(lines)
	r := sanitize.SkipByteOrderMark(bufio.NewReaderSize(in, 64<<10))
	for {
		text, err := readLine(r)
		text = bytes.TrimSpace(text)
		if len(text) > 0 && !deliver(ctx, lines, line{text: text}) {
			return
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				deliver(ctx, lines, line{err: err})
			}
			return
		}
	}
}

func deliver(ctx context.Context, lines chan<- line, l line) bool {
	select {
	case lines <- l:
		return true
	case <-ctx.Done():
		return false
	}
}

// readLine returns the next line, but at most cli.MaxLine bytes: a cut line is no JSON. With the error io.EOF the line
// may have no end.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part[:min(len(part), cli.MaxLine-len(text))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

// message is a message of the client.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"` // as written; nil in a notification
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"` // nil if absent

	meta meta
}

// meta is what a request of protocol version 2026-07-28 says about its client.
type meta struct {
	Version string                  `json:"io.modelcontextprotocol/protocolVersion"`
	Client  *library.Implementation `json:"io.modelcontextprotocol/clientInfo"`
}

// modern reports whether m is of protocol version 2026-07-28 or later.
func (m message) modern() bool { return library.IsModernProtocol(m.meta.Version) }

// parse reads a line. With an error, the message has the id if the id can be read. The server finds all other faults.
func parse(text []byte) (message, error) {
	var m message
	if text[0] != '{' || !json.Valid(text) {
		return message{}, errors.New("not a JSON-RPC message, which is a JSON object on one line")
	}
	err := json.Unmarshal(text, &m)
	if m.ID != nil && !scalar(m.ID) {
		m.ID, err = nil, errors.New("its id")
	}
	if err != nil || m.JSONRPC != library.JSONRPC_VERSION {
		return m,
			errors.New(`a JSON-RPC message needs "jsonrpc": "2.0"; its method is a string, its id a string or a number`)
	}
	var params struct {
		Meta meta `json:"_meta"`
	}
	_ = json.Unmarshal(m.Params, &params) // the server reports wrong params
	m.meta = params.Meta
	return m, nil
}

// scalar reports whether an id is a string or a number.
func scalar(id json.RawMessage) bool {
	return len(id) > 0 && (id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9')
}
