package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// The rows are the cases that the comment of outgoing.decide lists.
func TestSend_theFirstRuleThatApplies_decides(t *testing.T) {
	shallWe := chat.SendRequest{Text: "shall we?", Cursor: "of the join"}
	type outcome struct {
		code fault.Code
		got  func(chat.Sent) bool // nil: nothing was said
	}
	sent := outcome{"", func(got chat.Sent) bool { return got.Sent && !got.Duplicate && got.Credential == "" }}
	heldFor := func(status chat.WaitStatus) outcome {
		return outcome{"", func(got chat.Sent) bool { return !got.Sent && got.Waited.Status == status }}
	}
	for name, c := range map[string]struct {
		before  func(w *world, p pair, person string)
		req     chat.SendRequest
		person  bool // it speaks, not its agent
		outcome outcome
	}{
		"Ann repeats \"shall we?\" with her old cursor: the answer names the first one, and nothing is written.": {
			before: func(w *world, p pair, _ string) {
				w.say(p.ann.Token, "shall we?")
				w.pass(time.Minute)
			},
			req:     shallWe,
			outcome: outcome{"", func(got chat.Sent) bool { return got.Sent && got.Duplicate }},
		},
		"Ann repeats a draft that her person has refused: she is refused.": {
			before: func(w *world, p pair, person string) {
				w.approves(person, true)
				id := w.drafts(chat.SendRequest{Token: p.ann.Token, Text: "shall we?", Key: "k"})
				w.decides(person, id, room.RefuseDraft, "")
			},
			req:     chat.SendRequest{Text: "shall we?", Key: "k"},
			outcome: outcome{code: fault.NotAllowed},
		},
		"The room has expired: it is not found.": {
			before:  func(w *world, _ pair, _ string) { w.clock.Advance(room.Life + time.Hour) },
			req:     shallWe,
			outcome: outcome{code: fault.RoomNotFound},
		},
		"Ann's person has paused her: what she says is not sent.": {
			before:  func(w *world, _ pair, person string) { w.pauses(person, true) },
			req:     shallWe,
			outcome: heldFor(chat.StatusPaused),
		},
		"Ann's person has paused her, and speaks: no rule about agents applies, and it is sent.": {
			before: func(w *world, _ pair, person string) { w.pauses(person, true) },
			req:    shallWe, person: true,
			outcome: sent,
		},
		"Agents have sent as many messages as they may: an agent is refused until a person speaks.": {
			before: func(w *world, p pair, person string) {
				w.update(chat.UpdateRequest{Token: person, AgentMessages: new(1)})
				w.say(p.bob.Token, "one")
			},
			req:     shallWe,
			outcome: outcome{code: fault.Paused},
		},
		"Bob has spoken since the cursor of Ann: her message is held back, and the answer has his.": {
			before: func(w *world, p pair, _ string) { w.say(p.bob.Token, "no") },
			req:    shallWe,
			outcome: outcome{"", func(got chat.Sent) bool {
				return !got.Sent && len(got.Waited.Messages) > 0 &&
					got.Waited.Messages[len(got.Waited.Messages)-1].Text == "no"
			}},
		},
		"Ann repeats it with the cursor of that answer: it is sent, though Bob has asked her since.": {
			before: func(w *world, p pair, _ string) { w.say(p.bob.Token, "no, @Ann?") },
			req:    chat.SendRequest{Text: "shall we?", Cursor: "of a hold"}, outcome: sent,
		},
		"Ann asks Bob, who has left: she is refused.": {
			before:  func(w *world, p pair, _ string) { w.leave(p.bob.Token) },
			req:     chat.SendRequest{Text: "shall we?", Ask: []string{"Bob"}},
			outcome: outcome{code: fault.InvalidArgument},
		},
		"The text seems to hold a credential: she is warned, and it is not sent.": {
			req:     chat.SendRequest{Text: "shall we? " + secret},
			outcome: outcome{"", func(got chat.Sent) bool { return !got.Sent && got.Credential != "" }},
		},
		"Ann repeats such a text after the warning: it is sent.": {
			before: func(w *world, p pair, _ string) {
				if _, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "shall we? " + secret}); err != nil {
					t.Fatal(err)
				}
			},
			req: chat.SendRequest{Text: "shall we? " + secret}, outcome: sent,
		},
		"Ann's person approves what she says, or what is said like this: it is kept as a draft.": {
			before:  func(w *world, _ pair, person string) { w.approves(person, true) },
			req:     shallWe,
			outcome: heldFor(chat.StatusPending),
		},
		"None of these: it is sent.": {req: shallWe, outcome: sent},
	} {
		w := newWorld(t)
		p := w.pair()
		person := w.person(p.ann)
		cursor := w.look(p.ann.Token, p.ann.Cursor).Cursor
		if c.req.Cursor == "of a hold" {
			w.say(p.bob.Token, "wait")
			held, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: c.req.Text, Cursor: cursor})
			if err != nil || held.Sent {
				t.Fatalf("%s: %+v, %v", name, held, err)
			}
			cursor = held.Waited.Cursor
		}
		if c.before != nil {
			c.before(w, p, person)
		}
		c.req.Token = p.ann.Token
		if c.person {
			c.req.Token = person
		}
		if c.req.Cursor != "" {
			c.req.Cursor = cursor
		}
		got, err := w.send(c.req)
		if fault.CodeOf(err) != c.outcome.code || err == nil && !c.outcome.got(got) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// What was unread before, and is not meant for the sender, does not end its wait for an
