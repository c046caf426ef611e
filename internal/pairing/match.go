package pairing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

const (
	// queueSeen is how many of the agents that have waited longest a call looks at.
	// An agent behind them looks at them and at itself.
	queueSeen = 200
	// Of a pair, the younger claims the older. If it has not done so for so long
	// after its last call, it never will, and the older claims it.
	claimGrace = 2 * time.Second
	claimTries = 8 // per look, each after another call was first
)

var (
	// errClaimed reports that another call was first. It does not leave the package.
	errClaimed = errors.New("pairing: a ticket has ended")
	// errSuperseded reports that a newer call has the ticket. It does not either.
	errSuperseded = errors.New("pairing: a newer call has the ticket")
)

// look reads the queue, and claims a partner if it is this call that must. Else it
// returns how long to wait before the next look.
func (op *queueOp) look(ctx context.Context) (*matchItem, time.Duration, error) {
	for try := range claimTries {
		if try > 0 {
			if err := op.svc.store.Pause(ctx, roomlog.Backoff(try)); err != nil {
				return nil, 0, err
			}
			if m, err := op.outcome(ctx, table.Strong); m != nil || err != nil {
				return m, 0, err
			}
		}
		all, me, err := op.read(ctx)
		if err != nil {
			return nil, 0, err
		}
		if me < 0 {
			m, err := op.lost(ctx)
			return m, 0, err
		}
		if m, err := op.keep(ctx, all[me]); m != nil || err != nil {
			return m, 0, err
		}
		partner := partners(all)[me]
		if partner < 0 {
			return nil, lookAlone, nil
		}
		if all[partner].claims(all[me], op.svc.clock.Now()) {
			return nil, claimGrace / 2, nil
		}
		m, err := op.claim(ctx, all[min(me, partner)], all[max(me, partner)])
		if m != nil || err != nil && !errors.Is(err, errClaimed) && !errors.Is(err, table.ErrUnavailable) {
			return m, 0, err
		}
	}
	return nil, pollLast, nil
}

// read returns the first tickets of the queue, the longest waiting first, and the
// index of the caller's; -1 if it is no longer in the queue.
func (op *queueOp) read(ctx context.Context) (all []ticketItem, me int, err error) {
	page, err := op.svc.table.Query(ctx, table.Range{
		Partition: queuePartition(op.ticket.queue), Prefix: ticketPrefix, Limit: queueSeen, Consistency: table.Strong,
	})
	if err != nil {
		return nil, -1, err
	}
	for _, item := range page.Items {
		var i ticketItem
		if roomlog.Decode(item, &i) == nil { // else a newer program stored it, and pairs it
			all = append(all, i)
		}
	}
	me = slices.IndexFunc(all, func(i ticketItem) bool { return i.ID == op.ticket.id() })
	switch {
	case me >= 0:
		op.position = me + 1
	case page.More:
		me, all = len(all), append(all, op.item)
	}
	return all, me, nil
}

// claims reports whether the owner of i is about to claim the older one.
func (i ticketItem) claims(older ticketItem, now time.Time) bool {
	return i.AtMs > older.AtMs && now.UnixMilli() < i.UntilMs && now.Sub(time.UnixMilli(i.CallMs)) < claimGrace
}

// lost returns the outcome of a ticket that is no longer in the queue.
func (op *queueOp) lost(ctx context.Context) (*matchItem, error) {
	m, err := op.withdraw(ctx)
	if err == nil && m.Left {
		return nil, errTicketOver()
	}
	return m, err
}

// partners returns for each ticket, the longest waiting first, the index of its
// partner; -1 for none. Tickets with the most interests in common come first, then
// those that have waited longest; the others are paired in the order of the queue.
// So every call that sees the same queue computes the same pairs, and no two calls
// claim the same ticket.
func partners(all []ticketItem) []int {
	partner := make([]int, len(all))
	for i := range partner {
		partner[i] = -1
	}
	join := func(i, j int) {
		if partner[i] < 0 && partner[j] < 0 && all[i].Key != all[j].Key {
			partner[i], partner[j] = j, i
		}
	}
	for _, c := range inCommon(all) {
		join(c.i, c.j)
	}
	for i := range all {
		for j := i + 1; j < len(all) && partner[i] < 0; j++ {
			join(i, j)
		}
	}
	return partner
}

