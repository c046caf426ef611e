package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// result returns what came of a message, as of the newest head. k is what was known before the append.
func (c sending) result(ctx context.Context, o *outgoing, k known, v verdict) *outcome {
	if v.ruling == unsent { // the answer has its head
		return &outcome{ruling: unsent, event: o.event, sent: *v.answer}
	}
	if v.ruling == accepted && o.req.Stay && k.guard.cursor.HeldMessage {
		_ = c.reader().EndHold(ctx) // if that fails, others do not hold back the next message
	}
	c.moveOn()
	c.answers = v.sentAs.N
	is := &outcome{ruling: v.ruling, event: o.event, idle: k.idle}
	if v.ruling == accepted {
		is.event = *v.event
		is.sent = c.sentBy(ctx, o, v, is.event)
		return is
	}
	event := &is.event
	is.earlier, event.N = v.sentAs, v.sentAs.N
	first, err := c.room.log.Event(ctx, event.N)
	if err == nil && !v.sentAs.Draft { // its answer may have been lost, and readers may have left since
		event.Seat, event.To, event.ToNames = first.Seat, first.To, first.ToNames
		event.Agreed, event.Closes, event.Ask = first.Agreed, first.Closes, first.Ask
	}
	is.sent = c.sentBy(ctx, o, v, *event)
	if err != nil {
		is.sent.To = nil
	}
	return is
}

// sentBy returns the answer about event, an accepted or repeated message.
func (c sending) sentBy(ctx context.Context, o *outgoing, v verdict, event room.Event) Sent {
	isNew, id := v.ruling == accepted, c.head.MessageID(event.N)
	if v.sentAs.Draft {
		waited := c.answerUnsent(ctx, o, StatusPending)
		waited.Cursor = c.cursorAfter(event.N, false, waited.Cursor)
		return Sent{ID: id, Duplicate: !isNew, Waited: waited}
	}
	got := Sent{Sent: true, ID: id, Duplicate: !isNew, Unfinished: c.unfinished(event.Finishes, event.Closes),
		Finished: taskIDs(event.Closes),
		To:       readers(event), Absent: c.absentOf(ctx, event)}
	if len(event.Agreed) > 0 {
		got.Agreed = c.head.MessageID(event.Agreed[0])
	}
	if isNew {
		got.Beside = c.besideOf(ctx, &event, v.replacesNone)
	}
	return got
}

// besideOf returns the id of the agreement or open proposal beside which proposal stands; "" if there is none: what it
// answers (replacesNone), or the agreement that has replaced that.
func (c sending) besideOf(ctx context.Context, proposal *room.Event, replacesNone bool) string {
	n := proposal.ReplyTo
	if proposal.Kind != room.Proposal || n == 0 || proposal.Replaces != 0 {
		return ""
	}
	if replacesNone {
		return c.head.MessageID(n)
	}
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
	latest := int64(0)
	for x := find(stored, n); err == nil && x != nil && x.ReplacedBy != 0; x = find(stored, latest) {
		latest = x.ReplacedBy
	}
	return c.head.MessageID(latest)
}

// readers returns the names of a message's readers, without the sender.
func readers(event room.Event) []string {
	if len(event.To) == 0 {
		return []string{Everyone}
	}
	return event.ToNames
}

// absentOf counts those whom event, a message of the caller, asks, names or is private to, and who will not answer
// soon. To tell that of those whom it answers would cost a read for each reply. A person sees how others are, and hears
// of nobody.
//
// talk: absent readers
func (c sending) absentOf(ctx context.Context, event room.Event) *Absent {
	seats := slices.DeleteFunc(slices.Concat(event.To, event.Ask, event.Named), func(seat int) bool {
		return seat == c.me.Seat || c.room.agents.Waits(seat) && !c.head.SilencedSeat(seat)
	})
	if len(seats) == 0 || c.me.IsPerson() || event.Withdraws != 0 || event.IsVote() {
		return nil
	}
	seen, err := c.room.readRoster(ctx, c.head, c.me)
	if err != nil { // the sender hears of them with its next message
		c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		return nil
	}
	var a Absent
	for _, agent := range c.head.Agents {
		if !slices.Contains(seats, agent.Seat) {
			continue
		}
		p := seen.lastHeard(agent, seen.Presence[agent.Seat])
		switch state := p.State(c.head, agent, seen.Now); {
		case c.head.Silenced(agent):
			a.Mute++
		case state == room.AgentAway:
			a.Away++
		case state == room.AgentSilent && seen.Now.Sub(p.SilentFrom()) >= PartnerSilent:
			a.Silent++
		}
	}
	if a == (Absent{}) {
		return nil
	}
	return &a
}

