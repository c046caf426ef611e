package room_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// A name that looks like a seated agent's is refused even if the seat of that agent could be taken, and if the room
// is full.
func TestDecide_nameThatLooksLikeASeatedOne_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bill")
	names := []string{"\u0410nn", "Biii", "BiII", "BI\u0399I", "\u0412ill", "B\u0456ll", "\u0410NN"}
	for _, capacity := range []int{2, 5} {
		l.set(func(s *room.Settings) { s.Capacity = capacity })
		for _, after := range []time.Duration{0, 48 * time.Hour} {
			for _, name := range names {
				c := room.SeatRequest{Name: nameOf(t, name), Principal: "local",
					Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
				got, err := c.Decide(l.head, l.now.Add(after))
				alike := name != "Biii"
				if refused := fault.CodeOf(err) == fault.NameTaken; refused != alike {
					t.Errorf("%+q after %v with %d seats: %+v, %v", name, after, capacity, got, err)
				} else if refused && (err.(*fault.Error).RetryAfter != 0 ||
					!strings.Contains(err.Error(), "looks like")) {
					t.Errorf("%+q: %+v", name, err)
				}
			}
		}
	}
}

// Two agents look alike since a time when that was not refused: each must get its own seat back.
func TestDecide_ownSpelling_isNoLookalike(t *testing.T) {
	l := newRoom(t, "Ann", "\u0410nn")
	l.now = l.now.Add(time.Hour)
	for seat, name := range map[int]string{1: "Ann", 2: "\u0410nn"} {
		a, _ := l.head.Seated(seat)
		c := room.SeatRequest{Name: nameOf(t, name), Principal: a.Principal,
			Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
		if _, err := c.Decide(l.head, l.now.Add(48*time.Hour)); err != nil {
			t.Errorf("%+q: %v", name, err)
		}
	}
	c := room.SeatRequest{Name: nameOf(t, "ANN"), Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
	if _, err := c.Decide(l.head, l.now); fault.CodeOf(err) != fault.NameTaken || err.(*fault.Error).RetryAfter != 0 {
		t.Errorf("another spelling: %v", err)
	}
}

// A person's name and an agent's name are compared, whoever came first, and so is what both are called together.
func TestPersonName_likeAnotherName_isRefused(t *testing.T) {
	l := newRoom(t, "Bot", "Bill", "Lee for Bot")
	name := func(seat int, name string) error {
		e, err := l.head.NamePerson(l.agent(seat).Agent, nameOf(t, name))
		if e != nil {
			l.apply(*e)
		}
		return err
	}
	for seat, called := range map[int]string{1: "Kim", 2: "Max"} {
		if err := name(seat, called); err != nil {
			t.Fatal(err)
		}
	}
	for _, taken := range []string{"bot", "BILL", "BiII", "\u0412ill", "max", "M\u0430x", "Lee", "Lee-for Bot"} {
		if err := name(1, taken); fault.CodeOf(err) != fault.NameTaken {
			t.Errorf("Bot's owner is called %+q: %v", taken, err)
		}
	}
	for _, taken := range []string{"Kim", "KIM", "K\u0456m", "Kim for Bot", "Kim. for B\u043et"} {
		c := room.SeatRequest{Name: nameOf(t, taken), Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
		if _, err := c.Decide(l.head, l.now); fault.CodeOf(err) != fault.NameTaken {
			t.Errorf("an agent joins as %+q: %v", taken, err)
		}
	}
	if err := name(1, "KIM"); err != nil {
		t.Errorf("in another spelling of its own: %v", err)
	}
	if got := l.agent(1).Person.Kept(); got.Name != "" {
		t.Errorf("the name %q stays when the agent leaves", got.Name)
	}
}
