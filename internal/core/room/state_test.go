package room_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestApply_eventThatDoesNotFollow_isRefused(t *testing.T) {
	l := newRoom(t, "Ann")
	for _, n := range []int64{0, 1, 3} {
		if _, err := l.head.Apply(room.Event{N: n, Type: room.Said, Seat: 1}); err == nil {
			t.Errorf("event %d follows 1", n)
		}
		if _, err := l.head.State.Apply(room.Event{N: n, Type: room.Said, Seat: 1}); err == nil {
			t.Errorf("state: event %d follows 1", n)
		}
	}
}

func TestApply_unknownType_isOfANewerVersion(t *testing.T) {
	l := newRoom(t, "Ann")
	_, err := l.head.State.Apply(room.Event{N: 2, Type: "sung"})
	if !errors.Is(err, room.ErrNewerVersion) {
		t.Errorf("got %v", err)
	}
}

func TestApply_joinWithoutAnAgent_isRefused(t *testing.T) {
	l := newRoom(t, "Ann")
	if _, err := l.head.State.Apply(room.Event{N: 2, Type: room.Joined, Seat: 2}); err == nil {
		t.Error("no error")
	}
}

func TestApply_firstJoin_setsTheRoomUp(t *testing.T) {
	l := newRoom(t, "Ann")
	s := l.head.State
	if s.Name != "plans" || s.AsOf != 1 || s.LastChange != 1 || s.NextSeat != 2 || s.HeadMs != l.now.UnixMilli() {
		t.Errorf("got %+v", s)
	}
	if a := l.agent(1); a.Name != "Ann" || a.Role != room.Admin || a.Joined != 1 {
		t.Errorf("seat 1 is %+v", a)
	}
}

func TestApply_join_neverGivesASeatTwice(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.leave(2)
	l.join("Bob")
	if got := seats(&l.head.State); !slices.Equal(got, []int{1, 3}) || l.head.NextSeat != 4 {
		t.Errorf("seats %v, next %d", got, l.head.NextSeat)
	}
}

func TestApply_message_changesOnlyTheHead(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	before := l.head.State
	e := l.say(1, "hello")
	want := before
	want.AsOf, want.HeadMs, want.Messages, want.Run = 3, e.AtMs, 1, 1
	if got := l.head.State; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestApply_left_freesTheSeat(t *testing.T) {
	for reason, freed := range map[room.Reason]int64{
		room.ReasonLeft: 4, room.ReasonTimeout: 4, room.ReasonKicked: 4, room.ReasonBanned: 4,
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.apply(room.Event{Type: room.Left, Seat: 2, Reason: reason})
		if got := seats(&l.head.State); !slices.Equal(got, []int{1, 3}) || l.head.LastFreed.N != freed {
			t.Errorf("%s: seats %v, last freed %d", reason, got, l.head.LastFreed)
		}
	}
}

func TestApply_leftWithPromotion_makesTheSuccessorAdmin(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.manage(room.Mute, 2)
	e := l.leave(1)
	if a := l.agent(2); a.Role != room.Admin || a.RoleMs != e.AtMs || a.Muted {
		t.Errorf("Bob is %+v", a)
	}
}

func TestApply_managed_changesTheAgent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for _, c := range []struct {
		action room.Action
		role   room.Role
		muted  bool
		mutes  int
	}{
		{room.Mute, room.Member, true, 1},
		{room.Mute, room.Member, true, 1},
		{room.Unmute, room.Member, false, 0},
		{room.Mute, room.Member, true, 1},
		{room.Promote, room.Admin, false, 0},
		{room.Demote, room.Member, false, 0},
	} {
		e := l.manage(c.action, 2)
		a := l.agent(2)
		if a.Role != c.role || a.Muted != c.muted || len(l.head.Mutes) != c.mutes || l.head.LastChange != e.N {
			t.Errorf("%s: %+v, mutes %v", c.action, a, l.head.Mutes)
		}
	}
	if ann := l.agent(1); ann.Role != room.Admin || ann.Muted {
		t.Errorf("Ann is %+v", ann)
	}
}

