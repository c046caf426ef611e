package ident

import (
	"strings"
	"testing"
)

const idKey, otherIDKey = "000102030405060708090a0b0c0d0e0f", "100102030405060708090a0b0c0d0e0f"

func messageIDs(t testing.TB, key string) *MessageIDs {
	t.Helper()
	m, err := NewMessageIDs(key)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sampledNumbers are both ends of the range, every power of two with its neighbours,
// and places all over it.
func sampledNumbers() map[int64]bool {
	numbers := map[int64]bool{}
	for n := range int64(2000) {
		numbers[n], numbers[MaxMessage-n], numbers[n*104_729*5%(MaxMessage+1)] = true, true, true
	}
	for bit := range messageBits {
		numbers[1<<bit-1], numbers[1<<bit], numbers[1<<bit+1] = true, true, true
	}
	return numbers
}

func TestMessageIDs_areAPermutation(t *testing.T) {
	m := messageIDs(t, idKey)
	seen := map[string]int64{}
	for n := range sampledNumbers() {
		id := m.ID(n)
		if len(id) != 7 || id[0] != 'm' || strings.Trim(id[1:], Alphabet) != "" {
			t.Fatalf("%d is %q", n, id)
		}
		if other, twice := seen[id]; twice {
			t.Fatalf("%d and %d are both %q", n, other, id)
		}
		seen[id] = n
		if got, ok := m.Number(id); !ok || got != n {
			t.Fatalf("%q of %d reads as %d, %v", id, n, got, ok)
		}
	}
	// The other way: every spelling is the id of one number in the range.
	for v := range sampledNumbers() {
		id := spell('m', uint64(v), messageChars)
		if n, ok := m.Number(id); !ok || n < 0 || n > MaxMessage || m.ID(n) != id {
			t.Fatalf("%q reads as %d, %v, which is %q", id, n, ok, m.ID(n))
		}
	}
}

// TestFeistel_ofASmallDomain_reachesEveryNumber tries all of a domain, unlike the sample above.
func TestFeistel_ofASmallDomain_reachesEveryNumber(t *testing.T) {
	f := newFeistel([aesKeyBytes]byte{1}, 5)
	seen := map[uint64]bool{}
	for v := range uint64(1 << 10) {
		e := f.encrypt(v)
		if e >= 1<<10 || seen[e] || f.decrypt(e) != v {
			t.Fatalf("%d becomes %d and then %d", v, e, f.decrypt(e))
		}
		seen[e] = true
	}
}

// TestMessageIDs_ofAKnownKey_neverChange: agents quote ids from before an update.
func TestMessageIDs_ofAKnownKey_neverChange(t *testing.T) {
	m := messageIDs(t, idKey)
	for n, want := range map[int64]string{0: "mhr3vjr", 1: "mt8p641", 41: "m0nd0bh", MaxMessage: "mphgxqq"} {
		if got := m.ID(n); got != want {
			t.Errorf("%d is %q, and was %q", n, got, want)
		}
	}
}

func TestMessageIDs_ofTwoKeys_haveDifferentOrders(t *testing.T) {
	one, two := messageIDs(t, idKey), messageIDs(t, otherIDKey)
	const pairs = 1000
	sameID, sameOrder := 0, 0
	for n := range int64(pairs) {
		if one.ID(n) == two.ID(n) {
			sameID++
		}
		if (one.ID(n) < one.ID(n+1)) == (two.ID(n) < two.ID(n+1)) {
			sameOrder++
		}
	}
	if sameID > 1 || sameOrder < pairs*4/10 || sameOrder > pairs*6/10 {
		t.Errorf("of %d, %d have the same id, and %d the same order", pairs, sameID, sameOrder)
	}
}

func TestMessageIDs_ofConsecutiveNumbers_lookUnordered(t *testing.T) {
	m := messageIDs(t, idKey)
	const ids = 4000
	rising, changed, first := 0, 0, map[byte]int{}
	for n := range int64(ids) {
		a, b := m.ID(n), m.ID(n+1)
		first[a[1]]++
		if a < b {
			rising++
		}
		for i := 1; i < len(a); i++ {
			if a[i] != b[i] {
				changed++
			}
		}
	}
	if rising < ids*45/100 || rising > ids*55/100 {
		t.Errorf("%d of %d ids are greater than the one before", rising, ids)
	}
	if changed < ids*messageChars*95/100 { // 31 of 32 by chance
		t.Errorf("%d of %d characters change from one id to the next", changed, ids*messageChars)
	}
	for _, c := range []byte(Alphabet) {
		if first[c] < 70 || first[c] > 190 { // 125 each on average
			t.Errorf("%d of %d ids begin with %c", first[c], ids, c)
		}
	}
}

func TestMessageIDs_outsideTheRange_areEmpty(t *testing.T) {
	m := messageIDs(t, idKey)
	for _, n := range []int64{-1, MaxMessage + 1, 1 << 62, -1 << 63} {
		if id := m.ID(n); id != "" {
			t.Errorf("%d is %q", n, id)
		}
	}
}

func TestMessageIDs_inAnyCase_areRead(t *testing.T) {
	m := messageIDs(t, idKey)
	id := m.ID(41)
	for _, form := range []string{id, strings.ToUpper(id), "M" + id[1:], " " + id + "\r\n", "\u00a0" + id} {
		if n, ok := m.Number(form); !ok || n != 41 {
			t.Errorf("%q reads as %d, %v", form, n, ok)
		}
	}
}

func TestMessageIDs_wrongSpellings_areRefused(t *testing.T) {
	m := messageIDs(t, idKey)
	id := m.ID(41)
	for _, s := range []string{
		"", " ", "m", id[1:], id[:6], id + "0", id + id, "c" + id[1:], "0" + id[1:], "#" + id,
		id[:3] + " " + id[3:], id[:6] + " ", "m-" + id[2:], "m00000i", "m00000l", "m00000o", "m00000u", "m00000U",
		"m0000\u0661", "m000\u212a", "m00000\x00", "m00000\xff", "41", "m 00041", strings.Repeat("m", 1000),
	} {
		if n, ok := m.Number(s); ok || n != 0 {
			t.Errorf("%q reads as %d, %v", s, n, ok)
		}
	}
}

func TestMessageIDKey_new_isRandomAndAccepted(t *testing.T) {
	one, two := NewMessageIDKey(), NewMessageIDKey()
	if one == two || len(one) != 32 || strings.Trim(one, "0123456789abcdef") != "" {
		t.Errorf("%q and %q", one, two)
	}
	m := messageIDs(t, one)
	if n, ok := m.Number(m.ID(7)); !ok || n != 7 {
		t.Errorf("7 reads as %d, %v", n, ok)
	}
}

func TestMessageIDKey_malformed_isAnErrorThatDoesNotQuoteIt(t *testing.T) {
	for _, key := range []string{"", "0", idKey[2:], idKey[1:], idKey + "00", "g" + idKey[1:], " " + idKey,
		idKey + "\n"} {
		m, err := NewMessageIDs(key)
		if m != nil || err == nil {
			t.Errorf("%q is accepted", key)
		} else if len(key) > 2 && strings.Contains(err.Error(), key[2:]) {
			t.Errorf("%q is quoted: %v", key, err)
		}
	}
}

func FuzzMessageIDs(f *testing.F) {
	f.Add(int64(0), "m000000")
	f.Add(int64(MaxMessage), " MZZZZZZ\n")
	f.Add(int64(-1), "m000\u212a")
	m := messageIDs(f, idKey)
	f.Fuzz(func(t *testing.T, n int64, s string) {
		if got, ok := m.Number(s); ok && m.ID(got) != strings.ToLower(strings.TrimSpace(s)) {
			t.Fatalf("%q reads as %d, which is %q", s, got, m.ID(got))
		}
		if got, ok := m.Number(m.ID(n)); ok != (n >= 0 && n <= MaxMessage) || ok && got != n {
			t.Fatalf("%d becomes %q and then %d, %v", n, m.ID(n), got, ok)
		}
	})
}
