package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestWait_serviceStops_returnsTheMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	w.Stop()
	if got := take(t, waiting); !got.Situation.Stopping || got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v", got)
	}
	w.say(p.ann.Token, "still heard")
	if got := w.look(p.bob.Token, ""); !slices.Equal(texts(got.Messages), []string{"still heard"}) {
		t.Fatalf("then got %+v", got)
	}
}

func TestWait_contextDeadline_endsThreeSecondsBefore(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if limit := w.WaitLimit(ctx, time.Minute); limit != 0 {
		t.Errorf("it may wait for %v", limit)
	}
	got, err := w.Wait(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	if err != nil || got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestWait_manyMessages_comeInBatchesWithoutGaps(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want []string
	for i := range 130 {
		want = append(want, fmt.Sprintf("message %d", i))
		w.say(p.ann.Token, want[i])
	}
	var received []string
	for cursor := p.bob.Cursor; ; {
		got := w.look(p.bob.Token, cursor)
		if len(got.Messages) > 50 {
			t.Fatalf("a batch of %d", len(got.Messages))
		}
		received, cursor = append(received, texts(got.Messages)...), got.Cursor
		if !got.HasMore {
			break
		}
	}
	if !slices.Equal(received, want) {
		t.Fatalf("received %d: %q", len(received), received)
	}
}

// The two services share a table, as on Lambda.
func TestWait_messageOfAnotherProcess_isFoundByPolling(t *testing.T) {
	here := newWorld(t)
	here = onTable(t, here.clock, here.table, chat.Options{})
	there := onTable(t, here.clock, here.table, chat.Options{})
	ann := here.join("plans", "Ann")
	bob := there.join("plans", "Bob")
	waiting := here.open(t.Context(), chat.WaitRequest{Token: ann.Token, Wait: time.Minute})
	joined := take(t, waiting)
	const poll = 100 * time.Millisecond // while the last event is young
	polls := here.watch.count(poll)
	waiting = here.open(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: joined.Cursor, Wait: time.Minute})
	await(t, "the timer of the next poll", func() bool { return here.watch.count(poll) > polls })
	there.say(bob.Token, "from elsewhere")
	here.clock.Advance(poll)
	if got := take(t, waiting); !slices.Equal(texts(got.Messages), []string{"from elsewhere"}) {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_longerThanMayBeOrLessThanNothing_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for _, d := range []time.Duration{-time.Second, core.MaxWait + time.Second} {
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: d})
		wants(t, err, fault.InvalidArgument)
	}
}

func (w *world) sayAs(token string, kind room.Kind, text string) chat.Sent {
	w.t.Helper()
	got, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: text, Kind: kind})
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return got
}

// Ann says that she is done with talking. A task that nobody has keeps nobody.
func TestAllDone_aTaskIsTaken_comesOnceItEndsOrStalls(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	bob := func(when string, want chat.WaitStatus) {
		t.Helper()
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor // past what happened
		wantStatus(t, when, w.look(p.bob.Token, p.bob.Cursor), want)
	}
	w.adds(p.ann.Token, "sand", "paint", "sweep")
	w.sayAs(p.ann.Token, room.Done, "that is all")
	bob("free", chat.StatusAllDone)
	w.task(p.ann.Token, chat.CommandTake, "t1")
	bob("taken", chat.StatusQuiet)
	w.task(p.ann.Token, chat.CommandFinish, "t1")
	bob("done", chat.StatusAllDone)
	w.task(p.ann.Token, chat.CommandTake, "t2")
	w.clock.Advance(room.StallsAfter - time.Second)
	bob("taken for long", chat.StatusQuiet)
	w.clock.Advance(time.Second)
	bob("stalled", chat.StatusAllDone)
}

func TestAllDone_openWait_lastsForItsWholeTime(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.ann.Token, room.Done, "that is all")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	waits := w.hold(p.bob)
	w.pass(time.Minute)
	w.stillWaits("Bob", waits[0])
	w.pass(longWait - time.Minute)
	wantStatus(t, "Bob", take(t, waits[0]), chat.StatusAllDone)
}

// Clients give up a wait after a time of their own. Some close the request. Others
// leave it open and drop the answer.
func TestWait_canceled_losesNoMessage(t *testing.T) {
	for _, after := range []time.Duration{30 * time.Second, 55 * time.Second, 64 * time.Second} {
		for _, closes := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s closes=%t", after, closes), func(t *testing.T) { giveUp(t, after, closes) })
		}
	}
}

