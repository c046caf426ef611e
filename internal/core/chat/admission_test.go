package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// bearer returns who asks with the token of a seat and nothing else.
func (w *world) bearer(s chat.Seated) context.Context {
	t := w.token(s)
	return asking(w.t, ident.Principal{Room: t.Room, Seat: t.Seat})
}

// callsOfOthers returns the calls by which a caller would act outside of its seat.
func callsOfOthers(ctx context.Context, w *world) map[string]func() error {
	return map[string]func() error{
		"create": func() error { _, err := w.CreateRoom(ctx, chat.CreateRequest{AgentName: "Eve"}); return err },
		"list":   func() error { _, err := w.ListRooms(ctx, chat.ListRequest{}); return err },
		"join by name": func() error {
			_, err := w.JoinRoom(ctx, chat.JoinRequest{Room: "plots", AgentName: "Eve"})
			return err
		},
		"look by name": func() error { _, err := w.RoomInfo(ctx, chat.InfoRequest{Room: "plots"}); return err },
	}
}

func TestBearer_actsForItsSeatAlone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	other := w.join("plots", "Bob")
	ctx := w.bearer(p.bob)
	bobs := w.person(p.bob)
	for token, of := range map[string]string{p.ann.Token: p.ann.Token, w.person(p.ann): p.ann.Token,
		other.Token: other.Token} {
		for what, call := range callsOf(ctx, w, token) {
			if err := w.changesNothing(of, call); fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s with the token of another seat: %v", what, err)
			}
		}
	}
	for what, call := range callsOfOthers(ctx, w) {
		if err := w.changesNothing(other.Token, call); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, token := range []string{p.bob.Token, bobs} {
		if got, err := w.Send(ctx, chat.SendRequest{Token: token, Text: "mine"}); err != nil || !got.Sent {
			t.Errorf("Bob, or his person, speaks: %+v, %v", got, err)
		}
	}
}

func TestSeatOf_eachToken_tellsItsAgentOrWhyItHasNone(t *testing.T) {
	w := newWorld(t)
	got, err := w.JoinRoom(asking(t, ident.Principal{ID: ident.KeyPrincipal("a1")}),
		chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	if err != nil {
		t.Fatal(err)
	}
	bob, cid, dan := w.join("plans", "Bob"), w.join("plans", "Cid"), w.join("plans", "Dan")
	w.manage(got.Token, room.Kick, "Bob", chat.StatusKicked)
	w.leave(cid.Token)
	forged := w.token(dan)
	forged.Secret = ident.NewSecret()
	nowhere := forged
	nowhere.Room = ident.NewRoomID()
	for _, w := range []*world{w, w.elsewhere()} {
		for _, c := range []struct {
			name  string
			token ident.Token
			seat  int
			code  fault.Code
		}{
			{"Ann's", w.token(got), w.seatOf(got), ""},
			{"kicked", w.token(bob), 0, fault.Removed},
			{"given up", w.token(cid), 0, ""},
			{"forged", forged, 0, ""},
			{"of no room", nowhere, 0, fault.RoomNotFound},
		} {
			a, ok, err := w.Service.SeatOf(t.Context(), c.token)
			if ok != (c.seat != 0) || a.Seat != c.seat || fault.CodeOf(err) != c.code {
				t.Errorf("%s: %+v, %t, %v", c.name, a, ok, err)
			}
			if c.seat != 0 && a.Principal != ident.KeyPrincipal("a1") {
				t.Errorf("%s: of %q", c.name, a.Principal)
			}
		}
	}
	w.clock.Advance(room.Life + time.Minute)
	if _, ok, err := w.Service.SeatOf(t.Context(), w.token(dan)); ok || fault.CodeOf(err) != fault.RoomNotFound {
		t.Errorf("of a room that has expired: %t, %v", ok, err)
	}
}
