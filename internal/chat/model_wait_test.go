package chat_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// cursorArg is the cursor that a call passes.
type cursorArg struct {
	given bool
	n     int64 // the event that it stands at; 0 if it is not one of the caller's
}

func (c cursorArg) String() string {
	if !c.given {
		return "no cursor"
	}
	return fmt.Sprintf("cursor %d", c.n)
}

// cursorNumber returns the event at which a cursor stands; 0 for anything else.
func cursorNumber(cursor string) int64 {
	head, _, _ := strings.Cut(cursor, "-")
	n, _ := strconv.ParseInt(head, 10, 64)
	return n
}

// fewestShown is how many messages of the tests always fit into an answer.
const fewestShown = 20

// newsAfter returns the news for a in the events after n up to to.
func (r roomModel) newsAfter(a agentModel, n, to int64) (out []eventModel) {
	for _, e := range r.log[min(n, to):to] {
		if a.isNews(e) {
			out = append(out, e)
		}
	}
	return out
}

// sameMessages compares messages. Where calls overlap, their times are not compared,
// since the clocks of the services differ, nor whether they are marked as repeated.
func (m model) sameMessages(got, want []chat.Message) error {
	equal := slices.EqualFunc(got, want, func(g, w chat.Message) bool {
		if !m.sequential {
			g.At, g.Repeated = w.At, w.Repeated
		}
		return reflect.DeepEqual(g, w)
	})
	if equal {
		return nil
	}
	return &wrong{"the messages", got, want}
}

