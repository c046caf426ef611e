package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// TestLoad_inTheMiddleOfAWrite_readsWhatIsMissingOnceItIsThere loads a room of
// which the newest snapshot can be seen, and its event not yet.
func TestLoad_inTheMiddleOfAWrite_readsWhatIsMissingOnceItIsThere(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.join("plans", "Bob") // event 2
	hidden := w.stored(eventKey(ann.Token, 2))
	if err := w.table.Write(t.Context(), table.Delete(hidden.Key, table.Always)); err != nil {
		t.Fatal(err)
	}
	cold := onTable(t, w.clock, w.table, chat.Options{})
	waiting := cold.open(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute}, 3)
	w.store(hidden)
	w.clock.Advance(20 * time.Millisecond) // after which it reads again
	same(t, "Ann hears", lines(take(t, waiting).Messages), []string{"joined Bob"})
}
