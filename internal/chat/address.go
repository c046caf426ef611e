package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/table"
)

// address makes the event to be said, or says why it cannot be. Of a caller whose
// seat has gone, that comes first.
func (m *utteranceInHand) address(ctx context.Context) error {
	err := m.makeEvent(ctx)
	if CodeOf(err) != InvalidArgument {
		return err
	}
	f, current := m.room.current(ctx, m.began)
	if current != nil {
		return current
	}
	if _, here := owner(f, m.token); !here {
		return m.room.svc.whyNot(ctx, f, m.token)
	}
	return err
}

// makeEvent turns names into seats, once and before the first attempt, so that what
// is for one agent can never reach another who takes the name meanwhile; and looks
// up what is answered.
func (m *utteranceInHand) makeEvent(ctx context.Context) error {
	m.event = event{Type: said, Text: m.req.Text, Kind: m.req.Kind, ReplyTo: m.req.ReplyTo}
	if m.event.Kind == Plain {
		m.event.Kind = ""
	}
	if len(m.req.To) > 0 {
		err := m.addressees(ctx)
		if told := m.toldBefore(ctx, err); err != nil && !told {
			return err
		}
	}
	m.sum = textSum(m.event.Text, m.event.To)
	if m.req.ReplyTo > 0 {
		return m.answers(ctx)
	}
	return nil
}

// addressees finds the seats of those whom the message is for, in the room as it is
// now: a name may have changed hands.
func (m *utteranceInHand) addressees(ctx context.Context) error {
	if len(m.req.To) > MaxCapacity {
		return refuse(InvalidArgument, "to: at most %d names. Nothing was sent.", MaxCapacity)
	}
	f, err := m.room.current(ctx, m.began)
	if err != nil {
		return err
	}
	m.fold = f
	var chosen []agent
	for i, key := range nameKeys(m.req.To) {
		a, here := f.named(key)
		switch {
		case !here:
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

// nameKeys returns the keys of names, "" for what can be nobody's.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		if n, err := agentName(s); err == nil {
			keys[i] = n.key
		}
	}
	return keys
}

// toldBefore reports whether the call repeats a message that was sent. That stays
// for those it was sent to, also when they have gone, or others have their names.
// unfound is what addressees ended with.
func (m *utteranceInHand) toldBefore(ctx context.Context, unfound error) bool {
	if m.req.Key != "" { // without a reason to refuse, the write finds it out
		return CodeOf(unfound) == InvalidArgument && m.lookUpKey(ctx) == nil && m.keyed
	}
	if _, known := m.fold.lastSaid(m.agent, m.began); !known && m.room.recall(ctx, m.began.Add(-sameWithin)) == nil {
		m.fold = m.room.known()
	}
	u, known := m.fold.lastSaid(m.agent, m.began)
	if !known || u.n == 0 || m.began.Sub(u.at) >= sameWithin {
		return false
	}
	e, err := m.room.event(ctx, u.n)
	if err != nil || len(e.To) == 0 || e.Text != m.req.Text || !slices.Equal(m.others(e.ToNames), m.others(m.req.To)) {
		return false
	}
	m.sum = u.sum
	again, err := m.again(m.fold, m.agent, m.began)
	if again && err == nil {
		m.event.To, m.event.ToNames = e.To, e.ToNames
	}
	return again && err == nil
}

// others returns the keys of names, each once, without the caller's own.
func (m *utteranceInHand) others(names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == m.agent.Key })
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
