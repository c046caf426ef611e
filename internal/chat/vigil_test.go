package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// paired is a pair that met in the queue.
func (w *world) paired() (ann, bob chat.Queued) {
	w.t.Helper()
	ticket := w.queue(chat.QueueRequest{AgentName: "Ann"}).Ticket
	bob = w.queue(chat.QueueRequest{AgentName: "Bob"})
	ann = w.queue(chat.QueueRequest{Ticket: ticket})
	met(w.t, ann, bob)
	return ann, bob
}

// untilLeft lets Ann wait, and returns how long it took until she heard something;
// most is the longest.
func (w *world) untilLeft(ann chat.Queued, most time.Duration) (time.Duration, []string) {
	w.t.Helper()
	began, cursor := w.clock.Now(), ann.Cursor
	for w.clock.Since(began) < most {
		got := w.pass(w.waiting(w.t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: cursor, Wait: chat.MaxWait, Standby: true}))
		if cursor = got.Cursor; len(got.Messages) > 0 {
			return w.clock.Since(began), lines(got.Messages)
		}
	}
	return most, nil
}

// pass lets second after second pass until the wait has ended, in which somebody
// looks who has gone silent.
func (w *world) pass(wait <-chan answer) chat.Waited {
	w.t.Helper()
	for range 1000 {
		ctx, cancel := context.WithTimeout(w.t.Context(), 50*time.Millisecond) // a wait that has ended leaves fewer
		_ = w.clock.BlockUntilContext(ctx, 3)
		cancel()
		select {
		case got := <-wait:
			if got.err != nil {
				w.t.Fatal(got.err)
			}
			return got.Waited
		default:
			w.clock.Advance(time.Second)
		}
	}
	return take(w.t, wait)
}

func TestVigil_partnerSilentForFiveMinutes_hasLeft(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	took, heard := w.untilLeft(ann, time.Hour)
	same(t, "Ann hears", heard, []string{"left Bob (timeout)"})
	if took < 5*time.Minute || took > 5*time.Minute+30*time.Second {
		t.Errorf("after %s", took)
	}
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "I am back"})
	wants(t, err, chat.Removed)
}
