package chat

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// Strangers may join, speak and leave all day in a room whose name they know.
func TestCache_agentsThatLeft_areDropped(t *testing.T) {
	s := newService(t, Options{})
	ann, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		bob, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{ann.Token, bob.Token} {
			if _, err := s.Send(t.Context(), SendRequest{Token: token, Text: fmt.Sprintf("hello %d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.LeaveRoom(t.Context(), LeaveRequest{Token: bob.Token}); err != nil ||
			got.Status != StatusLeft {
			t.Fatal(got, err)
		}
	}
	r := s.acquire(ann.Token[:ident.RoomChars])
	defer r.release()
	if r.agents.Cached() != 1 {
		t.Errorf("%d seats are cached of one agent", r.agents.Cached())
	}
	for _, l := range []*roomlog.Log{r.log, New(s.live.Table, Options{Clock: s.clock}).acquire(r.log.ID()).log} {
		h, err := l.Cached(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for seat := 2; seat < h.NextSeat; seat++ {
			if u, known := h.Recent.Said(seat); known {
				t.Errorf("what the former seat %d said is indexed: %+v", seat, u)
			}
		}
	}
}

// The end of the wait must not bring the seat back into the cache.
func TestCache_agentRemovedDuringItsWait_isDropped(t *testing.T) {
	s := newService(t, Options{SingleProcess: true})
	ann, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	bob, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		got, err := s.Wait(t.Context(), WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute})
		if err == nil && got.Status != StatusRemoved {
			err = fmt.Errorf("the wait of Bob ends with %s", got.Status)
		}
		ended <- err
	}()
	r := s.acquire(ann.Token[:ident.RoomChars])
	defer r.release()
	for waits, late := false, time.Now().Add(Patience); !waits; runtime.Gosched() {
		waits = r.agents.Waits(2)
		if time.Now().After(late) {
			t.Fatal("Bob does not wait")
		}
	}
	if _, err := s.ManageAgent(t.Context(), ManageRequest{Token: ann.Token, Agents: []string{"Bob"},
		Action: room.Kick}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if r.agents.Cached() != 1 {
		t.Errorf("%d seats are cached of one agent", r.agents.Cached())
	}
}

// newService returns a service alone on a table in a file.
func newService(t *testing.T, o Options) *Service {
	t.Helper()
	o.Clock, o.SingleProcess, o.MinBatch = clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), true,
		1
	b := sqlitetest.Open(t, o.Clock)
	return New(b, o)
}

func TestCache_roomsThatDoNotExist_areNotCached(t *testing.T) {
	s := newService(t, Options{})
	for i := range 20 {
		token := ident.Token{Room: ident.NewRoomID(), Seat: i, Secret: ident.NewSecret()}
		if _, err := s.Send(t.Context(), SendRequest{Token: token.String(),
			Text: "hello"}); fault.CodeOf(err) != fault.RoomNotFound {
			t.Fatal(err)
		}
		if _, err := s.RoomInfo(t.Context(), InfoRequest{Room: fmt.Sprintf("room %d",
			i)}); fault.CodeOf(err) != fault.RoomNotFound {
			t.Fatal(err)
		}
	}
	if all, idle := s.store.Cached(); all != 0 || idle != 0 {
		t.Fatalf("%d rooms are cached, %d idle", all, idle)
	}
}

func TestCache_roomsInUse_stayCached(t *testing.T) {
	s := newService(t, Options{CacheBytes: 1})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		_, err := s.Wait(ctx, WaitRequest{Token: got.Token, Cursor: got.Cursor, Wait: time.Minute})
		over <- err
	}()
	fake, _ := s.clock.(*clockwork.FakeClock)
	if err := fake.BlockUntilContext(t.Context(), 2); err != nil { // the table's timer and that of the wait
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := s.JoinRoom(t.Context(), JoinRequest{Room: fmt.Sprintf("room %d", i),
			AgentName: "Ann"}); err != nil {
			t.Fatal(err)
		}
	}
	if all, idle := s.store.Cached(); all != 1 || idle != 0 {
		t.Errorf("%d rooms are cached, %d idle", all, idle)
	}
	cancel()
	if err := <-over; err != context.Canceled {
		t.Error(err)
	}
	if all, idle := s.store.Cached(); all != 0 || idle != 0 {
		t.Errorf("then %d rooms are cached, %d idle", all, idle)
	}
}
