package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// pair is a room of two.
type pair struct{ ann, bob chat.Seated }

func (w *world) pair() pair {
	w.t.Helper()
	p := pair{ann: w.join("plans", "Ann"), bob: w.join("plans", "Bob")}
	p.ann.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor // Bob's coming
	return p
}

// open begins a wait and returns once it is blocked: its timer runs.
func (w *world) open(ctx context.Context, req chat.WaitRequest, timers int) <-chan answer {
	w.t.Helper()
	got := w.waiting(ctx, req)
	if err := w.clock.BlockUntilContext(w.t.Context(), 1+timers); err != nil { // one is the table's own
		w.t.Fatal(err)
	}
	return got
}

func take(t *testing.T, from <-chan answer) chat.Waited {
	t.Helper()
	select {
	case got := <-from:
		if got.err != nil {
			t.Fatalf("wait: %v", got.err)
		}
		return got.Waited
	case <-time.After(20 * time.Second): // only a broken wait gets here
		t.Fatal("the wait did not end")
		panic("unreachable")
	}
}

func TestWait_messageSaid_wakesAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 1)
	w.say(p.ann.Token, "now")
	if got := take(t, waiting); got.Status != chat.StatusMessages || !slices.Equal(texts(got.Messages), []string{"now"}) {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_ownMessage_doesNotWake(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute}, 1)
	w.say(p.ann.Token, "to myself")
	w.clock.Advance(time.Minute)
	if got := take(t, waiting); got.Status != chat.StatusQuiet || len(got.Messages) != 0 {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_timeUp_isQuietAndMovesTheCursorPastOwnMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	own := w.say(p.ann.Token, "hello")
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: 50 * time.Second}, 1)
	w.clock.Advance(50 * time.Second)
	got := take(t, waiting)
	if want := fmt.Sprintf("%d-", own.Seq); got.Status != chat.StatusQuiet || got.Cursor[:len(want)] != want {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_newerWaitOfTheSeat_endsTheOlderEmptyHanded(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	older := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	newer := w.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	if got := take(t, older); !got.Superseded || got.Status != chat.StatusQuiet {
		t.Fatalf("the older got %+v", got)
	}
	w.say(p.ann.Token, "for the newer")
	if got := take(t, newer); !slices.Equal(texts(got.Messages), []string{"for the newer"}) {
		t.Fatalf("the newer got %+v", got)
	}
}

func TestWait_clientGone_endsWithItsContext(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	waiting := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	cancel()
	if got := <-waiting; !errors.Is(got.err, context.Canceled) {
		t.Fatalf("got %v", got.err)
	}
}

func TestWait_serviceStops_returnsWhatThereIs(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	w.Stop()
	if got := take(t, waiting); !got.Stopping || got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v", got)
	}
	w.say(p.ann.Token, "still heard")
	if got := w.look(p.bob.Token, ""); !slices.Equal(texts(got.Messages), []string{"still heard"}) {
		t.Fatalf("then got %+v", got)
	}
}

func TestWait_deadlineOfTheCall_endsThreeSecondsBefore(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	got, err := w.Wait(ctx, chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	if err != nil || got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestWait_removedWhileWaiting_saysSo(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	w.say(p.ann.Token, "last words")
	take(t, waiting)
	waiting = w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	if status, err := w.LeaveRoom(t.Context(), p.bob.Token); err != nil || status != chat.StatusLeft {
		t.Fatal(status, err)
	}
	if got := take(t, waiting); got.Status != chat.StatusRemoved || got.Reason != room.ReasonLeft {
		t.Fatalf("got %+v", got)
	}
	_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
	wants(t, err, fault.Removed)
}

func TestWait_comingsAndGoings_wakeOnlyWhereTwoTalk(t *testing.T) {
	w := newWorld(t)
	created, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: "many", AgentName: "Ann", Capacity: 5})
	if err != nil {
		t.Fatal(err)
	}
	waiting := w.open(t.Context(), chat.WaitRequest{Token: created.Token, Wait: time.Minute}, 1)
	bob := w.join("many", "Bob")
	got := take(t, waiting)
	if len(got.Messages) != 1 || got.Messages[0].Type != chat.Joined || len(got.Agents) != 2 {
		t.Fatalf("the second: got %+v", got)
	}
	waiting = w.open(t.Context(), chat.WaitRequest{Token: created.Token, Cursor: got.Cursor, Wait: time.Minute}, 1)
	w.join("many", "Cid")
	w.say(bob.Token, "three of us")
	got = take(t, waiting)
	if len(got.Messages) != 2 || got.Messages[0].Agent != "Cid" || got.Messages[1].Text != "three of us" {
		t.Fatalf("the third: got %+v", got)
	}
}

