package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Neither reading nor replying reveals which ids belong to hidden messages.
func TestPrivate_idOfAHiddenMessage_looksLikeAMissingOne(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		secret := w.tell(p.ann.Token, strings.Repeat("between the two of us ", 800), "Bob")
		for name, call := range map[string]func(id string) error{
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
				t.Errorf("%s: of another's %q, of none %q", name, hidden, missing)
			}
		}
	})
}

func TestPrivate_addressees_matchInAnySpelling(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i, to := range [][]string{{"bob"}, {" BOB "}, {"\uff22ob"}, {"@Bob"}, {" \uff20bob"},
		{"Bob", "bob", "BOB"}, {"Ann", "Bob"}} {
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
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		many := make([]string, core.MaxCapacity+1)
		for i := range many {
			many[i] = "Bob"
		}
		for name, c := range map[string]struct {
			to  []string
			why string
		}{
			"unknown name":   {[]string{"Bob", "Zoe"}, "number 2 is nobody here"},
			"a blank":        {[]string{" "}, "number 1 is nobody here"},
			"two signs":      {[]string{"@@Bob"}, "number 1 is nobody here"},
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
				t.Errorf("%s: %v", name, err)
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

// A service that has not read the change neither delivers to the former owner nor
// refuses.
func TestPrivate_nameThatChangedHands_reachesItsNewOwner(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
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

func TestPrivate_replyTo_isShownOnlyToThoseWhoSeeTheAnsweredMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	secret := w.tell(p.ann.Token, "blue?", "Bob")
	for _, to := range [][]string{{chat.Everyone}, {"Cid"}, {"Cid", "Ann"}} {
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

// Ann has asked Bob and Cid what Dora must not know, and Bob answers.
// talk: readers
func TestPrivate_answer_goesToThoseWhoCouldReadWhatItAnswers(t *testing.T) {
	type talk struct {
		*world
		p          company
		dora, late chat.Seated
		req        chat.SendRequest
	}
	everyone, both := []string{chat.Everyone}, []string{"Ann", "Cid"}
	for name, c := range map[string]struct {
		req    chat.SendRequest
		before func(w *talk)
		to     []string
		why    string // refused
	}{
		"words":           {to: both},
		"a request":       {req: chat.SendRequest{Kind: room.Request}, to: both},
		"a question":      {req: chat.SendRequest{Ask: []string{"Cid"}}, to: both},
		"a status":        {req: chat.SendRequest{Kind: room.Status}, to: both},
		"a last word":     {req: chat.SendRequest{Kind: room.Done}, to: both},
		"of Bob's person": {before: func(w *talk) { w.req.Token = w.person(w.p.bob) }, to: both},
		"of who asked":    {before: func(w *talk) { w.req.Token = w.p.ann.Token }, to: []string{"Bob", "Cid"}},
		"to Dora":         {req: chat.SendRequest{To: []string{"Dora"}}, to: []string{"Dora"}},
		"to all":          {req: chat.SendRequest{To: []string{" @EveryOne"}}, to: everyone},
		"to all and Dora": {req: chat.SendRequest{To: []string{"everyone", "Dora"}}, why: "everyone beside others"},
		"that asks Dora":  {req: chat.SendRequest{Ask: []string{"Dora"}}, why: "could not read the question"},
		"a proposal":      {req: chat.SendRequest{Kind: room.Proposal}, to: both},
		"a report":        {req: chat.SendRequest{Finishes: []string{"t1"}}, why: "goes with a message to all"},
		"a report to all": {req: chat.SendRequest{Finishes: []string{"t1"}, To: everyone}, to: everyone},
		"of one whom Cid left": {before: func(w *talk) { w.leave(w.p.cid.Token); w.late = w.join("plans", "Cid") },
			to: []string{"Ann"}},
		"of one whom all left": {before: func(w *talk) {
			w.leave(w.p.ann.Token)
			w.leave(w.p.cid.Token)
			w.late = w.join("plans", "Ann")
		}, why: "nobody else here"},
		"to Bob's private draft": {before: func(w *talk) {
			w.approvesSome(w.person(w.p.bob), room.Selection{Private: true})
			w.req.ReplyTo = w.drafts(w.req)
		}, why: "nobody else here"},
		"to Bob's draft for all": {before: func(w *talk) {
			person := w.person(w.p.bob)
			w.approves(person, true)
			w.req.ReplyTo = w.drafts(chat.SendRequest{Token: w.p.bob.Token, Text: "hello"})
			w.approves(person, false)
		}, to: everyone},
		"a vote": {before: func(w *talk) {
			w.req.ReplyTo = w.sends(chat.SendRequest{Token: w.p.ann.Token, Text: "40k", Kind: room.Proposal,
				To: []string{"Bob"}}).ID
		}, req: chat.SendRequest{Kind: room.Agree}, to: []string{"Ann"}},
		"a vote to all": {before: func(w *talk) {
			w.req.ReplyTo = w.sends(chat.SendRequest{Token: w.p.ann.Token, Text: "40k", Kind: room.Proposal,
				To: []string{"Bob"}}).ID
		}, req: chat.SendRequest{Kind: room.Agree, To: everyone}, why: "goes to all who saw it"},
		"to a note": {before: func(w *talk) {
			w.req.ReplyTo = w.tell(w.person(w.p.bob), "Say yes.", "Bob").ID
		}, to: everyone},
	} {
		t.Run(name, func(t *testing.T) {
			w := &talk{world: newWorld(t), req: c.req}
			w.p = w.company()
			w.dora = w.join("plans", "Dora")
			w.adds(w.p.bob.Token, "sand")
			w.task(w.p.bob.Token, chat.CommandTake, "t1")
			w.req.Token, w.req.Text = w.p.bob.Token, "yes, do not tell Dora"
			w.req.ReplyTo = w.tell(w.p.ann.Token, "is 40k enough?", "Bob", "Cid").ID
			if c.before != nil {
				c.before(w)
			}
			got, err := w.send(w.req)
			if c.why != "" {
				wants(t, err, fault.InvalidArgument)
				if !strings.Contains(err.Error(), c.why) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "it says that it goes to", got.To, c.to)
			for _, agent := range []chat.Seated{w.p.ann, w.p.cid, w.dora, w.late} {
				named := slices.Contains(c.to, agent.Name) && agent.Token != w.late.Token
				hasLeft := w.late.Token != "" && agent.Token == w.p.cid.Token
				if agent.Token == "" || agent.Token == w.req.Token || hasLeft {
					continue
				}
				_, err := w.History(t.Context(), chat.HistoryRequest{Token: agent.Token, ID: got.ID})
				if reads := err == nil; reads != (named || c.to[0] == chat.Everyone) {
					t.Errorf("%s reads it: %v", agent.Name, reads)
				}
			}
		})
	}
}

// The answer to the first call was lost, and since then one reader, or all, have left.
func TestPrivate_answerIsRepeatedAfterReadersLeft_isTheSame(t *testing.T) {
	for name, key := range map[string]string{"by its words": "", "by its key": "k"} {
		onFiles(t, func(t *testing.T, services ...*world) {
			w, there := services[0], services[len(services)-1]
			p := w.company()
			asked := w.tell(p.ann.Token, "is 40k enough?", "Bob", "Cid")
			req := chat.SendRequest{Token: p.bob.Token, Text: "yes", ReplyTo: asked.ID, Key: key}
			first := w.sends(req)
			for _, leaves := range []chat.Seated{p.cid, p.ann} {
				w.leave(leaves.Token)
				again, err := there.send(req)
				if err != nil || !again.Duplicate || again.ID != first.ID || !slices.Equal(again.To, first.To) {
					t.Errorf("%s, after %s left: %+v, %v", name, leaves.Name, again, err)
				}
			}
			if key != "" {
				req.To = []string{chat.Everyone}
				_, err := there.send(req)
				wants(t, err, fault.InvalidArgument)
			}
		})
	}
}

// Bob's person decides about an answer once a reader, or all, have left. Until then a repeated call names the draft.
func TestPrivate_answerWaitsForAPerson_goesToThoseWhoAreStillThere(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	w.approvesSome(person, room.Selection{Private: true})
	asked := w.tell(p.ann.Token, "is 40k enough?", "Bob", "Cid")
	req := chat.SendRequest{Token: p.bob.Token, Text: "yes", ReplyTo: asked.ID,
		Cursor: w.look(p.bob.Token, p.bob.Cursor).Cursor}
	one := w.drafts(req)
	two := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "or 50k", ReplyTo: asked.ID})
	w.leave(p.cid.Token)
	late := w.join("plans", "Cid")
	if again := w.drafts(req); again != one {
		t.Errorf("repeated, it is draft %s, and was %s", again, one)
	}
	w.decides(person, one, room.SendDraft, "")
	last := w.all(p.ann.Token)
	if m := last[len(last)-1]; m.Text != "yes" || !slices.Equal(m.To, []string{"Ann"}) {
		t.Errorf("Ann reads %+v", m)
	}
	same(t, "the new Cid reads", texts(w.all(late.Token)), nil)
	w.leave(p.ann.Token)
	_, err := w.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Draft: two, Decision: room.SendDraft})
	wants(t, err, fault.InvalidArgument)
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
	for name, req := range map[string]chat.SendRequest{
		"to nobody":        {To: []string{"Zoe"}},
		"to oneself":       {To: []string{"Cid"}},
		"reply to nothing": {ReplyTo: "m000000"},
	} {
		req.Token, req.Text = p.cid.Token, "hello"
		if _, err := there.send(req); fault.CodeOf(err) != fault.Removed {
			t.Errorf("%s: %v", name, err)
		}
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

func TestUnseenMessages_whileAThirdLooks_moveItsCursorPastThem(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		var last chat.Sent
		for i := range 130 { // more than a page
			last = w.tell(p.ann.Token, fmt.Sprintf("private %d", i), "Bob")
		}
		got := there.look(p.cid.Token, p.cid.Cursor)
		if got.Status != chat.StatusQuiet || place(t, p.cid.Token, got.Cursor) != w.number(p.cid.Token, last.ID) ||
			got.HasMore || got.Situation.Missed {
			t.Errorf("%+v", got)
		}
	})
}

func TestUnseenMessages_whileAThirdWaits_leaveItShownAsWaiting(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.company()
	here.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: longWait})
	cid := func(after string, want room.AgentState) {
		t.Helper()
		if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got != want {
			t.Errorf("after %s Cid is %s, want %s", after, got, want)
		}
	}
	cid("the beginning of its wait", room.AgentWaiting)
	there.tell(p.ann.Token, "blue?", "Bob")
	cid("hidden messages", room.AgentWaiting)
	there.tell(p.ann.Token, "and you?", "Cid")
	w.clock.Advance(room.BetweenWaits)
	cid("a message", room.AgentBusy)
}

// Bob leaves, and another takes his name, between the lookup of the name and the write: that one is no addressee.
func TestSend_nameChangesHandsDuringIt_isNotForTheNewcomer(t *testing.T) {
	for name, c := range map[string]struct {
		req  chat.SendRequest
		code fault.Code
	}{
		"message to Bob":  {chat.SendRequest{Text: "psst", To: []string{"Bob"}}, fault.InvalidArgument},
		"question to Bob": {chat.SendRequest{Text: "Bob?", Ask: []string{"Bob"}}, fault.InvalidArgument},
	} {
		w := newWorld(t)
		w = w.elsewhere()
		p := w.company()
		middle := &interrupted{}
		late := w.onTop(middle)
		late.info(p.ann.Token)
		var other chat.Seated
		middle.beforeWrite = func() {
			w.leave(p.bob.Token)
			other = w.join("plans", "Bob")
		}
		c.req.Token = p.ann.Token
		if _, err := late.send(c.req); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if all := texts(w.all(other.Token)); len(all) != 0 {
			t.Errorf("%s: the newcomer reads %q", name, all)
		}
	}
}
