package chat

import (
	"cmp"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// seatOf has an agent join a room of three.
func seatOf(t *testing.T, s *Service, name string) Seated {
	t.Helper()
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name, Capacity: 3})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A send is checked against the messages that the same Write appends before it, too. The cases are those above
// mayBeHeld, and more of the same rules.
func TestGuard_ofBatchedMessages_isThatOfAnyOthers(t *testing.T) {
	s := newService(t, Options{})
	ann := seatOf(t, s, "Ann")
	seatOf(t, s, "Bob")
	seatOf(t, s, "Cid")
	token, _ := ident.ParseToken(ann.Token)
	c, err := s.enterCached(t.Context(), ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	defer c.room.release()
	forgetful := newService(t, Options{}).acquire(token.Room)
	defer forgetful.release()
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
		off     bool // Ann has no cursor
		held    bool // others have held Ann back
		batched []room.Event
		unknown int          // of them, which another process has written
		log     *roomlog.Log // nil: that of Ann's call
		holds   bool
	}{
		"1. Ann gives no cursor: no.":  {off: true, batched: []room.Event{toAnn}},
		"2. Nothing has happened: no.": {},
		"3. This process has forgotten 42: yes.": {
			batched: []room.Event{status}, log: forgetful.log, holds: true},
		`4. 42 is a status, and 43 is "hello" to all: yes.`: {batched: []room.Event{status, toAll}, holds: true},
		"5. 42 is a question to Ann, and others have held her back before: no. Without a person, no log is read.": {
			held: true, batched: []room.Event{toAnn, toAnn}, unknown: 1},
		"6. Another process has written 42, and this one has not read it: yes.": {
			batched: []room.Event{status, status}, unknown: 1, holds: true},
		"6, and there is no other event": {batched: []room.Event{toAll}, unknown: 1, holds: true},
		"a status":                       {batched: []room.Event{status}},
	} {
		log := cmp.Or(x.log, c.room.log)
		cursor := ident.Cursor{N: base.AsOf}.String(token)
		o := outgoing{req: SendRequest{Text: "mine", Cursor: cursor}, event: room.Event{Text: "mine"}}
		k := known{began: now,
			guard: guard{on: !x.off, cursor: ident.Cursor{N: base.AsOf, HeldMessage: x.held}, checked: base.AsOf}}
		for range 2 { // the first Write may fail, and others may have written what they like since
			h, batched := base, []room.Event(nil)
			for _, e := range x.batched {
				h, e = says(h, e)
				batched = append(batched, e)
			}
			a, _ := h.CallerByToken(c.holder)
			got, err := o.decide(k, place{head: h, caller: a, batched: batched[x.unknown:], now: now, log: log})
			if held := err == needReading; held != x.holds || got.Answer.ruling == accepted == held {
				t.Errorf("%s: held back %v; %+v, %v", name, held, got.Events, err)
			}
			x.batched, x.unknown, x.holds = []room.Event{toAnn}, 0, !x.off && !x.held
		}
	}
}

func TestGuard_logAheadOfThePlace_countsUpToThePlace(t *testing.T) {
	s := newService(t, Options{})
	ann, bob := seatOf(t, s, "Ann"), seatOf(t, s, "Bob")
	say := func(req SendRequest) {
		req.Token = bob.Token
		if _, err := s.Send(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.enterCached(t.Context(), ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	defer c.room.release()
	g := guard{on: true, cursor: ident.Cursor{N: c.head.AsOf}, checked: c.head.AsOf}
	say(SendRequest{Text: "busy", Kind: room.Status})
	at := place{head: c.room.log.Peek(), caller: c.me, now: s.now(), log: c.room.log}
	say(SendRequest{Text: "hello"})
	said := (&outgoing{event: room.Event{Text: "mine"}}).intent()
	if said.mayBeHeld(g, at) {
		t.Error("7. 42 and 43 are statuses, and the log goes on with 44, which is \"hello\": no.")
	}
	at.head = c.room.log.Peek()
	if !said.mayBeHeld(g, at) {
		t.Error("as of the newest head, hello holds nothing back")
	}
}
