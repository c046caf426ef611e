package chat_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// agentModel is an agent, and what the server notes about it beside the log.
type agentModel struct {
	seat       int
	joined     int64 // the event of its join
	name       string
	principal  string // empty: unknown
	guest      bool   // an invite admitted it
	invite     int    // the number of that
	gone       bool
	admin      bool
	muted      bool
	done       bool
	since      int64 // the first event that it may see
	joinedAt   time.Time
	regainedAt time.Time // when its principal last had the seat again
	calls      []callModel
	used       bool      // it has called since it joined
	promoted   time.Time // when it became admin after its join
	asAdmin    time.Time // the start of its silence when it last was an admin

	keys         []keyModel
	acked        int64  // up to where it has acknowledged; where calls overlap, or among services, at most
	handed       int64  // the last event that it was handed; of a stay, without guarded
	guarded      int64  // of a stay: the last event handed out when a send was held back
	heldKey      string // and the key that it had
	heldByOthers bool   // others have held back that message, or one before it
	person       personModel

	endpoint bool      // it is called, and has no token
	success  time.Time // the last call of it that succeeded, or its join
	begun    int64     // the event from which on it is called

	owed bool // the news for which a send was held back is yet to be handed out
}

// callModel is a call, and the return announced by then.
type callModel struct {
	at, back time.Time
	lent     bool // its person made it, by sending a draft: to others it is the agent's
}

// keyModel is the message that an idempotency key stands for.
type keyModel struct {
	key   string
	n     int64
	at    time.Time
	draft bool       // n is a draft, which was not sent
	event eventModel // the message as its agent said it
}

// key returns what an idempotency key stands for now; its zero value is nothing.
func (a agentModel) key(key string, now time.Time) (found keyModel) {
	for _, k := range a.keys {
		if key != "" && k.key == key && now.Sub(k.at) < 24*time.Hour {
			found = k
		}
	}
	return found
}

// called returns when a itself made its last call; zero if it made none.
func (a agentModel) called() (at time.Time) {
	for _, c := range a.calls {
		if !c.lent {
			at = c.at
		}
	}
	return at
}

// lastCall returns when a, or its person in its name, made the last call; zero if there is none.
func (a agentModel) lastCall() (at time.Time) {
	if n := len(a.calls); n > 0 {
		at = a.calls[n-1].at
	}
	return at
}

// back returns the announced return; zero if there is none.
func (a agentModel) back() (at time.Time) {
	if n := len(a.calls); n > 0 {
		at = a.calls[n-1].back
	}
	return at
}

// call notes a call. An announced absence continues.
func (a agentModel) call(now time.Time) agentModel {
	back := a.back()
	if !now.Before(back) {
		back = time.Time{}
	}
	return a.away(now, back)
}

// away notes a call that announces a return; zero: a is back.
func (a agentModel) away(now, back time.Time) agentModel {
	return a.note(callModel{at: now, back: back})
}

// note notes a call. Calls of one moment are one.
func (a agentModel) note(c callModel) agentModel {
	a.used, a.calls = true, slices.Clone(a.calls)
	if last := len(a.calls) - 1; last >= 0 && a.calls[last].at.Equal(c.at) {
		c.lent = c.lent && a.calls[last].lent
		a.calls = a.calls[:last]
	}
	a.calls = append(a.calls, c)
	if a.admin {
		a.asAdmin = a.silentFrom()
	}
	return a
}

// lastHeard returns when a made its last call.
func (a agentModel) lastHeard() time.Time { return latest(a.joinedAt, a.called()) }

// silentFrom returns when the silence of a begins that it has not announced.
func (a agentModel) silentFrom() time.Time { return latest(a.joinedAt, a.called(), a.back()) }

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
		return a.joinedAt.Add(a.firstLease()), m.now.AddDate(1, 0, 0)
	}
	switch {
	case a.admin:
		low = latest(a.silentFrom().Add(day), a.calledUntil())
		return low, latest(low, a.promoted.Add(day))
	case !a.used:
		low = a.joinedAt.Add(a.firstLease())
	default:
		low = a.silentFrom().Add(15 * time.Minute)
	}
	high = low
	if !a.asAdmin.IsZero() {
		high = latest(low, a.asAdmin.Add(day))
	}
	return latest(low, a.calledUntil()), latest(high, a.calledUntil())
}

