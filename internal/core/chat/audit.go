package chat

import (
	"context"
	"log/slog"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/observe/audit"
)

// AuditSeat logs that the caller of ctx has taken a seat of the room with an id.
func (s *Service) AuditSeat(ctx context.Context, id string, seat int, how JoinStatus) {
	audit.Log(ctx, s.audit, "seat_taken", audit.Room(id), audit.Seat(seat), slog.String("how", string(how)))
}

// auditDecisions logs the caller's decisions about the room or an agent there, one line for each.
func (c *session) auditDecisions(ctx context.Context, events []room.Event) {
	for _, e := range events {
		about := []slog.Attr{audit.Room(c.token.Room), audit.Seat(e.By)}
		if e.Type != room.Changed && e.Seat != 0 {
			about = append(about, slog.Int("of", e.Seat))
		}
		audit.Log(ctx, c.room.svc.audit, decisionOf(e), about...)
	}
}

// decisionOf names the decision of an event.
func decisionOf(e room.Event) string {
	switch {
	case e.Type == room.Left && e.Reason == room.ReasonBanned:
		return "agent_ban"
	case e.Type == room.Left:
		return "agent_kick"
	case e.Type == room.Managed:
		return "agent_" + string(e.Action)
	case e.Redacts != 0:
		return "text_removed"
	case e.ClosesRoom():
		return "room_closed"
	case e.Changed != nil && e.Changed.Invite != "" && e.Changed.Password == "":
		return "invite_renewed"
	}
	return "room_changed"
}
