package chat_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// crowd is a room with these agents, each of whom has read who came.
func (w *world) crowd(room string, names ...string) []chat.Seated {
	w.t.Helper()
	var all []chat.Seated
	for _, name := range names {
		all = append(all, w.enter(chat.JoinRequest{Room: room, AgentName: name, Capacity: max(2, len(names))}))
	}
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
	return all
}

// hold begins a minute's wait for each of them, and returns when the silence in
// which all wait has begun, or, with fewer timers, when all wait.
func (w *world) hold(timers int, all ...chat.Seated) []<-chan answer {
	w.t.Helper()
	var waits []<-chan answer
	for _, s := range all {
		waits = append(waits, w.waiting(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: time.Minute}))
	}
	w.blocked(timers)
	return waits
}

// blocked waits for so many timers beside the table's own.
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

func TestTurn_allWaitAndNobodyHasSpoken_newcomerIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
	w.clock.Advance(57 * time.Second)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
}

func TestTurn_beforeThreeSeconds_nobodyIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3*time.Second - time.Millisecond)
	w.say(p.ann.Token, "so?")
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusMessages)
	w.clock.Advance(time.Minute)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
}

func TestTurn_toldOnce_notAgainInTheSameSilence(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
	again := w.hold(2, p.bob)
	w.clock.Advance(57 * time.Second)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
	more := w.hold(2, p.ann)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, again[0]), chat.StatusQuiet)
	w.clock.Advance(57 * time.Second)
	wantStatus(t, "Ann", take(t, more[0]), chat.StatusQuiet)
}

func TestTurn_afterARestart_notAgainInTheSameSilence(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
	w.Stop()
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
	w = onTable(t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1})
	waits = w.hold(3, p.ann, p.bob)
	w.clock.Advance(time.Minute)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusQuiet)
}

func TestTurn_somethingSaid_theNextSilenceIsAnother(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
	w.say(p.bob.Token, "hello")
	p.ann.Cursor = take(t, waits[0]).Cursor
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	waits = w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Ann, who has not spoken last", take(t, waits[0]), chat.StatusTurn)
}

func TestTurn_oneDoesNotWait_nobodyIsTold(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	waits := w.hold(2, all[0], all[1])
	w.clock.Advance(time.Minute)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusQuiet)
}

func TestTurn_inARoomOfThree_goesRound(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	for _, told := range []int{1, 2, 0} {
		speaker := (told + 2) % 3
		w.say(all[speaker].Token, "word of "+all[speaker].Name)
		for i := range all {
			all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
		}
		waits := w.hold(4, all...)
		w.clock.Advance(3 * time.Second)
		wantStatus(t, all[told].Name, take(t, waits[told]), chat.StatusTurn)
		w.clock.Advance(time.Minute)
		wantStatus(t, all[speaker].Name, take(t, waits[speaker]), chat.StatusQuiet)
		wantStatus(t, "the third", take(t, waits[3-told-speaker]), chat.StatusQuiet)
	}
}

func TestTurn_lastWordWasForOne_thatOneIsTold(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	if _, err := w.Send(t.Context(), chat.SendRequest{Token: all[0].Token, Text: "for you", To: []string{"cid"}}); err != nil {
		t.Fatal(err)
	}
	all[2].Cursor = w.look(all[2].Token, all[2].Cursor).Cursor
	waits := w.hold(4, all...)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Cid", take(t, waits[2]), chat.StatusTurn)
}

func TestTurn_whoStandsBy_isNeverTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	shell := w.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute, Standby: true})
	w.blocked(1)
	waits := w.hold(3, p.ann)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusTurn)
	w.clock.Advance(time.Minute)
	wantStatus(t, "Bob", take(t, shell), chat.StatusQuiet)
}

func TestTurn_inAChannel_isAnAdmins(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "news", AgentName: "Ann", Type: room.Channel})
	bob := w.join("news", "Bob")
	ann.Cursor = w.look(ann.Token, ann.Cursor).Cursor
	waits := w.hold(3, ann, bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusTurn)
}

func TestTurn_acrossTwoProcesses_exactlyOneIsTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	one := onTable(t, w.clock, w.table, chat.Options{})
	two := onTable(t, w.clock, w.table, chat.Options{})
	ann := one.waiting(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	bob := two.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	w.blocked(4) // a wait and a poll each
	wantStatus(t, "Bob", w.runUntil(bob, 4, 40*time.Second), chat.StatusTurn)
	wantStatus(t, "Ann", w.runUntil(ann, 2, 2*time.Minute), chat.StatusQuiet)
}

// TestTurn_somethingRodeAlong_isToldWithIt: what woke nobody is handed out together
// with the turn, and does not hide it.
func TestTurn_somethingRodeAlong_isToldWithIt(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	waits := w.hold(4, all...)
	w.sayAs(all[0].Token, room.Status, "half done")
	w.clock.Advance(3 * time.Second)
	got := take(t, waits[1])
	wantStatus(t, "Bob", got, chat.StatusTurn)
	same(t, "Bob hears", lines(got.Messages), []string{"Ann: half done"})
}

