package ident

import (
	"strings"
	"testing"
)

func TestPasswordHash_ofOnePasswordTwice_differsAndChecks(t *testing.T) {
	one, two := HashPassword("open sesame"), HashPassword("open sesame")
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(one, "sesame") {
		t.Fatalf("%q and %q", one, two)
	}
	for password, want := range map[string]bool{"open sesame": true, "": false, "open": false, "open sesame ": false,
		"Open sesame": false} {
		if got, err := CheckPassword(password, one); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
}

// TestPasswordHash_ofAnotherCost_checks is the reason for the PHC format: the cost
// of new hashes can change while the old ones stay valid.
func TestPasswordHash_ofAnotherCost_checks(t *testing.T) {
	// From the reference implementation, with three passes, 64 KiB, two lanes and 24 bytes.
	const hash = "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHQ$AiN7UXayTFhQfjoNnBfWfLPVye2dvnAR"
	for password, want := range map[string]bool{"password": true, "Password": false} {
		if got, err := CheckPassword(password, hash); got != want || err != nil {
			t.Errorf("%s: %v, %v", password, got, err)
		}
	}
}

func TestPasswordHash_malformed_isAnError(t *testing.T) {
	good := HashPassword("x")
	for _, hash := range []string{
		"", "x", "AAAA$AAAA", good[1:], strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=19456", "m=99999999", 1),
		strings.Replace(good, "t=2", "t=-2", 1), good + "$x", good[:strings.LastIndex(good, "$")+1],
		strings.Replace(good, "m=", "q=", 1),
	} {
		if ok, err := CheckPassword("x", hash); ok || err == nil {
			t.Errorf("%q is accepted: %v", hash, ok)
		}
	}
}
