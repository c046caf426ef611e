package chat

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// maxListScan bounds how many listings one call looks at.
const maxListScan = 1000

// ListRooms returns public rooms in the order of their names. A search may find
// nothing in one part of the list and still return the page to continue with.
func (s *Service) ListRooms(ctx context.Context, req ListRequest) (Listing, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if req.Limit < 1 || req.Limit > 100 {
		return Listing{}, fault.Refuse(fault.InvalidArgument, "limit must be from 1 to 100.")
	}
	after, err := base64.RawURLEncoding.DecodeString(req.Page)
	if err != nil || req.Page != "" && table.CheckKey(roomlog.ListedKey(string(after))) != nil {
		return Listing{}, fault.Refuse(fault.InvalidArgument, "page must be the next_page of an earlier call, unchanged; leave it out to begin.")
	}
	got, err := list(ctx, s, strings.ToLower(strings.TrimSpace(req.Search)), req.Limit, string(after))
	return got, s.Outward(err)
}

func list(ctx context.Context, s *Service, search string, limit int, after string) (Listing, error) {
	var got Listing
	where := roomlog.ListedRange()
	where.After, where.Limit, where.Consistency = after, limit, table.Eventual
	if search != "" {
		where.Limit = roomlog.PageEvents // few may match
	}
	for scanned := 0; ; {
		page, err := s.table.Query(ctx, where)
		if err != nil {
			return Listing{}, err
		}
		for _, item := range page.Items {
			if len(got.Rooms) == limit {
				got.NextPage = base64.RawURLEncoding.EncodeToString([]byte(where.After))
				return got, nil
			}
			where.After = item.Key.Sort
			if err := listOne(ctx, s, item, search, &got); err != nil {
				return Listing{}, err
			}
		}
		scanned += len(page.Items)
		if !page.More {
			return got, nil
		}
		if scanned >= maxListScan {
			got.NextPage = base64.RawURLEncoding.EncodeToString([]byte(where.After))
			return got, nil
		}
	}
}

// listOne adds a room if it matches and still exists. It skips one that a newer
// program stored.
func listOne(ctx context.Context, s *Service, item table.Item, search string, got *Listing) error {
	var l roomlog.Listing
	if err := roomlog.Decode(item, &l); err != nil {
		return unlessNewer(err)
	}
	if search != "" && !strings.Contains(strings.ToLower(l.Name), search) && !strings.Contains(strings.ToLower(l.Description), search) {
		return nil
	}
	meta, err := s.table.Get(ctx, roomlog.MetaKey(l.ID), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var x room.Snapshot
	if err := roomlog.Decode(meta, &x); err != nil {
		return unlessNewer(err)
	}
	if state := x.State(l.ID); state.Expired(s.now()) || state.Closed || state.Deserted() || state.Key != item.Key.Sort {
		return nil
	}
	got.Rooms = append(got.Rooms, Listed{
		Name: l.Name, Description: l.Description, Type: l.Type, Capacity: l.Capacity,
		PasswordProtected: l.Password, Agents: len(x.Agents),
	})
	return nil
}

func unlessNewer(err error) error {
	if errors.Is(err, room.ErrNewerVersion) {
		return nil
	}
	return err
}
