package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// activityLife is how long an activity is shown.
const activityLife = time.Hour

// activityItem stores what an agent says it is doing. The agent's next message ends the activity.
type activityItem struct {
	V    int    `json:"v"`
	Text string `json:"text"`
	AsOf int64  `json:"n"` // the last event at that time
}

// personItem stores that the person behind a seat is watching.
type personItem struct {
	V       int   `json:"v"`
	UntilMs int64 `json:"until"`
}

// PutPresence returns the op that stores the presence of agent until its lease ends. So the table decides whether a
// lease has ended, by one rule for all processes, and no process has to clean up after a crash.
func PutPresence(id string, agent room.Agent, presence room.Presence) table.Op {
	presence.V = room.Version
	return table.Put(table.Item{
		Key: PresenceKey(id, agent.Seat), Expires: room.CeilSecond(presence.LeaseEnd(agent)),
		Data: Encode(presence),
	}, table.Always)
}

// Items gives access to what is stored of a room beside the log and its snapshot:
//
//   - presence, activities and the people behind seats (presence.go), read positions (readposition.go);
//   - why seats were given up, and the people that are kept (vacate.go);
//   - idempotency keys (sent.go), open uploads (file.go);
//   - agreements (agreement.go), closed tasks and the claims of task notices (task.go), claims of turns (turn.go).
//
// None of them decides who has a seat. Presence, activities and read positions may lag behind the log.
type Items struct{ log *Log }

// Items returns what is stored of the room beside the log.
func (l *Log) Items() Items { return Items{l} }

// Presence returns the stored presence of every seat whose lease has not ended, and until when the people behind
// seats watch.
func (i Items) Presence(ctx context.Context, c table.Consistency) (all map[int]room.Presence, people map[int]time.Time,
	err error) {
	l := i.log
	activities, hooked := map[int]activityItem{}, map[int]int64{}
	all, people = map[int]room.Presence{}, map[int]time.Time{}
	where := table.Range{Partition: roomPrefix + l.id, Prefix: seenPrefix, Consistency: c}
	for item, err := range table.All(ctx, l.store.table, where) {
		if err == nil {
			err = addPresence(item, all, activities, people, hooked)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for seat, activity := range activities {
		if presence, here := all[seat]; here {
			presence.Activity, presence.ActiveAsOf = activity.Text, activity.AsOf
			all[seat] = presence
		}
	}
	for seat, ms := range hooked {
		presence := all[seat]
		presence.HookedMs = ms
		all[seat] = presence
	}
	return all, people, nil
}

// PersonUntil returns until when the person behind a seat watches the room; the zero time: it does not.
func (i Items) PersonUntil(ctx context.Context, seat int) (time.Time, error) {
	item, err := i.log.store.table.Get(ctx, personKey(i.log.id, seat), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, nil
	}
	var person personItem
	if err == nil {
		err = Decode(item, &person)
	}
	return time.UnixMilli(person.UntilMs), err
}

// addPresence decodes an item of the presence of a seat into the map of its kind.
func addPresence(item table.Item, all map[int]room.Presence, activities map[int]activityItem,
	people map[int]time.Time, hooked map[int]int64) error {
	seat, suffix, err := SeatOf(item.Key)
	if err != nil {
		return err
	}
	switch suffix {
	case activitySuffix:
		var activity activityItem
		err = Decode(item, &activity)
		activities[seat] = activity
	case personSuffix:
		var person personItem
		err = Decode(item, &person)
		people[seat] = time.UnixMilli(person.UntilMs)
	case hookSuffix:
		var progress Progress
		err = Decode(item, &progress)
		if progress.AtMs != 0 {
			hooked[seat] = max(hooked[seat], progress.AtMs)
		}
	default:
		var decoded room.Presence
		if !presence(item.Data, &decoded) {
			decoded = room.Presence{}
			err = Decode(item, &decoded)
		}
		all[seat] = decoded
	}
	return err
}

// StoredPresence is the presence of a seat as it was read. The zero value: none is stored.
type StoredPresence struct {
	room.Presence
	data []byte
}

// ReplacedBy returns op, which puts a presence, on the condition that s is still what is stored.
func (s StoredPresence) ReplacedBy(op table.Op) table.Op {
	op.If, op.Was = table.IfSame, s.data
	if s.data == nil {
		op.If = table.IfAbsent
	}
	return op
}

// PresenceIn returns the presence that item has; nil: none.
func PresenceIn(item *table.Item) (s StoredPresence, err error) {
	if item != nil {
		s.data = item.Data
		err = Decode(*item, &s.Presence)
	}
	return s, err
}

// StoredPresence returns what is stored of the presence of a seat, so that a write can replace just that.
func (i Items) StoredPresence(ctx context.Context, seat int) (StoredPresence, error) {
	item, err := i.log.store.table.Get(ctx, PresenceKey(i.log.id, seat), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return StoredPresence{}, nil
	}
	if err != nil {
		return StoredPresence{}, err
	}
	return PresenceIn(&item)
}

// PresenceOf returns the stored presence of a seat. It fails with table.ErrNotFound if there is none.
func (i Items) PresenceOf(ctx context.Context, seat int) (room.Presence, error) {
	stored, err := i.StoredPresence(ctx, seat)
	if err == nil && stored.data == nil {
		err = table.ErrNotFound
	}
	return stored.Presence, err
}

// SetPerson stores that the person behind a seat watches until a time.
func (i Items) SetPerson(ctx context.Context, seat int, until time.Time) error {
	l := i.log
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: personKey(l.id, seat), Expires: room.CeilSecond(until),
		Data: Encode(personItem{V: room.Version, UntilMs: until.UnixMilli()}),
	}, table.Always))
}

// SetActivity stores what the agent of a seat says it is doing.
func (i Items) SetActivity(ctx context.Context, seat int, activity string) error {
	l := i.log
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: activityKey(l.id, seat), Expires: l.store.now().Add(activityLife),
		Data: Encode(activityItem{V: room.Version, Text: activity, AsOf: l.Peek().AsOf}),
	}, table.Always))
}