func TestApply_changed_replacesTheSettings(t *testing.T) {
	l := newRoom(t, "Ann")
	l.set(func(s *room.Settings) { s.Description, s.Type = "about plans", room.Channel })
	if s := l.head.Settings; s.Name != "plans" || s.Description != "about plans" || s.Type != room.Channel ||
		l.head.Closed {
		t.Errorf("got %+v", s)
	}
}

func TestApply_changedToClosed_keepsTheSettings(t *testing.T) {
	l := newRoom(t, "Ann")
	e := l.apply(room.Event{Type: room.Changed, By: 1, Reason: room.ReasonClosed})
	if !l.head.Closed || !e.ClosesRoom() || l.head.Name != "plans" || l.head.Retired {
		t.Errorf("got %+v", l.head.State)
	}
	l.apply(room.Event{Type: room.Said, Seat: 1, Text: "goodbye"})
	if !l.head.Closed {
		t.Error("a later event opened the room")
	}
}

func TestApply_retired_endsTheRoom(t *testing.T) {
	l := newRoom(t, "Ann")
	l.apply(room.Event{Type: room.Retired, ExpiresMs: start().Add(time.Hour).UnixMilli()})
	if !l.head.Retired || !l.head.Expired(start()) {
		t.Errorf("got %+v", l.head.State)
	}
}

func TestChangesState_isTrueForWhatASnapshotMustHold(t *testing.T) {
	for what, c := range map[string]struct {
		e    room.Event
		want bool
	}{
		"message":             {room.Event{Type: room.Said}, false},
		"request":             {room.Event{Type: room.Said, Kind: room.Request}, false},
		"status":              {room.Event{Type: room.Said, Kind: room.Status}, false},
		"done":                {room.Event{Type: room.Said, Kind: room.Done}, false},
		"message that renews": {room.Event{Type: room.Said, ExpiresMs: 1}, true},
		"draft that is sent":  {room.Event{Type: room.Said, Decides: 2}, true},
		"join":                {room.Event{Type: room.Joined}, true},
		"paired":              {room.Event{Type: room.Paired}, true},
		"knock":               {room.Event{Type: room.Knocked}, true},
	} {
		if got := c.e.ChangesState(); got != c.want {
			t.Errorf("%s: got %v", what, got)
		}
	}
}

func TestExpiry_lastsThirtyDaysAndIsRenewedAfterADay(t *testing.T) {
	s := room.State{ExpiresMs: start().Add(room.Life).UnixMilli()}
	for after, want := range map[time.Duration]struct{ due, expired bool }{
		0:                           {false, false},
		24 * time.Hour:              {false, false},
		24*time.Hour + 1:            {true, false},
		room.Life - time.Nanosecond: {true, false},
		room.Life:                   {true, true},
	} {
		now := start().Add(after)
		if due, expired := s.RenewalDue(now), s.Expired(now); due != want.due || expired != want.expired {
			t.Errorf("after %s: due %v, expired %v", after, due, expired)
		}
	}
}

func TestApply_eventThatRenews_movesTheEnd(t *testing.T) {
	l := newRoom(t, "Ann")
	end := start().Add(room.Life)
	e := l.apply(room.Event{Type: room.Said, Seat: 1, Text: "hello", ExpiresMs: end.UnixMilli()})
	if !l.head.Expires().Equal(end) || l.head.LastChange != e.N {
		t.Errorf("ends %s, last change %d", l.head.Expires(), l.head.LastChange)
	}
	l.say(1, "more")
	if !l.head.Expires().Equal(end) {
		t.Errorf("ends %s", l.head.Expires())
	}
}

// stored renders a state for comparison.
func stored(t rapid.TB, s *room.State) string {
	parts := s.Parts()
	slices.SortFunc(parts, func(a, b room.Part) int { return strings.Compare(a.Name, b.Name) })
	b, err := json.Marshal([]any{s.Snapshot(), parts})
	if err != nil {
		t.Fatal(err)
	}
	talk, err := json.Marshal(s.Talk)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %d %s %s", s.ID, s.LastChange, b, talk)
}

