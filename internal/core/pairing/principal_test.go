package pairing_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
)

// keyed returns the context of a call by the holder of a key.
func keyed(t *testing.T, id string) context.Context {
	return ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal(id), Owner: "key of " + id})
}

// agentOf returns the agent that a pairing has seated.
func (w *world) agentOf(got pairing.Result) (principal, owner string) {
	w.t.Helper()
	token, err := ident.ParseToken(got.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	a, ok, err := w.Service.SeatOf(w.t.Context(), token)
	if !ok || err != nil {
		w.t.Fatalf("%s has no seat: %v", got.Name, err)
	}
	return a.Principal, a.Owner
}

func TestEnterQueue_byKeys_seatsAreOfThem(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(keyed(t, "ann"), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	bob, err := w.pairing.EnterQueue(keyed(t, "bob"), pairing.Request{AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	for id, got := range map[string]pairing.Result{"ann": take(t, waiting), "bob": bob} {
		if principal, owner := w.agentOf(got); principal != ident.KeyPrincipal(id) || owner != "key of "+id {
			t.Errorf("the seat of %s is of %q, %q", id, principal, owner)
		}
	}
	w.say(bob.Token, "hello")
	w.clock.Advance(2 * time.Minute)
	again, err := w.JoinRoom(keyed(t, "bob"), chat.JoinRequest{Room: bob.Room.Name, AgentName: "Bob"})
	if err != nil || again.Status != chat.StatusReturned {
		t.Errorf("by his key Bob gets %+v, %v", again, err)
	}
}

func TestEnterQueue_callerWithAnInviteOrAToken_isRefused(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	for what, a := range map[string]ident.Principal{"invite": {Room: "abcdefg", Invite: 1},
		"token": {Room: "abcdefg", Seat: 1}} {
		for _, req := range []pairing.Request{{AgentName: "Eve"}, {Ticket: ticket}, {Ticket: ticket, Leave: true}} {
			_, err := w.pairing.EnterQueue(ident.WithPrincipal(t.Context(), a), req)
			if fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s, %+v: %v", what, req, err)
			}
		}
	}
}
