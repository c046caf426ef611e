package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Send sends a text to the caller's room, and waits for an answer if asked to.
//
// With a cursor, an unread message that may matter to the text holds the text back: see room.Caller.IsHeldBy. With the
// cursor of that answer or a newer one, only words of the caller's own person do. Either way, the answer has everything
// unread. For a repeated call see findMade.
//
// A person needs a second call only for a credential, and repeats a message only by a key, or as the room takes a vote
// or a withdrawal once. The person may pause the agent, or approve all or some messages first; then they become drafts:
// see Supervise.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := req.check(); err != nil {
		return Sent{}, err
	}
	c, err := s.enterSending(ctx, req.Token)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	defer c.room.release()
	got, err := c.say(ctx, req)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	if !got.sent.Sent {
		return got.sent, nil
	}
	return c.answer(ctx, &req, got)
}

// say sends the text of req. It returns before the call waits, so that its frame does not last as long as a wait.
func (c sending) say(ctx context.Context, req SendRequest) (*outcome, error) {
	o, k, repeated, err := c.address(ctx, outgoing{req: req, credential: c.warningOf(req.Text)})
	if err != nil || repeated != nil {
		return repeated, err
	}
	return c.send(ctx, &o, k)
}

// outgoing is a message of the caller that is ready to be sent. No attempt changes it: what the call learns before the
// message is in the log is in known, and what came of the message is in outcome.
type outgoing struct {
	req           SendRequest
	cursor        string          // for the guard: that of req, or of a stay what has arrived
	event         room.Event      // names are seats, and ids are events: see address
	said          string          // the digest of the call
	toAll         bool            // the call says that all read the message, by Everyone
	fileName      string          // of the shared file, which may still have to arrive; "" without a file
	upload        *roomlog.Upload // ends with the message; nil: no file, or a file that came with the call
	keyFromServer bool            // the server made the idempotency key: see checkKey
	credential    string          // the kind of credential in the message; "": none, or nobody would read a warning
	needsConsent  bool            // the person behind the agent decides first, even without approval of all messages
}

// known is what a call has learned about its message so far: resolve learns more between two verdicts.
type known struct {
	began   time.Time      // when the call began
	earlier roomlog.SentAs // what the key stands for, or the vote that was taken; N is 0: none is known
	guard   guard          // against speaking over unread messages
	warned  bool           // the caller was warned of the credential before
	noSpace error          // the refusal if the disk has no space
	bound   struct {       // of a proposal that may answer an agreement
		known bool
		seats []int // whom the agreement binds; nil: it answers none
	}
	idle int // how many agents waited for a task before the append
}

// outcome is what came of a message.
type outcome struct {
	ruling  ruling         // accepted, repeated or unsent
	event   room.Event     // as appended; of a repetition or an unsent message as the call has it
	earlier roomlog.SentAs // if repeated
	sent    Sent           // the answer, without what a wait brings
	idle    int            // see known
}

// wrote reports whether the call wrote a message, or something that costs as much.
func (is *outcome) wrote() bool { return is.ruling == accepted || is.sent.Credential != "" }

