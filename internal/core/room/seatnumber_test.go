package room_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// turnTo makes n the number of the next seat.
func (l *timeline) turnTo(n int) {
	h := *l.head
	h.NextSeat, l.head = n, &h
}

func TestNewSeat_isNeverOneThatWasGivenBefore(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.leave(bob)
	for _, want := range []int{3, 4, ident.MaxSeat - 1, ident.MaxSeat} {
		l.turnTo(max(l.head.NextSeat, want))
		if got := l.join("Bob").Seat; got != want {
			t.Fatalf("the next seat is %d, want %d", got, want)
		}
		l.leave(want)
	}
	if next := l.head.NewSeat(); next <= ident.MaxSeat {
		t.Errorf("after the last number comes %d", next)
	}
}

// An agent keeps and regains its seat; nobody gets a new seat of any kind.
func TestDecide_allNumbersWereGiven_refusesANewSeatOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	bobsAgent := l.agent(bob)
	bobsAgent.Principal = "key:b"
	l.apply(room.Event{Type: room.Joined, Seat: bob, Name: "Bob", Agent: &bobsAgent.Agent, Regains: true})
	l.turnTo(ident.MaxSeat + 1)
	silent := l.now.Add(time.Hour)
	l.now = silent
	ask := func(name, principal string, presence map[int]room.Presence) (room.Seating, error) {
		n, err := ident.AgentName(name)
		if err != nil {
			t.Fatal(err)
		}
		request := room.SeatRequest{Name: n, Principal: principal, Liveness: room.Liveness{Presence: presence}}
		return request.Decide(l.head, l.now)
	}
	for what, name := range map[string]string{"a free one": "Cid", "that of one who is gone": "Bob"} {
		if got, err := ask(name, "key:c", map[int]room.Presence{}); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	if got, err := ask("Bob", "key:b", map[int]room.Presence{}); err != nil || got.Regained == nil {
		t.Errorf("Bob: %+v, %v", got, err)
	}
}

// The cost of a room depends on the taken seats: 10,000 former agents cost what 200 cost, but for the digits of
// numbers.
func TestRoom_thatHasSeenManyAgents_costsWhatItsSeatsCost(t *testing.T) {
	cost := func(agents int) (stored, memory int) {
		l := newRoom(t, "Ann", "Bob")
		for range agents {
			cid := l.join("Cid").Seat
			asked := l.send(ann, room.Event{Kind: room.Request, Text: "Cid?", To: []int{bob, cid},
				Ask: []int{bob, cid}})
			said := l.send(cid, room.Event{Text: "@Ann, hello"})
			l.leave(cid)
			l.reply(bob, said)
			l.withdraw(asked)
			l.events = l.events[:0]
		}
		for _, x := range []any{l.head.Snapshot(), l.head.Parts(), l.head.Talk} {
			data, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			stored += len(data)
		}
		return stored, l.head.Bytes()
	}
	fewStored, few := cost(200)
	manyStored, many := cost(10_000)
	if manyStored > fewStored+fewStored/10 || many > few {
		t.Errorf("after 200 agents %d bytes are stored and %d in memory, after 10,000 %d and %d",
			fewStored, few, manyStored, many)
	}
}
