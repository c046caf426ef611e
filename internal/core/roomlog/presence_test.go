package roomlog

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
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
	seen, _, err := l.Items().Presence(t.Context(), table.Strong)
	if err != nil || len(seen) != 1 || seen[last].Activity != "here" {
		t.Errorf("got %v, %v", seen, err)
	}
}

// The short way reads every presence, and as the long way does.
func TestPresence_isReadAsAnyItem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := room.Presence{V: room.Version}
		for i := range reflect.TypeFor[room.Presence]().NumField() {
			field := reflect.TypeFor[room.Presence]().Field(i)
			switch to := reflect.ValueOf(&p).Elem().Field(i); {
			case field.Name == "V" || field.Tag.Get("json") == "-":
			case to.CanInt():
				to.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64()).Draw(t, field.Name))
			default:
				to.SetBool(rapid.Bool().Draw(t, field.Name)) // panics for a field that is neither
			}
		}
		data := Encode(p)
		var got room.Presence
		if !presence(data, &got) || got != p {
			t.Errorf("%s is read as %+v", data, got)
		}
	})
	for _, text := range []string{`{"v":9,"at":1}`, `{"v":10,"at":1`, `{"v":10,"at":1,"new":2}`, `{"v":10,"used":1}`, ``} {
		if p := (room.Presence{}); presence([]byte(ofThisVersion(text)), &p) {
			t.Errorf("%s is read as %+v", text, p)
		}
	}
}
