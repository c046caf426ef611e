package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// The reference model states the rules of rooms once more, as plainly as possible
// and with no thought for cost, processes or a table. An operation is a call with
// the answer that it got; model.step decides whether that answer is right.
//
// The property test steps a model along a sequence of calls. The linearizability
// check gives it to porcupine as the sequential specification: concurrent calls
// are right if they have an order in which the model accepts every answer.
//
// The model restates every rule: names, capacity, leases, who may speak, repeated
// messages, the guard of a cursor, visibility, what is handed out, roles, bans,
// mutes and closing. From package room it takes only names (types, roles, reasons,
// kinds, actions) and the bounds of the capacity. It calls nothing that decides.

// model is the state of all rooms. It is a value: a step returns the next one and
// changes nothing that an earlier one shares.
type model struct {
	*conditions
	now   time.Time
	rooms []roomModel // in the order of their creation
	ended bool        // no further call follows
}

// conditions are what a correct service may do in a run. They never change.
type conditions struct {
	sequential bool       // no two calls overlap, and no call of the table fails
	oneService bool       // one service knows that there is no other
	logs       *finalLogs // what the logs hold after the run; nil if unknown
	lostWrites bool       // what is noted beside the log may be lost
	lateWrites bool       // or be overwritten by something older
}

// agentID identifies an agent for good.
type agentID struct {
	room   string
	joined int64 // the event of its join
}

// operation is a call, or a part of a call, with its answer.
type operation interface {
	fmt.Stringer
	// on returns the model after the operation, or why its answer is wrong.
	on(m model) (model, error)
}

// step returns the model after op, which began at the time now.
func (m model) step(op operation, now time.Time) (model, error) {
	if now.After(m.now) {
		m.now = now
	}
	return op.on(m)
}

// wrong is an answer, or a part of one, that the model does not allow. It is
// formatted only when it is printed, since a search discards most of them.
type wrong struct {
	what      string
	got, want any
}

func (w *wrong) Error() string { return fmt.Sprintf("%s:\ngot  %+v\nwant %+v", w.what, w.got, w.want) }

// expectEqual returns an error unless both values are equal.
func expectEqual[T comparable](what string, got, want T) error {
	if got != want {
		return &wrong{what, got, want}
	}
	return nil
}

// roomModel is a room.
type roomModel struct {
	id               string
	name, key, about string
	password         string
	capacity         int
	kind             room.Type
	public           bool
	openFrom         int64 // newcomers see no event before this one
	log              []eventModel
	agents           []agentModel // all that ever joined, in that order
	bans, mutes      []string     // names
	wanted, renewed  time.Time
	named            bool // the name leads here
	closed           bool
	retired          bool // the name leads to a later room

	heir     string // the agent for which vacateOp freed a seat
	heirSees int64  // the first event that it may see, or a later one
}

// eventModel is an event. Agents are identified by the event of their join.
type eventModel struct {
	chat.Message
	seat, by int64   // the agent that it is about, and the admin that did it
	to       []int64 // who sees it beside its sender; empty: everybody
}

// actor returns the agent that caused the event.
func (e eventModel) actor() int64 {
	if e.by != 0 {
		return e.by
	}
	return e.seat
}

// line describes an event as finalLogs does.
func (e eventModel) line() string {
	return logLine(string(e.Type), e.From+e.Agent, e.Text, string(e.Action), string(e.Reason), e.NewAdmin, e.By)
}

func logLine(kind, name, text, action, reason, newAdmin, by string) string {
	return strings.Join([]string{kind, name, text, action, reason, newAdmin, by}, "|")
}

// finalLogs are the logs of all rooms after a run. The model appends only what is
// in the log: so a call without an answer happened where the log says, or never.
type finalLogs struct {
	rooms    map[string][]string // by id
	answered map[agentID]bool    // the events whose numbers an answer contains
	total    int
}

// maxHistory is how many messages a join shows at most.
const maxHistory = 20

// reduced is a name as bans compare it. The names of the tests contain nothing else
// that looks like another letter.
func reduced(name string) string {
	return strings.NewReplacer("-", "", "0", "o", "1", "l", "i", "l").Replace(strings.ToLower(name))
}

// listed returns the name in list that holds for name.
func listed(list []string, name string) (string, bool) {
	i := slices.IndexFunc(list, func(x string) bool { return reduced(x) == reduced(name) })
	if i < 0 {
		return "", false
	}
	return list[i], true
}

func withName(list []string, name string) []string {
	if _, there := listed(list, name); there {
		return list
	}
	return append(slices.Clip(list), name)
}

