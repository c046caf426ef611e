package httpapi

import (
	"context"
	"net/http"

	"github.com/parley-chat/parley/internal/meter"
)

type addressKey struct{}

// Address returns the URL of MCP as the client of a request to it sees it; ""
// for the context of anything else.
func Address(ctx context.Context) string {
	url, _ := ctx.Value(addressKey{}).(string)
	return url
}

// context returns the context of r with what the tools find in it: the account of
// the request, and where it was sent.
func (a *api) context(x *exchange, r *http.Request) context.Context {
	return context.WithValue(meter.With(r.Context(), x.account), addressKey{}, addressOf(r))
}

// addressOf is the URL of MCP on the host that r names. The guard has checked
// the name where a browser could be made to lie.
func addressOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host + MCPPath
}