func TestWait_aboveTenAgents_doesNotListThem(t *testing.T) {
	w := newWorld(t)
	ann, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: "crowd", AgentName: "Ann", Capacity: 12})
	if err != nil {
		t.Fatal(err)
	}
	cursor := ann.Cursor
	for i := 2; i <= 11; i++ {
		w.join("crowd", fmt.Sprintf("Agent %d", i))
		got := w.look(ann.Token, cursor)
		if cursor = got.Cursor; (len(got.Agents) == i) != (i <= 10) || i > 10 && len(got.Agents) != 0 {
			t.Errorf("with %d agents: a list of %d", i, len(got.Agents))
		}
	}
}

func TestWait_manyMessages_comeInBatchesThatMissNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want []string
	for i := range 130 {
		want = append(want, fmt.Sprintf("message %d", i))
		w.say(p.ann.Token, want[i])
	}
	var heard []string
	for cursor := p.bob.Cursor; ; {
		got := w.look(p.bob.Token, cursor)
		if len(got.Messages) > 50 {
			t.Fatalf("a batch of %d", len(got.Messages))
		}
		heard, cursor = append(heard, texts(got.Messages)...), got.Cursor
		if !got.HasMore {
			break
		}
	}
	if !slices.Equal(heard, want) {
		t.Fatalf("heard %d: %q", len(heard), heard)
	}
}

func TestWait_cursorAskedTwice_givesTheSameTwice(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "once")
	first, second := w.look(p.bob.Token, p.bob.Cursor), w.look(p.bob.Token, p.bob.Cursor)
	if len(first.Messages) != 1 || len(second.Messages) != 1 || first.Cursor != second.Cursor {
		t.Fatalf("got %+v and %+v", first, second)
	}
}

func TestWait_cursorThatIsNone_countsAsAbsent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "hello")
	for _, cursor := range []string{"3", "3-zz", "nonsense", "999-" + p.bob.Cursor[len(p.bob.Cursor)-2:], p.ann.Cursor} {
		w2 := w.look(p.bob.Token, cursor)
		if !w2.CursorIgnored {
			t.Errorf("%q was taken for a cursor", cursor)
		}
	}
}

// TestWait_acrossServices_isToldByPolling has the waiter and the speaker in
// different services on one table, as on Lambda.
func TestWait_acrossServices_isToldByPolling(t *testing.T) {
	here := newWorld(t)
	here = onTable(t, here.clock, here.table, chat.Options{})
	there := onTable(t, here.clock, here.table, chat.Options{})
	ann := here.join("plans", "Ann")
	bob := there.join("plans", "Bob")
	waiting := here.open(t.Context(), chat.WaitRequest{Token: ann.Token, Wait: time.Minute}, 0)
	take(t, waiting) // Bob's coming
	waiting = here.open(t.Context(), chat.WaitRequest{Token: ann.Token, Wait: time.Minute}, 3)
	there.say(bob.Token, "from elsewhere")
	here.clock.Advance(100 * time.Millisecond)
	if got := take(t, waiting); !slices.Equal(texts(got.Messages), []string{"from elsewhere"}) {
		t.Fatalf("got %+v", got)
	}
}

func TestTwoServices_hundredsOfMessagesEachWay_eachOnceInOrder(t *testing.T) {
	here := newWorld(t)
	here = onTable(t, here.clock, here.table, chat.Options{})
	there := onTable(t, here.clock, here.table, chat.Options{})
	ann, bob := here.join("plans", "Ann"), there.join("plans", "Bob")
	const count = 300
	speak := func(w *world, token string) {
		for i := range count {
			if _, err := w.Send(t.Context(), chat.SendRequest{Token: token, Text: fmt.Sprintf("number %d", i)}); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
	}
	hear := func(w *world, token, cursor string) {
		for next := 0; next < count; {
			got, err := w.Wait(t.Context(), chat.WaitRequest{Token: token, Cursor: cursor})
			if err != nil {
				t.Errorf("wait: %v", err)
				return
			}
			for _, text := range texts(got.Messages) {
				if want := fmt.Sprintf("number %d", next); text != want {
					t.Errorf("got %q, want %q", text, want)
					return
				}
				next++
			}
			cursor = got.Cursor
		}
	}
	// Writers pause on the clock when they meet: it has to run.
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				here.clock.Advance(time.Millisecond)
			}
		}
	}()
	var all sync.WaitGroup
	all.Go(func() { speak(here, ann.Token) })
	all.Go(func() { speak(there, bob.Token) })
	all.Go(func() { hear(there, ann.Token, ann.Cursor) })
	all.Go(func() { hear(here, bob.Token, bob.Cursor) })
	all.Wait()
}
func TestQuiet_isSinceTheLastEvent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(7 * time.Minute)
	if got := w.look(p.bob.Token, p.bob.Cursor).Quiet; got != 7*time.Minute {
		t.Errorf("got %v", got)
	}
	w.say(p.ann.Token, "hello")
	if got := w.look(p.bob.Token, p.bob.Cursor).Quiet; got != 0 {
		t.Errorf("got %v", got)
	}
}
