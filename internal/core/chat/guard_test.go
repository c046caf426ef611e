package chat_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// companyOf is a company in a room of so many agents.
func (w *world) companyOf(seats int) company {
	w.t.Helper()
	p := company{ann: w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: seats})}
	p.bob = w.join("plans", "Bob")
	for i := range seats - 3 {
		w.join("plans", fmt.Sprintf("Agent %d", i))
	}
	p.cid = w.join("plans", "Cid")
	return p
}

// onBoth runs a test with one service, and with two on one table.
func onBoth(t *testing.T, test func(t *testing.T, w, there *world)) {
	t.Run("one service", func(t *testing.T) { w := newWorld(t); test(t, w, w) })
	t.Run("two services", func(t *testing.T) { w := newWorld(t); test(t, w.elsewhere(), w.elsewhere()) })
}

// A service that loads the room first sees only the sender's own messages. The news
// lies before the page that it reads.
func TestSend_cursorBehindOldNews_isHeldBack(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "news from Bob")
	for i := range 30 {
		w.say(p.ann.Token, fmt.Sprintf("part %d of a long monologue of Ann", i))
	}
	cold := w.elsewhere()
	req := chat.SendRequest{Token: p.ann.Token, Text: "the end of a long monologue of Ann", Cursor: p.ann.Cursor}
	got, err := cold.Send(t.Context(), req)
	if err != nil || got.Sent {
		t.Fatalf("got %+v, %v", got, err)
	}
	same(t, "Ann receives", lines(got.Waited.Messages), []string{"Bob: news from Bob"})
	req.Cursor = got.Waited.Cursor
	got, err = w.elsewhere().Send(t.Context(), req)
	if err != nil || !got.Sent {
		t.Fatalf("then got %+v, %v", got, err)
	}
}

func TestTask_cases_areHeldBackAsTheCommentSays(t *testing.T) {
	const next = chat.CommandNext
	for name, c := range map[string]struct {
		says   string // by Ben, as Cora has t2
		done   bool   // t2 is done, and the answer was lost
		action chat.TaskCommand
		blind  bool
		held   string // the lines of the answer; "": it is done
	}{
		`Ben has said "STOP" to all since the cursor of Cora: her next for t2 is held back, and the answer has his word.`: {
			says: "STOP", action: next, held: "Bob: STOP"},
		"Cora finishes t2 again, since the answer was lost, and Ben has asked her: the answer says that t2 is done.": {
			says: "Is it wet, @Cid?", done: true, action: chat.CommandFinish},
		"Cora repeats next for t2, which is done, and t3 is free by now and Ben has asked: to take t3 is held back.": {
			says: "Is it wet, @Cid?", done: true, action: next, held: "Bob: Is it wet, @Cid?"},
		"Cora gives no cursor: nothing is held back.": {says: "STOP", action: next, blind: true},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p := w.company()
				w.adds(p.ann.Token, "sand", "paint", "hang")
				w.task(p.cid.Token, chat.CommandTake, "t2")
				req := chat.TaskRequest{Token: p.cid.Token, Action: c.action, ID: "t2",
					Cursor: w.look(p.cid.Token, p.cid.Cursor).Cursor}
				if c.done {
					w.task(p.cid.Token, chat.CommandFinish, "t2")
				}
				if c.blind {
					req.Cursor = ""
				}
				w.say(p.bob.Token, c.says)
				got := there.does(req)
				if c.held == "" {
					if got.Held != nil || got.Task == nil {
						t.Fatalf("%+v", got)
					}
					return
				}
				if got.Held == nil {
					t.Fatal("it is done")
				}
				same(t, "the answer has", lines(got.Held.Messages), []string{c.held})
				req.Cursor = got.Held.Cursor
				if again := there.does(req); again.Held != nil || again.Task == nil || !again.Task.Mine {
					t.Errorf("with the cursor of the answer: %+v", again)
				}
			})
		})
	}
}

// schedule has Ann, Bob and Cid's person do what they like, and Cid call with the cursor of its last answer.
type schedule struct {
	*world
	there   *world // which Cid calls: one process or another
	rng     *rand.Rand
	p       company
	person  string // of Cid
	n       int
	task    string // the task that Cid may finish
	plan    string // which Cid may agree to; "": none
	cursor  string
	unread  []newsOf        // since the cursor
	message bool            // others have held back a message, and none has gone through since
	act     bool            // the same of a change of tasks
	seen    map[string]bool // the outcomes
}

