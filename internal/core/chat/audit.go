package chat

import (
	"context"
	"log/slog"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/observe/audit"
)

// AuditSeat logs that the caller of ctx has taken seat in room id.
func (s *Service) AuditSeat(ctx context.Context, id string, seat int, how JoinStatus) {
	audit.Log(ctx, s.audit, "seat_taken", audit.Room(id), audit.Seat(seat), slog.String("how", string(how)))
}

// auditDecisions logs the caller's decisions about room id or an agent there, one line for each.
func (s *Service) auditDecisions(ctx context.Context, id string, events []room.Event) {
	for _, event := range events {
		about := []slog.Attr{audit.Room(id), audit.Seat(event.By)}
		if event.Type != room.Changed && event.Seat != 0 {
			about = append(about, slog.Int("of", event.Seat))
		}
		audit.Log(ctx, s.audit, decisionOf(event), about...)
	}
}

// decisionOf names the decision of an event.
func decisionOf(event room.Event) string {
	switch {
	case event.Type == room.Left && event.Reason == room.ReasonBanned:
		return "agent_ban"
	case event.Type == room.Left:
		return "agent_kick"
	case event.Type == room.Managed:
		return "agent_" + string(event.Action)
	case event.Redacts != 0:
		return "text_removed"
	case event.ClosesRoom():
		return "room_closed"
	case event.Changed != nil && event.Changed.Invite != "" && event.Changed.Password == "":
		return "invite_renewed"
	}
	return "room_changed"
}
