package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Send says a text in the caller's room, and waits for an answer if asked to.
//
// With a cursor it says nothing if an unread message may change what the caller says, and returns
// what is unread instead: see room.Caller.HoldOf. With the cursor of that answer only what is meant
// for the caller holds the text back, with another it is judged again. Otherwise what is unread comes with the result.
// The text of the seat's last message counts as the same message for ten minutes, unless a key is
// given, or the text is short and another agent has spoken since.
//
// A person sees what is unread, and means what it says twice: its message is held back only for a
// credential, and repeated only by its key. The person may have paused its agent, which then says
// nothing, or approve each message or some of them, which then become drafts: see Supervise.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := req.check(); err != nil {
		return Sent{}, err
	}
	c, err := s.enter(ctx, req.Token)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	defer c.room.release()
	if err := c.readAsStay(ctx, &req); err != nil {
		return Sent{}, s.Outward(err)
	}
	op := c.newSend(req)
	if err := op.address(ctx); err != nil {
		return Sent{}, s.Outward(err)
	}
	got, err := op.send(ctx)
	if err != nil || !got.Sent {
		return got, s.Outward(err)
	}
	return op.answer(ctx, got)
}

// sendOp is a message on its way into the log.
type sendOp struct {
	caller *session
	req    SendRequest
	began  time.Time

	event         room.Event      // as it will be appended, but for what room.Head.Compose completes; then as it was
	fingerprint   [16]byte        // of its text and addressees
	needsConsent  bool            // the person behind the agent decides about it first, also if it does not approve all
	upload        *roomlog.Upload // that ends with the message; nil: its file, if it has one, came with the call
	noSpace       error           // why it cannot be said, for want of space
	idleBefore    int             // how many agents waited for a task when the call began
	fileName      string          // of the file that the call shares; "": it shares none
	keyFromServer bool            // the server made the key of idempotency: see checkKey

	// What is known so far. It changes between two verdicts, never while the rules are applied.

	earlier    roomlog.SentAs // the message, or the draft, that this call repeats
	guard      guard          // against speaking over what the caller has not read
	credential string         // that the text seems to hold, and of which the caller was not warned
}

// newSend returns the message that the caller asks to send.
func (c *session) newSend(req SendRequest) *sendOp {
	op := &sendOp{caller: c, req: req, began: c.start.At, credential: sanitize.Credential(req.Text)}
	if cursor, own := c.token.ParseCursor(req.Cursor); own {
		op.guard = guard{on: true, cursor: cursor, checked: cursor.N}
		c.start.Known = max(c.start.Known, cursor.N) // the client had the answer that brought the cursor
	}
	return op
}

// send counts the message against the limits of its caller, and says it.
func (op *sendOp) send(ctx context.Context) (Sent, error) {
	undo, err := op.caller.room.svc.limits.Message(op.caller.payer(ctx), len(op.req.Text))
	if err != nil {
		return Sent{}, err
	}
	if len(op.req.Finishes) > 0 { // before any of them is told of what becomes free, and waits no more
		op.idleBefore = op.caller.room.agents.Idle(op.caller.head)
	}
	got, err := op.appendMessage(ctx)
	gone := ctx.Err() != nil // its text may be said yet
	if err != nil && !gone || err == nil && !got.wrote() {
		undo()
	}
	return got, err
}

// appendMessage brings the message into the log, or finds that it is there, or holds it back.
func (op *sendOp) appendMessage(ctx context.Context) (Sent, error) {
	v, err := op.resolve(ctx, modeWrite)
	if err != nil {
		return Sent{}, err
	}
	return op.result(ctx, v), nil
}

// mayAppend reports whether the message could be said as of now, and says nothing. If not, got is the
// result, also if it was said before.
func (op *sendOp) mayAppend(ctx context.Context) (got Sent, ok bool, err error) {
	v, err := op.resolve(ctx, modeAsk)
	if err != nil || v.isNew() {
		return Sent{}, err == nil, err
	}
	return op.result(ctx, v), false, nil
}

// mode says what becomes of a message that passes the rules.
type mode int

const (
	modeWrite mode = iota // it is written
	modeAsk               // it is not: the caller wants to know whether it would be
)

