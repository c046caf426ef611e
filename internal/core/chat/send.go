package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Send sends a text to the caller's room, and waits for an answer if asked to.
//
// With a cursor, an unread message that may matter to the text holds the text back, and the answer has everything
// unread: see room.Caller.HoldBackOf. With the cursor of that answer, only messages meant for the caller hold the
// text back; with any other cursor the check begins again. A text that is not held back is sent, and the result has
// everything unread. For ten minutes the text of the seat's last message counts as a repetition, unless the call has
// a key, or the text is short and another agent has spoken since.
//
// A person sees everything unread, and may say the same twice: only a credential holds a person's message back, and
// only a key makes it a repetition, or that the room takes a vote or a withdrawal once. The person may pause the agent,
// or decide to approve all or some messages first; then they become drafts: see Supervise.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := req.check(); err != nil {
		return Sent{}, err
	}
	c, err := s.enterCached(ctx, req.Token)
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

// check refuses what cannot be a message in any room. The error is a *fault.Error.
func (req SendRequest) check() error {
	vote := req.Kind == room.Agree || req.Kind == room.Object
	if len(req.Text) > core.MaxText {
		return fault.Refuse(fault.MessageTooLong, "text has %d bytes, at most %d are allowed. Nothing was sent: write "+
			"it to a file and call share_file with name and size, which gives you a command that shares it; or say "+
			"it shorter.", len(req.Text), core.MaxText)
	}

	// An agreement and a withdrawal need no words.
	if wordless := req.Kind == room.Agree || req.Withdraw != ""; req.Text != "" || !wordless {
		if err := room.CheckText(req.Text); err != nil {
			return err
		}
	}

	// The kind, combinations of fields, wait and key.
	switch {
	case req.Kind != "" && !slices.Contains(room.Kinds(), req.Kind):
		return fault.Refuse(fault.InvalidArgument, "kind must be message, request (wants an answer), status (wants "+
			"none), proposal (wants everyone to agree), agree, object or done (you are finished). Nothing was sent.")
	case len(req.Ask) > 0 && (req.Kind == room.Status || req.Kind == room.Done || vote):
		return fault.Refuse(fault.InvalidArgument, "ask does not go with kind %s, which wants no answer. Nothing was "+
			"sent: leave ask out, or use kind request.", req.Kind)
	case req.Withdraw != "" && (req.Kind == room.Proposal || req.Kind == room.Request || vote || len(req.To) > 0 ||
		len(req.Ask) > 0):
		return fault.Refuse(fault.InvalidArgument, "withdraw takes a request or proposal back, for those who saw "+
			"it. It cannot be combined with to, with ask, or with a kind that asks or votes. Nothing was sent: use "+
			"two calls.")
	case req.Wait < 0 || req.Wait > core.MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.",
			fault.Seconds(core.MaxWait))
	case utf8.RuneCountInString(req.Key) > core.MaxKey || !utf8.ValidString(req.Key) || room.HasControls(req.Key, ""):
		return fault.Refuse(fault.InvalidArgument,
			"idempotency_key: at most %d characters without control characters. Nothing was sent.", core.MaxKey)
	}
	if err := req.checkFinishes(vote); err != nil {
		return err
	}
	return checkPresence(req.BackIn, req.Activity)
}

// checkFinishes refuses finishes that are no ids, are too many, or do not go with the message.
func (req SendRequest) checkFinishes(vote bool) error {
	for i, id := range req.Finishes {
		if _, ok := room.TaskNumber(id); !ok {
			return fault.Refuse(fault.InvalidArgument, "finishes: number %d is not the id of a task, such as t7. "+
				"Nothing was sent: task lists them.", i+1)
		}
	}
	switch {
	case len(req.Finishes) > core.MaxFinishes:
		return fault.Refuse(fault.InvalidArgument, "finishes: at most %d tasks. Nothing was sent: report the others "+
			"by another message.", core.MaxFinishes)
	case len(req.Finishes) > 0 && (len(req.To) > 0 || vote || req.Withdraw != ""):
		return fault.Refuse(fault.InvalidArgument, "finishes goes with a message to all, and not with to, a vote or "+
			"withdraw. Nothing was sent: use two calls.")
	}
	return nil
}

