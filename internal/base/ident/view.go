package ident

import "fmt"

// A view token is "view-" and 36 characters of the same parts as a stay's, with check characters that cover the prefix,
// too. It is made from the key of the room's log, so nothing is stored.
const viewPrefix = "view-"

// View is a token that reads a room as the agent of one seat sees it, and can do nothing else. A View is no [Token]: a
// call that accepts a Token never accepts a View.
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
	return viewPrefix + Token{Room: v.Room, Seat: v.Seat, Joined: v.Joined, Secret: v.secret}.stayOver(viewPrefix)
}

// ParseView parses the output of String. ok is false if s does not have the form of a view token. Of tells whether the
// room has made the view.
func ParseView(s string) (v View, ok bool) {
	t, ok := parseStay(viewPrefix, viewPrefix, s)
	return View{t.Room, t.Seat, t.Joined, t.Secret}, ok
}

// Of reports, in constant time, whether the room whose log has the key has made v.
func (v View) Of(logKey string) bool {
	return sameText(v.secret, NewView(logKey, v.Room, v.Seat, v.Joined).secret)
}
