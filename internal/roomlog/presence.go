package roomlog

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// activityLife is how long an activity is shown.
const activityLife = time.Hour

// activityItem stores what an agent says it is doing. It ends with the agent's next
// message.
type activityItem struct {
	V    int    `json:"v"`
	Text string `json:"text"`
	AsOf int64  `json:"n"` // the last event when it was said
}

// PutPresence returns the op that stores the presence of a until its lease ends.
func PutPresence(s *room.State, a room.Agent, p room.Presence) table.Op {
	p.V = room.Version
	return table.Put(table.Item{
		Key: PresenceKey(s.ID, a.Seat), Expires: room.CeilSecond(s.LeaseEnd(a.Role, p)), Data: Encode(p),
	}, table.Always)
}

// Seats gives access to what is stored of a room's seats beside its log: all of it may
// lag behind, and none of it decides who has a seat.
type Seats struct{ log *Log }

// Seats returns what is stored of the room's seats.
func (l *Log) Seats() Seats { return Seats{l} }

// Presence returns the stored presence of every seat whose lease has not ended.
func (s Seats) Presence(ctx context.Context, c table.Consistency) (map[int]room.Presence, error) {
	l := s.log
	all, activities := map[int]room.Presence{}, map[int]activityItem{}
	where := table.Range{Partition: roomPrefix + l.id, Prefix: seenPrefix, Consistency: c}
	err := each(ctx, l.store.table, where, func(item table.Item) error { return addPresence(item, all, activities) })
	if err != nil {
		return nil, err
	}
	for seat, a := range activities {
		if p, here := all[seat]; here {
			p.Activity, p.ActiveAsOf = a.Text, a.AsOf
			all[seat] = p
		}
	}
	return all, nil
}

func addPresence(item table.Item, all map[int]room.Presence, activities map[int]activityItem) error {
	seat, isActivity, err := SeatOf(item.Key)
	if err != nil {
		return err
	}
	if isActivity {
		var a activityItem
		err = Decode(item, &a)
		activities[seat] = a
		return err
	}
	var p room.Presence
	err = Decode(item, &p)
	all[seat] = p
	return err
}

// PresenceOf returns the stored presence of a seat. It fails with table.ErrNotFound if
// there is none.
func (s Seats) PresenceOf(ctx context.Context, seat int) (p room.Presence, err error) {
	l := s.log
	item, err := l.store.table.Get(ctx, PresenceKey(l.id, seat), table.Strong)
	if err == nil {
		err = Decode(item, &p)
	}
	return p, err
}

// SetActivity stores what the agent of a seat says it is doing.
func (s Seats) SetActivity(ctx context.Context, seat int, activity string) error {
	l := s.log
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: activityKey(l.id, seat), Expires: l.store.now().Add(activityLife),
		Data: Encode(activityItem{V: room.Version, Text: activity, AsOf: l.Known().AsOf}),
	}, table.Always))
}