// sendOp is a send under way.
type sendOp struct {
	// What was asked: set by newSend.

	session *session
	req     SendRequest // listen takes the cursor of a stay out
	began   time.Time

	// What the message carries beside req: set after newSend by the calls that share a file, and by sendAnswer.

	needsConsent  bool            // the person behind the agent decides first, even without approval of all messages
	upload        *roomlog.Upload // ends with the message; nil: no file, or a file that came with the call
	fileName      string          // of the shared file; "" without a file
	keyFromServer bool            // the server made the idempotency key: see checkKey

	// The message, with names resolved to seats and ids to events: set by address, or by an upload from what its
	// address was given for. From event, propose makes the event to append, anew on each head; result replaces event by
	// the appended event.

	event       room.Event
	fingerprint [16]byte // of text and addressees

	// What is known before the rules are applied.

	idleBefore int   // how many agents waited for a task when the call began; set by send
	noSpace    error // the refusal if the disk has no space; set by resolve

	// What is known so far. These fields change between two verdicts only, by the reads and, after a refused write, by
	// recordEarlier; propose leaves them. The last to set earlier is result.

	earlier    roomlog.SentAs // the message or draft that this call repeats; N is 0: none is known
	guard      guard          // against speaking over unread messages
	credential string         // what warningOf finds in the text; "": nothing, or the caller was warned
}

// newSend returns the send that the caller asks for.
func (c *session) newSend(req SendRequest) *sendOp {
	op := &sendOp{session: c, req: req, began: c.start.At, credential: c.warningOf(req.Text)}
	if cursor, ok := c.token.ParseCursor(req.Cursor); ok {
		op.guard = guard{on: true, cursor: cursor, checked: cursor.N}
		c.start.Known = max(c.start.Known, cursor.N) // the client has the answer with this cursor
	}
	return op
}

// send counts the message against the limits of the caller, and appends the message.
func (op *sendOp) send(ctx context.Context) (Sent, error) {
	undo, err := op.session.room.svc.limits.Message(op.session.payer(ctx), len(op.req.Text))
	if err != nil {
		return Sent{}, err
	}
	if len(op.req.Finishes) > 0 { // before the append: the append frees tasks, and agents' waits end
		op.idleBefore = op.session.room.agents.Idle(op.session.head)
	}
	got, err := op.appendMessage(ctx)
	gone := ctx.Err() != nil // the append may still succeed
	if err != nil && !gone || err == nil && !got.wrote() {
		undo()
	}
	return got, err
}

// appendMessage appends the message, unless it is in the log already or held back.
func (op *sendOp) appendMessage(ctx context.Context) (Sent, error) {
	v, err := op.resolve(ctx, modeWrite)
	if err != nil {
		return Sent{}, err
	}
	return op.result(ctx, v), nil
}

// mayAppend reports whether the message would be appended now, and appends nothing. If not, got is the result, also for
// a repeated message.
func (op *sendOp) mayAppend(ctx context.Context) (got Sent, ok bool, err error) {
	v, err := op.resolve(ctx, modeAsk)
	if err != nil || v.isNew() {
		return Sent{}, err == nil, err
	}
	return op.result(ctx, v), false, nil
}

// mode says what becomes of an accepted message.
type mode int

const (
	modeWrite mode = iota // append
	modeAsk               // append nothing: the caller only wants the verdict
)

// verdict is the result of the rules on one head of the log.
type verdict struct {
	needs    need           // if not needNothing, the other fields are not set
	sentAs   roomlog.SentAs // the message, or its draft, in the log
	change   roomlog.Change // appends the message or draft; without events it is in the log already
	heldBack *Sent          // the answer if the message is held back, else nil
}

// need is what a verdict lacks, because the head does not tell. If a read brings it, the rules are applied once more.
// If the caller must decide first, the message is held back.
type need int

const (
	needNothing      need = iota
	needLastMessage       // the index of the head lacks the caller's last message, which may be the same
	needOlderLog          // the index does not reach back to the start of the call
	needUnpaused          // the agent is paused
	needReading           // something unread may change what the caller says
	needConfirmation      // the text seems to hold a credential
)

// ends reports whether findEarlier has decided, so that no later rule applies.
func (v verdict) ends() bool { return v.sentAs.N > 0 || v.needs != needNothing }

