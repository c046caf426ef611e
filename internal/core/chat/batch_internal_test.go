package chat

import (
	"reflect"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// fill sets every field below v that can be set.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("words")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), depth)
			}
		}
	}
}

// filled returns an event of a type whose other fields all have a value, as far as they do not say that something was
// removed.
func filled(is room.EventType) (e room.Event) {
	fill(reflect.ValueOf(&e).Elem(), 2)
	e.Type, e.Redacted, e.Draft.Redacted, e.Draft.Draft, e.Draft.Type = is, false, false, nil, room.Said
	e.Task.Redacted = false
	return e
}

// A batch takes from a message what is taken from the table: see room.Event.WithoutText.
func TestBatch_redact_takesWhatIsTakenFromTheLog(t *testing.T) {
	state, caller := &room.State{ID: "abcdefg", LogKey: "000102030405060708090a0b0c0d0e0f"}, room.Caller{}
	for _, is := range []room.EventType{room.Said, room.Drafted} {
		e := filled(is)
		if is == room.Said {
			e.Draft = nil
		}
		b := batch{Room: state, Events: 1}
		b.Add(messageOf(state, caller, e), e)
		b.Redact(e.N)
		if got, want := b.Messages[0], messageOf(state, caller, e.WithoutText()); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the batch keeps\n%+v, the log\n%+v", is, got, want)
		}
	}
}

// So does it with the words of a task: see room.Event.WithoutTask.
func TestBatch_redactTask_takesWhatIsTakenFromTheLog(t *testing.T) {
	state, caller := &room.State{ID: "abcdefg", LogKey: "000102030405060708090a0b0c0d0e0f"}, room.Caller{}
	for _, action := range []room.TaskAction{room.AddTasks, room.EditTask, room.TakeTask, room.ReleaseTask,
		room.FinishTask, room.DropTask} {
		e := filled(room.TaskChanged)
		e.Task.Action, e.Task.Finished = action, nil
		if action != room.AddTasks {
			e.Task.Add = nil
		}
		b := batch{Room: state, Events: 1}
		b.Add(messageOf(state, caller, e), e)
		b.RedactTask(e.Task.No)
		got, want := b.Messages[0], messageOf(state, caller, e.WithoutTask(e.Task.No))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the batch keeps\n%+v, the log\n%+v", action, got.Task, want.Task)
		}
	}
}
