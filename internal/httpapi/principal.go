package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/ident"
)

// principalOf returns who sent r: ident.Local for a caller on this machine, where
// nobody else can reach the server; "" for everybody else. Behind a proxy or a tunnel
// every stranger arrives from the loopback. What they leave behind is a header, or the
// name that the stranger called; those that hide cannot be told from a local caller.
func (a *api) principalOf(r *http.Request) string {
	if a.Private && overLoopback(r) && isLoopback(r.RemoteAddr) && isLoopback(r.Host) && !forwarded(r.Header) && !foreign(r.Header) {
		return ident.Local
	}
	return ""
}

// foreign reports whether a page of another machine sent the request. --allow-origin may
// let it call; that makes it nobody's local agent.
func foreign(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Origin"), func(origin string) bool {
		u, err := url.Parse(origin)
		return err != nil || !isLoopback(u.Host)
	})
}

// forwarded reports whether a proxy has passed the request on.
func forwarded(h http.Header) bool {
	for name := range h {
		switch name = strings.ToLower(name); {
		case name == "forwarded", name == "x-real-ip", strings.HasPrefix(name, "x-forwarded-"), strings.HasPrefix(name, "cf-"):
			return true
		}
	}
	return false
}
