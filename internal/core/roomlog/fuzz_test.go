package roomlog

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// FuzzStored reads an event and a snapshot with any contents. They are refused, or
// the event applies and the state that follows is stored without loss.
func FuzzStored(f *testing.F) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	ann := room.Agent{Seat: 1, Name: "Ann", Key: "ann", Role: room.Admin, Hash: ident.HashSecret("0000000000000000"),
		Joined: 1, AtMs: at, Since: room.Mark{N: 1}}
	settings := room.Settings{Name: "tea", Key: "tea", Type: room.Group, Capacity: 2}
	before := room.State{AsOf: 1, Settings: settings, Agents: []room.Agent{ann}, NextSeat: 2, ExpiresMs: at, HeadMs: at}
	for _, e := range []room.Event{
		{V: room.Version, ID: "a", LastChange: 1, AtMs: at, Type: room.Joined, Seat: 1, Name: "Ann", Agent: &ann,
			Settings: &settings, ExpiresMs: at},
		{V: room.Version, ID: "b", LastChange: 1, AtMs: at, Type: room.Said, Seat: 1, Name: "Ann", Text: "hello",
			ReplyTo: 1},
		{V: room.Version, ID: "c", LastChange: 3, AtMs: at, Type: room.Left, Seat: 1, Name: "Ann", Reason: "left",
			Promoted: 2},
		{V: room.Version, ID: "d", LastChange: 4, AtMs: at, Type: room.Retired},
		{V: room.Version, ID: "e", LastChange: 5, AtMs: at, Type: room.Managed, By: 1, Action: "ban", Name: "Bob",
			Ban: &room.Ban{Key: "bob"}},
		{V: room.Version, ID: "f", LastChange: 6, AtMs: at, Type: room.Changed, By: 1, Key: settings.Key,
			Changed: &room.Changes{Room: &settings.Name}},
		{V: room.Version, ID: "g", LastChange: 7, AtMs: at, Type: room.Knocked, Name: "Bob", Key: "bob",
			Reason: room.ReasonRoomFull},
		{V: room.Version, ID: "h", LastChange: 8, AtMs: at, Type: room.TaskChanged, Seat: 1, Name: "Ann",
			Wakes: []int{1}, Task: &room.TaskChange{Action: room.AddTasks, Add: []room.Task{
				{No: 1, Title: "sand", For: []room.Party{ann.Party()}}, {No: 2, Title: "paint", After: []int64{1}}}}},
		{V: room.Version, ID: "i", LastChange: 9, AtMs: at, Type: room.TaskChanged, Seat: 1, Name: "Ann",
			Task: &room.TaskChange{Action: room.DropTask, No: 1, Added: 2, Prev: 2, Title: "sand", Text: "no need"}},
		{V: room.Version, ID: "j", LastChange: 10, AtMs: at, Type: room.Said, Seat: 1, Name: "Ann", Text: "done",
			Finishes: []int64{1, 2}, Closes: []int64{1}},
		{V: room.Version, ID: "k", LastChange: 11, AtMs: at, Type: room.Changed, By: 1,
			Task: &room.TaskChange{Action: room.RedactTask, No: 1, Added: 2, Prev: 2}},
		{V: room.Version + 1, Type: "sang"},
	} {
		f.Add(eventSort(2), Encode(e), Encode(before.Snapshot()), Encode(before.Parts()[0]))
	}
	f.Fuzz(func(t *testing.T, sort string, data, meta, part []byte) {
		var x snapshot
		p := room.Part{Name: "SEAT#00001"}
		if Decode(table.Item{Key: MetaKey("0000000"), Data: meta}, &x.Snapshot) != nil ||
			Decode(table.Item{Key: partKey("0000000", p.Name), Data: part}, &p) != nil {
			x.Snapshot = room.Snapshot{AsOf: 1}
		} else if x.Parts != "0" {
			x.parts = []room.Part{p}
		}
		before, err := x.state("0000000")
		if err != nil {
			return
		}
		e, err := decodeEvent(table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: data})
		if err != nil {
			return
		}
		e.N = x.AsOf + 1
		next, err := room.NewHead(before).Apply(e)
		if err != nil {
			return
		}
		if next.AsOf != e.N || next.Expired(time.UnixMilli(at)) && !next.Retired && next.ExpiresMs > at {
			t.Errorf("after event %d the state is %+v", e.N, next)
		}
		for _, a := range next.Agents {
			next.Seated(a.Seat)
			room.Liveness{}.Heir(next, a.Seat, time.UnixMilli(at))
		}
		storedAgain(t, &next.State)
	})
}

// storedAgain fails if s is not read back as it is stored.
func storedAgain(t *testing.T, s *room.State) {
	stored, again := Encode(s.Snapshot()), snapshot{}
	if err := json.Unmarshal(stored, &again.Snapshot); err != nil {
		t.Fatalf("%s: %v", stored, err)
	}
	for _, p := range s.Parts() {
		back := room.Part{Name: p.Name}
		if err := json.Unmarshal(Encode(p), &back); err != nil {
			t.Fatalf("%s: %v", Encode(p), err)
		}
		again.parts = append(again.parts, back)
	}
	state, err := again.state(s.ID)
	if err != nil {
		t.Fatalf("%s: %v", stored, err)
	}
	if back := Encode(state.Snapshot()); !bytes.Equal(back, stored) {
		t.Errorf("stored as %s, it is read as %s", stored, back)
	}
}
