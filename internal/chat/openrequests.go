package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// How far back open requests are looked for, in events, and how many are shown.
const (
	requestsWithin = 2 * roomlog.PageEvents
	requestsShown  = 10
)

// openRequests returns the requests that the caller sees and that no reply it sees
// has answered, oldest first. Those of agents that have left, or only to such, wait
// for nothing.
func (c *caller) openRequests(ctx context.Context) ([]OpenRequest, error) {
	done, err := c.room.svc.store.BeginRead(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var open []OpenRequest
	answered := map[int64]bool{}
	n, oldest := c.head.AsOf+1, max(c.agent.Since, c.head.AsOf-requestsWithin)
	for n > oldest && len(open) < requestsShown {
		events, more, err := c.room.log.PageBefore(ctx, n, roomlog.PageEvents)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if n = e.N; e.Type != room.Said || !c.agent.Receives(e) {
				continue
			}
			if e.ReplyTo > 0 && e.Seat != e.ReSeat {
				answered[e.ReplyTo] = true
			}
			if e.Kind != room.Request || answered[e.N] || len(open) == requestsShown {
				continue
			}
			_, here := c.head.Seated(e.Seat)
			if to := stillSeated(c.head, e); here && (len(to) > 0 || len(e.To) == 0) {
				open = append(open, OpenRequest{Seq: e.N, From: e.Name, To: to})
			}
		}
		if !more || len(events) == 0 {
			break
		}
	}
	slices.Reverse(open)
	return open, nil
}

// stillSeated returns the names of those addressees of e that have not left.
func stillSeated(h *room.Head, e room.Event) (names []string) {
	for i, seat := range e.To {
		if _, here := h.Seated(seat); here {
			names = append(names, e.ToNames[i])
		}
	}
	return names
}
