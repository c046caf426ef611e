package chat_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// looksIn is what a program on standby for Bob gets that may not wait.
func (w *world) looksIn(p pair, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Standby: true, Peek: true,
		LooksIn: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// shows fails unless others see Bob in a state.
func (w *world) shows(p pair, want chat.AgentState) {
	w.t.Helper()
	for _, a := range w.elsewhere().info(p.ann.Token).Room.Agents {
		if a.Name == "Bob" && a.State != want {
			w.t.Errorf("Bob is %s after %v, want %s", a.State, w.clock.Now(), want)
		}
	}
}

func TestLookIn_inTurnAtTwoProcesses_isAStandbyThatIsStoredOnceInAWhile(t *testing.T) {
	w := newWorld(t)
	var stored atomic.Int64
	w.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		for _, op := range c.Ops {
			if op.Item.Key.Sort == "SEEN#00000002" {
				stored.Add(1)
			}
		}
		return nil
	}}
	one, two := w.another(), w.another()
	p := one.pair()
	w.clock.Advance(time.Minute)
	stored.Store(0)
	cursor := p.bob.Cursor
	const looks = 80
	for k := range looks {
		got := []*world{one, two}[k%2].looksIn(p, cursor)
		cursor = got.Cursor
		if got.Status != chat.StatusQuiet || got.LookAgain != 15*time.Second {
			t.Fatalf("look %d: %+v", k, got)
		}
		w.clock.Advance(got.LookAgain)
		w.shows(p, chat.AgentStandby)
	}
	if most := int64(looks*15/260 + 1); stored.Load() > most {
		t.Errorf("a standby of %d s was stored %d times, want at most %d", looks*15, stored.Load(), most)
	}
	one.say(p.ann.Token, "Milk?")
	got := two.looksIn(p, cursor)
	wantStatus(t, "after a message", got, chat.StatusMessages)
	if again := two.looksIn(p, got.Cursor); again.Status != chat.StatusQuiet || again.LookAgain != 5*time.Second {
		t.Errorf("in a lively room: %+v", again)
	}
	if read := one.look(p.bob.Token, p.bob.Cursor); len(read.Messages) != 1 {
		t.Errorf("the agent got %v", lines(read.Messages))
	}
	if after := one.looksIn(p, ""); after.Status != chat.StatusQuiet {
		t.Errorf("after the agent has read: %v", lines(after.Messages))
	}
	w.clock.Advance(room.AnnounceWait + chat.BetweenWaits)
	w.shows(p, chat.AgentSilent)
}

// Nobody gives a turn to a look, so it takes its own: only if its agent owes an answer.
func TestLookIn_answerOwedWhileAllWait_takesTheTurnOnce(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	one.ask(p.ann.Token, "Milk?", "Bob")
	p.bob.Cursor = two.look(p.bob.Token, p.bob.Cursor).Cursor
	two.looksIn(p, p.bob.Cursor)
	ann := one.hold(p.ann)[0]
	turns := 0
	for range 4 { // less than the 30 seconds after which it would be another's
		w.clock.Advance(5 * time.Second)
		if two.looksIn(p, p.bob.Cursor).Status == chat.StatusTurn {
			turns++
		}
	}
	if turns != 1 {
		t.Errorf("it got %d turns", turns)
	}
	one.stillWaits("Ann", ann)
}

func TestLookIn_agentItselfWaitsElsewhere_makesWay(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	p.bob.Cursor = one.look(p.bob.Token, p.bob.Cursor).Cursor
	two.looksIn(p, p.bob.Cursor)
	bob := one.hold(p.bob)[0]
	if got := two.looksIn(p, p.bob.Cursor); got.Status != chat.StatusSuperseded || !got.Yielded || got.LookAgain == 0 {
		t.Errorf("while the agent waits: %+v", got)
	}
	w.shows(p, chat.AgentWaiting)
	one.say(p.ann.Token, "Milk?")
	if got := take(t, bob); len(got.Messages) != 1 {
		t.Errorf("the agent got %+v", got)
	}
	if got := two.looksIn(p, p.bob.Cursor); !got.Yielded {
		t.Errorf("while the agent answers: %+v", got)
	}
	w.clock.Advance(10 * time.Second)
	wantStatus(t, "if it has not read", two.looksIn(p, p.bob.Cursor), chat.StatusMessages)
}
