package room

import (
	"slices"
	"time"
)

// Head is a room as of an event: its state, the index of its latest events, and its open proposals.
//
// Four functions return what follows an event, and none writes to a log:
//
//   - State.Apply: the state after an event of the log, by State.advance and its parts apply…
//   - Head.Apply: the head after an event of the log, with index and proposals
//   - Head.CompleteAndApply: the same for an event that is about to be written; it first completes the event
//   - Head.Preview: the same for a copy of an event that may never be written
//
// State.applyTalk, for CompleteAndApply alone, computes the talk state, which the event then carries.
type Head struct {
	State
	Recent    Recent
	Proposals []Event // the events of the open proposals, oldest first
}

// NewHead returns the head of a room with state s and an empty index.
func NewHead(s State) *Head {
	return &Head{State: s, Recent: Recent{From: s.AsOf + 1, FromMs: s.HeadMs}}
}

// Preview returns the head after e, as if e were appended at now. h and e are unchanged.
func (h *Head) Preview(e Event, now time.Time) (*Head, error) {
	e.N, e.AtMs = h.AsOf+1, max(now.UnixMilli(), h.HeadMs)
	return h.CompleteAndApply(&e)
}

// CompleteAndApply sets the fields of event, the proposed next event, that follow from h, and returns the head after
// event. It fails if event has a field not allowed for its type. h is unchanged.
func (h *Head) CompleteAndApply(event *Event) (*Head, error) {
	if err := event.checkFields(); err != nil {
		return nil, err
	}
	event.LastChange, event.LastTalk, event.Messages, event.Run = h.LastChange, h.LastTalk, h.Messages,
		h.runAfter(*event)
	event.Talk, event.Agreed, event.AgreedTo = nil, nil, nil // event may have been completed for another head
	event.PersonName = h.nameOfPerson(*event)
	if event.ChangesState() {
		event.LastChange = event.N
	}
	if event.Type == Said && len(event.To) == 0 {
		event.Messages++
	}
	after, err := h.State.Apply(*event)
	if err != nil {
		return nil, err
	}
	if ledger := h.applyTalk(after, *event); ledger.changed {
		event.Talk, event.LastTalk = &ledger.Talk, event.N
		for _, request := range ledger.agreed {
			event.Agreed, event.AgreedTo = append(event.Agreed, request.N), append(event.AgreedTo, request.readers())
		}
		after.Talk, after.LastTalk = *event.Talk, event.N
	}
	event.Calls = after.CalledBy(*event)
	return h.withEvent(*event, *after), nil
}

// Apply returns the head after event, the next event. h is unchanged.
func (h *Head) Apply(event Event) (*Head, error) {
	after, err := h.State.Apply(event)
	if err != nil {
		return nil, err
	}
	return h.withEvent(event, *after), nil
}

// withEvent returns the head after event, with state after event. h is unchanged.
func (h *Head) withEvent(event Event, state State) *Head {
	next := *h
	next.State = state
	next.Recent.add(event)
	if event.Type == Left {
		next.Recent.keepOnly(next.Agents)
	}
	if event.Talk != nil && (len(h.Proposals) > 0 || event.Kind == Proposal) {
		next.Proposals = slices.DeleteFunc(append(slices.Clone(h.Proposals), event),
			func(p Event) bool { return !next.Talk.isProposal(p.N) })
	}
	next.Proposals = WithoutTexts(next.Proposals, event)
	return &next
}

// Proposal returns the event of an open proposal.
func (h *Head) Proposal(n int64) (Event, bool) {
	i := slices.IndexFunc(h.Proposals, func(event Event) bool { return event.N == n })
	if i < 0 {
		return Event{}, false
	}
	return h.Proposals[i], true
}

// WithTalk returns h with the talk state of event LastTalk and the events of its proposals. A snapshot holds neither. h
// is unchanged.
func (h *Head) WithTalk(t Talk, proposals []Event) *Head {
	next := *h
	next.Talk, next.Proposals = t, proposals
	return &next
}

// WithEarlier returns h with e in its index. e directly precedes the events that the index covers. h is unchanged.
func (h *Head) WithEarlier(e Event) *Head {
	next := *h
	_, seated := h.Seated(e.Seat)
	next.Recent.prepend(e, seated)
	return &next
}

// WithFullIndex returns h with its index marked complete: older events do not count. h is unchanged.
func (h *Head) WithFullIndex() *Head {
	next := *h
	next.Recent.From = 0
	return &next
}

// NewestWakeup returns the number and time of the last message, end of a pause or refusal of a draft that would end a
// wait of seat; zeros if the index has none. Recent indexes no other event that ends a wait by Caller.WokenBy, such
// as a knock. After a knock the announced end of the wait stands, so others see the agent waiting until then, or
// until its next call.
func (h *Head) NewestWakeup(seat int) (n int64, at time.Time) {
	newest, _ := h.Recent.words.newestFor(seat)
	if len(h.Agents) <= fewAgents {
		if m, _ := h.Recent.messages.newestFor(seat); m.n > newest.n {
			newest = m
		}
	}
	return newest.n, time.UnixMilli(newest.atMs)
}
