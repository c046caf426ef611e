package chat_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// inquiry is a room in which Ann has asked something and waits in one process, while all else happens in another.
type inquiry struct {
	here, there        *world
	ann, bob, cid, dan chat.Seated
	person             string // of Cid
	id                 string // of what Ann has said
	wait               <-chan answer
}

// sending begins a send that waits, and returns once it waits.
func (w *world) sending(req chat.SendRequest) <-chan answer {
	w.t.Helper()
	before, got := w.watch.count(req.Wait), make(chan answer, 1)
	go func() {
		sent, err := w.Send(w.t.Context(), req)
		got <- answer{sent.Waited, err}
	}()
	await(w.t, "the wait", func() bool { return w.watch.count(req.Wait) > before || len(got) > 0 })
	return got
}

// wayToWait begins the wait of Ann after what she says.
type wayToWait func(w *world, req chat.SendRequest) <-chan answer

// waysToWait are all of them, by name: the cursor of a wait of its own is from after the message or from before it.
var waysToWait = map[string]wayToWait{
	"a send": (*world).sending,
	"a wait from after the message": func(w *world, req chat.SendRequest) <-chan answer {
		return w.asksThenWaits(req, func(sent chat.Sent) string { return sent.Waited.Cursor })
	},
	"a wait from before the message": func(w *world, req chat.SendRequest) <-chan answer {
		return w.asksThenWaits(req, func(chat.Sent) string { return req.Cursor })
	},
}

// asksThenWaits sends, then begins a wait from a cursor on.
func (w *world) asksThenWaits(req chat.SendRequest, cursor func(chat.Sent) string) <-chan answer {
	w.t.Helper()
	wait := chat.WaitRequest{Token: req.Token, Wait: req.Wait}
	req.Wait = 0
	wait.Cursor = cursor(w.sends(req))
	return w.open(w.t.Context(), wait)
}

// inquires has Ann say req and wait in this way. before is what happens earlier; it may be nil.
func inquires(here, there *world, req chat.SendRequest, waits wayToWait, before func(*inquiry)) *inquiry {
	a := &inquiry{here: here, there: there}
	all := there.crowd("plans", "Ann", "Bob", "Cid", "Dan")
	a.ann, a.bob, a.cid, a.dan = all.of("Ann"), all.of("Bob"), all.of("Cid"), all.of("Dan")
	a.person = there.person(a.cid)
	if before != nil {
		before(a)
		there.catchUp(all)
		a.ann.Cursor = all.of("Ann").Cursor
	}
	req.Token, req.Text, req.Cursor = a.ann.Token, "shall we?", a.ann.Cursor
	if req.Wait == 0 {
		req.Wait = longWait
	}
	a.wait = waits(here, req)
	there.awaitText(a.bob.Token, req.Text)
	last := there.history(a.bob.Token, chat.HistoryRequest{Limit: 1}).Messages
	a.id = last[0].ID
	return a
}

// answers has an agent reply to what Ann has said.
func (a *inquiry) answers(who chat.Seated, req chat.SendRequest) {
	a.there.t.Helper()
	req.Token, req.ReplyTo = who.Token, a.id
	if req.Text == "" {
		req.Text = who.Name + " says yes"
	}
	a.there.sends(req)
}

func (a *inquiry) bobAnswers() { a.answers(a.bob, chat.SendRequest{}) }

// goesOn fails if Ann waits no longer after some time.
func (a *inquiry) goesOn() {
	a.here.t.Helper()
	a.here.pass(5 * time.Second)
	a.here.stillWaits("Ann", a.wait)
}

// onEachWay runs a test for each way to wait in one process, and with Ann in another process than the rest.
func onEachWay(t *testing.T, test func(t *testing.T, here, there *world, waits wayToWait)) {
	for way, waits := range waysToWait {
		t.Run(way+" in one process", func(t *testing.T) { w := newWorld(t); test(t, w, w, waits) })
		t.Run(way+" in two processes", func(t *testing.T) {
			w := newWorld(t)
			test(t, w.another(), w.another(), waits)
		})
	}
}

