package chat_test

import (
	"reflect"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Tools, the page and A2A show what a Service answers. The hooks that an event calls are in none of that: they are for
// the stream of the table.
func TestService_answers_haveNoCallsOfEvents(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(x reflect.Type, path string)
	walk = func(x reflect.Type, path string) {
		if x == reflect.TypeFor[room.Event]() || x == reflect.TypeFor[room.Call]() {
			t.Errorf("%s is %v", path, x)
		}
		if seen[x] {
			return
		}
		seen[x] = true
		switch x.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Chan:
			walk(x.Elem(), path)
		case reflect.Func:
			for n := range x.NumIn() { // of an iterator: what it yields
				walk(x.In(n), path)
			}
		case reflect.Struct:
			for f := range x.Fields() {
				if f.IsExported() {
					walk(f.Type, path+"."+f.Name)
				}
			}
		}
	}
	methods := reflect.TypeFor[*chat.Service]()
	for m := range methods.Methods() {
		for n := range m.Type.NumOut() {
			walk(m.Type.Out(n), m.Name)
		}
	}
	if !seen[reflect.TypeFor[chat.Message]()] {
		t.Error("no method answers with messages")
	}
}
