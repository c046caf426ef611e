package chat_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// item reads what lies in the table at a sort key of the room of token.
func (w *world) item(token, sort string) table.Item {
	w.t.Helper()
	got, err := w.table.Get(w.t.Context(), table.Key{Partition: "ROOM#" + token[:7], Sort: sort}, table.Strong)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) write(ops ...table.Op) {
	w.t.Helper()
	if err := w.table.Write(w.t.Context(), ops...); err != nil {
		w.t.Fatal(err)
	}
}

// TestLoad_snapshotBehindTheLog reads the room as a reader does who sees the
// event of a write, and not yet its snapshot.
func TestLoad_snapshotBehindTheLog_foldsTheRest(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	old := w.item(ann.Token, "META")
	bob := w.join("plans", "Bob")
	w.say(bob.Token, "hello")
	w.write(table.Put(old, table.Always))

	cold := onTable(t, w.clock, w.table, chat.Options{})
	cold.Service = chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}})
	cold.say(bob.Token, "it is still me")
	_, err := cold.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Cid"})
	wants(t, err, fault.RoomFull)
}

// TestLoad_snapshotAheadOfTheLog reads the room as a reader does who sees the
// snapshot of a write, and not yet its event.
func TestLoad_snapshotAheadOfTheLog_isTheBase(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	bob := w.join("plans", "Bob")
	hidden := w.item(ann.Token, "LOG#0000000000000002")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	if got := cold.say(bob.Token, "here"); got.Seq != 3 {
		t.Fatalf("said as %d", got.Seq)
	}
}

// TestRead_gap hides an event as one that is not visible yet: a reader waits for
// it, and hands out nothing beyond.
func TestRead_gap_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i := range 40 {
		w.say(p.ann.Token, fmt.Sprintf("message %d", i))
	}
	hidden := w.item(p.ann.Token, "LOG#0000000000000005")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	if got := cold.look(p.bob.Token, p.bob.Cursor); !slices.Equal(texts(got.Messages), []string{"message 0", "message 1"}) {
		t.Fatalf("before the gap: %q", texts(got.Messages))
	}
	reading := cold.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursorAt(t, cold, p, 4)}, 1)
	w.write(table.Put(hidden, table.Always))
	w.clock.Advance(tornPause)
	if got := take(t, reading); got.Missed || texts(got.Messages)[0] != "message 2" {
		t.Fatalf("after it closed: %+v", got)
	}
}

// TestHistory_gapAboveAnOldEvent: what is missing there has not expired, since what
// is older has not, and is not left out.
func TestHistory_gapAboveAnOldEvent_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "long ago")
	w.clock.Advance(26 * time.Hour)
	w.say(p.ann.Token, "hidden for a moment")
	w.say(p.bob.Token, "just now")
	hidden := w.item(p.ann.Token, "LOG#0000000000000004")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	got := make(chan chat.Page, 1)
	go func() { got <- cold.history(p.ann.Token, chat.HistoryRequest{Before: 5}) }()
	if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil { // it reads again after a pause
		t.Fatal(err)
	}
	w.write(table.Put(hidden, table.Always))
	w.clock.Advance(tornPause)
	if page := <-got; !slices.Contains(texts(page.Messages), "hidden for a moment") {
		t.Errorf("history is %q", texts(page.Messages))
	}
}

const tornPause = 20 * 1e6 // nanoseconds: how long a reader waits before it looks again

// cursorAt is Bob's cursor at event n.
func cursorAt(t *testing.T, w *world, p pair, n int64) string {
	t.Helper()
	got := w.look(p.bob.Token, p.bob.Cursor)
	if want := fmt.Sprintf("%d-", n); !strings.HasPrefix(got.Cursor, want) {
		t.Fatalf("the cursor is %s, want %s…", got.Cursor, want)
	}
	return got.Cursor
}

// TestSend_onAStaleFold has a service that last heard of the room before its
// agent spoke elsewhere: what it takes for the agent's last message is not.
func TestSend_onAStaleFold_isNoDuplicateOfAnOlderMessage(t *testing.T) {
	w := newWorld(t)
	here := onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := here.pair()
	first := here.say(p.ann.Token, "the same words")
	there.say(p.ann.Token, "other words")
	if again := here.say(p.ann.Token, "the same words"); again.Duplicate || again.Seq != first.Seq+2 {
		t.Fatalf("got %+v", again)
	}
}

// timeOut fails every Get as a driver does that retried until the deadline.
func timeOut(_ context.Context, c tabletest.Call) error {
	if c.Method != tabletest.Get {
		return nil
	}
	return fmt.Errorf("%w: %w", table.ErrUnavailable, context.DeadlineExceeded)
}

func TestStore_thatDoesNotAnswerInTime_isUnavailableAndTheLogSaysWhy(t *testing.T) {
	w := newWorld(t)
	var log strings.Builder
	slow := onTable(t, w.clock, &tabletest.Hooks{Table: w.table, Before: timeOut}, chat.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := slow.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann", Password: "open sesame"})
	wants(t, err, fault.Unavailable)
	if said := log.String(); !strings.Contains(said, "level=WARN") || !strings.Contains(said, table.ErrUnavailable.Error()) || strings.Contains(said, "sesame") {
		t.Errorf("whoever runs the server is told %q", said)
	}
}
