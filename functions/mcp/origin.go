package main

import (
	"cmp"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

const (
	// secretHeader is the header that the distribution adds to each request for this origin.
	secretHeader = "X-Origin-Secret"
	// viewerHeader has the address and the port of the client. CloudFront sets the header, whatever the client sent
	// ("Add CloudFront request headers", CloudFront Developer Guide). X-Forwarded-For is no substitute: clients can
	// choose its first address, and a Function URL may pass on no other.
	viewerHeader = "CloudFront-Viewer-Address"
)

// behindCloudFront serves h to a CloudFront distribution that knows the secret. The request gets the viewer's address
// as the client's address, and the public host as its host: the distribution writes to the function's own host. A
// client that goes around CloudFront could choose its address, so such a client is refused. Without a secret everybody
// is served.
func behindCloudFront(h http.Handler, secret, host string) http.Handler {
	if secret == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), []byte(secret)) != 1 {
			http.Error(w, "Only the proxy in front of this address may use it. Use the public address of this server.",
				http.StatusForbidden)
			return
		}
		r.Header.Del(secretHeader)
		viewer := r.Header.Get(viewerHeader)
		if colon := strings.LastIndexByte(viewer, ':'); colon > 0 { // IPv6 comes without brackets
			r.RemoteAddr = net.JoinHostPort(viewer[:colon], viewer[colon+1:])
		}
		r.Host = cmp.Or(host, r.Host)
		h.ServeHTTP(w, r)
	})
}
