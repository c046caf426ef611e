package roomlog

import (
	"context"
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

// PutPresence returns the op that stores the presence of a until the lease of a ends. So the table decides whether a
// lease has ended, by one rule for all processes, and no process has to clean up after a crash.
func PutPresence(id string, a room.Agent, p room.Presence) table.Op {
	p.V = room.Version
	return table.Put(table.Item{
		Key: PresenceKey(id, a.Seat), Expires: room.CeilSecond(p.LeaseEnd(a.Role)), Data: Encode(p),
	}, table.Always)
}

// Seats gives access to what is stored of a room's seats beside the log. All of it may lag behind, and none decides
// who has a seat.
type Seats struct{ log *Log }

// Seats returns what is stored of the room's seats.
func (l *Log) Seats() Seats { return Seats{l} }

// Presence returns the stored presence of every seat whose lease has not ended, and until when the people behind
// seats watch.
func (s Seats) Presence(ctx context.Context, c table.Consistency) (all map[int]room.Presence, people map[int]time.Time,
	err error) {
	l := s.log
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
	for seat, a := range activities {
		if p, here := all[seat]; here {
			p.Activity, p.ActiveAsOf = a.Text, a.AsOf
			all[seat] = p
		}
	}
	for seat, ms := range hooked {
		p := all[seat]
		p.HookedMs = ms
		all[seat] = p
	}
	return all, people, nil
}

// addPresence decodes an item beside a seat into the map of its kind.
func addPresence(item table.Item, all map[int]room.Presence, activities map[int]activityItem,
	people map[int]time.Time, hooked map[int]int64) error {
	seat, suffix, err := SeatOf(item.Key)
	if err != nil {
		return err
	}
	switch suffix {
	case activitySuffix:
		var a activityItem
		err = Decode(item, &a)
		activities[seat] = a
	case personSuffix:
		var p personItem
		err = Decode(item, &p)
		people[seat] = time.UnixMilli(p.UntilMs)
	case hookSuffix:
		var t Progress
		err = Decode(item, &t)
		if t.AtMs != 0 {
			hooked[seat] = max(hooked[seat], t.AtMs)
		}
	default:
		var p room.Presence
		if !presence(item.Data, &p) {
			p = room.Presence{}
			err = Decode(item, &p)
		}
		all[seat] = p
	}
	return err
}

// PresenceOf returns the stored presence of a seat. It fails with table.ErrNotFound if there is none.
func (s Seats) PresenceOf(ctx context.Context, seat int) (p room.Presence, err error) {
	l := s.log
	item, err := l.store.table.Get(ctx, PresenceKey(l.id, seat), table.Strong)
	if err == nil {
		err = Decode(item, &p)
	}
	return p, err
}

// SetPerson stores that the person behind a seat watches until a time.
func (s Seats) SetPerson(ctx context.Context, seat int, until time.Time) error {
	l := s.log
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: personKey(l.id, seat), Expires: room.CeilSecond(until),
		Data: Encode(personItem{V: room.Version, UntilMs: until.UnixMilli()}),
	}, table.Always))
}

// SetActivity stores what the agent of a seat says it is doing.
func (s Seats) SetActivity(ctx context.Context, seat int, activity string) error {
	l := s.log
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: activityKey(l.id, seat), Expires: l.store.now().Add(activityLife),
		Data: Encode(activityItem{V: room.Version, Text: activity, AsOf: l.Peek().AsOf}),
	}, table.Always))
}
