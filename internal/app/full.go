package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/parley-chat/parley/internal/table"
)

// quietWhenFull is a log without the lines that have a full disk as their error: every call that writes
// has one then. The table itself, which has a log of its own, warns of it now and then.
type quietWhenFull struct{ slog.Handler }

// Handle implements slog.Handler.
func (q quietWhenFull) Handle(ctx context.Context, r slog.Record) error {
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
func (q quietWhenFull) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietWhenFull{q.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (q quietWhenFull) WithGroup(name string) slog.Handler {
	return quietWhenFull{q.Handler.WithGroup(name)}
}
