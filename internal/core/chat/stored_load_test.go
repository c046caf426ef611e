package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
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

// snapshot returns the items of the snapshot of a token's room.
func (w *world) snapshot(token string) []table.Item {
	w.t.Helper()
	page, err := w.table.Query(w.t.Context(),
		table.Range{Partition: "ROOM#" + token[:7], Prefix: "META", Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

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

// A reader sees the snapshot of a write but not yet its event.
func TestLoad_snapshotNewerThanTheVisibleLog_isUsed(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	bob := w.join("plans", "Bob")
	hidden := w.item(ann.Token, "LOG#0000000000000002")
	w.write(table.Delete(hidden.Key, table.Always))
	cold := onTable(t, w.clock, w.table, chat.Options{})
	if got := cold.say(bob.Token, "here"); got.ID != cold.id(bob.Token, 3) {
		t.Fatalf("said as %+v", got)
	}
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
