package chat

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table/bolttable"
)

// newService returns a service alone on a table in a file.
func newService(t *testing.T, o Options) *Service {
	t.Helper()
	o.Clock, o.Alone, o.GroupFrom = clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), true, 1
	b, err := bolttable.Open(filepath.Join(t.TempDir(), "parley.db"), bolttable.Options{Clock: o.Clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return New(b, o)
}

// remembered is how many rooms s knows, and how many of them are idle.
func (s *Service) remembered() (all, idle int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rooms), s.idle.Len()
}

func TestRooms_idle_areForgottenTheLongestIdleFirst(t *testing.T) {
	s := newService(t, Options{MaxRooms: 3})
	var tokens []string
	for i := range 5 {
		got, err := s.JoinRoom(t.Context(), JoinRequest{Room: fmt.Sprintf("room %d", i), AgentName: "Ann"})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, got.Token)
	}
	if all, idle := s.remembered(); all != 3 || idle != 3 {
		t.Fatalf("%d rooms are remembered, %d idle", all, idle)
	}
	for i, want := range []bool{false, false, true, true, true} {
		if s.rooms[tokens[i][:roomChars]] != nil != want {
			t.Errorf("room %d is remembered: %v", i, !want)
		}
	}
	for _, token := range tokens { // forgotten is not lost
		if _, err := s.Send(t.Context(), SendRequest{Token: token, Text: "hello"}); err != nil {
			t.Error(err)
		}
	}
}

func TestRooms_thatAreNone_areNotRemembered(t *testing.T) {
	s := newService(t, Options{})
	for i := range 20 {
		t1 := agentToken{room: newRoomID(), seat: i, secret: newSecret()}
		if _, err := s.Send(t.Context(), SendRequest{Token: t1.String(), Text: "hello"}); CodeOf(err) != RoomNotFound {
			t.Fatal(err)
		}
		if _, err := s.RoomInfo(t.Context(), InfoRequest{Room: fmt.Sprintf("room %d", i)}); CodeOf(err) != RoomNotFound {
			t.Fatal(err)
		}
	}
	if all, idle := s.remembered(); all != 0 || idle != 0 {
		t.Fatalf("%d rooms are remembered, %d idle", all, idle)
	}
}

func TestRooms_inUse_areKept(t *testing.T) {
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
	if all, idle := s.remembered(); all != 2 || idle != 1 || s.rooms[got.Token[:roomChars]] == nil {
		t.Errorf("%d rooms are remembered, %d idle", all, idle)
	}
	cancel()
	if err := <-over; err != context.Canceled {
		t.Error(err)
	}
	if all, idle := s.remembered(); all != 1 || idle != 1 {
		t.Errorf("then %d rooms are remembered, %d idle", all, idle)
	}
}

// TestRooms_lastSeat_isNotFollowedByTheFirst sets a room to the last number that
// a token can hold.
func TestRooms_lastSeat_isNotFollowedByTheFirst(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	r := s.room(got.Token[:roomChars])
	defer r.done()
	f := *r.known()
	f.nextSeat = maxSeat
	r.replace(&f, nil, s.now())
	last, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Bob"})
	if t1, bad := parseToken(last.Token); err != nil || bad != nil || t1.seat != maxSeat {
		t.Fatalf("got %+v, %v", last, err)
	}
	if _, err := s.LeaveRoom(t.Context(), last.Token); err != nil {
		t.Fatal(err)
	}
	fake, _ := s.clock.(*clockwork.FakeClock)
	fake.Advance(time.Hour)
	for _, name := range []string{"Cid", "Ann"} { // a new seat, and one in place of a ghost
		if got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name}); CodeOf(err) != RoomFull {
			t.Errorf("%s got %+v, %v", name, got, err)
		}
	}
}

// TestToken_wellFormedButWrong_opensNothing guesses the secret, or a seat that
// was never given out.
func TestToken_wellFormedButWrong_opensNothing(t *testing.T) {
	s := newService(t, Options{})
	got, err := s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := parseToken(got.Token)
	for _, wrong := range []agentToken{{own.room, 1, newSecret()}, {own.room, 0, own.secret}, {own.room, 2, own.secret}} {
		token := wrong.String()
		_, join := s.JoinRoom(t.Context(), JoinRequest{Token: token})
		_, send := s.Send(t.Context(), SendRequest{Token: token, Text: "hello"})
		_, wait := s.Wait(t.Context(), WaitRequest{Token: token})
		_, history := s.History(t.Context(), HistoryRequest{Token: token})
		_, info := s.RoomInfo(t.Context(), InfoRequest{Token: token})
		_, leave := s.LeaveRoom(t.Context(), token)
		for i, err := range []error{join, send, wait, history, info, leave} {
			if CodeOf(err) != TokenInvalid {
				t.Errorf("call %d with seat %d: %v", i, wrong.seat, err)
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
	own, _ := parseToken(got.Token)
	for n, ignored := range map[int64]bool{0: false, 1: false, 2: true, 1 << 50: true} {
		w, err := s.Wait(t.Context(), WaitRequest{Token: got.Token, Cursor: cursorOf(own, n)})
		if err != nil || w.CursorIgnored != ignored {
			t.Errorf("at %d: %+v, %v", n, w, err)
		}
	}
}

// TestCursor_beyondTheHead_ofASend_acknowledgesNothing: what comes up to it later is
// told all the same.
func TestCursor_beyondTheHead_ofASend_acknowledgesNothing(t *testing.T) {
	s := newService(t, Options{Alone: true})
	var seats [2]Seated
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		if seats[i], err = s.JoinRoom(t.Context(), JoinRequest{Room: "plans", AgentName: name}); err != nil {
			t.Fatal(err)
		}
	}
	bob, _ := parseToken(seats[1].Token)
	if _, err := s.Wait(t.Context(), WaitRequest{Token: seats[1].Token}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Send(t.Context(), SendRequest{Token: seats[1].Token, Text: "from ahead", Cursor: cursorOf(bob, 50)})
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
	cid, _ := parseToken(seated("Cid").Token)
	got, err := s.Wait(t.Context(), WaitRequest{Token: cid.String(), Cursor: cursorOf(cid, 0)})
	if err != nil || len(got.Messages) != 0 {
		t.Errorf("Cid got %+v, %v", got, err)
	}
}

func TestMadeUpName_hasAtLeastThirtyBits(t *testing.T) {
	words := map[string]bool{}
	for _, list := range [][64]string{qualities, things} {
		for _, word := range list {
			if words[word] {
				t.Errorf("%q is there twice", word)
			}
			words[word] = true
		}
	}
	if len(words) != 128 { // 6 + 6 bits, and 20 of the number
		t.Fatalf("%d words", len(words))
	}
	var ones, zeros uint64
	for range 200 {
		var n uint64
		name := madeUpName()
		if _, err := fmt.Sscanf(name[len(name)-7:], "%d", &n); err != nil || n >= 1<<20 {
			t.Fatalf("%q: %v", name, err)
		}
		ones, zeros = ones|n, zeros|^n
	}
	if ones&zeros&(1<<20-1) != 1<<20-1 {
		t.Errorf("bits that never change: %b", ^(ones & zeros))
	}
}
