package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/table"
)

// lastWords adds the last of what was said before event n, without the comings and
// goings of those whom the newcomer never met, and how much more there is.
func (r *liveRoom) lastWords(ctx context.Context, a agent, n int64, got *Seated) error {
	crowd := max(0, len(got.Room.Agents)-agentsShown)
	b := batch{events: wordsEvents, limit: max(wordsBytes/6, wordsBytes-crowd*agentBytes), talk: true}
	full, err := b.back(ctx, r, a, n)
	slices.Reverse(b.messages)
	if got.Messages = b.messages; err != nil || !full {
		return err
	}
	oldest, err := r.oldest(ctx, a.Since)
	got.Earlier = max(0, b.messages[0].Seq-oldest)
	return err
}

// oldest is the first event from since on that has not expired.
func (r *liveRoom) oldest(ctx context.Context, since int64) (int64, error) {
	page, err := r.svc.table.Query(ctx, table.Range{
		Partition: roomPartition(r.id), Prefix: logPrefix, After: logSort(since - 1), Limit: 1, Consistency: table.Eventual,
	})
	if err != nil || len(page.Items) == 0 {
		return since, err
	}
	return logNumber(page.Items[0].Key)
}

// History returns a part of what was said, the caller's own included: the latest,
// what lies before or after a number, or the rest of a long text.
func (s *Service) History(ctx context.Context, req HistoryRequest) (Page, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if err := checkHistory(req); err != nil {
		return Page{}, err
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Page{}, s.outward(err)
	}
	defer c.room.done()
	c.room.glance(ctx, c.agent)
	if req.Seq > 0 {
		page, err := c.room.rest(ctx, c.agent, req.Seq, req.Offset)
		return page, s.outward(err)
	}
	page, err := c.room.history(ctx, c.agent, c.fold.asOf, req, batchBytes)
	return page, s.outward(err)
}

func checkHistory(req HistoryRequest) error {
	set := 0
	for _, n := range []int64{req.Before, req.After, req.Seq} {
		if n < 0 {
			return refuse(InvalidArgument, "before, after and seq are the seq of a message, 1 or more.")
		}
		if n > 0 {
			set++
		}
	}
	switch {
	case set > 1:
		return refuse(InvalidArgument, "Give only one of before, after and seq.")
	case req.Limit < 1 || req.Limit > 100:
		return refuse(InvalidArgument, "limit must be from 1 to 100.")
	case req.Offset < 0 || req.Offset > 0 && req.Seq == 0:
		return refuse(InvalidArgument, "offset goes with seq, and is 0 or more: take both from a message's more.")
	}
	return nil
}

// history reads a page of what a may see, in the order asked for, up to limit
// bytes of JSON. head is the last event that is known to be there.
func (r *liveRoom) history(ctx context.Context, a agent, head int64, req HistoryRequest, limit int) (Page, error) {
	b := batch{events: req.Limit, limit: limit}
	if req.After > 0 {
		full, err := b.forth(ctx, r, a, max(req.After, a.Since-1))
		return Page{Messages: b.messages, HasMore: full}, err
	}
	from := head + 1
	if req.Before > 0 {
		from = min(from, req.Before)
	}
	full, err := b.back(ctx, r, a, from)
	slices.Reverse(b.messages)
	return Page{Messages: b.messages, HasMore: full}, err
}

// readingsAtOnce is how many calls may read back at once: a page of the longest texts
// takes some seven megabytes until it is answered from.
const readingsAtOnce = 16

// reading waits until the caller may read back, which it has done when it calls done.
func (s *Service) reading(ctx context.Context) (done func(), err error) {
	if err := s.readings.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { s.readings.Release(1) }, nil
}

// forth fills the batch with what follows event n, and reports whether something
// did not fit.
func (b *batch) forth(ctx context.Context, r *liveRoom, a agent, n int64) (full bool, err error) {
	done, err := r.svc.reading(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	for limit := b.firstPage(); ; limit = pageEvents {
		events, more, err := r.pageAfter(ctx, n, limit, table.Strong)
		if err != nil {
			return false, err
		}
		if full := b.fill(a, events); full || !more || len(events) == 0 {
			return full, nil
		}
		n = events[len(events)-1].n
	}
}

// back does so with what precedes event n, the latest first.
func (b *batch) back(ctx context.Context, r *liveRoom, a agent, n int64) (full bool, err error) {
	done, err := r.svc.reading(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	for limit := b.firstPage(); ; limit = pageEvents {
		events, more, err := r.pageBefore(ctx, n, limit)
		if err != nil {
			return false, err
		}
		if full := b.fill(a, events); full || !more || len(events) == 0 {
			return full, nil
		}
		if n = events[len(events)-1].n; n <= a.Since {
			return false, nil
		}
	}
}

// firstPage is how many events are read at first: a few more than may be shown, since
// each costs and some are not.
func (b *batch) firstPage() int { return min(b.events+5, pageEvents) }

// fill adds what a sees of events, and reports whether something did not fit.
func (b *batch) fill(a agent, events []event) (full bool) {
	for _, e := range events {
		if e.n < a.Since || e.Type == moved || !a.among(e.Seat, e.To) || b.talk && e.Type != said {
			continue
		}
		if !b.add(a.message(e)) {
			return true
		}
	}
	return false
}

// rest returns a part of one long text.
func (r *liveRoom) rest(ctx context.Context, a agent, seq int64, offset int) (Page, error) {
	none := refuse(InvalidArgument, "There is no message %d for you. Use a seq that you have seen.", seq)
	if seq < a.Since {
		return Page{}, none
	}
	e, err := r.event(ctx, seq)
	if errors.Is(err, table.ErrNotFound) {
		return Page{}, none
	}
	if err != nil {
		return Page{}, err
	}
	if !a.among(e.Seat, e.To) {
		return Page{}, none
	}
	m := a.message(e)
	if offset > 0 {
		if offset >= len(e.Text) || !startsRune(e.Text, offset) {
			return Page{}, refuse(InvalidArgument, "offset is not inside message %d: take it from the message's more.", seq)
		}
		m.Text, m.More = firstPart(e.Text[offset:], restBytes), nil
		if end := offset + len(m.Text); end < len(e.Text) {
			m.More = &More{Seq: seq, Offset: end}
		}
	}
	return Page{Messages: []Message{m}, HasMore: m.More != nil}, nil
}

// startsRune reports whether a character begins at i.
func startsRune(s string, i int) bool { return s[i]&0xc0 != 0x80 }
