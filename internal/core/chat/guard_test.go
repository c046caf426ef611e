package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// guarded has Cid send a text with the cursor.
func (w *world) guarded(p company, text, cursor string) chat.Sent {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: p.cid.Token, Text: text, Cursor: cursor})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

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

// Cid passes over what Ann says to all only with the very cursor that a hold has returned, however many listen.
func TestGuard_unreadWordsOfAnother_holdATextBackOnce(t *testing.T) {
	for _, agents := range []int{2, 3, 7} {
		t.Run(fmt.Sprintf("%d agents", agents), func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p, n := w.companyOf(max(agents, 3)), 0
				if agents == 2 {
					w.leave(p.bob.Token)
				}
				annSays := func() { n++; w.say(p.ann.Token, fmt.Sprintf("word %d", n)) }
				held := func(what, text, cursor string) string {
					t.Helper()
					got := there.guarded(p, text, cursor)
					if got.Sent {
						t.Errorf("%s: sent", what)
					}
					return got.Waited.Cursor
				}
				annSays()
				of := held("the first cursor", "my words", p.cid.Cursor)
				held("the same call", "my words", p.cid.Cursor)
				annSays()
				held("the first cursor again", "my words", p.cid.Cursor)
				got := there.guarded(p, "my words, read first", of)
				if !got.Sent || got.Before != 1 {
					t.Errorf("the cursor of the hold: %+v", got)
				}
				same(t, "with it come", lines(got.Waited.Messages), []string{"Ann: word 2"})
				annSays()
				of = held("a cursor of a send", "my next words", got.Waited.Cursor)
				annSays()
				newer := there.look(p.cid.Token, of).Cursor // Cid gives those up
				annSays()
				held("a newer cursor", "other words", newer)
			})
		})
	}
}

func TestGuard_whatHoldsNothingBack_comesWithTheResult(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.sayAs(p.ann.Token, room.Status, "half done")
		w.join("plans", "Dora")
		got := there.guarded(p, "hello", p.cid.Cursor)
		same(t, "Cid receives", lines(got.Waited.Messages), []string{"Ann: half done", "joined Dora"})
		if !got.Sent || got.Waited.Status != chat.StatusMessages {
			t.Errorf("got %+v", got)
		}
		if next := there.look(p.cid.Token, got.Waited.Cursor); next.Status != chat.StatusQuiet {
			t.Errorf("and once more %q", lines(next.Messages))
		}
	})
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

// A program repeats a call whose reply was lost. The message was sent, so the call must
// not be held back for news that came since.
func TestSend_repeatedKeyWithAnOldCursor_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "a hundred for the blue one", Key: "offer 1",
		Cursor: p.bob.Cursor}
	first, err := w.Send(t.Context(), req)
	if err != nil || !first.Sent {
		t.Fatalf("first: %+v, %v", first, err)
	}
	w.say(p.ann.Token, "agreed")
	if again, err := w.Send(t.Context(), req); err != nil || !again.Sent || !again.Duplicate || again.ID != first.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	req.Key, req.Text = "offer 2", "and fifty for the red one"
	if other, err := w.Send(t.Context(), req); err != nil || other.Sent || len(texts(other.Waited.Messages)) != 1 {
		t.Errorf("another message behind the news: %+v, %v", other, err)
	}
}

func TestSend_cursorWithoutNews_isSentAndMovesTheCursor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	sent, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Cursor: p.ann.Cursor})
	if err != nil || !sent.Sent || sent.Waited.Cursor == p.ann.Cursor || sent.Waited.Cursor == "" {
		t.Fatalf("got %+v, %v", sent, err)
	}
	w.say(p.bob.Token, "hi")
	if got := w.look(p.ann.Token, sent.Waited.Cursor); !slices.Equal(texts(got.Messages), []string{"hi"}) {
		t.Fatalf("then got %+v", got)
	}
}

// Bob falls silent, and a stranger takes his name. Ann, whose cursor is older, is shown that
// once before she tells him anything in private.
func TestGuard_privateMessageToAnAgentThatJoinedSince_isHeldBackOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		req := chat.SendRequest{Token: p.ann.Token, Text: "for Bob's eyes", To: []string{"Bob"}}
		req.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor
		w.clock.Advance(room.Lease)
		there.look(p.cid.Token, p.cid.Cursor)
		there.join("plans", "Bob")
		toAll := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "for all", Cursor: req.Cursor})
		if !toAll.Sent {
			t.Errorf("what all read is held back: %+v", toAll)
		}
		got, err := w.send(req)
		if err != nil || got.Sent {
			t.Fatalf("got %+v, %v", got, err)
		}
		same(t, "Ann is shown", lines(got.Waited.Messages), []string{"left Bob (timeout)", "joined Bob"})
		req.Cursor = got.Waited.Cursor
		if again, err := there.send(req); err != nil || !again.Sent {
			t.Errorf("once more: %+v, %v", again, err)
		}
		if late := w.sends(chat.SendRequest{Token: p.cid.Token, Text: "for Bob, without a cursor",
			To: []string{"Bob"}}); !late.Sent {
			t.Errorf("without a cursor: %+v", late)
		}
	})
}

