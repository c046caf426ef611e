package room

import "time"

// Head is a room as of one event: its state and the index of its latest events.
type Head struct {
	State
	Recent Recent
}

// NewHead returns the head of a room whose state is s, with an empty index.
func NewHead(s State) *Head {
	return &Head{State: s, Recent: Recent{From: s.AsOf + 1, FromMs: s.HeadMs}}
}

// Apply returns the head after e, which must be the next event. h is unchanged.
func (h *Head) Apply(e Event) (*Head, error) {
	next := *h
	if err := apply(&next.State, e); err != nil {
		return nil, err
	}
	next.Recent.add(e)
	return &next, nil
}

// Recall returns h with e in its index, where e directly precedes all that the
// index covers. h is unchanged.
func (h *Head) Recall(e Event) *Head {
	next := *h
	_, seated := h.Seated(e.Seat)
	next.Recent.prepend(e, seated)
	return &next
}

// RecallAll returns h with an index that is complete: older events do not count.
// h is unchanged.
func (h *Head) RecallAll() *Head {
	next := *h
	next.Recent.From = 0
	return &next
}

// LastSaid returns the last message of a. known is false if a may have said
// something within RepeatWindow that the index does not cover.
func (h *Head) LastSaid(a Agent, now time.Time) (u Utterance, known bool) {
	if u, ok := h.Recent.Said(a.Seat); ok {
		return u, true
	}
	r := &h.Recent
	return Utterance{}, r.From <= a.Joined+1 || now.Sub(time.UnixMilli(r.FromMs)) >= RepeatWindow
}

// NewestForeign returns the last event that is news to seat. Where that precedes
// all that the index covers, it returns the last event that may be.
func (h *Head) NewestForeign(seat int) int64 {
	n, known := h.Recent.events.newestFor(seat)
	switch {
	case known:
		return n
	case h.Recent.events.public.n == 0:
		return max(n, h.AsOf)
	}
	return max(n, h.Recent.events.public.n-1)
}

// NewestMessage returns the last message of others that seat may see; 0 if the
// index covers none.
func (h *Head) NewestMessage(seat int) int64 {
	n, _ := h.Recent.messages.newestFor(seat)
	return n
}

// NewestWakeup returns the last message that ended a wait of seat, if one was
// open; 0 if the index covers none.
func (h *Head) NewestWakeup(seat int) int64 {
	if len(h.Agents) <= 2 {
		return h.NewestMessage(seat)
	}
	n, _ := h.Recent.wakeups.newestFor(seat)
	return n
}