// verdict is what the rules say of the message on one head of the log.
type verdict struct {
	needs    need           // needNothing: the rest is set
	sentAs   roomlog.SentAs // the message, or its draft, in the log
	change   roomlog.Change // that brings it there; without events it is there
	heldBack *Sent          // the answer that holds the message back; nil: nothing does
}

// need is what a verdict waits for, because the head does not tell. If a look brings that, the rules are applied once
// more. If it shows that the caller must decide first, the message is held back.
type need int

const (
	needNothing      need = iota
	needLastMessage       // the index of the head lacks the caller's last message, which this may be once more
	needOlderLog          // the index does not reach back to where the call began
	needPerson            // the person behind the agent has paused it
	needReading           // something unread may change what the caller says
	needConfirmation      // the text seems to hold a credential
)

// ends reports whether a verdict of findEarlier leaves nothing to the later rules.
func (v verdict) ends() bool { return v.sentAs.N > 0 || v.needs != needNothing }

// isNew reports whether the message was not said before.
func (v verdict) isNew() bool { return len(v.change.Events) > 0 }

// resolve asks for verdicts on the message, and gets what each needs, until one needs nothing or the message is held
// back.
func (op *sendOp) resolve(ctx context.Context, how mode) (verdict, error) {
	c := op.caller
	op.noSpace = c.checkSpace(len(op.req.Text))
	for range maxAttempts {
		v, err := op.attempt(ctx, how)
		switch {
		case errors.Is(err, errUnseated):
			return verdict{}, c.refuseToken(ctx, c.room.log.Peek())
		case err == nil && v.needs == needNothing:
			return v, op.checkKey(ctx, v)
		case err != nil && !errors.As(err, new(*fault.Error)):
			return v, err
		}

		// The message is refused or needs something. If an earlier call has said it, neither counts.
		said, unknown := op.lookUpKey(ctx)
		switch {
		case unknown != nil:
			return v, unknown
		case said:
			continue
		case err != nil:
			return v, err
		}

		switch v.needs {
		case needLastMessage:
			err = op.loadLastMessage(ctx)
		case needOlderLog:
			err = op.readBack(ctx)
		case needPerson:
			v.heldBack = &Sent{Waited: op.answerUnsent(ctx, StatusPaused)}
		case needReading:
			v.heldBack, err = op.holdBack(ctx)
		case needConfirmation:
			v.heldBack, err = op.warnOfCredential(ctx)
		}
		if err != nil || v.heldBack != nil {
			return v, err
		}
	}
	return verdict{}, fault.Refuse(fault.Unavailable,
		"The room changed too often while you spoke. Nothing was sent: call again.")
}

// attempt applies the rules to the message. If it writes, that is on the very head that the message follows, and the
// message is in the log if it passes. If it only asks, that is on a head that is not older than the call.
func (op *sendOp) attempt(ctx context.Context, how mode) (verdict, error) {
	var v verdict
	log := op.caller.room.log
	p := &roomlog.Proposal{Blocked: op.recordEarlier, Began: op.began}
	p.Propose = op.caller.ofCaller(func(h *room.Head, a room.Caller, now time.Time) (ch roomlog.Change, err error) {
		v, err = op.propose(h, a, p.Batched, now)
		return v.change, err
	})
	if how == modeAsk {
		h, err := log.Refresh(ctx, op.began)
		if err != nil {
			return verdict{}, err
		}
		_, err = p.Propose(h, op.caller.room.svc.now())
		return v, err
	}
	if err := log.Append(ctx, p); err != nil { // if ctx has ended, op and v still belong to the append
		return verdict{}, err
	}
	v.change.Events = p.Events
	return v, nil
}

