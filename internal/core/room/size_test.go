package room

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// occupy gives every exported field below v a value of some length.
func occupy(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("some text")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if draft, is := v.Interface().(*Event); is { // an Event without a Draft
			draft.Text, draft.To = "some text", make([]int, 2, 5)
			return
		}
		occupy(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 5))
		for i := range v.Len() {
			occupy(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				occupy(v.Field(i))
			}
		}
	}
}

// referred returns how many bytes v refers to, for fields of all names. Memory shared by all rooms does not
// count, such as the cipher of the ids.
func referred(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*ident.MessageIDs]() ||
			v.Type() == reflect.TypeFor[*time.Location]() {
			return 0
		}
		return int(v.Type().Elem().Size()) + referred(v.Elem())
	case reflect.Slice:
		n = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			n += referred(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += referred(v.Field(i))
		}
	}
	return n
}

func TestReferred_everyFieldOfAnEvent_counts(t *testing.T) {
	var e Event
	occupy(reflect.ValueOf(&e).Elem())
	if got, want := e.Referred(), referred(reflect.ValueOf(e)); got != want {
		t.Errorf("an event with every field refers to %d bytes, but %d are counted", want, got)
	}
}

func TestBytes_everyFieldOfAHead_counts(t *testing.T) {
	var h Head
	occupy(reflect.ValueOf(&h).Elem())
	h.Recent.said = make([]Utterance, 3, 7)
	h.Recent.made, h.Recent.decided = []madeBy{{calls: []Made{{Call: "some text"}}}}, make([]Made, 2, 5)
	h.Recent.messages.private, h.Recent.words.private = make([]seatEvent, 2, 4), make([]seatEvent, 1)
	v := reflect.ValueOf(h)
	if got, want := h.Bytes(), int(v.Type().Size())+referred(v); got != want {
		t.Errorf("a head with every field takes %d bytes, but %d are counted", want, got)
	}
}