// isNew reports whether the message is no repetition.
func (v verdict) isNew() bool { return len(v.change.Events) > 0 }

// resolve asks for a verdict, and gets what the verdict needs, until nothing is missing or the message is held back.
func (op *sendOp) resolve(ctx context.Context, how mode) (verdict, error) {
	c := op.session
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

		// The message is refused or needs something. Both are void if an earlier call has sent the message.
		said, errLookUp := op.lookUpKey(ctx)
		if err != nil && errLookUp == nil && !said {
			said, errLookUp = op.findTaken(ctx)
		}
		switch {
		case errLookUp != nil:
			return v, errLookUp
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
		case needUnpaused:
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

// attempt applies the rules to the message: with modeWrite during the append, on the very head before the message, and
// with modeAsk on a head at least as new as the call.
func (op *sendOp) attempt(ctx context.Context, how mode) (verdict, error) {
	var v verdict
	log := op.session.room.log
	proposal := &roomlog.Proposal{Blocked: op.recordEarlier, Began: op.began}
	proposal.Propose = op.session.ofCaller(func(head *room.Head, caller room.Caller, now time.Time) (ch roomlog.Change,
		err error) {
		v, err = op.propose(head, caller, proposal.Batched, now)
		return v.change, err
	})
	if how == modeAsk {
		head, err := log.Refresh(ctx, op.began)
		if err != nil {
			return verdict{}, err
		}
		_, err = proposal.Propose(head, op.session.room.svc.now())
		return v, err
	}
	if err := log.Append(ctx, proposal); err != nil { // if ctx has ended, op and v still belong to the append
		return verdict{}, err
	}
	v.change.Events = proposal.Events
	return v, nil
}

// propose applies the rules of sending to the message of caller, as the event after head. batched are events before
// it that are not written yet. propose changes nothing and does not block. The rules stand in the order of the body,
// and the first that applies decides. The numbers are cases, and the body has them at its rules: one rule has two
// cases where the case beside it shows when the rule does not apply (4 and 5, 7 and 8, 10 and 11). Two rare rules have
// no number: the disk is full, and too many drafts wait.
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
func (op *sendOp) propose(head *room.Head, caller room.Caller, batched []room.Event, now time.Time) (verdict, error) {
	v, err := op.findEarlier(head, caller, now) // 1, 2: for a repetition no other rule matters
	if v.ends() || err != nil {
		return v, err
	}
	if head.Expired(now) && !head.Closed { // 3
		return verdict{}, roomlog.ErrNotFound
	}

	// An unread message may be the reason of a refusal by 9, so 7 comes first.
	if caller.IsPaused() { // 4, 5
		return verdict{needs: needUnpaused}, nil
	}
	if !caller.IsPerson() {
		if err := head.CheckRun(); err != nil { // 6
			return verdict{}, err
		}
		if op.mayBeHeld(head, caller, batched) { // 7, 8
			return verdict{needs: needReading}, nil
		}
	}

	// 9: the room accepts the message, and its addressees are there
	event, err := head.ProposeMessage(caller, op.event, now)
	if err == nil {
		err = op.noSpace
	}
	if err != nil {
		return verdict{}, err
	}
	if op.credential != "" { // 10, 11
		return verdict{needs: needConfirmation}, nil
	}

	as := roomlog.SentAs{N: head.AsOf + 1, Draft: op.needsConsent || head.NeedsApproval(caller, event),
		Asks: len(op.event.Ask) > 0}
	if as.Draft { // 12
		d := draftOf(caller.Agent, event.Fingerprint(), now) // for a vote, whose proposal ProposeMessage has set
		if d.N > 0 && op.req.Key == "" {
			return verdict{sentAs: d}, nil
		}
		event, err = caller.Draft(event, op.event.Ask, op.req.Key, now)
		if err != nil {
			return verdict{}, err
		}
	}
	ch := roomlog.Change{Events: []room.Event{event}, Ops: op.fileOps(head, event, now)}
	if op.req.Key != "" {
		ch.Ops = append(ch.Ops, roomlog.PutSent(head.ID, caller, op.req.Key, as, now))
	}
	return verdict{sentAs: as, change: ch}, nil // 13
}

// answerUnsent records the call, and returns the rest of an answer that hands out nothing. News is not read.
func (op *sendOp) answerUnsent(ctx context.Context, status WaitStatus) Waited {
	c := op.session
	c.recorder().Record(ctx, presence.Call{Fresh: presence.SendFresh})
	got := Waited{Status: status, Cursor: op.ownCursor(), Situation: c.situation(c.room.log.Peek())}
	got.Paused = got.Paused || status == StatusPaused // the person may have ended the pause since
	return got
}

// ownCursor returns the cursor that the call gave, for an upload the call that opened it; "" if that gave none of the
// caller's.
func (op *sendOp) ownCursor() string {
	switch {
	case op.upload != nil:
		return op.upload.Cursor
	case !op.guard.on:
		return ""
	}
	return op.req.Cursor
}

// result returns the answer to a message with a final verdict.
func (op *sendOp) result(ctx context.Context, v verdict) Sent {
	if v.heldBack != nil {
		return *v.heldBack
	}
	if v.isNew() {
		op.event = v.change.Events[0]
	} else {
		op.event.N, op.earlier = v.sentAs.N, v.sentAs
	}
	got := Sent{Sent: !v.sentAs.Draft, ID: op.session.head.MessageID(op.event.N), Duplicate: !v.isNew()}
	if v.sentAs.Draft {
		got.Waited = op.answerUnsent(ctx, StatusPending)
	} else {
		got.Unfinished, got.Left = op.unfinished(ctx), op.namesOfLeft(ctx)
	}
	if got.Sent && (v.isNew() || op.req.Key == "") { // agents named again under a key may have left
		got.To = readers(op.event)
	}
	if len(op.event.Agreed) > 0 {
		got.Agreed = op.session.head.MessageID(op.event.Agreed[0])
	}
	return got
}

// readers returns the names of a message's readers, without the sender.
func readers(event room.Event) []string {
	if len(event.To) == 0 {
		return []string{Everyone}
	}
	return event.ToNames
}

// wrote reports whether the call wrote a message, or something that costs as much.
func (got Sent) wrote() bool {
	return got.Credential != "" || !got.Duplicate && (got.Sent || got.Status == StatusPending)
}

// unfinished returns the tasks of finishes that the message did not close, each with the reason. For a repeated message
// the first one counts.
func (op *sendOp) unfinished(ctx context.Context) (list []Unfinished) {
	c := op.session
	asked, closed := op.event.Finishes, op.event.Closes
	if len(asked) > 0 && op.earlier.N > 0 {
		if event, err := c.room.log.Event(ctx, op.earlier.N); err == nil {
			closed = event.Closes
		}
	}
	head := c.room.log.Peek()
	for _, no := range asked {
		if slices.Contains(closed, no) {
			continue
		}
		task, _ := head.Task(no)
		x := Unfinished{ID: room.TaskID(no), Why: cmp.Or(head.WhyUnfinished(c.me.Agent, no), "it is open again")}
		if c.me.SeesTask(task.N) && !task.Holder.Is(c.me.Agent) {
			x.By = task.Holder.Name
		}
		list = append(list, x)
	}
	return list
}

// namesOfLeft returns the agents that the text names by @ and that have left: the sender expects them to read. If
// the index does not reach back to room.LeftWindow, the log is read and the index extended.
func (op *sendOp) namesOfLeft(ctx context.Context) []string {
	log, me := op.session.room.log, op.session.me
	names, sure := log.Peek().LeftNamed(me.Agent, op.req.Text, op.began)
	if !sure && log.ReadBack(ctx, op.began.Add(-room.LeftWindow)) == nil { // the result does without the names
		names, _ = log.Peek().LeftNamed(me.Agent, op.req.Text, op.began)
	}
	return names
}

// answer completes the result of a sent message with unread messages, or with those that came during the wait.
func (op *sendOp) answer(ctx context.Context, got Sent) (Sent, error) {
	c := op.session
	service := c.room.svc
	if op.req.Said != nil {
		op.req.Said()
	}
	waited, err := op.listen(ctx)
	if service.Unanswered(ctx, err) { // the message is sent; the sender may wait again
		got.Cursor, got.Situation = op.req.Cursor, c.situation(c.room.log.Peek())
		return got, nil
	}
	if err == nil {
		got.Waited, got.Before = *waited, waited.before
	}
	return got, service.Outward(err)
}

// listen reads unread messages after the append, or waits for some.
func (op *sendOp) listen(ctx context.Context) (*Waited, error) {
	c := op.session
	c.useHead(c.room.log.Peek())
	cursor, named := c.readCursor(op.req.Cursor)
	if op.req.Stay { // the cursor was for the guard
		cursor, named, op.req.Cursor = ident.Cursor{}, false, ""
	}
	// Nothing is stored: the message has cost a write, and the next cursor acknowledges the same events.
	c.reader().AcknowledgeUnstored(cursor.N, op.event.ReplyTo)
	if op.req.Wait == 0 || op.hasMoreWork() {
		c.recorder().Record(ctx, presence.Call{Absence: op.req.Absence, Activity: op.req.Activity,
			Fresh: presence.SendFresh})
		return op.unread(ctx, cursor, named)
	}
	head, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.useHead(head)
	return c.wait(ctx, op.waits(), op.event.N)
}

// waits returns the wait after the message.
func (op *sendOp) waits() *WaitRequest {
	return &WaitRequest{Cursor: op.req.Cursor, Wait: op.req.Wait, Absence: op.req.Absence, Activity: op.req.Activity,
		Stay: op.req.Stay, key: op.req.Key, repeats: op.earlier.N}
}

// hasMoreWork reports whether the sender has just finished a task and has more to do: another task of its own, or
// more free tasks than idle agents. If others owe the sender an answer, it waits, and hasMoreWork is false.
func (op *sendOp) hasMoreWork() bool {
	if len(op.event.Closes) == 0 {
		return false
	}
	is := op.session.situation(op.session.head)
	return is.Owed == 0 && (len(is.Tasks) > 0 || is.FreeTasks > op.idleBefore)
}

// unread returns what the caller has not read, without waiting. named says that the cursor is one of the caller's.
func (op *sendOp) unread(ctx context.Context, cursor ident.Cursor, named bool) (*Waited, error) {
	c := op.session
	pos, err := op.readFrom(ctx, cursor, named)
	if err != nil {
		return nil, err
	}
	pos.sentN = op.event.N
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
	c := op.session
	if named {
		return position{Offer: presence.OfferAfter(cursor.N), toldOthersAway: cursor.ToldOthersAway}, nil
	}
	req := op.waits()
	newest := max(c.head.Recent.NewestForeign(c.me.Seat), c.head.LastChange)
	if offer, ok := c.reader().OfferNothing(c.query(req, cursor), newest); ok && !c.me.IsPerson() {
		return position{Offer: offer, ignored: req.Cursor != ""}, nil
	}
	return c.acknowledgeCursor(ctx, req)
}

// readCursor parses a cursor of the caller, whose head is current. ok is false if s is no such cursor, or one beyond
// the head.
func (c *session) readCursor(s string) (cursor ident.Cursor, ok bool) {
	cursor, ok = c.token.ParseCursor(s)
	if !ok || cursor.N > c.head.AsOf {
		return ident.Cursor{}, false
	}
	return cursor, true
}

// address makes the event, or returns the refusal. A caller whose seat is gone is told so first.
func (op *sendOp) address(ctx context.Context) error {
	err := op.makeEvent(ctx)
	if fault.CodeOf(err) != fault.InvalidArgument {
		return err
	}
	c := op.session
	head, errRefresh := c.room.log.Refresh(ctx, op.began)
	if errRefresh != nil {
		return errRefresh
	}
	if _, here := head.CallerByToken(c.holder); !here {
		return c.refuseToken(ctx, head)
	}
	return err
}

// makeEvent turns names into seats and ids into events, once, before the first attempt. Otherwise a message for Bob
// would reach another agent with Bob's name at a second attempt.
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
		known := op.repeatsToNamed(ctx, err)
		if err != nil && !known { // a repetition keeps addressees that have left since
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
	me := op.session.me
	if len(op.req.To) > 0 && me.IsPerson() && sameCompany(me, op.req.To, nil) { // a note
		op.event.To, op.event.ToNames = []int{me.Seat}, []string{me.Name}
	} else {
		readers, err := op.findAgents(ctx, "to", op.req.To)
		if err != nil {
			return err
		}
		for _, agent := range readers {
			op.event.To, op.event.ToNames = append(op.event.To, agent.Seat), append(op.event.ToNames, agent.Name)
		}
	}
	asked, err := op.findAgents(ctx, "ask", op.req.Ask)
	for _, agent := range asked {
		op.event.Ask = append(op.event.Ask, agent.Seat)
	}
	return err
}

// findAgents returns the agents of names without the caller, each once, in the order of their seats. The head is
// current, since another agent may have the name now. field is the argument for the refusal.
func (op *sendOp) findAgents(ctx context.Context, field string, names []string) (found []room.Agent, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	c := op.session
	head, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	c.useHead(head)
	if len(names) > core.MaxCapacity {
		return nil, refuseManyNames(field)
	}
	for i, key := range nameKeys(names) {
		agent, here := head.Named(key)
		switch {
		case !here:
			return nil, op.refuseAbsent(field, i+1, key)
		case agent.Seat != c.me.Seat && !slices.ContainsFunc(found,
			func(x room.Agent) bool { return x.Seat == agent.Seat }):
			found = append(found, agent)
		}
	}
	if len(found) == 0 {
		return nil, refuseOnlySelf(field)
	}
	slices.SortStableFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

func refuseManyNames(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field, core.MaxCapacity)
}

func refuseOnlySelf(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s names only yourself. Nothing was sent: name others.", field)
}

// refuseAbsent refuses a name that nobody here has. A name of an agent that the caller saw leave is no spelling
// mistake. The refusal does not suggest a message to all: words meant for one agent could become public.
func (op *sendOp) refuseAbsent(field string, number int, key string) error {
	c := op.session
	if n, left := c.head.LeftAs(c.me.Agent, key); left {
		if tail, known := c.room.log.Tail(n - 1); known && len(tail) > 0 && c.me.Sees(tail[0]) {
			return fault.Refuse(fault.InvalidArgument, "%s: number %d left %s. Nothing was sent.", field, number,
				ago(c.room.svc.now().Sub(time.UnixMilli(tail[0].AtMs))))
		}
	}
	return fault.Refuse(fault.InvalidArgument, "%s: number %d is nobody here. Nothing was sent: room_info tells who "+
		"is.", field, number)
}

// ago says in words how long ago an event was.
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

// sameCompany reports whether two lists name the same agents, leaving out the caller a.
func sameCompany(a room.Caller, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without the key of a.
func company(a room.Caller, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for an invalid name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		name, _ := ident.AgentName(s)
		keys[i] = name.Key
	}
	return keys
}

// findAnswered finds the answered message and the withdrawn one.
func (op *sendOp) findAnswered(ctx context.Context) error {
	if op.req.Withdraw != "" {
		event, err := op.session.seenEvent(ctx, "withdraw", op.req.Withdraw)
		if err != nil {
			return err
		}
		op.event.Withdraws = event.N
	}
	if op.req.ReplyTo == "" {
		return nil
	}
	e, err := op.session.seenEvent(ctx, "reply_to", op.req.ReplyTo)
	if err != nil {
		return err
	}
	op.event.ReplyTo, op.event.ReSeat, op.event.ReFor = e.N, e.Seat, e.To
	if e.Task != nil {
		op.event.ReAdded = e.Task.Added
	}
	return nil
}

// seenEvent returns the event of id if the caller may see it. An event hidden from the caller does not exist here.
// field is the argument for the refusal.
func (c *session) seenEvent(ctx context.Context, field, id string) (room.Event, error) {
	none := refuseUnseen(field)
	n, ok := c.head.MessageNumber(id)
	if !ok { // the cached head may be older than the event
		head, err := c.room.log.Refresh(ctx, c.room.svc.now())
		if err != nil {
			return room.Event{}, err
		}
		n, ok = head.MessageNumber(id)
	}
	if !ok {
		return room.Event{}, none
	}
	event, err := c.room.log.Event(ctx, n)
	if errors.Is(err, table.ErrNotFound) || err == nil && !c.me.Sees(event) {
		return room.Event{}, none
	}
	return event, err
}

// refuseUnseen refuses the id of a message that the caller may not see. field is the argument with the id.
func refuseUnseen(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: there is no message of this id that you may see, or it has "+
		"expired. Nothing was done: use the id of a message that you have read.", field)
}