// giveUp has Bob's client give up its wait. Ann speaks just before, just after, and
// during the next wait.
func giveUp(t *testing.T, after time.Duration, closes bool) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lost := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 2 * time.Minute})
	w.clock.Advance(after)
	if closes {
		cancel()
		if got := <-lost; !errors.Is(got.err, context.Canceled) {
			t.Fatalf("it ends with %v", got.err)
		}
		w.say(p.ann.Token, "one")
	} else {
		w.say(p.ann.Token, "one")
		take(t, lost) // the client drops the answer
	}
	w.say(p.ann.Token, "two")

	got := w.look(p.bob.Token, p.bob.Cursor)
	if want := []string{"one", "two"}; !slices.Equal(texts(got.Messages), want) {
		t.Fatalf("after giving up: %q, want %q", texts(got.Messages), want)
	}
	w.say(p.ann.Token, "three")
	if got := w.look(p.bob.Token, got.Cursor); !slices.Equal(texts(got.Messages), []string{"three"}) {
		t.Fatalf("then: %q", texts(got.Messages))
	}
}

// A client says that it has given a call up, and leaves the request open: see mcp.Waits.
func TestWait_givenUp_endsAsIfItsTimeWereUp(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	givenUp := make(chan struct{})
	waiting := w.open(chat.EndedBy(t.Context(), givenUp), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	close(givenUp)
	if got := take(t, waiting); got.Status != chat.StatusQuiet || got.Cursor == "" {
		t.Errorf("it ended as %+v", got)
	}
	w.say(p.ann.Token, "are you there?")
	if got := w.look(p.bob.Token, ""); len(got.Messages) != 1 || got.Messages[0].Repeated {
		t.Errorf("then came %+v", got.Messages)
	}
}

func TestWait_newerWaitOfTheSeat_endsTheOlderOne(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	older := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	newer := w.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	if got := take(t, older); got.Status != chat.StatusSuperseded || len(got.Messages) != 0 {
		t.Fatalf("the older got %+v", got)
	}
	w.say(p.ann.Token, "for the newer")
	if got := take(t, newer); !slices.Equal(texts(got.Messages), []string{"for the newer"}) {
		t.Fatalf("the newer got %+v", got)
	}
}

// A program on standby must not end the wait of the agent that it stands in for.
func TestWait_programOfTheSeat_givesWayToTheAgent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	shell := w.shell(p.bob)
	agent := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	wantStatus(t, "the program", take(t, shell), chat.StatusSuperseded)
	wantStatus(t, "a later one", take(t, w.shell(p.bob)), chat.StatusSuperseded)
	w.say(p.ann.Token, "for the agent")
	same(t, "the agent receives", texts(take(t, agent).Messages), []string{"for the agent"})
}

// A Lambda function does not learn that a client has left, and neither does it see the
// waits of other processes. So whoever holds a token holds only the youngest wait of it
// for longer than a minute.
func TestWait_youngerWaitInAnotherProcess_endsTheOlderOneWithinAMinute(t *testing.T) {
	for _, c := range []struct{ older, younger, ends bool }{ // whether a program on standby waits
		{false, false, true}, {true, false, true}, {true, true, true}, {false, true, false},
	} {
		t.Run(fmt.Sprintf("%t %t", c.older, c.younger), func(t *testing.T) {
			w := newWorld(t)
			one, two := w.another(), w.another()
			p := one.pair()
			wait := func(w *world, standby bool) <-chan answer {
				return w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Standby: standby,
					Wait: 10 * time.Minute})
			}
			older := wait(one, c.older)
			w.clock.Advance(time.Second)
			younger := wait(two, c.younger)
			w.pass(65 * time.Second)
			if c.ends {
				wantStatus(t, "the older", take(t, older), chat.StatusSuperseded)
			} else {
				one.stillWaits("the older", older)
			}
			w.pass(90 * time.Second)
			two.stillWaits("the younger", younger)
		})
	}
}

