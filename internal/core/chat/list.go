package chat

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// ListRequest asks for public rooms whose name or description contains Search.
type ListRequest struct {
	Search string
	Limit  int // 1 to 100, default 20
	Page   string
}

// ListedRoom is a public room.
type ListedRoom struct {
	Name              string
	Description       string // the first 200 characters
	Type              room.Type
	Agents            int
	Capacity          int
	PasswordProtected bool
}

// RoomList is a page of the list of public rooms. NextPage is empty on the last page.
type RoomList struct {
	Rooms    []ListedRoom
	NextPage string
}

// ListRooms returns public rooms in the order of their names. A page of a search may be empty and still have a
// NextPage.
func (s *Service) ListRooms(ctx context.Context, req ListRequest) (RoomList, error) {
	if err := ident.PrincipalOf(ctx).CheckUnbound(); err != nil {
		return RoomList{}, err
	}
	if req.Limit == 0 {
		req.Limit = 20
	}
	if req.Limit < 1 || req.Limit > 100 {
		return RoomList{}, fault.Refuse(fault.InvalidArgument, "limit must be from 1 to 100.")
	}
	after, err := base64.RawURLEncoding.DecodeString(req.Page)
	if err != nil || req.Page != "" && roomlog.ListedKey(string(after)).Check() != nil {
		return RoomList{}, fault.Refuse(fault.InvalidArgument,
			"page must be the next_page of an earlier call, unchanged; leave it out to begin.")
	}
	search := strings.ToLower(strings.TrimSpace(req.Search))
	rooms, next, err := s.store.ListPublic(ctx, string(after), req.Limit, func(l roomlog.Listing) bool {
		return strings.Contains(strings.ToLower(l.Name), search) ||
			strings.Contains(strings.ToLower(l.Description), search)
	})
	if err != nil {
		return RoomList{}, s.Outward(err)
	}
	got := RoomList{NextPage: base64.RawURLEncoding.EncodeToString([]byte(next))}
	for _, l := range rooms {
		got.Rooms = append(got.Rooms, ListedRoom{
			Name: l.Name, Description: l.Description, Type: l.Type, Capacity: l.Capacity,
			PasswordProtected: l.Password, Agents: l.Agents,
		})
	}
	return got, nil
}