// actScene is a room in which Cora (whose seat is that of Cid) is to do t1 and t2, and has read everything.
type actScene struct {
	there  *world
	ann    string
	ben    string
	cora   chat.Seated
	cursor string
}

// act has Cora act with her cursor, and keeps the cursor of the answer.
func (s *actScene) act(action chat.TaskCommand, id string) chat.Tasks {
	s.there.t.Helper()
	got := s.there.does(chat.TaskRequest{Token: s.cora.Token, Action: action, ID: id, Cursor: s.cursor})
	if got.Held != nil {
		s.cursor = got.Held.Cursor
	} else if s.cursor != "" && got.Cursor != "" { // a person is given none
		if place(s.there.t, s.cora.Token, got.Cursor) != place(s.there.t, s.cora.Token, s.cursor) {
			s.there.t.Errorf("%s %s: the cursor is another", action, id)
		}
		s.cursor = got.Cursor
	}
	return got
}

// has has Cora act, which is done.
func (s *actScene) has(action chat.TaskCommand, id string) {
	s.there.t.Helper()
	if got := s.act(action, id); got.Held != nil {
		s.there.t.Fatalf("%s %s: %q", action, id, texts(got.Held.Messages))
	}
}

func TestTask_cases_areHeldBackAsTheCommentSays(t *testing.T) {
	ask := func(w *world, s *actScene) { w.ask(s.ben, "Is it wet?", "Cid") }
	says := func(w *world, s *actScene, text string) { w.say(s.ben, text) }
	const take, finish, next = chat.CommandTake, chat.CommandFinish, chat.CommandNext
	for name, c := range map[string]struct {
		happens func(w *world, s *actScene)
		action  chat.TaskCommand
		id      string
		held    string // the lines of the answer; "": it is done
	}{
		`Ben has said "STOP" to all since the cursor of Cora: her take is held back, and the answer has his word.`: {
			func(w *world, s *actScene) { says(w, s, "STOP") }, take, "t1", "Bob: STOP"},
		"Cora takes t2 with the cursor of that answer: it is hers, though Ben has spoken to all since.": {
			func(w *world, s *actScene) {
				says(w, s, "STOP")
				s.act(take, "t2")
				says(w, s, "or not")
			}, take, "t2", ""},
		"Cora has t2, and finishes it with a cursor from before such words: it is done.": {
			func(w *world, s *actScene) { s.has(take, "t2"); says(w, s, "STOP") }, finish, "t2", ""},
		"Ben has asked Cora since, or has edited t2: her finish is held back.": {
			func(w *world, s *actScene) { s.has(take, "t2"); ask(w, s) }, finish, "t2", "Bob: Is it wet?"},
		"edited": {func(w *world, s *actScene) {
			s.has(take, "t2")
			w.does(chat.TaskRequest{Token: s.ann, Action: chat.CommandEdit, ID: "t2", Text: "twice"})
		}, finish, "t2", "task Ann"},
		"Cora finishes t2 again, since the answer was lost, and Ben has asked her: the answer says that t2 is done.": {
			func(w *world, s *actScene) { s.has(take, "t2"); s.has(finish, "t2"); ask(w, s) }, finish, "t2", ""},
		"Cora repeats next for t2, which is done, and t3 is free by now and Ben has asked: to take t3 is held back.": {
			func(w *world, s *actScene) {
				s.has(take, "t1")
				s.has(finish, "t1")
				s.has(take, "t2")
				s.has(next, "t2")
				w.adds(s.ann, "hang")
				ask(w, s)
			}, next, "t2", "task Ann, Bob: Is it wet?"},
		"Cora gives no cursor: nothing is held back.": {
			func(w *world, s *actScene) { ask(w, s); s.cursor = "" }, take, "t1", ""},

		"next takes a task": {func(w *world, s *actScene) { s.has(take, "t1"); says(w, s, "STOP") }, next, "t1",
			"Bob: STOP"},
		"any take": {func(w *world, s *actScene) { says(w, s, "STOP") }, take, "", "Bob: STOP"},
		"what is meant for Cora holds back each time": {func(w *world, s *actScene) {
			ask(w, s)
			s.act(take, "t1")
			w.tell(s.ben, "a word", "Cid")
		}, take, "t1", "Bob: a word"},
		"words to all hold back the next take": {func(w *world, s *actScene) {
			says(w, s, "STOP")
			s.act(take, "t1")
			says(w, s, "or not")
			s.has(take, "t1")
		}, take, "t2", "Bob: or not"},
		"words to all have yet to hold something back after a finish": {func(w *world, s *actScene) {
			s.has(take, "t1")
			ask(w, s)
			s.act(finish, "t1")
			says(w, s, "STOP")
			s.has(finish, "t1")
		}, take, "t2", "Bob: STOP"},
		"a repeated take": {func(w *world, s *actScene) { s.has(take, "t1"); ask(w, s) }, take, "t1", ""},
		"the person of Cora": {func(w *world, s *actScene) {
			s.cora.Token = w.person(s.cora)
			s.cursor = w.look(s.cora.Token, "").Cursor
			ask(w, s)
		}, take, "t1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p := w.company()
				w.adds(p.ann.Token, "sand", "paint")
				s := &actScene{there: there, ann: p.ann.Token, ben: p.bob.Token, cora: p.cid,
					cursor: w.look(p.cid.Token, p.cid.Cursor).Cursor}
				c.happens(w, s)
				got := s.act(c.action, c.id)
				if c.held == "" {
					if got.Held != nil || got.Task == nil {
						t.Fatalf("%+v", got)
					}
					return
				}
				if got.Held == nil {
					t.Fatal("it is done")
				}
				same(t, "the answer has", []string{strings.Join(lines(got.Held.Messages), ", ")}, []string{c.held})
				before := w.tasks(s.ann)
				if again := s.act(c.action, c.id); again.Held != nil || slices.Equal(before, w.tasks(s.ann)) {
					t.Errorf("with the cursor of the answer: %+v", again)
				}
			})
		})
	}
}

