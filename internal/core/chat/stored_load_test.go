package chat_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// A reader sees the event of a write but not yet its snapshot.
func TestLoad_snapshotOlderThanTheLog_appliesTheRest(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	old := w.snapshot(ann.Token)
	bob := w.join("plans", "Bob")
	w.say(bob.Token, "hello")
	for _, item := range w.snapshot(ann.Token) {
		w.write(table.Delete(item.Key, table.Always))
	}
	for _, item := range old {
		w.write(table.Put(item, table.Always))
	}

	cold := onTable(t, w.clock, w.table, chat.Options{})
	cold.Service = chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}})
	cold.say(bob.Token, "it is still me")
	_, err := cold.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Cid"})
	wants(t, err, fault.RoomFull)
}

// The snapshot says that the talk state changed with an event that is not visible yet.
// What was asked must not be taken for expired.
func TestLoad_snapshotNewerThanTheTalkState_waitsForIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "which one?", "Bob", "Cid")
	w.leave(p.cid.Token) // event 5, which has the talk state
	hidden := w.stored(eventKey(p.ann.Token, 5))
	w.write(table.Delete(hidden.Key, table.Always))
	got, err := w.elsewhere().RoomInfo(t.Context(), chat.InfoRequest{Token: p.ann.Token})
	wants(t, err, fault.Unavailable)
	if len(got.Requests) != 0 {
		t.Errorf("open: %+v", got.Requests)
	}
	w.store(hidden)
	w.elsewhere().asked([]string{"Ann asks [Bob]: which one?"}, p.ann, p.bob)
}

// An event is hidden as if its write of several events were partially visible. Readers
// of history, and agents that join and never look back again, still get it.
func TestHistory_eventNotYetVisible_isWaitedFor(t *testing.T) {
	words := []string{"one", "two", "three", "four"} // events 3 to 6
	for name, ask := range map[string]func(w *world, bob chat.Seated) ([]chat.Message, error){
		"forth": func(w *world, bob chat.Seated) ([]chat.Message, error) {
			page, err := w.History(t.Context(), chat.HistoryRequest{Token: bob.Token, After: w.id(bob.Token, 2)})
			return page.Messages, err
		},
		"back": func(w *world, bob chat.Seated) ([]chat.Message, error) {
			page, err := w.History(t.Context(), chat.HistoryRequest{Token: bob.Token})
			return page.Messages, err
		},
		"join": func(w *world, _ chat.Seated) ([]chat.Message, error) {
			cid, err := w.tryJoin("plans", "Cid")
			return cid.Messages, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
			bob := w.join("plans", "Bob")
			for _, text := range words {
				w.say(ann.Token, text)
			}
			hidden := w.item(ann.Token, "LOG#0000000000000005")
			w.write(table.Delete(hidden.Key, table.Always))
			cold := onTable(t, w.clock, w.table, chat.Options{})
			got := make(chan []chat.Message, 1)
			go func() {
				messages, err := ask(cold, bob)
				if err != nil {
					t.Error(err)
				}
				got <- messages
			}()
			ctx, cancel := context.WithTimeout(t.Context(), chat.Patience)
			defer cancel()
			if err := w.clock.BlockUntilContext(ctx, 2); err != nil { // one is that of the table
				t.Fatal(err)
			}
			w.write(table.Put(hidden, table.Always))
			w.clock.Advance(tornPause)
			select {
			case messages := <-got:
				same(t, "said", texts(messages), words)
			case <-ctx.Done(): // only a broken reader gets here
				t.Fatal("the call did not return")
			}
		})
	}
}

// A wait returns nothing beyond an event that is not visible yet.
func TestWait_eventNotYetVisible_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i := range 40 {
		w.say(p.ann.Token, fmt.Sprintf("message %d", i))
	}
	w.clock.Advance(room.RepeatWindow + time.Second) // so a load does not read so far back
	hidden := w.item(p.ann.Token, "LOG#0000000000000005")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	if got := w.elsewhere().look(p.bob.Token, p.bob.Cursor); !slices.Equal(texts(got.Messages),
		[]string{"message 0", "message 1"}) {
		t.Fatalf("before the gap: %q", texts(got.Messages))
	}
	reading := cold.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursorAt(t, w.elsewhere(), p, 4)})
	cold.blocked(1) // it reads again after a pause
	w.write(table.Put(hidden, table.Always))
	w.clock.Advance(tornPause)
	if got := take(t, reading); got.Situation.Missed || texts(got.Messages)[0] != "message 2" {
		t.Fatalf("after it closed: %+v", got)
	}
}

// The hidden event cannot have expired, because an older one has not.
func TestHistory_eventNotYetVisibleAfterAnOldOne_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "long ago")
	w.clock.Advance(26 * time.Hour)
	w.say(p.ann.Token, "hidden for a moment")
	last := w.say(p.bob.Token, "just now").ID
	hidden := w.item(p.ann.Token, "LOG#0000000000000004")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	got := make(chan chat.Page, 1)
	go func() { got <- cold.history(p.ann.Token, chat.HistoryRequest{Before: last}) }()
	if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil { // it reads again after a pause
		t.Fatal(err)
	}
	w.write(table.Put(hidden, table.Always))
	w.clock.Advance(tornPause)
	if page := <-got; !slices.Contains(texts(page.Messages), "hidden for a moment") {
		t.Errorf("history is %q", texts(page.Messages))
	}
}

// tornPause is how long a reader pauses before it reads a hidden event again.
const tornPause = 20 * 1e6 // nanoseconds

// cursorAt returns Bob's cursor, which must be at event n.
func cursorAt(t *testing.T, w *world, p pair, n int64) string {
	t.Helper()
	got := w.look(p.bob.Token, p.bob.Cursor)
	if at := place(t, p.bob.Token, got.Cursor); at != n {
		t.Fatalf("the cursor is at %d, want %d", at, n)
	}
	return got.Cursor
}
