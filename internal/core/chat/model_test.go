package chat_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/testkit/printed"
)

// The reference model states the rules of rooms once more, as plainly as possible
// and with no thought for cost, processes or a table. An operation is a call with
// the answer that it got; model.step decides whether that answer is right.
//
// The property test steps a model along a sequence of calls. The linearizability
// check gives it to porcupine as the sequential specification: concurrent calls
// are right if they have an order in which the model accepts every answer.
//
// The model restates every rule: names, capacity, leases, ways back to a seat, who
// may speak, repeated messages, the guard of a cursor, debts and agreements,
// visibility and counts, what is handed out and to whom, roles, bans, mutes and
// closing. From package room it takes only names (types, roles, reasons, kinds,
// actions) and bounds. It calls nothing that decides. It numbers events and seats by
// itself; numbers (property_numbers_test.go) translates the ids and cursors of
// answers before it sees them.
//
// It leaves open: who is given the turn, activities, and the exact time after which
// others see what an agent does where several services answer.

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
	lostWrites bool       // what is noted beside the log may be lost
	logs       *finalLogs // what the logs hold after the run; nil if unknown
}

// agentID identifies an agent for good.
type agentID struct {
	room string
	seat int
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
	invite           inviteModel
	openFrom         int64 // newcomers see no event before this one
	updated          int64 // the last event that changed the settings
	log              []eventModel
	agents           []agentModel     // all that ever joined; the agent of seat n is the nth
	open             []requestModel   // requests and proposals, oldest first
	agreements       []agreementModel // oldest first
	knocks           []knockModel
	bans, mutes      []string    // names
	kept             []keptModel // the last is the newest
	renewed          time.Time
	named            bool // the name leads here
	closed           bool
	endpointRun      bool        // agentMessages came with an endpoint, and ends with the last one
	agentMessages    int         // how many messages agents may send until a person speaks; 0: any
	run              int         // how many they have
	tasks            []taskModel // all that ever were; task n is the nth
	retired          bool        // the name leads to a later room
	abandoned        bool        // and its agents, all silent, can go on reading

	heir string // the agent for which vacateOp freed a seat
	lost int    // that seat
}

// keptModel is who was behind an agent that lost its seat.
type keptModel struct {
	principal, name string
	at              time.Time
	person          personModel
}

// keeps returns who was behind the last agent of the caller under its name, for a day.
func (m model) keeps(r roomModel, c joinCall) (p personModel, ok bool) {
	for _, k := range slices.Backward(r.kept) {
		if c.principal != "" && k.principal == c.principal && strings.EqualFold(k.name, c.agent) &&
			m.now.Sub(k.at) < day {
			return k.person, true
		}
	}
	return p, false
}

// eventModel is an event. Agents are identified by their seats.
type eventModel struct {
	chat.Message
	n, replyTo, withdraws int64
	at                    time.Time
	seat, by              int     // the agent that it is about, and the admin that did it
	to                    []int   // who sees it beside its sender; empty: everybody
	ask, named            []int   // whom it asks, and for whom else it is meant
	chain                 []int   // who spoke in the chain of replies that it continues
	agreed                []int64 // the proposals that it completes
	replaces              int64   // of a proposal: what it replaces
	bound                 []int   // of a proposal: whom replaces, an agreement, binds
	hidden                bool    // from all but the agent of seat and its person, and from that agent without a reason
	drafts                bool    // it keeps a draft
	decides               int64   // the draft about which the person behind seat has decided so
	said                  string  // the call of a message, of a draft or of new tasks, as typed
	finishes              []int64 // the tasks that it reports as done; those that it ends are in Finished
	added                 int64   // of a change of a task: the event that added it
	words                 bool    // of a change of tasks: it counts as a message
	called                bool    // an endpoint answers by it
	keeps                 bool    // its call named no readers: those who see what it answers are to read it
}

func (e eventModel) String() string { return printed.Set(e) }

// actor returns the agent that caused the event; 0 for one without a seat.
func (e eventModel) actor() int {
	switch {
	case e.by != 0:
		return e.by
	case e.Type == chat.EventKnocked, e.Type == chat.EventRole:
		return 0
	}
	return e.seat
}

// isPublic reports whether e is a message to all. Only these are counted.
func (e eventModel) isPublic() bool { return e.Type == chat.EventSaid && len(e.to) == 0 }

