package ident

import (
	"testing"
	"time"
)

func TestTicket_isOfOneSeatMessageAndTime(t *testing.T) {
	const logKey, other = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
	until := time.Unix(1_800_000_000, 0)
	ticket := NewTicket(logKey, "r000000", 3, 17, "m4x0q7c", until)
	if !ticket.Of(logKey, 17) || ticket.Of(other, 17) || ticket.Of(logKey, 18) {
		t.Error("a ticket is not bound to its log and the join of its seat")
	}
	for what, change := range map[string]func(*Ticket){
		"room": func(x *Ticket) { x.Room = "r000001" }, "seat": func(x *Ticket) { x.Seat++ },
		"message": func(x *Ticket) { x.Message = "m4x0q7d" },
		"time":    func(x *Ticket) { x.Until = x.Until.Add(time.Second) },
	} {
		changed := ticket
		change(&changed)
		if changed.Of(logKey, 17) {
			t.Errorf("it passes with another %s", what)
		}
	}
	keyed := KeyedUploadCode(logKey, "r000000", 3, 17, false, "k")
	for _, x := range []UploadCode{KeyedUploadCode(other, "r000000", 3, 17, false, "k"),
		KeyedUploadCode(logKey, "r000000", 3, 18, false, "k"), KeyedUploadCode(logKey, "r000000", 3, 17, true, "k"),
		KeyedUploadCode(logKey, "r000000", 3, 17, false, "l")} {
		if x.Secret == keyed.Secret {
			t.Errorf("%+v is the code of another call", x)
		}
	}
	if keyed != KeyedUploadCode(logKey, "r000000", 3, 17, false, "k") {
		t.Error("a repeated call has another code")
	}
}
