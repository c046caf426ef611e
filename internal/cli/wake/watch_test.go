package wake

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/core/chat"
)

// A new type gets a row here: whether the session of an agent is woken for it.
func TestWakes_eachTypeOfEvent_isSaid(t *testing.T) {
	want := map[chat.EventType]bool{
		chat.EventSaid:        true,
		chat.EventJoined:      false,
		chat.EventLeft:        false,
		chat.EventRole:        false,
		chat.EventRoom:        false,
		chat.EventPaired:      false,
		chat.EventKnocked:     true,
		chat.EventSupervision: true,  // that its person lets it go on
		chat.EventDrafted:     false, // but what its person decides about it
		chat.EventHook:        false,
		chat.EventTask:        false,
	}
	w := &watch{owner: client.Seat{Wake: new(client.Wake)}}
	for _, is := range chat.EventTypes() {
		yes := w.wakes(results.Message{Type: string(is), Reason: "resumed"})
		if wakes, ok := want[is]; !ok || yes != wakes {
			t.Errorf("%q wakes: %v, and its row here says %v (a row is there: %v)", is, yes, wakes, ok)
		}
	}
}

// A watch that has marked its seat pauses for minutes. A command that finds the seat ends the pause.
func TestUpdate_aCommandHasFoundTheSeat_itAsksAtOnce(t *testing.T) {
	known, asks := client.Seat{Name: "Bob"}, 0
	gone := known
	gone.UnknownAt = time.Unix(1, 0)
	w := &watch{owner: known, interruptCall: func() { asks++ }}
	for _, step := range []struct {
		seat client.Seat
		asks int
	}{{gone, 0}, {known, 1}, {known, 1}} {
		w.update(step.seat)
		if asks != step.asks {
			t.Errorf("after the seat has the mark %v, it asks %d times; want %d", step.seat.UnknownAt, asks, step.asks)
		}
	}
}
