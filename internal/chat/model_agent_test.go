package chat_test

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// agentModel is an agent, and what the server notes about it beside the log.
type agentModel struct {
	joined   int64 // the event of its join
	name     string
	gone     bool
	admin    bool
	muted    bool
	done     bool
	since    int64 // the first event that it may see
	joinedAt time.Time
	called   time.Time // its last call
	back     time.Time // its announced return
	used     bool      // it has called since it joined
	promoted time.Time // when it became admin after its join
	asAdmin  time.Time // the start of its silence when it last was an admin

	keys           []keyModel
	shown          int64 // how far calls with a cursor were shown events
	from, fromMost int64 // the last batch without a cursor began after an event of these
	handed         int64 // and ended with this one
	acked, ackMost int64 // up to where it has surely, or possibly, acknowledged
	guarded        int64 // the head when a send was last held back

	// Of runs with lost answers:
	unsure    bool // an answer without a cursor was lost, and what it handed out
	unsettled bool // a send has no answer yet: the guard may look twice
	owed      bool // the news for which a send was held back is yet to be handed out
}

// keyModel is the message that an idempotency key stands for.
type keyModel struct {
	key string
	n   int64
	at  time.Time
}

// key returns the message that an idempotency key stands for now; 0 if none.
func (a agentModel) key(key string, now time.Time) (n int64) {
	for _, k := range a.keys {
		if key != "" && k.key == key && now.Sub(k.at) < 24*time.Hour {
			n = k.n
		}
	}
	return n
}

// call notes a call. An announced absence continues.
func (a agentModel) call(now time.Time) agentModel {
	if a.called, a.used = now, true; !now.Before(a.back) {
		a.back = time.Time{}
	}
	if a.admin {
		a.asAdmin = a.silentFrom()
	}
	return a
}

// lastHeard returns when a made its last call.
func (a agentModel) lastHeard() time.Time { return latest(a.joinedAt, a.called) }

// silentFrom returns when the silence of a begins that it has not announced.
func (a agentModel) silentFrom() time.Time { return latest(a.joinedAt, a.called, a.back) }

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// leaseEnd returns when the seat of a may be given to another: not before low, and
// certainly from high on. They differ for a while after its role changed, and where
// its calls may not have been noted.
func (m model) leaseEnd(a agentModel) (low, high time.Time) {
	const day = 24 * time.Hour
	if !m.sequential { // what was noted may be lost or late
		if a.admin {
			return a.joinedAt.Add(day), m.now.AddDate(1, 0, 0)
		}
		return a.joinedAt.Add(90 * time.Second), m.now.AddDate(1, 0, 0)
	}
	switch {
	case a.admin:
		low = a.silentFrom().Add(day)
		return low, latest(low, a.promoted.Add(day))
	case !a.used:
		low = a.joinedAt.Add(90 * time.Second)
	default:
		low = a.silentFrom().Add(15 * time.Minute)
	}
	if high = low; !a.asAdmin.IsZero() {
		high = latest(low, a.asAdmin.Add(day))
	}
	return low, high
}

// nameFree returns when another may take the name of a: not before low, and
// certainly from high on.
func (m model) nameFree(a agentModel) (low, high time.Time) {
	switch {
	case !m.sequential:
		return a.joinedAt.Add(20 * time.Second), m.now.AddDate(1, 0, 0)
	case a.used:
		low = a.silentFrom().Add(2 * time.Minute)
	default:
		low = a.silentFrom().Add(20 * time.Second)
	}
	return low, low
}

// presenceUnclear reports whether a has become admin after it was last heard of as a
// member: a service may not know its last call, since what was noted about it
// expired with the lease of a member.
func (m model) presenceUnclear(a agentModel) bool {
	noted := a.silentFrom().Add(15 * time.Minute)
	if !a.used {
		noted = a.joinedAt.Add(90 * time.Second)
	}
	return (!m.oneService || !a.used) && !a.promoted.IsZero() && !m.now.Before(noted)
}

// sees reports whether a may read e.
func (a agentModel) sees(e eventModel) bool {
	return e.Seq >= a.since && (len(e.to) == 0 || e.seat == a.joined || slices.Contains(e.to, a.joined))
}

// isNews reports whether a sees e and did not cause it.
func (a agentModel) isNews(e eventModel) bool {
	return a.sees(e) && e.actor() != a.joined
}

// receives reports whether a return shows e to a: everything but its own join.
func (a agentModel) receives(e eventModel) bool {
	return a.sees(e) && (e.Type != chat.Joined || e.seat != a.joined)
}

// reads returns e as a reads it. A reply does not show what it answers to an agent
// that may not see that.
func (r roomModel) reads(a agentModel, e eventModel) chat.Message {
	if answered, ok := r.event(e.ReplyTo); ok && !a.sees(answered) {
		e.ReplyTo = 0
	}
	return e.Message
}

// visible returns what a may read after event n.
func (r roomModel) visible(a agentModel, n int64) (out []chat.Message) {
	for _, e := range r.log {
		if e.Seq > n && a.sees(e) {
			out = append(out, r.reads(a, e))
		}
	}
	return out
}

// lastSaid returns the last message of a, and whether others have said something
// since that a may read.
func (r roomModel) lastSaid(a agentModel) (last eventModel, answered bool) {
	for _, e := range r.log {
		switch {
		case e.Type != chat.Said || !a.sees(e):
		case e.seat == a.joined:
			last, answered = e, false
		default:
			answered = true
		}
	}
	return last, answered
}

// talkEnded reports whether the talk is over for a: every other agent that may speak
// is done, or every other agent has left since a joined.
func (r roomModel) talkEnded(a agentModel) bool {
	speakers := 0
	for _, x := range r.seated() {
		if x.joined == a.joined || r.silences(x) {
			continue
		}
		if speakers++; !x.done {
			return false
		}
	}
	return speakers > 0 || len(r.seated()) == 1 && r.lastFreed() > a.joined
}

// successor returns the agent that becomes admin when a goes: none if another admin
// stays; else the longest seated, one that is muted only if all are.
func (r roomModel) successor(a agentModel) (next agentModel, ok bool) {
	for _, x := range r.seated() {
		switch {
		case x.joined == a.joined:
		case x.admin:
			return agentModel{}, false
		case !ok, next.muted && !x.muted:
			next, ok = x, true
		}
	}
	return next, ok
}

// remove frees the seat of a.
func (m model) remove(r roomModel, a agentModel, by int64, reason room.Reason, note string) (roomModel, error) {
	e := eventModel{seat: a.joined, by: by, Message: chat.Message{Type: chat.Left, Agent: a.name, Reason: reason, Note: note}}
	next, promoted := r.successor(a)
	if promoted {
		e.NewAdmin = next.name
	}
	r, err := m.append(r, e)
	if promoted {
		next.admin, next.muted, next.promoted = true, false, m.now
		r = r.with(next)
	}
	a.gone = true
	return r.with(a), err
}
