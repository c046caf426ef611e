package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/presence"
)

// When a program on standby that looks in should do so again. A turn lasts longer: see
// room.TurnPasses.
const (
	lookLively = 5 * time.Second  // the last event is less than a minute old
	lookCalm   = 15 * time.Second // older
)

// lookIn is a wait of a program on standby that only looks in, and will again: it holds
// nothing, and is announced ahead. The agent's own wait comes first, which reads what there
// is.
func (c *caller) lookIn(ctx context.Context, req *WaitRequest) (*Waited, error) {
	now := c.room.svc.now()
	own := c.attendance().Ahead(ctx, req.ForMe)
	pos, err := c.locate(ctx, req)
	if err != nil {
		return nil, err
	}
	in := newInbox(c, pos)
	in.forMe = req.ForMe
	w := &presence.Wait{Began: now, Until: now, Standby: true, Looks: true, Yields: own}
	turn := false
	if !own {
		if err := in.collect(ctx); err != nil {
			return nil, err
		}
		if _, owes := c.head.Talk.Owes(c.agent.Seat, now); owes && !in.wakes {
			turn = c.room.agents.TakeTurn(ctx, c.agent.Seat, w)
		}
	}
	got, err := c.hand(ctx, in, w)
	if err != nil {
		return nil, err
	}
	switch {
	case own:
		got.Status, got.Yielded = StatusSuperseded, true
	case turn:
		got.Status = StatusTurn
	}
	got.LookAgain = lookCalm
	if now.Sub(time.UnixMilli(c.head.HeadMs)) < time.Minute {
		got.LookAgain = lookLively
	}
	return got, nil
}
