package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// TestHistory_gap hides an event as one of a write of several that is not visible
// yet, while a later one is. Whoever reads back, or joins and never looks back
// again, gets it all the same.
func TestHistory_gap_isWaitedFor(t *testing.T) {
	words := []string{"one", "two", "three", "four"} // events 3 to 6
	for what, ask := range map[string]func(w *world, bob chat.Seated) ([]chat.Message, error){
		"forth": func(w *world, bob chat.Seated) ([]chat.Message, error) {
			page, err := w.History(t.Context(), chat.HistoryRequest{Token: bob.Token, After: 2})
			return page.Messages, err
		},
		"back": func(w *world, bob chat.Seated) ([]chat.Message, error) {
			page, err := w.History(t.Context(), chat.HistoryRequest{Token: bob.Token})
			return page.Messages, err
		},
		"back from a number": func(w *world, bob chat.Seated) ([]chat.Message, error) {
			page, err := w.History(t.Context(), chat.HistoryRequest{Token: bob.Token, Before: 100})
			return page.Messages, err
		},
		"join": func(w *world, _ chat.Seated) ([]chat.Message, error) {
			cid, err := w.tryJoin("plans", "Cid")
			return cid.Messages, err
		},
	} {
		t.Run(what, func(t *testing.T) {
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
			patience, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := w.clock.BlockUntilContext(patience, 2); err != nil { // one is the table's own
				t.Fatal(err)
			}
			w.write(table.Put(hidden, table.Always))
			w.clock.Advance(tornPause)
			select {
			case messages := <-got:
				same(t, "said", texts(messages), words)
			case <-patience.Done(): // only a broken reader gets here
				t.Fatal("nothing came")
			}
		})
	}
}
