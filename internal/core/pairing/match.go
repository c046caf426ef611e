package pairing

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

const claimTries = 8 // per read of the queue, each after another call was first

var (
	// errClaimed reports that another call was first. It never leaves the package.
	errClaimed = errors.New("pairing: a ticket has ended")
	// errSuperseded reports that a newer call has the ticket. It never leaves the package.
	errSuperseded = errors.New("pairing: a newer call has the ticket")
)

// readQueue reads the queue, and claims a partner if there is one. Otherwise readQueue returns the time until the next
// read.
func (op *queueOp) readQueue(ctx context.Context, read readLine) (*matchItem, time.Duration, error) {
	for try := range claimTries {
		if try > 0 {
			if err := op.svc.store.Pause(ctx, roomlog.Backoff(try)); err != nil {
				return nil, 0, err
			}
			if m, err := op.outcome(ctx, table.Strong); m != nil || err != nil {
				return m, 0, err
			}
			read = op.line.current
		}
		q, err := read(ctx, op.svc.clock.Now())
		if err != nil {
			return nil, 0, err
		}
		m, err := op.findPartner(ctx, q)
		switch {
		case m == nil && err == nil:
			return nil, lookAlone, nil
		case !errors.Is(err, errClaimed) && !errors.Is(err, table.ErrUnavailable):
			return m, 0, err
		}
	}
	return nil, pollLast, nil
}

// findPartner claims a partner in a lineup.
func (op *queueOp) findPartner(ctx context.Context, q *lineup) (*matchItem, error) {
	var mine ticketItem
	var partner int
	me, found := q.place[op.ticket.key().Sort]
	switch {
	case found:
		mine, partner, op.position = q.tickets[me].ticketItem, q.partner[me], me+1
	case q.more:
		var err error
		mine, err = op.stored(ctx)
		if errors.Is(err, table.ErrNotFound) {
			return op.readMatch(ctx)
		} else if err != nil {
			return nil, err
		}
		me, partner = len(q.tickets), q.partnerBehind(mine)
	default:
		return op.readMatch(ctx)
	}
	if m, err := op.storeTicket(ctx, mine); m != nil || err != nil || partner < 0 {
		return m, err
	}
	other := q.tickets[partner].ticketItem
	if partner < me {
		return op.claim(ctx, other, mine)
	}
	return op.claim(ctx, mine, other)
}

// readMatch returns the outcome of a ticket that is no longer in the queue.
func (op *queueOp) readMatch(ctx context.Context) (*matchItem, error) {
	m, err := op.withdraw(ctx)
	if err == nil && m.Left {
		return nil, errTicketOver()
	}
	return m, err
}

// claim pairs the caller's ticket with another in one Write: the Write deletes both tickets, creates the room, and puts
// the end of each ticket.
func (op *queueOp) claim(ctx context.Context, older, younger ticketItem) (*matchItem, error) {
	queue := op.ticket.queue
	settings, err := pairedSettings()
	if err != nil {
		return nil, err
	}
	// Create chooses the room's id, so the matches are made within Create.
	var mine matchItem
	partner := younger
	l, _, err := op.svc.store.Create(ctx,
		roomlog.Creation{Begin: func(head *room.Head, now time.Time) (roomlog.Change, error) {
			ch := pairedChange(head.ID, settings, older, younger, now)
			first, second := beside(younger, head.ID, 1), beside(older, head.ID, 2)
			ch.Ops = append(ch.Ops, first.put(matchKey(queue, older.ID), now),
				second.put(matchKey(queue, younger.ID), now),
				table.Delete(ticketKey(queue, older.AtMs, older.ID), table.IfPresent),
				table.Delete(ticketKey(queue, younger.AtMs, younger.ID), table.IfPresent))
			mine = first
			if younger.ID == op.ticket.id() {
				mine, partner = second, older
			}
			return ch, nil
		}})
	var conflict *table.ConflictError
	switch {
	case errors.As(err, &conflict):
		return op.conflicted(ctx, conflict, partner)
	case err != nil:
		return nil, err
	}
	l.Release()
	for i, t := range []ticketItem{older, younger} {
		who := ident.WithPrincipal(ctx, ident.Principal{ID: t.Principal})
		op.svc.rooms.AuditSeat(who, mine.Room, i+1, chat.JoinStatus(Paired))
	}
	op.svc.calls.wake(partner.ID)
	return &mine, nil
}

// conflicted reads what prevented a claim: the end of the caller's ticket, or the end of the partner's. A partner's
// ticket that has ended and is still in the queue was stored late, so it is deleted.
func (op *queueOp) conflicted(ctx context.Context, c *table.ConflictError, partner ticketItem) (*matchItem, error) {
	ended, there := false, true
	ticket := ticketKey(op.ticket.queue, partner.AtMs, partner.ID)
	for _, x := range c.Conflicts {
		switch x.Key {
		case op.ticket.matchKey():
			return decodeMatch(*x.Item)
		case matchKey(op.ticket.queue, partner.ID):
			ended = true
		case ticket:
			there = false
		}
	}
	if ended && there {
		if err := op.svc.table.Write(ctx, table.Delete(ticket, table.Always)); err != nil {
			return nil, err
		}
	}
	return nil, errClaimed
}

// pairedSettings returns the settings of a room for two strangers.
func pairedSettings() (room.Settings, error) {
	name, err := ident.RoomName(ident.NewName())
	return room.Settings{Name: name.Shown, Key: name.Key, Type: room.Group, Capacity: core.MinCapacity, Paired: true},
		err
}

// pairedChange returns the first events of a room for two, and the presence of both.
func pairedChange(id string, settings room.Settings, older, younger ticketItem, now time.Time) roomlog.Change {
	ch := roomlog.Change{Events: []room.Event{
		older.joins(1, room.Admin, now), younger.joins(2, room.Member, now), room.Pair(),
	}}
	ch.Events[0].Settings = &settings
	for _, event := range ch.Events[:2] {
		ch.Ops = append(ch.Ops, roomlog.PutPresence(id, *event.Agent, room.Presence{AtMs: now.UnixMilli()}))
	}
	return ch
}

// joins returns the event by which the owner of a ticket takes a seat. The talk begins after the three events of the
// pairing.
func (t ticketItem) joins(n int, role room.Role, now time.Time) room.Event {
	return room.Agent{
		Seat: n, Name: t.Name, Key: t.Key, Role: role, Hash: t.Hash, Joined: 3, AtMs: now.UnixMilli(),
		Since:     room.Mark{N: 1},
		Principal: t.Principal, SignIn: t.SignIn, Owner: t.Owner,
	}.Join()
}