// askedCase is a case of a rule of asked.go: Ann asks by req, and then something happens.
type askedCase struct {
	name   string
	req    chat.SendRequest
	before func(*inquiry)
	then   func(*inquiry)
	want   string // the last text that the wait brings; "": it goes on
	most   time.Duration
}

// The cases are those above isPartialAnswer and passOver, and more of the same rules.
func TestWait_othersStillOweAnAnswer_goesOnOrEndsAsEachCaseSays(t *testing.T) {
	both := []string{"Bob", "Cid"}
	question, proposal := chat.SendRequest{Ask: both}, chat.SendRequest{Kind: room.Proposal, Ask: both}
	brief := chat.SendRequest{Ask: both, Wait: time.Minute}
	const goesOn, yes = "", "Bob says yes"
	for _, c := range []askedCase{
		{"Bob answers, and Cid is here: the wait goes on.", question, nil, (*inquiry).bobAnswers, goesOn, 0},
		{"Bob answers in private, and Cid is here: the wait goes on.", question, nil, func(a *inquiry) {
			a.answers(a.bob, chat.SendRequest{To: []string{"Ann"}})
		}, goesOn, 0},
		{"Bob agrees to the proposal, and Cid is here: the wait goes on.", proposal, nil, func(a *inquiry) {
			a.answers(a.bob, chat.SendRequest{Kind: room.Agree})
		}, goesOn, 0},
		{"Bob and Cid answer: the wait ends, and brings both answers.", question, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
			a.answers(a.cid, chat.SendRequest{})
		}, "Cid says yes", 0},
		{"Bob answers, and Cid is silent: the wait ends.", question, nil, func(a *inquiry) {
			a.here.pass(room.PresentFor + time.Minute)
			a.bobAnswers()
		}, yes, 0},
		{"Bob answers, and Cid falls silent later: the wait ends.", question, nil, func(a *inquiry) {
			a.here.pass(time.Minute)
			a.bobAnswers()
			a.goesOn()
		}, yes, 3 * time.Minute},
		{"Bob answers, and Cid is away: the wait ends.", question, nil, func(a *inquiry) {
			a.there.leaves(a.cid, time.Hour)
			a.bobAnswers()
		}, yes, 0},
		{"Bob answers, and the person of Cid pauses him: the wait ends.", question, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
			a.there.pauses(a.person, true)
		}, yes, 0},
		{"Bob answers, and a draft of Cid waits for his person: the wait ends.", question, nil, func(a *inquiry) {
			a.there.approves(a.person, true)
			a.bobAnswers()
			a.goesOn()
			a.there.drafts(chat.SendRequest{Token: a.cid.Token, Text: "perhaps", ReplyTo: a.id})
		}, yes, 0},
		{"Bob answers, and Cid is muted, so that he owes nothing: the wait ends.", question, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
			a.there.manage(a.ann.Token, room.Mute, "Cid", chat.StatusMuted)
		}, yes, 0},
		{"Bob says more after his answer: the wait ends.", question, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
			a.answers(a.bob, chat.SendRequest{Text: "and soon"})
		}, "and soon", 0},
		{"Dan, who was not asked, answers: the wait ends.", question, func(a *inquiry) {
			a.there.sends(chat.SendRequest{Token: a.dan.Token, Text: "I am done", Kind: room.Done})
		}, func(a *inquiry) { a.answers(a.dan, chat.SendRequest{}) }, "Dan says yes", 0},
		{"Bob answers with a question: the wait ends.", question, nil, func(a *inquiry) {
			a.answers(a.bob, chat.SendRequest{Ask: []string{"Ann"}})
		}, yes, 0},
		{"Bob answers with kind done: the wait ends.", question, nil, func(a *inquiry) {
			a.answers(a.bob, chat.SendRequest{Kind: room.Done})
		}, yes, 0},
		{"Bob objects to the proposal: the wait ends.", proposal, nil, func(a *inquiry) {
			a.answers(a.bob, chat.SendRequest{Kind: room.Object})
		}, yes, 0},
		{"Bob answers, and Cid leaves: the wait ends.", question, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
			a.there.leave(a.cid.Token)
		}, yes, 0},
		{"Bob's answer finishes a task that Ann added: the wait ends.", question, func(a *inquiry) {
			a.there.adds(a.ann.Token, "sand")
			a.there.task(a.bob.Token, chat.CommandTake, "t1")
		}, func(a *inquiry) { a.answers(a.bob, chat.SendRequest{Finishes: []string{"t1"}}) }, yes, 0},
		{"Bob answers, and the time is up: the wait ends, and brings his answer.", brief, nil, func(a *inquiry) {
			a.bobAnswers()
			a.goesOn()
		}, yes, time.Minute},
		{"Ann asks nobody in particular, and Bob answers: the wait ends.", chat.SendRequest{Kind: room.Request}, nil,
			(*inquiry).bobAnswers, yes, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachWay(t, func(t *testing.T, here, there *world, waits wayToWait) {
				a := inquires(here, there, c.req, waits, c.before)
				c.then(a)
				if c.want == goesOn {
					a.goesOn()
					return
				}
				got, _ := here.until(a.wait, max(c.most, 5*time.Second))
				wantStatus(t, "Ann", got, chat.StatusMessages)
				if said := texts(got.Messages); len(said) == 0 || said[len(said)-1] != c.want {
					t.Errorf("the wait brings %q", said)
				}
			})
		})
	}
}

