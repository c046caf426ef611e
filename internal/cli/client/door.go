package client

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// door adds to each request what admits the request to a server. A request that is not admitted fails with the server's
// own *fault.Error; mcp-go would keep only the error's sentence.
type door struct {
	http.RoundTripper
	bearer   string // "" if there is nothing to show
	admitted func() // is called when the bearer was admitted, and acts once
}

// RoundTrip implements http.RoundTripper.
func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	shows := d.bearer != "" && r.Header.Get("Authorization") == ""
	if shows {
		r.Header.Set("Authorization", "Bearer "+d.bearer)
	}
	resp, err := d.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := notAdmitted(resp); err != nil {
		return nil, err
	}
	if shows && resp.StatusCode == http.StatusOK {
		d.admitted()
	}
	return resp, nil
}

// notAdmitted returns the refusal in the answer to a request that was not admitted, whatever the answer's status.
// notAdmitted returns nil if the answer has no refusal; the answer can still be read.
func notAdmitted(resp *http.Response) error {
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil
	}
	const most = 16 << 10
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		_ = resp.Body.Close()
		return err
	}

	// The bytes stay in the answer, which may be for another reader.
	resp.Body = rest{io.MultiReader(bytes.NewReader(body), resp.Body), resp.Body}
	var answer struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Data    struct {
				Code   fault.Code `json:"code"`
				Reason string     `json:"reason"`
			} `json:"data"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}

	// From here on a refusal has a code of Parley's. Any other answer is for another reader.
	said := answer.Error
	refused := &fault.Error{Code: said.Data.Code, Message: said.Message, Reason: said.Data.Reason}
	switch {
	case refused.Code == fault.KeyInvalid, refused.Code == fault.RateLimited, refused.Code == fault.Removed:
	case refused.Code == fault.Unavailable:
	case refused.Code != "" || said.Message == "" || said.Code != refusedRequest && said.Code != failedRequest:
		return nil
	case resp.StatusCode >= http.StatusInternalServerError:
		refused.Code = fault.Unavailable
	case slices.Contains(refusedUnread, resp.StatusCode):
		refused.Code = fault.NotAllowed
	default:
		return nil
	}
	_ = resp.Body.Close()
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		refused.RetryAfter = min(time.Duration(max(n, 0))*time.Second, longestPause)
	}
	return refused
}

// The JSON-RPC codes with which a Parley server answers a request that the server has not read or cannot read.
const (
	refusedRequest = -32000
	failedRequest  = -32603
)

// refusedUnread are the statuses with which a Parley server refuses a request of this program unread: for the name of
// the server, for the size, and for the time. With other statuses MCP servers ask for a session.
var refusedUnread = []int{http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusRequestTimeout}

// rest is a partly read body.
type rest struct {
	io.Reader
	io.Closer
}

// CloseIdleConnections is called by http.Client.
func (d door) CloseIdleConnections() {
	if t, ok := d.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