// propose applies the rules of sending to what a says, as the event after h. batched are the events before it that are
// not written yet. It changes nothing and does not block. The first rule that applies decides. Two rare ones have no
// number: the disk is full, and too many drafts wait.
//
//  1. Ann says "shall we?" again after a minute: the answer names the first one, and nothing is written.
//  2. Ann repeats, by its key, a draft that her person has refused: she is refused.
//  3. The room has expired: it is not found.
//  4. Ann's person has paused her: what she says is held back.
//  5. Ann's person has paused her, and speaks: no rule about agents applies, and it is sent.
//  6. Agents have sent as many messages as they may: an agent is refused until a person speaks.
//  7. Bob has spoken since the cursor of Ann: her message is held back, and the answer has his.
//  8. Ann repeats it with the cursor of that answer: it is sent, though Bob has spoken to all since.
//  9. Ann asks Bob, who has left: she is refused.
//  10. The text seems to hold a credential: it is held back.
//  11. Ann repeats such a text after it was held back: it is sent.
//  12. Ann's person approves what she says, or what is said like this: it is kept as a draft.
//  13. None of these: it is sent.
func (op *sendOp) propose(h *room.Head, a room.Caller, batched []room.Event, now time.Time) (verdict, error) {
	v, err := op.findEarlier(h, a, now) // 1, 2: if it was said before, no other rule matters
	if v.ends() || err != nil {
		return v, err
	}
	if h.Expired(now) && !h.Closed { // 3
		return verdict{}, roomlog.ErrNotFound
	}

	// What came may be why a later rule refuses the message, so it goes first.
	if a.IsPaused() { // 4, 5
		return verdict{needs: needPerson}, nil
	}
	if !a.IsPerson() {
		if err := h.CheckRun(); err != nil { // 6
			return verdict{}, err
		}
		if op.mayBeHeld(h, a, batched) { // 7, 8
			return verdict{needs: needReading}, nil
		}
	}

	e, err := h.Compose(a, op.event, now) // 9: the room takes the message, and whom it names is there
	if err == nil {
		err = op.noSpace
	}
	if err != nil {
		return verdict{}, err
	}
	if op.credential != "" { // 10, 11
		return verdict{needs: needConfirmation}, nil
	}

	as := roomlog.SentAs{N: h.AsOf + 1, Draft: op.needsConsent || h.NeedsApproval(a, e), Asks: len(op.event.Ask) > 0}
	if as.Draft { // 12
		d := draftOf(a.Agent, e.Fingerprint(), now) // of a vote, whose proposal Compose has found
		if d.N > 0 && op.req.Key == "" {
			return verdict{sentAs: d}, nil
		}
		e, err = a.Draft(e, op.event.Ask, op.req.Key, now)
		if err != nil {
			return verdict{}, err
		}
	}
	ch := roomlog.Change{Events: []room.Event{e}, Ops: op.fileOps(h, e, now)}
	if op.req.Key != "" {
		ch.Ops = append(ch.Ops, roomlog.PutSent(h.ID, a, op.req.Key, as, now))
	}
	return verdict{sentAs: as, change: ch}, nil // 13
}

// answerUnsent notes a call that said nothing, and returns what comes with its answer. It has not
// looked for news.
func (op *sendOp) answerUnsent(ctx context.Context, status WaitStatus) Waited {
	c := op.caller
	c.attendance().Record(ctx, presence.Call{Fresh: presence.SendFresh})
	got := Waited{Status: status, Cursor: op.req.Cursor, Situation: c.situation(c.room.log.Peek())}
	got.Paused = got.Paused || status == StatusPaused // the person may have let it go on since
	return got
}

// result returns the answer to a message about which v says the last word.
func (op *sendOp) result(ctx context.Context, v verdict) Sent {
	if v.heldBack != nil {
		return *v.heldBack
	}
	if v.isNew() {
		op.event = v.change.Events[0]
	} else {
		op.event.N, op.earlier = v.sentAs.N, v.sentAs
	}
	got := Sent{Sent: !v.sentAs.Draft, ID: op.caller.head.MessageID(op.event.N), Duplicate: !v.isNew()}
	if v.sentAs.Draft {
		got.Waited = op.answerUnsent(ctx, StatusPending)
	} else {
		got.Unfinished, got.Left = op.unfinished(ctx), op.namesOfLeft(ctx)
	}
	if got.Sent && (v.isNew() || op.req.Key == "") { // who was named again under a key may have left
		got.To = readers(op.event)
	}
	if len(op.event.Agreed) > 0 {
		got.Agreed = op.caller.head.MessageID(op.event.Agreed[0])
	}
	return got
}