// newsOf says what an unread event holds back.
type newsOf struct {
	byPerson, words, meant, onPlan, edit, join bool
}

func (s *schedule) text() string { s.n++; return fmt.Sprint("words ", s.n) }

// happens has another do something that Cid has yet to read.
func (s *schedule) happens() {
	ann, add := s.p.ann.Token, func(x newsOf) { s.unread = append(s.unread, x) }
	switch s.rng.IntN(14) {
	case 0:
		s.say(ann, s.text())
		add(newsOf{words: true})
	case 1:
		s.say(s.p.bob.Token, s.text()+" @Cid")
		add(newsOf{words: true, meant: true})
	case 2:
		s.tell(ann, s.text(), "Cid")
		add(newsOf{words: true, meant: true})
	case 3:
		s.tell(ann, s.text(), "Bob")
	case 4, 5:
		kind := []room.Kind{room.Status, room.Done}[s.rng.IntN(2)]
		s.sends(chat.SendRequest{Token: ann, Text: s.text(), Kind: kind, To: [][]string{nil, {"Cid"}}[s.rng.IntN(2)]})
	case 6, 12:
		s.say(s.person, s.text())
		add(newsOf{byPerson: true})
	case 7:
		s.does(chat.TaskRequest{Token: ann, Action: chat.CommandEdit, ID: s.task, Text: s.text()})
		add(newsOf{edit: true})
	case 8:
		s.leave(s.p.bob.Token)
		s.p.bob = s.join("plans", "Bob")
		add(newsOf{join: true})
	case 9, 13:
		if s.plan == "" {
			s.plan = s.propose(ann, s.text())
			add(newsOf{words: true, meant: true})
		} else {
			s.reply(ann, "The hash is wrong, "+s.text(), s.plan)
			add(newsOf{words: true, onPlan: true})
		}
	case 10:
		if s.plan != "" {
			s.sends(chat.SendRequest{Token: ann, Withdraw: s.plan})
			s.plan = ""
			add(newsOf{words: true, meant: true})
		}
	case 11:
		s.there = s.elsewhere()
	}
}

// calls has Cid make a call, and checks that it is held back as the chapter says.
func (s *schedule) calls() {
	s.t.Helper()
	cid := s.p.cid.Token
	send := func(req chat.SendRequest) (*chat.Waited, string) {
		req.Token, req.Cursor = cid, s.cursor
		got, err := s.there.send(req)
		if err != nil {
			s.t.Fatal(err)
		}
		if got.Sent {
			return nil, got.Waited.Cursor
		}
		return &got.Waited, ""
	}
	does := func(action chat.TaskCommand) (*chat.Waited, string) {
		got := s.there.does(chat.TaskRequest{Token: cid, Action: action, ID: s.task, Cursor: s.cursor})
		if got.Held == nil {
			s.there.task(cid, map[chat.TaskCommand]chat.TaskCommand{chat.CommandTake: chat.CommandRelease,
				chat.CommandFinish: chat.CommandFinish}[action], s.task)
		}
		return got.Held, got.Cursor
	}
	ends := false // the task, if the call goes through
	bit, holds, call := &s.message, func(newsOf) bool { return false }, func() (*chat.Waited, string) { return nil, "" }
	what := []string{"words", "tell", "agree", "report", "take", "finish"}[s.rng.IntN(6)]
	switch what {
	case "words":
		holds = func(x newsOf) bool { return x.words }
		call = func() (*chat.Waited, string) { return send(chat.SendRequest{Text: s.text()}) }
	case "tell":
		holds = func(x newsOf) bool { return x.meant || x.join }
		call = func() (*chat.Waited, string) { return send(chat.SendRequest{Text: s.text(), To: []string{"Bob"}}) }
	case "agree":
		if s.plan == "" {
			return
		}
		on := []string{"", s.plan}[s.rng.IntN(2)]
		holds = func(x newsOf) bool { return x.meant || x.onPlan }
		call = func() (*chat.Waited, string) { return send(chat.SendRequest{Kind: room.Agree, ReplyTo: on}) }
	case "report":
		holds, ends = func(x newsOf) bool { return x.meant || x.edit }, true
		call = func() (*chat.Waited, string) {
			return send(chat.SendRequest{Text: s.text(), Finishes: []string{s.task}})
		}
	case "take":
		bit, holds = &s.act, func(x newsOf) bool { return x.words }
		call = func() (*chat.Waited, string) { return does(chat.CommandTake) }
	case "finish":
		bit, holds, ends = &s.act, func(x newsOf) bool { return x.meant || x.edit }, true
		call = func() (*chat.Waited, string) { return does(chat.CommandFinish) }
	}
	by, want := newsOf{}, false
	for _, x := range s.unread {
		if !want && (x.byPerson || !*bit && holds(x)) {
			by, want = x, true
		}
	}
	held, next := call()
	if (held != nil) != want {
		s.t.Fatalf("%s after %+v, others had held it back %t: %+v", what, s.unread, *bit, held)
	}
	s.seen[fmt.Sprint(what, " held ", want, ", after a hold ", *bit)] = true
	switch {
	case want:
		*bit, s.unread, next = *bit || !by.byPerson, nil, held.Cursor
	case bit == &s.message:
		*bit, s.unread = false, nil
	default: // the answer to a change of tasks hands nothing out
		*bit = false
	}
	s.cursor = next
	if !want && what == "agree" {
		if _, err := s.send(chat.SendRequest{Token: s.p.ann.Token, Withdraw: s.plan}); err == nil { // else all agreed
			s.unread = append(s.unread, newsOf{words: true, meant: true})
		}
		s.plan = ""
	}
	if ends && !want {
		s.newTask()
		s.unread = slices.DeleteFunc(s.unread, func(x newsOf) bool { return x == newsOf{edit: true} })
	}
	got := read(s.t, cid, s.cursor)
	if got.HeldMessage != s.message || got.HeldAct != s.act {
		s.t.Fatalf("%s: the cursor is %+v", what, got)
	}
}

