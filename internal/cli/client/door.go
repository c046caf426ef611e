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

// door is how requests get into a server: each shows what admits it. A request that is not
// admitted fails with the server's own *fault.Error; mcp-go would keep only its sentence.
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

// notAdmitted returns the refusal in the answer to a request that was not admitted, whatever
// its status; nil if the answer has none, and can be read by others.
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

	// The bytes that were read stay in the answer: it may be for others.
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

	// After this it is a refusal that has a code of Parley's. Any other answer is for others.
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

// The codes of JSON-RPC with which a server of Parley answers a request before it has read what is asked, or when it
// cannot.
const (
	refusedRequest = -32000
	failedRequest  = -32603
)

// refusedUnread are the statuses of a request of this program that such a server does not take: not under this name of
// its own, not so large, and not so slow. At others servers of MCP say that they want a session.
var refusedUnread = []int{http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusRequestTimeout}

// rest is a body that was partly read.
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