// line describes an event as finalLogs does.
func (e eventModel) line() string {
	if e.Type == chat.EventTask {
		return logLine(string(e.Type), e.Agent, taskLine(string(e.TaskAction), e.Task.ID), "", "", "", "")
	}
	return logLine(string(e.Type), e.From+e.Agent, e.Text, string(e.Action), string(e.Reason), e.NewAdmin, e.By)
}

// taskLine describes a change of a task, or of the first of those that were added.
func taskLine(action, id string) string { return action + " " + id }

func logLine(kind, name, text, action, reason, newAdmin, by string) string {
	return strings.Join([]string{kind, name, text, action, reason, newAdmin, by}, "|")
}

// finalLogs are the logs of all rooms after a run. The model appends only what is
// in the log: so a call without an answer happened where the log says, or never.
type finalLogs struct {
	rooms    map[string][]string // by id
	began    map[string]int64    // when, by id
	answered map[eventID]bool    // the events that an answer claims
	total    int
}

// eventID identifies an event.
type eventID struct {
	room string
	n    int64
}

// reduced is a name as bans compare it. The names of the tests contain nothing else
// that looks like another letter.
func reduced(name string) string {
	return strings.NewReplacer("-", "", "0", "o", "1", "l", "i", "l").Replace(strings.ToLower(name))
}

// seatedAlike reports whether an agent of another name, which is drawn like name, has a
// seat. Of the names of the tests only those with a zero are.
func (r roomModel) seatedAlike(name string) bool {
	drawn := strings.NewReplacer("0", "O")
	return slices.ContainsFunc(r.seated(), func(a agentModel) bool {
		return !strings.EqualFold(a.name, name) && strings.EqualFold(drawn.Replace(a.name), drawn.Replace(name))
	})
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

// withAgent returns the model with a in place of the agent of that seat.
func (m model) withAgent(id string, a agentModel) model {
	r, _ := m.room(id)
	return m.with(r.with(a))
}

// over reports whether the room has ended without being closed.
func (m model) over(r roomModel) bool {
	return r.retired && !r.abandoned || !m.now.Before(r.end())
}

// startsOver reports whether a join under the name of r begins another room.
func (m model) startsOver(r roomModel) bool {
	return m.over(r) || len(r.seated()) == 0 && r.password == ""
}

// append returns the room after e, which happens now and leaves r as it is but for
// its debts. Events renew a room once a day.
func (m model) append(r roomModel, e eventModel) (roomModel, error) {
	e.n, e.at, e.At = r.head()+1, m.now, m.now.Truncate(time.Second)
	e.ID, e.ReplyTo, e.Withdraws = shown(e.n), shown(e.replyTo), shown(e.withdraws)
	if by, ok := r.agent(e.by); ok {
		e.By = by.name
	}
	if m.logs != nil {
		stored := m.logs.rooms[r.id]
		if int64(len(stored)) <= r.head() || stored[r.head()] != e.line() {
			return r, &wrong{"the log of " + r.id, e.line(), stored}
		}
	}
	r.run = r.runAfter(e)
	if m.now.Sub(r.renewed) > 24*time.Hour {
		r.renewed = m.now
	}
	r = m.finished(r, e)
	r, e = m.settle(r, e)
	r.log = append(slices.Clip(r.log), e)
	return r, nil
}

// shown is how a translated answer shows event n.
func shown(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
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

// publicIn counts the messages to all from event first up to event last.
func (r roomModel) publicIn(first, last int64) (n int64) {
	for _, e := range r.log {
		if first <= e.n && e.n <= last && e.isPublic() {
			n++
		}
	}
	return n
}

// agent returns the agent that has, or had, a seat.
func (r roomModel) agent(seat int) (agentModel, bool) {
	if seat < 1 || seat > len(r.agents) {
		return agentModel{}, false
	}
	return r.agents[seat-1], true
}

// with returns r with a in place of the agent of that seat, or as a new agent.
func (r roomModel) with(a agentModel) roomModel {
	r.agents = slices.Clone(r.agents)
	if a.seat > len(r.agents) {
		r.agents = append(r.agents, a)
	}
	r.agents[a.seat-1] = a
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

// names returns the names of the seats whose agents are there.
func (r roomModel) names(seats []int) (names []string) {
	for _, seat := range seats {
		if a, ok := r.agent(seat); ok && !a.gone {
			names = append(names, a.name)
		}
	}
	return names
}

// lastFreed returns the last event that freed a seat for strangers.
func (r roomModel) lastFreed() (n int64) {
	for _, e := range r.log {
		if e.Type == chat.EventLeft {
			n = e.n
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
