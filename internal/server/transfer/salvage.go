package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// Loss says what a damaged table has lost.
type Loss struct {
	Room string // the key of the room's name; "": no room, or any room
	Text string
}

// What a Loss says of a whole table.
const (
	// LostAll is for a table of which nothing can be read.
	LostAll = "nothing of it can be read"
	// LostMore is for a table whose damage may have taken a room without a trace.
	LostMore = "more may be lost that nothing in the file names: rooms, messages, keys of the server, " +
		"and which accounts are revoked"

	lostKeys = "keys of the server may be lost, too, and which accounts are revoked"
)

// Salvage fills the empty table to with the readable items of a damaged table, as a source for Copy, and drops from
// it the files whose shared bytes are not in bytes. read calls keep for each readable item, and returns the keys of
// lost items, and whether it knows all lost keys.
//
// An event without a text takes the place of each lost event. A room without the items that it needs is left out.
// Each changed room has a Loss, with the name of the room, or the id if the name is lost. LostMore is among the
// losses if damage may have taken a room without a trace.
func Salvage(ctx context.Context, to Source, bytes files.Reader,
	read func(keep func(table.Item) error) (lost []table.Key, all bool, err error)) ([]Loss, error) {
	s := &salvager{to: to, bytes: bytes, names: map[string]string{}, lost: map[string][]table.Key{},
		others: map[string]error{}}
	kept := 0
	s.items = batch{to: to, written: &kept}
	lost, all, err := read(func(item table.Item) error { return s.collect(ctx, item) })
	if err == nil {
		err = s.items.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	if kept == 0 {
		return []Loss{{Text: LostAll}}, nil
	}
	for _, key := range lost {
		s.lost[key.Partition] = append(s.lost[key.Partition], key)
	}
	named := maps.Clone(s.names)
	for partition, err := range to.Partitions(ctx, roomlog.RoomPrefix, roomlog.MetaKey("").Sort) {
		if err != nil {
			return nil, err
		}
		id := strings.TrimPrefix(partition, roomlog.RoomPrefix)
		if err := s.mend(ctx, id); err != nil {
			return nil, err
		}
		delete(s.lost, partition)
		delete(named, id)
	}
	for id := range named { // rooms with a name and no snapshot
		s.lost[roomlog.RoomPrefix+id] = nil
	}
	for _, partition := range slices.Sorted(maps.Keys(s.lost)) {
		if id, ofRoom := strings.CutPrefix(partition, roomlog.RoomPrefix); ofRoom {
			why := s.others[id]
			if why == nil {
				why = errors.New("its state is lost")
			}
			s.report(id, "cannot be copied: %v", why)
		}
	}
	switch {
	case !all:
		s.losses = append(s.losses, Loss{Text: LostMore})
	case len(s.lost[access.Partition])+len(s.lost[access.SecretsPartition])+len(s.lost[access.BarredPartition]) > 0:
		s.losses = append(s.losses, Loss{Text: lostKeys})
	}
	return s.losses, nil
}

// salvager is one run of Salvage.
type salvager struct {
	to     Source
	bytes  files.Reader
	items  batch
	losses []Loss
	names  map[string]string      // of rooms, by id
	lost   map[string][]table.Key // keys of lost items, by partition
	others map[string]error       // by room id: another version stored the state of the room
}

// collect adds an item to the next Write to the table. An item with unreadable data is lost.
func (s *salvager) collect(ctx context.Context, item table.Item) error {
	op := table.Put(item, table.Always)
	id, ofRoom := strings.CutPrefix(item.Key.Partition, roomlog.RoomPrefix)
	var unread error
	if ofRoom {
		unread = roomlog.Readable(item)
	}
	isJSON := json.Valid(item.Data)
	if table.Check([]table.Op{op}) != nil || !isJSON || unread != nil {
		s.lost[item.Key.Partition] = append(s.lost[item.Key.Partition], item.Key)
		if isJSON && item.Key == roomlog.MetaKey(id) {
			s.others[id] = unread
		}
		return nil
	}
	if name, isName := strings.CutPrefix(item.Key.Partition, roomlog.NameKey("").Partition); isName {
		if id, err := roomlog.LeadsTo(item); err == nil {
			s.names[id] = name
		}
	}
	return s.items.add(ctx, op)
}

// mend makes a room usable, or leaves the room out.
func (s *salvager) mend(ctx context.Context, id string) error {
	lost := s.lost[roomlog.RoomPrefix+id]
	if key, err := s.nameOf(ctx, id); err == nil && len(s.lost[roomlog.NameKey(key).Partition]) > 0 {
		if err := roomlog.RestoreName(ctx, s.to, id); errors.Is(err, table.ErrUnavailable) {
			return err
		}
	}
	filled, smaller, err := roomlog.FillGaps(ctx, s.to, id, lost)
	dropped := 0
	if err == nil && s.bytes != nil {
		dropped, err = roomlog.DropLostFiles(ctx, s.to, s.bytes, id)
	}
	if err == nil {
		_, err = roomlog.Verify(ctx, s.to, id)
	}
	if ctx.Err() != nil || errors.Is(err, table.ErrUnavailable) {
		return errors.Join(ctx.Err(), err)
	}
	if err != nil {
		s.report(id, "cannot be copied: %v", err)
		return s.to.Write(ctx, table.Delete(roomlog.MetaKey(id), table.Always))
	}
	if filled > 0 {
		s.report(id, "has lost %d of its events", filled)
	}
	if dropped > 0 {
		s.report(id, "has lost %d of its files", dropped)
	}
	if filled+dropped == 0 && len(lost)+smaller > 0 {
		s.report(id, "has all its messages, and has lost smaller items: %d", len(lost)+smaller)
	}
	return nil
}

// report adds a Loss of a room.
func (s *salvager) report(id, text string, args ...any) {
	s.losses = append(s.losses, Loss{s.names[id], s.name(id) + " " + fmt.Sprintf(text, args...)})
}

// nameOf returns the key of a room's name, and records the key in s.names.
func (s *salvager) nameOf(ctx context.Context, id string) (key string, err error) {
	meta, err := s.to.Get(ctx, roomlog.MetaKey(id), table.Strong)
	if err != nil {
		return "", err
	}
	key, err = roomlog.NameIn(meta)
	if key != "" {
		s.names[id] = key
	}
	return key, err
}

// name returns the name of a room, or the id if the name is lost.
func (s *salvager) name(id string) string {
	if name := s.names[id]; name != "" {
		return fmt.Sprintf("room %q", name)
	}
	return "the room with id " + id
}
