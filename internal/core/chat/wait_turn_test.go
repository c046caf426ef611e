package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// crowd returns a full room with these agents. Each of them has read all joins.
func (w *world) crowd(room string, names ...string) []chat.Seated {
	w.t.Helper()
	var all []chat.Seated
	for _, name := range names {
		all = append(all, w.enter(chat.JoinRequest{Room: room, AgentName: name, Capacity: max(2, len(names))}))
	}
	w.catchUp(all)
	return all
}

// catchUp has each agent read what is new to it.
func (w *world) catchUp(all []chat.Seated) {
	w.t.Helper()
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
}

// hold begins a wait of almost five minutes for each agent.
func (w *world) hold(all ...chat.Seated) []<-chan answer {
	w.t.Helper()
	var waits []<-chan answer
	for _, s := range all {
		waits = append(waits, w.open(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: longWait}))
	}
	return waits
}

// shell begins a wait of a program in the place of an agent.
func (w *world) shell(s chat.Seated) <-chan answer {
	w.t.Helper()
	return w.open(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: longWait, Standby: true})
}

// leaves says that an agent will be back after d.
func (w *world) leaves(s chat.Seated, d time.Duration) {
	w.t.Helper()
	if _, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor,
		Absence: away(d)}); err != nil {
		w.t.Fatal(err)
	}
}

// blocked waits until this many timers run beside the table's own.
func (w *world) blocked(timers int) {
	w.t.Helper()
	if err := w.clock.BlockUntilContext(w.t.Context(), 1+timers); err != nil {
		w.t.Fatal(err)
	}
}

func wantStatus(t *testing.T, who string, got chat.Waited, want chat.WaitStatus) {
	t.Helper()
	if got.Status != want {
		t.Fatalf("%s: %s with %v, want %s", who, got.Status, lines(got.Messages), want)
	}
}

// turnAfter fails unless the wait ends with the turn after d, and not half a second
// sooner.
func (w *world) turnAfter(d time.Duration, who string, wait <-chan answer) {
	w.t.Helper()
	w.pass(d - time.Millisecond)
	w.stillWaits(who, wait)
	w.pass(time.Millisecond)
	wantStatus(w.t, who, take(w.t, wait), chat.StatusTurn)
}

// stillWaits fails if a wait has ended.
func (w *world) stillWaits(who string, wait <-chan answer) {
	w.t.Helper()
	select {
	case got := <-wait:
		w.t.Fatalf("%s waits no longer: %s with %v, %v", who, got.Status, lines(got.Messages), got.err)
	case <-time.After(2 * time.Millisecond): // a wait that ends does so in less
	}
}

// Cid works. Ann and Bob wait for that, and have nothing to say. Once Cid waits, too, it is Cid's turn.
func TestTurn_othersWork_isNobodysWhoCanDoNothing(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.adds(all[0].Token, "sand", "paint < 1")
	w.task(all[2].Token, chat.TaskTake, "t1")
	w.catchUp(all)
	waits := w.hold(all[0], all[1])
	w.pass(room.PresentFor)
	w.stillWaits("Ann", waits[0])
	w.stillWaits("Bob", waits[1])
	wantStatus(t, "Cid", take(t, w.hold(all[2])[0]), chat.StatusTurn)
	w.pass(time.Minute)
	w.stillWaits("Ann", waits[0])
	w.stillWaits("Bob", waits[1])
}
