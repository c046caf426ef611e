package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// sends sends req, and fails unless it is sent.
func (w *world) sends(req chat.SendRequest) chat.Sent {
	w.t.Helper()
	got, err := w.send(req)
	if err != nil || !got.Sent {
		w.t.Fatalf("send %q: %+v, %v", req.Text, got, err)
	}
	return got
}

// ask asks these agents, or anyone, in public. It returns the id.
func (w *world) ask(token, text string, names ...string) string {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: token, Text: text, Ask: names, Kind: room.Request}).ID
}

// reply answers a message.
func (w *world) reply(token, text, to string, only ...string) {
	w.t.Helper()
	w.sends(chat.SendRequest{Token: token, Text: text, ReplyTo: to, To: only})
}

// requests lists the open requests that room_info shows the owner of a token, as "Ann
// asks [Bob]: blue?".
func (w *world) requests(token string) (out []string) {
	w.t.Helper()
	for _, r := range w.info(token).Requests {
		out = append(out, fmt.Sprintf("%s asks %s: %s", r.From, r.OwedBy, r.Text))
	}
	return out
}

// asked fails unless these are the open requests, for each of the agents.
func (w *world) asked(want []string, agents ...chat.Seated) {
	w.t.Helper()
	for _, s := range agents {
		same(w.t, s.Name+" sees open", w.requests(s.Token), want)
	}
}

func TestRequest_toTwo_isOpenUntilBothHaveAnswered(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		all := []chat.Seated{p.ann, p.bob, p.cid}
		id := w.ask(p.ann.Token, "blue or red?", "Bob", "Cid")
		there.asked([]string{"Ann asks [Bob Cid]: blue or red?"}, all...)
		w.say(p.bob.Token, "a message without reply_to answers nothing")
		w.reply(p.ann.Token, "anybody?", id) // nor does the asker
		there.asked([]string{"Ann asks [Bob Cid]: blue or red?"}, all...)
		there.reply(p.bob.Token, "blue", id)
		w.asked([]string{"Ann asks [Cid]: blue or red?"}, all...)
		w.reply(p.bob.Token, "and dark", id)
		w.asked([]string{"Ann asks [Cid]: blue or red?"}, all...)
		there.reply(p.cid.Token, "red", id)
		w.asked(nil, all...)
	})
}

func TestRequest_toAnyone_isClosedByTheFirstAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, "who brings the cake?")
	w.reply(p.ann.Token, "anybody?", id)
	w.asked([]string{"Ann asks []: who brings the cake?"}, p.ann, p.bob, p.cid)
	w.reply(p.cid.Token, "I do", id)
	w.asked(nil, p.ann, p.bob, p.cid)
}

func TestRequest_ofAnyKindOfMessage_namesWhoOwesAnAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.sends(chat.SendRequest{Token: p.ann.Token, Text: "what do you think?", Ask: []string{"bob", "Ann", "BOB"}})
	w.asked([]string{"Ann asks [Bob]: what do you think?"}, p.ann, p.bob, p.cid)
	m := w.look(p.cid.Token, p.cid.Cursor).Messages[0]
	if m.Kind != "" || fmt.Sprint(m.Ask) != "[Bob]" {
		t.Errorf("Cid receives %+v", m)
	}
}

func TestRequest_withToAndNoAsk_asksEveryAddressee(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "blue?", Kind: room.Request, To: []string{"Bob", "Cid"}}).ID
	w.asked([]string{"Ann asks [Bob Cid]: blue?"}, p.ann, p.bob, p.cid)
	w.reply(p.bob.Token, "yes", id, "Ann", "Cid")
	w.asked([]string{"Ann asks [Cid]: blue?"}, p.ann, p.bob, p.cid)
}

func TestRequest_private_isShownOnlyToThoseWhoSeeIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.sends(chat.SendRequest{Token: p.ann.Token, Text: "blue?", Kind: room.Request, To: []string{"Bob"}})
	w.asked([]string{"Ann asks [Bob]: blue?"}, p.ann, p.bob)
	w.asked(nil, p.cid)
}

