package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/table"
)

// caller is an agent whose token was accepted.
type caller struct {
	token agentToken
	room  *liveRoom // to be given back with done
	fold  *fold
	agent agent
}

// enter accepts a token on what is known of its room, which may lie behind the
// log; a refusal is always of the present. The caller's room must be given back.
func (s *Service) enter(ctx context.Context, token string) (*caller, error) {
	return s.accept(ctx, token, (*liveRoom).warm)
}

// enterNow accepts a token on the room as it is now.
func (s *Service) enterNow(ctx context.Context, token string) (*caller, error) {
	began := s.now()
	return s.accept(ctx, token, func(r *liveRoom, ctx context.Context) (*fold, error) { return r.current(ctx, began) })
}

func (s *Service) accept(ctx context.Context, token string, read func(*liveRoom, context.Context) (*fold, error)) (*caller, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	began := s.now()
	r := s.room(t.room)
	f, err := read(r, ctx)
	if err == nil {
		if a, ok := owner(f, t); ok && !f.dead(began) {
			return &caller{token: t, room: r, fold: f, agent: a}, nil
		}
		if f, err = r.current(ctx, began); err == nil {
			if a, ok := owner(f, t); ok && !f.dead(began) {
				return &caller{token: t, room: r, fold: f, agent: a}, nil
			}
			err = s.whyNot(ctx, f, t)
		}
	}
	r.done()
	return nil, err
}

// owner returns the agent that t belongs to.
func owner(f *fold, t agentToken) (agent, bool) {
	a, ok := f.seated(t.seat)
	return a, ok && sameSecret(t.secret, a.Hash)
}

// whyNot says why a token is not accepted.
func (s *Service) whyNot(ctx context.Context, f *fold, t agentToken) error {
	a, there := f.seated(t.seat)
	switch {
	case t.seat < 1, t.seat >= f.nextSeat, there && !sameSecret(t.secret, a.Hash):
		return refuse(TokenInvalid, "agent_token is not one that this room gave out. Use the one that join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case there, !f.ended && f.dead(s.now()):
		return errNoRoom // the room has died under its agents
	}
	item, err := s.table.Get(ctx, goneKey(t.room, t.seat), table.Strong)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return err
	}
	gone := goneItem{Reason: ReasonLeft}
	if err == nil {
		if err := decode(item, &gone); err != nil {
			return err
		}
	}
	if f.Paired && gone.Reason == ReasonTimeout {
		return refuse(Removed, "Nothing was heard from you for too long, and your partner was told that you have left. Call enter_queue to find another.")
	}
	return removedError(gone.Reason)
}

// removedError is what a call with the token of a former seat gets.
func removedError(why Reason) *Error {
	switch why {
	case ReasonTimeout:
		return refuse(Removed, "Your seat was given to another agent, since nothing was heard from you for too long. Call join_room with room and agent_name to take a new one.")
	case ReasonReplaced:
		return refuse(Removed, "An agent with your name joined again after you had been silent, and has your seat now. If that was you, use the newer agent_token; if not, call join_room with another agent_name.")
	case ReasonKicked:
		return refuse(Removed, "An admin has taken your seat in this room. You may call join_room with room and agent_name for a new one, unless your user says otherwise.")
	case ReasonBanned:
		return refuse(Removed, "An admin has taken your seat and keeps you out of this room. Do not try to come back under another name: tell your user.")
	}
	return refuse(Removed, "You have left this room; this agent_token is used up. Call join_room with room and agent_name to come back.")
}

// others counts the agents beside seat.
func others(f *fold, seat int) int {
	if _, here := f.seated(seat); here {
		return len(f.agents) - 1
	}
	return len(f.agents)
}
