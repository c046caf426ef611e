package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// The rows are the cases that the comment of sendOp.propose lists.
func TestSend_theFirstRuleThatApplies_decides(t *testing.T) {
	shallWe := chat.SendRequest{Text: "shall we?", Cursor: "of the join"}
	type outcome struct {
		code fault.Code
		got  func(chat.Sent) bool // nil: nothing was said
	}
	sent := outcome{"", func(got chat.Sent) bool { return got.Sent && !got.Duplicate && got.Credential == "" }}
	heldFor := func(status chat.WaitStatus) outcome {
		return outcome{"", func(got chat.Sent) bool { return !got.Sent && got.Status == status }}
	}
	for what, c := range map[string]struct {
		before  func(w *world, p pair, person string)
		req     chat.SendRequest
		person  bool // it speaks, not its agent
		outcome outcome
	}{
		"Ann says \"shall we?\" again after a minute: the answer names the first one, and nothing is written.": {
			before: func(w *world, p pair, _ string) {
				w.say(p.ann.Token, "shall we?")
				w.pass(time.Minute)
			},
			req:     shallWe,
			outcome: outcome{"", func(got chat.Sent) bool { return got.Sent && got.Duplicate }},
		},
		"Ann repeats, by its key, a draft that her person has refused: she is refused.": {
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
		"Ann's person has paused her: what she says is held back.": {
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
				return !got.Sent && len(got.Messages) > 0 && got.Messages[len(got.Messages)-1].Text == "no"
			}},
		},
		"Ann repeats it with the cursor of that answer: it is sent, though Bob has spoken to all since.": {
			before: func(w *world, p pair, _ string) { w.say(p.bob.Token, "no") },
			req:    chat.SendRequest{Text: "shall we?", Cursor: "of a hold"}, outcome: sent,
		},
		"Ann asks Bob, who has left: she is refused.": {
			before:  func(w *world, p pair, _ string) { w.leave(p.bob.Token) },
			req:     chat.SendRequest{Text: "shall we?", Ask: []string{"Bob"}},
			outcome: outcome{code: fault.InvalidArgument},
		},
		"The text seems to hold a credential: it is held back.": {
			req:     chat.SendRequest{Text: "shall we? " + secret},
			outcome: outcome{"", func(got chat.Sent) bool { return !got.Sent && got.Credential != "" }},
		},
		"Ann repeats such a text after it was held back: it is sent.": {
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
				t.Fatalf("%s: %+v, %v", what, held, err)
			}
			cursor = held.Cursor
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
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
