package roomlog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// agreementLife exceeds the time after which people come back to an agreement. Agreements outlive their events, so
// an agent that has lost its memory finds them.
const agreementLife = 365 * 24 * time.Hour

// Agreement is the stored form of a proposal to which everyone asked has agreed.
type Agreement struct {
	V      int    `json:"v"`
	N      int64  `json:"n"` // the event of the proposal
	By     string `json:"f"` // the name of the proposing agent
	Seat   int    `json:"s"`
	Person bool   `json:"me,omitempty"` // the person behind the agent proposed
	// PersonName is the person's name at that time: see room.Event.PersonName.
	PersonName string `json:"men,omitempty"`
	Text       string `json:"x"`
	// File is what the proposal carried. Its bytes expire with the event of the proposal.
	File     *room.File `json:"file,omitempty"`
	Redacted bool       `json:"gone,omitempty"` // the text and the file were removed; Text is room.Removed
	// RemovedBy is who removed them: see ident.Actor. "" in what older programs have removed.
	RemovedBy string   `json:"rb,omitempty"`
	To        []int    `json:"to,omitempty"` // the seats that see the agreement, beside Seat; empty: all
	ToNames   []string `json:"tn,omitempty"` // their names at that time
	AgreedBy  []string `json:"ag,omitempty"` // the agents that agreed: see room.Head.AgreedAfter
	// Replaces is what the proposal replaced: see room.Head.ReplacedAfter. In items without ReSeat it is what the
	// proposal answered: an agreement that it replaced, or any other event.
	Replaces int64 `json:"re,omitempty"`
	ReSeat   int   `json:"res,omitempty"` // who had sent Replaces
	ReFor    []int `json:"ref,omitempty"` // the seats that see Replaces, beside ReSeat; empty: all
	Bound    []int `json:"b,omitempty"`   // the seats that it binds, the first that of By; empty in older items
	AtMs     int64 `json:"at"`            // when everyone asked had agreed

	// Set by Agreements, as far as its reader sees: the newest agreement that replaces this one, the names of those
	// whom Replaces bound, those of OldBound whom this one does not bind, and the file of Replaces.
	ReplacedBy      int64      `json:"-"`
	OldBound, NoSay []string   `json:"-"`
	OldFile         *room.File `json:"-"`
}

// BoundNames returns the names of those whom the agreement binds, in the order of Bound: see ident.Actor.
func (agreement Agreement) BoundNames() []string {
	return append([]string{ident.Actor(agreement.By, agreement.Person, agreement.PersonName)}, agreement.AgreedBy...)
}

// tellsOf sets whom old bound, which x replaces, who of these had no say in x, and what old was about.
func (x *Agreement) tellsOf(old Agreement) {
	x.OldBound, x.OldFile = old.BoundNames(), old.File
	for i, name := range x.OldBound {
		if i < len(old.Bound) && !slices.Contains(x.Bound, old.Bound[i]) {
			x.NoSay = append(x.NoSay, name)
		}
	}
}

// Proposal returns what is left of the proposal's event.
func (agreement Agreement) Proposal() room.Event {
	event := room.Message(agreement.Text, room.Proposal, agreement.File)
	event.N, event.Seat, event.Name = agreement.N, agreement.Seat, agreement.By
	event.To, event.AtMs = agreement.To, agreement.AtMs
	event.Person, event.PersonName, event.Redacted = agreement.Person, agreement.PersonName, agreement.Redacted
	return event
}

// agreementKey returns the key of the agreement on the proposal of event n, which event done completed. The newest
// agreement has the greatest key.
func agreementKey(id string, done, n int64) table.Key {
	return inRoom(id, fmt.Sprintf("%s%016d#%016d", agreedPrefix, done, n))
}

// putAgreement stores the agreement on event, a proposal, which done, the event after head, completes.
func putAgreement(head *room.Head, event, done room.Event) table.Op {
	old := head.ReplacedAfter(event, done)
	return table.Put(table.Item{
		Key: agreementKey(head.ID, done.N, event.N), Expires: done.At().Add(agreementLife),
		Data: Encode(Agreement{V: room.Version, N: event.N, By: event.Name, Seat: event.Seat, Person: event.Person,
			PersonName: event.PersonName, Text: event.Text, File: event.File, Redacted: event.Redacted, To: event.To,
			ToNames:  event.ToNames,
			AgreedBy: head.AgreedAfter(event.N, done), Bound: head.BoundAfter(event.N, done), Replaces: old.N,
			ReSeat: old.Seat, ReFor: old.For, AtMs: done.AtMs}),
	}, table.Always)
}

// Agreements returns at most limit agreements of the room that caller sees, the newest first, also those that newer
// ones have replaced: those older than the agreement on the proposal of event before; 0: of all. The error is
// table.ErrNotFound if caller sees no such agreement. Newer ones are read, too, since they may have replaced one of the
// list, but their texts are not kept. Replaces of each is 0 if caller does not see what was replaced. An item without
// ReSeat may have answered what was no agreement, so it replaces only what is in the list.
func (i Items) Agreements(ctx context.Context, caller room.Caller, before int64, limit int) (list []Agreement,
	more bool, err error) {
	l, newer := i.log, 0 // of list
	where := table.Range{Partition: roomPrefix + l.id, Prefix: agreedPrefix, Reverse: true, Limit: 2 * limit,
		Consistency: strongly}
	for pages := true; pages && !more; {
		page, err := l.store.table.Query(ctx, where)
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			var agreement Agreement
			if err := Decode(item, &agreement); err != nil {
				return nil, false, err
			}
			where.After = item.Key.Sort
			switch {
			case !caller.SeesMessage(agreement.N, agreement.Seat, agreement.To):
			case before != 0:
				if agreement.N == before {
					before = 0
				}
				agreement.Text, agreement.File = "", nil
				list, newer = append(list, agreement), newer+1
			case len(list) == newer+limit:
				more = true
			default:
				list = append(list, agreement)
			}
		}
		pages = page.More && len(page.Items) > 0
	}
	if before != 0 {
		return nil, false, table.ErrNotFound
	}
	relate(list, caller)
	return list[newer:], more, nil
}

// relate sets ReplacedBy of each agreement of list, the newest first, and lets Replaces be what caller sees. If two
// proposals to replace one agreement were agreed on, both are in force.
func relate(list []Agreement, caller room.Caller) {
	for i, x := range list {
		old := slices.IndexFunc(list, func(y Agreement) bool { return y.N == x.Replaces })
		if x.Replaces != 0 && old >= 0 {
			list[i].tellsOf(list[old])
		}
		switch {
		case x.Replaces == 0:
		case old > i && list[old].ReplacedBy == 0:
			list[old].ReplacedBy = x.N
		case old < i && (x.ReSeat == 0 || !caller.SeesMessage(x.Replaces, x.ReSeat, x.ReFor)):
			list[i].Replaces = 0
		}
	}
}
