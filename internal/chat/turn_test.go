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

// crowd returns a room with these agents. Each of them has read all joins.
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

// hold begins a wait of one minute for each agent and returns once this many timers
// run: one for each wait, and one for the silence when all agents wait.
func (w *world) hold(timers int, all ...chat.Seated) []<-chan answer {
	w.t.Helper()
	var waits []<-chan answer
	for _, s := range all {
		waits = append(waits, w.waiting(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: time.Minute}))
	}
	w.blocked(timers)
	return waits
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

func TestTurn_allWaitAndNobodyHasSpoken_isTheNewcomers(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3 * time.Second)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
	w.clock.Advance(57 * time.Second)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
}

func TestTurn_silenceUnderThreeSeconds_isNobodys(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(3, p.ann, p.bob)
	w.clock.Advance(3*time.Second - time.Millisecond)
	w.say(p.ann.Token, "so?")
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusMessages)
	w.clock.Advance(time.Minute)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
}

func TestTurn_isGivenOncePerSilence(t *testing.T) {
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

func TestTurn_afterARestart_isNotGivenAgainInTheSameSilence(t *testing.T) {
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

func TestTurn_afterAMessage_isGivenInTheNextSilence(t *testing.T) {
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
	wantStatus(t, "Ann, who did not speak last", take(t, waits[0]), chat.StatusTurn)
}

func TestTurn_oneAgentDoesNotWait_isNobodys(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	waits := w.hold(2, all[0], all[1])
	w.clock.Advance(time.Minute)
	wantStatus(t, "Ann", take(t, waits[0]), chat.StatusQuiet)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusQuiet)
}

func TestTurn_roomOfThree_goesRound(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	for _, next := range []int{1, 2, 0} {
		speaker := (next + 2) % 3
		w.say(all[speaker].Token, "word of "+all[speaker].Name)
		for i := range all {
			all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
		}
		waits := w.hold(4, all...)
		w.clock.Advance(3 * time.Second)
		wantStatus(t, all[next].Name, take(t, waits[next]), chat.StatusTurn)
		w.clock.Advance(time.Minute)
		wantStatus(t, all[speaker].Name, take(t, waits[speaker]), chat.StatusQuiet)
		wantStatus(t, "the third", take(t, waits[3-next-speaker]), chat.StatusQuiet)
	}
}

func TestTurn_lastMessagePrivate_isItsAddressees(t *testing.T) {
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

func TestTurn_agentOnStandby_isSkipped(t *testing.T) {
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

func TestTurn_twoProcesses_isGivenOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	one := onTable(t, w.clock, w.table, chat.Options{})
	two := onTable(t, w.clock, w.table, chat.Options{})
	ann := one.waiting(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	bob := two.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	w.blocked(4) // a wait and a pollerer for each
	wantStatus(t, "Bob", w.runUntil(bob, 4, 40*time.Second), chat.StatusTurn)
	wantStatus(t, "Ann", w.runUntil(ann, 2, 2*time.Minute), chat.StatusQuiet)
}

func TestTurn_comesWithMessagesThatWokeNobody(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	waits := w.hold(4, all...)
	w.sayAs(all[0].Token, room.Status, "half done")
	w.clock.Advance(3 * time.Second)
	got := take(t, waits[1])
	wantStatus(t, "Bob", got, chat.StatusTurn)
	same(t, "Bob receives", lines(got.Messages), []string{"Ann: half done"})
}

// Only the other process knows that a program waits for Bob.
func TestTurn_agentOnStandbyInAnotherProcess_isSkipped(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	one := onTable(t, w.clock, w.table, chat.Options{})
	two := onTable(t, w.clock, w.table, chat.Options{})
	two.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute, Standby: true})
	w.blocked(2) // a wait and a poller
	ann := one.waiting(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	w.blocked(4)
	wantStatus(t, "Ann", w.runUntil(ann, 4, 40*time.Second), chat.StatusTurn)
}

// Bob's call is blocked when the silence has lasted long enough. When it goes on, the
// silence is over.
func TestTurn_messageWhileItIsGiven_startsAnotherSilence(t *testing.T) {
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
	w.clock.Advance(56 * time.Second) // one minute after it was stored, Bob's presence is stored again
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
		t.Fatalf("Bob gets the turn too soon: %+v", got)
	case <-time.After(2 * time.Millisecond):
	}
	w.clock.Advance(time.Millisecond)
	wantStatus(t, "Bob", take(t, waits[1]), chat.StatusTurn)
}

func TestTurn_agentThatIsDone_needNotWait(t *testing.T) {
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

// The process that starts later loads only events that are no messages.
func TestTurn_lastMessageLongAgo_isTheSameInEveryProcess(t *testing.T) {
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
	w.clock.Advance(time.Minute) // so that presence is stored at once
	for _, s := range []chat.Seated{all[0], all[2]} {
		one.waiting(t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: time.Minute})
	}
	w.blocked(3)
	bob := two.waiting(t.Context(), chat.WaitRequest{Token: all[1].Token, Cursor: all[1].Cursor, Wait: time.Minute})
	w.blocked(5)
	wantStatus(t, "Bob", w.runUntil(bob, 5, 40*time.Second), chat.StatusTurn)
}

// runUntil advances the clock in small steps, while this many timers run, until the
// wait has ended.
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
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second) // fewer timers run after a wait has ended
		_ = w.clock.BlockUntilContext(ctx, 1+timers)
		cancel()
	}
	return take(w.t, wait)
}

// puts reports whether one of ops puts an item whose sort key begins with prefix.
func puts(ops []table.Op, prefix string) bool {
	for _, op := range ops {
		if !op.Delete && strings.HasPrefix(op.Item.Key.Sort, prefix) {
			return true
		}
	}
	return false
}
