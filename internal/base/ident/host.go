package ident

import "net/netip"

// IsLoopback reports whether a host without port is this machine by its form. IsLoopback does not ask the DNS.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
