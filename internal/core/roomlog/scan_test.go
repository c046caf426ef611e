package roomlog

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// A message that is read the short way is what the long way makes of it. Every message to all of
// which nothing changed the talk is read so.
func TestMessage_isReadAsAnyEvent(t *testing.T) {
	words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `"`, `\`, `\"`, `"x":"`, "a\nb\x00", "\u2028<&>",
		"\xff", `\u0041`, "message"}))
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) int64 { return rapid.Int64Range(0, 1<<40).Draw(t, name) }
		e := room.Event{V: room.Version, ID: words.Draw(t, "id"), LastChange: number("st"), LastTalk: number("lt"),
			Messages: number("p"), Run: int(number("run")), AtMs: rapid.Int64().Draw(t, "at"), Type: room.Said,
			Seat: int(number("seat")), Name: words.Draw(t, "name"), Text: words.Draw(t, "text"),
			Kind: room.Kind(words.Draw(t, "kind")), ReplyTo: number("re"), ReSeat: int(number("res"))}
		if rapid.Bool().Draw(t, "calls") {
			e.Calls = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) room.Call {
				return room.Call{Seat: rapid.IntRange(1, 1<<15).Draw(t, "seat"), Hook: words.Draw(t, "hook")}
			}), 1, 3).Draw(t, "call")
		}
		plain := true
		for _, add := range []func(){
			func() { e.To, e.ToNames = []int{2}, []string{"Bob"} }, func() { e.Ask = []int{2} },
			func() { e.Named = []int{3} }, func() { e.Talk = &room.Talk{Done: []int{1}} },
			func() { e.Type = room.Left }, func() { e.Redacted = true }, func() { e.ExpiresMs = 7 },
			func() { e.Person = true },
		} {
			if rapid.IntRange(0, 19).Draw(t, "has another field") == 0 {
				add()
				plain = false
			}
		}
		item := table.Item{Key: EventKey("room", 1+number("n")), Data: Encode(e)}
		want, err := decodeEvent(item)
		if err != nil {
			t.Fatal(err)
		}
		var got room.Event
		if ok := message(item, &got); ok != plain || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v, %v", item.Data, got, ok)
		}
	})
}

// ofThisVersion returns an item of version 10 as one of this version.
func ofThisVersion(text string) string {
	return strings.Replace(text, `"v":10`, fmt.Sprintf(`"v":%d`, room.Version), 1)
}

func FuzzMessage(f *testing.F) {
	for _, text := range []string{
		`{"v":10,"id":"x","st":1,"p":3,"run":2,"at":5,"t":"said","s":2,"f":"Ann","x":"hello"}`, `{"v":10,"t":"left"}`,
		`{"v":10,"t":"said","k":"status","re":4,"res":1}`, `{"v":10,"x":"\"\u00e9\\"}`, `{"v":9,"t":"said"}`, `{"v":10`,
		`{"call":[{"s":2,"h":"a"},{"s":3,"h":"b"}],"v":10,"t":"said","x":"hello"}`,
		`{"v":10,"x":"`, `{"v":10,"x":1}`, `{"v":10,"s":"1"}`, `{"v":10,"t":"said","to":[1]}`, `{}`, ``,
	} {
		f.Add(ofThisVersion(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		item := table.Item{Key: EventKey("room", 7), Data: []byte(text)}
		var got room.Event
		ok := message(item, &got)
		whole, err := decodeEvent(item)
		if err != nil || string(Encode(whole)) != text {
			return // it came from elsewhere: that it ends without a panic is enough
		}
		if ok && !reflect.DeepEqual(got, whole) {
			t.Errorf("%s is read as %+v", text, got)
		}
	})
}
