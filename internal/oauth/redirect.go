package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// cursorRedirect is the one redirect with a scheme of a program's own.
const cursorRedirect = "cursor://anysphere.cursor-mcp/oauth/callback"

// mayRedirect reports whether an answer may go to an address at all: by https, to this computer
// (RFC 8252, section 7.3), or to Cursor.
func mayRedirect(address string) bool {
	if address == cursorRedirect {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || strings.Contains(address, "#") ||
		strings.ContainsFunc(address, func(c rune) bool { return c <= ' ' || c == '\\' || c > '~' }) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u)
}

// redirects reports whether an address is one of a client's. On this computer any port is.
func redirects(list []string, address string) bool {
	if !mayRedirect(address) {
		return false
	}
	if slices.Contains(list, address) {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || !isLoopback(u) {
		return false
	}
	return slices.ContainsFunc(list, func(known string) bool {
		k, err := url.Parse(known)
		return err == nil && k.Scheme == "http" && k.User == nil && k.Hostname() == u.Hostname() &&
			k.EscapedPath() == u.EscapedPath() && k.RawQuery == u.RawQuery
	})
}

// isLoopback reports whether the host of an address is this computer, by its form.
func isLoopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// withParameters returns an address with further parameters in its query.
func withParameters(address string, parameters url.Values) string {
	join := "?"
	if strings.Contains(address, "?") {
		join = "&"
	}
	return address + join + parameters.Encode()
}
