package chat

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// A send is checked against the messages that the same Write appends before it, too.
func TestGuard_ofBatchedMessages_isThatOfAnyOthers(t *testing.T) {
	s := newService(t, Options{})
	seats := map[string]Seated{}
	for _, name := range []string{"Ann", "Bob", "Cid"} {
		got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name, Capacity: 3})
		if err != nil {
			t.Fatal(err)
		}
		seats[name] = got
	}
	token, _ := ident.ParseToken(seats["Ann"].Token)
	c, err := s.enterCached(t.Context(), seats["Ann"].Token)
	if err != nil {
		t.Fatal(err)
	}
	defer c.room.release()
	now, base := s.now(), c.room.log.Peek()
	bob, _ := base.Named("bob")
	says := func(h *room.Head, e room.Event) (*room.Head, room.Event) {
		e.V, e.N, e.AtMs, e.Type = room.Version, h.AsOf+1, now.UnixMilli(), room.Said
		e.Seat, e.Name = bob.Seat, bob.Name
		after, err := h.CompleteAndApply(&e)
		if err != nil {
			t.Fatal(err)
		}
		return after, e
	}
	toAll, status, toAnn := room.Event{Text: "to all"}, room.Event{Text: "busy", Kind: room.Status},
		room.Event{Text: "to Ann", Named: []int{c.me.Seat}}
	for name, x := range map[string]struct {
		held    bool // Ann has the cursor of a hold
		batched []room.Event
		unknown int // of them, which another process has written
		holds   bool
	}{
		"nothing":                        {},
		"a status":                       {batched: []room.Event{status}},
		"a message to all":               {batched: []room.Event{toAll}, holds: true},
		"one, after a hold":              {held: true, batched: []room.Event{toAll, toAll}},
		"one to the sender, after those": {held: true, batched: []room.Event{toAll, toAnn, toAll}, holds: true},
		"one that nobody here has read":  {held: true, batched: []room.Event{toAll, toAll}, unknown: 1, holds: true},
	} {
		cursor := ident.Cursor{N: base.AsOf}.String(token)
		o := outgoing{req: SendRequest{Text: "mine", Cursor: cursor}, event: room.Event{Text: "mine"}}
		k := known{again: recognizer{session: c, start: room.Start{At: now}},
			guard: guard{on: true, cursor: ident.Cursor{N: base.AsOf, Held: x.held}, checked: base.AsOf}}
		for range 2 { // the first Write may fail, and others may have written what they like since
			h, batched := base, []room.Event(nil)
			for _, e := range x.batched {
				h, e = says(h, e)
				batched = append(batched, e)
			}
			a, _ := h.CallerByToken(c.holder)
			got, err := o.decide(k, place{head: h, caller: a, batched: batched[x.unknown:], now: now, log: c.room.log})
			if held := err == needReading; held != x.holds || got.Answer.ruling == accepted == held {
				t.Errorf("%s: held back %v; %+v, %v", name, held, got.Events, err)
			}
			x.batched, x.unknown, x.holds = []room.Event{toAnn}, 0, true
		}
	}
}
