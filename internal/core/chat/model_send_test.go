package chat_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// sendCall is a send.
type sendCall struct {
	who      agentID
	text     string
	to, ask  []string
	replyTo  int64
	withdraw int64
	kind     room.Kind
	key      string
	cursor   cursorArg
	finishes []int64 // of a message to all that is no vote and no withdrawal
	absence  chat.Absence
	answers  bool  // an endpoint answers: the server chose the key
	stay     bool  // it speaks A2A
	repeats  int64 // with a cursor, which may or may not show the answer to an earlier one: the answer says so
}

func (c sendCall) String() string {
	return fmt.Sprintf("%v sends %q to %q, asks %q, %s, key %q, reply to %d, withdraws %d, finishes %v, %v, after %v",
		c.who, c.text, c.to, c.ask, c.kind, c.key, c.replyTo, c.withdraw, c.finishes, c.absence, c.cursor)
}

func (c sendCall) isVote() bool { return c.kind == room.Agree || c.kind == room.Object }

// storedKind returns the kind of the message that the send makes.
func (c sendCall) storedKind() room.Kind {
	if c.kind == room.Plain {
		return ""
	}
	return c.kind
}

// named returns the names in to, which are none if it says that all read the send.
func (c sendCall) named() []string {
	if slices.Equal(c.to, []string{chat.Everyone}) {
		return nil
	}
	return c.to
}

// isMalformed reports whether no room allows the send.
func (c sendCall) isMalformed() bool {
	noAnswer := c.kind == room.Status || c.kind == room.Done || c.isVote()
	asksAnew := c.kind == room.Proposal || c.kind == room.Request || c.isVote() || len(c.to)+len(c.ask) > 0
	return c.text == "" && !c.isVote() && c.withdraw == 0 ||
		len(c.ask) > 0 && noAnswer || c.withdraw > 0 && asksAnew
}

// sendOutcome is how a send ends.
type sendOutcome struct {
	code      fault.Code // refused
	held      bool       // held back: there is news for the sender
	duplicate int64      // it repeats that message, or draft
	paused    bool       // not sent: the agent is paused
	pending   int64      // not sent: this draft waits for the person behind the agent
	asks      []int      // whom the agent itself asks, of a new draft
	event     eventModel // else
}

// outcome decides how a send of a in r ends.
func (c sendCall) outcome(m model, r roomModel, a agentModel) (x sendOutcome) {
	known := a.key(c.key, m.now)
	again, waits := r.again(a, c.typed(), c.cursor.n > 0 || c.stay, c.repeats, m.now)
	to, found := r.addressed(a, c.named())
	ask, asked := r.addressed(a, c.ask)
	switch {
	case again > 0 && c.key == "" && waits && !a.person.waits(again, m.now): // its person has refused it
		return sendOutcome{code: fault.NotAllowed}
	case again > 0 && c.key == "" && waits:
		return sendOutcome{pending: again, duplicate: again}
	case again > 0 && c.key == "":
		return sendOutcome{duplicate: again}
	case known.n == 0 && !(found && asked && c.sees(r, a, c.replyTo) && c.sees(r, a, c.withdraw)):
		return sendOutcome{code: fault.InvalidArgument}
	case known.draft && !a.person.waits(known.n, m.now):
		return sendOutcome{code: fault.NotAllowed}
	case known.n > 0 && !c.answers && known.event.said != c.typed():
		return sendOutcome{code: fault.InvalidArgument}
	case known.draft:
		return sendOutcome{pending: known.n, duplicate: known.n}
	case known.n > 0:
		return sendOutcome{duplicate: known.n}
	}
	x = c.decided(m, r, a, to, ask)
	if n := c.taken(m, r, a); n > 0 && (x.code != "" || x.held || x.paused) {
		x = sendOutcome{duplicate: n}
	}
	return x
}

// decided decides how a send to these seats, that asks these, ends if it repeats no other.
func (c sendCall) decided(m model, r roomModel, a agentModel, to, ask []int) sendOutcome {
	e := eventModel{seat: a.seat, to: to, ask: ask, replyTo: c.replyTo, withdraws: c.withdraw, said: c.typed(),
		finishes: c.finishes, keeps: c.keeps(r),
		Message: chat.Message{
			Type: chat.EventSaid, From: a.name, Text: c.text, Kind: c.storedKind(),
		}}
	if !c.isVote() && c.replyTo > 0 {
		e.chain = r.chain(a, c.replyTo)
	}
	if x, ok := c.underSupervision(m, r, a, e); ok {
		return x
	}
	if e.keeps {
		to, _ = r.readersOf(a, c.replyTo)
	}
	if c.heldBy(m, r, a, to).n > 0 {
		return sendOutcome{held: true}
	}
	e, code := m.compose(r, a, e)
	if len(c.to) > len(c.named()) && len(e.to) > 0 && e.Text != "" { // a vote to all on a private proposal
		code = cmp.Or(code, fault.InvalidArgument)
	}
	if code == "" && a.person.approves(r, e) {
		return c.drafted(m, r, a, ask, e)
	}
	return sendOutcome{code: code, event: e}
}

