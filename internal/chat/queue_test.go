package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// queue enters the lobby, or what req says.
func (w *world) queue(req chat.QueueRequest) chat.Queued {
	w.t.Helper()
	got, err := w.EnterQueue(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s queues: %v", req.AgentName, err)
	}
	return got
}

// queueing enters the queue in the background.
func (w *world) queueing(ctx context.Context, req chat.QueueRequest) <-chan queueAnswer {
	got := make(chan queueAnswer, 1)
	go func() {
		q, err := w.EnterQueue(ctx, req)
		got <- queueAnswer{q, err}
	}()
	return got
}

type queueAnswer struct {
	chat.Queued
	err error
}

// inQueue begins to wait in the queue, and returns when the call has nothing left to
// do but wait.
func (w *world) inQueue(ctx context.Context, req chat.QueueRequest) <-chan queueAnswer {
	w.t.Helper()
	got := w.queueing(ctx, req)
	if err := w.clock.BlockUntilContext(w.t.Context(), 2); err != nil {
		w.t.Fatal(err)
	}
	return got
}

func wait(req chat.QueueRequest, d time.Duration) chat.QueueRequest {
	req.Wait = d
	return req
}

// met fails unless the two were paired with each other.
func met(t *testing.T, a, b chat.Queued) {
	t.Helper()
	for _, q := range []chat.Queued{a, b} {
		if q.Status != chat.StatusPaired || q.Seated.Status != chat.StatusJoined || q.Ticket != "" || len(q.Room.Agents) != 2 {
			t.Fatalf("not paired: %+v", q)
		}
	}
	if a.Room.Name != b.Room.Name || a.Partner.Name != b.Name || b.Partner.Name != a.Name || a.Token == b.Token || a.Opens == b.Opens {
		t.Fatalf("not with each other:\n%+v\n%+v", a, b)
	}
}

func TestQueue_twoWhoEnter_arePairedAndTalk(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), chat.QueueRequest{AgentName: "Ann", Interests: []string{"chess"}, Wait: time.Minute})
	bob := w.queue(chat.QueueRequest{AgentName: "Bob", Interests: []string{"go"}})
	ann := <-waiting
	if ann.err != nil {
		t.Fatal(ann.err)
	}
	met(t, ann.Queued, bob)
	if !ann.Opens {
		t.Error("who has waited longer is not to open")
	}
	same(t, "Bob's partner likes", bob.Partner.Interests, []string{"chess"})
	same(t, "Ann's partner likes", ann.Partner.Interests, []string{"go"})
	same(t, "seats", seats(bob.Room), []string{"Ann (admin)", "Bob (member)"})
	w.say(ann.Token, "hello")
	same(t, "Bob hears", lines(w.look(bob.Token, bob.Cursor).Messages), []string{"Ann: hello"})
	same(t, "Ann has nothing to hear", lines(w.look(ann.Token, "").Messages), nil)
}
