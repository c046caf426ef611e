package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// A process may end without a word in the middle of a long wait. So others see the wait
// announced for some minutes at a time.
func TestWait_ofHours_isSeenAsLongAsItsProcessLives(t *testing.T) {
	w := newWorld(t).another()
	p := w.pair()
	ctx, kill := context.WithCancel(t.Context())
	ended := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: chat.MaxWait})
	for range 20 {
		w.clock.Advance(5 * time.Minute)
		w.passUntil("the wait is announced again",
			func() bool { return w.seenElsewhere(p.ann, p.bob).State == chat.AgentWaiting })
	}
	kill()
	<-ended
	w.clock.Advance(7 * time.Minute)
	if got := w.seenElsewhere(p.ann, p.bob); got.State != chat.AgentSilent {
		t.Errorf("seven minutes after its process ended Bob's agent is %s", got.State)
	}
}

// passUntil lets up to ten minutes pass until something has happened that is due by then. Before
// each step, a call that a timer woke sets its next one, so that no call sleeps through all of it.
func (w *world) passUntil(what string, happened func() bool) {
	w.t.Helper()
	end := w.clock.Now().Add(10 * time.Minute)
	await(w.t, what, func() bool {
		if happened() {
			return true
		}
		if w.watch.isAnswered() && w.clock.Now().Before(end) {
			w.clock.Advance(10 * time.Second)
		}
		return false
	})
}

// seenElsewhere is what a process that knows nothing yet shows one agent of another.
func (w *world) seenElsewhere(reader, of chat.Seated) chat.Agent {
	w.t.Helper()
	for _, a := range w.another().info(reader.Token).Room.Agents {
		if a.Name == of.Name {
			return a
		}
	}
	w.t.Fatalf("%s has no seat", of.Name)
	return chat.Agent{}
}

// An agent whose client has left a wait in one process, unseen, announces an absence to
// another.
func TestWait_ofHours_keepsTheAbsenceAnnouncedElsewhere(t *testing.T) {
	w := newWorld(t).another()
	p := w.pair()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	ended := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: chat.MaxWait})
	w.clock.Advance(30 * time.Second) // the wait is not announced again at the same moment
	back := w.clock.Now().Add(100 * time.Minute)
	if _, err := w.another().Wait(t.Context(),
		chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
			Absence: chat.Absence{Given: true, BackIn: 100 * time.Minute}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := w.written(p.bob)
		w.clock.Advance(5 * time.Minute)
		w.passUntil("the wait is announced again", func() bool { return w.written(p.bob) != before })
	}
	if got := w.seenElsewhere(p.ann, p.bob); got.BackIn != back.Sub(w.clock.Now()) {
		t.Errorf("Bob's agent is back in %v, want at %v", got.BackIn, back)
	}
	kill()
	<-ended
}

// written is the stored presence of an agent's seat.
func (w *world) written(of chat.Seated) string {
	w.t.Helper()
	token, err := ident.ParseToken(of.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	item, err := w.table.Get(w.t.Context(), roomlog.PresenceKey(token.Room, token.Seat), table.Strong)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(item.Data)
}
