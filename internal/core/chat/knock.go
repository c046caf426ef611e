package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// appendKnock appends an event about the refusal for the agents of the room, unless the room has had enough knocks. The
// caller is refused also if the append fails.
func (op *joinOp) appendKnock(ctx context.Context, live *liveRoom, why room.Reason) {
	if head := live.log.Peek(); head == nil || !op.mayKnock(head, op.svc.now(), why) {
		return // the head may lie behind the log: then another call has knocked
	}
	if op.svc.checkSpace(0, op.By.IsGuest()) != nil {
		return
	}
	_, err := roomlog.Append(ctx, live.log, op.svc.now(), func(at roomlog.Place) (ch roomlog.Change, _ error) {
		if op.mayKnock(at.Head, at.Now, why) {
			ch.Events = []room.Event{at.Head.Knock(op.Name, why)}
		}
		return ch, nil
	})
	if err != nil && ctx.Err() == nil {
		op.svc.log.WarnContext(ctx, "a knock was not written", "error", err)
	}
}

// mayKnock reports whether the room still refuses the caller for this reason, and has not had enough knocks. A held
// agent does not knock: how it writes a name could tell others something.
func (op *joinOp) mayKnock(head *room.Head, now time.Time, why room.Reason) bool {
	_, taken := head.Named(op.Name.Key)
	refused := taken
	if why == room.ReasonRoomFull {
		refused = !taken && len(head.Agents) >= head.Capacity
	}
	return refused && head.Key == op.Room.Key && head.MayKnock(op.Name, now) && head.CheckFurtherSeat(op.By.ID) == nil
}
