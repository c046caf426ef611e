package ident

import (
	"net/netip"
	"slices"
	"testing"
)

// This is the only test of the groups of an address.
func TestGroups_addressOfIPv6_isInThreeNetworks(t *testing.T) {
	v6 := Address(netip.MustParseAddr("2001:db8:1:2345:6::7"))
	from := func(address string) string { return ClientKey(WithAddress(t.Context(), address)) }
	for caller, want := range map[string][]Group{
		v6: {{"2001:db8:1:2345::/64", 1}, {"2001:db8:1:2300::/56", 2}, {"2001:db8:1::/48", 4}},
		from(v6): {{"address 2001:db8:1:2345::/64", 1}, {"2001:db8:1:2300::/56", 2},
			{"2001:db8:1::/48", 4}},
		Address(netip.MustParseAddr("::ffff:192.0.2.7")): {{"192.0.2.7", 1}},
		from("192.0.2.7"):    {{"address 192.0.2.7", 1}},
		from(""):             {{"address ", 1}},
		"principal key:abcd": {{"principal key:abcd", 1}},
	} {
		if got := Groups(caller); !slices.Equal(got, want) {
			t.Errorf("%q: %v", caller, got)
		}
		if got := Network(caller); got != want[len(want)-1].Key {
			t.Errorf("%q: %q", caller, got)
		}
	}
}