// looksIn is what a program on standby for Bob gets that may not wait.
func (w *world) looksIn(p pair, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Standby: true, Peek: true,
		Polls: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// shows fails unless others see Bob in a state.
func (w *world) shows(p pair, want room.AgentState) {
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
			if op.Item.Key.Sort == "SEEN#00000002" { // of Bob
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
		if got.Status != chat.StatusQuiet || got.PollAfter != 15*time.Second {
			t.Fatalf("look %d: %+v", k, got)
		}
		w.clock.Advance(got.PollAfter)
		w.shows(p, room.AgentStandby)
	}
	if most := int64(looks*15/260 + 1); stored.Load() > most {
		t.Errorf("a standby of %d s was stored %d times, want at most %d", looks*15, stored.Load(), most)
	}
	one.say(p.ann.Token, "Milk?")
	got := two.looksIn(p, cursor)
	wantStatus(t, "after a message", got, chat.StatusMessages)
	if again := two.looksIn(p, got.Cursor); again.Status != chat.StatusQuiet || again.PollAfter != 5*time.Second {
		t.Errorf("in a lively room: %+v", again)
	}
	if read := one.look(p.bob.Token, p.bob.Cursor); len(read.Messages) != 1 {
		t.Errorf("the agent got %v", lines(read.Messages))
	}
	if after := one.looksIn(p, ""); after.Status != chat.StatusQuiet {
		t.Errorf("after the agent has read: %v", lines(after.Messages))
	}
	w.clock.Advance(room.AnnounceWait + room.BetweenWaits)
	w.shows(p, room.AgentSilent)
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

func TestLookIn_whileItsAgentWaitsElsewhere_yields(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	p.bob.Cursor = one.look(p.bob.Token, p.bob.Cursor).Cursor
	two.looksIn(p, p.bob.Cursor)
	bob := one.hold(p.bob)[0]
	if got := two.looksIn(p, p.bob.Cursor); got.Status != chat.StatusSuperseded || !got.Yielded || got.PollAfter == 0 {
		t.Errorf("while the agent waits: %+v", got)
	}
	w.shows(p, room.AgentWaiting)
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

// peek is what a program that waits in Bob's place gets at once.
func (w *world) peek(p pair, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Standby: true, Peek: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestPeek_whatItReturns_isStillNewToTheAgent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute,
		Standby: true, Peek: true})
	w.say(p.ann.Token, "one")
	first := take(t, waiting)
	w.say(p.ann.Token, "two")
	second := w.peek(p, first.Cursor)
	if !slices.Equal(texts(first.Messages), []string{"one"}) ||
		!slices.Equal(texts(second.Messages), []string{"two"}) {
		t.Fatalf("the program got %+v, then %+v", first, second)
	}
	if again := w.peek(p, second.Cursor); again.Status != chat.StatusQuiet {
		t.Errorf("after its own cursor: %+v", again)
	}
	if again := w.peek(p, ""); !slices.Equal(texts(again.Messages), []string{"one", "two"}) {
		t.Errorf("without a cursor: %+v", again)
	}
	got := w.look(p.bob.Token, p.bob.Cursor)
	if !slices.Equal(texts(got.Messages), []string{"one", "two"}) || got.Messages[0].Repeated {
		t.Errorf("the agent got %+v", got)
	}
	// The agent has them now, and so no program wakes it for them.
	for _, earlier := range []string{"", p.bob.Cursor, first.Cursor} {
		if after := w.peek(p, earlier); after.Status != chat.StatusQuiet || len(after.Messages) > 0 {
			t.Errorf("after the agent has read: %+v", after)
		}
	}
}

// said returns a function in which Ann sends req.
func said(req chat.SendRequest) func(w *world, p company) {
	return func(w *world, p company) {
		req.Token = p.ann.Token
		if _, err := w.send(req); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestWait_messagesThatWokeNobody_comeWithTheNextOne(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute,
		ForMe: true})
	said(chat.SendRequest{Text: "half done", Kind: room.Status})(w, p)
	w.say(p.bob.Token, "good")
	w.tell(p.ann.Token, "between Ann and Bob", "Bob")
	w.join("plans", "Dora")
	said(chat.SendRequest{Text: "and you, @Cid?"})(w, p)
	got := take(t, waiting)
	same(t, "Cid receives", lines(got.Messages),
		[]string{"Ann: half done", "Bob: good", "joined Dora", "Ann: and you, @Cid?"})
}

func TestWait_replyToItsReadPositionLost_losesNoMessage(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob := w.losingReplies("AT#", chat.Options{Clock: hurriedClock{w.clock}})
	got, err := bob.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor})
	if err != nil {
		wants(t, err, fault.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob receives", texts(got.Messages), []string{"for Bob"})
}

func TestWait_deadlinePassesWhileItsReadPositionIsWritten_losesNoMessage(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob, ctx := w.expiringAt(func(c tabletest.Call) bool {
		return c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "AT#")
	})
	got, err := bob.Wait(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor})
	if ctx.Err() == nil {
		t.Fatal("the deadline has not passed")
	}
	if err != nil {
		wants(t, err, fault.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob receives", texts(got.Messages), []string{"for Bob"})
}

func TestLookIn_readPositionCannotBeRead_isUnavailable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "AT#") {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	program := chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})
	_, err := program.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Standby: true, Peek: true, Polls: true})
	wants(t, err, fault.Unavailable)
}
