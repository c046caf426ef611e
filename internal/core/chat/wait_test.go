package chat_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// pair is a room of two agents.
type pair struct{ ann, bob chat.Seated }

func (w *world) pair() pair {
	w.t.Helper()
	p := pair{ann: w.join("plans", "Ann"), bob: w.join("plans", "Bob")}
	p.ann.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor // Bob's join
	return p
}

func take(t *testing.T, from <-chan answer) chat.Waited {
	t.Helper()
	select {
	case got := <-from:
		if got.err != nil {
			t.Fatalf("wait: %v", got.err)
		}
		return got.Waited
	case <-time.After(chat.Patience): // only a broken wait gets here
		t.Fatal("the wait did not end")
		panic("unreachable")
	}
}

func TestWait_message_endsItAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	w.say(p.ann.Token, "now")
	if got := take(t, waiting); got.Status != chat.StatusMessages ||
		!slices.Equal(texts(got.Messages), []string{"now"}) {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_ownMessage_onlyMovesItsCursor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	own := w.say(p.ann.Token, "to myself")
	w.stillWaits("Ann", waiting)
	w.clock.Advance(time.Minute)
	if got := take(t, waiting); got.Status != chat.StatusQuiet || len(got.Messages) != 0 ||
		place(t, p.ann.Token, got.Cursor) != w.number(p.ann.Token, own.ID) {
		t.Fatalf("got %+v", got)
	}
}

func TestWait_serviceStops_returnsTheMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	w.Stop()
	if got := take(t, waiting); !got.Stopping || got.Status != chat.StatusQuiet {
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
	got, err := w.Wait(ctx, chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	if err != nil || got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestWait_agentRemoved_endsAsRemoved(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	w.say(p.ann.Token, "last words")
	heard := take(t, waiting)
	waiting = w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: heard.Cursor, Wait: time.Minute})
	if gone, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
		gone.Status != chat.StatusLeft {
		t.Fatal(gone, err)
	}
	if got := take(t, waiting); got.Status != chat.StatusRemoved || got.Reason != room.ReasonLeft {
		t.Fatalf("got %+v", got)
	}
	_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
	wants(t, err, fault.Removed)
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

func TestWait_twoProcessesWithHundredsOfMessages_deliverEachOnceInOrder(t *testing.T) {
	here := newWorld(t)
	here = onTable(t, here.clock, here.table, chat.Options{})
	there := onTable(t, here.clock, here.table, chat.Options{})
	ann, bob := here.join("plans", "Ann"), there.join("plans", "Bob")
	const count = 300
	speak := func(w *world, token string) {
		for i := range count {
			if _, err := w.Send(t.Context(), chat.SendRequest{Token: token,
				Text: fmt.Sprintf("number %d", i)}); err != nil {
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
	// Writers pause when they collide, so the clock must run.
	go func() {
		for t.Context().Err() == nil {
			here.clock.Advance(time.Millisecond)
		}
	}()
	var all sync.WaitGroup
	all.Go(func() { speak(here, ann.Token) })
	all.Go(func() { speak(there, bob.Token) })
	all.Go(func() { hear(there, ann.Token, ann.Cursor) })
	all.Go(func() { hear(here, bob.Token, bob.Cursor) })
	all.Wait()
}

func TestWait_longerThanMayBeOrLessThanNothing_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for _, d := range []time.Duration{-time.Second, chat.MaxWait + time.Second} {
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: d})
		wants(t, err, fault.InvalidArgument)
	}
}
