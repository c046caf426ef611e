package chat

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/table"
)

// What admins decide. Every admin of a room may do everything to everybody else
// in it, other admins included: they were made admins because they are trusted.

// enterAdmin accepts the token of an admin, on the room as it is now.
func (s *Service) enterAdmin(ctx context.Context, token string) (*caller, error) {
	c, err := s.enterNow(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := mayRule(c.fold, c.agent, s.now()); err != nil {
		c.room.done()
		return nil, err
	}
	return c, nil
}

// mayRule says why a must not decide anything about its room.
func mayRule(f *fold, a agent, now time.Time) error {
	switch {
	case f.closed:
		return errClosed()
	case f.dead(now):
		return errNoRoom
	case a.Role != Admin:
		return refuse(NotAllowed, "Only admins of this room may do that, and you are not one. Nothing was changed: room_info tells who is; ask one of them with send_message.")
	}
	return nil
}

// decide appends what the caller decides as an admin, and returns it; none, if
// nothing had to change. The rules are those of propose, but for who may.
func (c *caller) decide(ctx context.Context, propose func(f *fold, by agent, now time.Time) (change, error), blocked func(table.Conflict)) ([]event, error) {
	p := &proposal{blocked: blocked, propose: func(f *fold, now time.Time) (change, error) {
		by, here := owner(f, c.token)
		if !here {
			return change{}, errUnseated
		}
		if err := mayRule(f, by, now); err != nil {
			return change{}, err
		}
		ch, err := propose(f, by, now)
		for i := range ch.events {
			ch.events[i].By, ch.events[i].ByName = by.Seat, by.Name
		}
		return ch, err
	}}
	err := c.room.append(ctx, p)
	if errors.Is(err, errUnseated) {
		err = c.room.svc.whyNot(ctx, c.room.known(), c.token)
	}
	if err != nil {
		return nil, err
	}
	if a, here := c.room.known().seated(c.agent.Seat); here { // with the role that it has now
		c.room.glance(ctx, a)
	}
	return p.events, nil
}

// checkNote refuses what cannot be a reason.
func checkNote(note string) error {
	if utf8.RuneCountInString(note) > MaxNote || !utf8.ValidString(note) || hasControls(note, "") {
		return refuse(InvalidArgument, "note: at most %d characters of UTF-8 without control characters. Nothing was changed.", MaxNote)
	}
	if holdsToken(note) {
		return errTokenInText("note")
	}
	return nil
}
