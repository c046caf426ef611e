package chat

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/table"
)

// maxListScan bounds how many listings one call looks at.
const maxListScan = 1000

// ListRooms returns public rooms in the order of their names. A search may find
// nothing in one part of the list and still give the page to go on with.
func (s *Service) ListRooms(ctx context.Context, req ListRequest) (Listing, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if req.Limit < 1 || req.Limit > 100 {
		return Listing{}, refuse(InvalidArgument, "limit must be from 1 to 100.")
	}
	after, err := base64.RawURLEncoding.DecodeString(req.Page)
	if err != nil || req.Page != "" && table.CheckKey(listedItemKey(string(after))) != nil {
		return Listing{}, refuse(InvalidArgument, "page must be the next_page of an earlier call, unchanged; leave it out to begin.")
	}
	got, err := s.list(ctx, strings.ToLower(strings.TrimSpace(req.Search)), req.Limit, string(after))
	return got, s.outward(err)
}

func (s *Service) list(ctx context.Context, search string, limit int, after string) (Listing, error) {
	var got Listing
	step := limit
	if search != "" {
		step = pageEvents // few may match
	}
	for scanned := 0; ; {
		page, err := s.table.Query(ctx, table.Range{
			Partition: listedPartition, After: after, Limit: step, Consistency: table.Eventual,
		})
		if err != nil {
			return Listing{}, err
		}
		for _, item := range page.Items {
			if len(got.Rooms) == limit {
				got.NextPage = base64.RawURLEncoding.EncodeToString([]byte(after))
				return got, nil
			}
			after = item.Key.Sort
			if err := s.listOne(ctx, item, search, &got); err != nil {
				return Listing{}, err
			}
		}
		scanned += len(page.Items)
		if !page.More {
			return got, nil
		}
		if scanned >= maxListScan {
			got.NextPage = base64.RawURLEncoding.EncodeToString([]byte(after))
			return got, nil
		}
	}
}

// listOne adds a room if it matches and is still there. One that a newer program
// keeps is left out, not the whole list.
func (s *Service) listOne(ctx context.Context, item table.Item, search string, got *Listing) error {
	var l listedItem
	if err := decode(item, &l); err != nil {
		return unlessNewer(err)
	}
	if search != "" && !strings.Contains(strings.ToLower(l.Name), search) && !strings.Contains(strings.ToLower(l.Description), search) {
		return nil
	}
	meta, err := s.table.Get(ctx, metaKey(l.ID), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var m snapshot
	if err := decode(meta, &m); err != nil {
		return unlessNewer(err)
	}
	if f := foldOf(l.ID, m); f.dead(s.now()) || f.closed || deserted(f) || f.Key != item.Key.Sort {
		return nil
	}
	got.Rooms = append(got.Rooms, Listed{
		Name: l.Name, Description: l.Description, Type: l.Type, Capacity: l.Capacity,
		PasswordProtected: l.Password, Agents: len(m.Agents),
	})
	return nil
}

func unlessNewer(err error) error {
	if errors.Is(err, errNewerVersion) {
		return nil
	}
	return err
}
