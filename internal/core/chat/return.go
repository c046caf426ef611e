package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/password"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// returnToSeat is JoinRoom for an agent with a token.
func (s *Service) returnToSeat(ctx context.Context, req JoinRequest) (Seated, error) {
	c, err := s.enterSeating(ctx, req.Token)
	if err != nil {
		return Seated{}, err
	}
	defer c.room.release()
	if c.head.Closed {
		return Seated{}, c.head.RefuseClosed()
	}
	if err := c.checkReturn(req); err != nil {
		return Seated{}, err
	}
	peeks := false
	if !req.Brought {
		peeks, err = c.bind(ctx) // perhaps for a program of the person: the agent is yet to be handed the news
		if err != nil {
			return Seated{}, err
		}
	}
	return c.answerReturn(ctx, presence.QueryOnReturn(peeks), !req.Brought)
}

// bind lets the caller's key or account admit a seat from the time when the server asked for none, whose own token is
// the caller's. Without bind, neither the token alone nor a link of the seat would ever be admitted: see access.Gate.
// If two keys call at once, the first admits the seat, and the other returns to it as if it had come later.
func (c seating) bind(ctx context.Context) (bound bool, err error) {
	by := ident.PrincipalOf(ctx)
	if !mayBind(by, c.me) {
		return false, nil
	}
	events, err := c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		if mayBind(by, at.caller) {
			ch.Events = []room.Event{at.caller.Agent.Admit(by)}
		}
		return ch, nil
	})
	if err == nil && !c.moveOn() {
		err = c.refuseToken(ctx, c.head)
	}
	return len(events) > 0, err
}

// mayBind reports whether by, who calls with the token of caller, is to admit the seat. The person beside an agent only
// watches, so the person's key does not become the agent's.
func mayBind(by ident.Principal, caller room.Caller) bool {
	return ident.KeyOf(by.ID) != "" && by.Seat == 0 && caller.IsUnadmitted() && caller.KeepsLease()
}

// answerReturn returns the answer for a caller that is back in its seat, and reads as query says. calls says that the
// caller itself has called: that is recorded once the call before it has been looked up.
func (c seating) answerReturn(ctx context.Context, query presence.Query, calls bool) (Seated, error) {
	offer, err := c.reader().AcknowledgeAndOffer(ctx, query)
	if err != nil {
		return Seated{}, err
	}
	if calls {
		c.recorder().RecordCall(ctx)
	}
	view, err := c.room.view(ctx, c.head, c.me)
	if err != nil {
		return Seated{}, err
	}
	got := Seated{
		Status: StatusReturned, Token: c.token.String(), Name: c.me.Name, Room: view, Now: c.room.svc.now(),
		Invite: inviteOf(c.head, c.room.svc.now()),
		Hidden: c.me.Since.Messages, Watch: c.head.ShownLink(c.me),
	}
	got.Agreements, err = reading(c).agreements(ctx, briefChars)
	if err != nil {
		return Seated{}, err
	}
	if c.me.IsPerson() && offer.First {
		return got, c.addLatest(ctx, offer, &got)
	}
	return got, c.addUnread(ctx, offer, &got)
}

// checkReturn refuses a token together with the name of another room or agent.
func (c seating) checkReturn(req JoinRequest) error {
	if req.Room != "" {
		names, err := c.namesRoom(req)
		if err != nil {
			return err
		}
		if !names {
			return fault.Refuse(fault.InvalidArgument, "agent_token belongs to another room than room names. "+
				"Pass only agent_token to return to its room, or only room and agent_name to join the other.")
		}
	}
	if req.AgentName != "" {
		if n, err := ident.AgentName(req.AgentName); err != nil || n.Key != c.me.Key {
			return fault.Refuse(fault.InvalidArgument, "agent_token belongs to an agent of another name. Pass only "+
				"agent_token to return as that agent, or only room and agent_name to join as a new one.")
		}
	}
	return nil
}

