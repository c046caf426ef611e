package chat_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
)

// foreign returns a cursor of s that is none of other: one in a thousand is taken for it.
func (w *world) foreign(s, other chat.Seated) string {
	for {
		cursor := ident.Cursor{N: 2}.String(w.token(s))
		if _, ok := w.token(other).ParseCursor(cursor); !ok {
			return cursor
		}
	}
}

// notOwn returns what an agent may give instead of a cursor of its own, by what it is.
func (w *world) notOwn(p company, s chat.Seated) map[string]string {
	return map[string]string{
		"none":           "",
		"of another":     w.foreign(p.ann, s),
		"an id":          w.id(s.Token, 3),
		"beyond the log": ident.Cursor{N: 50}.String(w.token(s)),
	}
}

// inRoom returns all items of the room of a token.
func (w *world) inRoom(token string) []table.Item {
	w.t.Helper()
	page, err := w.table.Query(w.t.Context(), table.Range{Partition: "ROOM#" + token[:ident.RoomChars],
		Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

// An older wait of Bob goes on, and nobody sees that he has called.
func TestWait_ofAnAgentWithoutItsCursor_isRefusedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	older, person := w.hold(p.bob)[0], w.person(p.bob)
	w.clock.Advance(time.Minute)
	bob := func() chat.AgentView { return agentIn(t, w.info(p.ann.Token).Room, "Bob") }
	for what, cursor := range w.notOwn(p, p.bob) {
		seen, stored := bob(), w.inRoom(p.bob.Token)
		for _, wait := range []time.Duration{0, time.Minute} {
			_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Wait: wait,
				Absence: away(time.Hour), Activity: "reading"})
			wants(t, err, fault.InvalidArgument)
		}
		if !reflect.DeepEqual(w.inRoom(p.bob.Token), stored) || !reflect.DeepEqual(bob(), seen) {
			t.Errorf("%s: it changes something: %+v", what, bob())
		}
		for other, req := range map[string]chat.WaitRequest{
			"a person": {Token: person}, "a program": {Token: p.cid.Token, Standby: true},
			"a peek": {Token: p.cid.Token, Standby: true, Peek: true},
		} {
			req.Cursor = cursor
			if _, err := w.Wait(t.Context(), req); err != nil {
				t.Errorf("%s, %s: %v", what, other, err)
			}
		}
	}
	w.stillWaits("Bob", older)
	w.say(p.ann.Token, "for the older")
	same(t, "the older wait gets", texts(take(t, older).Messages), []string{"for the older"})
	back := w.enter(chat.JoinRequest{Token: p.bob.Token})
	same(t, "nothing was acknowledged, so a return gets", texts(back.Messages), []string{"for the older"})
}

// Bob's last cursor is of the one process, and the other has yet to read the events before it.
func TestCursor_ofAnotherProcess_isKnownAtOnce(t *testing.T) {
	s := inFile(t)
	s.single = false
	here, there := s.with(chat.Options{}), s.with(chat.Options{})
	p := here.company()
	person := here.person(p.bob)
	req := chat.SendRequest{Token: p.bob.Token, Text: "tea?", Key: "k", Cursor: p.bob.Cursor}
	there.sends(req)
	for what, call := range map[string]func(cursor string) (string, error){
		"a wait": func(cursor string) (string, error) { return there.look(p.bob.Token, cursor).Cursor, nil },
		"a repeated message": func(cursor string) (string, error) {
			req.Cursor = cursor
			return there.sends(req).Waited.Cursor, nil
		},
		"a list": func(cursor string) (string, error) {
			got, err := there.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Cursor: cursor,
				Action: chat.CommandAdd, Tasks: newTasks("sand")})
			return got.Cursor, err
		},
		"a credential, kept unsent": func(cursor string) (string, error) {
			got, err := there.send(chat.SendRequest{Token: p.bob.Token, Cursor: cursor, Text: secret})
			return got.Waited.Cursor, err
		},
		"a paused agent": func(cursor string) (string, error) {
			there.pauses(person, true)
			here.say(p.ann.Token, "meanwhile")
			cursor = here.look(p.bob.Token, cursor).Cursor
			p.bob.Cursor = cursor
			got, err := there.send(chat.SendRequest{Token: p.bob.Token, Cursor: cursor, Text: "me?"})
			there.pauses(person, false)
			return got.Waited.Cursor, err
		},
		"an upload": func(cursor string) (string, error) {
			got, err := there.ShareFile(t.Context(), chat.ShareRequest{Token: p.bob.Token, Cursor: cursor,
				Name: "a.txt", Size: 9})
			return got.Waited.Cursor, err
		},
	} {
		here.say(p.ann.Token, "before "+what)
		p.bob.Cursor = here.look(p.bob.Token, p.bob.Cursor).Cursor
		if cursor, err := call(p.bob.Cursor); err != nil || place(t, p.bob.Token, cursor) < place(t, p.bob.Token,
			p.bob.Cursor) {
			t.Errorf("%s: %q, %v", what, cursor, err)
		}
	}
}

// Bob calls without a cursor of his own. Neither his person nor others hold him back with what they ask him meanwhile.
// His last cursor brings it all, as new, as often as he gives it. A pause is what holds him.
func TestBlindCall_isDoneAndHandsNothingOut(t *testing.T) {
	for _, what := range []string{"none", "of another", "an id", "beyond the log"} {
		s := inFile(t)
		p := s.company()
		person, cursor := s.person(p.bob), s.notOwn(p, p.bob)[what]
		s.adds(p.ann.Token, "sand")
		p.bob.Cursor = s.look(p.bob.Token, p.bob.Cursor).Cursor
		s.tell(person, "sure?", "Bob")
		s.ask(p.ann.Token, "when?", "Bob")
		began := s.clock.Now()
		sent := s.sends(chat.SendRequest{Token: p.bob.Token, Cursor: cursor, Text: "hello", Wait: time.Minute})
		task := s.does(chat.TaskRequest{Token: p.bob.Token, Cursor: cursor, Action: chat.CommandTake, ID: "t1"})
		shared, err := s.ShareFile(t.Context(), chat.ShareRequest{Token: p.bob.Token, Cursor: cursor, Name: "a.txt",
			Text: "oui"})
		if err != nil || !shared.Sent.Sent || task.Held != nil || !task.Task.Mine {
			t.Errorf("%s: %+v, %+v, %v", what, task, shared, err)
		}
		for _, got := range []chat.Waited{sent.Waited, shared.Waited} {
			if len(got.Messages) > 0 || got.Cursor+task.Cursor != "" || got.Status != "" || s.clock.Now() != began {
				t.Errorf("%s: %+v after %v", what, got, s.clock.Since(began))
			}
		}
		for range 2 {
			got := s.look(p.bob.Token, p.bob.Cursor).Messages
			same(t, what+": then come", texts(got), []string{"sure?", "when?"})
			if got[0].Repeated || got[1].Repeated {
				t.Errorf("%s: as a repetition: %+v", what, got)
			}
		}
		s.pauses(person, true)
		if got, err := s.send(chat.SendRequest{Token: p.bob.Token, Cursor: cursor, Text: "hello?"}); err != nil ||
			got.Sent || got.Waited.Status != chat.StatusPaused {
			t.Errorf("%s: paused: %+v, %v", what, got, err)
		}
	}
}
