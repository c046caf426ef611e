package mcp

import (
	"context"
	"encoding/json"
	"net/http"
)

// Client is what a call shows of the program that makes it.
type Client struct {
	Agent    string // its User-Agent header (RFC 9110, section 10.1.5); "" if it sent none
	Progress bool   // it gets notifications of progress while the call lasts
}

type clientKey struct{}

// WithClient returns a context in which a tool finds who calls it.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientFrom returns who makes the call of ctx; the zero Client if that is not known.
func ClientFrom(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// withClient returns the context of a call that came with r and this progress token, and
// begins to report its progress.
func withClient(r *http.Request, progress json.RawMessage) context.Context {
	return WithClient(r.Context(), Client{r.UserAgent(), reportProgress(r.Context(), progress)})
}
