package ident

import (
	"strings"
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

func TestBeforeInvite_cutWithinACode_isBeforeIt(t *testing.T) {
	code := NewInvite("00112233445566778899aabbccddeeff", "r000000", 2).String()
	for _, code := range []string{code, strings.ToUpper(code), code[:1] + " " + code[1:],
		code[:25] + "\n" + code[25:]} {
		for _, before := range []string{"", "join ", "join\n", "https://parley.example/i/", "http%3A%2F%2Fh%2Fi%2F",
			"größ"} {
			text := before + code + "/mcp"
			for cut := range len(text) {
				want := cut
				if len(before) < cut && cut < len(before+code) {
					want = len(before)
				}
				if got := BeforeInvite(text, cut); got != want {
					t.Errorf("%q, to be cut at %d, is cut at %d, want %d", text, cut, got, want)
				}
			}
		}
	}
	for _, text := range []string{strings.Repeat("0123456789abcdef", 8), "x" + code, code + "x", code[:26],
		code[:9] + "  " + code[9:]} {
		if got := BeforeInvite(text, 26); got != 26 {
			t.Errorf("%q, which has no code, is cut at %d", text, got)
		}
	}
}
