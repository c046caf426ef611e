package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Outward turns an error from inside into a *fault.Error, except the error of a caller that has gone.
func (s *Service) Outward(err error) error {
	var refused *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, roomlog.ErrNotFound):
		return fault.Refuse(fault.RoomNotFound, "There is no such room, or it has expired: a room ends %d days after "+
			"it was last used. Check the name with your user, or create it with join_room.",
			int(room.Life/(24*time.Hour)))
	case errors.Is(err, room.ErrNewerVersion):
		return unavailable(s.log, err, time.Minute,
			"A newer version of the server stored this room. Try again in a minute.")
	case errors.Is(err, room.ErrOlderVersion):
		return unavailable(s.log, err, time.Hour, "An earlier build of the server stored this room, and this one "+
			"cannot read it. Ask the person who runs the server to use a new file or table.")
	case errors.Is(err, table.ErrFull):
		return errDiskFull(s.log, err)
	case errors.Is(err, table.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		failed := unavailable(s.log, err, 2*time.Second, "The store did not answer in time.")
		failed.Unclear = true
		return failed
	}
	return fault.Wrap(err, fault.Internal, 0, "Something went wrong on the server.")
}

// unavailable logs the cause for the operator: nobody else can free a full disk, for example.
func unavailable(log *slog.Logger, cause error, after time.Duration, message string) *fault.Error {
	log.Warn("a call could not be served", "error", cause)
	return fault.Wrap(cause, fault.Unavailable, after, message)
}

// Unanswered reports whether err only means that the store did not answer, while the caller is still there.
func (s *Service) Unanswered(ctx context.Context, err error) bool {
	return !errors.Is(ctx.Err(), context.Canceled) && fault.CodeOf(s.Outward(err)) == fault.Unavailable
}
