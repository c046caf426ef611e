package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/directory"
)

// ListRooms returns public rooms: see directory.List.
func (s *Service) ListRooms(ctx context.Context, req directory.Request) (directory.Listing, error) {
	got, err := directory.List(ctx, s.store, req)
	return got, s.Outward(err)
}
