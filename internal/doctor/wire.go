package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/fault"
)

// wire makes requests of MCP, and shows what comes over HTTP.
type wire struct {
	http    *http.Client
	base    string // the address of the server, without /mcp
	version string // of this program
	key     string // that the requests show; "" for none
	invite  string // by whose address they go; "" for none
	wants   bool   // the server admits only who has a key
}

// as returns the wire of somebody with another key, or with none, and without an invite.
func (w *wire) as(key string) *wire {
	other := *w
	other.key, other.invite = key, ""
	return &other
}

// ask makes one request of MCP and stores its result.
func (w *wire) ask(ctx context.Context, method string, params any, headers map[string]string, result any) error {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	resp, err := w.post(ctx, method, params, headers)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return err
	}
	a, ok := answerIn(body)
	switch {
	case !ok:
		return &strange{resp.StatusCode, resp.Header.Get("Content-Type")}
	case a.Error != nil && a.Error.Data.Code == string(fault.KeyInvalid):
		return errTurnedAway
	case a.Error != nil:
		return fmt.Errorf("%d %s: %s", resp.StatusCode, http.StatusText(resp.StatusCode), a.Error.Message)
	}
	return json.Unmarshal(a.Result, result)
}

// errTurnedAway is the error of a request that the server did not admit.
var errTurnedAway = errors.New("the server does not admit the request")

// strange is an answer that is none of MCP's.
type strange struct {
	status int
	kind   string
}

// Error implements error.
func (s *strange) Error() string {
	return fmt.Sprintf("the answer is %d %s, of the type %q", s.status, http.StatusText(s.status), s.kind)
}

// fixOf says what to do about an error of ask.
func fixOf(err error) string {
	var s *strange
	if errors.As(err, &s) {
		return whatStands(s.status)
	}
	return "see the log of the server"
}

// post sends a request of MCP.
func (w *wire) post(ctx context.Context, method string, params any, headers map[string]string) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, client.Place{Base: w.base, Invite: w.invite}.MCP(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", "parley-doctor/"+w.version)
	if w.key != "" {
		req.Header.Set("Authorization", "Bearer "+w.key)
	}
	for k, value := range headers {
		req.Header.Set(k, value)
	}
	resp, err := w.http.Do(req)
	var in *url.Error // whose URL may hold the invite
	if errors.As(err, &in) {
		err = in.Err
	}
	return resp, err
}

// answer is a JSON-RPC message of the server.
type answer struct {
	Method string          `json:"method"` // of a notification
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	} `json:"error"`
}

// answerIn returns the message in a body or in an event; ok is false if there is none.
func answerIn(text []byte) (a answer, ok bool) {
	err := json.Unmarshal(text, &a)
	return a, err == nil && (a.Method != "" || a.Error != nil || a.Result != nil)
}
