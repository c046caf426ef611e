package client

import "net/http"

// longestAnswer is the most that one answer of a server may have, in bytes. Parley's have
// about 10 KB, and the stream of a call that waits twelve hours half a megabyte.
const longestAnswer = 8 << 20

// Bounded cuts off answers that are longer: the server may be somebody else's.
type Bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b Bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, longestAnswer)
	return resp, nil
}

// CloseIdleConnections is called by http.Client.
func (b Bounded) CloseIdleConnections() {
	if t, ok := b.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
