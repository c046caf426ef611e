package ident

import (
	"fmt"
	"testing"
)

func TestCallerDigest_isOfTheCallerAndTheKeyAndShort(t *testing.T) {
	local := WithPrincipal(WithAddress(t.Context(), "192.0.2.1"), Principal{ID: Local})
	from := func(address string) string { return ClientKey(WithAddress(t.Context(), address)) }
	callers := []string{ClientKey(local), ClientKey(t.Context()), from("192.0.2.1"), from("192.0.2.2"), from("local")}
	seen := map[string]string{}
	for _, key := range []string{"", "a key", "another key"} {
		for _, c := range callers {
			d := CallerDigest(key, c)
			if other, taken := seen[d]; taken || len(d) != 4 || d != CallerDigest(key, c) {
				t.Errorf("the digest of %q under %q is %q, like that of %q", c, key, d, other)
			}
			seen[d] = c
		}
	}
	if ClientKey(local) != ClientKey(WithPrincipal(t.Context(), Principal{ID: Local})) {
		t.Error("a principal counts by its address")
	}
	groups := map[byte]int{}
	for i := range 3200 {
		groups[CallerDigest("a key", from(fmt.Sprint(i)))[3]]++
	}
	for c, n := range groups {
		if n < 50 || n > 150 {
			t.Errorf("%d of 3,200 digests end with %c", n, c)
		}
	}
}
