package outcall

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/outbound"
)

// The reasons why an address is not called. No reason quotes the address, which may hold a secret.
var (
	errForm = forbidden("The address is no URL of a host on the internet. Give one like " +
		"https://example.org/hook, of at most 2,048 bytes.")
	errScheme = forbidden("The address must begin with https://.")
	errPort   = forbidden("The address must use port 443: leave the port out.")
	errUser   = forbidden("The address must not hold a user or a password before its host.")
	errHost   = forbidden("The host of the address must be a public name with a dot, such as example.org: no " +
		"IP address, no name of a local network, no dot at its end. Write a name with other letters than a to z in " +
		"its xn-- form.")
	errOwn = forbidden("The address is one of this server itself, which does not call itself.")
)

// Check returns nil if an address may be called, as far as its form says: https at port 443 of a public name, and with
// Options.Loopback http to this machine. Check asks no DNS. The error is an *Error of kind Forbidden.
func (c *Caller) Check(address string) error {
	_, err := c.parse(address)
	return err
}

// SameOrigin reports whether two addresses that pass Check have the same scheme, host and port. All names of this
// machine are one host.
func (c *Caller) SameOrigin(one, other string) bool {
	a, err := c.parse(one)
	b, failed := c.parse(other)
	return err == nil && failed == nil && a.Scheme == b.Scheme &&
		canonical(net.JoinHostPort(a.Hostname(), portOf(a))) == canonical(net.JoinHostPort(b.Hostname(), portOf(b)))
}

// parse returns an address that passes Check, without its fragment and with its host in lower case.
func (c *Caller) parse(address string) (*url.URL, error) {
	at, err := url.Parse(address)
	if err != nil || len(address) > outbound.MaxAddress || at.Host == "" || strings.HasPrefix(at.Port(), "0") {
		return nil, errForm
	}

	// The address is well-formed. From here on its host is compared in one spelling.
	at.Host, at.Fragment = strings.ToLower(at.Host), ""
	host := at.Hostname()
	local := c.o.Loopback && at.Scheme == "http" && isOwnName(host)
	switch {
	case at.User != nil:
		return nil, errUser
	case at.Scheme != "https" && !local:
		return nil, errScheme
	case !local && !isPublicName(host):
		return nil, errHost
	case c.own[canonical(host)] || c.own[canonical(net.JoinHostPort(host, portOf(at)))]:
		return nil, errOwn
	case !local && portOf(at) != "443":
		return nil, errPort
	}
	return at, nil
}

// portOf returns the port of an http or https address.
func portOf(at *url.URL) string {
	switch {
	case at.Port() != "":
		return at.Port()
	case at.Scheme == "http":
		return "80"
	}
	return "443"
}

// isOwnName reports whether a host is a name of this machine by which it may be called.
func isOwnName(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, host)
}

// canonical returns a host, with or without a port, in the form that comparisons use. All names of this machine are
// one.
func canonical(hostport string) string {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = strings.Trim(hostport, "[]"), ""
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if isOwnName(host) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// local lists domains that the DNS of the internet does not have (RFC 6761, 6762, 8375; ICANN).
var local = []string{"localhost", "local", "internal", "home.arpa"}

// isPublicName reports whether a host in lower case is a name that the DNS of the internet may have. No form of an IP
// address is such a name: everything that resolvers and browsers take for IPv4, such as 127.1 and 0x7f.0.0.1, ends in a
// label that begins with a digit, and no top-level domain does.
func isPublicName(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	for _, domain := range local {
		if strings.HasSuffix(host, "."+domain) {
			return false
		}
	}
	top := labels[len(labels)-1]
	return top[0] >= 'a'
}
