package roomlog

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// enters reports whether a call has been let in.
func enters(t turn) bool {
	select {
	case <-t.begun:
		return true
	default:
		return false
	}
}

// However many calls wait to read one room, the first of another room goes in at once,
// and further ones go in turn with those.
func TestReadQueue_crowdInOneRoom_goesNotAheadOfAnother(t *testing.T) {
	q := readQueue{rooms: map[string]*roomRead{}}
	var crowd []turn
	for range 100 {
		crowd = append(crowd, q.enter("crowd", ""))
	}
	inside := func() (n int) {
		for _, turn := range crowd {
			if enters(turn) {
				n++
			}
		}
		return n
	}
	if inside() != readsOfRoom {
		t.Fatalf("%d calls read one room, want %d", inside(), readsOfRoom)
	}
	for room := range readsAtOnce - readsOfRoom {
		if !enters(q.enter(string(rune('a'+room)), "")) {
			t.Fatalf("the call to room %d had to wait", room)
		}
	}
	late, later := q.enter("late", ""), q.enter("late", "")
	if enters(late) {
		t.Fatal("too many calls read at once")
	}
	q.leave("crowd", crowd[0])
	if !enters(late) || inside() > readsOfRoom {
		t.Error("a call of the crowd went first")
	}
	q.leave("crowd", crowd[1])
	q.leave("crowd", crowd[2])
	if !enters(later) || inside() != readsOfRoom+1 {
		t.Error("when two more calls of the crowd have ended, one of each room should have gone in")
	}
}

// However many calls of one caller wait to read a room, the first of another's there is the
// next to go in.
func TestReadQueue_crowdOfOneCaller_goesNotAheadOfAnother(t *testing.T) {
	q := readQueue{rooms: map[string]*roomRead{}}
	var crowd []turn
	for range 100 {
		crowd = append(crowd, q.enter("plans", "mallory"))
	}
	ann := q.enter("plans", "ann")
	if enters(ann) {
		t.Fatal("too many calls read one room")
	}
	q.leave("plans", crowd[0])
	if !enters(ann) || enters(crowd[readsOfRoom]) {
		t.Error("a call of the crowd went first")
	}
}

// Whatever calls come, end and give up, the bounds hold and nobody is forgotten.
func TestReadQueue_anyOrder_letsEverybodyIn(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		q := readQueue{rooms: map[string]*roomRead{}}
		type call struct {
			room string
			turn turn
		}
		var calls []call
		check := func() {
			inside, of, waits := 0, map[string]int{}, map[string]bool{}
			for _, c := range calls {
				if enters(c.turn) {
					inside++
					of[c.room]++
				} else {
					waits[c.room] = true
				}
			}
			if inside > readsAtOnce {
				t.Fatalf("seed %d: %d calls read at once", seed, inside)
			}
			for room, n := range of {
				if n > readsOfRoom {
					t.Fatalf("seed %d: %d calls read room %s", seed, n, room)
				}
			}
			for room := range waits {
				if inside < readsAtOnce && of[room] < readsOfRoom {
					t.Fatalf("seed %d: a call to room %s waits although it may read", seed, room)
				}
			}
		}
		end := func(i int) {
			if c := calls[i]; enters(c.turn) && rng.IntN(4) > 0 {
				q.leave(c.room, c.turn)
			} else {
				q.giveUp(c.room, c.turn)
			}
			calls = slices.Delete(calls, i, i+1)
			check()
		}
		for range 300 {
			if len(calls) == 0 || rng.IntN(5) > 1 {
				room := string(rune('a' + rng.IntN(8)))
				calls = append(calls, call{room, q.enter(room, string(rune('A'+rng.IntN(4))))})
				check()
			} else {
				end(rng.IntN(len(calls)))
			}
		}
		for len(calls) > 0 {
			end(rng.IntN(len(calls)))
		}
		if q.inside != 0 || len(q.rooms) != 0 || len(q.line) != 0 {
			t.Fatalf("seed %d: %d calls inside, %d rooms, %d in line when all is over", seed, q.inside, len(q.rooms),
				len(q.line))
		}
	}
}

func TestBeginRead_callerGoesWhileItWaits_leavesItsPlace(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var ends []func()
	for range readsOfRoom {
		done, err := l.BeginRead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, done)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.BeginRead(gone); err != context.Canceled {
		t.Fatalf("%v; want the context's error", err)
	}
	for _, done := range ends {
		done()
	}
	if s.reads.inside != 0 || len(s.reads.rooms) != 0 {
		t.Errorf("%d calls are inside, %d rooms are known", s.reads.inside, len(s.reads.rooms))
	}
}