func withoutName(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return reduced(x) == reduced(name) })
}

// holder returns the room to which a name leads. A name leads to a room for an hour
// after that room's end.
func (m model) holder(name string) (roomModel, bool) {
	for _, r := range m.rooms {
		if r.named && r.key == strings.ToLower(name) && m.now.Before(r.end().Add(time.Hour)) {
			return r, true
		}
	}
	return roomModel{}, false
}

// room returns the room of an id.
func (m model) room(id string) (roomModel, bool) {
	for _, r := range m.rooms {
		if r.id == id {
			return r, true
		}
	}
	return roomModel{}, false
}

// with returns the model with r in place of the room of that id, or as a new room.
func (m model) with(r roomModel) model {
	m.rooms = slices.Clone(m.rooms)
	for i := range m.rooms {
		if m.rooms[i].id == r.id {
			m.rooms[i] = r
			return m
		}
	}
	m.rooms = append(m.rooms, r)
	return m
}

// withAgent returns the model with a in place of the agent of that join.
func (m model) withAgent(id string, a agentModel) model {
	r, _ := m.room(id)
	return m.with(r.with(a))
}

// over reports whether the room has ended without being closed.
func (m model) over(r roomModel) bool { return r.retired || !m.now.Before(r.end()) }

// startsOver reports whether a join under the name of r begins another room.
func (m model) startsOver(r roomModel) bool {
	return m.over(r) || len(r.seated()) == 0 && r.password == ""
}

// append returns r after e, which happens now. Events renew a room once a day.
func (m model) append(r roomModel, e eventModel) (roomModel, error) {
	e.Seq, e.At = r.head()+1, m.now
	if by, ok := r.agent(e.by); ok {
		e.By = by.name
	}
	if m.logs != nil {
		stored := m.logs.rooms[r.id]
		if int64(len(stored)) <= r.head() || stored[r.head()] != e.line() {
			return r, &wrong{"the log of " + r.id, e.line(), stored}
		}
	}
	if m.now.Sub(r.renewed) > 24*time.Hour {
		r.renewed = m.now
	}
	r.log = append(slices.Clip(r.log), e)
	return r, nil
}

// end is when the room ends unless it is renewed.
func (r roomModel) end() time.Time { return r.renewed.AddDate(0, 0, 30) }

func (r roomModel) head() int64 { return int64(len(r.log)) }

// event returns event n.
func (r roomModel) event(n int64) (eventModel, bool) {
	if n < 1 || n > r.head() {
		return eventModel{}, false
	}
	return r.log[n-1], true
}

// agent returns the agent that joined with event n, seated or gone.
func (r roomModel) agent(n int64) (agentModel, bool) {
	for _, a := range r.agents {
		if a.joined == n {
			return a, true
		}
	}
	return agentModel{}, false
}

// with returns r with a in place of the agent of that join, or as a new agent.
func (r roomModel) with(a agentModel) roomModel {
	r.agents = slices.Clone(r.agents)
	for i := range r.agents {
		if r.agents[i].joined == a.joined {
			r.agents[i] = a
			return r
		}
	}
	r.agents = append(r.agents, a)
	return r
}

// seated returns the agents that have a seat, the longest first.
func (r roomModel) seated() []agentModel {
	here := make([]agentModel, 0, len(r.agents))
	for _, a := range r.agents {
		if !a.gone {
			here = append(here, a)
		}
	}
	return here
}

func (r roomModel) seatedAs(name string) (agentModel, bool) {
	for _, a := range r.agents {
		if !a.gone && strings.EqualFold(a.name, name) {
			return a, true
		}
	}
	return agentModel{}, false
}

func (r roomModel) full() bool { return len(r.seated()) >= r.capacity }

// silences reports whether a may only listen.
func (r roomModel) silences(a agentModel) bool { return a.muted || r.kind == room.Channel && !a.admin }

// lastFreed returns the last event that freed a seat for strangers.
func (r roomModel) lastFreed() (n int64) {
	for _, e := range r.log {
		if e.Type == chat.Left && e.Reason != room.ReasonReplaced {
			n = e.Seq
		}
	}
	return n
}

func (r roomModel) openHistory() bool { return r.password != "" || r.public }

// visibleFrom returns the first event that an agent sees that joins now.
func (r roomModel) visibleFrom() int64 {
	if r.openHistory() {
		return max(r.openFrom, 1)
	}
	return max(r.openFrom, r.lastFreed()+1)
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
	a, joined := r.agent(who.joined)
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
