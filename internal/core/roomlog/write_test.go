package roomlog

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// TestWrite_twoNewNames_areTwoWrites: only a Write can tell whether a name is free.
func TestWrite_twoNewNames_areTwoWrites(t *testing.T) {
	rename := func(to string) func(Place) (Change, error) {
		return func(Place) (Change, error) {
			return Change{Events: []room.Event{{Type: room.Changed, Changed: &room.Changes{Room: &to}, Key: to}}}, nil
		}
	}
	describe := func(at Place) (Change, error) {
		h := at.Head
		return Change{Events: []room.Event{{Type: room.Changed, Changed: &room.Changes{Description: &h.Name}}}}, nil
	}
	now := time.UnixMilli(1)
	w := newWrite(&room.Head{State: room.State{
		ID: "room", Settings: room.Settings{Name: "plans", Key: "plans"}, ExpiresMs: now.Add(room.Life).UnixMilli(),
	}})
	w.addProposals(proposals(rename("one"), describe, rename("two")), now)
	if len(w.entries) != 2 || w.head.Name != "one" || w.head.Description != "one" {
		t.Errorf("%d proposals in one write, which makes %+v", len(w.entries), w.head.Settings)
	}
}

// The talk state travels with the event that changes it, so a message is one op.
func TestWrite_messageThatChangesTheTalk_isOnePut(t *testing.T) {
	s, l := newCompany(t)
	var ops atomic.Int64
	hooks := &tabletest.Hooks{Table: s.table}
	hooks.After = countOps(&ops)
	other := NewStore(hooks, Options{Clock: s.opts.Clock, MinBatch: 1, CacheBytes: 1 << 20, Logger: s.opts.Logger})
	there := other.Acquire(l.ID())
	defer there.Release()
	for _, e := range []room.Event{
		{Type: room.Said, Seat: 1, Text: "hello"},
		{Type: room.Said, Seat: 1, Kind: room.Request, Text: "who comes?", Ask: []int{2, 3}},
		{Type: room.Said, Seat: 2, Text: "I do", ReplyTo: 5, ReSeat: 1},
		{Type: room.Said, Seat: 3, Kind: room.Done, Text: "not me"},
		{Type: room.Said, Seat: 1, Withdraws: 5},
	} {
		ops.Store(0)
		there.do(t, e)
		if ops.Load() != 1 {
			t.Errorf("%+v took %d ops", e, ops.Load())
		}
	}
}

// Plain messages change no part of the snapshot, so one Write keeps only the places of a snapshot's own ops and of
// the agreements that the next message may complete.
func TestWrite_batchOfPlainMessages_takesAllThatFit(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var batch []func(Place) (Change, error)
	for range maxBatch {
		batch = append(batch, func(Place) (Change, error) {
			return Change{Events: []room.Event{{Type: room.Said, Seat: 1, Name: "Ann", Text: "hello"}}}, nil
		})
	}
	w := newWrite(l.Peek())
	w.addProposals(proposals(batch...), s.now())
	if want := table.MaxOps - 5 - core.MaxOpen; len(w.entries) != want || len(w.ops) != want {
		t.Errorf("one Write takes %d proposals in %d ops, want %d in as many", len(w.entries), len(w.ops), want)
	}
}

// Each of a hundred seats may have a proposal open. One who leaves as the last voter of all completes as many as fit
// into a Write, and the next change completes the others.
func TestWrite_leaveThatCompletesMany_fits(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	state := l.Peek().State
	for seat := 2; seat <= 3; seat++ {
		state.Agents = append(state.Agents, room.Agent{Seat: seat, Name: fmt.Sprint("Agent ", seat)})
	}
	head, talk, asked := room.NewHead(state), room.Talk{}, []room.Event(nil)
	for n := range int64(core.MaxCapacity) {
		e := room.Message("tea", room.Proposal, nil)
		e.N, e.Seat, e.Name = n+1, 1, "Ann"
		asked = append(asked, e)
		talk.Open = append(talk.Open, room.OpenRequest{N: e.N, Seat: 1, AtMs: s.now().UnixMilli(), Proposal: true,
			Owed: []int{3}, Agreed: []int{2}})
	}
	head = head.WithTalk(talk, asked)
	agreed := 0
	for _, event := range []room.Event{{Type: room.Left, Seat: 3, Reason: room.ReasonTimeout}, {Type: room.Paired},
		{Type: room.Said, Seat: 1, Name: "Ann", Text: "so"}, {Type: room.Said, Seat: 1, Name: "Ann", Text: "well"}} {
		w := newWrite(head)
		w.addProposals(proposals(func(Place) (Change, error) { return Change{Events: []room.Event{event}}, nil }),
			s.now())
		if len(w.events) != 1 || len(w.ops) > table.MaxOps {
			t.Fatalf("%s: %d events, %d ops", event.Type, len(w.events), len(w.ops))
		}
		head, agreed = w.head, agreed+len(w.events[0].Agreed)
	}
	if agreed != core.MaxCapacity || len(head.Talk.Open) != 0 {
		t.Errorf("%d are agreed on, and %d are open", agreed, len(head.Talk.Open))
	}
}

// A change that is too large for one Write is refused as a whole, and the room goes on, also within its batch.
func TestAppend_changeThatDoesNotFitIntoAWrite_isRefused(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	said := func(n int) func(Place) (Change, error) {
		return func(Place) (ch Change, err error) {
			for range n {
				ch.Events = append(ch.Events, room.Event{Type: room.Said, Seat: 1, Name: "Ann", Text: "hello"})
			}
			return ch, nil
		}
	}
	before := l.Peek().AsOf
	if err := l.does(t, said(table.MaxOps+1)); !errors.Is(err, ErrTooLarge) || l.Peek().AsOf != before {
		t.Errorf("%v, and %d events became %d", err, before, l.Peek().AsOf)
	}
	for _, n := range []int{table.MaxOps, 1} {
		if err := l.does(t, said(n)); err != nil {
			t.Errorf("%d events: %v", n, err)
		}
	}
	if after := l.Peek().AsOf; after != before+table.MaxOps+1 {
		t.Errorf("%d events became %d", before, after)
	}
	w := newWrite(l.Peek())
	w.addProposals(proposals(said(table.MaxOps+1), said(1)), s.now())
	if len(w.entries) != 1 || w.entries[0].err == nil || len(w.events) != 0 {
		t.Errorf("a batch that begins with it: %+v", w.entries)
	}

	// A proposal behind it is refused as long as the head has its events.
	began := l.Peek().AsOf
	behind := func(at Place) (Change, error) {
		h := at.Head
		if h.AsOf > began {
			return Change{}, errors.New("the seat is gone")
		}
		return said(1)(at)
	}
	w = newWrite(l.Peek())
	w.addProposals(proposals(said(table.MaxOps+1), behind), s.now())
	if len(w.entries) != 1 || !errors.Is(w.entries[0].err, ErrTooLarge) {
		t.Errorf("a batch with one behind it: %+v", w.entries)
	}
}
