package chat_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Whatever an agent calls, it is told the same of how things stand for it.
func TestSituation_isTheSameInEveryResult(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	request := w.ask(p.ann.Token, "which of the two?", "Bob", "Cid")
	counter := w.ask(p.bob.Token, "and when?", "Cid")
	person := w.person(p.bob)
	ann, bob := w.look(p.ann.Token, p.ann.Cursor), w.look(p.bob.Token, p.bob.Cursor)
	results := func(who chat.Seated, text, cursor string) map[string]chat.Situation {
		sent, err := w.send(chat.SendRequest{Token: who.Token, Text: text, Cursor: cursor})
		if err != nil || sent.Sent {
			t.Fatalf("%q is sent: %+v, %v", text, sent, err)
		}
		waited := w.look(who.Token, cursor)
		waited.Situation.OthersIdle, waited.Situation.OthersAway = 0, 0
		return map[string]chat.Situation{"send": sent.Waited.Situation, "wait": waited.Situation,
			"join": w.enter(chat.JoinRequest{Token: who.Token}).Situation}
	}
	compare := func(when string, got map[string]chat.Situation, want chat.Situation) {
		for call, s := range got {
			if !reflect.DeepEqual(s, want) {
				t.Errorf("%s, a %s says\n     %+v\nwant %+v", when, call, s, want)
			}
		}
	}
	compare("a credential", results(p.ann, "it is "+secret, ann.Cursor), chat.Situation{
		Standing: chat.Standing{Others: 2, Begun: true, FreeSeats: 1, Seats: 4, Admin: true},
		Awaited:  chat.Awaited{Requests: 2, Owed: 2, OwedTo: []string{request}, OwedBy: []string{"Bob", "Cid"}}})
	w.pauses(person, true)
	compare("paused", results(p.bob, "hello", bob.Cursor), chat.Situation{
		Standing: chat.Standing{Others: 2, Begun: true, FreeSeats: 1, Seats: 4},
		Awaited:  chat.Awaited{Requests: 2, Owed: 1, OwedTo: []string{counter}, OwedBy: []string{"Cid"}},
		Debt:     room.Debt{Owes: request}, Supervised: room.Supervised{Paused: true, Bound: true}})
	w.pauses(person, false)
	w.approves(person, true)
	drafted := results(p.bob, "hello", bob.Cursor)
	if sent := drafted["send"]; sent.Unseen { // only the call that makes a draft asks who may see it
		sent.Unseen = false
		drafted["send"] = sent
	}
	compare("a draft", drafted, chat.Situation{
		Standing: chat.Standing{Others: 2, Begun: true, FreeSeats: 1, Seats: 4},
		Awaited:  chat.Awaited{Requests: 2, Owed: 1, OwedTo: []string{counter}, OwedBy: []string{"Cid"}},
		Debt:     room.Debt{Owes: request}, Supervised: room.Supervised{Bound: true, Undecided: true}})
	seen := w.look(person, "").Situation
	seen.OthersIdle, seen.OthersAway = 0, 0
	if !seen.Person || seen.Others != 2 || seen.Owes != request {
		t.Errorf("the person is told %+v", seen)
	}
}

// An agent is told that a program wakes it: one on standby that goes on after what comes, and not a line that ends
// with it. So it is for as long as others see the program, and in every process.
func TestSituation_programThatWakes_isKnown(t *testing.T) {
	for name, c := range map[string]struct {
		req  chat.WaitRequest
		want bool
	}{
		"on standby":          {chat.WaitRequest{Wait: time.Minute, Standby: true, Peek: true}, true},
		"it looks in":         {chat.WaitRequest{Standby: true, Peek: true, Polls: true}, true},
		"a list of rooms":     {chat.WaitRequest{Standby: true, Peek: true}, false},
		"a line of its shell": {chat.WaitRequest{Wait: time.Minute, Standby: true}, false},
		"the agent itself":    {chat.WaitRequest{Wait: time.Minute}, false},
	} {
		w := newWorld(t)
		p := w.company()
		there := w.elsewhere()
		c.req.Token, c.req.Cursor = p.bob.Token, p.bob.Cursor
		wait := w.open(t.Context(), c.req)
		w.clock.Advance(c.req.Wait)
		take(t, wait)
		for i, w := range []*world{w, there} {
			if got := w.enter(chat.JoinRequest{Token: p.bob.Token}).Situation.Woken; got != c.want && i == 0 {
				t.Errorf("%s, a join: %v", name, got)
			}
			if got := w.look(p.bob.Token, "").Situation.Woken; got != c.want {
				t.Errorf("%s, service %d: %v", name, i, got)
			}
		}
		w.clock.Advance(room.AnnounceWait)
		if w.look(p.bob.Token, "").Situation.Woken || w.look(p.ann.Token, "").Situation.Woken {
			t.Errorf("%s: it is said of a program that is gone, or of another's", name)
		}
	}
}

// Ann asks Bob, who is silent, and Cid. She reads that one answer is outstanding, and to which question.
func TestSituation_answersOfSilentAgents_areNotCalledOutstanding(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "which of the two?", "Bob")
	toCid := w.ask(p.ann.Token, "and when?", "Cid")
	toBoth := w.ask(p.ann.Token, "and where?", "Bob", "Cid")
	w.pass(room.Lease / 2)
	w.look(p.cid.Token, p.cid.Cursor)
	got := w.look(p.ann.Token, p.ann.Cursor)
	if got.Situation.Owed != 4 || got.Situation.OwedBySilent != 2 || !slices.Equal(got.Situation.OwedTo, []string{toCid,
		toBoth}) {
		t.Errorf("%d answers, %d of silent agents, to %s; want to %s and %s", got.Situation.Owed,
			got.Situation.OwedBySilent, got.Situation.OwedTo,
			toCid, toBoth)
	}
}

// Others may still be on their way until two agents have spoken, and then until ten minutes after the last join or
// until somebody leaves.
func TestSituation_freeSeats_areCountedWhileOthersMayCome(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	seats := func(when string, free, all int) {
		t.Helper()
		if got := w.look(ann.Token, ""); got.Situation.FreeSeats != free || got.Situation.Seats != all {
			t.Errorf("%s: %d of %d seats are free", when, got.Situation.FreeSeats, got.Situation.Seats)
		}
	}
	seats("she is alone", 3, 4)
	bob := w.join("plans", "Bob")
	w.pass(10*time.Minute - time.Second)
	w.say(ann.Token, "hello")
	w.say(bob.Token, "hello")
	seats("just before", 2, 4)
	w.pass(time.Second)
	seats("ten minutes later", 0, 0)
	cid := w.join("plans", "Cid")
	seats("Cid has come", 1, 4)
	dan := w.join("plans", "Dan")
	seats("all have come", 0, 0)
	w.leave(cid.Token)
	w.leave(dan.Token)
	seats("two have left", 0, 0)
	ann = w.enter(chat.JoinRequest{Room: "ideas", AgentName: "Ann", Capacity: 4})
	w.say(ann.Token, "hello")
	w.leave(w.join("ideas", "Eve").Token)
	w.pass(10 * time.Minute)
	seats("one has left, and nobody has answered", 3, 4)
}
