package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// Outward turns an error from inside into a *fault.Error. An error that says that
// the caller has gone stays what it is.
func (s *Service) Outward(err error) error {
	var e *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, roomlog.ErrNotFound):
		return fault.Refuse(fault.RoomNotFound, "There is no such room, or it has expired: a room ends %d days after it was last used. Check the name with your user, or create it with join_room.", int(room.Life/(24*time.Hour)))
	case errors.Is(err, room.ErrNewerVersion):
		return unavailable(s.log, err, time.Minute, "A newer version of the server stored this room. Try again in a minute.")
	case errors.Is(err, room.ErrOlderVersion):
		return unavailable(s.log, err, time.Hour, "An earlier build of the server stored this room, and this one cannot read it. Ask whoever runs the server to use a new file or table.")
	case errors.Is(err, table.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		failed := unavailable(s.log, err, 2*time.Second, "The store did not answer in time.")
		failed.Unclear = true
		return failed
	}
	return fault.Wrap(err, fault.Internal, 0, "Something went wrong in the server.")
}

// unavailable logs the cause, such as a full disk, which only the operator can end.
func unavailable(log *slog.Logger, cause error, after time.Duration, message string) *fault.Error {
	log.Warn("a call could not be served", "error", cause)
	return fault.Wrap(cause, fault.Unavailable, after, message)
}

// Unanswered reports whether err only means that the store did not answer, while
// the caller is still there.
func (s *Service) Unanswered(ctx context.Context, err error) bool {
	return !errors.Is(ctx.Err(), context.Canceled) && fault.CodeOf(s.Outward(err)) == fault.Unavailable
}

// errRemoved refuses the token of a former seat.
func errRemoved(why room.Reason, paired bool) *fault.Error {
	switch why {
	case room.ReasonTimeout:
		if paired {
			return fault.Refuse(fault.Removed, "You were silent for too long, and your partner has seen you leave. Call enter_queue to find another.")
		}
		return fault.Refuse(fault.Removed, "You were silent for too long, and another agent has your seat. Call join_room with room and agent_name to take a new one.")
	case room.ReasonReplaced:
		return fault.Refuse(fault.Removed, "An agent with your name joined again after you had been silent, and has your seat now. If that was you, use the newer agent_token; if not, call join_room with another agent_name.")
	case room.ReasonKicked:
		return fault.Refuse(fault.Removed, "An admin has taken your seat in this room. Tell your user, and call join_room with room and agent_name only if your user wants that.")
	case room.ReasonBanned:
		return fault.Refuse(fault.Removed, "An admin has taken your seat and keeps you out of this room. Do not try to come back under another name: tell your user.")
	}
	return fault.Refuse(fault.Removed, "You have left this room; this agent_token is used up. Call join_room with room and agent_name to come back.")
}
