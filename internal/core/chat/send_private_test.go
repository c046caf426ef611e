package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// company is a room of four seats, three of which are taken. Ann is its admin.
type company struct{ ann, bob, cid chat.Seated }

func (w *world) company() company {
	w.t.Helper()
	p := company{ann: w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})}
	p.bob, p.cid = w.join("plans", "Bob"), w.join("plans", "Cid")
	p.ann.Cursor, p.bob.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor, w.look(p.bob.Token, p.bob.Cursor).Cursor
	return p
}

// tell sends a private message.
func (w *world) tell(token, text string, to ...string) chat.Sent {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: token, Text: text, To: to})
	if err != nil {
		w.t.Fatalf("send to %q: %v", to, err)
	}
	return got
}

// everywhere returns all that an agent can see of the events after its cursor, by the
// call that shows it. Calls that send or acknowledge come last.
func (w *world) everywhere(s chat.Seated) map[string]any {
	w.t.Helper()
	guarded := chat.SendRequest{Token: s.Token, Text: "guarded words of " + s.Name, Cursor: s.Cursor}
	waited := chat.SendRequest{Token: s.Token, Text: "patient words of " + s.Name, Cursor: s.Cursor, Wait: time.Second}
	send := func(req chat.SendRequest) chat.Waited {
		got, err := w.send(req)
		if err != nil {
			w.t.Fatal(err)
		}
		return got.Waited
	}
	return map[string]any{
		"wait without a cursor": w.look(s.Token, ""),
		"return":                w.enter(chat.JoinRequest{Token: s.Token}).Messages,
		"wait":                  w.look(s.Token, s.Cursor),
		"history":               w.history(s.Token, chat.HistoryRequest{}),
		"history after":         w.history(s.Token, chat.HistoryRequest{After: w.id(s.Token, 1)}),
		"room_info":             w.info(s.Token).Requests,
		"guard":                 send(guarded),
		"send and wait":         send(waited),
	}
}

func TestPrivate_message_isShownOnlyToItsAddressees(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		secret, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "blue?", Kind: room.Request,
			To: []string{"Bob"}})
		if err != nil {
			t.Fatal(err)
		}
		trace := "ID:" + secret.ID + " "
		for what, shown := range there.everywhere(p.cid) {
			if text := fmt.Sprintf("%+v", shown); strings.Contains(text, "blue") || strings.Contains(text, trace) {
				t.Errorf("%s shows it to Cid: %s", what, text)
			}
		}
		for what, shown := range there.everywhere(p.bob) {
			if text := fmt.Sprintf("%+v", shown); !strings.Contains(text, "blue?") || !strings.Contains(text, trace) {
				t.Errorf("%s does not show it to Bob: %s", what, text)
			}
		}
		own := there.history(p.ann.Token, chat.HistoryRequest{ID: secret.ID}).Messages[0]
		if own.Text != "blue?" || !slices.Equal(own.To, []string{"Bob"}) || own.Kind != room.Request {
			t.Errorf("Ann reads back %+v", own)
		}
	})
}

// Neither reading nor replying reveals which ids belong to hidden messages.
func TestPrivate_idOfAHiddenMessage_looksLikeAMissingOne(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		secret := w.tell(p.ann.Token, strings.Repeat("between the two of us ", 800), "Bob")
		for what, call := range map[string]func(id string) error{
			"id": func(id string) error {
				_, err := there.History(t.Context(), chat.HistoryRequest{Token: p.cid.Token, ID: id})
				return err
			},
			"offset": func(id string) error {
				_, err := there.History(t.Context(), chat.HistoryRequest{Token: p.cid.Token, ID: id, Offset: 6000})
				return err
			},
			"reply_to": func(id string) error {
				_, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: "what was that?", ReplyTo: id})
				return err
			},
			"private reply_to": func(id string) error {
				_, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: "what was that?", ReplyTo: id,
					To: []string{"Ann"}})
				return err
			},
		} {
			hidden, missing := call(secret.ID), call(w.id(p.ann.Token, 999))
			wants(t, hidden, fault.InvalidArgument)
			if hidden.Error() != missing.Error() {
				t.Errorf("%s: of another's %q, of none %q", what, hidden, missing)
			}
		}
	})
}

func TestPrivate_addressees_matchInAnySpelling(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i, to := range [][]string{{"bob"}, {" BOB "}, {"\uff22ob"}, {"Bob", "bob", "BOB"}, {"Ann", "Bob"}} {
		text := fmt.Sprintf("number %d", i)
		w.tell(p.ann.Token, text, to...)
		got := w.look(p.bob.Token, "")
		if len(got.Messages) == 0 {
			t.Fatalf("to %q reaches nobody", to)
		}
		if m := got.Messages[len(got.Messages)-1]; m.Text != text || !slices.Equal(m.To, []string{"Bob"}) {
			t.Errorf("to %q: Bob receives %+v", to, m)
		}
	}
}

func TestPrivate_unknownAddressee_isRefusedByPosition(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		many := make([]string, room.MaxCapacity+1)
		for i := range many {
			many[i] = "Bob"
		}
		for what, c := range map[string]struct {
			to  []string
			why string
		}{
			"unknown name":   {[]string{"Bob", "Zoe"}, "number 2 is nobody here"},
			"a blank":        {[]string{" "}, "number 1 is nobody here"},
			"no valid name":  {[]string{"Bob", "Cid", "###"}, "number 3 is nobody here"},
			"reserved name":  {[]string{"system"}, "number 1 is nobody here"},
			"oneself":        {[]string{"ann"}, "only yourself"},
			"oneself, twice": {[]string{"Ann", "ANN"}, "only yourself"},
			"101 names":      {many, "at most 100"},
		} {
			_, err := there.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", To: c.to})
			wants(t, err, fault.InvalidArgument)
			if !strings.Contains(err.Error(), c.why) ||
				!strings.Contains(err.Error(), "Nothing was sent") || strings.Contains(err.Error(), "to all") {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.say(p.ann.Token, "hello") // the same text to all is another message
		_, err := there.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", To: []string{"Ann"}})
		wants(t, err, fault.InvalidArgument)
		if got := w.look(p.bob.Token, p.bob.Cursor); place(t, p.bob.Token, got.Cursor) != 4 {
			t.Errorf("something was written: %+v", got)
		}
	})
}