// sees reports whether a sees event n, if that is not 0.
func (c sendCall) sees(r roomModel, a agentModel, n int64) bool {
	e, there := r.event(n)
	return n == 0 || there && a.sees(e)
}

// keeps reports whether the send, an answer without readers of its own, is for those who see what it answers. A
// vote and a withdrawal are not, and nobody else sees what is between an agent and its person. A draft in
// private is in private, though nobody else sees the draft.
func (c sendCall) keeps(r roomModel) bool {
	e, _ := r.event(c.replyTo)
	note := e.Person && e.Kind == "" && e.withdraws == 0 && slices.Equal(e.to, []int{e.seat})
	between := e.hidden && !e.drafts || note
	return len(c.to) == 0 && len(e.to) > 0 && !between && !c.isVote() && c.withdraw == 0
}

// readersOf returns the seats but that of a that see event n; found is false if there are none.
func (r roomModel) readersOf(a agentModel, n int64) (seats []int, found bool) {
	e, _ := r.event(n)
	for _, x := range r.seated() {
		if x.seat != a.seat && n >= x.since && x.sees(e) {
			seats = append(seats, x.seat)
		}
	}
	return seats, len(seats) > 0
}

// heldBy returns the first event after its cursor that holds back the send to these seats; zero: none does.
func (c sendCall) heldBy(m model, r roomModel, a agentModel, to []int) (by eventModel) {
	if c.cursor.n == 0 {
		return by
	}
	blind := c.isVote() && c.replyTo == 0 // the vote would be about what its agent may not have read
	if blind {
		on, _ := m.vote(r, a, eventModel{Message: chat.Message{Kind: room.Object}})
		c.replyTo = on.replyTo
	}
	news := r.newsAfter(a, c.cursor.n, r.head())
	isBlind := func(e eventModel) bool { return blind && e.n == c.replyTo }
	if i := slices.IndexFunc(news, func(e eventModel) bool { return c.holds(r, a, e, to) || isBlind(e) }); i >= 0 {
		by = news[i]
	}
	return by
}

// heldByOthers reports whether others hold the send back, and not the person behind a.
func (c sendCall) heldByOthers(m model, r roomModel, a agentModel) bool {
	to, _ := r.addressed(a, c.to)
	return !a.isOfItsPerson(c.heldBy(m, r, a, to))
}

// typed is the call as its agent typed it, but for what does not tell it from another.
func (c sendCall) typed() string {
	return fmt.Sprintf("%q to %q, asks %q, %s, %d, %d, %v", c.text, c.to, c.ask, c.storedKind(), c.replyTo, c.withdraw,
		c.finishes)
}

// refusedDraft stands for the id that the answer would name if the person had not refused the draft.
const refusedDraft = -1

// again returns the message or tasks that a call of a with these words repeats, or the draft that waits. With a cursor
// that is the one that the answer names, if it is of the last eight calls, and ten minutes old at most. Without one it
// is the last, unless another or the person of a has said something since. talk: said again.
func (r roomModel) again(a agentModel, typed string, hasCursor bool, named int64, now time.Time) (n int64, waits bool) {
	left, heard := 8, int64(0)
	for _, e := range slices.Backward(r.log) {
		if e.Type == chat.EventSaid && (e.seat != a.seat || e.Person || e.decides > 0) && a.sees(e) {
			heard = max(heard, e.n)
		}
		isVote := e.Kind == room.Agree || e.Kind == room.Object
		if e.said == "" || e.seat != a.seat || e.Person || e.decides > 0 ||
			e.Type == chat.EventSaid && (isVote || e.withdraws > 0) {
			continue
		}
		left--
		n, waits = e.n, e.drafts
		answer := n
		for _, later := range r.log[e.n:] {
			switch {
			case later.decides == e.n && later.Type == chat.EventSaid:
				n, answer, waits = later.n, later.n, false
			case later.decides == e.n:
				answer = refusedDraft
			}
		}
		if left < 0 || !hasCursor && (heard > e.n && heard != n) || now.Sub(e.At) >= room.RepeatWindow {
			return 0, false
		}
		if e.said == typed && (!hasCursor || answer == named) {
			return n, waits
		}
		if !hasCursor {
			return 0, false
		}
	}
	return 0, false
}

// taken returns the vote or withdrawal of a that the send repeats, whatever a has said since; 0 if there is none.
func (c sendCall) taken(m model, r roomModel, a agentModel) int64 {
	on := max(c.replyTo, c.withdraw)
	asks := slices.ContainsFunc(m.openTo(r, a), func(q requestModel) bool {
		return q.proposal && slices.Contains(q.owed, a.seat)
	})
	if !c.isVote() && c.withdraw == 0 || c.key != "" || on == 0 && asks {
		return 0
	}
	for _, e := range slices.Backward(r.log) {
		switch {
		case on > 0 && e.n <= on,
			on == 0 && (e.Kind == room.Proposal && a.sees(e) || m.now.Sub(e.At) >= 10*time.Minute):
			return 0
		case e.Type != chat.EventSaid || e.seat != a.seat || e.Person:
		case c.isVote() && (e.Kind == room.Agree || e.Kind == room.Object) && (on == 0 || e.replyTo == on),
			c.withdraw > 0 && e.withdraws == c.withdraw:
			if e.Text == c.text && e.Kind == c.storedKind() && (c.isVote() || e.replyTo == c.replyTo) {
				return e.n
			}
			return 0
		}
	}
	return 0
}

