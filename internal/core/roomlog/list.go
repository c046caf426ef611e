package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// PublicRoom is a public room that exists.
type PublicRoom struct {
	Listing
	Agents int // how many are seated
}

// ListPublic returns at most limit public rooms whose name keys follow after, in the order of these keys. It may
// return no room and still a next, which is the after of the next call; next is "" at the end of the list.
func (s *Store) ListPublic(ctx context.Context, after string, limit int, match func(Listing) bool) (list []PublicRoom,
	next string, err error) {
	where := table.Range{Partition: listed, After: after, Limit: pageEvents, Consistency: table.Eventual}
	for scanned := 0; ; {
		page, err := s.table.Query(ctx, where)
		if err != nil {
			return nil, "", err
		}
		for _, item := range page.Items {
			if len(list) == limit {
				return list, where.After, nil
			}
			where.After = item.Key.Sort
			listedRoom, ok, err := s.listOne(ctx, item, match)
			if err != nil {
				return nil, "", err
			}
			if ok {
				list = append(list, listedRoom)
			}
		}
		scanned += len(page.Items)
		if !page.More {
			return list, "", nil
		}
		if scanned >= core.MaxListScan {
			return list, where.After, nil
		}
	}
}

// listOne returns the room of a listing if it matches and still exists. It skips a room of another version.
func (s *Store) listOne(ctx context.Context, item table.Item, match func(Listing) bool) (listedRoom PublicRoom, ok bool,
	err error) {
	if err := Decode(item, &listedRoom.Listing); err != nil {
		return listedRoom, false, unlessOther(err)
	}
	if !match(listedRoom.Listing) {
		return listedRoom, false, nil
	}
	meta, err := s.table.Get(ctx, MetaKey(listedRoom.ID), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return listedRoom, false, nil
	}
	var snapshot room.Snapshot
	if err == nil {
		err = Decode(meta, &snapshot)
	}
	if err != nil {
		return listedRoom, false, unlessOther(err)
	}
	listedRoom.Agents = snapshot.Seated
	return listedRoom, snapshot.Open(s.now()) && snapshot.Settings.Key == item.Key.Sort, nil
}

func unlessOther(err error) error {
	if errors.Is(err, room.ErrNewerVersion) || errors.Is(err, room.ErrOlderVersion) {
		return nil
	}
	return err
}
