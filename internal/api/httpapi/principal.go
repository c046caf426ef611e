package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// principalOf returns the sender of r: ident.Local for a caller on this machine, if no other machine can reach the
// server, else "". An address is never a principal: behind a proxy or a tunnel, every stranger arrives from the
// loopback. A proxy leaves a sign: a header, HTTP/1.0, or the name that the stranger called. A proxy without such a
// sign looks like a local caller.
func (s *server) principalOf(r *http.Request) string {
	if s.Private && overLoopback(r) && isLoopback(r.RemoteAddr) && isLoopback(r.Host) && !forwarded(r) &&
		!foreign(r.Header) {
		return ident.Local
	}
	return ""
}

// foreign reports whether a page of another machine sent the request. --allow-origin may let the page call, but the
// page is no local agent.
func foreign(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Origin"), func(origin string) bool {
		u, err := url.Parse(origin)
		return err != nil || !isLoopback(u.Host)
	})
}

// forwarded reports whether r came through a proxy. Every client of today speaks HTTP/1.1, and nginx by default calls
// in HTTP/1.0.
func forwarded(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) {
		return true
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		switch name {
		case "forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "fly-client-ip":
			return true
		}
		for _, prefix := range []string{"x-forwarded-", "x-envoy-", "cf-"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
