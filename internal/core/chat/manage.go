package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// ManageAgent applies an order to the agents of some names in the caller's room, to all or to none: the events of all
// stand in one Write, as the names stand in the request. A kick of several passes over agents that have left. Only
// admins may give orders, and an admin cannot kick or ban itself. An action without effect gives StatusNoChange, also a
// kick that the caller repeats. A kicked agent may join again. A banned name may not join, in any spelling, and a name
// may be banned while no agent has it. A ban of a guest, or of an unused name, renews the room's invite: the agent may
// have come through the invite. A muted name stays muted until an admin unmutes it.
func (s *Service) ManageAgent(ctx context.Context, req ManageRequest) (Managed, error) {
	orders, err := s.ordersOf(req)
	if err != nil {
		return Managed{}, err
	}

	// The orders are complete. The room decides whether the caller may give them.
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Managed{}, s.Outward(err)
	}
	defer c.room.release()
	got, events, err := c.carryOut(ctx, orders)
	if err != nil {
		return Managed{}, s.Outward(err)
	}

	if req.Clear {
		got.Files, got.Tasks, err = c.clearAll(ctx, orders)
		if err != nil {
			return Managed{}, s.Outward(err)
		}
	}

	// After a renewal the old invite admits nobody, so the answer has the new one.
	got.Renewed = slices.ContainsFunc(events, func(event room.Event) bool { return event.Invite != nil })
	if got.Renewed {
		head := c.room.log.Peek()
		got.Room, got.Invite = describeOutside(head), inviteOf(head, s.now())
	}
	return got, nil
}

// ordersOf returns the orders of req, one for each agent, however often it is named.
func (s *Service) ordersOf(req ManageRequest) (orders []room.Order, err error) {
	order := room.Order{Action: req.Action, Note: req.Note, Since: s.now().Add(-room.RepeatWindow)}
	if err := order.Check(); err != nil {
		return nil, err
	}
	if len(req.Agents) > core.MaxManaged {
		return nil, fault.Refuse(fault.InvalidArgument, "One call takes %d names, and this one has %d. Nothing was "+
			"changed: make several calls.", core.MaxManaged, len(req.Agents))
	}
	if len(req.Agents) == 0 {
		req.Agents = []string{""} // which the check refuses
	}
	for i, name := range req.Agents {
		order.Name, err = ident.Nickname("agent_name", ident.Addressed(name))
		if err != nil {
			return nil, ofNames(err, i, len(req.Agents))
		}
		if !slices.ContainsFunc(orders, func(o room.Order) bool { return o.Name.Key == order.Name.Key }) {
			orders = append(orders, order)
		}
	}
	for i := range orders {
		orders[i].Several = len(orders) > 1
	}
	return orders, nil
}

// clearAll removes the files and the open tasks of the agents of orders, and returns how many.
func (c managing) clearAll(ctx context.Context, orders []room.Order) (files, tasks int, err error) {
	for _, order := range orders {
		f, err := c.clearFiles(ctx, order.Name.Key)
		if err != nil {
			return files, tasks, err
		}
		t, err := c.clearTasks(ctx, order.Name.Key)
		if err != nil {
			return files, tasks, err
		}
		files, tasks = files+f, tasks+t
	}
	return files, tasks, nil
}

// proposeOrders returns the change that carries out orders, each on the head that the one before leads to.
func (at place) proposeOrders(orders []room.Order) (ch roomlog.Answered[Managed], err error) {
	head, by := at.head, at.caller
	ch.Answer.Status = StatusNoChange
	for i, order := range orders {
		event, name, err := order.Decide(head, by.Agent)
		if err != nil {
			return ch, ofNames(err, i, len(orders))
		}
		ch.Answer.Names = append(ch.Answer.Names, name)
		if event == nil {
			if order.Action == room.Kick {
				ch.Answer.HadLeft = append(ch.Answer.HadLeft, name)
			}
			continue
		}
		ch.Answer.Status = statusOf[order.Action]
		by.SignDecision(event) // before appendDecision: Vacate stores who decided
		ch.Events = append(ch.Events, *event)
		agent, _ := head.Seated(event.Seat)
		if event.Type == room.Left {
			ch.Ops = append(ch.Ops, roomlog.Vacate(&head.State, *event, table.Always, at.now)...)
		}
		head, err = head.Preview(*event, at.now)
		if err != nil {
			return ch, err
		}
		if event.Type == room.Left && head.NeedsInvite(agent, at.now) { // a ban has renewed the invite
			ch.Answer.NeedInvite++
		}
	}
	return ch, nil
}

// carryOut appends the events of orders, all or none.
func (c managing) carryOut(ctx context.Context, orders []room.Order) (Managed, []room.Event, error) {
	done, err := appendDecision(ctx, c, checkAdmin, func(at place) (roomlog.Answered[Managed], error) {
		return at.proposeOrders(orders)
	})
	if errors.Is(err, roomlog.ErrTooLarge) {
		err = fault.Refuse(fault.InvalidArgument, "What these agents hold is too much for one call. Nothing was "+
			"changed: give fewer names.")
	}
	return done.Answer, done.Events, err
}

// ofNames returns err with the place of the name that it is about, if there are several. A refusal repeats no name.
func ofNames(err error, i, names int) error {
	var refused *fault.Error
	if names == 1 || !errors.As(err, &refused) {
		return err
	}
	placed := *refused
	placed.Next = fmt.Sprintf("That is about name %d of %d. Nothing was done about the others either.", i+1, names)
	return &placed
}
