package chat_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// cursorArg is the cursor that a call passes.
type cursorArg struct {
	given bool
	n     int64 // the event that it stands at; 0 if it is not one of the caller's
	sends bool  // others have held back a message since one has gone through
	acts  bool  // the same for changes of tasks
}

func (c cursorArg) String() string {
	if !c.given {
		return "no cursor"
	}
	return fmt.Sprintf("cursor %d, held %t, %t", c.n, c.sends, c.acts)
}

// fewestShown is how many messages of the tests always fit into an answer.
const fewestShown = 10

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
		out = append(out, fmt.Sprintf("%s %s %s%s: %s%s%s", x.ID, x.Type, x.From, x.Agent, x.Text, x.Reason, x.Action))
	}
	return fmt.Sprintf("%q", out)
}

// waitOp is a wait that was answered, or the part of a send's answer that hands out
// what is unread.
type waitOp struct {
	who     agentID
	cursor  cursorArg
	after   int64 // of a stay: where the answer begins
	absence chat.Absence
	got     chat.Waited
	code    fault.Code
	owed    bool  // to a send that was held back
	sent    bool  // to one that was not, and did not wait
	since   int64 // the message after which the call waited
}

func (o waitOp) on(m model) (model, error) {
	if o.cursor.n == 0 && o.after == 0 {
		return o.blind(m)
	}
	r, a, err := o.waiter(m)
	if err != nil || o.code != "" {
		return m, err
	}
	upTo := numberOf(o.got.Cursor)
	if err := o.checkEnd(m, r, a, upTo); err != nil {
		return m, err
	}
	if (o.sent || o.owed) && len(o.got.Agents) > 0 {
		return m, &wrong{"who is there", o.got.Agents, "nobody: the call does not wait"}
	}
	if upTo > r.head() || o.since > r.head() || o.owed && !a.owed {
		return m, &wrong{"the wait", o, fmt.Sprintf("head %d, owed %t", r.head(), a.owed)}
	}
	if !o.owed {
		a = o.heard(a, m.now)
	}
	a.owed = a.owed && !o.owed
	a.acked = max(a.acked, o.cursor.n)
	if err := m.sameMessages(o.got.Messages, o.shown(r, a, upTo)); err != nil {
		return m, err
	}
	switch {
	case o.cursor.given:
		a.handed = max(a.handed, upTo)
	case !o.owed && len(o.got.Messages) > 0: // a stay; for what was owed to it see holdOp
		a.acked, a.handed = max(a.acked, o.after), max(a.handed, upTo)
	}
	if m.sequential && m.oneService && !o.owed && o.got.Status != chat.StatusRemoved {
		err = expectEqual("away until", o.got.AwayUntil.UnixMilli(), a.back().UnixMilli())
	}
	return m.withAgent(r.id, a), err
}

// blind is on for a call without a cursor of its own: a wait is refused and changes nothing, and a send hands nothing
// out.
func (o waitOp) blind(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	if !o.sent {
		return m, expectEqual("the code", o.code, fault.InvalidArgument)
	}
	a = o.heard(a, m.now)
	away := o.got.AwayUntil
	if m.sequential && m.oneService {
		away = a.back()
	}
	return m.withAgent(r.id, a), sameText("a send without a cursor",
		[]any{brief(o.got.Messages), o.got.Cursor, o.got.HasMore, o.got.Status, o.got.AwayUntil.UnixMilli()},
		[]any{brief(nil), "", false, "", away.UnixMilli()})
}

// heard returns a after the call. Only a wait of some length ends an absence by itself. A held agent announces none.
func (o waitOp) heard(a agentModel, now time.Time) agentModel {
	c := callModel{at: now}
	announces := o.absence.BackIn > 0
	switch {
	case announces && !a.person.holds():
		c.back = now.Add(o.absence.BackIn)
	case (announces || !o.absence.Given) && now.Before(a.back()):
		c.back = a.back()
	}
	return a.note(c)
}

