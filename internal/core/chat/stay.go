package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// A stay is how A2A sees a seat: see ident.NewStay. Its client knows no cursor. Each further call says that all has
// arrived that the seat was handed before, but for a message that is repeated: the answer to it may be lost.

// readAsStay gives the message of a stay the cursor of what has arrived, as if a hold had returned it: its client may
// never repeat what is held back, so only what is meant for the agent holds.
func (c *session) readAsStay(ctx context.Context, req *SendRequest) error {
	if !req.Stay {
		return nil
	}
	n, err := c.reader().Arrived(ctx, req.Key)
	req.Cursor = ident.Cursor{N: n, Held: true}.String(c.token)
	return err
}

// Stay is how the stay of an agent stands. The log alone says so: it is the same in each process.
type Stay struct {
	Ended  room.Reason // why it is over; "" while it lasts
	Wanted bool        // something that wakes the agent came after its own last message
	room.Supervised
	Messages []Message // the last that it sees, oldest first
	At       time.Time // of the last event that it sees; of a stay that is over, of the call
}

// Stay returns how the stay of a token stands, with so many messages at most, from 0 to 50. It counts as a sign of life
// of the agent, and hands out nothing. A stay that the room has not given is refused.
func (s *Service) Stay(ctx context.Context, token string, most int) (Stay, error) {
	c, err := s.enterNow(ctx, token)
	if why := stayEnd(err); why != "" {
		return Stay{Ended: why, At: s.now()}, nil
	}
	if err != nil {
		return Stay{}, s.Outward(err)
	}
	defer c.room.release()
	c.attendance().RecordCall(ctx)
	got := Stay{Supervised: c.head.SupervisedOf(c.me.Agent, s.now())}
	if c.head.Closed {
		got.Ended = c.head.WhyClosed()
	}
	if most > 0 {
		page, err := c.page(ctx, HistoryRequest{Limit: most})
		if err != nil {
			return Stay{}, s.Outward(err)
		}
		got.Messages = page.Messages
	}
	got.Wanted, got.At, err = c.isWanted(ctx)
	return got, s.Outward(err)
}

// stayEnd returns why a stay is over whose token was refused; "" if that says nothing of the kind.
func stayEnd(err error) room.Reason {
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code == fault.Removed {
		return room.Reason(refused.Reason)
	}
	return ""
}

// isWanted reports whether something that wakes the caller came after its own last message. It returns the time of the
// last event that the caller sees, too.
func (c *session) isWanted(ctx context.Context) (wanted bool, at time.Time, err error) {
	for e, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, c.head.AsOf+1) {
		if err != nil {
			return false, at, err
		}
		if at.IsZero() && (c.me.Sees(e) || e.N <= c.me.Joined) {
			at = e.At()
		}
		if e.N <= c.me.Joined || e.Type == room.Said && e.Seat == c.me.Seat && !e.Person {
			return false, at, nil
		}
		if c.me.IsNews(e) && c.me.WokenBy(e, len(c.head.Agents), false) {
			return true, at, nil
		}
	}
	return false, at, nil
}

// Follow calls yield with what is new for the agent of a stay, and with its end, until that, until yield
// returns false, or ctx or the service ends. Beside it the agent may make other calls, and several may follow
// at once: each is handed what comes, and none keeps it from another. It begins after what the agent was
// handed.
func (s *Service) Follow(ctx context.Context, token string, yield func(Waited) bool) error {
	c, err := s.enterNow(ctx, token)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	after, err := c.reader().Arrived(ctx, "")
	for err == nil {
		var got *Waited
		got, after, err = c.nextNews(ctx, after)
		if err != nil || got == nil || !yield(*got) || got.Status == StatusRemoved {
			break
		}
	}
	return s.Outward(err)
}

// nextNews waits for what is new after an event, and records it as handed out. It returns nothing if ctx or the service
// ends.
func (c *session) nextNews(ctx context.Context, after int64) (got *Waited, scanned int64, err error) {
	r := c.room
	in := newInbox(c, position{Offer: presence.Offer{How: presence.UntilArrived, After: after}})
	for {
		changed := r.log.Changed()
		c.attendance().RecordCall(ctx)
		if err := in.collect(ctx); err != nil {
			return nil, after, err
		}
		if in.due() {
			break
		}
		pause := room.Lease / 3 // then it is a sign of life
		if !r.svc.opts.SingleProcess {
			pause = roomlog.PollEvery(r.svc.now().Sub(time.UnixMilli(r.log.Peek().HeadMs)))
		}
		timer := r.svc.clock.NewTimer(pause)
		select {
		case <-changed:
		case <-timer.Chan():
			err = r.log.Poll(ctx)
		case <-r.svc.stopping:
			err = context.Canceled
		case <-ctx.Done():
			err = ctx.Err()
		}
		timer.Stop()
		switch {
		case ctx.Err() != nil || isClosed(r.svc.stopping):
			return nil, after, nil
		case err != nil:
			r.svc.log.WarnContext(ctx, "a room could not be polled", "error", err)
		}
	}
	if _, err := in.recordHandedOut(ctx, nil); err != nil {
		return nil, after, err
	}
	h := r.log.Peek()
	// What does not fit is next.
	got = &Waited{Status: in.status(ctx, h), Messages: in.batch.Messages, Wakes: in.has(wakes),
		Situation: in.situation(h)}
	return got, in.scanned, nil
}
