package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// ManageAgent does something to the agent of a name in the caller's room. Only
// admins may, and some actions not to themselves. An action without effect gives
// StatusNoChange. A kicked agent may join again. A banned name may not, in any
// spelling, and it can be banned while no agent has it. A muted name stays muted
// until an admin unmutes it.
func (s *Service) ManageAgent(ctx context.Context, req ManageRequest) (Managed, error) {
	op, err := newManage(req)
	if err != nil {
		return Managed{}, err
	}
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Managed{}, s.Outward(err)
	}
	defer c.room.release()
	if _, err := c.decide(ctx, op.propose, nil); err != nil {
		return Managed{}, s.Outward(err)
	}
	return op.got, nil
}

// manageOp is what an admin wants to do to an agent, checked as far as possible
// without the room.
type manageOp struct {
	action room.Action
	name   ident.Name
	note   string
	got    Managed // the answer, on the head of the last proposal
}

func newManage(req ManageRequest) (*manageOp, error) {
	switch req.Action {
	case room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban:
	default:
		return nil, fault.Refuse(fault.InvalidArgument, "action must be one of %q, %q, %q, %q, %q, %q and %q.", room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban)
	}
	n, err := ident.Nickname("agent_name", req.AgentName)
	if err != nil {
		return nil, err
	}
	return &manageOp{action: req.Action, name: n, note: req.Note}, room.CheckNote(req.Note)
}

// propose does it, if the room as it is then allows it.
func (op *manageOp) propose(h *room.Head, by room.Agent, now time.Time) (roomlog.Change, error) {
	if op.isSelf(by) {
		return roomlog.Change{}, fault.Refuse(fault.NotAllowed, "agent_name is your own name, or another spelling of it. Nothing was changed: to go, call leave_room.")
	}
	a, here := h.Named(op.name.Key)
	if !here {
		return op.proposeAbsent(h)
	}
	if err := op.refusal(h, a); err != nil {
		return roomlog.Change{}, err
	}
	op.got.Name = a.Name
	switch {
	case op.action == room.Unban:
		return op.unban(h)
	case op.action == room.Kick, op.action == room.BanName:
		return op.remove(h, a, now)
	case op.isDone(h, a):
		return op.nothing()
	}
	return op.changeRole(a)
}

// isDone reports whether a already is what the action makes of it.
func (op *manageOp) isDone(h *room.Head, a room.Agent) bool {
	_, muted := room.FindBan(h.Mutes, a.Key)
	switch op.action {
	case room.Promote:
		return a.Role == room.Admin
	case room.Demote:
		return a.Role != room.Admin
	case room.Mute:
		return a.Muted && muted
	}
	return !a.Muted && !muted
}

// refusal returns the reason why it must not be done to a; nil if there is none.
func (op *manageOp) refusal(h *room.Head, a room.Agent) error {
	switch {
	case op.action == room.Demote && a.Role == room.Admin && h.LastAdmin():
		return fault.Refuse(fault.NotAllowed, "You are the last admin of this room, and it cannot be without one. Nothing was changed: promote another agent first, or leave with leave_room, which makes the agent that is here longest an admin.")
	case op.action == room.Mute && a.Role == room.Admin:
		return fault.Refuse(fault.NotAllowed, "An admin cannot be muted. Nothing was changed: demote that agent first.")
	}
	return op.checkFull(h)
}

// isSelf reports whether the admin would remove or ban itself.
func (op *manageOp) isSelf(by room.Agent) bool {
	return op.action == room.Kick && op.name.Key == by.Key ||
		op.action == room.BanName && ident.Skeleton(op.name.Key) == ident.Skeleton(by.Key)
}

// checkFull returns the reason why the room cannot ban or mute another name; nil if
// it can.
func (op *manageOp) checkFull(h *room.Head) error {
	full := func(list []room.Ban) bool {
		_, there := room.FindBan(list, op.name.Key)
		return !there && len(list) >= room.MaxBans
	}
	switch {
	case op.action == room.BanName && full(h.Bans):
		return fault.Refuse(fault.NotAllowed, "This room keeps %d names out, and cannot keep out more. Nothing was changed: kick the agent, unban a name, or give the room a password with update_room.", room.MaxBans)
	case op.action == room.Mute && full(h.Mutes):
		return fault.Refuse(fault.NotAllowed, "This room keeps %d names silent, and cannot keep more so. Nothing was changed: kick the agent, unmute a name, or make the room a channel with update_room.", room.MaxBans)
	}
	return nil
}

// proposeAbsent is propose for a name that no agent has. Such a name can be banned,
// unbanned and unmuted.
func (op *manageOp) proposeAbsent(h *room.Head) (roomlog.Change, error) {
	op.got.Name = op.name.Shown
	switch b, muted := room.FindBan(h.Mutes, op.name.Key); {
	case op.action == room.Unban:
		return op.unban(h)
	case op.action == room.Unmute && muted:
		op.got.Name = b.Name
		return op.change(room.Event{Type: room.Managed, Name: b.Name, Action: room.Unmute, Ban: &b})
	case op.action == room.BanName:
		if err := op.checkFull(h); err != nil {
			return roomlog.Change{}, err
		}
		if _, banned := room.FindBan(h.Bans, op.name.Key); banned {
			return op.nothing()
		}
		b = room.NewBan(op.name)
		return op.change(room.Event{Type: room.Managed, Name: b.Name, Action: room.BanName, Ban: &b})
	}
	return roomlog.Change{}, fault.Refuse(fault.InvalidArgument, "No agent of this name is in the room: it may have left or been removed already. Nothing was changed: room_info tells who is there.")
}

// unban lets the name in again.
func (op *manageOp) unban(h *room.Head) (roomlog.Change, error) {
	b, banned := room.FindBan(h.Bans, op.name.Key)
	if !banned {
		return op.nothing()
	}
	op.got.Name = b.Name
	return op.change(room.Event{Type: room.Managed, Name: b.Name, Action: room.Unban, Ban: &b})
}

// changeRole promotes, demotes, mutes or unmutes a.
func (op *manageOp) changeRole(a room.Agent) (roomlog.Change, error) {
	e := room.Event{Type: room.Managed, Seat: a.Seat, Name: a.Name, Action: op.action}
	if op.action != room.Demote {
		b := room.NewBan(ident.Name{Shown: a.Name, Key: a.Key})
		e.Ban = &b
	}
	return op.change(e)
}

// remove frees the seat of a, and bans its name if that is the action.
func (op *manageOp) remove(h *room.Head, a room.Agent, now time.Time) (roomlog.Change, error) {
	e := room.Event{Type: room.Left, Seat: a.Seat, Name: a.Name, Reason: room.ReasonKicked}
	if op.action == room.BanName {
		b := room.NewBan(ident.Name{Shown: a.Name, Key: a.Key})
		e.Reason, e.Ban = room.ReasonBanned, &b
	}
	ch, err := op.change(e)
	ch.Ops = vacate(h.ID, e, now)
	return ch, err
}

func (op *manageOp) nothing() (roomlog.Change, error) {
	op.got.Status = StatusNoChange
	return roomlog.Change{}, nil
}

func (op *manageOp) change(e room.Event) (roomlog.Change, error) {
	op.got.Status = statusOf[op.action]
	e.Note = op.note
	return roomlog.Change{Events: []room.Event{e}}, nil
}

var statusOf = map[room.Action]ManageStatus{
	room.Promote: StatusPromoted, room.Demote: StatusDemoted, room.Mute: StatusMuted, room.Unmute: StatusUnmuted,
	room.Kick: StatusKicked, room.BanName: StatusBanned, room.Unban: StatusUnbanned,
}