// unfinished returns the tasks of finishes that are not among closed, each with the reason.
func (c sending) unfinished(finishes, closed []int64) (list []Unfinished) {
	head := c.head
	for _, no := range finishes {
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

// answerUnsent records the call, and returns the rest of an answer that hands out nothing. News is not read.
func (c sending) answerUnsent(ctx context.Context, o *outgoing, status WaitStatus) Waited {
	c.recorder().Record(ctx, presence.Call{Lag: presence.SendLag})
	c.moveOn()
	cursor, read := c.ownCursor(o.cursor)
	switch {
	case o.upload == nil:
	case status == StatusPaused:
		cursor = cmp.Or(o.upload.Unsent, o.upload.Cursor)
	default: // the code is no token, so the cursor was made before
		cursor = o.upload.Cursor
	}
	return Waited{Status: status, Cursor: cursor, Situation: reading(c).situation(learned{read: read,
		paused: status == StatusPaused, unseen: status == StatusPending && reading(c).isUnseen(ctx)})}
}

// answer completes the result of a sent message with unread messages, or with those that came during the wait. If the
// absence that the call announces is not stored, answer fails: a repetition sends nothing, and stores the absence.
func (c sending) answer(ctx context.Context, req *SendRequest, is *outcome) (Sent, error) {
	got := is.sent
	service := c.room.svc
	if req.Said != nil {
		req.Said()
	}
	waited, err := c.listen(ctx, req, is)
	// The message is sent, and the sender may wait again.
	if service.Unanswered(ctx, err) && !errors.Is(err, presence.ErrAbsenceUnstored) {
		c.moveOn()
		cursor, read := c.ownCursor(req.Cursor)
		got.Waited.Cursor = c.cursorAfter(is.event.N, false, cursor)
		got.Waited.Situation = reading(c).situation(learned{read: read})
		return got, nil
	}
	if err == nil {
		got.Waited, got.Before = *waited, waited.before
	}
	if got.Agreed != "" && !got.Waited.Situation.Person {
		got.Waited.Revision = reading(c).revisionOf(ctx, got.Agreed)
	}
	return got, service.Outward(err)
}

// listen reads unread messages after the append, or waits for some. A message that asks waits as a wait for what is
// meant for the caller (WaitRequest.ForMe): what others say meanwhile comes with the answer, or with the next result.
func (c sending) listen(ctx context.Context, req *SendRequest, is *outcome) (*Waited, error) {
	// What is agreed may be followed by tasks.
	waits := req.Wait > 0 && !c.hasMoreWork(is) && len(is.event.Agreed) == 0
	if waits {
		if err := c.refresh(ctx); err != nil {
			return nil, err
		}
	}
	cursor, named := c.readCursor(req.Cursor)
	// Nothing would show that what the answer to a blind call hands out has arrived.
	blind := !named && !req.Stay && c.me.ReadsByCursor()
	if !c.isSeated() { // another may have the seat, and to wait or to record would be in its name
		got, err := c.unread(ctx, req.waits(is), cursor, named)
		if err == nil && blind {
			got = &Waited{Status: got.Status, Situation: got.Situation}
		}
		return got, err
	}
	call := presence.Call{Absence: req.Absence, Activity: req.Activity, Lag: presence.SendLag}
	if blind {
		if _, _, err := c.recorder().Record(ctx, call); err != nil {
			return nil, err
		}
		return &Waited{AwayUntil: c.recorder().AwayUntil(),
			Situation: reading(c).situation(learned{read: c.reader().HandedOutHere()})}, nil
	}
	// Nothing is stored: the message has cost a write, and the next cursor acknowledges the same events.
	c.reader().AcknowledgeUnstored(cursor.N)
	if waits {
		wait := req.waits(is)
		wait.ForMe = asksSomebody(&is.event)
		return reading(c).wait(ctx, wait)
	}
	if _, _, err := c.recorder().Record(ctx, call); err != nil {
		return nil, err
	}
	return c.unread(ctx, req.waits(is), cursor, named)
}

// waits returns the wait after the message.
func (req *SendRequest) waits(is *outcome) *WaitRequest {
	return &WaitRequest{Cursor: req.Cursor, Wait: req.Wait, Absence: req.Absence, Activity: req.Activity,
		Stay: req.Stay, sentN: is.event.N, key: req.Key, repeats: is.earlier.N}
}

// hasMoreWork reports whether the sender has just finished a task and has more to do: another task of its own that
// waits for no other, or more free tasks than idle agents. If others owe the sender an answer, it waits, and
// hasMoreWork is false.
func (c sending) hasMoreWork(is *outcome) bool {
	if len(is.event.Closes) == 0 {
		return false
	}
	now := reading(c).work()
	return reading(c).awaited(nil).Owed == 0 && (len(now.Tasks) > 0 && len(now.Waits) == 0 || now.FreeTasks > is.idle)
}

// unread returns what the caller has not read, without waiting. named says that the cursor is one of the caller's.
func (c sending) unread(ctx context.Context, req *WaitRequest, cursor ident.Cursor, named bool) (*Waited, error) {
	pos, err := c.readFrom(ctx, req, cursor, named)
	if err != nil {
		return nil, err
	}
	in := newInbox(reading(c), pos, listening{})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	got, finds, err := reading(c).handOut(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	got.Status = decideStatus(finds, stop{silently: true})
	return got, nil
}

// readFrom returns where the caller continues to read after its message.
func (c sending) readFrom(ctx context.Context, req *WaitRequest, cursor ident.Cursor, named bool) (position, error) {
	switch {
	case !c.isSeated():
		return c.readFromAtLast(ctx, req, cursor)
	case named:
		return req.position(presence.OfferAfter(cursor.N), cursor), nil
	}
	newest := max(c.head.Recent.NewestForeign(c.me.Seat), c.head.LastChange)
	if offer, none := c.reader().OfferNothing(reading(c).query(req, cursor), newest); none {
		return req.position(offer, cursor), nil
	}
	return reading(c).acknowledgeCursor(ctx, req)
}

// readFromAtLast returns where a caller without a seat continues to read: no later than where its token ended, as the
// seat's new owner may have read on. An agent without a cursor hears only how its seat ended.
func (c sending) readFromAtLast(ctx context.Context, req *WaitRequest, cursor ident.Cursor) (position, error) {
	offer := presence.Offer{How: presence.LastLook, After: cmp.Or(cursor.N, c.good)}
	if cursor.N == 0 && (req.Stay || !c.me.ReadsByCursor()) {
		again, err := c.reader().AcknowledgeAndOffer(ctx, presence.QueryOnReturn(false))
		if err != nil {
			return position{}, err
		}
		offer.After, offer.MarkTo = min(again.After, c.good), again.MarkTo
	}
	return req.position(offer, cursor), nil
}
