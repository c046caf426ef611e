package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// talk: removing
func TestCheckRedact_authorsAndAdmins_mayRemoveTheTextOfAMessage(t *testing.T) {
	said, came := room.Event{N: 5, Type: room.Said, Seat: bob}, room.Event{N: 3, Type: room.Joined, Seat: bob}
	words := room.Event{N: 6, Type: room.Said, Seat: bob, Person: true}
	seat := func(no int, role room.Role, device string) room.Caller {
		return room.Caller{Agent: room.Agent{Seat: no, Role: role}, Device: device}
	}
	muted := seat(2, room.Member, "")
	muted.Muted = true
	for what, c := range map[string]struct {
		by   room.Caller
		e    room.Event
		want fault.Code
	}{
		"the author":                        {seat(2, room.Member, ""), said, ""},
		"the muted author":                  {muted, said, ""},
		"an admin":                          {seat(1, room.Admin, ""), said, ""},
		"another member":                    {seat(3, room.Member, ""), said, fault.NotAllowed},
		"the author's person":               {seat(2, room.Member, "d"), said, ""},
		"a person, own words":               {seat(2, room.Member, "d"), words, ""},
		"an agent, words of its person":     {seat(2, room.Member, ""), words, fault.NotAllowed},
		"an admin, words of its person":     {seat(2, room.Admin, ""), words, fault.NotAllowed},
		"an admin, words of another person": {seat(1, room.Admin, ""), words, ""},
		"an admin, an event without text":   {seat(1, room.Admin, ""), came, fault.InvalidArgument},
	} {
		if got := fault.CodeOf(c.by.CheckRedact(c.e)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestRedaction_whoSeesTheMessage_seesIt(t *testing.T) {
	for what, e := range map[string]room.Event{
		"to all":           {N: 6, Type: room.Said, Seat: ann},
		"private":          {N: 6, Type: room.Said, Seat: ann, To: []int{bob}},
		"before Dora came": {N: 2, Type: room.Said, Seat: ann},
	} {
		r := e.Redaction()
		r.N, r.By = 40, 1
		for _, seated := range []room.Agent{
			{Seat: ann, Name: "Ann"}, {Seat: bob, Name: "Bob"}, {Seat: cid, Name: "Cid"},
			{Seat: 5, Name: "Dora", Since: room.Mark{N: 4}},
		} {
			a := room.Caller{Agent: seated}
			if a.Sees(r) != a.Sees(e) {
				t.Errorf("%s: %s sees the message %v, and that its text was removed %v", what, a.Name, a.Sees(e),
					a.Sees(r))
			}
		}
	}
}

func TestWithoutTexts_leavesTheListThatOthersRead(t *testing.T) {
	list := []room.Event{{N: 3, Text: "three"}, {N: 4, Text: "four"}}
	got := room.WithoutTexts(list, room.Event{N: 5}, room.Event{N: 6, Type: room.Changed, Redacts: 4})
	if got[0].Text != "three" || got[1].Text != room.Removed || !got[1].Redacted || list[1].Text != "four" {
		t.Errorf("%+v became %+v", list, got)
	}
}
