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
	got, err := c.say(ctx, req)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	if !got.Sent.Sent {
		return got.Sent, nil
	}
	return c.answer(ctx, &req, got)
}

// say sends the text of req. It returns before the call waits, so that its frame does not last as long as a wait.
func (c *session) say(ctx context.Context, req SendRequest) (*outcome, error) {
	o, k, repeated, err := c.address(ctx, outgoing{req: req, credential: c.warningOf(req.Text)})
	if err != nil || repeated != nil {
		return repeated, err
	}
	return c.send(ctx, &o, k)
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

// outgoing is a message of the caller that is ready to be sent. It never changes: what the call learns before the
// message is in the log is in known, and what came of the message is in outcome.
type outgoing struct {
	req           SendRequest
	event         room.Event      // names are seats, and ids are events: see address
	fileName      string          // of the shared file, which may still have to arrive; "" without a file
	upload        *roomlog.Upload // ends with the message; nil: no file, or a file that came with the call
	keyFromServer bool            // the server made the idempotency key: see checkKey
	credential    string          // the kind of credential in the message; "": none, or nobody would read a warning
	needsConsent  bool            // the person behind the agent decides first, even without approval of all messages
}

// known is what a call has learned about its message so far: resolve learns more between two verdicts.
type known struct {
	start   room.Start     // which events may be newer than the call
	earlier roomlog.SentAs // the message or draft that this call repeats; N is 0: none is known
	guard   guard          // against speaking over unread messages
	warned  bool           // the caller was warned of the credential before
	noSpace error          // the refusal if the disk has no space
	bound   []int          // of a proposal that answers an agreement: the seats that this binds
	agreed  bool           // bound is known
}

// place is where a message would stand in the log: after head and batched, which are not written yet.
type place struct {
	head    *room.Head
	caller  room.Caller
	batched []room.Event
	now     time.Time
	log     *roomlog.Log // for its tail in memory
}

// outcome is what came of a message.
type outcome struct {
	Sent
	event   room.Event     // as appended; of a repetition or an unsent message as the call has it
	earlier roomlog.SentAs // of a repetition; N is 0: none

	idleBefore int // how many agents waited for a task when the call began
}

// send counts the message against the limits of the caller, and appends the message.
func (c *session) send(ctx context.Context, o *outgoing, k known) (*outcome, error) {
	undo, err := c.room.svc.limits.Message(c.payer(ctx), len(o.req.Text))
	if err != nil {
		return nil, err
	}
	idle := 0
	if len(o.req.Finishes) > 0 { // before the append: the append frees tasks, and agents' waits end
		idle = c.room.agents.Idle(c.head)
	}
	got, err := c.appendMessage(ctx, o, k)
	if err != nil {
		if ctx.Err() == nil { // else the append may still succeed
			undo()
		}
		return nil, err
	}
	if !got.wrote() {
		undo()
	}
	got.idleBefore = idle
	return got, nil
}

// appendMessage appends the message, unless it is in the log already or held back.
func (c *session) appendMessage(ctx context.Context, o *outgoing, k known) (*outcome, error) {
	v, err := c.resolve(ctx, o, k, modeWrite)
	if err != nil {
		return nil, err
	}
	return c.result(ctx, o, v), nil
}

// mayAppend reports whether the message would be appended now, and appends nothing. If not, got is the result, also for
// a repeated message.
func (c *session) mayAppend(ctx context.Context, o *outgoing, k known) (got *outcome, ok bool, err error) {
	v, err := c.resolve(ctx, o, k, modeAsk)
	if err != nil || v.isNew() {
		return nil, err == nil, err
	}
	return c.result(ctx, o, v), false, nil
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
	besides  bool           // of a proposal: it answers an agreement or an open proposal, and does not replace it
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
	needAgreement         // a proposal answers what may be an agreement
)

// ends reports whether findEarlier has decided, so that no later rule applies.
func (v verdict) ends() bool { return v.sentAs.N > 0 || v.needs != needNothing }

// isNew reports whether the message is no repetition.
func (v verdict) isNew() bool { return len(v.change.Events) > 0 }

// resolve asks for a verdict, and gets what the verdict needs, until nothing is missing or the message is held back.
func (c *session) resolve(ctx context.Context, o *outgoing, k known, how mode) (verdict, error) {
	k.noSpace = c.checkSpace(len(o.req.Text))
	for range maxAttempts {
		v, err := c.attempt(ctx, o, k, how)
		switch {
		case errors.Is(err, errUnseated):
			return verdict{}, c.refuseToken(ctx, c.room.log.Peek())
		case err == nil && v.needs == needNothing:
			return v, c.checkKey(ctx, o, v)
		case err != nil && !errors.As(err, new(*fault.Error)):
			return v, err
		}

		// The message is refused or needs something. Both are void if an earlier call has sent the message.
		earlier, errLookUp := c.lookUpKey(ctx, o.req.Key)
		if err != nil && errLookUp == nil && earlier.N == 0 {
			earlier, errLookUp = c.findTaken(ctx, o)
		}
		switch {
		case errLookUp != nil:
			return v, errLookUp
		case earlier.N > 0 && earlier != k.earlier:
			k.earlier = earlier
			continue
		case err != nil:
			return v, c.nameReplacement(ctx, o, err)
		}

		switch v.needs {
		case needLastMessage:
			err = c.loadLastMessage(ctx)
		case needOlderLog:
			k, err = c.readBack(ctx, o, k)
		case needUnpaused:
			v.heldBack = &Sent{Waited: c.answerUnsent(ctx, o, StatusPaused)}
		case needReading:
			var unread *Waited
			k.guard, unread, err = c.holdBack(ctx, o.guarded(), k.guard)
			if unread != nil {
				v.heldBack = &Sent{Waited: *unread}
			}
		case needConfirmation:
			k.warned, v.heldBack, err = c.warnOfCredential(ctx, o)
		case needAgreement:
			k.agreed = true
			k.bound, err = c.boundBy(ctx, o.event.ReplyTo)
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
func (c *session) attempt(ctx context.Context, o *outgoing, k known, how mode) (verdict, error) {
	var v verdict
	log := c.room.log
	proposal := &roomlog.Proposal{Began: c.start.At, Blocked: func(x table.Conflict) {
		if x.Item != nil { // the message for which the idempotency key stands
			k.earlier = roomlog.ReadSent(*x.Item)
		}
	}}
	proposal.Propose = c.ofCaller(func(head *room.Head, caller room.Caller, now time.Time) (ch roomlog.Change,
		err error) {
		v, err = o.decide(k, place{head, caller, proposal.Batched, now, log})
		return v.change, err
	})
	if how == modeAsk {
		head, err := log.Refresh(ctx, c.start.At)
		if err != nil {
			return verdict{}, err
		}
		_, err = proposal.Propose(head, c.room.svc.now())
		return v, err
	}
	if err := log.Append(ctx, proposal); err != nil { // if ctx has ended, v still belongs to the append
		return verdict{}, err
	}
	v.change.Events = proposal.Events
	return v, nil
}

// decide applies the rules of sending to the message, as the next event at a place. decide does not block. The rules
// stand in the order of the body, and the first that applies decides. The numbers are cases, and the body has them at
// its rules: one rule has two cases where the case beside it shows when the rule does not apply (4 and 5, 7 and 8, 10
// and 11). Two rare rules have no number: the disk is full, and too many drafts wait.
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
func (o *outgoing) decide(k known, at place) (verdict, error) {
	head, caller, now := at.head, at.caller, at.now
	v, err := o.findEarlier(k, at) // 1, 2: for a repetition no other rule matters
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
		if o.guarded().mayBeHeld(k.guard, at) { // 7, 8
			return verdict{needs: needReading}, nil
		}
	}

	// 9: the room accepts the message, and its addressees are there
	open := head.IsOpenProposal(o.event.ReplyTo, now)
	if o.event.Kind == room.Proposal && o.event.ReplyTo != 0 && !open && !k.agreed {
		return verdict{needs: needAgreement}, nil
	}
	event, err := head.ProposeAnswer(caller, o.event, k.bound, now)
	if err == nil {
		err = k.noSpace
	}
	if err != nil {
		return verdict{}, err
	}
	if o.credential != "" && !k.warned { // 10, 11
		return verdict{needs: needConfirmation}, nil
	}

	as := roomlog.SentAs{N: head.AsOf + 1, Draft: o.needsConsent || head.NeedsApproval(caller, event),
		Asks: len(o.event.Ask) > 0}
	if as.Draft { // 12
		d := draftOf(caller.Agent, event.Fingerprint(), now) // for a vote, whose proposal ProposeMessage has set
		if d.N > 0 && o.req.Key == "" {
			return verdict{sentAs: d}, nil
		}
		event, err = caller.Draft(event, o.event.Ask, o.req.Key, now)
		if err != nil {
			return verdict{}, err
		}
	}
	ch := roomlog.Change{Events: []room.Event{event}, Ops: o.fileOps(head, event, now)}
	if o.req.Key != "" {
		ch.Ops = append(ch.Ops, roomlog.PutSent(head.ID, caller, o.req.Key, as, now))
	}
	besides := o.event.Kind == room.Proposal && (open || k.bound != nil) && event.Replaces == 0
	return verdict{sentAs: as, change: ch, besides: besides}, nil // 13
}

// answerUnsent records the call, and returns the rest of an answer that hands out nothing. News is not read.
func (c *session) answerUnsent(ctx context.Context, o *outgoing, status WaitStatus) Waited {
	c.recorder().Record(ctx, presence.Call{Fresh: presence.SendFresh})
	c.moveOn()
	cursor, read, _ := c.ownCursor(ctx, o.req.Cursor) // after an error the answer does without
	if o.upload != nil {                              // whose code is no token, so the cursor was made before
		cursor = o.upload.Cursor
	}
	got := Waited{Status: status, Cursor: cursor, Situation: c.situation(read)}
	got.Paused = got.Paused || status == StatusPaused // the person may have ended the pause since
	return got
}

// ownCursor returns the cursor of an answer that hands nothing out, and how far the caller has read: the cursor given,
// if it is one of the caller's; else, for an agent, how far it was handed events. The cursor is "" while an answer may
// be lost: see presence.Delivery.Cursor.
func (c *session) ownCursor(ctx context.Context, given string) (cursor string, read int64, err error) {
	if named, ok := c.readCursor(given); ok {
		return given, named.N, nil
	}
	if c.me.IsPerson() {
		return "", 0, nil
	}
	read, ok, err := c.reader().Cursor(ctx)
	if ok {
		cursor = c.cursor(read, false)
	}
	return cursor, read, err
}

// nextCursor is ownCursor for an answer after which words to all may hold a call back again: a cursor that these have
// held back once loses its mark.
func (c *session) nextCursor(ctx context.Context, given string) (cursor string, read int64, err error) {
	cursor, read, err = c.ownCursor(ctx, given)
	if named, ok := c.readCursor(given); ok && named.Held {
		cursor = c.cursor(named.N, named.ToldOthersAway)
	}
	return cursor, read, err
}

// result returns what came of a message with a final verdict.
func (c *session) result(ctx context.Context, o *outgoing, v verdict) *outcome {
	if v.heldBack != nil {
		return &outcome{Sent: *v.heldBack, event: o.event}
	}
	got := &outcome{event: o.event}
	if v.isNew() {
		got.event = v.change.Events[0]
	} else {
		got.event.N, got.earlier = v.sentAs.N, v.sentAs
	}
	got.Sent = Sent{Sent: !v.sentAs.Draft, ID: c.head.MessageID(got.event.N), Duplicate: !v.isNew()}
	if v.sentAs.Draft {
		got.Waited = c.answerUnsent(ctx, o, StatusPending)
	} else {
		got.Unfinished, got.Left = c.unfinished(ctx, got), c.namesOfLeft(ctx, o.req.Text)
	}
	if got.Sent.Sent && (v.isNew() || o.req.Key == "") { // agents named again under a key may have left
		got.To = readers(got.event)
	}
	if o.event.IsVote() && !v.isNew() { // the answer to the vote that completed the agreement may have been lost
		if event, err := c.room.log.Event(ctx, v.sentAs.N); err == nil {
			got.event.Agreed = event.Agreed
		}
	}
	if len(got.event.Agreed) > 0 {
		got.Agreed = c.head.MessageID(got.event.Agreed[0])
	}
	if got.Sent.Sent && v.isNew() {
		got.Beside = c.besideOf(ctx, &got.event, v.besides)
	}
	return got
}

// besideOf returns the id of the agreement or open proposal beside which proposal stands; "" if there is none. besides
// says that the proposal answers it. Else the proposal may answer one that was replaced: then it is what replaced that.
func (c *session) besideOf(ctx context.Context, proposal *room.Event, besides bool) string {
	n := proposal.ReplyTo
	if proposal.Kind != room.Proposal || n == 0 || proposal.Replaces != 0 {
		return ""
	}
	if !besides {
		latest, err := c.latestOf(ctx, n)
		if err != nil || latest == n || latest == proposal.N {
			return ""
		}
		n = latest
	}
	return c.head.MessageID(n)
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
func (c *session) unfinished(ctx context.Context, got *outcome) (list []Unfinished) {
	asked, closed := got.event.Finishes, got.event.Closes
	if len(asked) > 0 && got.earlier.N > 0 {
		if event, err := c.room.log.Event(ctx, got.earlier.N); err == nil {
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
func (c *session) namesOfLeft(ctx context.Context, text string) []string {
	log, me := c.room.log, c.me
	names, sure := log.Peek().LeftNamed(me.Agent, text, c.start.At)
	if !sure && log.ReadBack(ctx, c.start.At.Add(-room.LeftWindow)) == nil { // the result does without the names
		names, _ = log.Peek().LeftNamed(me.Agent, text, c.start.At)
	}
	return names
}

// answer completes the result of a sent message with unread messages, or with those that came during the wait.
func (c *session) answer(ctx context.Context, req *SendRequest, is *outcome) (Sent, error) {
	got := is.Sent
	service := c.room.svc
	if req.Said != nil {
		req.Said()
	}
	waited, err := c.listen(ctx, req, is)
	if service.Unanswered(ctx, err) { // the message is sent; the sender may wait again
		c.moveOn()
		cursor, _ := c.readCursor(req.Cursor)
		got.Cursor, got.Situation = req.Cursor, c.situation(cursor.N)
		return got, nil
	}
	if err == nil {
		got.Waited, got.Before = *waited, waited.before
	}
	if got.Agreed != "" && !got.Person {
		got.Revision = c.revisionOf(ctx, got.Agreed)
	}
	return got, service.Outward(err)
}

// listen reads unread messages after the append, or waits for some.
func (c *session) listen(ctx context.Context, req *SendRequest, is *outcome) (*Waited, error) {
	c.moveOn()
	cursor, named := c.readCursor(req.Cursor)
	if req.Stay { // the cursor was for the guard
		cursor, named, req.Cursor = ident.Cursor{}, false, ""
	}
	// Nothing is stored: the message has cost a write, and the next cursor acknowledges the same events.
	c.reader().AcknowledgeUnstored(cursor.N, is.event.ReplyTo)
	if req.Wait == 0 || c.hasMoreWork(is) || len(is.event.Agreed) > 0 { // what is agreed may be followed by tasks
		c.recorder().Record(ctx, presence.Call{Absence: req.Absence, Activity: req.Activity,
			Fresh: presence.SendFresh})
		return c.unread(ctx, req.waits(is.earlier), is.event.N, cursor, named)
	}
	head, err := c.room.log.Refresh(ctx, c.start.At)
	if err != nil {
		return nil, err
	}
	c.useHead(head)
	return c.wait(ctx, req.waits(is.earlier), is.event.N)
}

// waits returns the wait after the message.
func (req *SendRequest) waits(earlier roomlog.SentAs) *WaitRequest {
	return &WaitRequest{Cursor: req.Cursor, Wait: req.Wait, Absence: req.Absence, Activity: req.Activity,
		Stay: req.Stay, key: req.Key, repeats: earlier.N}
}

// hasMoreWork reports whether the sender has just finished a task and has more to do: another task of its own, or
// more free tasks than idle agents. If others owe the sender an answer, it waits, and hasMoreWork is false.
func (c *session) hasMoreWork(is *outcome) bool {
	if len(is.event.Closes) == 0 {
		return false
	}
	now := c.work()
	return c.awaited(nil).Owed == 0 && (len(now.Tasks) > 0 || now.FreeTasks > is.idleBefore)
}

// unread returns what the caller has not read, without waiting. named says that the cursor is one of the caller's.
func (c *session) unread(ctx context.Context, req *WaitRequest, sentN int64, cursor ident.Cursor, named bool) (*Waited,
	error) {
	pos, err := c.readFrom(ctx, req, cursor, named)
	if err != nil {
		return nil, err
	}
	pos.sentN = sentN
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
func (c *session) readFrom(ctx context.Context, req *WaitRequest, cursor ident.Cursor, named bool) (position, error) {
	if named {
		return position{Offer: presence.OfferAfter(cursor.N), toldOthersAway: cursor.ToldOthersAway}, nil
	}
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
	if !ok || cursor.N > c.room.log.Peek().AsOf {
		return ident.Cursor{}, false
	}
	return cursor, true
}

// address returns the message with names turned into seats and ids into events, once, before the first attempt:
// otherwise a message for Bob would reach another agent with Bob's name at a second attempt. k is what is known before
// the first attempt. repeated is what came of an earlier message to the same names that the call repeats; nil: none is
// found yet. A caller whose seat is gone is told so first.
func (c *session) address(ctx context.Context, o outgoing) (_ outgoing, k known, repeated *outcome, err error) {
	k.start = c.start
	k.guard = c.guardFor(o.req.Cursor)
	k.start.Known = max(k.start.Known, k.guard.cursor.N) // the client has the answer with this cursor
	e, earlier, err := c.makeEvent(ctx, o, k)
	o.event = e
	if err == nil && earlier.N > 0 {
		repeated, err = c.answerRepeated(ctx, &o, earlier)
		return o, k, repeated, err
	}
	if fault.CodeOf(err) != fault.InvalidArgument {
		return o, k, nil, err
	}
	head, errRefresh := c.room.log.Refresh(ctx, c.start.At)
	if errRefresh != nil {
		return o, k, nil, errRefresh
	}
	if _, here := head.CallerByToken(c.holder); !here {
		return o, k, nil, c.refuseToken(ctx, head)
	}
	return o, k, nil, err
}

// makeEvent returns the event of o. If o repeats an earlier call to named agents, the event has the addressees of that
// call, and earlier is the message of that call.
func (c *session) makeEvent(ctx context.Context, o outgoing, k known) (e room.Event, earlier roomlog.SentAs,
	err error) {
	e = room.Message(o.req.Text, o.req.Kind, o.event.File)
	for _, id := range o.req.Finishes {
		if no, ok := room.TaskNumber(id); ok && !slices.Contains(e.Finishes, no) {
			e.Finishes = append(e.Finishes, no)
		}
	}
	if e.Kind == room.Plain {
		e.Kind = ""
	}
	e, err = c.findNamed(ctx, o.req, e)
	if len(o.req.To) > 0 || err != nil {
		o.event = e
		e, earlier = c.findRepeatedToNamed(ctx, o, k, err)
		if err != nil && earlier.N == 0 { // a repetition keeps addressees that have left since
			return e, earlier, err
		}
	}
	e, err = c.findAnswered(ctx, o.req, e)
	return e, earlier, err
}

// findNamed returns e with the seats of the names in To and in Ask.
func (c *session) findNamed(ctx context.Context, req SendRequest, e room.Event) (room.Event, error) {
	if len(req.To) > 0 && c.me.IsPerson() && sameCompany(c.me, req.To, nil) { // a note
		e.To, e.ToNames = []int{c.me.Seat}, []string{c.me.Name}
	} else {
		readers, err := c.findAgents(ctx, "to", req.To)
		if err != nil {
			return e, err
		}
		for _, agent := range readers {
			e.To, e.ToNames = append(e.To, agent.Seat), append(e.ToNames, agent.Name)
		}
	}
	asked, err := c.findAgents(ctx, "ask", req.Ask)
	for _, agent := range asked {
		e.Ask = append(e.Ask, agent.Seat)
	}
	return e, err
}

// findAgents returns the agents of names without the caller, each once, in the order of their seats. The head is
// current, since another agent may have the name now. field is the argument for the refusal.
func (c *session) findAgents(ctx context.Context, field string, names []string) (found []room.Agent, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	head, err := c.room.log.Refresh(ctx, c.start.At)
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
			return nil, c.refuseAbsent(field, i+1, key)
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
func (c *session) refuseAbsent(field string, number int, key string) error {
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

// findAnswered returns e with the answered message and the withdrawn one.
func (c *session) findAnswered(ctx context.Context, req SendRequest, e room.Event) (room.Event, error) {
	if req.Withdraw != "" {
		event, err := c.seenEvent(ctx, "withdraw", req.Withdraw)
		if err != nil {
			return e, err
		}
		e.Withdraws = event.N
	}
	if req.ReplyTo == "" {
		return e, nil
	}
	event, err := c.seenEvent(ctx, "reply_to", req.ReplyTo)
	if fault.CodeOf(err) == fault.InvalidArgument && e.Kind == room.Proposal { // an agreement outlives its events
		event, err = c.agreedProposal(ctx, req.ReplyTo, err)
	}
	if err != nil {
		return e, err
	}
	e.ReplyTo, e.ReSeat, e.ReFor = event.N, event.Seat, event.To
	if event.Task != nil {
		e.ReAdded = event.Task.Added
	}
	return e, nil
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
