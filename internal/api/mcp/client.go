package mcp

import (
	"context"
	"encoding/json"
	"net/http"
)

// Client is the program that makes a call, by the headers and params of the call.
type Client struct {
	Agent    string // its User-Agent header (RFC 9110, section 10.1.5); "": no such header
	Progress bool   // the call reports its progress by notifications
}

type clientKey struct{}

// WithClient returns a context in which a tool finds its caller, c.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientFrom returns the client of the call of ctx; the zero Client if the client is not known.
func ClientFrom(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// withClient returns the context of the call of r with this progress token, and begins to report the call's progress.
func withClient(r *http.Request, progress json.RawMessage) context.Context {
	return WithClient(r.Context(), Client{r.UserAgent(), reportProgress(r.Context(), progress)})
}
