package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// returnOp is a join that gives the caller its own seat, by its token or otherwise. Its
// messages are all that no cursor has acknowledged, and contain the caller's own. What the
// caller was handed before is marked; where calls overlap, what its last cursor covers.
type returnOp struct {
	who  agentID
	read int64 // where the last cursor stands that the caller has; 0 if that is not known
	got  chat.Seated
	code fault.Code
}

func (o returnOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	if r.closed {
		return m, expectEqual("the code", o.code, fault.RoomClosed)
	}
	if o.code != "" || o.got.Status != chat.StatusReturned {
		return m, &wrong{"return", []any{o.code, o.got.Status}, chat.StatusReturned}
	}
	upTo, before := numberOf(o.got.Cursor), a
	a = a.call(m.now)
	if upTo < 1 || upTo > r.head() {
		return m, &wrong{"the cursor of a return", o.got, r.head()}
	}
	for _, x := range o.got.Messages {
		e, _ := r.event(numberOf(x.ID))
		if e.n <= o.read && e.seat != a.seat && !x.Repeated && !m.mayForget(r, a, upTo) {
			return m, &wrong{"the mark of a repeated message", x, o.read}
		}
	}
	low, high := a.joined, max(a.joined, a.acked) // another service may not know what has arrived
	if m.sequential && m.oneService {
		low = high
	}
	for n := low; n <= high; n++ {
		err = o.caughtUp(m, r, before, n, upTo)
		if err == nil {
			if len(o.got.Messages) > 0 {
				a.handed = max(a.handed, upTo)
			}
			return m.withAgent(r.id, a), nil
		}
	}
	return m, err
}

// mayForget reports whether no service may know when a called last: that was not noted, or is gone with its seat, which
// it loses after event n.
func (m model) mayForget(r roomModel, a agentModel, n int64) bool {
	return m.lostWrites || m.logs != nil && slices.ContainsFunc(m.logs.rooms[r.id][n:], func(line string) bool {
		return strings.HasPrefix(line, string(chat.EventLeft)+"|"+a.name+"|")
	})
}

// caughtUp compares the answer with one that begins after event n. Another service marks also what it cannot know not
// to be handed out: what came until shortly after the last call that is known of a, for a lease, or a regain.
func (o returnOp) caughtUp(m model, r roomModel, a agentModel, n, upTo int64) error {
	until := latest(a.lastCall().Add(302*time.Second), m.now.Add(-598*time.Second), a.regainedAt)
	first := r.head() + 1 // of the events shown
	got, want := slices.Clone(o.got.Messages), o.got.Messages[:0:0]
	for _, e := range r.log[min(n, upTo):upTo] {
		if !a.receives(e) {
			continue
		}
		x := r.reads(a, e)
		x.Repeated = e.seat != a.seat && e.n <= max(a.handed, a.guarded)
		if i := len(want); i < len(got) && !m.oneService && e.seat != a.seat && e.at.Before(until) {
			x.Repeated = x.Repeated || got[i].Repeated
		}
		want, first = append(want, x), min(first, e.n)
	}
	if err := m.sameMessages(got, want); err != nil {
		return err
	}
	more := upTo < r.head() && a.receives(r.log[upTo]) && len(got) >= fewestShown
	if o.got.HasMore && !more || !o.got.HasMore && upTo < r.head() {
		return &wrong{"the cursor of a return", upTo, r.head()}
	}
	if !m.sequential {
		return nil
	}
	if err := r.sameAgreements(a, o.got.Agreements); err != nil {
		return err
	}
	if err := expectEqual("hidden", o.got.Hidden, r.publicIn(1, a.since-1)); err != nil {
		return err
	}
	if err := m.sameInvite(r, o.got.Invite); err != nil {
		return err
	}
	debt, _ := m.owes(r, a)
	gotRest := []any{o.got.Name, o.got.Earlier, o.got.Now, o.got.Situation.Owes}
	return sameText("return", gotRest, []any{a.name, r.publicIn(a.since, first-1), m.now, shown(debt.n)})
}

func (o returnOp) String() string {
	return fmt.Sprintf("%v returns, has cursor %d: %s%s %s up to %s, more %t", o.who, o.read, o.code, o.got.Status,
		brief(o.got.Messages), o.got.Cursor, o.got.HasMore)
}
