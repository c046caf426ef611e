package roomlog

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// The outline of any event is a part of the event.
func TestOutline_isWhatTheWholeEventSays(t *testing.T) {
	words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `"`, `\`, `\"`, `"to":[1]`, `\\","t":"retired`,
		"{[", "]}", ",", "\u2028<&>"}))
	seats := rapid.SliceOfN(rapid.IntRange(1, 40_000), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		e := room.Event{
			N: rapid.Int64Range(1, 1<<40).Draw(t, "n"), V: room.Version, ID: words.Draw(t, "id"),
			AtMs: rapid.Int64().Draw(t, "at"),
			Type: rapid.SampledFrom([]room.EventType{room.Said, room.Joined, room.Left, room.Changed,
				room.Retired}).Draw(t, "type"),
			Seat: rapid.IntRange(0, 40_000).Draw(t, "seat"), Name: words.Draw(t, "name"), Text: words.Draw(t, "text"),
			To: seats.Draw(t, "to"), ToNames: rapid.SliceOfN(words, 0, 3).Draw(t, "names"), Ask: seats.Draw(t, "ask"),
			AgreedTo: rapid.SliceOfN(seats, 0, 3).Draw(t, "agreed to"), Note: words.Draw(t, "note"),
		}
		if rapid.Bool().Draw(t, "talk") {
			e.Talk = &room.Talk{Open: []room.OpenRequest{{N: 1, Seat: 3, To: seats.Draw(t, "asked")}},
				Done: seats.Draw(t, "done")}
		}
		item := table.Item{Key: EventKey("room", e.N), Data: Encode(e)}
		whole, err := decodeEvent(item)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := outline(item)
		if !ok || got.N != whole.N || got.V != whole.V || got.Type != whole.Type || got.Seat != whole.Seat ||
			!slices.Equal(got.To, whole.To) {
			t.Errorf("the outline of %s is %+v, %v", item.Data, got, ok)
		}
	})
}

func FuzzOutline(f *testing.F) {
	for _, text := range []string{
		`{"v":4,"id":"x","t":"said","s":2,"x":"hello","to":[3,4]}`, `{"v":4,"t":"said","to":[]}`, `{"v":3,"t":"said"}`,
		`{`, `{"`, `{"v"`, `{"v":`, `{"v":4,`, `{"v":4,"t":"said","to":[1}`, `{"a":"\\"}`, `{}`, `[]`, ``,
		`{"a":{"to":[1]},"v":4,"t":"said"}x`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		item := table.Item{Key: EventKey("room", 7), Data: []byte(text)}
		got, ok := outline(item)
		whole, err := decodeEvent(item)
		if err != nil || string(Encode(whole)) != text {
			return // it came from elsewhere: that it ends without a panic is enough
		}
		if !ok || got.Type != whole.Type || got.Seat != whole.Seat || !slices.Equal(got.To, whole.To) {
			t.Errorf("the outline of %s is %+v, %v", text, got, ok)
		}
	})
}

func TestOutline_ofAnotherVersion_isLeftToTheWholeEvent(t *testing.T) {
	for _, text := range []string{`{"v":1000,"t":"said"}`, `{"t":"said","s":1}`, `{"v":4,"t":"said","to":["x"]}`,
		`{"v":4,"t":"said"`, `{}`} {
		if e, ok := outline(table.Item{Key: EventKey("room", 7), Data: []byte(text)}); ok {
			t.Errorf("the outline of %s is %+v", text, e)
		}
	}
}
