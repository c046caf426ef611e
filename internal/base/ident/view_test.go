package ident

import (
	"strings"
	"testing"
)

func TestView_isOfOneSeatAndJoin(t *testing.T) {
	const logKey, other = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
	view := NewView(logKey, "r000000", 3, 17)
	if !view.Of(logKey) || view.Of(other) {
		t.Error("a view is not bound to its log")
	}
	for what, change := range map[string]func(*View){
		"room": func(x *View) { x.Room = "r000001" }, "seat": func(x *View) { x.Seat++ },
		"join": func(x *View) { x.Joined++ }, "secret": func(x *View) { x.secret = NewSecret() },
		"secret of a stay": func(x *View) { x.secret = NewStay(logKey, "r000000", 3, 17).Secret },
	} {
		changed := view
		change(&changed)
		if read, ok := ParseView(changed.String()); !ok || read != changed || read.Of(logKey) {
			t.Errorf("it passes with another %s", what)
		}
	}
	if _, err := ParseToken(view.String()); !strings.Contains(err.Error(), "agent_token is the token of show_room, "+
		"which can only look") {
		t.Errorf("as an agent_token it is refused with %v", err)
	}
}
