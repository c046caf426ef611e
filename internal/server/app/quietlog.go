package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/parley-chat/parley/internal/store/table"
)

// QuietWhenFull is a log without the lines whose error is a full disk: on a full disk, every call that writes has
// this error. In a server, the table has its own log and warns of the full disk now and then. A command ends with the
// error.
type QuietWhenFull struct{ slog.Handler }

// Handle implements slog.Handler.
func (q QuietWhenFull) Handle(ctx context.Context, r slog.Record) error {
	drop := false
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		drop = ok && errors.Is(err, table.ErrFull)
		return !drop
	})
	if drop {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (q QuietWhenFull) WithAttrs(attrs []slog.Attr) slog.Handler {
	return QuietWhenFull{q.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (q QuietWhenFull) WithGroup(name string) slog.Handler {
	return QuietWhenFull{q.Handler.WithGroup(name)}
}
