package chat

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A cursor is the number of the last event that was scanned for a seat, with
// two check characters over the room, the seat and the number: "41-k7". So it
// cannot be mistaken for a seq, made up, or used by another.
func cursorOf(t agentToken, n int64) string {
	return strconv.FormatInt(n, 10) + "-" + cursorCheck(t, n)
}

func cursorCheck(t agentToken, n int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "cursor/%s/%d/%d", t.room, t.seat, n))
	return string([]byte{alphabet[sum[0]&31], alphabet[sum[1]&31]})
}

var cursorForm = regexp.MustCompile(`^([0-9]{1,16})-([0-9a-z]{2})$`)

// parseCursor returns the number in s; ok is false for one that was not made
// for this seat, and for none.
func parseCursor(t agentToken, s string) (n int64, ok bool) {
	m := cursorForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n, err == nil && cursorOf(t, n) == m[1]+"-"+m[2]
}