// calledUntil returns until when the calls of an endpoint keep its seat; zero if a is none.
func (a agentModel) calledUntil() time.Time {
	if !a.endpoint {
		return time.Time{}
	}
	return a.success.Add(day)
}

// nameFree returns when the principal of a (own), or anyone, gets its name: not before low,
// and certainly from high on.
func (m model) nameFree(a agentModel, own bool) (low, high time.Time) {
	low, high = m.leaseEnd(a)
	if own && a.ownAgain().Before(low) {
		low = a.ownAgain()
	}
	if own && a.ownAgain().Before(high) {
		high = a.ownAgain()
	}
	return low, high
}

// ownAgain returns when the principal of a gets its seat back by its name.
func (a agentModel) ownAgain() time.Time {
	silent := 2 * time.Minute
	if !a.used {
		silent = 20 * time.Second
	}
	return a.lastHeard().Add(silent)
}

// firstLease returns how long the seat of a is safe before the first call of a, a member.
func (a agentModel) firstLease() time.Duration {
	if a.guest && a.principal == "" {
		return 90 * time.Second
	}
	return 5 * time.Minute
}

// presenceUnclear reports whether a has become admin after it was last heard of as a
// member: a service may not know its last call, since what was noted about it
// expired with the lease of a member.
func (m model) presenceUnclear(a agentModel) bool {
	noted := a.silentFrom().Add(15 * time.Minute)
	if !a.used {
		noted = a.joinedAt.Add(a.firstLease())
	}
	return (!m.oneService || !a.used) && !a.promoted.IsZero() && !m.now.Before(noted)
}

// sees reports whether a may read e.
func (a agentModel) sees(e eventModel) bool {
	if e.n < a.since || e.added > 0 && e.added < a.since {
		return false
	}
	if e.hidden {
		return e.seat == a.seat && (e.drafts || e.Reason != "")
	}
	return e.Type != retired && (len(e.to) == 0 || e.seat == a.seat || slices.Contains(e.to, a.seat))
}

// receives reports whether a return shows e to a: everything since it came but its
// own joins.
func (a agentModel) receives(e eventModel) bool {
	return e.n >= a.since && a.sees(e) && (e.Type != chat.EventJoined || e.seat != a.seat)
}

// isNews reports whether a is shown e and did not cause it. Its person is another.
func (a agentModel) isNews(e eventModel) bool {
	return a.receives(e) && (e.actor() != a.seat || e.Person || e.decides > 0)
}

// reads returns e as a reads it. It refers to nothing that a may not see, nor to
// anything from before its time.
func (r roomModel) reads(a agentModel, e eventModel) chat.Message {
	answered, ok := r.event(e.replyTo)
	if ok && (answered.n < a.since || !a.sees(answered)) {
		e.ReplyTo = ""
	}
	e.AnswersYou, e.Replaces = e.ReplyTo != "" && answered.seat == a.seat, ""
	if e.ReplyTo != "" {
		e.Replaces = shown(e.replaces)
	}
	if agreed := r.agreedIn(a, e); len(agreed) > 0 {
		e.Agreed = shown(agreed[0])
	}
	e.Mine = e.seat == a.seat && (e.Type == chat.EventSaid || e.Type == chat.EventDrafted && e.drafts)
	if e.decides > 0 && e.seat == a.seat && e.Type == chat.EventSaid {
		e.Draft, e.Reason = shown(e.decides), room.ReasonSent
		if e.Person {
			e.Reason = room.ReasonEdited
		}
	}
	e.Mine = e.seat == a.seat && (e.Type == chat.EventSaid || e.Type == chat.EventLeft || e.drafts)
	return e.Message
}

// news returns e as a reads it when it is news. Of its own message, which its person has let
// it send, it is told so.
func (r roomModel) news(a agentModel, e eventModel) chat.Message {
	x := r.reads(a, e)
	if x.Draft != "" {
		x.Type = chat.EventDrafted
	}
	return x
}

