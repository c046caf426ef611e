package chat

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// draft is one Write in the making: the events of several proposals, each
// checked on the fold that the ones before it leave.
type draft struct {
	base    *fold
	fold    *fold // after events
	entries []entry
	events  []event
	ops     []table.Op // the events first, one op each
	owner   []*proposal
	keys    map[table.Key]bool
	bytes   int
	nameIf  table.Condition // of the put of the room's name, where there is one
	renamer *proposal       // whose change gives the room another name
}

// entry is a proposal's part of a draft.
type entry struct {
	p      *proposal
	events []event
	err    error
}

// newDraft returns an empty draft on f.
func newDraft(f *fold) *draft {
	return &draft{base: f, fold: f, keys: map[table.Key]bool{}}
}

// take asks the proposals in order, and stops before one that does not fit into
// the same Write. It always takes at least one.
func (d *draft) take(batch []*proposal, now time.Time) {
	d.events, d.entries = make([]event, 0, len(batch)), make([]entry, 0, len(batch))
	var along []table.Op
	for _, p := range batch {
		ch, err := p.propose(d.fold, now)
		if err != nil {
			d.entries = append(d.entries, entry{p: p, err: err})
			continue
		}
		if len(d.events) > 0 && !d.fits(ch) {
			break
		}
		events, err := d.add(ch, now)
		d.entries = append(d.entries, entry{p: p, events: events, err: err})
		if err != nil {
			continue
		}
		if d.renamer == nil && d.base.Key != "" && d.fold.Key != d.base.Key {
			d.renamer = p
		}
		for _, op := range ch.ops {
			along = append(along, op)
			d.owner = append(d.owner, p)
		}
	}
	d.finish(along)
}

// fits reports whether ch can be written together with what is in the draft.
func (d *draft) fits(ch change) bool {
	size := d.bytes
	for _, e := range ch.events {
		size += len(e.Text)
		if e.Settings != nil && e.Settings.Key != d.fold.Key {
			return false // whether a name is free is found out by the write: one name each
		}
	}
	if size > maxBatchBytes || len(d.keys)+len(d.events)+len(ch.events)+len(ch.ops) > table.MaxOps-5 {
		return false
	}
	for _, op := range ch.ops {
		if d.keys[op.Item.Key] {
			return false
		}
	}
	return true
}

// add numbers the events of ch and folds them in.
func (d *draft) add(ch change, now time.Time) ([]event, error) {
	next, from := d.fold, len(d.events)
	for _, e := range ch.events {
		e.V, e.n, e.ID, e.AtMs = version, next.asOf+1, newEventID(), now.UnixMilli()
		if e.Type != moved && next.pushDue(now) {
			e.DiesMs = now.Add(roomLife).UnixMilli()
		}
		if x, promoted := next.seated(e.Promoted); promoted {
			e.NewAdmin = x.Name
		}
		e.State = next.state
		if e.changesState() {
			e.State = e.n
		}
		var err error
		if next, err = next.apply(e); err != nil {
			d.events = d.events[:from]
			return nil, err
		}
		d.events = append(d.events, e)
	}
	d.fold = next
	events := slices.Clip(d.events[from:])
	for _, e := range events {
		d.bytes += len(e.Text)
	}
	for _, op := range ch.ops {
		d.keys[op.Item.Key] = true
	}
	return events, nil
}

// finish makes the ops: the events, the snapshot if the state changed, the name
// and the listing if the room's end was pushed, and what goes along.
func (d *draft) finish(along []table.Op) {
	if len(d.events) == 0 {
		return
	}
	d.ops = make([]table.Op, 0, len(d.events)+len(along)+5) // and what is below
	for _, e := range d.events {
		d.ops = append(d.ops, putEvent(d.fold.id, e))
	}
	d.ops = append(d.ops, along...)
	if d.fold.state > d.base.state {
		d.ops = append(d.ops, putMeta(d.fold))
	}
	d.name()
	d.list()
}

// name makes the ops on the room's name: it is put when the room's end is pushed,
// moves when the room is given another, and goes when the room closes.
func (d *draft) name() {
	renamed := d.base.Key != "" && d.fold.Key != d.base.Key
	switch {
	case d.fold.closed:
		d.ops = append(d.ops, table.Delete(nameItemKey(d.base.Key), table.Always))
	case renamed:
		d.ops = append(d.ops, table.Delete(nameItemKey(d.base.Key), table.Always), putName(d.fold, table.IfAbsent))
	case d.fold.diesMs != d.base.diesMs:
		d.ops = append(d.ops, putName(d.fold, d.nameIf))
	}
}

// list makes the ops on the listing.
func (d *draft) list() {
	wasListed, isListed := d.base.Public, d.fold.Public && !d.fold.closed
	if wasListed && (!isListed || d.fold.Key != d.base.Key) {
		d.ops = append(d.ops, table.Delete(listedItemKey(d.base.Key), table.Always))
	}
	if isListed && (d.fold.diesMs != d.base.diesMs || d.fold.settings != d.base.settings) {
		d.ops = append(d.ops, putListed(d.fold))
	}
}

// blocked tells the proposal whose op failed what was in the way.
func (d *draft) blocked(c table.Conflict) {
	if d.renamer != nil && d.renamer.blocked != nil && c.Key == nameItemKey(d.fold.Key) {
		d.renamer.blocked(c)
		return
	}
	i := c.Op - len(d.events)
	if i < len(d.owner) && d.owner[i].blocked != nil {
		d.owner[i].blocked(c)
	}
}

// deliver hands the proposals their ends.
func (d *draft) deliver() {
	for _, e := range d.entries {
		e.p.end(e.events, e.err)
	}
}
