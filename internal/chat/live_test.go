package chat

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

// newService returns a service alone on a table in a file.
func newService(t *testing.T, o Options) *Service {
	t.Helper()
	o.Clock, o.SingleProcess, o.MinBatch = clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), true, 1
	b, err := bolttable.Open(filepath.Join(t.TempDir(), "parley.db"), bolttable.Options{Clock: o.Clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return New(b, o)
}

// TestToken_wellFormedButWrong_opensNothing guesses the secret, or a seat that
// was never given out.
func TestToken_wellFormedButWrong_opensNothing(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := ident.ParseToken(got.Token)
	for _, wrong := range []ident.Token{
		{Room: own.Room, Seat: 1, Secret: ident.NewSecret()}, {Room: own.Room, Seat: 0, Secret: own.Secret}, {Room: own.Room, Seat: 2, Secret: own.Secret},
	} {
		token := wrong.String()
		_, join := s.JoinRoom(t.Context(), JoinRequest{Token: token})
		_, send := s.Send(t.Context(), SendRequest{Token: token, Text: "hello"})
		_, wait := s.Wait(t.Context(), WaitRequest{Token: token})
		_, history := s.History(t.Context(), HistoryRequest{Token: token})
		_, info := s.RoomInfo(t.Context(), InfoRequest{Token: token})
		_, leave := s.LeaveRoom(t.Context(), token)
		for i, err := range []error{join, send, wait, history, info, leave} {
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("call %d with seat %d: %v", i, wrong.Seat, err)
			}
		}
	}
	if info, err := s.RoomInfo(t.Context(), InfoRequest{Token: got.Token}); err != nil || info.Earlier != 1 {
		t.Errorf("afterwards the room is %+v, %v", info, err)
	}
}

func TestCursor_beyondTheHead_countsAsAbsent(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := ident.ParseToken(got.Token)
	for n, ignored := range map[int64]bool{0: false, 1: false, 2: true, 1 << 50: true} {
		w, err := s.Wait(t.Context(), WaitRequest{Token: got.Token, Cursor: ident.Cursor(own, n)})
		if err != nil || w.CursorIgnored != ignored {
			t.Errorf("at %d: %+v, %v", n, w, err)
		}
	}
}

