package chat

import (
	"context"
	"time"
)

// knockEvery is how often a room hears at most that somebody wanted a seat.
const knockEvery = 10 * time.Minute

// knock tells the room that the agent found no seat, unless it was told of another
// lately. The refusal stands whatever comes of it.
func (in *entrance) knock(ctx context.Context, r *liveRoom) {
	if f := r.known(); f == nil || !in.mayKnock(f, r.svc.now()) {
		return // what is known lies behind at most: somebody else has knocked, or will
	}
	err := r.append(ctx, &proposal{propose: func(f *fold, now time.Time) (change, error) {
		if !in.mayKnock(f, now) {
			return change{}, nil
		}
		return change{events: []event{{Type: knock, Name: in.agent.shown}}}, nil
	}})
	if err != nil && ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "a room could not be told of a knock", "error", err)
	}
}

// mayKnock reports whether the room is still the one, full, and not told lately.
func (in *entrance) mayKnock(f *fold, now time.Time) bool {
	_, banned := keptBy(f.bans, in.agent.key)
	return !f.closed && !f.dead(now) && f.Key == in.room.key && !banned &&
		len(f.agents) >= f.Capacity && now.Sub(time.UnixMilli(f.knockMs)) >= knockEvery
}