// Only what is for the caller ends the wait of a send that asks, whoever asks, with a cursor or without.
func TestSend_thatAsks_goesOnPastWhatIsNotForItsCaller(t *testing.T) {
	asks := chat.SendRequest{Ask: []string{"Bob", "Cid"}}
	says := func(a *inquiry, req chat.SendRequest) {
		req.Token = a.dan.Token
		a.there.sends(req)
	}
	for _, by := range []string{"Ann with a cursor", "her person with a cursor", "her person"} {
		t.Run(by, func(t *testing.T) {
			clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			tab, _ := sqlitetest.OpenFile(t, clock)
			w := onTable(t, clock, tab, chat.Options{SingleProcess: true, MinBatch: 1, Files: tab.Files()})
			person := ""
			a := inquires(w, w, asks, func(w *world, req chat.SendRequest) <-chan answer {
				if by != "Ann with a cursor" {
					req.Token, req.Cursor = person, ""
				}
				if by == "her person with a cursor" {
					req.Cursor = w.look(person, "").Cursor
				}
				return w.sending(req)
			}, func(a *inquiry) { person = w.person(a.ann) })
			says(a, chat.SendRequest{Text: "by the way"})
			says(a, chat.SendRequest{Text: "Bob?", Ask: []string{"Bob"}})
			a.there.sends(chat.SendRequest{Token: a.there.person(a.dan), Text: "all of you"})
			a.goesOn()
			says(a, chat.SendRequest{Text: "look @Ann"})
			got, _ := w.until(a.wait, 5*time.Second)
			if said := texts(got.Messages); len(said) != 4 || said[3] != "look @Ann" {
				t.Errorf("the wait brings %q", said)
			}
		})
	}
}