// The list must not reveal that there was a private answer.
func TestRequest_answeredInPrivate_isStillOwedToOthers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	named, open := w.ask(p.ann.Token, "blue?", "Bob"), w.ask(p.ann.Token, "red?")
	before := w.requests(p.cid.Token)
	w.reply(p.bob.Token, "yes", named, "Ann")
	w.reply(p.bob.Token, "yes, too", open, "Ann")
	w.asked(nil, p.ann, p.bob)
	w.asked(before, p.cid)
}

func TestRequest_ends_withdrawn_leftMutedOrAfterADay(t *testing.T) {
	for what, ends := range map[string]func(w *world, p company, id string){
		"the asker withdraws it": func(w *world, p company, id string) {
			w.sends(chat.SendRequest{Token: p.ann.Token, Withdraw: id})
		},
		"the asker leaves": func(w *world, p company, _ string) { w.leave(p.ann.Token) },
		"who owes leaves":  func(w *world, p company, _ string) { w.leave(p.bob.Token) },
		"who owes is kicked": func(w *world, p company, _ string) {
			w.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		},
		"who owes is muted": func(w *world, p company, _ string) {
			w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
		},
		"the room becomes a channel": func(w *world, p company, _ string) {
			w.update(chat.UpdateRequest{Token: p.ann.Token, Type: room.Channel})
		},
		"a day passes": func(w *world, _ company, _ string) { w.clock.Advance(24 * time.Hour) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.clock.Advance(time.Second)
			id := w.ask(p.ann.Token, "blue?", "Bob")
			w.asked([]string{"Ann asks [Bob]: blue?"}, p.cid)
			ends(w, p, id)
			w.asked(nil, p.cid)
			w.elsewhere().asked(nil, p.cid)
		})
	}
}

func TestRequest_agentOfTheSameNameJoinsLater_owesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "red?", "Bob", "Cid")
	w.leave(p.bob.Token)
	w.join("plans", "Bob") // another
	w.asked([]string{"Ann asks [Cid]: red?"}, p.ann, p.cid)
}

func TestRequest_fromBeforeTheJoin_isNotShown(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "who brings the cake?")
	w.leave(p.bob.Token)
	w.asked(nil, w.join("plans", "Dora"))
}

func TestRequest_processThatStartsLater_knowsWhatIsOpen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "who brings the cake?", "Cid")
	for i := range 300 {
		w.say(p.bob.Token, fmt.Sprintf("line %d", i))
	}
	w.elsewhere().asked([]string{"Ann asks [Cid]: who brings the cake?"}, p.ann, p.bob, p.cid)
}

func TestRequest_isShownByItsFirstCharactersAndAge(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, strings.Repeat("é", 200), "Bob")
	w.clock.Advance(7 * time.Minute)
	r := w.info(p.cid.Token).Requests[0]
	if r.ID != id || r.Text != strings.Repeat("é", 80) || r.Age != 7*time.Minute {
		t.Errorf("got %+v", r)
	}
}

// Those who owe an answer are told so, the asker how many are out, others nothing.
func TestRequest_results_tellWhoOwesAndHowManyAreOut(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, "blue?", "Bob", "Cid")
	if got := w.look(p.bob.Token, p.bob.Cursor); got.Owes != id || got.Owed != 0 {
		t.Errorf("Bob is told %q, %d", got.Owes, got.Owed)
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); got.Owes != "" || got.Owed != 2 {
		t.Errorf("Ann is told %q, %d", got.Owes, got.Owed)
	}
	w.reply(p.bob.Token, "yes", id)
	if got := w.look(p.ann.Token, ""); got.Owed != 1 {
		t.Errorf("Ann still awaits %d", got.Owed)
	}
	if got := w.look(p.bob.Token, ""); got.Owes != "" || got.Owed != 0 {
		t.Errorf("Bob is told %q, %d", got.Owes, got.Owed)
	}
	if got := w.enter(chat.JoinRequest{Token: p.cid.Token}); got.Owes != id {
		t.Errorf("Cid returns and is told %q", got.Owes)
	}
}

