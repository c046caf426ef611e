package outcall

import "net/netip"

// notGlobal lists the blocks that are not public: the special-purpose registries of IANA (RFC 6890) and addresses to
// which hosts of clouds answer. The IPv6 blocks contain another address (Teredo, 6to4), or belong to no single host.
var notGlobal = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4",
	"168.63.129.16/32", // the host of a machine at Azure
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

// globalIPv6 is the part of IPv6 that has been assigned so far. The part contains no loopback, no unique local and
// link-local addresses, no multicast, and neither 64:ff9b::/96 nor 64:ff9b:1::/48, which are kept for NAT64 (RFC 6052,
// RFC 8215).
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// Global reports whether an address is on the public internet: neither in a private network, nor with another address
// inside. An IPv4 address in its IPv6 form counts as the IPv4 address.
func Global(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || ip.Zone() != "" || ip.Is6() && !globalIPv6.Contains(ip) {
		return false
	}
	for _, p := range notGlobal {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
