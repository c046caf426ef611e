package room_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestNewest_withPrivateMessages_isWhatTheSeatMaySee(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid") // events 1 to 3
	l.say(ann, "for all")                // 4
	l.say(bob, "for Ann", ann)           // 5
	l.say(ann, "for Bob", bob)           // 6
	l.sayAs(cid, room.Status, "at work") // 7
	l.sayAs(cid, room.Status, "for Ann", ann)
	recalled := recall(room.NewHead(l.head.State), l.events)
	for seat, want := range map[int]struct{ foreign, message, wakeup int64 }{
		ann: {8, 8, 8}, bob: {7, 7, 6}, cid: {4, 4, 4},
	} {
		for _, h := range []*room.Head{l.head, recalled} {
			if got := h.Recent.NewestForeign(seat); got != want.foreign {
				t.Errorf("seat %d: newest foreign message %d, want %d", seat, got, want.foreign)
			}
			if got := h.Recent.NewestMessage(seat); got != want.message {
				t.Errorf("seat %d: newest message %d, want %d", seat, got, want.message)
			}
			if got, _ := h.NewestWakeup(seat); got != want.wakeup {
				t.Errorf("seat %d: newest wakeup %d, want %d", seat, got, want.wakeup)
			}
		}
	}
	if n, seat, at := l.head.Recent.LastWord(); n != 4 || seat != ann || !at.Equal(l.events[3].At()) {
		t.Errorf("last word %d of seat %d at %s", n, seat, at)
	}
}

func TestNewestWakeup_atMostTwoAgents_isAnyMessage(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.sayAs(ann, room.Status, "at work")
	if got, _ := l.head.NewestWakeup(bob); got != 0 {
		t.Errorf("of three agents: %d", got)
	}
	l.leave(cid)
	if got, _ := l.head.NewestWakeup(bob); got != 4 {
		t.Errorf("of two agents: %d", got)
	}
}

func TestNewestForeign_indexWithoutForeignEvents_isAnUpperBound(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.say(bob, "one")
	l.say(ann, "two")
	h := room.NewHead(l.head.State)
	if got := h.Recent.NewestForeign(ann); got != 4 {
		t.Errorf("without an index: %d", got)
	}
	if got := h.WithEarlier(l.events[3]).Recent.NewestForeign(ann); got != 3 {
		t.Errorf("with Ann's message: %d", got)
	}
}

func TestReaches_isTrueFromTheFirstCoveredTime(t *testing.T) {
	l := newRoom(t, "Ann")
	l.say(ann, "one")
	two := l.say(ann, "two")
	h := room.NewHead(l.head.State).WithEarlier(two)
	for after, want := range map[time.Duration]bool{-time.Second: false, 0: false, time.Millisecond: true} {
		if got := h.Recent.Reaches(two.At().Add(after)); got != want {
			t.Errorf("%s after event 3: %v", after, got)
		}
	}
	if all := h.WithFullIndex(); !all.Recent.Reaches(start()) {
		t.Error("a complete index does not reach back")
	}
	if !l.head.Recent.Reaches(start()) {
		t.Error("an index of all events does not reach back")
	}
}

func TestRecall_leavesTheHeadUnchanged(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.say(bob, "one", ann)
	h := room.NewHead(l.head.State)
	h.WithEarlier(l.events[2])
	if h.Recent.From != 4 || h.Recent.NewestMessage(ann) != 0 {
		t.Errorf("got %+v", h.Recent)
	}
}

// drawHead returns the head of l as in a process that loaded the room at some event, applied some later events,
// then recalled earlier events, and then applied the rest.
func drawHead(t *rapid.T, l *timeline) *room.Head {
	last := len(l.events)
	loaded := rapid.IntRange(0, last).Draw(t, "loaded at")
	recalled := rapid.IntRange(loaded, last).Draw(t, "recalled at")
	from := rapid.IntRange(0, loaded).Draw(t, "recalled from")
	h := room.NewHead(*l.states[loaded])
	for n := loaded; n < last; n++ {
		if n == recalled {
			h = recall(h, l.events[from:loaded])
		}
		next, err := h.Apply(l.events[n])
		if err != nil {
			t.Fatal(err)
		}
		h = next
	}
	if recalled == last {
		h = recall(h, l.events[from:loaded])
	}
	return h
}