func TestApply_anyEvent_leavesEarlierStatesUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		l.join("Ann")
		before := []string{stored(t, l.states[0]), stored(t, l.states[1])}
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			l.draw(t)
			if len(l.states) > len(before) {
				before = append(before, stored(t, &l.head.State))
			}
		}
		for n, want := range before {
			if got := stored(t, l.states[n]); got != want {
				t.Fatalf("state %d was %s, and is %s", n, want, got)
			}
		}
	})
}

// readBack returns the stored form of s, its parts in the order of their names.
func readBack(t rapid.TB, s *room.State) (x room.Snapshot, parts []room.Part) {
	b, err := json.Marshal(s.Snapshot())
	if err := errors.Join(err, json.Unmarshal(b, &x)); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Parts() {
		back := room.Part{Name: p.Name}
		b, err := json.Marshal(p)
		if err := errors.Join(err, json.Unmarshal(b, &back)); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, back)
	}
	slices.SortFunc(parts, func(a, b room.Part) int { return strings.Compare(a.Name, b.Name) })
	return x, parts
}

func TestSnapshot_anyState_isReadBackAndGoesOnLikeTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawTimeline(t)
		n := rapid.IntRange(1, len(l.events)).Draw(t, "from")
		x, parts := readBack(t, l.states[n])
		s, err := x.State("abcdefg", parts)
		if err != nil || s.LastChange != s.AsOf || x.V != room.Version {
			t.Fatalf("version %d, last change %d as of %d", x.V, s.LastChange, s.AsOf)
		}
		s.LastChange, s.Talk = l.states[n].LastChange, l.states[n].Talk // which the log has
		for _, e := range l.events[n:] {
			next, err := s.Apply(e)
			if err != nil {
				t.Fatal(err)
			}
			s = *next
		}
		if got, want := stored(t, &s), stored(t, &l.head.State); got != want {
			t.Fatalf("from the snapshot of %d:\n%s\nwant\n%s", n, got, want)
		}
	})
}

func TestFingerprint_dependsOnTextAndAddressees(t *testing.T) {
	seen := map[[16]byte]string{}
	for _, e := range []room.Event{
		{Text: "yes"}, {Text: "yes", To: []int{1}}, {Text: "yes", To: []int{1, 2}}, {Text: "yes", To: []int{12}},
		{Text: "yes", Finishes: []int64{1}}, {Text: "yes", Finishes: []int64{1, 2}},
		{Text: "no"}, {Text: "[1]yes"}, {Kind: room.Agree, ReplyTo: 5}, {Kind: room.Agree, ReplyTo: 6},
		{Kind: room.Object, ReplyTo: 5}, {Withdraws: 5}, {Withdraws: 6}, {Withdraws: 5, Text: "yes"},
	} {
		sum, what := e.Fingerprint(), fmt.Sprintf("%+v", e)
		if other, known := seen[sum]; known {
			t.Errorf("%s and %s have the same fingerprint", what, other)
		}
		e.N, e.ID, e.AtMs = 7, "again", 1
		if e.Fingerprint() != sum {
			t.Errorf("%s has two fingerprints", what)
		}
		seen[sum] = what
	}
}

func TestOwner_isTheSeatedAgentWithTheSecret(t *testing.T) {
	secret := ident.NewSecret()
	s := room.State{Agents: []room.Agent{{Seat: 1, Name: "Ann", Hash: ident.HashSecret(secret)}, {Seat: 2, Hash: "x"}}}
	if a, ok := s.Owner(room.HolderOf(ident.Token{Seat: 1, Secret: secret})); !ok || a.Name != "Ann" {
		t.Errorf("got %+v, %v", a, ok)
	}
	for _, wrong := range []ident.Token{{Seat: 1, Secret: ident.NewSecret()}, {Seat: 2, Secret: secret},
		{Seat: 3, Secret: secret}, {Seat: 1}} {
		if _, ok := s.Owner(room.HolderOf(wrong)); ok {
			t.Errorf("%+v is accepted", wrong)
		}
	}
}