// waiter returns the caller. It may lose its seat while it waits, if that is the
// answer.
func (o waitOp) waiter(m model) (r roomModel, a agentModel, err error) {
	if o.got.Status == chat.StatusRemoved && !isClosing(o.got.Situation.Reason) {
		r, _ = m.room(o.who.room)
		a, _ = r.agent(o.who.seat)
		if !a.gone || m.sequential {
			err = &wrong{"the wait", o.got.Status, "the caller has its seat"}
		}
		return r, a, err
	}
	if o.got.HasMore && !m.sequential { // more that it has not seen, such as its own end
		r, _ = m.room(o.who.room)
		a, _ = r.agent(o.who.seat)
		return r, a, nil
	}
	r, a, refused, err := m.admit(o.who, o.code)
	if err == nil && !refused && o.code != "" {
		err = &wrong{"the code", o.code, ""}
	}
	return r, a, err
}

// shown returns the news after the call's cursor, as a reads it. A cursor shows what has arrived, so nothing is marked;
// a stay has none.
func (o waitOp) shown(r roomModel, a agentModel, upTo int64) (want []chat.Message) {
	if byAdmin := []room.Reason{room.ReasonKicked, room.ReasonBanned, room.ReasonClosed,
		room.ReasonBegunAnew}; o.got.Status == chat.StatusRemoved && !slices.Contains(byAdmin, o.got.Situation.Reason) {
		upTo-- // the caller's own end is no message, unless an admin caused it
	}
	for _, e := range r.newsAfter(a, max(o.cursor.n, o.after), upTo) {
		x := r.news(a, e)
		x.Repeated = o.cursor.n == 0 && e.n <= max(a.handed, a.guarded)
		want = append(want, x)
	}
	return want
}

// checkEnd compares everything but the messages.
func (o waitOp) checkEnd(m model, r roomModel, a agentModel, upTo int64) error {
	got := o.got
	switch {
	case got.Situation.Missed, got.Status == chat.StatusSuperseded, upTo < 1, upTo > r.head():
		return &wrong{"the wait", got, "up to the head, with nothing missed"}
	case got.Status == chat.StatusRemoved && !isClosing(got.Situation.Reason):
		if end := r.log[upTo-1]; end.Type != chat.EventLeft || end.seat != a.seat ||
			end.Reason != got.Situation.Reason {
			return &wrong{"the end of the wait", got.Situation.Reason, end}
		}
		return nil
	case got.HasMore && (upTo == r.head() || !a.isNews(r.log[upTo]) || len(got.Messages) < fewestShown):
		return &wrong{"has more", upTo, r.head()}
	case !got.HasMore && upTo != r.head():
		return &wrong{"the cursor", upTo, r.head()}
	case m.sequential:
		return o.checkStatus(m, r, a)
	}
	return nil
}

// checkStatus compares how a wait ended that overlaps no other call.
func (o waitOp) checkStatus(m model, r roomModel, a agentModel) error {
	status, reason := o.status(m, r, a)
	seatWanted, nameWanted, asked := false, false, status != chat.StatusRemoved && !a.person.holds()
	for _, x := range o.got.Messages {
		seatWanted = seatWanted || x.Type == chat.EventKnocked && x.Reason == room.ReasonRoomFull
		nameWanted = nameWanted || x.Type == chat.EventKnocked && x.Reason == room.ReasonNameTaken &&
			!strings.EqualFold(x.Agent, a.name)
	}
	debt, owes := m.owes(r, a)
	got := []any{
		o.got.Status, o.got.Situation.Reason, o.got.Situation.SeatWanted, o.got.Situation.NameWanted,
		o.got.Situation.Others, o.got.Situation.Listening, o.got.Situation.Admin,
		o.got.Situation.Owes, o.got.Situation.OwesAgreement, o.got.Situation.Owed, o.got.Situation.Paused,
		o.got.Situation.Spent,
	}
	want := []any{
		status, reason, seatWanted && a.admin && r.full() && asked,
		nameWanted && a.admin && asked,
		len(r.seated()) - 1, r.silences(a), a.admin, shown(debt.n), owes && debt.proposal, m.owedTo(r, a),
		a.person.paused, r.tooMany(),
	}
	if err := sameText("the wait ends", got, want); err != nil || !m.oneService {
		return err
	}
	word, begun := r.lastWord()
	if err := sameText("the talk", []any{o.got.Situation.Begun, o.got.Situation.Quiet},
		[]any{begun, m.now.Sub(latest(word.At, a.joinedAt))}); err != nil {
		return err
	}
	if o.sent || o.owed || status == chat.StatusMessages || status == chat.StatusRemoved {
		return nil // who is there is not read
	}
	return o.checkOthers(m, r, a)
}