// addressed returns the agents of the names but a, in the order of their joins. found
// is false if one has no seat, or a is the only one.
func (r roomModel) addressed(a agentModel, names []string) (seats []int, found bool) {
	for _, name := range names {
		x, here := r.seatedAs(name)
		if !here {
			return nil, false
		}
		if x.seat != a.seat {
			seats = append(seats, x.seat)
		}
	}
	slices.Sort(seats)
	return slices.Compact(seats), len(names) == 0 || len(seats) > 0
}

// say returns the model after the message e was sent.
func (c sendCall) say(m model, e eventModel) (model, error) {
	r, _ := m.room(c.who.room)
	r, err := m.append(r, e)
	if a, _ := r.agent(e.seat); c.key != "" {
		a.keys = append(slices.Clip(a.keys), keyModel{c.key, r.head(), m.now, false, e})
		r = r.with(a)
	}
	return m.with(r), err
}

// sendOp is a send that was answered and not held back. What it hands out is the
// answer of a waitOp.
type sendOp struct {
	sendCall
	got  chat.Sent
	code fault.Code
}

func (o sendOp) on(m model) (model, error) {
	if o.isMalformed() {
		return m, expectEqual("the code", o.code, fault.InvalidArgument)
	}
	r, a, refused, err := m.admit(o.who, o.code)
	if refused || err != nil {
		return m, err
	}
	switch {
	case o.got.Duplicate:
		o.repeats = numberOf(o.got.ID)
	case o.code == fault.NotAllowed:
		o.repeats = refusedDraft
	}
	x := o.outcome(m, r, a)
	switch {
	case o.code != x.code:
		return m, &wrong{"the code", o.code, x.code}
	case x.code != "":
		return m, nil
	case x.held, x.paused, x.pending > 0:
		return m, &wrong{"the send", o.got, "held back"}
	}
	n, next := x.duplicate, m
	if n == 0 {
		n = r.head() + 1
		next, err = o.say(m, x.event)
		if err != nil {
			return m, err
		}
	}
	if !o.got.Sent || o.got.ID != shown(n) || o.got.Duplicate != (x.duplicate > 0) {
		return m, &wrong{"the send", o.got, []any{n, x.duplicate > 0}}
	}
	r, _ = next.room(r.id)
	if err := o.checkRest(r, a, n); err != nil {
		return m, err
	}
	a, _ = r.agent(a.seat)
	switch {
	case o.cursor.given:
		a.acked = max(a.acked, o.cursor.n)
	case o.cursor.sends && x.duplicate == 0: // a stay
		a.heldByOthers = false
	}
	return next.withAgent(r.id, a), nil
}

// checkRest compares what the answer says about message n: how many of those handed out
// with it came before it and, if it is new or a vote, the agreement that it completes.
func (o sendOp) checkRest(r roomModel, a agentModel, n int64) error {
	before, agreed := 0, ""
	for _, x := range o.got.Waited.Messages {
		if numberOf(x.ID) < n {
			before++
		}
	}
	if e, _ := r.event(n); !o.got.Duplicate || o.isVote() {
		agreed = r.reads(a, e).Agreed
	}
	e, _ := r.event(n)
	unfinished := 0
	for _, no := range o.finishes {
		if !slices.Contains(e.Finished, fmt.Sprintf("t%d", no)) {
			unfinished++
		}
	}
	return sameText("the message", []any{o.got.Before, o.got.Agreed, len(o.got.Unfinished)},
		[]any{before, agreed, unfinished})
}

func (o sendOp) String() string {
	return fmt.Sprintf("%v: %s %s, duplicate %t", o.sendCall, o.code, o.got.ID, o.got.Duplicate)
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
	if x := o.outcome(m, r, a); !x.held {
		return m, &wrong{"the send", "held back", x}
	}
	a = a.call(m.now)
	if o.got.Sent || o.got.Duplicate || o.got.ID != "" {
		return m, &wrong{"the send held back", o.got, "not sent"}
	}
	a.owed, a.acked = true, max(a.acked, o.cursor.n)
	if !o.cursor.given { // a stay
		a.guarded, a.heldKey = numberOf(o.got.Waited.Cursor), o.key
		a.heldByOthers = o.cursor.sends || o.heldByOthers(m, r, a)
	}
	return m.withAgent(r.id, a), nil
}

func (o holdOp) String() string { return o.sendCall.String() + ": held back" }
