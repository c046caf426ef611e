package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

const (
	// queueSeen is how many of those who have waited longest a call looks at. Whoever
	// stands behind them looks at them and at itself.
	queueSeen = 200
	// Of a pair the younger claims the older. If it has not done so long after its
	// last call it never will, and the older does.
	claimGrace = 2 * time.Second
	claimTries = 8 // at one look, each after somebody else was first
)

// look reads the queue and claims a partner if it is this call that must. Else it
// says after how long to look again.
func (k *seeker) look(ctx context.Context) (*matchItem, time.Duration, error) {
	for try := range claimTries {
		if try > 0 {
			if err := k.svc.pause(ctx, min(firstBackoff<<try, lastBackoff)); err != nil {
				return nil, 0, err
			}
			if m, err := k.outcome(ctx, table.Strong); m != nil || err != nil {
				return m, 0, err
			}
		}
		page, err := k.svc.table.Query(ctx, table.Range{
			Partition: queuePartition(k.ticket.queue), Prefix: ticketPrefix, Limit: queueSeen, Consistency: table.Strong,
		})
		if err != nil {
			return nil, 0, err
		}
		all := readTickets(page.Items)
		me := slices.IndexFunc(all, func(i ticketItem) bool { return i.ID == k.ticket.id() })
		switch {
		case me >= 0:
			k.position = me + 1
		case page.More:
			me, all = len(all), append(all, k.item)
		default:
			m, err := k.lost(ctx)
			return m, 0, err
		}
		partner := partners(all)[me]
		if partner < 0 {
			return nil, lookAlone, nil
		}
		if all[partner].claims(all[me], k.svc.now()) {
			return nil, claimGrace / 2, nil
		}
		m, err := k.claim(ctx, all[min(me, partner)], all[max(me, partner)])
		if m != nil || err != nil && (!errors.Is(err, errClaimed) && !errors.Is(err, table.ErrUnavailable)) {
			return m, 0, err
		}
	}
	return nil, matchPollLast, nil
}

// claims reports whether the owner of i is about to claim the older one.
func (i ticketItem) claims(older ticketItem, now time.Time) bool {
	return i.AtMs > older.AtMs && now.UnixMilli() < i.UntilMs && now.Sub(time.UnixMilli(i.CallMs)) < claimGrace
}

// errClaimed says that somebody else was first. It does not leave the package.
var errClaimed = errors.New("chat: a ticket has come to its end")

// readTickets returns the tickets that can be paired, the longest waiting first.
func readTickets(items []table.Item) []ticketItem {
	all := make([]ticketItem, 0, len(items))
	for _, item := range items {
		var i ticketItem
		if decode(item, &i) == nil { // else of a newer program, which pairs it
			all = append(all, i)
		}
	}
	return all
}

// lost is for a ticket that is not in the queue any more.
func (k *seeker) lost(ctx context.Context) (*matchItem, error) {
	m, err := k.withdraw(ctx)
	if err == nil && m.Left {
		return nil, errTicketOver()
	}
	return m, err
}

// partners says for each of the tickets, the longest waiting first, which of them is
// its partner; -1 for none. Those who have most interests in common come first, and
// of these who has waited longest; the rest are paired as they came. So all who look
// at the same queue come to the same pairs, and no two claim the same ticket.
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

// inCommon returns all that share an interest, the most in common first, then as
// they came.
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

// claim pairs two tickets, one of which is the caller's, in one write: both tickets
// go, and the room of the two and what each ticket has come to appear.
func (k *seeker) claim(ctx context.Context, older, younger ticketItem) (*matchItem, error) {
	r := k.svc.room(newRoomID())
	defer r.done()
	began := k.svc.now()
	d, err := pairDraft(r.id, older, younger, began)
	if err != nil {
		return nil, err
	}
	queue := k.ticket.queue
	mine, other := matchItem{Room: r.id, Seat: 1, Opens: true}, matchItem{Room: r.id, Seat: 2}
	mine.Partner, mine.Interests = younger.Name, younger.Interests
	other.Partner, other.Interests = older.Name, older.Interests
	ops := append(d.ops, mine.put(matchKeyOf(queue, older.ID), began), other.put(matchKeyOf(queue, younger.ID), began),
		table.Delete(ticketKey(queue, older.AtMs, older.ID), table.IfPresent), table.Delete(ticketKey(queue, younger.AtMs, younger.ID), table.IfPresent))
	partner := younger
	if younger.ID == k.ticket.id() {
		mine, partner = other, older
	}
	err = k.svc.table.Write(ctx, ops...)
	var conflict *table.ConflictError
	switch {
	case errors.As(err, &conflict):
		return k.beaten(ctx, conflict, partner)
	case err != nil:
		return nil, err
	}
	r.replace(d.fold, d.events, began)
	k.svc.seekers.wake(partner.ID)
	k.svc.seekers.met(queue, began.Sub(time.UnixMilli(older.AtMs)), began)
	return &mine, nil
}

// beaten finds out what was in the way of a claim: the end of the caller's ticket,
// which may be this very claim, or that of the partner's. Where that has come to its
// end and is in the queue all the same, it was stored late, and goes.
func (k *seeker) beaten(ctx context.Context, c *table.ConflictError, partner ticketItem) (*matchItem, error) {
	ended, there := false, true
	ticket := ticketKey(k.ticket.queue, partner.AtMs, partner.ID)
	for _, x := range c.Conflicts {
		switch x.Key {
		case k.ticket.matchKey():
			return decodeMatch(*x.Item)
		case matchKeyOf(k.ticket.queue, partner.ID):
			ended = true
		case ticket:
			there = false
		}
	}
	if ended && there {
		if err := k.svc.table.Write(ctx, table.Delete(ticket, table.Always)); err != nil {
			return nil, err
		}
	}
	return nil, errClaimed
}

// pairDraft makes the first events of a room for two.
func pairDraft(id string, older, younger ticketItem, now time.Time) (*draft, error) {
	room, err := roomName(madeUpName())
	if err != nil {
		return nil, err
	}
	begun := &fold{id: id, settings: settings{Name: room.shown, Key: room.key, Type: Group, Capacity: MinCapacity, Paired: true}}
	d := newDraft(&fold{id: id})
	d.nameIf = table.IfAbsent
	p := &proposal{propose: func(_ *fold, now time.Time) (change, error) {
		ch := change{events: []event{begun.seatPaired(older, 1, Admin, now), begun.seatPaired(younger, 2, Member, now), {Type: paired}}}
		ch.events[0].Settings = &begun.settings
		for _, e := range ch.events[:2] {
			ch.ops = append(ch.ops, putSeen(begun, *e.Agent, seenItem{AtMs: now.UnixMilli()}))
		}
		return ch, nil
	}}
	d.take([]*proposal{p}, now)
	return d, d.entries[0].err
}

// seatPaired makes the event that seats the owner of a ticket. The talk begins for
// both behind the three events of the pairing, which its answer tells.
func (f *fold) seatPaired(t ticketItem, seat int, role Role, now time.Time) event {
	return event{Type: joined, Seat: seat, Name: t.Name, Agent: &agent{
		Seat: seat, Name: t.Name, Key: t.Key, Role: role, Hash: t.Hash, Joined: 3, AtMs: now.UnixMilli(), Since: 1,
	}}
}
