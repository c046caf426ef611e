package client

import (
	"net/http"

	"github.com/parley-chat/parley/internal/cli"
)

// Bounded cuts off longer answers: the server may be anybody's.
type Bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b Bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, cli.MaxAnswer)
	return resp, nil
}

// CloseIdleConnections is called by http.Client.
func (b Bounded) CloseIdleConnections() {
	if t, ok := b.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