// send counts the message against the limits of the caller, and appends the message.
func (c sending) send(ctx context.Context, o *outgoing, k known) (*outcome, error) {
	undo, err := c.room.svc.limits.Message(c.payer(ctx), len(o.req.Text))
	if err != nil {
		return nil, err
	}
	if len(o.req.Finishes) > 0 { // before the append: the append frees tasks, and agents' waits end
		k.idle = c.room.agents.Idle(c.head)
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
	return got, nil
}

// appendMessage appends the message, unless it is in the log already or stays unsent.
func (c sending) appendMessage(ctx context.Context, o *outgoing, k known) (*outcome, error) {
	v, err := c.resolve(ctx, o, k, c.attempt)
	if err != nil {
		return nil, err
	}
	return c.result(ctx, o, k, v), nil
}

// mayAppend reports whether the message would be appended now. If not, got is the result, also of a repeated message.
func (c sending) mayAppend(ctx context.Context, o *outgoing, k known) (got *outcome, ok bool, err error) {
	v, err := c.resolve(ctx, o, k, c.rehearse)
	if err != nil || v.ruling == accepted {
		return nil, err == nil, err
	}
	return c.result(ctx, o, k, v), false, nil
}

// verdict is what the rules say of a message.
type verdict struct {
	ruling       ruling
	sentAs       roomlog.SentAs // if accepted or repeated: the message, or its draft, in the log
	replacesNone bool           // if accepted: answers an agreement or an open proposal, and replaces none
	event        *room.Event    // if accepted by attempt: the message or draft, as appended
	answer       *Sent          // if unsent
}

// ruling names what a verdict says of a message.
type ruling int

const (
	accepted ruling = iota + 1 // the message is no repetition: attempt has appended it or its draft, rehearse has not
	repeated                   // the message or draft in the log says the same
	unsent                     // the answer says what the caller, or its person, has to do first: of resolve alone
)

// resolve tries to send the message, by attempt or rehearse, and learns what the verdict needs, until the message is
// accepted, repeated, unsent or refused.
func (c sending) resolve(ctx context.Context, o *outgoing, k known,
	try func(context.Context, *outgoing, known) (verdict, error)) (verdict, error) {
	k.noSpace = c.checkSpace(len(o.req.Text))
	for range maxAttempts {
		v, refused := try(ctx, o, k)
		needs, hasNeed := needOf(refused)
		switch {
		case refused == nil && v.ruling == repeated:
			return v, c.checkKey(ctx, o, v.sentAs)
		case refused == nil:
			return v, nil
		case errors.Is(refused, errUnseated):
			return verdict{}, c.refuseToken(ctx, c.room.log.Peek())
		case !hasNeed && !errors.As(refused, new(*fault.Error)): // nobody knows what became of the message
			return verdict{}, refused
		}

		// The message is refused or needs something. Both are void if an earlier call has sent the message.
		var found bool
		var err error
		k, found, err = c.findSince(ctx, o, k, !hasNeed || needs.stops())
		switch {
		case err != nil:
			return verdict{}, err
		case found:
			continue
		case !hasNeed:
			return verdict{}, refused
		}

		var answer *Sent
		k, answer, err = c.learn(ctx, o, k, needs)
		if err != nil || answer != nil {
			return verdict{ruling: unsent, answer: answer}, err
		}
	}
	return verdict{}, fault.Refuse(fault.Unavailable,
		"The room changed too often while you spoke. Nothing was sent: call again.")
}

// learn adds to k what is needed. answer is not nil if the message stays unsent.
func (c sending) learn(ctx context.Context, o *outgoing, k known, needs need) (_ known, answer *Sent, err error) {
	switch needs {
	case needCalls:
		err = c.refresh(ctx)
	case needUnpaused:
		answer = &Sent{Waited: c.answerUnsent(ctx, o, StatusPaused)}
	case needReading:
		var unread *Waited
		k.guard, unread, err = reading(c).holdBack(ctx, o.intent(), k.guard)
		if unread != nil {
			answer = &Sent{Waited: *unread}
		}
	case needConfirmation:
		k.warned, answer, err = c.warnOfCredential(ctx, o)
	case needAgreement:
		k.bound.known = true
		k.bound.seats, err = reading(c).boundBy(ctx, o.event.ReplyTo)
	}
	return k, answer, err
}

// attempt appends the message if the rules accept it, on the very head before it. If the idempotency key turns out to
// stand for an earlier message, the rules are applied once more, with that message known.
func (c sending) attempt(ctx context.Context, o *outgoing, k known) (verdict, error) {
	done, err := roomlog.Append(ctx, c.room.log, c.began, ofCaller(c.session, func(at place) (decided, error) {
		now := k
		for _, x := range at.blocked {
			if x.Item != nil { // the message for which the key stands
				now.earlier = roomlog.ReadSent(*x.Item)
			}
		}
		return o.decide(now, at)
	}))
	if len(done.Events) > 0 {
		done.Answer.event = &done.Events[0]
	}
	return done.Answer, err
}

// rehearse applies the rules to the message on a head at least as new as the call, and appends nothing.
func (c sending) rehearse(ctx context.Context, o *outgoing, k known) (verdict, error) {
	head, err := c.room.log.Refresh(ctx, c.began)
	if err != nil {
		return verdict{}, err
	}
	caller, here := head.CallerByToken(c.holder)
	if !here {
		return verdict{}, errUnseated
	}
	got, err := o.decide(k, place{head: head, caller: caller, now: c.room.svc.now(), log: c.room.log})
	return got.Answer, err
}

// decided is a verdict, and the change that appends an accepted message or its draft.
type decided = roomlog.Answered[verdict]

// decide applies the rules of sending to the message, as the next event at a place. It does not block. The rules stand
// in the order of the body, and the first that applies decides. Cases 5, 8 and 11 show when the rule before them does
// not apply. Three rare rules have no number: the call hung, the disk is full, and too many drafts wait.
//
//  1. Ann repeats "shall we?" with her old cursor: the answer names the first one, and nothing is written.
//  2. Ann repeats a draft that her person has refused: she is refused.
//  3. The room has expired: it is not found.
//  4. Ann's person has paused her: what she says is not sent.
//  5. Ann's person has paused her, and speaks: no rule about agents applies, and it is sent.
//  6. Agents have sent as many messages as they may: an agent is refused until a person speaks.
//  7. Bob has spoken since the cursor of Ann: her message is held back, and the answer has his.
//  8. Ann repeats it with the cursor of that answer: it is sent, though Bob has asked her since.
//  9. Ann asks Bob, who has left: she is refused.
//  10. The text seems to hold a credential: she is warned, and it is not sent.
//  11. Ann repeats such a text after the warning: it is sent.
//  12. Ann's person approves what she says, or what is said like this: it is kept as a draft.
//  13. None of these: it is sent.
func (o *outgoing) decide(k known, at place) (decided, error) {
	head, caller, now := at.head, at.caller, at.now
	earlier, err := o.again(k, at) // 1, 2: for a repetition no other rule matters
	switch {
	case err != nil:
		return decided{}, err
	case earlier.N > 0:
		return decided{Answer: verdict{ruling: repeated, sentAs: earlier}}, nil
	}
	if o.req.Key == "" {
		if err := checkLate(k.began, now); err != nil {
			return decided{}, err
		}
	}
	if head.Expired(now) && !head.Closed { // 3
		return decided{}, roomlog.ErrNotFound
	}

	// An unread message may be the reason of a refusal by 9, so 7 comes first.
	if caller.IsPaused() { // 4, 5
		return decided{}, needUnpaused
	}
	if err := head.CheckRun(caller); err != nil { // 6
		return decided{}, err
	}
	if o.intent().mayBeHeld(k.guard, at) { // 7, 8
		return decided{}, needReading
	}

	// 9: the room accepts the message, and its addressees are there
	open := head.IsOpenProposal(o.event.ReplyTo, now)
	if o.event.Kind == room.Proposal && o.event.ReplyTo != 0 && !open && !k.bound.known {
		return decided{}, needAgreement
	}
	event, err := head.ProposeAnswer(caller, o.event, k.bound.seats, now)
	switch {
	case err != nil:
	case o.toAll && len(event.To) > 0 && event.Text != "":
		err = room.RefuseOtherReaders()
	default:
		err = k.noSpace
	}
	if err != nil {
		return decided{}, err
	}
	if o.credential != "" && !k.warned { // 10, 11
		return decided{}, needConfirmation
	}

	as := roomlog.SentAs{N: head.AsOf + 1, Draft: o.needsConsent || head.NeedsApproval(caller, event)}
	if as.Draft { // 12
		event, err = caller.Draft(event, o.event.Ask, o.req.Key, now)
		if err != nil {
			return decided{}, err
		}
	}
	got := decided{Events: []room.Event{event}, Ops: o.fileOps(head, event, now)}
	if o.req.Key != "" {
		got.Ops = append(got.Ops, roomlog.PutSent(head.ID, caller, o.req.Key, as, now))
	}
	replacesNone := o.event.Kind == room.Proposal && (open || k.bound.seats != nil) && event.Replaces == 0
	got.Answer = verdict{ruling: accepted, sentAs: as, replacesNone: replacesNone}
	return got, nil // 13
}

// intent returns the message for the guard. Perhaps the client of a stay never repeats a message that was held back, so
// only what is meant for the agent holds it back.
func (o *outgoing) intent() *intent {
	said := o.event
	private := len(said.To) > 0 || said.IsVote() && len(said.ReFor) > 0
	report := len(said.Finishes) > 0 || o.fileName != "" || said.Kind == room.Agree
	return &intent{
		act: room.Act{To: said.To, ReplyTo: said.ReplyTo, Finishes: said.Finishes,
			ByAny: !o.req.Stay && (said.Kind == room.Proposal || !private && !report)},
		votes: said.IsVote() && said.ReplyTo == 0, stay: o.req.Stay, key: o.req.Key, upload: o.upload != nil,
	}
}

// fileOps returns the ops for the Write of event, the event after head: the claim of event's file, and the end of the
// upload that brought the file.
func (o *outgoing) fileOps(head *room.Head, event room.Event, now time.Time) (ops []table.Op) {
	if event.CarriedFile() != nil {
		ops = append(ops, roomlog.PutClaim(head, event, now))
	}
	if o.upload != nil && now.Before(o.upload.Until()) { // else another upload may have the slot
		ops = append(ops, table.Delete(o.upload.Key, table.Always))
	}
	return ops
}
