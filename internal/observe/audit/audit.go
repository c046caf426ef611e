// Package audit writes log lines for an operator: admissions of callers, and decisions. A line has the action, the
// principal and a hash of the room; never a secret, a name or a text.
package audit

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

// Message is the message of all lines, to search for.
const Message = "audit"

// Log writes to log, if there is one, that the caller of ctx did something.
func Log(ctx context.Context, log *slog.Logger, action string, more ...slog.Attr) {
	if log == nil || !log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	all := append([]slog.Attr{slog.String("action", action), slog.String("principal", principal(ctx))}, more...)
	log.LogAttrs(ctx, slog.LevelInfo, Message, all...)
}

// Room identifies a room by a hash of the id, the same as in the log line of each request.
func Room(id string) slog.Attr { return slog.String("room", table.Digest(id)) }

// Seat is the number of a seat of the room.
func Seat(n int) slog.Attr { return slog.Int("seat", n) }

// principal returns what admitted the caller: "local", "key:" with the id of a key,
// "invite:" with its number in the room, "token", or "none".
func principal(ctx context.Context) string {
	switch a := ident.PrincipalOf(ctx); {
	case a.ID != "":
		return a.ID
	case a.Invite != 0:
		return "invite:" + strconv.Itoa(a.Invite)
	case a.Seat != 0:
		return "token"
	}
	return "none"
}