// recall recalls events, the last one first.
func recall(h *room.Head, events []room.Event) *room.Head {
	for i := len(events) - 1; i >= 0; i-- {
		h = h.WithEarlier(events[i])
	}
	return h
}

// newest returns the last event of l, from event from on, for which chosen is true.
func (l *timeline) newest(from int64, chosen func(room.Event) bool) int64 {
	for i := len(l.events) - 1; i >= 0 && l.events[i].N >= from; i-- {
		if chosen(l.events[i]) {
			return l.events[i].N
		}
	}
	return 0
}

// The index of any head answers like a search of the covered events, whatever the order of building.
func TestRecent_anyOrderOfBuilding_answersLikeASearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawTimeline(t)
		h := drawHead(t, l)
		from := h.Recent.From
		for _, a := range h.Agents {
			own := l.newest(from, func(e room.Event) bool {
				return e.Type == room.Said && e.Seat == a.Seat && !e.Person && e.Decides == 0 &&
					l.now.Sub(e.At()) < room.Lease
			})
			if u, _ := h.Recent.Said(a.Seat); own > 0 && !u.Heard.Equal(l.events[own-1].At()) {
				t.Fatalf("seat %d spoke itself at event %d, and is heard at %s", a.Seat, own, u.Heard)
			}
			message := func(e room.Event) bool { // a withdrawal that nobody else reads any more is to its own sender
				return e.Type == room.Said && (e.Seat != a.Seat || e.Person || e.Decides != 0 ||
					slices.Contains(e.To, a.Seat)) && a.CanSee(e.Seat, e.To)
			}
			if got, want := h.Recent.NewestMessage(a.Seat), l.newest(from, message); got != want {
				t.Fatalf("newest message for seat %d from %d: %d, want %d", a.Seat, from, got, want)
			}
			deed := func(e room.Event) bool {
				return e.Seat == a.Seat && (e.Reason == room.ReasonResumed || e.Reason == room.ReasonRefused)
			}
			wakes := func(e room.Event) bool {
				return (message(e) || deed(e)) && (room.Caller{Agent: a}).WokenBy(e, len(h.Agents), false)
			}
			if got, want := wakeup(h, a.Seat), l.newest(from, wakes); got != want {
				t.Fatalf("newest wakeup for seat %d from %d: %d, want %d", a.Seat, from, got, want)
			}
			public := func(e room.Event) bool { return message(e) && len(e.To) == 0 }
			got, want := h.Recent.NewestForeign(a.Seat), l.newest(1, message)
			if got < want || l.newest(from, public) > 0 && got != want {
				t.Fatalf("newest foreign message for seat %d from %d: %d, want %d", a.Seat, from, got, want)
			}
		}
		public := func(e room.Event) bool { return e.Type == room.Said && len(e.To) == 0 && e.Kind != room.Status }
		n, seat, _ := h.Recent.LastWord()
		if n != l.newest(from, public) || n > 0 && l.events[n-1].Seat != seat {
			t.Fatalf("last message from %d: %d of seat %d", from, n, seat)
		}
	})
}

func TestRecent_agentThatLeft_isForgotten(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.say(bob, "one")
	l.say(ann, "for Bob", bob)
	l.leave(bob)
	recalled := recall(room.NewHead(l.head.State), l.events)
	for what, h := range map[string]*room.Head{"applied": l.head, "recalled": recalled} {
		if u, known := h.Recent.Said(bob); known {
			t.Errorf("%s: Bob's last message is %+v", what, u)
		}
	}
	if n := l.head.Recent.NewestMessage(bob); n != 0 {
		t.Errorf("message %d for Bob", n)
	}
}

// wakeup returns the newest wakeup of a seat.
func wakeup(h *room.Head, seat int) int64 {
	n, _ := h.NewestWakeup(seat)
	return n
}
