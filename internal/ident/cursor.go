package ident

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Cursor returns the cursor of a seat at event n, the last one scanned for it: n
// and two check characters over the room, the seat and n, such as "41-k7". A
// message's number, an invented cursor or another seat's does not pass the check.
func Cursor(t Token, n int64) string {
	return strconv.FormatInt(n, 10) + "-" + cursorCheck(t, n)
}

func cursorCheck(t Token, n int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "cursor/%s/%d/%d", t.Room, t.Seat, n))
	return string([]byte{Alphabet[sum[0]&31], Alphabet[sum[1]&31]})
}

var cursorForm = regexp.MustCompile(`^([0-9]{1,16})-([0-9a-z]{2})$`)

// ParseCursor returns the event's number in s. ok is false for an empty s and
// for one that was not made for this seat.
func ParseCursor(t Token, s string) (n int64, ok bool) {
	m := cursorForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n, err == nil && Cursor(t, n) == m[1]+"-"+m[2]
}