// sameText compares values that have the same type by their text.
func sameText(what string, got, want any) error {
	return expectEqual(what, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
}

// brief describes messages in one line.
func brief(ms []chat.Message) string {
	var out []string
	for _, x := range ms {
		out = append(out, fmt.Sprintf("%d %s %s%s: %s%s%s", x.Seq, x.Type, x.From, x.Agent, x.Text, x.Reason, x.Action))
	}
	return fmt.Sprintf("%q", out)
}

// waitOp is a wait that was answered, or another call that hands out news.
type waitOp struct {
	who    agentID
	cursor cursorArg
	backIn time.Duration
	got    chat.Waited
	code   fault.Code
	owed   bool  // to a send that was held back
	since  int64 // the message after which the call waited
}

func (o waitOp) on(m model) (model, error) {
	r, a, err := o.waiter(m)
	if err != nil || o.code != "" {
		return m, err
	}
	upTo := cursorNumber(o.got.Cursor)
	if err := o.checkEnd(m, r, a, upTo); err != nil {
		return m, err
	}
	if upTo > r.head() || o.since > r.head() || o.owed && !a.owed {
		return m, &wrong{"the wait", o, fmt.Sprintf("head %d, owed %t", r.head(), a.owed)}
	}
	if !o.owed {
		a = a.call(m.now)
	}
	if o.backIn > 0 {
		a.back = m.now.Add(o.backIn)
		a = a.call(m.now)
	}
	a.owed = a.owed && !o.owed
	if o.cursor.n > 0 {
		a.acked, a.ackMost = max(a.acked, o.cursor.n), max(a.ackMost, o.cursor.n)
	}
	first, last, err := o.starts(m, r, a, upTo)
	if err != nil {
		return m, err
	}
	switch {
	case o.cursor.n > 0:
		a.shown = max(a.shown, upTo)
	case len(o.got.Messages) > 0:
		a.from, a.fromMost, a.handed = first, last, max(a.handed, upTo)
		a.unsure = false
	}
	return m.withAgent(r.id, a), nil
}

// waiter returns the caller. It may lose its seat while it waits, if that is the
// answer.
func (o waitOp) waiter(m model) (r roomModel, a agentModel, err error) {
	if o.got.Status == chat.StatusRemoved && o.got.Reason != room.ReasonClosed {
		r, _ = m.room(o.who.room)
		if a, _ = r.agent(o.who.joined); !a.gone || m.sequential {
			err = &wrong{"the wait", o.got.Status, "the caller has its seat"}
		}
		return r, a, err
	}
	if o.got.HasMore && !m.sequential { // more that it has not seen, such as its own end
		r, _ = m.room(o.who.room)
		a, _ = r.agent(o.who.joined)
		return r, a, nil
	}
	r, a, refused, err := m.admit(o.who, o.code)
	if err == nil && !refused && o.code != "" {
		err = &wrong{"the code", o.code, ""}
	}
	return r, a, err
}

// starts returns the events, from first to last, after which the answer may have
// begun: one if the call had a cursor. The messages are all news since.
func (o waitOp) starts(m model, r roomModel, a agentModel, upTo int64) (first, last int64, err error) {
	low, high := o.cursor.n, o.cursor.n
	if o.cursor.n == 0 {
		low, high = a.handed, max(a.handed, a.ackMost)
		if m.oneService {
			low = max(a.handed, a.acked) // elsewhere a service may not know what was acknowledged
		}
		if m.lostWrites || a.unsure {
			low = a.joined // handed out once more
		}
		if a.unsure {
			high = upTo
		}
	}
	if byAdmin := []room.Reason{room.ReasonKicked, room.ReasonBanned, room.ReasonClosed}; o.got.Status == chat.StatusRemoved && !slices.Contains(byAdmin, o.got.Reason) {
		upTo-- // the caller's own end is no message, unless an admin caused it
	}
	for n := low; n <= high; n++ {
		if err = m.sameMessages(o.got.Messages, o.shown(m, r, a, n, upTo)); err != nil {
			continue
		}
		if first == 0 {
			first = n
		}
		last = n
	}
	if first > 0 {
		return first, last, nil
	}
	return 0, 0, err
}

// shown returns the news from n to upTo as a reads it. What a service has shown
// before is marked, unless the caller passed a cursor.
func (o waitOp) shown(m model, r roomModel, a agentModel, n, upTo int64) (want []chat.Message) {
	for i, e := range r.newsAfter(a, n, upTo) {
		x := r.reads(a, e)
		x.Repeated = o.cursor.n == 0 && x.Seq <= a.shown
		if !m.oneService && i < len(o.got.Messages) { // another service may have shown it
			may := o.cursor.n == 0 && x.Seq <= max(a.shown, a.handed)
			x.Repeated = o.got.Messages[i].Repeated && may
		}
		want = append(want, x)
	}
	return want
}

// checkEnd compares everything but the messages.
func (o waitOp) checkEnd(m model, r roomModel, a agentModel, upTo int64) error {
	got := o.got
	wantIgnored := o.cursor.given && o.cursor.n == 0
	switch {
	case got.CursorIgnored != wantIgnored, got.Missed, got.Superseded, upTo < 1, upTo > r.head():
		return &wrong{"the wait", got, "up to the head, with nothing missed"}
	case got.Status == chat.StatusRemoved && got.Reason != room.ReasonClosed:
		if end := r.log[upTo-1]; end.Type != chat.Left || end.seat != a.joined || end.Reason != got.Reason {
			return &wrong{"the end of the wait", got.Reason, end}
		}
		return nil
	case got.HasMore != (upTo < r.head()):
		return &wrong{"has more", got.HasMore, upTo < r.head()}
	case m.sequential:
		return o.checkStatus(m, r, a, upTo)
	}
	return nil
}

// checkStatus compares how a wait ended that overlaps no other call.
func (o waitOp) checkStatus(m model, r roomModel, a agentModel, upTo int64) error {
	all, parted, wanted := upTo == r.head(), false, false
	if !all && (len(o.got.Messages) < fewestShown || !a.isNews(r.log[upTo])) {
		return &wrong{"the cursor", upTo, r.head()}
	}
	for _, x := range o.got.Messages {
		parted = parted || x.Type == chat.Left || x.Kind == room.Done
		wanted = wanted || x.Type == chat.SeatWanted
	}
	status, reason, some := chat.StatusQuiet, room.Reason(""), len(o.got.Messages) > 0
	switch {
	case r.closed && all:
		status, reason, wanted = chat.StatusRemoved, room.ReasonClosed, false
	case r.talkEnded(a) && (!some || all && parted):
		status = chat.StatusEnded
	case some:
		status = chat.StatusMessages
	}
	got := []any{o.got.Status, o.got.Reason, o.got.SeatWanted, o.got.Others, o.got.Listening, o.got.Quiet}
	want := []any{
		status, reason, wanted && a.admin && r.capacity < room.MaxCapacity, len(r.seated()) - 1, r.silences(a),
		m.now.Sub(r.log[r.head()-1].At),
	}
	return sameText("the wait ends", got, want)
}

func (o waitOp) String() string {
	return fmt.Sprintf("%v waits with %v: %s%s %s %s up to %s, more %t", o.who, o.cursor, o.code, o.got.Status, o.got.Reason, brief(o.got.Messages), o.got.Cursor, o.got.HasMore)
}

// returnOp is a join with the caller's token. Its messages begin with the batch that
// was handed out last, and contain the caller's own.
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
	low, high := max(a.from, a.acked), max(a.fromMost, a.ackMost)
	upTo := cursorNumber(o.got.Cursor)
	if !m.oneService {
		low = a.from
	}
	if !m.sequential {
		low, high = a.joined, max(high, a.handed, o.read)
	}
	if a.unsure {
		high = upTo
	}
	if upTo < 1 || upTo > r.head() || o.got.HasMore != (upTo < r.head()) {
		return m, &wrong{"the cursor of a return", o.got, r.head()}
	}
	for n := low; n <= high; n++ {
		if err = o.caughtUp(m, r, a, n, upTo); err != nil {
			continue
		}
		if upTo > a.handed {
			a.from, a.fromMost, a.handed = n, n, upTo
		}
		return m.withAgent(r.id, a), nil
	}
	return m, err
}

// caughtUp compares the answer with one that begins after event n.
func (o returnOp) caughtUp(m model, r roomModel, a agentModel, n, upTo int64) error {
	var want []chat.Message
	got := slices.Clone(o.got.Messages)
	for _, e := range r.log[min(n, upTo):upTo] {
		if !a.receives(e) {
			continue
		}
		x := r.reads(a, e)
		x.Repeated = e.Seq <= max(a.handed, a.shown) && e.seat != a.joined
		if i := len(want); !m.oneService && e.Seq <= a.shown && i < len(got) {
			x.Repeated = got[i].Repeated // another service may have shown it
		}
		want = append(want, x)
	}
	if err := m.sameMessages(got, want); err != nil || !m.sequential {
		return err
	}
	if upTo < r.head() && (len(got) < fewestShown || !a.receives(r.log[upTo])) {
		return &wrong{"the cursor of a return", upTo, r.head()}
	}
	return sameText("return", []any{o.got.Name, o.got.Earlier, o.got.Now}, []any{a.name, max(0, n+1-a.since), m.now})
}

func (o returnOp) String() string {
	return fmt.Sprintf("%v returns, has cursor %d: %s%s %s up to %s, more %t", o.who, o.read, o.code, o.got.Status, brief(o.got.Messages), o.got.Cursor, o.got.HasMore)
}