// steps is what Cid does, each step with the cursor of the answer before.
type steps struct {
	*world
	there    *world
	p        company
	person   string // of Cid; "": nobody has opened its link
	cursor   string
	n, went  int    // the steps, and those that went through
	finishes string // the task that the next step ends
}

func (s *steps) say(req chat.SendRequest) (held *chat.Waited, next string) {
	req.Token, req.Cursor, req.Text = s.p.cid.Token, s.cursor, fmt.Sprintf("the words of step %d", s.n)
	got, err := s.there.send(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if got.Sent || got.Waited.Status == chat.StatusPending {
		return nil, got.Waited.Cursor
	}
	return &got.Waited, ""
}

func (s *steps) act(action chat.TaskCommand, id string) (held *chat.Waited, next string) {
	got := s.there.does(chat.TaskRequest{Token: s.p.cid.Token, Action: action, ID: id, Cursor: s.cursor})
	return got.Held, got.Cursor
}

// Whatever others do before each step, the third attempt goes through, and the next again the third. What its own
// person says holds Cid back at any time.
func TestGuard_whatOthersDoBeforeEachStep_holdsBackTwice(t *testing.T) {
	asks := func(s *steps) { s.ask(s.p.ann.Token, fmt.Sprintf("question %d", s.n), "Cid") }
	edits := func(s *steps) {
		s.does(chat.TaskRequest{Token: s.p.ann.Token, Action: chat.CommandEdit, ID: s.finishes, Text: fmt.Sprint(s.n)})
	}
	says := func(s *steps) (*chat.Waited, string) { return s.say(chat.SendRequest{}) }
	tells := func(s *steps) (*chat.Waited, string) { return s.say(chat.SendRequest{To: []string{"Bob"}}) }
	reports := func(s *steps) (*chat.Waited, string) { return s.say(chat.SendRequest{Finishes: []string{s.finishes}}) }
	finishes := func(s *steps) (*chat.Waited, string) { return s.act(chat.CommandFinish, s.finishes) }
	for name, c := range map[string]struct {
		happens func(s *steps)
		step    func(s *steps) (held *chat.Waited, next string)
	}{
		"questions, and words to all": {asks, says},
		"questions, and a draft": {asks, func(s *steps) (*chat.Waited, string) {
			if s.person != "" {
				s.approves(s.person, true)
			}
			return says(s)
		}},
		"questions, and private words": {asks, tells},
		"questions, and a report":      {asks, reports},
		"questions, and finish":        {asks, finishes},
		"questions, and next": {asks, func(s *steps) (*chat.Waited, string) {
			return s.act(chat.CommandNext, s.finishes)
		}},
		"questions, and take": {asks, func(s *steps) (*chat.Waited, string) {
			id := fmt.Sprintf("t%d", 5+s.went)
			held, next := s.act(chat.CommandTake, id)
			if held == nil { // five are the most
				s.task(s.p.cid.Token, chat.CommandFinish, id)
			}
			return held, next
		}},
		"private words, and finish": {func(s *steps) {
			s.tell(s.p.ann.Token, fmt.Sprint("psst ", s.n), "Cid")
		}, finishes},
		"edits, and finish":   {edits, finishes},
		"edits, and a report": {edits, reports},
		"newcomers, and private words": {func(s *steps) {
			s.leave(s.p.bob.Token)
			s.p.bob = s.join("plans", "Bob")
		}, tells},
	} {
		for _, withPerson := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, with a person %t", name, withPerson), func(t *testing.T) {
				onBoth(t, func(t *testing.T, w, there *world) {
					s := &steps{world: w, there: there, p: w.company()}
					w.adds(s.p.ann.Token, "a", "b", "c", "d", "e", "f", "g", "h", "i")
					for n := range 4 {
						w.task(s.p.cid.Token, chat.CommandTake, fmt.Sprintf("t%d", n+1))
					}
					if withPerson {
						s.person = w.person(s.p.cid)
					}
					s.cursor = w.look(s.p.cid.Token, "").Cursor
					step := func(what string, held, last bool) {
						t.Helper()
						s.n, s.finishes = s.n+1, fmt.Sprintf("t%d", s.went+1)
						c.happens(s)
						if what == "the person" {
							w.say(s.person, fmt.Sprint("Stop! ", s.n))
						}
						got, next := c.step(s)
						if (got != nil) != held || held && got.LastHold != last {
							t.Fatalf("%s, step %d: %+v", what, s.n, got)
						}
						if held {
							s.cursor = got.Cursor
							return
						}
						s.went, s.cursor = s.went+1, next
					}
					for range 2 {
						step("the first", true, false)
						step("the second", true, true)
						step("the third", false, false)
					}
					if !withPerson {
						return
					}
					step("the first", true, false)
					step("the second", true, true)
					step("the person", true, true)
					step("the person", true, true)
					step("others again", false, false)
				})
			})
		}
	}
}

