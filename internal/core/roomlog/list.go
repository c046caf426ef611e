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

// ListPublic returns at most limit public rooms in the order of the keys of their names, from the first key behind
// after on. It may find none in one part of the list and still return next, from which to go on; "": the list has
// ended.
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
			r, ok, err := s.listOne(ctx, item, match)
			if err != nil {
				return nil, "", err
			}
			if ok {
				list = append(list, r)
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
func (s *Store) listOne(ctx context.Context, item table.Item, match func(Listing) bool) (r PublicRoom, ok bool,
	err error) {
	if err := Decode(item, &r.Listing); err != nil {
		return r, false, unlessOther(err)
	}
	if !match(r.Listing) {
		return r, false, nil
	}
	meta, err := s.table.Get(ctx, MetaKey(r.ID), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return r, false, nil
	}
	var x room.Snapshot
	if err == nil {
		err = Decode(meta, &x)
	}
	if err != nil {
		return r, false, unlessOther(err)
	}
	r.Agents = x.Seated
	return r, x.Open(s.now()) && x.Settings.Key == item.Key.Sort, nil
}

func unlessOther(err error) error {
	if errors.Is(err, room.ErrNewerVersion) || errors.Is(err, room.ErrOlderVersion) {
		return nil
	}
	return err
}
