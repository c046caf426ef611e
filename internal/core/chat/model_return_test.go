package chat_test

import (
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// returnOp is a join that gives the caller its own seat, by its token or otherwise. Its
// messages begin with the batch that was handed out last, and contain the caller's
// own.
type returnOp struct {
	who  agentID
	read int64 // the cursor that the caller has; 0 if it passes none
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
	a = a.call(m.now)
	low, high := max(a.joined, a.acked), max(a.fromMost, a.ackMost)
	upTo := numberOf(o.got.Cursor)
	if !m.oneService {
		low = a.joined
	}
	if !m.sequential {
		low, high = a.joined, max(high, a.handed, o.read)
	}
	if a.unsure > 1 {
		high = upTo
	}
	if upTo < 1 || upTo > r.head() {
		return m, &wrong{"the cursor of a return", o.got, r.head()}
	}
	for n := low; n <= high; n++ {
		err = o.caughtUp(m, r, a, n, n, upTo)
		for to := n + 1; err != nil && to <= high; to++ { // so far it comes along
			if e, _ := r.event(to); e.isMove() {
				err = o.caughtUp(m, r, a, n, to, upTo)
			}
		}
		if err != nil {
			continue
		}
		surely := max(a.joined, a.acked, a.ackMost)
		left := slices.DeleteFunc(slices.Clone(r.newsAfter(a, surely, max(surely, n))), eventModel.isMove)
		if len(left) > 0 && !o.got.Situation.Unsure && m.sequential && m.oneService {
			return m, &wrong{"what may have been missed", len(left), "told, or shown"}
		}
		a.given = max(a.given, upTo)
		if len(o.got.Messages) > 0 {
			a.heard = max(a.heard, upTo)
		}
		if upTo > a.handed {
			a.from, a.fromMost, a.handed = n, max(n, high), upTo
		}
		return m.withAgent(r.id, a), nil
	}
	return m, err
}

// caughtUp compares the answer with one that begins after event n. What is up to along comes along.
func (o returnOp) caughtUp(m model, r roomModel, a agentModel, n, along, upTo int64) error {
	first := r.head() + 1 // of the events shown
	got, want := slices.Clone(o.got.Messages), o.got.Messages[:0:0]
	for _, e := range r.log[min(n, upTo):upTo] {
		if !a.receives(e) || e.n <= along && e.isMove() {
			continue
		}
		x := r.reads(a, e)
		x.Repeated = e.n <= max(a.handed, a.shown) && e.seat != a.seat
		if i := len(want); i < len(got) && (!m.oneService && e.n <= a.shown || !a.isNews(e)) {
			x.Repeated = got[i].Repeated // another service may have shown it, or nobody the own
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
