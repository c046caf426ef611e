package oauth

import (
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// mayRedirect reports whether an answer may go to an address at all: by https, to this computer (RFC 8252, section
// 7.3), or to a native program (see nativeScheme). The address must mean the same to all who read it: a browser leaves
// out the steps of a path, such as "..", and a server may decode what is encoded, and both then lead elsewhere. A step
// needs no slash before it: some servers cut a path at ";".
func mayRedirect(address string) bool {
	u, err := url.Parse(address)
	if err != nil || strings.ContainsAny(address, `#%\`) || hasSteps(u.Path) ||
		strings.ContainsFunc(address, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return false
	}
	if nativeScheme(address) != "" {
		return true
	}
	if u.Hostname() == "" || strings.ContainsFunc(u.Host, notOfHost) || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u)
}

// hasSteps reports whether a path has a part "." or "..", perhaps with parameters behind a semicolon.
func hasSteps(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		step, _, _ := strings.Cut(part, ";")
		if step == "." || step == ".." {
			return true
		}
	}
	return false
}

// nativeScheme returns the scheme of an address that a native program opens; "" if the address has no such scheme. The
// scheme is a domain backwards, as RFC 8252, section 7.1 asks, or the known scheme of a program. Other schemes belong
// to browsers and systems, such as javascript:, intent: and ms-settings:. Any program on a computer can claim a scheme,
// so a scheme proves nothing.
//
// Anybody may register an address, and some paths and queries make a program open a folder or a setting, or add a
// server. So the address has no query, and leads to the part of the program that takes answers: of Claude to the part
// that the desktop program registers, as reports to anthropics/claude-code show, since other parts open chats and
// sessions; of Warp to its mcp host; of editors to an extension (see isExtension).
func nativeScheme(address string) string {
	scheme, rest, _ := strings.Cut(address, ":")
	if !strings.HasPrefix(rest, "/") || !within(rest, smallLetters+strings.ToUpper(smallLetters)+digits+"/-._~:@+=,") {
		return ""
	}
	switch scheme {
	case "claude":
		if rest == "//claude.ai/mcp-auth-callback/sdk" {
			return scheme
		}
		return ""
	case "vscode", "vscode-insiders", "cursor", "windsurf", "warp":
		host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		if scheme == "warp" && host == "mcp" || scheme != "warp" && isExtension(host) {
			return scheme
		}
		return ""
	}
	top, rest, dot := strings.Cut(scheme, ".")
	if !dot || len(top) < 2 || !within(top, smallLetters) || slices.ContainsFunc(strings.Split(rest, "."),
		func(label string) bool { return label == "" || !within(label, smallLetters+digits+"-") }) {
		return ""
	}
	return scheme
}

// isExtension reports whether the host of an address that an editor opens names an extension: publisher.name. Other
// hosts, such as "file", "settings" and "mcp", are commands of the editor itself. One command, of Cursor, has the form
// of an extension.
func isExtension(host string) bool {
	publisher, name, _ := strings.Cut(host, ".")
	return publisher != "" && name != "" && within(publisher+name, smallLetters+digits+"-") &&
		host != "anysphere.cursor-deeplink"
}

const (
	smallLetters = "abcdefghijklmnopqrstuvwxyz"
	digits       = "0123456789"
)

// within reports whether a text has no characters but these.
func within(text, characters string) bool { return strings.Trim(text, characters) == "" }

// programAt returns the name of the program to which the answers at an address go; "" for an unknown program. Other
// programs may have pages at the same hosts. No scheme proves a name: see nativeScheme.
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
	}[address]
}

// notOfHost reports whether a character cannot stand in a host and its port. url.Parse decodes percent-encoding, and
// some decoded text looks like the end of a host.
func notOfHost(c rune) bool { return !alphanumeric(c) && !strings.ContainsRune("-.:[]", c) }

func alphanumeric(c rune) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// redirects reports whether an address is one of a client's. On this computer the port may differ.
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

// isLoopback reports whether the host of an address is this computer, by the form of the host.
func isLoopback(u *url.URL) bool { return ident.IsLoopback(u.Hostname()) }

// withParameters returns an address with further parameters in its query.
func withParameters(address string, parameters url.Values) string {
	join := "?"
	if strings.Contains(address, "?") {
		join = "&"
	}
	return address + join + parameters.Encode()
}
