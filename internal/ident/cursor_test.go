package ident

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestCursor_madeForASeat_isReadForItOnly(t *testing.T) {
	own := Token{Room: "0000000", Seat: 3, Secret: "0000000000000000"}
	passed := 0
	for n := range int64(2000) {
		s := Cursor(own, n)
		if got, ok := ParseCursor(own, s); !ok || got != n {
			t.Fatalf("%q reads as %d, %v", s, got, ok)
		}
		number, check, _ := strings.Cut(s, "-")
		if number != strconv.FormatInt(n, 10) || len(check) != 2 {
			t.Fatalf("%d is %q", n, s)
		}
		for _, other := range []Token{{Room: "0000001", Seat: 3}, {Room: "0000000", Seat: 4}} {
			if _, ok := ParseCursor(other, s); ok {
				passed++
			}
		}
		if _, ok := ParseCursor(own, strconv.FormatInt(n+1, 10)+"-"+check); ok {
			passed++
		}
	}
	if passed > 30 { // of 6,000, with one in 1,024 by chance
		t.Errorf("%d of 6000 foreign or invented cursors passed", passed)
	}
}

func TestCursor_otherForms_areNone(t *testing.T) {
	own := Token{Room: "0000000", Seat: 3}
	s := Cursor(own, 41)
	check := s[2:]
	if got, ok := ParseCursor(own, " "+strings.ToUpper(s)+"\n"); !ok || got != 41 {
		t.Errorf("in capitals: %d, %v", got, ok)
	}
	for _, c := range []string{
		"", "41", "-" + s, "+" + s, "041" + check, s + "0", s + " 0", "41.0" + check, "4 1" + check, "99999999999999999" + check,
		strconv.FormatUint(math.MaxUint64, 10) + check, "٤١" + check, s[:4], "\xff",
	} {
		if n, ok := ParseCursor(own, c); ok {
			t.Errorf("%q reads as %d", c, n)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("0000000", 3, int64(41), "41-k7")
	f.Add("zzzzzzz", MaxSeat, int64(math.MaxInt64), "0-00")
	f.Add("", -1, int64(-1), "-1-00")
	f.Fuzz(func(t *testing.T, room string, seat int, n int64, s string) {
		own := Token{Room: fit(room, RoomChars), Seat: seat & MaxSeat}
		if got, ok := ParseCursor(own, s); ok && (got < 0 || Cursor(own, got) != strings.ToLower(strings.TrimSpace(s))) {
			t.Fatalf("%q reads as %d", s, got)
		}
		n &= 1<<50 - 1 // 16 digits, as a log has
		made := Cursor(own, n)
		if got, ok := ParseCursor(own, made); !ok || got != n {
			t.Fatalf("%q reads as %d, %v", made, got, ok)
		}
		// Of another seat, room or number: refused, unless its two check
		// characters are the same by chance.
		other := Token{Room: fit(room+"1", RoomChars), Seat: (seat + 1) & MaxSeat}
		for _, foreign := range []string{Cursor(other, n), Cursor(own, n+1)} {
			number, check, _ := strings.Cut(made, "-")
			forged := number + foreign[strings.IndexByte(foreign, '-'):]
			if _, ok := ParseCursor(own, forged); ok != (forged == number+"-"+check) {
				t.Fatalf("%q passes for %q", forged, made)
			}
		}
	})
}
