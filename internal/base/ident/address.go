package ident

import (
	"net/netip"
	"strings"
)

// narrowest is how many bits of an IPv6 address tell callers apart: a host has all addresses of the other half for
// itself.
const narrowest = 64

// wider are the networks around a /64 that count, too, and how many times as much each may have. A provider gives a
// household a /56, and a company or a server a /48 (RFC 6177).
var wider = []struct{ bits, times int }{{56, 2}, {48, 4}}

// Address returns the network address of a caller for WithAddress: for IPv6 the /64.
func Address(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, narrowest).Masked().String()
}

// Group is what a limit counts together: a caller, or a network from which callers call.
type Group struct {
	Key   string
	Times int64 // how many times as much as a caller the group may have
}

// Groups returns the groups of a caller from ClientKey or Address, the narrowest first. The first group is the caller
// itself. An address of IPv6 also counts for its /56, with twice the limit, and for its /48, with four times the limit.
func Groups(caller string) []Group {
	groups := []Group{{caller, 1}}
	network, err := netip.ParsePrefix(strings.TrimPrefix(caller, addressKind))
	if err != nil {
		return groups
	}
	for _, w := range wider {
		groups = append(groups, Group{netip.PrefixFrom(network.Addr(), w.bits).Masked().String(), int64(w.times)})
	}
	return groups
}

// Network returns the key of the widest group of a caller, for limits of one per network.
func Network(caller string) string {
	groups := Groups(caller)
	return groups[len(groups)-1].Key
}