// visible returns what a may read after event n.
func (r roomModel) visible(a agentModel, n int64) (out []chat.Message) {
	for _, e := range r.log {
		if e.n > n && a.sees(e) {
			out = append(out, r.reads(a, e))
		}
	}
	return out
}

// lastSaid returns the last message of a.
func (r roomModel) lastSaid(a agentModel) (last eventModel) {
	for _, e := range r.log {
		if e.Type == chat.EventSaid && e.seat == a.seat && !e.Person {
			last = e
		}
	}
	return last
}

// remove frees the seat of a. The log tells which heir becomes admin, where several may.
func (m model) remove(r roomModel, a agentModel, by int, reason room.Reason, note string) (roomModel, error) {
	all, err := m.removals(r, a, by, reason, note)
	if len(all) == 0 {
		return r, err
	}
	return all[0], nil
}

// removals returns the ways in which remove may end: one for each heir.
func (m model) removals(r roomModel, a agentModel, by int, reason room.Reason, note string) (all []roomModel,
	err error) {
	heirs := m.heirsOf(r, a)
	if len(heirs) == 0 {
		heirs = []agentModel{{}}
	}
	for _, x := range heirs {
		next, failed := m.removeFor(r, a, by, reason, note, x, x.seat != 0)
		if failed != nil {
			err = failed
			continue
		}
		all = append(all, next)
	}
	return all, err
}

// removeFor is remove where next becomes admin, if promoted.
func (m model) removeFor(r roomModel, a agentModel, by int, reason room.Reason, note string, next agentModel,
	promoted bool) (roomModel, error) {
	e := eventModel{seat: a.seat, by: by, Message: chat.Message{Type: chat.EventLeft, Agent: a.name, Reason: reason,
		Note: note}}
	if promoted {
		e.NewAdmin = next.name
		next.admin, next.muted, next.promoted = true, false, m.now
		r = r.with(next)
	}
	if reason == room.ReasonBanned && a.guest {
		r, e.Changes = r.replaced()
	}
	a.gone = true
	if a.principal != "" && a.person.opened && !a.endpoint {
		p := a.person
		p.drafts = nil
		r.kept = append(slices.Clip(r.kept), keptModel{a.principal, a.name, m.now, p})
	}
	r = r.with(a)
	if r.endpointRun && !slices.ContainsFunc(r.seated(), func(x agentModel) bool { return x.endpoint }) {
		r.agentMessages, r.endpointRun = 0, false
	}
	return m.append(r, e)
}

// barred returns the codes that may refuse any call of an agent; none if it may call.
func (m model) barred(r roomModel, a agentModel) []fault.Code {
	switch {
	case m.over(r) && a.gone: // why a seat is gone is forgotten with its room, if not at once
		return []fault.Code{fault.Removed, fault.RoomNotFound}
	case m.over(r):
		return []fault.Code{fault.RoomNotFound}
	case a.gone:
		return []fault.Code{fault.Removed}
	}
	return nil
}

// admit returns the caller of an operation. refused says that the call had to be
// refused, and was.
func (m model) admit(who agentID, code fault.Code) (r roomModel, a agentModel, refused bool, err error) {
	r, _ = m.room(who.room)
	a, joined := r.agent(who.seat)
	if !joined {
		return r, a, false, &wrong{"the caller", who, "an agent that has joined"}
	}
	if codes := m.barred(r, a); codes != nil {
		if !slices.Contains(codes, code) {
			return r, a, false, &wrong{"the code", code, codes}
		}
		return r, a, true, nil
	}
	return r, a, false, nil
}

// barredOp is a call that was refused because its agent has no seat, or no room.
type barredOp struct {
	who  agentID
	code fault.Code
}

func (o barredOp) on(m model) (model, error) {
	_, _, refused, err := m.admit(o.who, o.code)
	if err == nil && !refused {
		err = &wrong{"the code", o.code, ""}
	}
	return m, err
}

func (o barredOp) String() string { return fmt.Sprintf("%v calls: %s", o.who, o.code) }
