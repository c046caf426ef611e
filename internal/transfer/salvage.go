package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/access"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// Salvage fills the empty table to with what can still be read of a damaged one, as a source for Copy. read calls keep
// for each item that it can read, and returns the keys of others.
//
// A room that has lost events has others in their place, without a text. A room that cannot be used without what it has
// lost is left out. losses has an error for each room that is not what it was.
func Salvage(ctx context.Context, to Source,
	read func(keep func(table.Item) error) (lost []table.Key, err error)) (losses []error, err error) {
	s := &salvager{to: to, names: map[string]string{}, lost: map[string][]table.Key{}}
	lost, err := read(func(item table.Item) error { return s.keep(ctx, item) })
	if err == nil {
		err = s.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, k := range lost {
		s.lost[k.Partition] = append(s.lost[k.Partition], k)
	}
	named := maps.Clone(s.names)
	for partition, err := range to.Partitions(ctx, roomlog.RoomPrefix, roomlog.MetaKey("").Sort) {
		if err != nil {
			return nil, err
		}
		loss, err := s.mend(ctx, strings.TrimPrefix(partition, roomlog.RoomPrefix))
		if err != nil {
			return nil, err
		}
		losses = append(losses, loss...)
		delete(s.lost, partition)
		delete(named, strings.TrimPrefix(partition, roomlog.RoomPrefix))
	}
	for id := range named { // a name that leads to nothing
		s.lost[roomlog.RoomPrefix+id] = append(s.lost[roomlog.RoomPrefix+id], roomlog.MetaKey(id))
	}
	for _, partition := range slices.Sorted(maps.Keys(s.lost)) {
		if id, ofRoom := strings.CutPrefix(partition, roomlog.RoomPrefix); ofRoom {
			losses = append(losses, fmt.Errorf("%s cannot be copied: its state is lost", s.name(id)))
		} else if partition == access.Partition {
			losses = append(losses, errors.New("keys of the server are lost: see parley keys list at the destination"))
		}
	}
	if !s.kept && len(losses) == 0 {
		losses = []error{errors.New("nothing of it can be read")}
	}
	return losses, nil
}

// salvager is one run of Salvage.
type salvager struct {
	to    Source
	ops   []table.Op
	bytes int                    // of ops
	kept  bool                   // something can be read
	names map[string]string      // of rooms, by their ids
	lost  map[string][]table.Key // keys whose items are lost, by their partitions
}

// keep puts an item into the table, soon. One whose data cannot be read is lost.
func (s *salvager) keep(ctx context.Context, item table.Item) error {
	op := table.Put(item, table.Always)
	ofRoom := strings.HasPrefix(item.Key.Partition, roomlog.RoomPrefix)
	if table.Check([]table.Op{op}) != nil || !json.Valid(item.Data) || ofRoom && roomlog.Readable(item) != nil {
		s.lost[item.Key.Partition] = append(s.lost[item.Key.Partition], item.Key)
		return nil
	}
	if name, isName := strings.CutPrefix(item.Key.Partition, roomlog.NameKey("").Partition); isName {
		if id, err := roomlog.LeadsTo(item); err == nil {
			s.names[id] = name
		}
	}
	if size := len(item.Data) + len(item.Key.Sort); len(s.ops) == table.MaxOps || s.bytes+size > table.MaxTxBytes/2 {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	s.kept = true
	s.ops, s.bytes = append(s.ops, op), s.bytes+len(item.Data)
	return nil
}

func (s *salvager) flush(ctx context.Context) error {
	if len(s.ops) == 0 {
		return nil
	}
	err := s.to.Write(ctx, s.ops...)
	s.ops, s.bytes = nil, 0
	return err
}

// mend makes a room one that can be used, or leaves it out.
func (s *salvager) mend(ctx context.Context, id string) (losses []error, err error) {
	lost := s.lost[roomlog.RoomPrefix+id]
	if key, err := s.nameOf(ctx, id); err == nil && len(s.lost[roomlog.NameKey(key).Partition]) > 0 {
		if err := roomlog.RestoreName(ctx, s.to, id); errors.Is(err, table.ErrUnavailable) {
			return nil, err
		}
	}
	filled, err := roomlog.FillGaps(ctx, s.to, id, lost)
	if err == nil {
		_, err = roomlog.Verify(ctx, s.to, id)
	}
	switch {
	case errors.Is(err, table.ErrUnavailable):
		return nil, err
	case err != nil:
		losses = append(losses, fmt.Errorf("%s cannot be copied: %w", s.name(id), err))
		return losses, s.to.Write(ctx, table.Delete(roomlog.MetaKey(id), table.Always))
	case filled > 0:
		losses = append(losses, fmt.Errorf("%s has lost %d of its events", s.name(id), filled))
	case len(lost) > 0:
		losses = append(losses, fmt.Errorf("%s has all its messages, and has lost %d smaller items", s.name(id),
			len(lost)))
	}
	return losses, nil
}

// nameOf returns the key of a room's name, and notes it.
func (s *salvager) nameOf(ctx context.Context, id string) (key string, err error) {
	meta, err := s.to.Get(ctx, roomlog.MetaKey(id), table.Strong)
	if err != nil {
		return "", err
	}
	if key, err = roomlog.NameIn(meta); key != "" {
		s.names[id] = key
	}
	return key, err
}

// name names a room as far as its name is known.
func (s *salvager) name(id string) string {
	if name := s.names[id]; name != "" {
		return fmt.Sprintf("room %q", name)
	}
	return "the room with id " + id
}