// readers are those who read a message, beside its sender.
func readers(e room.Event) []string {
	if len(e.To) == 0 {
		return []string{Everyone}
	}
	return e.ToNames
}

// wrote reports whether the call that got this has written a message, or something that
// costs as much.
func (got Sent) wrote() bool {
	return got.Credential != "" || !got.Duplicate && (got.Sent || got.Status == StatusPending)
}

// unfinished returns which tasks of finishes the message did not close, and why. A call that repeats
// an earlier message is told what that has closed.
func (op *sendOp) unfinished(ctx context.Context) (list []Unfinished) {
	c := op.caller
	asked, closed := op.event.Finishes, op.event.Closes
	if len(asked) > 0 && op.earlier.N > 0 {
		if e, err := c.room.log.Event(ctx, op.earlier.N); err == nil {
			closed = e.Closes
		}
	}
	h := c.room.log.Peek()
	for _, no := range asked {
		if slices.Contains(closed, no) {
			continue
		}
		t, _ := h.Task(no)
		x := Unfinished{ID: room.TaskID(no), Why: cmp.Or(h.WhyUnfinished(c.me.Agent, no), "it is open again")}
		if c.me.SeesTask(t.N) && !t.Holder.Is(c.me.Agent) {
			x.By = t.Holder.Name
		}
		list = append(list, x)
	}
	return list
}

// namesOfLeft returns the names behind an @ in the text of agents that have left: whoever wrote them expects a reader.
// It looks back in the log if the index does not reach back to room.RecallLeft, which it does from then on.
func (op *sendOp) namesOfLeft(ctx context.Context) []string {
	log, me := op.caller.room.log, op.caller.me
	names, sure := log.Peek().LeftNamed(me.Agent, op.req.Text, op.began)
	if !sure && log.Recall(ctx, op.began.Add(-room.RecallLeft)) == nil { // else the message is said all the same
		names, _ = log.Peek().LeftNamed(me.Agent, op.req.Text, op.began)
	}
	return names
}

// answer adds to the result of a message that is said what is unread, or what comes while the
// call waits.
func (op *sendOp) answer(ctx context.Context, got Sent) (Sent, error) {
	c := op.caller
	s := c.room.svc
	if op.req.Said != nil {
		op.req.Said()
	}
	waited, err := op.listen(ctx)
	if s.Unanswered(ctx, err) { // the text is said; the sender waits again
		got.Cursor, got.Situation = op.req.Cursor, c.situation(c.room.log.Peek())
		return got, nil
	}
	if err == nil {
		got.Waited, got.Before = *waited, waited.before
	}
	return got, s.Outward(err)
}

// listen collects what is unread now that the message is there, or waits for it.
func (op *sendOp) listen(ctx context.Context) (*Waited, error) {
	c := op.caller
	c.head = c.room.log.Peek()
	cursor, named := c.readCursor(op.req.Cursor)
	if op.req.Stay { // the cursor was for the guard
		cursor, named, op.req.Cursor = ident.Cursor{}, false, ""
	}
	// In this process alone: the message has cost a write, and the next cursor acknowledges the same.
	c.reader().AcknowledgeUnstored(cursor.N, op.event.ReplyTo)
	if op.req.Wait == 0 || op.hasMoreWork() {
		c.attendance().Record(ctx, presence.Call{Absence: op.req.Absence, Activity: op.req.Activity,
			Fresh: presence.SendFresh})
		return op.unread(ctx, cursor, named)
	}
	h, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.head = h
	return c.wait(ctx, op.waits(), op.event.N)
}

// waits returns the wait that follows the message.
func (op *sendOp) waits() *WaitRequest {
	return &WaitRequest{Cursor: op.req.Cursor, Wait: op.req.Wait, Absence: op.req.Absence, Activity: op.req.Activity,
		Stay: op.req.Stay, key: op.req.Key, repeats: op.earlier.N}
}

