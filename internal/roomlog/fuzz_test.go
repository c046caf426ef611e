package roomlog

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// FuzzStored reads an event and a snapshot with any contents. They are refused, or
// the event applies and the state that follows is stored without loss.
func FuzzStored(f *testing.F) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	ann := room.Agent{Seat: 1, Name: "Ann", Key: "ann", Role: room.Admin, Hash: ident.HashSecret("0000000000000000"), Joined: 1, AtMs: at, Since: room.Mark{N: 1}}
	settings := room.Settings{Name: "tea", Key: "tea", Type: room.Group, Capacity: 2}
	for _, e := range []room.Event{
		{V: room.Version, ID: "a", LastChange: 1, AtMs: at, Type: room.Joined, Seat: 1, Name: "Ann", Agent: &ann, Settings: &settings, ExpiresMs: at},
		{V: room.Version, ID: "b", LastChange: 1, AtMs: at, Type: room.Said, Seat: 1, Name: "Ann", Text: "hello", ReplyTo: 1},
		{V: room.Version, ID: "c", LastChange: 3, AtMs: at, Type: room.Left, Seat: 1, Name: "Ann", Reason: "left", Promoted: 2},
		{V: room.Version, ID: "d", LastChange: 4, AtMs: at, Type: room.Retired},
		{V: room.Version, ID: "e", LastChange: 5, AtMs: at, Type: room.Managed, By: 1, Action: "ban", Name: "Bob", Ban: &room.Ban{Key: "bob"}},
		{V: room.Version, ID: "f", LastChange: 6, AtMs: at, Type: room.Changed, By: 1, Key: settings.Key, Changed: &room.Changes{Room: &settings.Name}},
		{V: room.Version, ID: "g", LastChange: 7, AtMs: at, Type: room.Knocked, Name: "Bob", Key: "bob", Reason: room.ReasonRoomFull},
		{V: room.Version + 1, Type: "sang"},
	} {
		f.Add(eventSort(2), Encode(e), Encode(room.Snapshot{V: room.Version, AsOf: 1, Settings: settings, Agents: []room.Agent{ann}, NextSeat: 2, ExpiresMs: at, HeadMs: at}))
	}
	f.Fuzz(func(t *testing.T, sort string, data, meta []byte) {
		var s room.Snapshot
		if err := Decode(table.Item{Key: MetaKey("0000000"), Data: meta}, &s); err != nil {
			s = room.Snapshot{AsOf: 1}
		}
		before, err := s.State("0000000")
		if err != nil {
			return
		}
		folded := room.NewHead(before)
		e, err := decodeEvent(table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: data})
		if err != nil {
			return
		}
		e.N = s.AsOf + 1
		next, err := folded.Apply(e)
		if err != nil {
			return
		}
		if next.AsOf != e.N || next.Expired(time.UnixMilli(at)) && !next.Retired && next.ExpiresMs > at {
			t.Errorf("after event %d the state is %+v", e.N, next)
		}
		for _, a := range next.Agents {
			next.Seated(a.Seat)
			room.Successor(&next.State, a.Seat)
		}
		stored := Encode(next.Snapshot())
		var again room.Snapshot
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		state, err := again.State(next.ID)
		if err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		if back := Encode(state.Snapshot()); !bytes.Equal(back, stored) {
			t.Errorf("stored as %s, it is read as %s", stored, back)
		}
	})
}
