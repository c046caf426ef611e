package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// A stay is a seat as A2A sees it: see ident.NewStay. Its client knows no cursor. Each further call acknowledges
// every earlier result, unless the call repeats a message: then an answer may have been lost. A stay has a hook only if
// a program on the machine of a local server subscribes over MCP by the id of its context.

// Stay is the state of an agent's stay. It comes from the log alone, so each process returns the same.
type Stay struct {
	Ended  room.Reason // why the stay is over; "" while it lasts
	Wanted bool        // an event after the agent's last message wakes the agent
	room.Supervised
	Messages []Message // the latest that the agent sees, oldest first
	At       time.Time // the time of the last event that the agent sees; if the seat is gone, of the call
}

// Stay returns the state of a token's stay and its latest messages, up to most, from 0 to 50. The call is a sign of
// life of the agent, and hands out nothing.
func (s *Service) Stay(ctx context.Context, token string, most int) (Stay, error) {
	c, err := s.enterReading(ctx, token)
	if why := stayEnd(err); why != "" {
		return Stay{Ended: why, At: s.now()}, nil
	}
	if err != nil {
		return Stay{}, s.Outward(err)
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
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

// Questioned returns the tasks that proposals put in question, as far as the agent of a stay sees: the ids of tasks by
// that of the newest proposal. It goes by the cached head.
func (s *Service) Questioned(ctx context.Context, token string) (map[string][]string, error) {
	called, err := s.enterCached(ctx, token)
	if err != nil {
		return nil, s.Outward(err)
	}
	c := reading{called}
	defer c.room.release()
	list := map[string][]string{}
	for _, task := range c.seenTasks(0) {
		if id := c.head.MessageID(c.head.QuestionOf(task, s.now())); id != "" {
			list[id] = append(list[id], room.TaskID(task.No))
		}
	}
	return list, nil
}

// stayEnd returns why the stay of a refused token is over; "" if the refusal has another reason.
func stayEnd(err error) room.Reason {
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code == fault.Removed {
		return room.Reason(refused.Reason)
	}
	return ""
}

// isWanted reports whether an event after the caller's last message wakes the caller, and returns the time of the last
// event that the caller sees.
func (c reading) isWanted(ctx context.Context) (wanted bool, at time.Time, err error) {
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, c.head.AsOf+1) {
		if err != nil {
			return false, at, err
		}
		if at.IsZero() && (c.me.Sees(event) || event.N <= c.me.Joined) {
			at = event.At()
		}
		if event.N <= c.me.Joined || event.Type == room.Said && event.Actor() == c.me.Seat && !event.Person {
			return false, at, nil
		}
		if c.me.IsNews(event) && c.me.WokenBy(event, len(c.head.Agents), false) {
			return true, at, nil
		}
	}
	return false, at, nil
}

// Follow calls yield with news for the agent of a stay, after what the agent was handed, and with the end of the stay.
// Follow returns when the stay, ctx or the service ends, or yield returns false. The agent may make other calls
// meanwhile, and several may follow at once: all are handed the same news.
func (s *Service) Follow(ctx context.Context, token string, yield func(Waited) bool) error {
	c, err := s.enterReading(ctx, token)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	after, _, err := c.reader().Arrived(ctx, "")
	for err == nil {
		var got *Waited
		got, after, err = c.nextNews(ctx, after)
		if err != nil || got == nil || !yield(*got) || got.Status == StatusRemoved {
			break
		}
	}
	return s.Outward(err)
}

// nextNews waits for news after an event, and records it as handed out. If ctx or the service ends, got is nil.
func (c reading) nextNews(ctx context.Context, after int64) (got *Waited, scanned int64, err error) {
	live := c.room
	in := newInbox(c, position{Offer: presence.OfferInStay(after)}, listening{})
	for {
		changed := live.log.Changed()
		c.recorder().RecordCall(ctx)
		if ends, err := in.collectFor(ctx, nil); err != nil {
			return nil, after, err
		} else if ends {
			break
		}
		pause := room.Lease / 3 // each renewal is a sign of life
		if !live.svc.opts.SingleProcess {
			pause = roomlog.PollEvery(live.svc.now().Sub(time.UnixMilli(live.log.Peek().HeadMs)))
		}
		timer := live.svc.clock.NewTimer(pause)
		select {
		case <-changed:
		case <-timer.Chan():
			err = live.log.Poll(ctx)
		case <-live.svc.stopping:
			err = context.Canceled
		case <-ctx.Done():
			err = ctx.Err()
		}
		timer.Stop()
		switch {
		case ctx.Err() != nil || isClosed(live.svc.stopping):
			return nil, after, nil
		case err != nil:
			live.svc.log.WarnContext(ctx, "a room could not be polled", "error", err)
		}
	}
	if _, err := in.recordHandedOut(ctx, nil); err != nil {
		return nil, after, err
	}
	in.c.moveOn()
	// Events that do not fit come with the next news.
	got = &Waited{Status: decideStatus(in.found(ctx), stop{}), Messages: in.batch.Messages, Wakes: in.end > goesOn,
		Situation: c.situation(in.learned(nil))}
	return got, in.scanned, nil
}
