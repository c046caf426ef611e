package chat_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// seen is what an agent can tell of a room. Ids and cursors differ between any two
// rooms, and stand for nothing.
type seen struct {
	status           chat.WaitStatus
	lines            []string
	hasMore, missed  bool
	earlier          int64
	held             bool
	requests, agreed []string
	states           []string
	others, owed     int
	begun, sent      bool
}

// whatCidSees runs a talk in which Ann and Bob whisper, or do not, and returns what Cid
// can tell of it at each step.
func whatCidSees(t *testing.T, here func(w *world) (one, two *world), whisper bool) (all []seen) {
	t.Helper()
	w := newWorld(t)
	w, there := here(w)
	p := w.company()
	aside := func(i int) {
		if !whisper {
			return
		}
		w.tell(p.ann.Token, fmt.Sprintf("aside %d", i), "Bob")
		id := w.sends(chat.SendRequest{Token: p.bob.Token, Text: fmt.Sprintf("really? %d", i), To: []string{"Ann"},
			Ask: []string{"Ann"}, Kind: room.Request}).ID
		w.reply(p.ann.Token, fmt.Sprintf("yes, %d", i), id, "Bob")
		w.agree(p.bob.Token, w.sends(chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprintf("we two agree %d", i),
			Kind: room.Proposal, To: []string{"Bob"}}).ID)
		w.sends(chat.SendRequest{Token: p.bob.Token, Text: fmt.Sprintf("that is all %d", i), To: []string{"Ann"},
			Kind: room.Done})
	}
	note := func(got chat.Waited, sent bool) {
		info := there.info(p.cid.Token)
		s := seen{
			status: got.Status, lines: lines(got.Messages), hasMore: got.HasMore, missed: got.Missed,
			earlier: info.Earlier,
			held:    !sent, requests: there.requests(p.cid.Token), agreed: there.agreements(p.cid.Token),
			others: got.Others, owed: got.Owed, begun: got.Begun, sent: sent,
		}
		for _, a := range info.Room.Agents {
			s.states = append(s.states, fmt.Sprint(a.Name, a.State, a.Idle, a.BackIn))
		}
		all = append(all, s)
	}
	cursor := p.cid.Cursor
	for i := range 4 {
		w.clock.Advance(time.Minute)
		w.say(p.ann.Token, fmt.Sprintf("word %d of Ann's", i))
		w.say(p.bob.Token, fmt.Sprintf("word %d of Bob's", i))
		aside(i)
		got := there.look(p.cid.Token, cursor)
		cursor = got.Cursor
		note(got, true)
		aside(i + 10)
		sent, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: fmt.Sprintf("word %d of Cid's", i),
			Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		cursor = sent.Cursor
		note(sent.Waited, sent.Sent)
	}
	back := there.enter(chat.JoinRequest{Token: p.cid.Token})
	all = append(all, seen{lines: lines(back.Messages), hasMore: back.HasMore, earlier: back.Earlier})
	page := there.history(p.cid.Token, chat.HistoryRequest{Limit: 5})
	all = append(all, seen{lines: lines(page.Messages), hasMore: page.HasMore})
	dora := there.join("plans", "Dora")
	return append(all, seen{lines: lines(dora.Messages), earlier: dora.Earlier + dora.Hidden})
}

// Two talks that differ only in what others say in private look the same to a third.
func TestPrivate_whispersOfOthers_changeNothingThatAThirdCanSee(t *testing.T) {
	for what, here := range map[string]func(w *world) (one, two *world){
		"one service":  func(w *world) (one, two *world) { return w, w },
		"two services": func(w *world) (one, two *world) { return w.elsewhere(), w.elsewhere() },
	} {
		t.Run(what, func(t *testing.T) {
			quiet, whispering := whatCidSees(t, here, false), whatCidSees(t, here, true)
			for i := range quiet {
				if !reflect.DeepEqual(quiet[i], whispering[i]) {
					t.Errorf("at step %d:\n%+v\n%+v", i, quiet[i], whispering[i])
				}
			}
		})
	}
}

// Each answer has another cursor, whether or not it moved.
func TestPrivate_cursorOfAQuietWait_differsWithOrWithoutHiddenMessages(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	first := w.look(p.cid.Token, p.cid.Cursor)
	second := w.look(p.cid.Token, first.Cursor)
	w.tell(p.ann.Token, "aside", "Bob")
	third := w.look(p.cid.Token, second.Cursor)
	if first.Cursor == second.Cursor || second.Cursor == third.Cursor || third.Status != chat.StatusQuiet {
		t.Errorf("the cursors are %s, %s and %s", first.Cursor, second.Cursor, third.Cursor)
	}
}
