package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// appendKnock appends an event about the refusal for the agents of the room, unless the room has had enough knocks. The
// caller is refused also if the append fails.
func (op *joinOp) appendKnock(ctx context.Context, r *liveRoom, why room.Reason) {
	if h := r.log.Peek(); h == nil || !op.mayKnock(h, op.svc.now(), why) {
		return // the head may lie behind the log: then another call has knocked
	}
	if op.svc.checkSpace(0, op.By.IsGuest()) != nil {
		return
	}
	err := r.log.Append(ctx,
		&roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (ch roomlog.Change, err error) {
			if op.mayKnock(h, now, why) {
				ch.Events = []room.Event{h.Knock(op.Name, why)}
			}
			return ch, nil
		}})
	if err != nil && ctx.Err() == nil {
		op.svc.log.WarnContext(ctx, "a knock was not written", "error", err)
	}
}

// mayKnock reports whether the room still refuses the caller for this reason, and has not had enough knocks.
func (op *joinOp) mayKnock(h *room.Head, now time.Time, why room.Reason) bool {
	_, taken := h.Named(op.Name.Key)
	refused := taken
	if why == room.ReasonRoomFull {
		refused = !taken && len(h.Agents) >= h.Capacity
	}
	return refused && h.Key == op.Room.Key && h.MayKnock(op.Name, now)
}
