package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/parley-chat/parley/internal/store/table"
)

// QuietWhenFull is a log without the lines that have a full disk as their error: every call that writes
// has one then. The table of a server, which has a log of its own, warns of it now and then. A command ends with it.
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