func (s *schedule) newTask() {
	s.task = s.adds(s.p.ann.Token, s.text()).Tasks[0].ID
}

// Others hold Cid back once, and again only after a call of that sort has gone through, over waits and new processes.
// What its own person says holds it back each time (talk: held once).
func TestGuard_randomSchedules_holdOnce(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(40) {
		w := newWorld(t)
		s := &schedule{world: w.elsewhere(), there: w.elsewhere(), rng: rand.New(rand.NewPCG(seed, 1)), p: w.company(),
			seen: seen}
		s.person = s.world.person(s.p.cid)
		s.newTask()
		s.cursor = s.look(s.p.cid.Token, "").Cursor
		for range 80 {
			switch s.rng.IntN(7) {
			case 0, 1, 2:
				s.happens()
			case 3:
				s.cursor, s.unread = s.there.look(s.p.cid.Token, s.cursor).Cursor, nil
			default:
				s.calls()
			}
		}
	}
	for _, what := range []string{"words", "tell", "agree", "report", "take", "finish"} {
		for _, held := range []bool{false, true} { // after a hold by others, only the person holds back
			for _, after := range []bool{false, true} {
				if is := fmt.Sprint(what, " held ", held, ", after a hold ", after); !seen[is] {
					t.Errorf("not played: %s", is)
				}
			}
		}
	}
}

// Bob agrees, without saying to what, to the proposal of Ann. Others have held that back once, and Ann has put another
// in its place since. He does not agree to what he has not read (talk: held once).
func TestAgree_toAProposalThatIsUnread_isHeldBackEachTime(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		agree := chat.SendRequest{Token: p.bob.Token, Kind: room.Agree, Cursor: w.look(p.bob.Token, "").Cursor}
		for _, text := range []string{"pay 10", "pay 100", "pay 1000"} {
			plan := w.propose(p.ann.Token, text)
			held, err := there.send(agree)
			if err != nil || held.Sent {
				t.Fatalf("he agrees to %q: %+v, %v", text, held, err)
			}
			agree.Cursor = held.Waited.Cursor
			w.say(p.ann.Token, "@Bob well?")
			if text != "pay 1000" {
				w.sends(chat.SendRequest{Token: p.ann.Token, Withdraw: plan})
			}
		}
		if got, err := there.send(agree); err != nil || !got.Sent {
			t.Errorf("what he has read: %+v, %v", got, err)
		}
	})
}
