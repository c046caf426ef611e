package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/password"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// RoomInfo describes a room to an agent in the room, or to a caller with the room's name and password.
func (s *Service) RoomInfo(ctx context.Context, req InfoRequest) (Info, error) {
	if req.Token == "" {
		info, err := s.infoByName(ctx, req)
		return info, s.Outward(err)
	}
	c, err := s.enterReading(ctx, req.Token)
	if err != nil {
		return Info{}, s.Outward(err)
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
	info, err := c.info(ctx)
	return info, s.Outward(err)
}

func (s *Service) infoByName(ctx context.Context, req InfoRequest) (Info, error) {
	asker := ident.PrincipalOf(ctx)
	if !asker.IsGuest() {
		if err := asker.CheckUnbound(); err != nil {
			return Info{}, err
		}
	}
	if asker.IsGuest() && req.Room == "" {
		return s.infoOfInvite(ctx, ident.Name{})
	}
	name, password, err := password.Split(req.Room, req.Password)
	if err != nil {
		return Info{}, err
	}
	n, err := ident.RoomName(name)
	if err != nil {
		return Info{}, err
	}
	if asker.IsGuest() {
		return s.infoOfInvite(ctx, n)
	}
	return byName(ctx, s, "looked", func() (Info, error) { return s.infoOf(ctx, n.Key, password) })
}

// infoOf describes the room with the key of a name. The error is ErrNameMoved if the name leads to another room by now.
func (s *Service) infoOf(ctx context.Context, key, password string) (Info, error) {
	began := s.now()
	id, err := s.store.Resolve(ctx, key)
	if err != nil {
		return Info{}, err
	}
	live := s.acquire(id)
	defer live.release()
	head, err := live.log.Refresh(ctx, began)
	switch {
	case err != nil:
		return Info{}, err
	case head.Retired, head.Closed, head.Key != key:
		return Info{}, roomlog.ErrNameMoved
	case head.Expired(began), head.Deserted():
		return Info{}, roomlog.ErrNotFound
	}
	if err := s.passwords.Check(ctx, head, password); err != nil {
		return Info{}, err
	}
	return Info{Room: describeOutside(head), Now: s.now()}, nil
}

// infoOfInvite describes the room of the caller's invite. named is the room as the caller said, or empty.
func (s *Service) infoOfInvite(ctx context.Context, named ident.Name) (Info, error) {
	a, began := ident.PrincipalOf(ctx), s.now()
	live := s.acquire(a.Room)
	defer live.release()
	head, err := live.log.Refresh(ctx, began)
	if errors.Is(err, roomlog.ErrNotFound) {
		err = refuseOver()
	}
	if err == nil {
		_, err = checkInvitedRoom(head, began, a, named)
		if err == nil {
			err = head.Invite.Check(a.Invite)
		}
	}
	if err != nil {
		return Info{}, err
	}
	return Info{Room: describeInvited(head), Now: s.now()}, nil
}

// info describes the room to the caller.
func (c reading) info(ctx context.Context) (info Info, err error) {
	// What the head tells.
	info.Now = c.room.svc.now()
	info.Invite = inviteOf(c.head, info.Now)
	info.View = c.view()
	if c.me.Role == room.Admin {
		for _, b := range c.head.Bans {
			info.Banned = append(info.Banned, b.Name)
		}
	}

	// What is read. A failed read fails the call.
	seen, err := c.room.roster(ctx, c.head, c.me)
	if err != nil {
		return Info{}, err
	}
	info.Room = describe(c.head)
	info.Room.Agents = seen.Agents()
	if c.me.IsPerson() {
		info.Hidden = c.me.Since.Messages
		info.Differing, err = c.differing(ctx)
		if err != nil {
			return Info{}, err
		}
	}
	info.Earlier, err = countEarlier(ctx, c.room.log, c.me, room.Mark{Messages: c.head.Messages})
	if err != nil {
		return Info{}, err
	}
	info.Requests, _, err = c.openRequests(ctx)
	if err != nil {
		return Info{}, err
	}
	info.Open = &Open{Tasks: c.work().OpenTasks}
	for _, r := range info.Requests {
		if r.Proposal {
			info.Open.Proposals++
		} else {
			info.Open.Requests++
		}
	}
	info.Agreements, err = c.agreements(ctx, agreementChars)
	return info, err
}

// openRequests returns the open requests and proposals visible to the caller, oldest first, and the events of those
// that ask the caller's seat by its name.
func (c reading) openRequests(ctx context.Context) (list []OpenRequest, asks []room.Event, err error) {
	now := c.room.svc.now()
	for _, request := range c.head.Talk.OpenTo(c.me.Seat, now) {
		event, err := c.room.log.Event(ctx, request.N)
		if err != nil {
			return nil, nil, err
		}
		if !c.me.Sees(event) {
			continue
		}
		if slices.Contains(request.Owed, c.me.Seat) {
			asks = append(asks, event)
		}
		list = append(list, OpenRequest{
			ID: c.head.MessageID(request.N), From: event.Name, Text: bothEnds(requestOf(event), requestChars),
			Person: event.Person, PersonName: c.head.PersonIn(event),
			OwedBy: c.head.NamesOf(request.Owed), Replaces: c.wouldReplace(&request),
			Age:      max(0, now.Sub(time.UnixMilli(request.AtMs))),
			Proposal: request.Proposal,
		})
	}
	return list, asks, nil
}

// wouldReplace returns the id of the agreement that request, which the caller sees, is to replace; "" for none, and if
// the caller does not see that.
func (c reading) wouldReplace(request *room.OpenRequest) string {
	old := request.Replaces
	if !c.me.SeesMessage(old.N, old.Seat, old.For) {
		return ""
	}
	return c.head.MessageID(old.N)
}
