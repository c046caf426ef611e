package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// History returns a part of what was said, the caller's own messages included: the
// latest, those before or after a number, or the rest of a long text.
func (s *Service) History(ctx context.Context, req HistoryRequest) (Page, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if err := checkHistory(req); err != nil {
		return Page{}, err
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Page{}, s.Outward(err)
	}
	defer c.room.release()
	c.noteCall(ctx)
	if req.Seq > 0 {
		page, err := restOf(ctx, c, req.Seq, req.Offset)
		return page, s.Outward(err)
	}
	page, err := pageOf(ctx, c, req)
	return page, s.Outward(err)
}

func checkHistory(req HistoryRequest) error {
	set := 0
	for _, n := range []int64{req.Before, req.After, req.Seq} {
		if n < 0 {
			return fault.Refuse(fault.InvalidArgument, "before, after and seq are the seq of a message, 1 or more.")
		}
		if n > 0 {
			set++
		}
	}
	switch {
	case set > 1:
		return fault.Refuse(fault.InvalidArgument, "Give only one of before, after and seq.")
	case req.Limit < 1 || req.Limit > 100:
		return fault.Refuse(fault.InvalidArgument, "limit must be from 1 to 100.")
	case req.Offset < 0 || req.Offset > 0 && req.Seq == 0:
		return fault.Refuse(fault.InvalidArgument, "offset goes with seq, and is 0 or more: take both from a message's more.")
	}
	return nil
}

// pageOf returns a page of what the caller may see, oldest first.
func pageOf(ctx context.Context, c *caller, req HistoryRequest) (Page, error) {
	b := batch{events: req.Limit, limit: batchBytes}
	store, log := c.room.svc.store, c.room.log
	if req.After > 0 {
		full, err := b.fillAfter(ctx, store, log, c.agent, max(req.After, c.agent.Since-1))
		return Page{Messages: b.messages, HasMore: full}, err
	}
	from := c.head.AsOf + 1
	if req.Before > 0 {
		from = min(from, req.Before)
	}
	full, err := b.fillBefore(ctx, store, log, c.agent, from)
	slices.Reverse(b.messages)
	return Page{Messages: b.messages, HasMore: full}, err
}

// addLastMessages adds to the result of a join the last messages before event n, and
// how many more events there are. It leaves out agents coming and going whom the
// newcomer never met.
func addLastMessages(ctx context.Context, store *roomlog.Store, log *roomlog.Log, a room.Agent, n int64, got *Seated) error {
	crowd := max(0, len(got.Room.Agents)-agentsShown)
	b := batch{events: joinEvents, limit: max(joinBytes/6, joinBytes-crowd*agentBytes), talk: true}
	full, err := b.fillBefore(ctx, store, log, a, n)
	slices.Reverse(b.messages)
	if got.Messages = b.messages; err != nil || !full {
		return err
	}
	oldest, err := log.Oldest(ctx, a.Since)
	got.Earlier = max(0, b.messages[0].Seq-oldest)
	return err
}

// restOf returns a part of one long text.
func restOf(ctx context.Context, c *caller, seq int64, offset int) (Page, error) {
	none := fault.Refuse(fault.InvalidArgument, "You cannot see a message %d. Use a seq that you have seen.", seq)
	if seq < c.agent.Since {
		return Page{}, none
	}
	e, err := c.room.log.Event(ctx, seq)
	if errors.Is(err, table.ErrNotFound) {
		return Page{}, none
	}
	if err != nil {
		return Page{}, err
	}
	if !c.agent.CanSee(e.Seat, e.To) {
		return Page{}, none
	}
	m := messageFor(c.agent, e)
	if offset > 0 {
		if offset >= len(e.Text) || !startsRune(e.Text, offset) {
			return Page{}, fault.Refuse(fault.InvalidArgument, "offset is not inside message %d: take it from the message's more.", seq)
		}
		m.Text, m.More = firstPart(e.Text[offset:], restBytes), nil
		if end := offset + len(m.Text); end < len(e.Text) {
			m.More = &More{Seq: seq, Offset: end}
		}
	}
	return Page{Messages: []Message{m}, HasMore: m.More != nil}, nil
}

// startsRune reports whether a character begins at byte i.
func startsRune(s string, i int) bool { return s[i]&0xc0 != 0x80 }
