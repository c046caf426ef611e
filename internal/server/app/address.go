package app

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/auth/oauth"
)

// CheckAddresses validates the settings that name addresses.
func (s Settings) CheckAddresses() error {
	if _, reason := publicURL(s.PublicURL); reason != "" {
		return Invalid("public-url", redacted(s.PublicURL), reason)
	}
	for _, host := range s.AllowHost {
		if reason := badHost(host); reason != "" {
			return Invalid("allow-host", host, reason)
		}
	}
	for _, origin := range s.AllowOrigin {
		if reason := badOrigin(origin); reason != "" {
			return Invalid("allow-origin", origin, reason)
		}
	}
	return nil
}

// redacted returns a URL without its password.
func redacted(text string) string {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		return u.Redacted()
	}
	return text
}

// PublicAddress returns the address of MCP below PublicURL, which Validate has accepted;
// "" if there is none.
func (s Settings) PublicAddress() string {
	base, _ := publicURL(s.PublicURL)
	if base == "" {
		return ""
	}
	return base + httpapi.MCPPath
}

// hosts returns the host names to which requests over the loopback may be addressed: AllowHost, and the host of the
// public URL. A proxy or a tunnel on this machine passes on requests with the public host.
func (s Settings) hosts() []string {
	base, _ := publicURL(s.PublicURL)
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return s.AllowedHosts()
	}
	return append(s.AllowedHosts(), u.Hostname())
}

// AllowedHosts returns AllowHost as requests name hosts.
func (s Settings) AllowedHosts() []string {
	list := slices.Clone(s.AllowHost)
	for i, host := range list {
		list[i] = oauth.ASCIIHost(host)
	}
	return list
}

// allowedOrigins returns AllowOrigin as browsers send origins.
func (s Settings) allowedOrigins() []string {
	list := slices.Clone(s.AllowOrigin)
	for i, origin := range list {
		if scheme, host, found := strings.Cut(origin, "://"); found {
			list[i] = scheme + "://" + oauth.ASCIIHost(host)
		}
	}
	return list
}

// publicURL returns the address below which clients reach the server, without a slash at its end, or the reason why
// text is no such address. The path of MCP at the end of text is cut off, since people copy the address from their
// client. An empty text gives an empty address.
func publicURL(text string) (base, reason string) {
	if text == "" {
		return "", ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", "is not a URL; write one such as https://parley.example"
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "must begin with http:// or https://"
	case u.Hostname() == "":
		return "", "has no host; write one such as https://parley.example"
	case strings.Contains(u.Host, "…"):
		return "", "has … in the place of a part; write the whole address"
	case u.User != nil:
		return "", "must not contain a user or a password: every invite would show them"
	case u.RawQuery != "" || u.ForceQuery:
		return "", "must not contain a query (?): give only scheme, host and path"
	case strings.Contains(text, "#"):
		return "", "must not contain a fragment (#): give only scheme, host and path"
	}
	host := oauth.ASCIIHost(u.Host)
	if host == "" {
		return "", "has a host that " + noName + "https://parley.example"
	}
	path := strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), httpapi.MCPPath)
	return u.Scheme + "://" + host + strings.TrimRight(path, "/"), ""
}

// noName is said of a host for which oauth.ASCIIHost returns "", before an example.
const noName = "is no name on the internet; write one such as "

// badHost returns why no Host header can match name, or "".
func badHost(name string) string {
	switch _, err := netip.ParseAddr(name); {
	case err == nil:
		return ""
	case name == "":
		return "is empty; give a host name such as parley.example"
	case strings.Contains(name, "://"):
		return "must not contain a scheme; give only the host name, such as parley.example"
	case strings.Contains(name, "["):
		return "must not contain brackets; give an IPv6 address without them"
	case strings.Contains(name, "/"):
		return "must not contain a path; give only the host name, such as parley.example"
	case strings.Contains(name, ":"):
		return "must not contain a port; the host name alone matches every port"
	case strings.ContainsAny(name, "*@?# "):
		return "is not a host name; give each name in full, such as parley.example"
	case oauth.ASCIIHost(name) == "":
		return noName + "parley.example"
	}
	return ""
}

// badOrigin returns why no Origin header can match origin, or "". Browsers send
// scheme, host and port (RFC 6454, section 6.2), and no port that is the
// scheme's default.
func badOrigin(origin string) string {
	if origin == "*" {
		return ""
	}
	scheme, host, found := strings.Cut(origin, "://")
	u, err := url.Parse(origin)
	switch {
	case !found || scheme == "":
		return "has no scheme; write it as browsers do, such as https://example.org"
	case strings.ContainsAny(host, "/?#"):
		return "must not contain a path; browsers send only scheme, host and port, such as https://example.org"
	case err != nil || u.User != nil || u.Hostname() == "" || strings.Contains(host, "*") ||
		strings.HasSuffix(host, ":"):
		return "is not an origin; write scheme, host and port, such as https://example.org, or * for all"
	case oauth.ASCIIHost(host) == "":
		return "has a host that " + noName + "https://example.org"
	case u.Scheme == "http" && u.Port() == "80", u.Scheme == "https" && u.Port() == "443":
		return "must not contain the default port; browsers leave it out"
	}
	return ""
}
