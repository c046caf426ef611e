package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// knock lets the agents of a room see that the caller was refused, and returns the
// pending token with which the caller gets the seat of its name if one of them vouches
// for it; "" if the room has seen enough knocks, or if no seat has the name. The refusal
// stands whatever comes of it.
func (op *joinOp) knock(ctx context.Context, r *liveRoom, why room.Reason) (pending string) {
	if h := r.log.Known(); h == nil || !op.mayKnock(h, op.svc.now(), why) {
		return "" // the head may lie behind: then another call has knocked
	}
	var token string
	err := r.log.Append(ctx, &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (roomlog.Change, error) {
		token = ""
		if !op.mayKnock(h, now, why) {
			return roomlog.Change{}, nil
		}
		e := room.Event{Type: room.Knocked, Name: op.Name.Shown, Key: op.Name.Key, Reason: why}
		if old, taken := h.Named(op.Name.Key); taken {
			e.Seat, e.Hash = old.Seat, op.Holder()
			token = op.Token(h.ID, old.Seat).String()
		}
		ch := roomlog.Change{Events: []room.Event{e}}
		if s := op.claim.Succeed(h, now); s != nil && why == room.ReasonRoomFull { // first, so that who sees the knock can make room
			ch.Events = []room.Event{*s, e}
		}
		return ch, nil
	}})
	if err != nil {
		if ctx.Err() == nil {
			op.svc.log.WarnContext(ctx, "a knock was not written", "error", err)
		}
		return ""
	}
	return token
}

// mayKnock reports whether the caller was refused for the reason by the room as it is,
// and whether the room has not seen enough knocks.
func (op *joinOp) mayKnock(h *room.Head, now time.Time, why room.Reason) bool {
	_, taken := h.Named(op.Name.Key)
	refused := taken
	if why == room.ReasonRoomFull {
		refused = !taken && len(h.Agents) >= h.Capacity
	}
	return refused && h.Key == op.Room.Key && h.MayKnock(op.Name, now)
}

// readmit is ManageAgent for an agent that vouches for one that knocked.
func (s *Service) readmit(ctx context.Context, req ManageRequest) (Managed, error) {
	c, err := s.enterFree(ctx, req.Token)
	if err != nil {
		return Managed{}, s.Outward(err)
	}
	defer c.room.release()
	got, err := c.vouch(ctx, req)
	return got, s.Outward(err)
}

func (c *caller) vouch(ctx context.Context, req ManageRequest) (got Managed, err error) {
	if err := (room.Order{Action: req.Action, Note: req.Note}).Check(); err != nil {
		return Managed{}, err
	}
	knock, err := c.seen(ctx, "id", req.ID)
	if err != nil {
		return Managed{}, err
	}
	heard, err := c.room.lastHeard(ctx, knock.Seat)
	if err != nil {
		return Managed{}, err
	}
	_, err = c.decide(ctx, checkOpen, func(h *room.Head, by room.Agent, now time.Time) (ch roomlog.Change, err error) {
		e, name, err := room.Vouch{Knock: knock.N, Heard: heard}.Decide(h, by, now)
		got = Managed{Status: StatusNoChange, Name: name}
		if err != nil || e == nil {
			return ch, err
		}
		e.Note = req.Note
		got.Status = StatusVouched
		ch.Events = []room.Event{*e}
		return ch, nil
	}, nil)
	if err != nil {
		return Managed{}, err
	}
	return got, nil
}

// checkOpen refuses what changes a closed room.
func checkOpen(h *room.Head, _ room.Agent, _ time.Time) error {
	if h.Closed {
		return h.RefuseClosed()
	}
	return nil
}

// lastHeard returns when the agent of a seat made its last call or said its last word.
func (r *liveRoom) lastHeard(ctx context.Context, seat int) (time.Time, error) {
	presence, err := r.signsOfLife(ctx, room.Lease)
	if err != nil {
		return time.Time{}, err
	}
	h := r.log.Known()
	a, _ := h.Seated(seat)
	claim := room.Claim{Presence: presence}
	heard, _ := claim.LastHeard(h, a)
	return room.Earliest(heard, r.svc.now()), nil
}

// admit gives the seat that a pending token stands for to its holder, if an agent of
// the room vouched for it. pending is false if the token is no pending one.
func (r *liveRoom) admit(ctx context.Context, t ident.Token) (pending bool, err error) {
	holder := room.HolderOf(t)
	h := r.log.Known()
	if h == nil {
		return false, nil
	}
	if _, pending = h.PendingKnock(t.Seat, holder, r.svc.now()); !pending || h.Closed {
		return false, nil
	}
	heard, err := r.lastHeard(ctx, t.Seat)
	if err != nil {
		return true, err
	}
	p := &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (ch roomlog.Change, err error) {
		k, ok := h.PendingKnock(t.Seat, holder, now)
		if !ok {
			return ch, fault.Refuse(fault.TokenInvalid, "This agent_token was pending, and the ten minutes in which the room could vouch for you are over. Call join_room with room and agent_name.")
		}
		e, err := k.Readmission(h, heard, now)
		if err != nil {
			return ch, err
		}
		by := ident.AskerOf(ctx)
		if by.IsGuest() {
			if err := h.Invite.CheckNumber(by.Invite); err != nil {
				return ch, err
			}
		}
		old, _ := h.Seated(t.Seat)
		own := false
		if by.Seat == 0 { // else it has shown nothing but the token of this seat
			e.Agent.Principal, e.Agent.Owner, e.Agent.Invite = by.Principal, by.Owner, by.Invite
			own = by.Principal != "" && by.Principal == old.Principal && t.Person == old.IsAlone()
		}
		if own && !t.Person { // a vouch must not take the reins off
			e.Agent.Person = old.Person
		}
		if !own || !old.Person.Holds() {
			if err := h.CheckHeld(e.Agent.Principal); err != nil {
				return ch, err
			}
		}
		ch.Events = []room.Event{*e}
		ch.Ops = []table.Op{roomlog.PutPresence(&h.State, *e.Agent, room.Presence{AtMs: now.UnixMilli(), Read: e.Agent.Joined})}
		return ch, nil
	}}
	if err = r.log.Append(ctx, p); err != nil { // then the events may yet be written
		return true, err
	}
	return true, nil
}
