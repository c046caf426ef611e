package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/table"
)

// address makes the event to be said: names become seats, once and before the
// first attempt, so that what is for one agent can never reach another who takes
// the name meanwhile; and what it answers is looked up.
func (m *utteranceInHand) address(ctx context.Context) error {
	m.event = event{Type: said, Text: m.req.Text, Kind: m.req.Kind, ReplyTo: m.req.ReplyTo}
	if m.event.Kind == Plain {
		m.event.Kind = ""
	}
	if len(m.req.To) > 0 {
		if err := m.addressees(ctx); err != nil {
			return err
		}
	}
	m.sum = textSum(m.event.Text, m.event.To)
	if m.req.ReplyTo > 0 {
		return m.answers(ctx)
	}
	return nil
}

// addressees finds the seats of those whom the message is for.
func (m *utteranceInHand) addressees(ctx context.Context) error {
	if len(m.req.To) > MaxCapacity {
		return refuse(InvalidArgument, "to: at most %d names. Nothing was sent.", MaxCapacity)
	}
	var chosen []agent
	for i, to := range m.req.To {
		a, err := m.addressee(ctx, to)
		if err != nil {
			return err
		}
		switch {
		case a.Seat == 0:
			return refuse(InvalidArgument, "to: number %d is the name of no agent in this room. Nothing was sent: room_info tells who is there; leave to out to speak to all.", i+1)
		case a.Seat != m.agent.Seat && !slices.ContainsFunc(chosen, func(x agent) bool { return x.Seat == a.Seat }):
			chosen = append(chosen, a)
		}
	}
	if len(chosen) == 0 {
		return refuse(InvalidArgument, "to names only yourself. Nothing was sent: name others, or leave to out to speak to all.")
	}
	slices.SortFunc(chosen, func(a, b agent) int { return a.Seat - b.Seat })
	for _, a := range chosen {
		m.event.To, m.event.ToNames = append(m.event.To, a.Seat), append(m.event.ToNames, a.Name)
	}
	return nil
}

// addressee returns the agent of a name, or none. It is looked for once more in
// the room as it is now: it may have come just before.
func (m *utteranceInHand) addressee(ctx context.Context, to string) (agent, error) {
	n, err := agentName(to)
	if err != nil {
		return agent{}, nil // a name that nobody can have
	}
	if a, here := m.fold.named(n.key); here {
		return a, nil
	}
	f, err := m.room.current(ctx, m.began)
	if err != nil {
		return agent{}, err
	}
	m.fold = f
	a, _ := f.named(n.key)
	return a, nil
}

// answers notes whose message is answered, and who may see that. One that the
// sender may not see does not exist for it.
func (m *utteranceInHand) answers(ctx context.Context) error {
	none := refuse(InvalidArgument, "reply_to: there is no message %d. Nothing was sent: use the seq of a message you have read.", m.req.ReplyTo)
	e, err := m.room.event(ctx, m.req.ReplyTo)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return none
	case err != nil:
		return err
	case e.n < m.agent.Since, e.Type == moved, !m.agent.among(e.Seat, e.To):
		return none
	}
	m.event.ReSeat = e.Seat
	if len(e.To) > 0 {
		m.event.ReFor = e.To
	}
	return nil
}

// event returns event n, from memory if it is there.
func (r *liveRoom) event(ctx context.Context, n int64) (event, error) {
	r.mu.Lock()
	if len(r.tail) > 0 && r.tail[0].n <= n && n <= r.tail[len(r.tail)-1].n {
		e := r.tail[n-r.tail[0].n]
		r.mu.Unlock()
		return e, nil
	}
	r.mu.Unlock()
	item, err := r.svc.table.Get(ctx, logKey(r.id, n), table.Strong)
	if err != nil {
		return event{}, err
	}
	return decodeEvent(item)
}