// namesRoom reports whether req names the room of the session, by its name or an invite.
func (c seating) namesRoom(req JoinRequest) (bool, error) {
	if v, ok := ident.InviteIn(req.Room); ok {
		return v.Room == c.head.ID, nil
	}
	name, _, err := password.Split(req.Room, req.Password)
	if err != nil {
		return false, err
	}
	n, err := ident.RoomName(name)
	return err == nil && n.Key == c.head.Key, nil
}

// addUnread adds the messages of an offer, the agent's own included.
func (c seating) addUnread(ctx context.Context, offer presence.Offer, got *Seated) error {
	b := batch{Events: core.JoinEvents, Limit: core.JoinBytes, Room: &c.head.State}
	scanned, full, err := c.fillBatch(ctx, &b, offer)
	if err != nil {
		return err
	}
	got.Messages, got.HasMore, got.Cursor = b.Messages, full, c.cursor(scanned, ident.Cursor{})
	got.Situation = reading(c).situation(learned{read: scanned})
	before := room.Mark{Messages: c.head.Messages}
	if b.Oldest.N > 0 {
		before = b.Oldest.Before()
	}
	got.Earlier, err = countEarlier(ctx, c.room.log, c.me, before)
	if err != nil {
		return err
	}
	// The record comes last, because the agent must be handed everything in the record.
	_, err = c.reader().RecordHandedOut(ctx, nil, offer, scanned, len(b.Messages))
	if err == nil && c.reader().HasHooks() { // no hook calls the agent for events before the record
		if head, failed := c.room.log.Refresh(ctx, c.room.svc.now()); failed == nil {
			got.HasMore = got.HasMore || head.AsOf > c.head.AsOf
		}
	}
	return err
}

// fillBatch adds the events of offer, up to the caller's head, to b, and returns the last event that fits or is hidden.
// full is true if an event did not fit.
func (c seating) fillBatch(ctx context.Context, b *batch, offer presence.Offer) (scanned int64, full bool, err error) {
	n := offer.After
	for event, err := range c.room.log.PagesToShow(c.me, roomlog.PageEvents).Since(ctx, n, c.head.AsOf) {
		if err != nil || event.N > c.head.AsOf {
			return n, false, err
		}
		if c.me.Receives(event) {
			message := messageOf(b.Room, c.me, event)
			message.Repeated = event.Seat != c.me.Seat && offer.Marks(event)
			if !b.Add(message, event) {
				return n, true, nil
			}
		}
		n = event.N
	}
	return n, false, nil
}

// addLatest adds the latest messages, for a new device of a person: the unread ones may be many.
func (c seating) addLatest(ctx context.Context, offer presence.Offer, got *Seated) error {
	asOf := c.head.AsOf
	if err := got.addLastMessages(ctx, c.room.log, c.me, asOf+1, asOf); err != nil {
		return err
	}
	got.Cursor, got.Situation = c.cursor(asOf, ident.Cursor{}), reading(c).situation(learned{read: asOf})
	offer.Arrived = asOf               // earlier events are no news to the device, and
	shown := max(1, len(got.Messages)) // that is recorded even if nobody has spoken
	_, err := c.reader().RecordHandedOut(ctx, nil, offer, asOf, shown)
	return err
}

// addLastMessages adds to the result of a join the last messages before event n, and the number of earlier messages
// to all. Joins and leaves stay out: the newcomer never met those agents. The log has no more than most messages to
// all, so the search stops at the first message, however many joins and leaves precede it.
func (got *Seated) addLastMessages(ctx context.Context, log *roomlog.Log, caller room.Caller, n, most int64) error {
	if most == 0 {
		return nil
	}
	crowd := max(0, len(got.Room.Agents)-core.AgentsShown)
	head := log.Peek()
	b := batch{Events: core.JoinEvents, Limit: max(core.JoinBytes/6, core.JoinBytes-crowd*AgentBytes), Talk: most,
		Room: &head.State}
	full, err := b.FillBefore(ctx, log, caller, n)
	slices.Reverse(b.Messages)
	got.Messages = b.Messages
	if err != nil || !full {
		return err
	}
	got.Earlier, err = countEarlier(ctx, log, caller, b.Oldest.Before())
	return err
}
