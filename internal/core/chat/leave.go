package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// LeaveRoom gives up the seat and the name, with an optional last word, and returns the caller's unread messages. A
// second call is no error. A held agent cannot leave; its person can. See room.State.CheckLeaving and holdBackLeave.
func (s *Service) LeaveRoom(ctx context.Context, req LeaveRequest) (Left, error) {
	if req.Text != "" {
		if err := room.CheckText(req.Text); err != nil {
			return Left{}, err
		}
	}
	c, err := s.enterSeating(ctx, req.Token)
	switch fault.CodeOf(err) {
	case "":
	case fault.Removed:
		return Left{Status: StatusAlreadyLeft}, nil
	default:
		err = s.Outward(err)
		if fault.CodeOf(err) == fault.RoomNotFound {
			return Left{Status: StatusAlreadyLeft}, nil
		}
		return Left{}, err
	}
	defer c.room.release()
	if err := c.checkLastWord(ctx, req.Text); err != nil {
		return Left{}, s.Outward(err)
	}
	if req.Text != "" {
		if err := c.checkSpace(len(req.Text)); err != nil {
			return Left{}, err
		}
	}
	if req.Reads && c.me.IsHeldBack() {
		held, err := c.holdBackLeave(ctx, req.Text)
		if err != nil || held.Status != "" {
			return held, s.Outward(err)
		}
	}
	got, err := c.leave(ctx, req.Text)
	return got, s.Outward(err)
}

// leaveShown is the most messages in the answer to a leave that is held back.
const leaveShown = 7

// holdBackLeave holds back the first leave of an agent if something unread would hold back a finish: else a question to
// Bob would wait among 61 unread messages, and his token be dead. The answer has what is meant for him, and its zero
// value says that nothing is. The second call leaves. Its answer has the same once more, marked: the first may be lost.
// Programs that give a seat back by themselves take the absence of an error for the end of the seat, so they do not ask
// for this.
//
// talk: leaving.
func (c seating) holdBackLeave(ctx context.Context, text string) (Left, error) {
	if checkLive(c.head, c.room.svc.now()) != nil ||
		c.head.CheckLeaving(c.me, lastWord(c.head, c.me, text)) != nil {
		return Left{}, nil
	}
	read, held, err := c.reader().BeforeLeave(ctx)
	if err != nil || held {
		return Left{}, err
	}
	got, last := Left{Status: StatusUnread, Silent: c.head.Silenced(c.me.Agent), Way: c.way()}, int64(0)
	b := batchFor(c.me, &c.head.State)
	b.Events = leaveShown
	for event, err := range c.room.log.PagesToShow(c.me, roomlog.PageEvents).Since(ctx, read, c.head.AsOf) {
		switch {
		case err != nil:
			return Left{}, err
		case c.me.IsHeldBy(event, room.Act{}) && b.Add(messageOf(b.Room, c.me, event), event):
			last = event.N
		case c.me.IsNews(event):
			got.HasMore = true
		}
	}
	if last == 0 {
		return Left{}, nil
	}
	c.recorder().RecordCall(ctx)
	got.Messages = b.Messages
	return got, c.reader().HoldBackLeave(ctx, last)
}

// leave gives up the caller's seat, with the last word in the same Write: an agent neither leaves without the word nor
// stays after the word.
func (c seating) leave(ctx context.Context, text string) (got Left, err error) {
	got.Messages, got.HasMore, err = c.lastUnread(ctx)
	if err != nil {
		return Left{}, err
	}
	heard := c.livenessOfHeirs(ctx)
	leaves := ofCaller(c.session, func(at place) (ch roomlog.Answered[leaving], err error) {
		head, caller, now := at.head, at.caller, at.now
		if checkLive(head, now) != nil { // nobody has a seat in such a room
			return ch, errUnseated
		}
		word := lastWord(head, caller, text)
		ch.Answer.unsaid = word != text
		if err := head.CheckLeaving(caller, word); err != nil {
			return ch, err
		}
		if word != "" {
			event, err := head.ProposeMessage(caller, room.Message(word, "", nil), now)
			if err != nil {
				return ch, err
			}
			ch.Events = append(ch.Events, event)
		}
		left := heard.Leave(head, caller, now)
		ch.Events = append(ch.Events, left)
		if caller.Person.HasOpened() { // the person's devices are told why the seat is gone
			ch.Ops = roomlog.Vacate(&head.State, left, table.Always, now)
		} else {
			ch.Ops = []table.Op{table.Delete(roomlog.PresenceKey(head.ID, caller.Seat), table.Always)}
		}
		return ch, nil
	})
	done, err := roomlog.Append(ctx, c.room.log, c.room.svc.now(), leaves)
	switch {
	case errors.Is(err, errUnseated):
		got.Status = StatusAlreadyLeft
		return got, nil
	case err != nil:
		return Left{}, err
	}
	got.Status, got.NewAdmin = StatusLeft, done.Events[len(done.Events)-1].NewAdmin
	got.Unsaid = done.Answer.unsaid
	if head := c.room.log.Peek(); !head.Deserted() {
		got.Until = head.Expires()
	}
	c.moveOn()
	got.Way = c.way()
	return got, nil
}

// lastWord returns what caller says of text as it leaves: an agent that may not speak to all leaves without a word,
// since its call would be refused each time.
func lastWord(head *room.Head, caller room.Caller, text string) string {
	if !caller.IsPerson() && head.Silenced(caller.Agent) {
		return ""
	}
	return text
}

// leaving is what a leave does beside its events.
type leaving struct{ unsaid bool } // see Left.Unsaid

// livenessOfHeirs returns who is present. It reads the presence only if another agent becomes admin as the caller
// leaves: a present agent comes first.
func (c seating) livenessOfHeirs(ctx context.Context) (heard room.Liveness) {
	if heard.Heir(c.head, c.me.Seat, c.room.svc.now()) == 0 {
		return heard
	}
	var err error
	heard.Presence, _, err = c.room.agents.ReadPresence(ctx, table.Eventual)
	if err != nil && ctx.Err() == nil {
		c.room.svc.log.WarnContext(ctx, "presence not read", "error", err) // messages also tell who is present
	}
	return heard
}

// lastUnread returns the caller's unread messages. Nothing is recorded: the seat is given up.
func (c seating) lastUnread(ctx context.Context) ([]Message, bool, error) {
	offer, err := c.reader().AcknowledgeAndOffer(ctx, presence.QueryAtLast())
	if err != nil {
		return nil, false, err
	}
	in := newInbox(reading(c), position{Offer: offer, leaves: true}, listening{})
	err = in.collect(ctx)
	if errors.Is(err, table.ErrUnavailable) {
		err = nil // the caller leaves without its unread messages
	}
	return in.batch.Messages, in.end == full, err
}

// checkLastWord refuses a last word once for what warningOf finds.
func (c seating) checkLastWord(ctx context.Context, text string) error {
	kind := sending(c).warningOf(text)
	if kind == "" {
		return nil
	}
	confirmed, err := sending(c).confirmCredential(ctx, digestOf(text), "")
	if err != nil || confirmed {
		return err
	}
	return fault.Refuse(fault.InvalidArgument, "text holds what looks like %s, and all here would read it. "+
		"You have not left: take it out and call again; if others are meant to have it, repeat this call as it is.",
		kind)
}