func TestRequest_whatCannotBeAsked_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.manage(p.ann.Token, room.Mute, "Cid", chat.StatusMuted)
	for what, req := range map[string]chat.SendRequest{
		"oneself":               {Text: "x", Ask: []string{"Ann"}},
		"nobody here":           {Text: "x", Ask: []string{"Zoe"}},
		"one that is not in to": {Text: "x", Ask: []string{"Bob"}, To: []string{"Cid"}},
		"one that is muted":     {Text: "x", Ask: []string{"Cid"}},
		"with a status":         {Text: "x", Ask: []string{"Bob"}, Kind: room.Status},
		"with done":             {Text: "x", Ask: []string{"Bob"}, Kind: room.Done},
		"with agree":            {Ask: []string{"Bob"}, Kind: room.Agree},
		"withdrawing nothing":   {Withdraw: w.id(p.ann.Token, 1)},
		"withdrawing and ask":   {Withdraw: w.id(p.ann.Token, 1), Ask: []string{"Bob"}},
	} {
		req.Token = p.ann.Token
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.send(req); return err })
		says(t, err, fault.InvalidArgument, "Nothing was sent")
		if t.Failed() {
			t.Fatal(what)
		}
	}
}

func TestRequest_withdrawal_isOnlyForTheAskerAndWakesThoseWhoOwed(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, "blue?", "Cid")
	_, err := w.send(chat.SendRequest{Token: p.bob.Token, Withdraw: id})
	wants(t, err, fault.InvalidArgument)
	cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: cursor, Wait: time.Minute, ForMe: true})
	w.sends(chat.SendRequest{Token: p.ann.Token, Withdraw: id})
	got := take(t, waiting)
	if m := got.Messages[0]; m.Withdraws != id || m.Text != "" || got.Owes != "" {
		t.Errorf("Cid receives %+v and owes %q", m, got.Owes)
	}
	_, err = w.send(chat.SendRequest{Token: p.ann.Token, Text: "once more", Withdraw: id})
	wants(t, err, fault.InvalidArgument)
}

func TestRequest_thirtyThird_displacesTheOldestOfWhoAskedMost(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.bob.Token, "the only one of Bob's")
	for i := range room.MaxOpen {
		w.ask(p.ann.Token, fmt.Sprintf("question %d", i))
	}
	got := w.requests(p.cid.Token)
	if len(got) != room.MaxOpen || got[0] != "Bob asks []: the only one of Bob's" || got[1] != "Ann asks []: question 1" {
		t.Errorf("%d are open, first %q", len(got), got[:2])
	}
}

// The same short answer to two requests is two answers.
func TestRequest_sameAnswerToTwo_closesBoth(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	one, two := w.ask(p.ann.Token, "blue?", "Bob"), w.ask(p.ann.Token, "red?", "Bob")
	w.reply(p.bob.Token, "yes", one)
	w.reply(p.bob.Token, "yes", two)
	w.asked(nil, p.ann, p.bob, p.cid)
	a, b := w.propose(p.ann.Token, "we ship", "Bob"), w.propose(p.ann.Token, "we celebrate", "Bob")
	for _, id := range []string{a, b} {
		got := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "agreed", Kind: room.Agree, ReplyTo: id})
		again := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "agreed", Kind: room.Agree, ReplyTo: id})
		if got.Duplicate || !again.Duplicate || again.ID != got.ID {
			t.Errorf("got %+v, and repeated %+v", got, again)
		}
	}
	w.agreed([]string{"Ann: we celebrate", "Ann: we ship"}, p.ann, p.bob, p.cid)
}

// Ann cannot see that Bob whispers about her request, and it is no answer to her.
func TestRequest_whisperToAnotherAboutIt_isNoAnswer(t *testing.T) {
	for _, names := range [][]string{{"Bob"}, nil} {
		w := newWorld(t)
		p := w.company()
		id := w.ask(p.ann.Token, "blue?", names...)
		before := w.requests(p.ann.Token)
		w.reply(p.bob.Token, "what do you think of this?", id, "Cid")
		w.asked(before, p.ann, p.bob, p.cid)
		if got := w.look(p.ann.Token, p.ann.Cursor); got.Owed != 1 {
			t.Errorf("Ann still awaits %d", got.Owed)
		}
	}
}
