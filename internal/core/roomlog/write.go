package roomlog

import (
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// write is one Write in the making: the events of several proposals, each checked on the head after the events
// before.
type write struct {
	base    *room.Head
	head    *room.Head // after events
	entries []entry
	events  []room.Event
	ops     []table.Op         // one per event, in order, then all others
	owners  []*proposal        // owners[i] has proposed ops[len(events)+i]: the ops of Changes
	derived []table.Op         // that follow from events: of agreements, closed tasks, checks, and hooks that end
	keys    map[table.Key]bool // of the ops of Changes, of the puts of checks, and of the deletions of hooks
	bytes   int
	parts   int             // of the snapshot that change, at most
	nameIf  table.Condition // of the op that leads from the room's name to the room
	renamer *proposal       // the proposal that changes the room's name
}

// entry is a proposal's part of a write.
type entry struct {
	p      *proposal
	events []room.Event
	err    error
}

func newWrite(h *room.Head) *write {
	return &write{base: h, head: h, keys: map[table.Key]bool{}}
}

// addProposals calls the proposals in order and stops before a proposal that does not fit into the same Write. It
// always takes at least one.
func (w *write) addProposals(batch []*proposal, now time.Time) {
	w.events, w.entries = make([]room.Event, 0, len(batch)), make([]entry, 0, len(batch))
	var along []table.Op
	for _, p := range batch {
		change, err := p.propose(Place{Head: w.head, Now: now, Batched: w.events, Blocked: p.blocked})
		if err != nil {
			w.entries = append(w.entries, entry{p: p, err: err})
			continue
		}
		if len(w.events) > 0 && !w.fits(change, now) {
			break
		}
		events, err := w.add(change, now)
		w.entries = append(w.entries, entry{p: p, events: events, err: err})
		if err != nil {
			continue
		}
		if w.renamer == nil && w.base.Key != "" && w.head.Key != w.base.Key {
			w.renamer = p
		}
		for _, op := range change.Ops {
			along = append(along, op)
			w.owners = append(w.owners, p)
		}
	}
	w.complete(along)
	if len(w.ops) > table.MaxOps { // of one proposal: a further one would not have fitted
		w.refuseTooLarge()
	}
}

// ErrTooLarge reports a change that needs more ops than one Write may have.
var ErrTooLarge = errors.New("roomlog: the change does not fit into one write")

// refuseTooLarge ends the only proposal with events, unwritten. The proposals behind it were refused on a head that
// never is: a kick that does not fit would have Bob, who has his seat, refused as gone. They are proposed again.
func (w *write) refuseTooLarge() {
	large := slices.IndexFunc(w.entries, func(e entry) bool { return len(e.events) > 0 })
	w.entries = append(w.entries[:large], entry{p: w.entries[large].p, err: ErrTooLarge})
	w.head, w.events, w.ops = w.base, nil, nil
}

// fits reports whether change can be written together with what is in w.
func (w *write) fits(change Change, now time.Time) bool {
	size := w.bytes
	for _, event := range change.Events {
		size += textOf(event)
		if event.Changed != nil && event.Changed.Room != nil && event.Key != w.head.Key {
			return false // only a Write can tell whether a name is free: one new name each
		}
	}
	ops := len(w.keys) + len(w.events) + len(change.Events) + len(change.Ops) + w.others(change, now)
	if size > maxBatchBytes || ops > table.MaxOps {
		return false
	}
	for _, event := range change.Events {
		if event.ChecksTask() && w.keys[checkKey(w.head.ID, event.Task.No, event.Seat)] {
			return false // a Write has one op for each key, and the seat has checked the task in this one
		}
	}
	for _, event := range change.Events { // a hook may have begun in the same Write
		for _, op := range hooksDropped(&w.head.State, event) {
			if w.keys[op.Item.Key] {
				return false
			}
		}
	}
	for _, op := range change.Ops {
		if w.keys[op.Item.Key] {
			return false
		}
	}
	return true
}

// textOf returns how many bytes of text event has.
func textOf(event room.Event) int {
	if event.Draft != nil {
		return len(event.Draft.Text)
	}
	if event.Task != nil {
		n := len(event.Task.Text) + len(event.Task.Ran.Words())
		for _, task := range event.Task.Add {
			n += len(task.Title) + len(task.Text)
		}
		return n
	}
	return len(event.Text)
}

// maxStateOps is how many ops write what the whole state decides, parts of the snapshot apart: META, the deletions of
// the old name and listing, and the puts of the new name and listing.
const maxStateOps = 1 + 2 + 2

// others returns the most ops that w needs with change, beside the events and the ops of keys: those of maxStateOps,
// agreements, closed tasks, deletions of hooks, and parts of the snapshot.
func (w *write) others(change Change, now time.Time) int {
	n := maxStateOps + max(core.MaxOpen, len(w.head.Talk.Open)) + w.parts
	for _, event := range change.Events {
		n += event.Parts() + len(event.TasksClosed())
		if event.ChecksTask() {
			n++
		}
		if event.Type == room.Left {
			n += 2 * (core.MaxSeatHooks + core.MaxDevices)
		}
	}
	if w.head.RenewalDue(now) {
		n += room.PartsRenewed
	}
	return n
}

// add numbers the events of change and applies them.
func (w *write) add(change Change, now time.Time) ([]room.Event, error) {
	next, from := w.head, len(w.events)
	var derived, dropped []table.Op
	for _, event := range change.Events {
		event.V, event.N, event.ID = room.Version, next.AsOf+1, ident.NewEventID()
		// never back, even if the clock goes back: events expire in order
		event.AtMs = max(now.UnixMilli(), next.HeadMs)
		if event.Type != room.Retired && next.RenewalDue(now) {
			event.ExpiresMs = now.Add(room.Life).UnixMilli()
		}
		if event.N == 1 {
			event.LogKey = next.LogKey
		}
		if agent, promoted := next.Seated(event.Promoted); promoted {
			event.NewAdmin = agent.Name
		}
		after, err := next.CompleteAndApply(&event)
		if err != nil {
			w.events = w.events[:from]
			return nil, err
		}
		for _, n := range event.Agreed {
			if proposal, ok := next.Proposal(n); ok {
				derived = append(derived, putAgreement(next, proposal, event))
			}
		}
		for _, task := range next.ClosedBy(event) {
			derived = append(derived, putDone(next, task, event))
		}
		if event.ChecksTask() {
			put := putCheck(next, event)
			derived, w.keys[put.Item.Key] = append(derived, put), true
		}
		dropped = append(dropped, hooksDropped(&next.State, event)...)
		w.parts += event.Parts() + len(event.TasksClosed())
		if event.ExpiresMs != 0 {
			w.parts += room.PartsRenewed
		}
		w.events, next = append(w.events, event), after
	}
	w.head, w.derived = next, append(append(w.derived, derived...), dropped...)
	for _, op := range dropped {
		w.keys[op.Item.Key] = true
	}
	events := slices.Clip(w.events[from:])
	for _, event := range events {
		w.bytes += textOf(event)
	}
	for _, op := range change.Ops {
		w.keys[op.Item.Key] = true
	}
	return events, nil
}

// complete makes the ops: the events, the ops beside them, the snapshot, and the name and the listing if they change.
// The snapshot goes with each event that changes the state, and with no other event. So two reads load a log, and a
// plain message is one put. If META stayed at 41 when Bob's join is event 42, each load would read META again,
// metaTries times, and then replay the log from 41.
func (w *write) complete(along []table.Op) {
	if len(w.events) == 0 {
		return
	}
	w.ops = make([]table.Op, 0, len(w.events)+len(along)+len(w.derived)+maxStateOps)
	for _, event := range w.events {
		w.ops = append(w.ops, putEvent(w.head.ID, event))
	}
	w.ops = append(append(w.ops, along...), w.derived...)
	if w.head.LastChange > w.base.LastChange {
		w.ops = append(append(w.ops, putMeta(&w.head.State)), putParts(&w.base.State, &w.head.State)...)
	}
	w.addName()
	w.addListing()
}

// addName adds the ops on the room's name. The name is put when the room is renewed. When the room is renamed, the
// old name goes and the new name is put if absent, so two rooms never share a name. Closing is a room's last event:
// its name goes at once.
func (w *write) addName() {
	renamed := w.base.Key != "" && w.head.Key != w.base.Key
	switch {
	case w.head.Closed:
		w.ops = append(w.ops, table.Delete(NameKey(w.base.Key), table.Always))
	case renamed:
		w.ops = append(w.ops, table.Delete(NameKey(w.base.Key), table.Always), putName(&w.head.State, table.IfAbsent))
	case w.head.ExpiresMs != w.base.ExpiresMs:
		w.ops = append(w.ops, putName(&w.head.State, w.nameIf))
	}
}

// addListing adds the ops on the listing.
func (w *write) addListing() {
	wasListed, isListed := w.base.Public, w.head.Public && !w.head.Closed
	if wasListed && (!isListed || w.head.Key != w.base.Key) {
		w.ops = append(w.ops, table.Delete(ListedKey(w.base.Key), table.Always))
	}
	if isListed && (w.head.ExpiresMs != w.base.ExpiresMs || listable(w.head.Settings) != listable(w.base.Settings)) {
		w.ops = append(w.ops, putListed(&w.head.State))
	}
}

// listable returns s without the settings that no listing shows and that change often.
func listable(s room.Settings) room.Settings {
	s.Invite, s.AgentMessages = room.Invite{}, 0
	return s
}

// blocked tells the proposal of a failed op.
func (w *write) blocked(conflict table.Conflict) {
	i, owner := conflict.Op-len(w.events), w.renamer
	if owner == nil || conflict.Key != NameKey(w.head.Key) {
		if i >= len(w.owners) {
			return
		}
		owner = w.owners[i]
	}
	owner.blocked = append(owner.blocked, conflict)
}

// deliver ends the proposals of w.
func (w *write) deliver() {
	for _, e := range w.entries {
		e.p.end(e.events, e.err)
	}
}
