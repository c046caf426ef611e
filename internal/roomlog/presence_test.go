package roomlog

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// Activities of agents that left stay stored for an hour and sort before presence.
func TestPresence_behindAThousandActivitiesOfOthers_isRead(t *testing.T) {
	s := newStore(t)
	id, soon := ident.NewRoomID(), s.now().Add(time.Hour)
	put := func(k table.Key, data any) table.Op {
		return table.Put(table.Item{Key: k, Expires: soon, Data: Encode(data)}, table.Always)
	}
	const last = table.MaxLimit + 1
	for seat := 1; seat < last; seat += table.MaxOps {
		var ops []table.Op
		for i := range table.MaxOps {
			ops = append(ops, put(activityKey(id, seat+i), activityItem{V: room.Version, Text: "gone"}))
		}
		if err := s.table.Write(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.table.Write(t.Context(), put(PresenceKey(id, last), room.Presence{V: room.Version, AtMs: 1}),
		put(activityKey(id, last), activityItem{V: room.Version, Text: "here"})); err != nil {
		t.Fatal(err)
	}
	l := s.Acquire(id)
	defer l.Release()
	seen, _, err := l.Seats().Presence(t.Context(), table.Strong)
	if err != nil || len(seen) != 1 || seen[last].Activity != "here" {
		t.Errorf("got %v, %v", seen, err)
	}
}