// hasMoreWork reports whether the message finishes a task, and its sender has another, or more are free than
// there are agents that wait for one. Then it need not wait, unless it is owed an answer.
func (op *sendOp) hasMoreWork() bool {
	if len(op.event.Closes) == 0 {
		return false
	}
	is := op.caller.situation(op.caller.head)
	return is.Owed == 0 && (len(is.Tasks) > 0 || is.FreeTasks > op.idleBefore)
}

// unread returns what the caller has not read, without waiting. named says that the
// call's cursor is one of the caller's.
func (op *sendOp) unread(ctx context.Context, cursor ident.Cursor, named bool) (*Waited, error) {
	c := op.caller
	pos, err := op.readFrom(ctx, cursor, named)
	if err != nil {
		return nil, err
	}
	pos.own = op.event.N
	in := newInbox(c, pos)
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	got, err := c.handOut(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	if got.Status == StatusQuiet {
		got.Status = ""
	}
	return got, nil
}

// readFrom returns where the caller continues to read after its message.
func (op *sendOp) readFrom(ctx context.Context, cursor ident.Cursor, named bool) (position, error) {
	c := op.caller
	if named {
		return position{Offer: presence.OfferAfter(cursor.N), toldAlone: cursor.ToldAlone}, nil
	}
	req := op.waits()
	newest := max(c.head.Recent.NewestForeign(c.me.Seat), c.head.LastChange)
	if o, ok := c.reader().OfferNothing(c.query(req, cursor), newest); ok && !c.me.IsPerson() {
		return position{Offer: o, ignored: req.Cursor != ""}, nil
	}
	return c.acknowledgeCursor(ctx, req)
}

// readCursor reads a cursor of the caller, whose head is current. ok is false if it is
// none, or beyond that head.
func (c *session) readCursor(s string) (cursor ident.Cursor, ok bool) {
	cursor, ok = c.token.ParseCursor(s)
	if !ok || cursor.N > c.head.AsOf {
		return ident.Cursor{}, false
	}
	return cursor, true
}

// address makes the event to append, or returns why it cannot be. For a caller
// whose seat is gone, that reason comes first.
func (op *sendOp) address(ctx context.Context) error {
	err := op.makeEvent(ctx)
	if fault.CodeOf(err) != fault.InvalidArgument {
		return err
	}
	c := op.caller
	h, current := c.room.log.Refresh(ctx, op.began)
	if current != nil {
		return current
	}
	if _, here := h.Owner(c.holder); !here {
		return c.refuseToken(ctx, h)
	}
	return err
}

// makeEvent turns names into seats and ids into events, once and before the first
// attempt. So what is meant for one agent never reaches another that takes its name
// meanwhile.
func (op *sendOp) makeEvent(ctx context.Context) error {
	op.event = room.Message(op.req.Text, op.req.Kind, op.event.File)
	for _, id := range op.req.Finishes {
		if no, ok := room.TaskNumber(id); ok && !slices.Contains(op.event.Finishes, no) {
			op.event.Finishes = append(op.event.Finishes, no)
		}
	}
	if op.event.Kind == room.Plain {
		op.event.Kind = ""
	}
	err := op.findNamed(ctx)
	if len(op.req.To) > 0 || err != nil {
		known := op.keepAddressees(ctx, err)
		if err != nil && !known {
			return err
		}
	}
	if err := op.findAnswered(ctx); err != nil {
		return err
	}
	op.fingerprint = op.event.Fingerprint()
	return nil
}

// findNamed finds the seats of the names in To and in Ask.
func (op *sendOp) findNamed(ctx context.Context) error {
	me := op.caller.me
	if len(op.req.To) > 0 && me.IsPerson() && sameCompany(me, op.req.To, nil) { // a note
		op.event.To, op.event.ToNames = []int{me.Seat}, []string{me.Name}
	} else {
		readers, err := op.findAgents(ctx, "to", op.req.To)
		if err != nil {
			return err
		}
		for _, a := range readers {
			op.event.To, op.event.ToNames = append(op.event.To, a.Seat), append(op.event.ToNames, a.Name)
		}
	}
	asked, err := op.findAgents(ctx, "ask", op.req.Ask)
	for _, a := range asked {
		op.event.Ask = append(op.event.Ask, a.Seat)
	}
	return err
}

// findAgents returns the agents of names but the caller, each once and in the order of their seats, on the current
// head: a name may have changed hands. field is the argument that has the names, for the refusal.
func (op *sendOp) findAgents(ctx context.Context, field string, names []string) (found []room.Agent, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	c := op.caller
	h, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.head = h
	if len(names) > room.MaxCapacity {
		return nil, fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field,
			room.MaxCapacity)
	}
	for i, key := range nameKeys(names) {
		a, here := h.Named(key)
		switch {
		case !here:
			return nil, op.refuseAbsent(field, i+1, key)
		case a.Seat != c.me.Seat && !slices.ContainsFunc(found, func(x room.Agent) bool { return x.Seat == a.Seat }):
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return nil, fault.Refuse(fault.InvalidArgument,
			"%s names only yourself. Nothing was sent: name others.", field)
	}
	slices.SortFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

// refuseAbsent refuses a name that nobody here has: that of an agent which has just left, as the caller saw, is no
// mistake in writing. The refusal does not lead to a message to all: it could publish what was meant for one.
func (op *sendOp) refuseAbsent(field string, number int, key string) error {
	c := op.caller
	if n, left := c.head.LeftAs(c.me.Agent, key); left {
		if tail, known := c.room.log.Tail(n - 1); known && len(tail) > 0 && c.me.Sees(tail[0]) {
			return fault.Refuse(fault.InvalidArgument, "%s: number %d left %s. Nothing was sent.", field, number,
				ago(c.room.svc.now().Sub(time.UnixMilli(tail[0].AtMs))))
		}
	}
	return fault.Refuse(fault.InvalidArgument, "%s: number %d is nobody here. Nothing was sent: room_info tells who "+
		"is.", field, number)
}

// ago is how long ago something was, in words.
func ago(d time.Duration) string {
	switch minutes := int(d / time.Minute); {
	case minutes < 1:
		return "just now"
	case minutes == 1:
		return "1 minute ago"
	case minutes < 120:
		return fmt.Sprintf("%d minutes ago", minutes)
	default:
		return fmt.Sprintf("%d hours ago", minutes/60)
	}
}

// sameCompany reports whether two lists name the same agents, apart from a itself.
func sameCompany(a room.Caller, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without that of a.
func company(a room.Caller, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for what cannot be a name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		name, _ := ident.AgentName(s)
		keys[i] = name.Key
	}
	return keys
}

// findAnswered finds what is answered and what is taken back.
func (op *sendOp) findAnswered(ctx context.Context) error {
	if op.req.Withdraw != "" {
		e, err := op.caller.seenEvent(ctx, "withdraw", op.req.Withdraw)
		if err != nil {
			return err
		}
		op.event.Withdraws = e.N
	}
	if op.req.ReplyTo == "" {
		return nil
	}
	e, err := op.caller.seenEvent(ctx, "reply_to", op.req.ReplyTo)
	if err != nil {
		return err
	}
	op.event.ReplyTo, op.event.ReSeat, op.event.ReFor = e.N, e.Seat, e.To
	if e.Task != nil {
		op.event.ReAdded = e.Task.Added
	}
	return nil
}

// seenEvent returns the event of an id that the caller has seen. One that the caller may
// not see does not exist for it. field is the argument that has the id.
func (c *session) seenEvent(ctx context.Context, field, id string) (room.Event, error) {
	none := refuseUnseen(field)
	n, ok := c.head.MessageNumber(id)
	if !ok { // it may lie beyond a head that is behind
		h, err := c.room.log.Refresh(ctx, c.room.svc.now())
		if err != nil {
			return room.Event{}, err
		}
		n, ok = h.MessageNumber(id)
	}
	if !ok {
		return room.Event{}, none
	}
	e, err := c.room.log.Event(ctx, n)
	if errors.Is(err, table.ErrNotFound) || err == nil && !c.me.Sees(e) {
		return room.Event{}, none
	}
	return e, err
}

// refuseUnseen refuses the id that an argument has of a message that the caller may not see.
func refuseUnseen(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: there is no message of this id that you may see, or it has "+
		"expired. Nothing was done: use the id of a message that you have read.", field)
}
