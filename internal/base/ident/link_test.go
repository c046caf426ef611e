package ident

import (
	"testing"
)

func TestLinks_areOfOneRoomSeatAndNumber(t *testing.T) {
	const logKey, other = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
	first, _ := ParseInvite(NewInvite(logKey, "r000000", 1).String())
	second := NewInvite(logKey, "r000000", 2)
	if !first.Of(logKey) || first.Of(other) || first.secret == second.secret {
		t.Error("an invite is not bound to its log and its number")
	}
	first.Number = 2
	if first.Of(logKey) {
		t.Error("an invite passes under another number")
	}
	claim := NewLinkCode(logKey, "r000000", 3, 17, 0)
	for _, x := range []LinkCode{NewLinkCode(other, "r000000", 3, 17, 0), NewLinkCode(logKey, "r000000", 4, 17, 0),
		NewLinkCode(logKey, "r000000", 3, 18, 0), NewLinkCode(logKey, "r000000", 3, 17, 1)} {
		if claim.Is(x) {
			t.Errorf("claim %v passes for %v", claim, x)
		}
	}
}