// A hold of one kind counts for that kind, and neither an answer that is lost nor one that only waits changes the
// counts. What was unread comes with the next answer.
func TestGuard_counts_endWithWhatGoesThroughAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		s := &steps{world: w, there: there, p: w.company()}
		w.adds(s.p.ann.Token, "a", "b", "c")
		cid := s.p.cid.Token
		w.task(cid, chat.CommandTake, "t1")
		s.cursor = w.look(cid, "").Cursor
		has := func(what, cursor string, sends, acts int) {
			t.Helper()
			s.cursor = cursor
			if got := read(t, cid, cursor); got.HeldSends != sends || got.HeldActs != acts {
				t.Fatalf("%s: %+v", what, got)
			}
		}
		asks := func() { s.n++; w.ask(s.p.ann.Token, fmt.Sprintf("question %d", s.n), "Cid") }
		finish := func() chat.Tasks {
			return there.does(chat.TaskRequest{Token: cid, Action: chat.CommandFinish, ID: "t1", Cursor: s.cursor})
		}
		asks()
		lost := finish()
		has("the same call", finish().Held.Cursor, 0, 1)
		if read(t, cid, lost.Held.Cursor).HeldActs != 1 {
			t.Error("a lost answer counts")
		}
		asks()
		held := there.guarded(s.p, "my words", s.cursor)
		has("a send", held.Waited.Cursor, 1, 1)
		asks()
		has("a wait", there.look(cid, s.cursor).Cursor, 1, 1)
		peeked, err := there.Wait(t.Context(), chat.WaitRequest{Token: cid, Cursor: s.cursor, Peek: true})
		if err != nil {
			t.Fatal(err)
		}
		has("a program that looks for Cid", peeked.Cursor, 1, 1)
		asks()
		has("a second finish", finish().Held.Cursor, 1, 2)
		asks()
		done := finish()
		if done.Held != nil {
			t.Fatalf("the third finish: %+v", done.Held)
		}
		has("the third finish", done.Cursor, 1, 0)
		got := there.guarded(s.p, "my words", s.cursor)
		same(t, "with the next answer come", texts(got.Waited.Messages), []string{fmt.Sprintf("question %d", s.n)})
		has("a second send", got.Waited.Cursor, 2, 0)
		asks()
		old := s.cursor
		sent := there.guarded(s.p, "my words", s.cursor)
		has("the third send", sent.Waited.Cursor, 0, 0)
		if again := there.guarded(s.p, "my words", old); !again.Sent || !again.Duplicate {
			t.Errorf("the third send again: %+v", again)
		} else {
			has("the third send again", again.Waited.Cursor, 0, 0)
		}
		back, err := there.JoinRoom(t.Context(), chat.JoinRequest{Token: cid})
		if err != nil {
			t.Fatal(err)
		}
		has("a return", back.Cursor, 0, 0)
	})
}
