package roomlog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Vacated is the stored form of why and when a seat was given up.
type Vacated struct {
	V      int         `json:"v"`
	Reason room.Reason `json:"why"`
	AtMs   int64       `json:"at"`
	By     string      `json:"by,omitempty"`   // the name of the admin that took the seat
	Note   string      `json:"note,omitempty"` // the admin's reason
	// Hash is of the last token of the seat, and Devices are of the tokens of its person.
	Hash    string   `json:"hash"`
	Devices []string `json:"devices,omitempty"`
	Kept    bool     `json:"kept,omitempty"`    // the person stays known: see room.KeepPerson
	Invited bool     `json:"invited,omitempty"` // see room.Agent.IsInviteOnly
}

// keptItem stores the person behind an agent that has lost its seat.
type keptItem struct {
	V      int         `json:"v"`
	Person room.Person `json:"person"`
}

// Had reports whether holder held a token of the seat.
func (g Vacated) Had(holder room.HashedToken) bool {
	if holder.Joined != 0 { // a stay from the room: nobody else ever had the seat
		return g.V != 0
	}
	if holder.Person {
		return slices.Contains(g.Devices, holder.Hash)
	}
	return holder.Has(g.Hash)
}

// Vacate returns the ops that free a seat, in the Write of its event. They delete the presence of the seat on the
// condition presence, and store why the seat is gone, and the person behind its agent if that person stays known.
// With table.IfAbsent an agent that returns at that moment keeps the seat.
func Vacate(state *room.State, gone room.Event, presence table.Condition, now time.Time) []table.Op {
	agent, _ := state.Seated(gone.Seat)
	ops := []table.Op{
		table.Delete(PresenceKey(state.ID, gone.Seat), presence),
		table.Put(table.Item{
			Key: goneKey(state.ID, gone.Seat), Expires: now.Add(room.Life),
			Data: Encode(Vacated{V: room.Version, Reason: gone.Reason, AtMs: now.UnixMilli(), By: gone.ByName,
				Note: gone.Note, Hash: agent.Hash, Devices: agent.Person.Devices, Kept: agent.LeavesPerson(),
				Invited: agent.IsInviteOnly()}),
		}, table.Always),
	}
	if agent.LeavesPerson() {
		ops = append(ops, table.Put(table.Item{
			Key: KeptKey(state.ID, agent.Principal, agent.Key), Expires: now.Add(room.KeepPerson),
			Data: Encode(keptItem{V: room.Version, Person: agent.Person.Kept()}),
		}, table.Always))
	}
	return ops
}

// Kept returns the person behind the last agent of a principal under the name with a key; nil: none is known.
func (i Items) Kept(ctx context.Context, principal, key string) (*room.Person, error) {
	l := i.log
	item, err := l.store.table.Get(ctx, KeptKey(l.id, principal, key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept keptItem
	err = Decode(item, &kept)
	return &kept.Person, err
}

// Vacated returns why and when the former agent of a seat has lost the seat. When an agent leaves by itself, neither
// is stored, unless a person had opened its link.
func (i Items) Vacated(ctx context.Context, seat int) (gone Vacated, err error) {
	l := i.log
	item, err := l.store.table.Get(ctx, goneKey(l.id, seat), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return Vacated{Reason: room.ReasonLeft}, nil
	}
	if err == nil {
		err = Decode(item, &gone)
	}
	return gone, err
}
