package roomlog

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// draft is one Write in the making: the events of several proposals, each checked
// on the head that the ones before it leave.
type draft struct {
	base    *room.Head
	head    *room.Head // after events
	entries []entry
	events  []room.Event
	ops     []table.Op // one per event, in order, then all others
	owners  []*Proposal
	kept    []table.Op         // the agreements that events complete, the tasks and the hooks that they end
	keys    map[table.Key]bool // of what goes along, and of hooks that end with their seats
	bytes   int
	parts   int             // of the snapshot that change, at most
	nameIf  table.Condition // of the op that points the room's name at it
	renamer *Proposal       // the proposal that changes the room's name
}

// entry is a proposal's part of a draft.
type entry struct {
	p      *Proposal
	events []room.Event
	err    error
}

func newDraft(h *room.Head) *draft {
	return &draft{base: h, head: h, keys: map[table.Key]bool{}}
}

// take calls the proposals in order and stops before one that does not fit into
// the same Write. It always takes at least one.
func (d *draft) take(batch []*Proposal, now time.Time) {
	d.events, d.entries = make([]room.Event, 0, len(batch)), make([]entry, 0, len(batch))
	var along []table.Op
	for _, p := range batch {
		p.Batched = d.events
		ch, err := p.Propose(d.head, now)
		if err != nil {
			d.entries = append(d.entries, entry{p: p, err: err})
			continue
		}
		if len(d.events) > 0 && !d.fits(ch, now) {
			break
		}
		events, err := d.add(ch, now)
		d.entries = append(d.entries, entry{p: p, events: events, err: err})
		if err != nil {
			continue
		}
		if d.renamer == nil && d.base.Key != "" && d.head.Key != d.base.Key {
			d.renamer = p
		}
		for _, op := range ch.Ops {
			along = append(along, op)
			d.owners = append(d.owners, p)
		}
	}
	d.finish(along)
}

// fits reports whether ch can be written together with what is in the draft.
func (d *draft) fits(ch Change, now time.Time) bool {
	size := d.bytes
	for _, e := range ch.Events {
		size += textOf(e)
		if e.Changed != nil && e.Changed.Room != nil && e.Key != d.head.Key {
			return false // only a Write can tell whether a name is free: one new name each
		}
	}
	if size > maxBatchBytes || len(d.keys)+len(d.events)+len(ch.Events)+len(ch.Ops)+d.others(ch, now) > table.MaxOps {
		return false
	}
	for _, e := range ch.Events { // a hook may have begun in the same Write
		for _, op := range hooksDropped(&d.head.State, e) {
			if d.keys[op.Item.Key] {
				return false
			}
		}
	}
	for _, op := range ch.Ops {
		if d.keys[op.Item.Key] {
			return false
		}
	}
	return true
}

// textOf returns how many bytes of text e has.
func textOf(e room.Event) int {
	if e.Draft != nil {
		return len(e.Draft.Text)
	}
	if e.Task != nil {
		n := len(e.Task.Text)
		for _, t := range e.Task.Add {
			n += len(t.Title) + len(t.Text)
		}
		return n
	}
	return len(e.Text)
}

// others returns how many further ops the draft has at most once ch is in it: the
// snapshot, the name and the listing, agreements, tasks that end, and parts of the snapshot.
func (d *draft) others(ch Change, now time.Time) int {
	n := 5 + room.MaxOpen + d.parts
	for _, e := range ch.Events {
		n += e.Parts() + len(e.TasksClosed())
		if e.Type == room.Left {
			n += 2 * room.MaxHooks
		}
	}
	if d.head.RenewalDue(now) {
		n += room.PartsRenewed
	}
	return n
}

