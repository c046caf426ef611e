package room_test

import (
	"errors"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// nameOf returns a checked name.
func nameOf(t *testing.T, s string) ident.Name {
	t.Helper()
	n, err := ident.AgentName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClaim_freeSeat_isGivenWithoutPresence(t *testing.T) {
	l := newRoom(t, "Ann")
	got, err := (&room.Claim{Name: nameOf(t, "Bob")}).Decide(l.head, l.now)
	if err != nil || got.Gone != nil || got.Since != l.head.VisibleFrom() {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestClaim_bannedName_isRefusedBeforeATakenOneAndAFullRoom(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	l.apply(room.Event{Type: room.Managed, Name: "Bob", By: 1, Action: room.BanName, Ban: &room.Ban{Name: "Bob", Key: "bob"}})
	_, err := (&room.Claim{Name: nameOf(t, "B0b")}).Decide(l.head, l.now)
	if fault.CodeOf(err) != fault.NotAllowed {
		t.Error(err)
	}
}

// TestClaim_fullRoom_takesTheSeatThatIsSilentLongest has three agents whose leases
// end at different times.
func TestClaim_fullRoom_takesTheSeatThatIsSilentLongest(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.set(func(s *room.Settings) { s.Capacity = 3 })
	called := func(ago time.Duration) room.Presence {
		return room.Presence{AtMs: l.now.Add(-ago).UnixMilli(), Used: true}
	}
	c := room.Claim{Name: nameOf(t, "Dora"), Presence: map[int]room.Presence{
		1: called(20 * time.Minute), 2: called(10 * time.Minute), 3: called(5 * time.Minute),
	}}
	for _, x := range []struct {
		after time.Duration
		gone  int // 0: the room is full
		retry time.Duration
	}{
		{0, 0, 5 * time.Minute}, // Bob's lease ends first; Ann is an admin
		{5 * time.Minute, 2, 0},
		{11 * time.Minute, 2, 0}, // Cid's has ended too
		{24 * time.Hour, 1, 0},
	} {
		got, err := c.Decide(l.head, l.now.Add(x.after))
		var full *fault.Error
		switch {
		case x.gone == 0:
			if !errors.As(err, &full) || full.Code != fault.RoomFull || full.RetryAfter != x.retry {
				t.Errorf("after %s: %v, %+v", x.after, err, full)
			}
		case err != nil || got.Gone == nil || got.Gone.Seat != x.gone || got.Gone.Reason != room.ReasonTimeout || got.Since != room.FromNext(&l.head.State):
			t.Errorf("after %s: %+v, %v; want seat %d", x.after, got, err, x.gone)
		}
	}
	// A lease that was found to be in the way counts, too.
	c.Alive = map[int]time.Time{2: l.now.Add(time.Hour)}
	if got, err := c.Decide(l.head, l.now.Add(11*time.Minute)); err != nil || got.Gone.Seat != 3 {
		t.Errorf("beside a seat that is alive: %+v, %v", got, err)
	}
}

func TestClaim_dependsOnPresence_asksForIt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	for _, name := range []string{"Cid", "Bob"} {
		if _, err := (&room.Claim{Name: nameOf(t, name)}).Decide(l.head, l.now); !errors.Is(err, room.ErrPresenceNeeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClaim_allSeatsGivenOut_isRefused(t *testing.T) {
	l := newRoom(t, "Ann")
	h := *l.head
	h.NextSeat = ident.MaxSeat + 1
	if _, err := (&room.Claim{Name: nameOf(t, "Bob")}).Decide(&h, l.now); fault.CodeOf(err) != fault.RoomFull {
		t.Error(err)
	}
}

func TestDismiss_leaseOfAPartner_endsWithTheSecond(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Paired = true })
	at := start().Add(time.Hour)
	c := room.Claim{Presence: map[int]room.Presence{
		1: {AtMs: at.Add(time.Hour).UnixMilli(), Used: true}, 2: {AtMs: at.UnixMilli() + 1, Used: true},
	}}
	end := at.Add(room.PairLease + time.Second)
	if e := c.Dismiss(l.head, end.Add(-time.Nanosecond)); e != nil {
		t.Errorf("too early: %+v", e)
	}
	if e := c.Dismiss(l.head, end); e == nil || e.Seat != 2 || e.Reason != room.ReasonTimeout {
		t.Errorf("got %+v", e)
	}
}
