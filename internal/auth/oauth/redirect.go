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
	if err != nil || u.Hostname() == "" || strings.ContainsFunc(u.Host, notOfHost) || u.User != nil ||
		strings.Contains(address, "#") ||
		strings.ContainsFunc(address, func(c rune) bool { return c <= ' ' || c == '\\' || c > '~' }) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u)
}

// programAt returns the name of the program to which the answers at an address go; "" for one that we do not
// know. The same hosts may have pages of others.
func programAt(address string) string {
	id, ok := strings.CutPrefix(address, "https://chatgpt.com/connector/oauth/")
	other := func(c rune) bool { return !alphanumeric(c) && c != '-' && c != '_' }
	if ok && id != "" && !strings.ContainsFunc(id, other) {
		return "ChatGPT"
	}
	return map[string]string{
		"https://claude.ai/api/mcp/auth_callback":          "Claude",
		"https://claude.com/api/mcp/auth_callback":         "Claude",
		"https://vscode.dev/redirect":                      "VS Code",
		"https://insiders.vscode.dev/redirect":             "VS Code",
		"https://www.cursor.com/agents/mcp/oauth/callback": "Cursor",
		cursorRedirect: "Cursor",
	}[address]
}

// notOfHost reports whether a character is none of a host and its port as it is shown. url.Parse decodes
// what is written with %, and some of that looks like the end of a host.
func notOfHost(c rune) bool { return !alphanumeric(c) && !strings.ContainsRune("-.:[]", c) }

func alphanumeric(c rune) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
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
