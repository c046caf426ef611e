package ident

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

func TestToken_madeAndRead_isTheSame(t *testing.T) {
	for _, want := range []Token{
		{Room: "0000000", Seat: 0, Secret: "0000000000000000"},
		{Room: "zzzzzzz", Seat: MaxSeat, Secret: "zzzzzzzzzzzzzzzz"},
		{Room: NewRoomID(), Seat: 1, Secret: NewSecret()},
		{Room: NewRoomID(), Seat: 777, Secret: NewSecret()},
	} {
		s := want.String()
		if len(s) != 30 || s != strings.ToLower(s) {
			t.Errorf("%+v is %q", want, s)
		}
		for _, form := range []string{s, strings.ToUpper(s), " " + s + "\r\n"} {
			if got, err := ParseToken(form); err != nil || got != want {
				t.Errorf("%q: got %+v, %v", form, got, err)
			}
		}
	}
}

// TestToken_oneSlip_isToldWithoutARead tries every wrong character in every
// place, and every pair of neighbours swapped.
func TestToken_oneSlip_isToldWithoutARead(t *testing.T) {
	for range 20 {
		s := []byte(Token{Room: NewRoomID(), Seat: 5, Secret: NewSecret()}.String())
		for i := range s {
			for _, c := range []byte(Alphabet) {
				slip := append([]byte(nil), s...)
				slip[i] = c
				if c != s[i] && WellFormed(string(slip)) {
					t.Fatalf("%s passes for %s", slip, s)
				}
			}
			if slip := append([]byte(nil), s...); i > 0 && s[i] != s[i-1] {
				slip[i], slip[i-1] = s[i-1], s[i]
				if WellFormed(string(slip)) {
					t.Fatalf("%s passes for %s", slip, s)
				}
			}
		}
	}
}

func TestToken_notOne_isRefused(t *testing.T) {
	s := Token{Room: NewRoomID(), Seat: 5, Secret: NewSecret()}.String()
	for _, c := range []string{"", " ", s[1:], s + "0", s + s, "-" + s[1:], strings.Repeat("\u017f", 14),
		strings.Repeat("i", TokenChars), strings.Repeat("\xff", TokenChars)} {
		if got, err := ParseToken(c); fault.CodeOf(err) != fault.TokenInvalid {
			t.Errorf("%q: got %+v, %v", c, got, err)
		}
	}
}

func TestToken_secretsAndIDs_haveTheLengthAndDoNotComeTwice(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		for _, s := range []string{NewRoomID() + "/", NewSecret()} {
			if seen[s] || strings.Trim(s, Alphabet+"/") != "" {
				t.Fatalf("%q came twice, or is no base32", s)
			}
			seen[s] = true
		}
	}
	if a, b := len(NewRoomID())*5, len(NewSecret())*5; a != 35 || b != 80 {
		t.Errorf("an id has %d bits, a secret %d", a, b)
	}
}

func TestSecret_onlyItsHashIsStored(t *testing.T) {
	secret := NewSecret()
	hash := HashSecret(secret)
	if len(hash) != 64 || strings.Contains(hash, secret) {
		t.Errorf("%q is stored as %q", secret, hash)
	}
	if !SameSecret(secret, hash) || SameSecret(NewSecret(), hash) || SameSecret("", hash) {
		t.Error("the secret is not distinguished from others")
	}
}

func TestSecretIn_standsAlone_orIsSplitOnce(t *testing.T) {
	s := Token{Room: NewRoomID(), Seat: 5, Secret: NewSecret()}.String()
	for _, text := range []string{
		s, strings.ToUpper(s), "my token is " + s + ".", `{"agent_token":"` + s + `"}`, "token=" + s + "&x=1",
		"é" + s + "é", "_" + s + "_", s[:14] + " " + s,
		s[:14] + " " + s[14:], "It is " + s[:1] + "\n" + s[1:] + ", I think", s[:27] + " \u00a0" + s[27:],
	} {
		if SecretIn(text) != "an agent token" {
			t.Errorf("not found in %q", text)
		}
	}
	for _, text := range []string{"", s[:27], "x" + s, s + "x", s[:14] + "-" + s[14:], strings.Repeat("l", 100),
		"an ordinary sentence, of some length, and nothing in it"} {
		if SecretIn(text) != "" {
			t.Errorf("found in %q", text)
		}
	}
	var dump strings.Builder // 256 KiB in hexadecimal, as xxd prints it
	for n := range 1 << 18 {
		fmt.Fprintf(&dump, "%02x", byte(n*n>>3+n>>11))
		if n%2 == 1 {
			dump.WriteByte(" \n"[n>>3&n>>2&n>>1&1])
		}
	}
	if what := SecretIn(dump.String()); what != "" {
		t.Errorf("a dump of bytes holds %s", what)
	}
}

func FuzzToken(f *testing.F) {
	f.Add("0000000", 1, "0000000000000000", 3, byte('x'))
	f.Add("zzzzzzz", MaxSeat, "zzzzzzzzzzzzzzzz", 27, byte(0xff))
	f.Add("I'm not", -1, "a token", 0, byte(' '))
	f.Fuzz(func(t *testing.T, room string, seat int, secret string, at int, c byte) {
		if got, err := ParseToken(room + secret); err == nil { // whatever its form
			if canonical := strings.ToLower(strings.TrimSpace(room + secret)); got.String() != canonical {
				t.Fatalf("%q reads as %q", room+secret, got)
			}
		}
		SecretIn(room + secret)
		made := Token{Room: fit(room, RoomChars), Seat: seat & MaxSeat, Secret: fit(secret, SecretChars)}
		s := made.String()
		if got, err := ParseToken(s); err != nil || got != made || SecretIn("<"+s+">") != "an agent token" {
			t.Fatalf("%q reads as %+v, %v", s, got, err)
		}
		slip := []byte(s)
		at = int(uint(at) % TokenChars)
		if strings.EqualFold(string([]byte{c}), s[at:at+1]) {
			return
		}
		slip[at] = c
		if got, err := ParseToken(string(slip)); err == nil {
			t.Fatalf("%q passes for %q: %+v", slip, s, got)
		}
	})
}

// fit makes n characters of a token of any text.
func fit(s string, n int) string {
	b := []byte(strings.Repeat("0", n))
	for i := range min(n, len(s)) {
		b[i] = Alphabet[s[i]&31]
	}
	return string(b)
}