// TestTurn_whoStandsByElsewhere_isPassedOver: that a program waits for Bob is known
// only where it does.
func TestTurn_whoStandsByElsewhere_isPassedOver(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	one := onTable(t, w.clock, w.table, chat.Options{})
	two := onTable(t, w.clock, w.table, chat.Options{})
	two.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute, Standby: true})
	w.blocked(2) // a wait and a poll
	ann := one.waiting(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	w.blocked(4)
	wantStatus(t, "Ann", w.runUntil(ann, 4, 40*time.Second), chat.StatusTurn)
}

// TestTurn_somethingSaidWhileItIsTaken_isOfAnotherSilence: Bob is told that the
// silence has lasted while he cannot look; when he can, it is over.
func TestTurn_somethingSaidWhileItIsTaken_isOfAnotherSilence(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	busy, held := make(chan struct{}), make(chan struct{})
	s := &tabletest.Hooks{Table: w.table}
	w = onTable(t, w.clock, s, chat.Options{SingleProcess: true, MinBatch: 1})
	w.say(all[0].Token, "a word of Ann's")
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
	wait := w.open(t.Context(), chat.WaitRequest{Token: all[1].Token, Cursor: all[1].Cursor, Wait: time.Second}, 1)
	w.clock.Advance(time.Second)
	wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	w.clock.Advance(56 * time.Second) // a minute after it was last noted, Bob's presence is noted again
	s.Before = func(_ context.Context, c tabletest.Call) error {
		if puts(c.Ops, "SEEN#00002") {
			close(busy)
			<-held
		}
		return nil
	}
	waits := w.hold(5, all...)
	w.clock.Advance(3 * time.Second)
	<-busy
	w.sayAs(all[0].Token, room.Status, "half done")
	close(held)
	w.blocked(4)
	w.clock.Advance(3*time.Second - time.Millisecond)
	select {
	case got := <-waits[1]:
		t.Fatalf("Bob is told too soon: %+v", got)
	case <-time.After(2 * time.Millisecond):
	}
	w.clock.Advance(time.Millisecond)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
}

func TestTurn_lastWordsWereForOneEach_theLastIsTold(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.tell(all[0].Token, "for you, Cid", "Cid")
	w.tell(all[0].Token, "for you, Bob", "Bob")
	w.tell(all[0].Token, "for you again, Cid", "Cid")
	w.tell(all[0].Token, "and again, Bob", "Bob")
	w.tell(all[0].Token, "the last is for you, Cid", "Cid")
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
	waits := w.hold(4, all...)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Cid", take(t, waits[2]), chat.StatusTurn)
}

func TestTurn_whoIsDoneDoesNotWait_anotherIsTold(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.sayAs(all[0].Token, room.Done, "that is all from me")
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
	waits := w.hold(3, all[1:]...)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[0]), chat.StatusTurn)
}

// TestTurn_lastWordFarBack_isTheSameInEveryProcess: one that comes later finds only
// other events when it loads the room, and Bob's turn is his there, too.
func TestTurn_lastWordFarBack_isTheSameInEveryProcess(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.say(all[0].Token, "a word of Ann's")
	one := onTable(t, w.clock, w.table, chat.Options{})
	one.info(all[0].Token)
	for range 15 {
		one.manage(all[0].Token, room.Mute, "Cid", chat.StatusMuted)
		one.manage(all[0].Token, room.Unmute, "Cid", chat.StatusUnmuted)
	}
	two := onTable(t, w.clock, w.table, chat.Options{})
	for i := range all {
		all[i].Cursor = one.look(all[i].Token, all[i].Cursor).Cursor
	}
	w.clock.Advance(time.Minute) // who waits is noted at once
	for _, s := range []chat.Seated{all[0], all[2]} {
		one.waiting(t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: time.Minute})
	}
	w.blocked(3)
	bob := two.waiting(t.Context(), chat.WaitRequest{Token: all[1].Token, Cursor: all[1].Cursor, Wait: time.Minute})
	w.blocked(5)
	wantStatus(t, "Bob", w.runUntil(bob, 5, 40*time.Second), chat.StatusTurn)
}

// runUntil lets time pass in small steps, as long as so many timers go on running,
// until the wait has ended.
func (w *world) runUntil(wait <-chan answer, timers int, most time.Duration) chat.Waited {
	w.t.Helper()
	for until := w.clock.Now().Add(most); w.clock.Now().Before(until); {
		select {
		case got := <-wait:
			if got.err != nil {
				w.t.Fatal(got.err)
			}
			return got.Waited
		default:
		}
		w.clock.Advance(100 * time.Millisecond)
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second) // a wait that has ended leaves fewer
		_ = w.clock.BlockUntilContext(ctx, 1+timers)
		cancel()
	}
	return take(w.t, wait)
}

// puts reports whether one of ops puts an item whose sort key begins so.
func puts(ops []table.Op, prefix string) bool {
	for _, op := range ops {
		if !op.Delete && strings.HasPrefix(op.Item.Key.Sort, prefix) {
			return true
		}
	}
	return false
}

// pairs reports whether ops are those that pair two tickets.