// TestCursor_beyondTheHead_ofASend_acknowledgesNothing: what comes up to it later is
// told all the same.
func TestCursor_beyondTheHead_ofASend_acknowledgesNothing(t *testing.T) {
	s := newService(t, Options{SingleProcess: true})
	var seats [2]Seated
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		if seats[i], err = s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name}); err != nil {
			t.Fatal(err)
		}
	}
	bob, _ := ident.ParseToken(seats[1].Token)
	if _, err := s.Wait(t.Context(), WaitRequest{Token: seats[1].Token}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Send(t.Context(), SendRequest{Token: seats[1].Token, Text: "from ahead", Cursor: ident.Cursor(bob, 50)})
	if err != nil || !got.CursorIgnored {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.Send(t.Context(), SendRequest{Token: seats[0].Token, Text: "for Bob"}); err != nil {
		t.Fatal(err)
	}
	w, err := s.Wait(t.Context(), WaitRequest{Token: seats[1].Token})
	if err != nil || len(w.Messages) != 1 || w.Messages[0].Text != "for Bob" {
		t.Errorf("Bob hears %+v, %v", w, err)
	}
}

// TestCursor_fromBeforeTheJoin_showsNothingOfThatTime: an agent can work out any
// cursor of its seat, so that what it sees must not hang on it.
func TestCursor_fromBeforeTheJoin_showsNothingOfThatTime(t *testing.T) {
	s := newService(t, Options{})
	seated := func(name string) Seated {
		got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ann, bob := seated("Ann"), seated("Bob")
	for _, text := range []string{"between the two of us", "really"} {
		if _, err := s.Send(t.Context(), SendRequest{Token: ann.Token, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.LeaveRoom(t.Context(), bob.Token); err != nil {
		t.Fatal(err)
	}
	cid, _ := ident.ParseToken(seated("Cid").Token)
	got, err := s.Wait(t.Context(), WaitRequest{Token: cid.String(), Cursor: ident.Cursor(cid, 0)})
	if err != nil || len(got.Messages) != 0 {
		t.Errorf("Cid got %+v, %v", got, err)
	}
}

// TestJoin_roomThatHasGivenOutAllSeats_isFull stores the greatest number that a
// token can hold as the next seat.
func TestJoin_roomThatHasGivenOutAllSeats_isFull(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	meta, err := s.table.Get(t.Context(), roomlog.MetaKey(got.Token[:ident.RoomChars]), table.Strong)
	var stored room.Snapshot
	if err = errors.Join(err, roomlog.Decode(meta, &stored)); err != nil {
		t.Fatal(err)
	}
	stored.NextSeat = ident.MaxSeat
	meta.Data = roomlog.Encode(stored)
	if err := s.table.Write(t.Context(), table.Put(meta, table.Always)); err != nil {
		t.Fatal(err)
	}
	fake, _ := s.clock.(*clockwork.FakeClock)
	s = New(s.table, Options{Clock: fake, SingleProcess: true, MinBatch: 1})
	last, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
	if token, bad := ident.ParseToken(last.Token); err != nil || bad != nil || token.Seat != ident.MaxSeat {
		t.Fatalf("got %+v, %v", last, err)
	}
	if _, err := s.LeaveRoom(t.Context(), last.Token); err != nil {
		t.Fatal(err)
	}
	fake.Advance(time.Hour)
	for _, name := range []string{"Cid", "Ann"} { // a new seat, and that of a silent agent
		if got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name}); fault.CodeOf(err) != fault.RoomFull {
			t.Errorf("%s got %+v, %v", name, got, err)
		}
	}
}

// TestRooms_thatDoNotExist_areNotCached asks for rooms by invented tokens and names.
func TestRooms_thatDoNotExist_areNotCached(t *testing.T) {
	s := newService(t, Options{})
	for i := range 20 {
		token := ident.Token{Room: ident.NewRoomID(), Seat: i, Secret: ident.NewSecret()}
		if _, err := s.Send(t.Context(), SendRequest{Token: token.String(), Text: "hello"}); fault.CodeOf(err) != fault.RoomNotFound {
			t.Fatal(err)
		}
		if _, err := s.RoomInfo(t.Context(), InfoRequest{Room: fmt.Sprintf("room %d", i)}); fault.CodeOf(err) != fault.RoomNotFound {
			t.Fatal(err)
		}
	}
	if all, idle := s.store.Cached(); all != 0 || idle != 0 {
		t.Fatalf("%d rooms are cached, %d idle", all, idle)
	}
}

func TestRooms_inUse_stayCached(t *testing.T) {
	s := newService(t, Options{MaxRooms: 1})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		_, err := s.Wait(ctx, WaitRequest{Token: got.Token, Wait: time.Minute})
		over <- err
	}()
	fake, _ := s.clock.(*clockwork.FakeClock)
	if err := fake.BlockUntilContext(t.Context(), 2); err != nil { // the table's timer, and the wait's
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := s.JoinRoom(t.Context(), JoinRequest{Room: fmt.Sprintf("room %d", i), AgentName: "Ann"}); err != nil {
			t.Fatal(err)
		}
	}
	if all, idle := s.store.Cached(); all != 2 || idle != 1 {
		t.Errorf("%d rooms are cached, %d idle", all, idle)
	}
	cancel()
	if err := <-over; err != context.Canceled {
		t.Error(err)
	}
	if all, idle := s.store.Cached(); all != 1 || idle != 1 {
		t.Errorf("then %d rooms are cached, %d idle", all, idle)
	}
}