func TestWait_ofItsOwn_goesOnOrEndsAsEachCaseSays(t *testing.T) {
	type asked struct {
		*world
		ann, bob, cid, dan chat.Seated
		id                 string // of what Ann asks Bob and Cid
	}
	wait := func(r asked) <-chan answer { return r.hold(r.ann)[0] }
	for name, test := range map[string]func(t *testing.T, r asked){
		"Bob speaks without reply_to: the wait ends.": func(t *testing.T, r asked) {
			got := wait(r)
			r.say(r.bob.Token, "well")
			same(t, "the wait", texts(take(t, got).Messages), []string{"well"})
		},
		"Bob answers, and Ann looks in: the look brings his answer.": func(t *testing.T, r asked) {
			r.reply(r.bob.Token, "yes", r.id)
			got := r.look(r.ann.Token, r.ann.Cursor)
			wantStatus(t, "Ann", got, chat.StatusMessages)
			if !got.Wakes {
				t.Error("his answer wakes nobody")
			}
		},
		"Ann asks Bob and Cid, then Bob and Dan, Bob answers both, and Cid leaves: the wait ends.": func(
			t *testing.T, r asked) {
			id := r.ask(r.ann.Token, "and you?", "Bob", "Dan")
			got := wait(r)
			r.reply(r.bob.Token, "yes", r.id)
			r.reply(r.bob.Token, "no", id)
			r.pass(5 * time.Second)
			r.stillWaits("Ann", got)
			r.leave(r.cid.Token)
			same(t, "the wait", texts(take(t, got).Messages), []string{"yes", "no"})
		},
		"Bob asks Cid and Dan, Ann waits, and Cid answers him: the wait ends.": func(t *testing.T, r asked) {
			id := r.ask(r.bob.Token, "and you?", "Cid", "Dan")
			r.ann.Cursor = r.look(r.ann.Token, r.ann.Cursor).Cursor
			got := wait(r)
			r.reply(r.cid.Token, "me, too", id)
			same(t, "the wait", texts(take(t, got).Messages), []string{"me, too"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			all := w.crowd("plans", "Ann", "Bob", "Cid", "Dan")
			w.sends(chat.SendRequest{Token: all.of("Dan").Token, Text: "I am done", Kind: "done"})
			w.catchUp(all)
			r := asked{w, all.of("Ann"), all.of("Bob"), all.of("Cid"), all.of("Dan"), ""}
			r.id = w.ask(r.ann.Token, "shall we?", "Bob", "Cid")
			r.ann.Cursor = w.look(r.ann.Token, "").Cursor
			test(t, r)
		})
	}
}

// A call that is repeated waits as the first one did.
func TestSend_thatAsksAndIsRepeated_goesOnPastAnAnswer(t *testing.T) {
	w := newWorld(t)
	a := inquires(w, w, chat.SendRequest{Ask: []string{"Bob", "Cid"}, Key: "k"}, (*world).sending, nil)
	a.bobAnswers()
	a.goesOn()
	again := w.sending(chat.SendRequest{Token: a.ann.Token, Text: "shall we?", Ask: []string{"Bob", "Cid"}, Key: "k",
		Cursor: a.ann.Cursor, Wait: longWait})
	wantStatus(t, "the first call", take(t, a.wait), chat.StatusSuperseded)
	a.wait = again
	a.goesOn()
	a.answers(a.cid, chat.SendRequest{})
	same(t, "the wait", texts(take(t, again).Messages), []string{"Bob says yes", "Cid says yes"})
}

func TestTurn_ofAnAgentThatWaitsForAnswers_endsItsWaitWithThem(t *testing.T) {
	t.Run("Bob answers, and it is Ann's turn: the wait ends, and brings his answer.", func(t *testing.T) {
		for way, waits := range waysToWait {
			t.Run(way, func(t *testing.T) {
				w := newWorld(t)
				a := inquires(w, w, chat.SendRequest{Ask: []string{"Bob", "Cid"}}, waits, nil)
				w.leaves(a.dan, time.Hour)
				a.bobAnswers()
				w.leaves(a.bob, time.Hour) // he would come first: none is owed to him
				cid := []chat.Seated{a.cid}
				w.catchUp(cid)
				w.turnWithin(10*time.Second, "Cid", w.hold(cid...)[0]) // he owes an answer, and says nothing
				w.hold(cid...)
				got, _ := w.until(a.wait, 40*time.Second)
				wantStatus(t, "Ann", got, chat.StatusTurn)
				same(t, "the wait", texts(got.Messages), []string{"Bob says yes"})
			})
		}
	})
}

// Others see that the wait goes on, and so they do not wait for its agent to speak.
func TestPresence_ofAWaitThatGoesOnPastAnAnswer_isWaiting(t *testing.T) {
	onEachWay(t, func(t *testing.T, here, there *world, waits wayToWait) {
		a := inquires(here, there, chat.SendRequest{Ask: []string{"Bob", "Cid"}}, waits, nil)
		here.pass(time.Minute)
		a.bobAnswers()
		await(t, "others to see that Ann waits", func() bool { // her process may be late to hear of the answer
			if here.watch.isAnswered() {
				here.pass(time.Second)
			}
			return agentIn(t, there.info(a.cid.Token).Room, "Ann").State == room.AgentWaiting
		})
		here.stillWaits("Ann", a.wait)
		all := []chat.Seated{a.bob, a.cid, a.dan}
		there.catchUp(all)
		others := there.hold(all...)
		there.turnWithin(40*time.Second, "Cid", others[1])
	})
}

// Whatever others do, a wait for answers ends when the model says so.
func TestWait_forAnswers_endsAsTheModelSays(t *testing.T) {
	ended := map[bool]int{}
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w, rng := newWorld(t), rand.New(rand.NewPCG(seed, 1))
			req := chat.SendRequest{Ask: []string{"Bob", "Cid", "Dan"}[:2+rng.IntN(2)], Wait: core.MaxWait}
			if rng.IntN(2) == 0 {
				req.Kind = room.Proposal
			}
			way := slices.Sorted(maps.Keys(waysToWait))[seed%3]
			a := inquires(w, w, req, waysToWait[way], nil)
			m := askedModel{id: a.id, proposal: req.Kind == room.Proposal, owed: req.Ask, held: map[string]bool{},
				send: way == "a send"}
			last, done := a.id, []string{}
			for range 12 {
				done = append(done, a.does(rng, &m))
				news := w.history(a.ann.Token, chat.HistoryRequest{After: last, Limit: 100}).Messages
				for _, x := range news {
					m.hear(x)
					last = x.ID
				}
				var owed []string
				for _, r := range w.info(a.ann.Token).Requests {
					if r.ID == a.id {
						owed = r.OwedBy
					}
				}
				ends, sure := m.look(w.info(a.ann.Token).Room.Agents, owed)
				switch {
				case ends:
					t.Logf("ends after %q", done)
					take(t, a.wait)
				case sure:
					w.stillWaits(fmt.Sprintf("after %q Ann", done), a.wait)
				}
				if ends || !sure {
					ended[ends]++
					return
				}
			}
		})
	}
	if ended[true] < 20 {
		t.Errorf("waits ended %v", ended)
	}
}