// answer.
func TestSend_thatWaits_bringsEarlierMessagesWithTheAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.bob.Token, room.Status, "before")
	done := make(chan chat.Sent, 1)
	go func() {
		got, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Text: "mine",
			Wait: 45 * time.Second})
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	w.awaitText(p.bob.Token, "mine")
	w.say(p.bob.Token, "after")
	if got := <-done; !got.Sent || got.Before != 1 || !slices.Equal(texts(got.Waited.Messages), []string{"before",
		"after"}) {
		t.Errorf("got %+v", got)
	}
}

func TestSend_thatWaits_endsForAnEarlierMessageThatIsMeantForIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Text: "mine", Wait: 45 * time.Second}
	for n, sent := range []bool{false, true} { // it is held back once
		w.say(p.bob.Token, fmt.Sprintf("what do you think of %d, @Ann?", n))
		got, err := w.send(req)
		if err != nil || got.Sent != sent || sent && got.Before != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
		req.Cursor = got.Waited.Cursor
	}
}

func TestSend_refused_writesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	token := p.ann.Token
	mistyped := token[:5] + string('a'+(token[5]-'a'+1)%6) + token[6:]
	if mistyped == token {
		mistyped = token[:27] + "0"
	}
	cases := map[string]struct {
		req  chat.SendRequest
		code fault.Code
	}{
		"empty":     {chat.SendRequest{Token: token}, fault.InvalidArgument},
		"blank":     {chat.SendRequest{Token: token, Text: " \n"}, fault.InvalidArgument},
		"invisible": {chat.SendRequest{Token: token, Text: "\u200b\u2060"}, fault.InvalidArgument},
		"too long": {chat.SendRequest{Token: token, Text: strings.Repeat("x", core.MaxText+1)},
			fault.MessageTooLong},
		"not UTF-8":          {chat.SendRequest{Token: token, Text: "\xff"}, fault.InvalidArgument},
		"control characters": {chat.SendRequest{Token: token, Text: "a\x00b"}, fault.InvalidArgument},
		"holds a token": {chat.SendRequest{Token: token, Text: "mine is " + strings.ToUpper(token) + "."},
			fault.InvalidArgument},
		"reply to nothing": {chat.SendRequest{Token: token, Text: "x", ReplyTo: "m000000"}, fault.InvalidArgument},
		"mistyped token":   {chat.SendRequest{Token: mistyped, Text: "x"}, fault.TokenInvalid},
		"no token":         {chat.SendRequest{Text: "x"}, fault.TokenInvalid},
		"long wait": {chat.SendRequest{Token: token, Text: "x", Wait: core.MaxWait + time.Second},
			fault.InvalidArgument},
		"asks nobody here": {chat.SendRequest{Token: token, Text: "x", Ask: []string{"Zoe"}}, fault.InvalidArgument},
		"away for too long": {chat.SendRequest{Token: token, Text: "x", Absence: away(121 * time.Minute)},
			fault.InvalidArgument},
		"long key": {chat.SendRequest{Token: token, Text: "x", Key: strings.Repeat("k", 65)}, fault.InvalidArgument},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := w.send(c.req)
			wants(t, err, c.code)
		})
	}
	if got := w.look(p.bob.Token, p.bob.Cursor); place(t, p.bob.Token, got.Cursor) != place(t, p.bob.Token,
		p.bob.Cursor) {
		t.Fatalf("something was written: %+v", got)
	}
}

func TestSend_kind_isShownAndUnknownOnesAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i, c := range []struct{ given, shown room.Kind }{
		{"", ""}, {room.Plain, ""}, {room.Request, room.Request}, {room.Status, room.Status}, {room.Done, room.Done},
	} {
		if _, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprintf("text %d", i),
			Kind: c.given}); err != nil {
			t.Fatal(err)
		}
		got := w.look(p.bob.Token, p.bob.Cursor)
		p.bob.Cursor = got.Cursor
		if got.Messages[0].Kind != c.shown {
			t.Errorf("of the kind %q: %+v", c.given, got.Messages[0])
		}
	}
	err := w.changesNothing(p.ann.Token, func() error {
		_, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Kind: "shout"})
		return err
	})
	says(t, err, fault.InvalidArgument, "kind must be")
}

