package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// sendCall is a send.
type sendCall struct {
	who     agentID
	text    string
	to      []string
	replyTo int64
	kind    room.Kind
	key     string
	cursor  cursorArg
}

func (c sendCall) String() string {
	return fmt.Sprintf("%v sends %q to %q, %s, key %q, reply to %d, after %v", c.who, c.text, c.to, c.kind, c.key, c.replyTo, c.cursor)
}

// sendOutcome is how a send ends.
type sendOutcome struct {
	code      fault.Code // refused
	held      bool       // held back: there is news for the sender
	duplicate int64      // it repeats that message
	to        []int64
	clear     bool // nothing lies between its cursor and itself
}

// outcome decides how a send of a in r ends.
func (c sendCall) outcome(m model, r roomModel, a agentModel) (x sendOutcome) {
	known := a.key(c.key, m.now)
	last, repeats := c.repeats(m, r, a)
	to, found := r.addressed(a, c.to)
	switch x.to = to; {
	case len(c.to) > 0 && repeats:
		x.to = last.to
	case len(c.to) > 0 && !found && known == 0:
		x.code = fault.InvalidArgument
		return x
	}
	if answered, there := r.event(c.replyTo); c.replyTo > 0 && (!there || !a.sees(answered)) {
		x.code = fault.InvalidArgument
		return x
	}
	news := c.cursor.n > 0 && len(r.newsAfter(a, c.cursor.n, r.head())) > 0
	switch {
	case repeats:
		x.duplicate = last.Seq
	case known > 0:
		x.duplicate = known
	case r.closed:
		x.code = fault.RoomClosed
	case r.silences(a):
		x.code = fault.NotAllowed
	case news && (a.guarded == 0 || last.Seq > a.guarded): // not twice in a row
		x.held = true
	default:
		x.clear = c.cursor.n > 0 && !news
	}
	return x
}

// repeats returns the last message of a, and whether a send without a key repeats
// it: the same text to the same agents within ten minutes, unless it is short and
// another agent has spoken since. If the cursor is from before the message, its
// sender does not know that it was sent.
func (c sendCall) repeats(m model, r roomModel, a agentModel) (last eventModel, same bool) {
	last, answered := r.lastSaid(a)
	if c.key != "" || last.Seq == 0 || last.Text != c.text || m.now.Sub(last.At) >= 10*time.Minute {
		return last, false
	}
	var keys, wanted []string
	for _, n := range last.to {
		x, _ := r.agent(n)
		keys = append(keys, strings.ToLower(x.name))
	}
	for _, name := range c.to {
		if !strings.EqualFold(name, a.name) {
			wanted = append(wanted, strings.ToLower(name))
		}
	}
	slices.Sort(keys)
	slices.Sort(wanted)
	meantAgain := len(c.text) < 40 && answered && (c.cursor.n == 0 || c.cursor.n >= last.Seq)
	return last, slices.Equal(keys, slices.Compact(wanted)) && (len(c.to) == 0) == (len(last.to) == 0) && !meantAgain
}

// addressed returns the agents of the names but a, in the order of their joins. found
// is false if one has no seat, or a is the only one.
func (r roomModel) addressed(a agentModel, names []string) (to []int64, found bool) {
	for _, name := range names {
		if _, here := r.seatedAs(name); !here {
			return nil, false
		}
	}
	for _, x := range r.seated() {
		if x.joined != a.joined && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, x.name) }) {
			to = append(to, x.joined)
		}
	}
	return to, len(to) > 0
}