// common is how many interests two tickets share.
type common struct{ i, j, n int }

// inCommon returns the pairs that share an interest: the most in common first, then
// in the order of the queue.
func inCommon(all []ticketItem) []common {
	likes := make([][]string, len(all))
	for i, t := range all {
		for _, word := range t.Interests {
			likes[i] = append(likes[i], strings.ToLower(word))
		}
	}
	var found []common
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			n := 0
			for _, word := range likes[j] {
				if slices.Contains(likes[i], word) {
					n++
				}
			}
			if n > 0 {
				found = append(found, common{i, j, n})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b common) int { return cmp.Compare(b.n, a.n) })
	return found
}

// claim pairs two tickets, one of which is the caller's, in one Write: it deletes
// both tickets, creates the room, and puts how each ticket ended.
func (op *queueOp) claim(ctx context.Context, older, younger ticketItem) (*matchItem, error) {
	queue, began := op.ticket.queue, op.svc.clock.Now()
	settings, err := pairedSettings()
	if err != nil {
		return nil, err
	}
	// Create chooses the room's id, so the matches are made when it is known.
	var mine matchItem
	partner := younger
	l, _, err := op.svc.store.Create(ctx, roomlog.Creation{Begin: func(h *room.Head, now time.Time) (roomlog.Change, error) {
		ch := pairedChange(h.ID, settings, older, younger, now)
		first, second := paired(h.ID, 1, older, younger, now), paired(h.ID, 2, younger, older, now)
		ch.Ops = append(ch.Ops, first.put(matchKey(queue, older.ID), now), second.put(matchKey(queue, younger.ID), now),
			table.Delete(ticketKey(queue, older.AtMs, older.ID), table.IfPresent), table.Delete(ticketKey(queue, younger.AtMs, younger.ID), table.IfPresent))
		if mine = first; younger.ID == op.ticket.id() {
			mine, partner = second, older
		}
		return ch, nil
	}})
	var conflict *table.ConflictError
	switch {
	case errors.As(err, &conflict):
		return op.beaten(ctx, conflict, partner)
	case err != nil:
		return nil, err
	}
	l.Release()
	op.svc.calls.wake(partner.ID)
	op.svc.calls.notePair(queue, began.Sub(time.UnixMilli(older.AtMs)), began)
	return &mine, nil
}

// beaten finds out what was in the way of a claim: the end of the caller's ticket,
// or that of the partner's. If the partner's has ended and is in the queue all the
// same, it was stored late, and is deleted.
func (op *queueOp) beaten(ctx context.Context, c *table.ConflictError, partner ticketItem) (*matchItem, error) {
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
	return room.Settings{Name: name.Shown, Key: name.Key, Type: room.Group, Capacity: room.MinCapacity, Paired: true}, err
}

// pairedChange returns the first events of a room for two, and their presence.
func pairedChange(id string, settings room.Settings, older, younger ticketItem, now time.Time) roomlog.Change {
	ch := roomlog.Change{Events: []room.Event{
		seat(older, 1, room.Admin, now), seat(younger, 2, room.Member, now), {Type: room.Paired},
	}}
	ch.Events[0].Settings = &settings
	state := room.State{ID: id, Settings: settings}
	for _, e := range ch.Events[:2] {
		ch.Ops = append(ch.Ops, roomlog.PutPresence(&state, *e.Agent, room.Presence{AtMs: now.UnixMilli()}))
	}
	return ch
}

// seat returns the event that seats the owner of a ticket. What the two say begins
// after the three events of the pairing.
func seat(t ticketItem, n int, role room.Role, now time.Time) room.Event {
	return room.Event{Type: room.Joined, Seat: n, Name: t.Name, Agent: &room.Agent{
		Seat: n, Name: t.Name, Key: t.Key, Role: role, Hash: t.Hash, Joined: 3, AtMs: now.UnixMilli(), Since: room.Mark{N: 1},
		Principal: t.Principal,
	}}
}
