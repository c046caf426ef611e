package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// returnToSeat is JoinRoom for an agent that still has its token.
func (s *Service) returnToSeat(ctx context.Context, req JoinRequest) (Seated, error) {
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Seated{}, err
	}
	defer c.room.release()
	if c.head.Closed {
		return Seated{}, room.RefuseClosed()
	}
	if err := c.checkReturn(req); err != nil {
		return Seated{}, err
	}
	p, err := c.positions().load(ctx)
	if err != nil {
		return Seated{}, err
	}
	c.noteCall(ctx)
	view, err := c.room.view(ctx, c.head, c.agent.Seat)
	if err != nil {
		return Seated{}, err
	}
	got := Seated{
		Status: StatusReturned, Token: c.token.String(), Name: c.agent.Name, Room: view, Now: s.now(),
	}
	err = c.addUnread(ctx, p, &got)
	return got, err
}

// checkReturn refuses a token together with the name of another room or agent.
func (c *caller) checkReturn(req JoinRequest) error {
	if req.Room != "" {
		name, _, err := splitPassword(req.Room, req.Password)
		if err != nil {
			return err
		}
		if n, err := ident.RoomName(name); err != nil || n.Key != c.head.Key {
			return fault.Refuse(fault.InvalidArgument, "agent_token belongs to another room than room says. Pass only agent_token to return to its room, or only room and agent_name to join the other.")
		}
	}
	if req.AgentName != "" {
		if n, err := ident.AgentName(req.AgentName); err != nil || n.Key != c.agent.Key {
			return fault.Refuse(fault.InvalidArgument, "agent_token belongs to an agent of another name. Pass only agent_token to return as that agent, or only room and agent_name to join as a new one.")
		}
	}
	return nil
}

// addUnread adds what came after the acknowledged cursor, the agent's own messages
// included.
func (c *caller) addUnread(ctx context.Context, p readPosition, got *Seated) error {
	after := max(p.Acked, p.From)
	b := batch{events: joinEvents, limit: joinBytes}
	scanned, err := c.fill(ctx, &b, after, max(p.Handed, c.positions().shown(0)))
	if err != nil {
		return err
	}
	got.Messages, got.HasMore, got.Cursor = b.messages, scanned < c.head.AsOf, ident.Cursor(c.token, scanned)
	oldest, err := c.room.log.Oldest(ctx, c.agent.Since)
	if err != nil {
		return err
	}
	got.Earlier = max(0, after+1-oldest)
	if scanned > p.Handed { // last: what is noted is handed out
		err = c.positions().handed(ctx, p.handing(after, scanned, 0, 0))
	}
	return err
}

// fill adds what the caller is shown of the events after n to b, and returns the
// last event it looked at. It stops at the caller's head, so that the answer is of
// one moment. Messages up to shown are marked as repeated.
func (c *caller) fill(ctx context.Context, b *batch, n, shown int64) (scanned int64, err error) {
	for n < c.head.AsOf {
		events, err := c.room.log.Read(ctx, n)
		if err != nil {
			return n, err
		}
		if len(events) == 0 {
			return n, nil
		}
		for _, e := range events {
			if e.N > c.head.AsOf || !c.take(b, e, shown) {
				return n, nil
			}
			n = e.N
		}
	}
	return n, nil
}

// take adds e to b, and reports whether it fits.
func (c *caller) take(b *batch, e room.Event, shown int64) bool {
	if !c.agent.Receives(e) {
		return true
	}
	m := messageFor(c.agent, e)
	m.Repeated = e.N <= shown && e.Seat != c.agent.Seat
	return b.add(m)
}
