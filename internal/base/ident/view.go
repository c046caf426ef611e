package ident

import (
	"fmt"
	"strings"
)

// A view token is "view-" and 36 characters of the same parts as those of a stay: its check characters cover the
// prefix, too. It is made from the key of the room's log, so nothing is stored.
const viewPrefix = "view-"

// View is a token that looks at a room as the agent of one seat sees it, and can do nothing else. It is no [Token]:
// what takes that never takes a View.
type View struct {
	Room   string // the room's id
	Seat   int
	Joined int64 // the event with which the agent joined
	secret string
}

// NewView returns the view of the agent that joined a seat with event joined, in 1..[MaxMessage], in the room whose log
// has the key.
func NewView(logKey, room string, seat int, joined int64) View {
	return View{room, seat, joined, derive(logKey, fmt.Sprintf("view/%s/%d/%d", room, seat, joined))}
}

// String returns the token as it is passed.
func (v View) String() string {
	body := v.Room + Digits(uint64(v.Seat), seatChars) + Digits(uint64(v.Joined), joinedChars) + v.secret
	return viewPrefix + body + Check(viewPrefix+body)
}

// ParseView reads what String wrote. ok is false if s does not have the form of it. Whether the room has given it, Of
// tells.
func ParseView(s string) (v View, ok bool) {
	body, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), viewPrefix)
	if !ok || !checked(viewPrefix, body, stayChars) {
		return View{}, false
	}
	v.Room, v.Seat = cut(&body, RoomChars), int(Number(cut(&body, seatChars)))
	v.Joined, v.secret = int64(Number(cut(&body, joinedChars))), cut(&body, SecretChars)
	return v, v.Joined != 0
}

// Of reports, in constant time, whether the room whose log has the key has given v.
func (v View) Of(logKey string) bool {
	return sameText(v.secret, NewView(logKey, v.Room, v.Seat, v.Joined).secret)
}

// viewBefore names the view token that run is behind before, the text that precedes it; "" if it is none.
func viewBefore(before, run string) string {
	if strings.HasSuffix(strings.ToLower(before), viewPrefix) && checked(viewPrefix, strings.ToLower(run), stayChars) {
		return "a token that looks at a room"
	}
	return ""
}
