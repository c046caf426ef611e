package roomlog

import (
	"errors"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// The clock steps back between events 2 and 3. Event 4 renews the room, which
// outlives them.
func TestVerify_clockSteppedBack_findsNoGapWhenEventsExpire(t *testing.T) {
	s := newStore(t)
	clock := s.opts.Clock.(*clockwork.FakeClock)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	say := func(text string) {
		t.Helper()
		if err := l.say(t, text); err != nil {
			t.Fatal(err)
		}
	}
	began := clock.Now()
	say("early")
	clock.Advance(-time.Hour)
	say("late")
	clock.Advance(10 * 24 * time.Hour)
	say("days later")
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 3 || err != nil {
		t.Errorf("%d messages, %v; want 3", n, err)
	}
	clock.Advance(began.Add(eventLife - time.Minute).Sub(clock.Now())) // event 3 is older by the clock
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 3 || err != nil {
		t.Errorf("before any event expires: %d messages, %v; want 3", n, err)
	}
	clock.Advance(time.Hour)
	if n, err := Verify(t.Context(), s.table, l.ID()); n != 1 || err != nil {
		t.Errorf("after the first events expire: %d messages, %v; want 1", n, err)
	}
}

// What an operator, or a copy of a part of a table, may leave of a snapshot.
func TestVerify_partsOfTheSnapshotAreNotItsOwn_isDamaged(t *testing.T) {
	s := newStore(t)
	l := s.furnished(t, 3)
	defer l.Release()
	older := l.snapshotItems(t)
	s.opts.Clock.(*clockwork.FakeClock).Advance(25 * time.Hour)
	if err := l.say(t, "the event of this renews all parts"); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), s.table, l.ID()); err != nil {
		t.Fatal(err)
	}
	newer := l.snapshotItems(t)
	delete(newer, metaSort) // without it there is no room
	damaged := func(what string, ops ...table.Op) {
		t.Helper()
		for _, op := range ops {
			if err := s.table.Write(t.Context(), op); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Verify(t.Context(), s.table, l.ID()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		for _, op := range ops {
			if err := s.table.Write(t.Context(), table.Put(newer[op.Item.Key.Sort], table.Always)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for sort, item := range newer {
		damaged(sort+" is missing", table.Delete(item.Key, table.Always))
		damaged(sort+" is an older one", table.Put(older[sort], table.Always))
		for other, x := range newer {
			if other != sort {
				x.Key = item.Key
				damaged(sort+" is "+other, table.Put(x, table.Always))
			}
		}
	}
}
