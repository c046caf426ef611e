package roomlog

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
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