// add numbers the events of ch and applies them.
func (d *draft) add(ch Change, now time.Time) ([]room.Event, error) {
	next, from := d.head, len(d.events)
	var kept, dropped []table.Op
	for _, e := range ch.Events {
		e.V, e.N, e.ID = room.Version, next.AsOf+1, ident.NewEventID()
		e.AtMs = max(now.UnixMilli(), next.HeadMs) // never back, even if the clock is: events expire in order
		if e.Type != room.Retired && next.RenewalDue(now) {
			e.ExpiresMs = now.Add(room.Life).UnixMilli()
		}
		if e.N == 1 {
			e.LogKey = next.LogKey
		}
		if x, promoted := next.Seated(e.Promoted); promoted {
			e.NewAdmin = x.Name
		}
		after, err := next.Append(&e)
		if err != nil {
			d.events = d.events[:from]
			return nil, err
		}
		for _, n := range e.Agreed {
			if p, ok := next.Proposal(n); ok {
				kept = append(kept, putAgreement(next, p, e))
			}
		}
		for _, t := range next.ClosedBy(e) {
			kept = append(kept, putDone(next, t, e))
		}
		dropped = append(dropped, hooksDropped(&next.State, e)...)
		d.parts += e.Parts() + len(e.TasksClosed())
		if e.ExpiresMs != 0 {
			d.parts += room.PartsRenewed
		}
		d.events, next = append(d.events, e), after
	}
	d.head, d.kept = next, append(append(d.kept, kept...), dropped...)
	for _, op := range dropped {
		d.keys[op.Item.Key] = true
	}
	events := slices.Clip(d.events[from:])
	for _, e := range events {
		d.bytes += textOf(e)
	}
	for _, op := range ch.Ops {
		d.keys[op.Item.Key] = true
	}
	return events, nil
}

// finish makes the ops: the events, what goes along, the snapshot, and the name and the listing
// where they change. The snapshot goes with each event that changes the state, and with no other:
// so a log is loaded with two reads, and a plain message is one put.
func (d *draft) finish(along []table.Op) {
	if len(d.events) == 0 {
		return
	}
	d.ops = make([]table.Op, 0, len(d.events)+len(along)+len(d.kept)+5) // the snapshot, the name and the listing
	for _, e := range d.events {
		d.ops = append(d.ops, putEvent(d.head.ID, e))
	}
	d.ops = append(append(d.ops, along...), d.kept...)
	if d.head.LastChange > d.base.LastChange {
		d.ops = append(append(d.ops, putMeta(&d.head.State)), putParts(&d.base.State, &d.head.State)...)
	}
	d.name()
	d.list()
}

// name adds the ops on the room's name. It is put when the room is renewed. When the room is
// renamed, the old name goes and the new one is put if absent, so two rooms never share a name.
// When the room is closed, which is its last event, its name goes at once.
func (d *draft) name() {
	renamed := d.base.Key != "" && d.head.Key != d.base.Key
	switch {
	case d.head.Closed:
		d.ops = append(d.ops, table.Delete(NameKey(d.base.Key), table.Always))
	case renamed:
		d.ops = append(d.ops, table.Delete(NameKey(d.base.Key), table.Always), putName(&d.head.State, table.IfAbsent))
	case d.head.ExpiresMs != d.base.ExpiresMs:
		d.ops = append(d.ops, putName(&d.head.State, d.nameIf))
	}
}

// list adds the ops on the listing.
func (d *draft) list() {
	wasListed, isListed := d.base.Public, d.head.Public && !d.head.Closed
	if wasListed && (!isListed || d.head.Key != d.base.Key) {
		d.ops = append(d.ops, table.Delete(ListedKey(d.base.Key), table.Always))
	}
	if isListed && (d.head.ExpiresMs != d.base.ExpiresMs || listable(d.head.Settings) != listable(d.base.Settings)) {
		d.ops = append(d.ops, putListed(&d.head.State))
	}
}

// listable returns s without what no listing shows and what changes often.
func listable(s room.Settings) room.Settings {
	s.Invite, s.AgentMessages = room.Invite{}, 0
	return s
}

// blocked reports a failed op to the proposal it belongs to.
func (d *draft) blocked(c table.Conflict) {
	if d.renamer != nil && d.renamer.Blocked != nil && c.Key == NameKey(d.head.Key) {
		d.renamer.Blocked(c)
		return
	}
	i := c.Op - len(d.events)
	if i < len(d.owners) && d.owners[i].Blocked != nil {
		d.owners[i].Blocked(c)
	}
}

// deliver ends the proposals of the draft.
func (d *draft) deliver() {
	for _, e := range d.entries {
		e.p.end(e.events, e.err)
	}
}
