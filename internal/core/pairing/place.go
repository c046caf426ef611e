package pairing

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// How a call puts its ticket into the queue, keeps and removes the ticket, and reads how the ticket ended.

// endEarly shortens the ticket of a call that ends before its time, so that the ticket can be paired only as long as
// its owner may return. A ticket that its owner will never learn is withdrawn. If only the store did not answer, the
// ticket stays, and its owner keeps the place. A superseded call leaves the ticket alone.
func (op *queueOp) endEarly(ctx context.Context, end time.Time, m *matchItem, err error) (*matchItem, error) {
	if errors.Is(err, errSuperseded) {
		return nil, err
	}
	if op.svc.rooms.Unanswered(ctx, err) {
		m, err = nil, nil
	}
	if m != nil || isLate(ctx) || err == nil && !op.svc.clock.Now().Before(end) {
		return m, err
	}
	if err != nil && op.fresh {
		op.deleteTicket(ctx)
		return m, err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if failed := op.call.alone(func() error { return op.shorten(ctx) }); failed != nil &&
		!errors.Is(failed, errSuperseded) {
		op.svc.log.WarnContext(ctx, "a ticket was not shortened", "error", failed)
	}
	return m, err
}

// shorten ends the ticket's call now, unless the ticket has ended or a later call in another process keeps its place.
func (op *queueOp) shorten(ctx context.Context) error {
	stored, err := op.stored(ctx)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil || stored.CallMs != op.item.CallMs {
		return err
	}
	op.item.UntilMs = op.svc.clock.Now().UnixMilli()
	err = op.svc.table.Write(ctx, op.item.put(op.ticket.key(), table.IfPresent))
	if paired := new(table.ConflictError); errors.As(err, &paired) {
		return nil
	}
	return err
}

// stored returns the ticket as the table has it, or table.ErrNotFound.
func (op *queueOp) stored(ctx context.Context) (i ticketItem, err error) {
	item, err := op.svc.table.Get(ctx, op.ticket.key(), table.Strong)
	if err == nil {
		err = roomlog.Decode(item, &i)
	}
	return i, err
}

// storeTicket compares the stored ticket with the ticket of this call. A stored ticket of a later call, in another
// process, supersedes this call. A stored ticket of an earlier call came late, and is replaced.
func (op *queueOp) storeTicket(ctx context.Context, stored ticketItem) (*matchItem, error) {
	switch {
	case stored.CallMs > op.item.CallMs:
		return nil, errSuperseded
	case stored.CallMs == op.item.CallMs:
		return nil, nil
	}
	err := op.svc.table.Write(ctx, op.item.put(op.ticket.key(), table.IfPresent))
	if gone := new(table.ConflictError); errors.As(err, &gone) {
		return op.readMatch(ctx)
	}
	return nil, err
}

// deleteTicket withdraws a ticket that its owner will never learn. If the table has taken all the time of the call, the
// ticket expires instead.
func (op *queueOp) deleteTicket(ctx context.Context) {
	if isLate(ctx) {
		return
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if _, err := op.withdraw(ctx); err != nil {
		op.svc.log.WarnContext(ctx, "a ticket was not withdrawn", "error", err)
	}
}

// detached is roomlog.Detached with the deadline of the call.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	aside, cancel := roomlog.Detached(ctx)
	end, bounded := ctx.Deadline()
	if !bounded {
		return aside, cancel
	}
	aside, stop := context.WithDeadline(aside, end)
	return aside, func() { stop(); cancel() }
}

// isLate reports whether a call has less than a second left, just enough for its answer.
func isLate(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && time.Until(deadline) < time.Second
}

// begin puts the ticket into the queue, or keeps the ticket there, until end. m is how the ticket ended before.
func (op *queueOp) begin(ctx context.Context, end time.Time) (m *matchItem, err error) {
	now := op.svc.clock.Now()
	if !op.fresh {
		err = op.call.alone(func() (err error) { m, err = op.keepPlace(ctx, now, end); return err })
		if err == nil && m != nil && m.Left {
			return nil, errTicketOver()
		}
		return m, err
	}
	if err := op.svc.rooms.AllowRoom(ctx); err != nil {
		return nil, err
	}
	err = op.store(ctx, now, end, table.Always)
	if err != nil {
		op.deleteTicket(ctx) // the ticket may have been stored, or may yet be
	}
	return nil, err
}

// store puts the caller's ticket into the queue until end.
func (op *queueOp) store(ctx context.Context, now, end time.Time, c table.Condition) error {
	i, t := &op.item, op.ticket
	i.V, i.ID, i.Hash, i.AtMs = room.Version, t.id(), ident.HashSecret(t.secret), t.atMs
	i.CallMs, i.UntilMs = max(now.UnixMilli(), i.CallMs+1), end.UnixMilli() // later than the call before, by any clock
	return op.svc.table.Write(ctx, i.put(t.key(), c))
}

// keepPlace keeps the ticket of an earlier call in the queue. A ticket that has left the queue must not come back.
func (op *queueOp) keepPlace(ctx context.Context, now, end time.Time) (*matchItem, error) {
	asked := op.item
	kept, err := op.stored(ctx)
	if errors.Is(err, table.ErrNotFound) {
		return op.withdraw(ctx)
	}
	if err != nil {
		return nil, err
	}
	op.item = kept
	if asked.Key != "" && asked.Key != op.item.Key {
		return nil, fault.Refuse(fault.InvalidArgument, "ticket belongs to an agent of another name. Pass only "+
			"ticket to go on waiting as that agent, or leave ticket out to enter the queue as a new one.")
	}
	if len(asked.Interests) > 0 {
		op.item.Interests = asked.Interests
	}
	err = op.store(ctx, now, end, table.IfPresent)
	if gone := new(table.ConflictError); errors.As(err, &gone) {
		return op.withdraw(ctx)
	}
	return nil, err
}

// outcome returns how the ticket ended; nil while it waits.
func (op *queueOp) outcome(ctx context.Context, c table.Consistency) (*matchItem, error) {
	item, err := op.svc.table.Get(ctx, op.ticket.matchKey(), c)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeMatch(item)
}

// withdraw ends the ticket, and returns how the ticket ended, now or before. A withdrawn ticket cannot be paired, even
// by a call that has read it. A ticket that is not in the table, expired or made up, changes nothing there.
func (op *queueOp) withdraw(ctx context.Context) (*matchItem, error) {
	there := table.IfPresent
	if op.fresh { // the ticket may come into the queue yet
		there = table.Always
	}
	m := &matchItem{Left: true}
	err := op.svc.table.Write(ctx, m.put(op.ticket.matchKey(), op.svc.clock.Now()),
		table.Delete(op.ticket.key(), there))
	if before := new(table.ConflictError); errors.As(err, &before) {
		if ended := before.Conflicts[0].Item; ended != nil {
			return decodeMatch(*ended)
		}
		return m, nil
	}
	if err == nil {
		op.svc.calls.wake(op.ticket.id())
	}
	return m, err
}
