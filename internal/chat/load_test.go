package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
)

// item reads an item of the room of a token.
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

// A reader sees the event of a write but not yet its snapshot.
func TestLoad_snapshotOlderThanTheLog_appliesTheRest(t *testing.T) {
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

// A reader sees the snapshot of a write but not yet its event.
func TestLoad_snapshotNewerThanTheVisibleLog_isUsed(t *testing.T) {
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