// does has one of those who do not wait do something at random.
func (a *inquiry) does(rng *rand.Rand, m *askedModel) string {
	w, who := a.there, []chat.Seated{a.bob, a.cid, a.dan}[rng.IntN(3)]
	kind := []room.Kind{"", "", room.Status, room.Done, room.Request}[rng.IntN(5)]
	if m.proposal && rng.IntN(2) == 0 {
		kind = room.Agree
	}
	switch n := rng.IntN(14); {
	case n >= 12 && !m.held[who.Name]:
		w.sends(chat.SendRequest{Token: who.Token, Text: fmt.Sprint("by the way ", rng.Uint32())})
		return who.Name + " says something else"
	case n < 5 && !m.held[who.Name]:
		req := chat.SendRequest{Token: who.Token, Text: fmt.Sprint("words ", rng.Uint32()), ReplyTo: a.id, Kind: kind}
		if rng.IntN(4) == 0 && kind == "" {
			req.To = []string{"Ann"}
		}
		if _, err := w.send(req); err != nil {
			return who.Name + " is refused"
		}
		return fmt.Sprintf("%s answers, %q to %q", who.Name, kind, req.To)
	case n < 6 && !m.held[who.Name]:
		w.sends(chat.SendRequest{Token: who.Token, Text: fmt.Sprint("at it ", rng.Uint32()), Kind: room.Status})
		return who.Name + " is at work"
	case n < 7:
		w.leaves(who, time.Hour)
		return who.Name + " is away"
	case n < 8:
		w.pauses(a.person, !m.held["Cid"])
		m.held["Cid"] = !m.held["Cid"]
		return fmt.Sprint("Cid is paused ", m.held["Cid"])
	case n < 9:
		w.pass(room.PresentFor / 3)
		return "time passes"
	}
	w.look(who.Token, "")
	return who.Name + " looks in"
}