// say returns the model after the message was sent to the agents to.
func (c sendCall) say(m model, to []int64) (model, error) {
	r, _ := m.room(c.who.room)
	a, _ := r.agent(c.who.joined)
	e := eventModel{seat: a.joined, to: to, Message: chat.Message{Type: chat.Said, From: a.name, Text: c.text, Kind: c.kind, ReplyTo: c.replyTo}}
	if c.kind == room.Plain {
		e.Kind = ""
	}
	for _, n := range to {
		x, _ := r.agent(n)
		e.To = append(e.To, x.name)
	}
	r, err := m.append(r, e)
	if c.kind != room.Status {
		a.done = c.kind == room.Done
	}
	if c.key != "" {
		a.keys = append(slices.Clip(a.keys), keyModel{c.key, r.head(), m.now})
	}
	return m.with(r.with(a)), err
}

// sendOp is a send that was answered and not held back.
type sendOp struct {
	sendCall
	got    chat.Sent
	code   fault.Code
	waited bool // the answer is that of a wait, too
}

func (o sendOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if refused || err != nil {
		return m, err
	}
	x := o.outcome(m, r, a)
	switch {
	case o.code != x.code:
		return m, &wrong{"the code", o.code, x.code}
	case x.code != "":
		return m, nil
	case x.held && !m.uncertain(a):
		return m, &wrong{"the send", o.got, "held back"}
	}
	seq, next := x.duplicate, m
	if seq == 0 {
		seq = r.head() + 1
		if next, err = o.say(m, x.to); err != nil {
			return m, err
		}
	}
	if o.got.Seq != seq || o.got.Duplicate != (x.duplicate > 0) {
		return m, &wrong{"the send", o.got, []any{seq, x.duplicate > 0}}
	}
	after := o.cursor.n
	if x.duplicate == 0 && x.clear {
		after = seq
	}
	r, _ = next.room(r.id)
	a, _ = r.agent(a.joined)
	if err := o.checkAnswer(m, r, a, after); err != nil || o.waited {
		return next, err // the wait acknowledges the cursor
	}
	a.back = time.Time{}
	a = a.call(m.now)
	a.ackMost = max(a.ackMost, after)
	if a.from < o.replyTo && o.replyTo <= a.handed {
		a.ackMost = max(a.ackMost, a.handed)
	}
	return next.withAgent(r.id, a), nil
}

// checkAnswer compares the rest of the answer. after is where its cursor must stand:
// behind the message only if nothing lies between.
func (o sendOp) checkAnswer(m model, r roomModel, a agentModel, after int64) error {
	if !m.sequential {
		n := cursorNumber(o.got.Cursor)
		if o.waited || n == after || n == o.cursor.n {
			return nil
		}
		return &wrong{"the cursor", n, after}
	}
	got := []any{o.got.Sent, o.got.Others, o.got.Listening, o.got.CursorIgnored, o.got.Messages, cursorNumber(o.got.Cursor)}
	want := []any{true, len(r.seated()) - 1, r.silences(a), o.cursor.given && o.cursor.n == 0, []chat.Message{}, after}
	return sameText("the send", got, want)
}

// uncertain reports whether a send of a may be guarded more or less often than the
// rules say, since an earlier one has no answer.
func (m model) uncertain(a agentModel) bool { return a.unsettled || m.lateWrites }

func (o sendOp) String() string {
	return fmt.Sprintf("%v: %s %d, duplicate %t, cursor %q", o.sendCall, o.code, o.got.Seq, o.got.Duplicate, o.got.Cursor)
}

// holdOp is a send that was held back. What it hands out is the answer of a waitOp.
type holdOp struct {
	sendCall
	got chat.Sent
}

func (o holdOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	x := o.outcome(m, r, a)
	news := o.cursor.n > 0 && len(r.newsAfter(a, o.cursor.n, r.head())) > 0
	if !x.held && !(m.uncertain(a) && news && x.code == "") {
		return m, &wrong{"the send", "held back", x}
	}
	if o.got.Sent || o.got.Duplicate {
		return m, &wrong{"the send held back", o.got, "not sent"}
	}
	a.guarded, a.owed = max(1, cursorNumber(o.got.Cursor)), true
	return m.withAgent(r.id, a), nil
}

func (o holdOp) String() string { return o.sendCall.String() + ": held back" }