// checkOthers compares what a wait that brings nothing says of the other agents.
func (o waitOp) checkOthers(m model, r roomModel, a agentModel) error {
	idle, away, silent, sure := m.absenceOfOthers(r, a)
	if !sure {
		return nil
	}
	return sameText("the others", []any{o.got.Situation.OthersIdle, o.got.Situation.OthersAway,
		o.got.Situation.OwedBySilent},
		[]any{idle, away, silent})
}

// status returns how the wait has to end.
func (o waitOp) status(m model, r roomModel, a agentModel) (status chat.WaitStatus, reason room.Reason) {
	works, sure := m.isWorkedOn(r, a)
	if !sure { // what the answer says
		works = o.got.Status != chat.StatusAllDone
	}
	parted, ended := false, m.talkEnded(r, a) && !works
	for _, x := range o.got.Messages {
		parted = parted || x.Type == chat.EventLeft || x.Kind == room.Done
	}
	switch some := len(o.got.Messages) > 0; {
	case r.closed && !o.got.HasMore:
		if r.abandoned {
			return chat.StatusRemoved, room.ReasonBegunAnew
		}
		return chat.StatusRemoved, room.ReasonClosed
	case ended && (!some || parted && !o.got.HasMore):
		return chat.StatusAllDone, ""
	case some:
		return chat.StatusMessages, ""
	case o.sent:
		return "", ""
	}
	return chat.StatusQuiet, ""
}

// isClosing reports whether a wait that ended for this reason leaves its agent its seat.
func isClosing(why room.Reason) bool {
	return why == room.ReasonClosed || why == room.ReasonBegunAnew
}

// lastWord returns the last message to all that is not of kind Status, and whether two
// agents have said one.
func (r roomModel) lastWord() (last eventModel, begun bool) {
	for _, e := range r.log {
		if e.isPublic() && e.Kind != room.Status {
			begun = begun || last.n > 0 && last.seat != e.seat
			last = e
		}
	}
	return last, begun
}

// askedModel is a wait for answers to a message. It restates, from what its agent could read by other calls, when the
// wait ends: once an answer has come and nobody who owes one can give it soon, or with a message that is no such
// answer.
type askedModel struct {
	id       string
	proposal bool
	owed     []string        // who owed an answer when the last message was looked at
	held     map[string]bool // whose person lets it say nothing
	answered bool
	over     bool
	send     bool // the wait is that of the send, which only what is for its agent ends
}

// hear looks at a message of another agent.
func (m *askedModel) hear(x chat.Message) {
	meant := x.ReplyTo == m.id || len(x.To) > 0
	switch {
	case x.Type != chat.EventSaid || !meant && (x.Kind == room.Status || m.send):
	case x.ReplyTo != m.id, !slices.Contains(m.owed, x.From), len(x.Ask) > 0, x.Kind == room.Request,
		x.Kind == room.Done, m.proposal && x.Kind != room.Agree:
		m.over = true
	default:
		m.answered = true
		m.owed = slices.DeleteFunc(slices.Clone(m.owed), func(name string) bool { return name == x.From })
	}
}

// look tells of the agents that are here now. ends says whether the wait has ended by now; sure is false if it may end
// soon, since one who owes an answer has just fallen silent or gone away.
func (m *askedModel) look(agents []chat.AgentView, owed []string) (ends, sure bool) {
	m.owed = owed
	mayCome, lately := false, false
	for _, a := range agents {
		switch {
		case !slices.Contains(owed, a.Name), m.held[a.Name]:
		case a.State == room.AgentAway:
			lately = lately || a.Idle < 31*time.Second
		case a.State == room.AgentSilent:
			lately = lately || a.Idle < room.PresentFor+31*time.Second
		default:
			mayCome = true
		}
	}
	m.over = m.over || m.answered && !mayCome && !lately
	return m.over, m.over || !m.answered || mayCome
}

func (o waitOp) String() string {
	return fmt.Sprintf("%v waits with %v: %s%s %s %s up to %s, more %t", o.who, o.cursor, o.code, o.got.Status,
		o.got.Situation.Reason, brief(o.got.Messages), o.got.Cursor, o.got.HasMore)
}