// A private word must not become one to all because its reader has just left. What the sender did not see of the room,
// it is not told.
func TestPrivate_addresseeThatHasLeft_isRefusedAndSaysWhen(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.leave(p.bob.Token)
		w.clock.Advance(30 * time.Second)
		dan := w.join("plans", "Dan")
		for _, c := range []struct {
			token string
			after time.Duration
			want  string
		}{
			{p.ann.Token, 0, "number 1 left just now. Nothing was sent."},
			{dan.Token, 0, "number 1 is nobody here. Nothing was sent: room_info tells who is."},
			{p.ann.Token, time.Minute, "number 1 left 1 minute ago. Nothing was sent."},
			{p.cid.Token, time.Minute, "number 1 left 2 minutes ago. Nothing was sent."},
			{p.cid.Token, 3 * time.Hour, "number 1 left 3 hours ago. Nothing was sent."},
			{dan.Token, 0, "number 1 is nobody here. Nothing was sent: room_info tells who is."},
		} {
			w.clock.Advance(c.after)
			for field, req := range map[string]chat.SendRequest{
				"to":  {Token: c.token, Text: "my secret", To: []string{"BOB"}},
				"ask": {Token: c.token, Text: "my secret", Ask: []string{"Bob"}},
			} {
				_, err := there.send(req)
				wants(t, err, fault.InvalidArgument)
				if got := fmt.Sprint(err); !strings.HasSuffix(got, field+": "+c.want) {
					t.Errorf("%v: %q, want %q", c.after, got, c.want)
				}
			}
		}
		there.join("plans", "Bob")
		there.tell(p.ann.Token, "for the second Bob", "Bob")
	})
}

// A service that has not read the change neither delivers to the former owner nor
// refuses.
func TestPrivate_nameThatChangedHands_reachesItsNewOwner(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		there.info(p.ann.Token) // caches the room with the first Bob
		w.tell(p.ann.Token, "for the first Bob", "Bob")
		w.leave(p.bob.Token)
		second := w.join("plans", "Bob")
		there.tell(p.ann.Token, "for the second Bob", "Bob")
		same(t, "the second Bob receives", texts(w.look(second.Token, second.Cursor).Messages),
			[]string{"for the second Bob"})
		same(t, "and reads back", texts(w.all(second.Token)), []string{"for the second Bob"})
	})
}

// Bob leaves, and another Bob joins, between the lookup of the name and the write.
func TestPrivate_addresseeReplacedDuringTheSend_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.company()
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.ann.Token)
	middle.beforeWrite = func() {
		w.leave(p.bob.Token)
		w.join("plans", "Bob")
	}
	_, err := late.send(chat.SendRequest{Token: p.ann.Token, Text: "for the first Bob", To: []string{"Bob"}})
	wants(t, err, fault.InvalidArgument)
	if all := texts(w.all(p.ann.Token)); len(all) != 0 {
		t.Errorf("said %q", all)
	}
}

func TestPrivate_replyTo_isShownOnlyToThoseWhoSeeTheAnsweredMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	secret := w.tell(p.ann.Token, "blue?", "Bob")
	for _, to := range [][]string{nil, {"Cid"}, {"Cid", "Ann"}} {
		reply, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "yes, that one", To: to, ReplyTo: secret.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []*world{w, w.elsewhere()} {
			if m := w.history(p.bob.Token, chat.HistoryRequest{ID: reply.ID}).Messages[0]; m.ReplyTo != secret.ID {
				t.Errorf("to %q: Bob reads %+v", to, m)
			}
			if m := w.history(p.cid.Token, chat.HistoryRequest{ID: reply.ID}).Messages[0]; m.ReplyTo != "" ||
				m.Text != "yes, that one" {
				t.Errorf("to %q: Cid reads %+v", to, m)
			}
		}
	}
}

func TestPrivate_key_belongsToTheSeatNotToTheAddressee(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Text: "for Bob", To: []string{"Bob"}, Key: "k"}
	if _, err := w.send(req); err != nil {
		t.Fatal(err)
	}
	req.To = nil
	if again, err := w.send(req); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("the same key to all: %+v, %v", again, err)
	}
	req.Token = p.cid.Token
	if other, err := w.send(req); err != nil || other.Duplicate {
		t.Errorf("the same key of another: %+v, %v", other, err)
	}
	same(t, "Cid receives", texts(w.look(p.cid.Token, "").Messages), nil)
}

// This also holds for a service that has not read the removal.
func TestPrivate_senderThatWasRemoved_isRefusedAsRemovedFirst(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.company()
	there := w.elsewhere()
	there.info(p.ann.Token)
	w.leave(p.cid.Token)
	for what, req := range map[string]chat.SendRequest{
		"to nobody":        {To: []string{"Zoe"}},
		"to oneself":       {To: []string{"Cid"}},
		"reply to nothing": {ReplyTo: "m000000"},
	} {
		req.Token, req.Text = p.cid.Token, "hello"
		if _, err := there.send(req); fault.CodeOf(err) != fault.Removed {
			t.Errorf("%s: %v", what, err)
		}
	}
}