// A report is the place to wait for what comes next, but not if there is something to do. What others wait for
// is left to them, and the one or the other hears of it.
func TestSend_finishesAndLeavesWork_doesNotWait(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	ann, bob := all.of("Ann"), all.of("Bob")
	w.adds(ann.Token, "sand", "paint < 1", "hang < 1", "sweep < 3")
	report := func(id string) chat.SendRequest {
		return chat.SendRequest{Token: bob.Token, Cursor: w.look(bob.Token, "").Cursor, Text: "done: " + id,
			Kind: room.Status, Finishes: []string{id}, Wait: time.Minute}
	}
	w.task(bob.Token, chat.CommandTake, "t1")
	waits := w.hold(ann) // and takes one of the two
	if got := w.sends(report("t1")); got.Waited.Situation.FreeTasks != 2 {
		t.Errorf("got %+v", got)
	}
	wantStatus(t, "Ann, who added it", take(t, waits[0]), chat.StatusMessages)
	w.task(ann.Token, chat.CommandTake, "")
	w.task(bob.Token, chat.CommandTake, "")
	w.catchUp(all) // so that nothing but the task ends the wait of Cid
	waits = w.hold(all.of("Ann"), all.of("Cid"))
	sent := make(chan answer, 1)
	go func() { got, err := w.Send(t.Context(), report("t3")); sent <- answer{got.Waited, err} }()
	wantStatus(t, "Ann, who added it", take(t, waits[0]), chat.StatusMessages)
	first, second := (<-chan answer)(sent), waits[1]
	await(t, "news for Bob or Cid", func() bool { return len(sent)+len(waits[1]) > 0 })
	if len(second) > 0 {
		first, second = second, first
	}
	w.toldOf("the first", first, "t4")
	w.stillWaits("the second", second)
}

// The answer to the first call may be lost.
func TestSend_finishesAgainAndHasMoreWork_doesNotWait(t *testing.T) {
	for _, key := range []string{"", "k"} {
		w := newWorld(t)
		p := w.pair()
		w.adds(p.ann.Token, "sand", "paint")
		w.task(p.bob.Token, chat.CommandTake, "t1")
		w.task(p.bob.Token, chat.CommandTake, "t2")
		for _, again := range []bool{false, true} {
			sent := make(chan chat.Sent, 1)
			go func() {
				sent <- w.sends(chat.SendRequest{Token: p.bob.Token, Text: "done: t1", Kind: room.Status,
					Finishes: []string{"t1"}, Wait: time.Minute, Key: key})
			}()
			select {
			case got := <-sent:
				if got.Duplicate != again || !slices.Equal(got.Finished, []string{"t1"}) {
					t.Errorf("again %t: %+v", again, got)
				}
			case <-time.After(chat.Patience):
				t.Fatalf("again %t: it waits", again)
			}
		}
	}
}

// An agent that has a task, and a program in the place of one, take none: nobody leaves one to them.
func TestSend_finishesWhileOthersWaitWhoTakeNone_doesNotWait(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.adds(all.of("Ann").Token, "sand", "paint", "hang")
	w.task(all.of("Ann").Token, chat.CommandTake, "t1")
	w.task(all.of("Bob").Token, chat.CommandTake, "t2")
	w.catchUp(all)
	bob, cid := w.hold(all.of("Bob"))[0], w.shell(all.of("Cid"))
	got := w.sends(chat.SendRequest{Token: all.of("Ann").Token, Text: "done: t1", Kind: room.Status,
		Finishes: []string{"t1"}, Wait: time.Minute})
	if got.Waited.Situation.FreeTasks != 1 {
		t.Errorf("got %+v", got)
	}
	w.stillWaits("Bob", bob)
	w.stillWaits("the shell of Cid", cid)
}

func TestSend_deadlinePassesAfterTheTextWasSaid_isSent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	said := false
	bob, ctx := w.expiringAt(func(c tabletest.Call) bool {
		before := said
		said = said || c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "LOG#")
		return before && c.Method != tabletest.Write
	})
	got, err := bob.Send(ctx, chat.SendRequest{Token: p.bob.Token, Text: "hello", Wait: time.Minute})
	if ctx.Err() == nil || err != nil || !got.Sent || got.Waited.Situation.Others != 1 {
		t.Errorf("%+v, %v; the deadline: %v", got, err, ctx.Err())
	}
}

func TestSend_addresseesCannotBeRead_isUnavailable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	fails := false
	h := &tabletest.Hooks{Table: w.table, Before: func(context.Context, tabletest.Call) error {
		if fails {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	bob := &world{t: t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
	bob.look(p.bob.Token, "") // so that its head is at hand
	fails = true
	w.clock.Advance(time.Second)
	_, err := bob.send(chat.SendRequest{Token: p.bob.Token, Text: "for Ann", To: []string{"Ann"}})
	wants(t, err, fault.Unavailable)
}
