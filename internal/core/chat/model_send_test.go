package chat_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	call     int  // which send of its client it is; 0: any
	answers  bool // an endpoint answers: the server chose the key
	stay     bool // it speaks A2A
	isNew    bool // a question that another service may know to be answered is asked again
}

func (c sendCall) String() string {
	return fmt.Sprintf("%v sends %q to %q, asks %q, %s, key %q, reply to %d, withdraws %d, finishes %v, %v, after %v, "+
		"call %d", c.who, c.text, c.to, c.ask, c.kind, c.key, c.replyTo, c.withdraw, c.finishes, c.absence, c.cursor,
		c.call)
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
	return c.text == "" && c.kind != room.Agree && c.withdraw == 0 ||
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
	last, repeats := c.repeats(m, r, a)
	to, found := r.addressed(a, c.named())
	ask, asked := r.addressed(a, c.ask)
	repeats = repeats && (found || !c.isVote())
	switch {
	case !repeats && known.n == 0 && !(found && asked), !c.sees(r, a, c.replyTo), !c.sees(r, a, c.withdraw):
		return sendOutcome{code: fault.InvalidArgument}
	case repeats:
		return sendOutcome{duplicate: last.n}
	case known.draft && !a.person.waits(known.n, m.now):
		return sendOutcome{code: fault.NotAllowed}
	case known.n > 0 && !c.answers && !c.isSaidBy(r, a, known):
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
	e := eventModel{seat: a.seat, to: to, ask: ask, replyTo: c.replyTo, withdraws: c.withdraw, call: c.call,
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
	if c.isVote() && c.replyTo == 0 {
		on, _ := m.vote(r, a, eventModel{Message: chat.Message{Kind: room.Object}})
		c.replyTo = on.replyTo
	}
	news := r.newsAfter(a, c.cursor.n, r.head())
	if i := slices.IndexFunc(news, func(e eventModel) bool { return c.holds(r, a, e, to) }); i >= 0 {
		by = news[i]
	}
	return by
}

// heldByOthers reports whether others hold the send back, and not the person behind a.
func (c sendCall) heldByOthers(m model, r roomModel, a agentModel) bool {
	to, _ := r.addressed(a, c.to)
	return !a.isOfItsPerson(c.heldBy(m, r, a, to))
}

// repeats returns the last message of a, and whether a send without a key repeats
// it: the same text to the same agents, in answer to the same message, within ten
// minutes, unless it is short, no vote and no withdrawal, and
// another agent has spoken since. If the cursor is from before the message, its
// sender does not know that it was sent. A question is new once an answer has arrived, as a
// cursor has shown.
func (c sendCall) repeats(m model, r roomModel, a agentModel) (last eventModel, same bool) {
	last, answered := r.lastSaid(a)
	if c.key != "" || last.n == 0 || last.Text != c.text || m.now.Sub(last.At) >= 10*time.Minute {
		return last, false
	}
	isShort := len(c.text) < 40 && !c.isVote() && c.withdraw == 0
	meantAgain := isShort && answered && (c.cursor.n == 0 || c.cursor.n >= last.n)
	heard := a.acked
	if c.cursor.n > 0 {
		heard = c.cursor.n
	}
	return last, !meantAgain && !c.isNew && !r.isAnswered(a, last, heard) && c.sameAim(m, r, a, last)
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

// isAnswered reports whether a question of a has an answer of one whom it asks, up to an event, that a sees.
func (r roomModel) isAnswered(a agentModel, question eventModel, upTo int64) bool {
	asks := question.Kind == room.Request || question.Kind == room.Proposal || len(question.ask) > 0
	return asks && slices.ContainsFunc(r.log[:min(upTo, r.head())], func(e eventModel) bool {
		return e.replyTo == question.n && e.seat != a.seat && a.sees(e) &&
			(len(question.ask) == 0 || slices.Contains(question.ask, e.seat))
	})
}

// mayBeNew reports whether one service knows, and another does not, that a was handed an answer to its last message.
func (c sendCall) mayBeNew(m model, r roomModel, a agentModel) bool {
	last, _ := r.lastSaid(a)
	unknown := !m.sequential || !m.oneService
	return unknown && c.cursor.n == 0 && r.isAnswered(a, last, r.head())
}

// isOf reports whether event e may be what the send says. A vote without reply_to does not become one on a later
// proposal.
func (c sendCall) isOf(m model, r roomModel, a agentModel, e eventModel) bool {
	if c.isVote() && c.replyTo == 0 {
		c.replyTo = e.replyTo
	}
	own := e.Type == chat.EventSaid && e.seat == a.seat && !e.Person
	return own && c.key == "" && e.Text == c.text && c.sameAim(m, r, a, e)
}

// isOvertaken reports whether a later call of its client has said the same.
func (c sendCall) isOvertaken(m model, r roomModel, a agentModel) bool {
	return slices.ContainsFunc(r.log, func(e eventModel) bool {
		return c.call > 0 && e.call > c.call && c.isOf(m, r, a, e)
	})
}

// mayRepeat reports whether the send may take event n for its own message. A service that
// did not know of the event when the call came tells by the time alone whether that is
// older; and the clocks of two services differ.
func (c sendCall) mayRepeat(m model, r roomModel, a agentModel, n int64) bool {
	e, said := r.event(n)
	unknown := !m.sequential || !m.oneService
	return said && unknown && n > c.cursor.n && m.now.Sub(e.At) < 3*time.Second && c.isOf(m, r, a, e)
}

// sameAim reports whether the call has the addressees of the message last. Those of a
// vote or a withdrawal follow from what it answers or takes back.
func (c sendCall) sameAim(m model, r roomModel, a agentModel, last eventModel) bool {
	sameTarget := c.replyTo == last.replyTo && c.withdraw == last.withdraws && slices.Equal(c.finishes, last.finishes)
	wasVote := last.Kind == room.Agree || last.Kind == room.Object
	if c.isVote() && c.replyTo == 0 && !slices.ContainsFunc(r.open, func(q requestModel) bool {
		return q.proposal && slices.Contains(q.owed, a.seat) && m.now.Sub(q.at) < 24*time.Hour
	}) {
		sameTarget = true // it may repeat the vote that has ended the proposal
	}
	if c.isVote() || wasVote || c.withdraw > 0 || last.withdraws > 0 {
		return c.storedKind() == last.Kind && sameTarget
	}
	asked := c.ask
	if c.kind == room.Request && len(asked) == 0 {
		asked = c.named()
	}
	if c.keeps(r) && c.kind == room.Request && len(c.ask) == 0 {
		asked = r.everNamed(last.to)
	}
	sameAsk := c.kind == room.Proposal || (len(c.ask) == 0 || len(last.ask) > 0) && // who asks itself alone is refused
		slices.Equal(keysOf(r.everNamed(last.ask), a.name), keysOf(asked, a.name))
	kind := c.storedKind()
	if last.keeps || c.keeps(r) {
		return kind == last.Kind && sameAsk && sameTarget && last.keeps && c.keeps(r)
	}
	return kind == last.Kind && sameAsk &&
		sameTarget && slices.Equal(keysOf(r.everNamed(last.to), a.name), keysOf(c.named(), a.name)) &&
		(len(c.named()) == 0) == (len(last.to) == 0)
}

// isSaidBy reports whether the call of a says what the message of its key says.
func (c sendCall) isSaidBy(r roomModel, a agentModel, k keyModel) bool {
	e, kind := k.event, c.storedKind()
	sameNames := func(seats []int, names []string) bool {
		return (len(seats) == 0) == (len(names) == 0) &&
			slices.Equal(keysOf(r.everNamed(seats), a.name), keysOf(names, a.name))
	}
	found := c.isVote() && c.replyTo == 0 // the proposal
	asked := c.ask
	if len(asked) == 0 && kind == room.Request {
		asked = r.everNamed(e.to)
	}
	return e.Text == c.text && e.Kind == kind && (found || e.replyTo == c.replyTo) && e.withdraws == c.withdraw &&
		slices.Equal(e.finishes, c.finishes) && e.keeps == c.keeps(r) &&
		(e.keeps || c.isVote() || c.withdraw > 0 || sameNames(e.to, c.named())) &&
		(len(asked) == 0 && !k.asks || sameNames(e.ask, asked))
}

// everNamed returns the names of seats, given up or not.
func (r roomModel) everNamed(seats []int) (names []string) {
	for _, seat := range seats {
		a, _ := r.agent(seat)
		names = append(names, a.name)
	}
	return names
}

// keysOf returns the names as they are compared, each once, but for one.
func keysOf(names []string, but string) (keys []string) {
	for _, name := range names {
		if !strings.EqualFold(name, but) {
			keys = append(keys, strings.ToLower(name))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
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
		a.keys = append(slices.Clip(a.keys), keyModel{c.key, r.head(), m.now, false, e, len(c.ask) > 0})
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
	o.isNew = !o.got.Duplicate && o.mayBeNew(m, r, a)
	x := o.outcome(m, r, a)
	if n := numberOf(o.got.ID); o.got.Duplicate && (o.mayRepeat(m, r, a, n) || o.mayBeNew(m, r, a)) {
		x = sendOutcome{duplicate: n}
	}
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
