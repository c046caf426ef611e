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

// joinCall is JoinRoom without a token, or CreateRoom.
type joinCall struct {
	room, agent, password, about string
	capacity                     int
	kind                         room.Type
	public                       bool
	create                       bool // the room, if there is none
	join                         bool // the room, if there is one
}

func (c joinCall) String() string {
	return fmt.Sprintf("%s joins %s (password %q, capacity %d, create %t, join %t)", c.agent, c.room, c.password, c.capacity, c.create, c.join)
}

// joinOutcome is one way in which a join may end.
type joinOutcome struct {
	code  fault.Code    // refused; next and the rest are not set
	retry time.Duration // after which the refusal says to try again; 0: any
	next  model
	who   agentID
	how   chat.JoinStatus
	freed string // the name of the agent that lost its seat
}

// outcomes returns all ways in which the join may end. id is that of the room, if
// the join creates it. The error says why there are none.
func (c joinCall) outcomes(m model, id string) ([]joinOutcome, error) {
	r, found := m.holder(c.room)
	switch {
	case found && r.heir == c.agent:
		return c.inherit(m, r)
	case (!found || m.startsOver(r)) && !c.create:
		return refusedJoin(fault.RoomNotFound, 0), nil
	case !found || m.startsOver(r):
		return c.begin(m, id)
	case !c.join:
		return refusedJoin(fault.RoomExists, 0), nil
	case c.password != r.password:
		return refusedJoin(fault.WrongPassword, 0), nil
	}
	if _, banned := listed(r.bans, c.agent); banned {
		return refusedJoin(fault.NotAllowed, 0), nil
	}
	if old, taken := r.seatedAs(c.agent); taken {
		return c.replace(m, r, old)
	}
	if r.full() {
		return c.takeOver(m, r)
	}
	return c.sit(m, r, r.visibleFrom(), chat.StatusJoined)
}

func refusedJoin(code fault.Code, retry time.Duration) []joinOutcome {
	return []joinOutcome{{code: code, retry: retry}}
}

// begin creates the room, in place of one that has the name.
func (c joinCall) begin(m model, id string) ([]joinOutcome, error) {
	if _, there := m.room(id); there || id == "" {
		return nil, &wrong{"the new room", id, "another id"}
	}
	r := roomModel{
		id: id, name: c.room, key: strings.ToLower(c.room), password: c.password, about: c.about, capacity: max(c.capacity, room.MinCapacity),
		kind: room.Group, public: c.public, renewed: m.now, named: true,
	}
	if c.kind != "" {
		r.kind = c.kind
	}
	for _, old := range m.rooms {
		if old.named && old.key == r.key {
			old.named, old.retired = false, true
			m = m.with(old)
		}
	}
	return c.sit(m, r, 1, chat.StatusCreated)
}

// sit gives a free seat of r. The first agent is an admin.
func (c joinCall) sit(m model, r roomModel, since int64, how chat.JoinStatus) ([]joinOutcome, error) {
	a := agentModel{joined: r.head() + 1, name: c.agent, admin: len(r.seated()) == 0, since: since, joinedAt: m.now}
	_, muted := listed(r.mutes, c.agent)
	a.muted = muted && !a.admin
	if a.admin {
		a.asAdmin = m.now
	}
	a.handed, a.from, a.fromMost, r.heir = a.joined, a.joined, a.joined, ""
	r, err := m.append(r, eventModel{seat: a.joined, Message: chat.Message{Type: chat.Joined, Agent: c.agent}})
	if err != nil {
		return nil, err
	}
	return []joinOutcome{{next: m.with(r.with(a)), who: agentID{r.id, a.joined}, how: how}}, nil
}

// succeed frees the seat of old and gives it to the caller.
func (c joinCall) succeed(m model, r roomModel, old agentModel, since int64, reason room.Reason) ([]joinOutcome, error) {
	r, err := m.remove(r, old, 0, reason, "")
	if err != nil {
		return nil, err
	}
	out, err := c.sit(m, r, since, chat.StatusJoined)
	for i := range out {
		out[i].freed = old.name
	}
	return out, err
}

// replace joins under the name of an agent that has a seat: allowed if that agent
// has been silent for some time.
func (c joinCall) replace(m model, r roomModel, old agentModel) ([]joinOutcome, error) {
	low, high := m.nameFree(old)
	if m.now.Before(low) {
		return refusedJoin(fault.NameTaken, low.Sub(m.now)), nil
	}
	var all []joinOutcome
	if m.now.Before(high) {
		all = refusedJoin(fault.NameTaken, 0)
	}
	first, last := m.heirSees(r, old)
	for since := first; since <= last; since++ {
		out, err := c.succeed(m, r, old, since, room.ReasonReplaced)
		if err != nil {
			return all, nil
		}
		all = append(all, out...)
	}
	return all, nil
}

// heirSees returns the first event that an agent may see that takes the seat of old
// under the same name: one of first to last. It sees what old could see only if the
// token of old was never used; else what old has not read, and nothing if a stranger
// could have the seat by now.
func (m model) heirSees(r roomModel, old agentModel) (first, last int64) {
	if !m.sequential {
		return old.since, r.head() + 2
	}
	low, high := m.leaseEnd(old)
	noted := 15 * time.Minute // for so long it is known that the token was never used
	if !old.asAdmin.IsZero() {
		noted = 24 * time.Hour
	}
	end := low
	if !old.used {
		end = high
	}
	switch {
	case !old.used && m.now.Sub(old.joinedAt) < noted:
		return old.since, old.since
	case r.openHistory():
		return r.visibleFrom(), r.visibleFrom()
	case !end.After(m.now):
		return r.head() + 2, r.head() + 2
	}
	unread := r.head() + 1
	for _, e := range slices.Backward(r.log) {
		if e.At.After(old.lastHeard()) {
			unread = e.Seq
		}
	}
	unread = max(old.since, unread)
	return unread, unread
}

// takeOver joins a full room: a seat whose lease has ended changes hands, the one
// that has been silent longest.
func (c joinCall) takeOver(m model, r roomModel) ([]joinOutcome, error) {
	var free []agentModel
	sure, exact, first := false, m.oneService && m.sequential, time.Time{}
	for _, a := range r.seated() {
		low, high := m.leaseEnd(a)
		if m.presenceUnclear(a) {
			low, exact = m.now, false
		}
		exact = exact && low.Equal(high)
		if !low.After(m.now) {
			free = append(free, a)
		}
		if sure = sure || !high.After(m.now); first.IsZero() || low.Before(first) {
			first = low
		}
	}
	var all []joinOutcome
	if !sure {
		all = refusedJoin(fault.RoomFull, 0)
		if exact {
			all[0].retry = first.Sub(m.now)
		}
	}
	if exact {
		slices.SortStableFunc(free, func(a, b agentModel) int { return a.lastHeard().Compare(b.lastHeard()) })
		free = free[:min(1, len(free))]
	}
	since := r.head() + 2 // nothing that the former owner of the seat could see
	if r.openHistory() {
		since = r.visibleFrom()
	}
	for _, old := range free {
		if out, err := c.succeed(m, r, old, since, room.ReasonTimeout); err == nil {
			all = append(all, out...)
		}
	}
	return all, nil
}

// joinOp is a join that was answered.
type joinOp struct {
	joinCall
	got   chat.Seated
	code  fault.Code
	retry time.Duration // as the refusal says
}

// who returns the agent that the join seated.
func (o joinOp) who() agentID {
	if o.got.Token == "" {
		return agentID{}
	}
	return agentID{o.got.Token[:7], cursorNumber(o.got.Cursor)}
}

func (o joinOp) on(m model) (model, error) {
	all, err := o.outcomes(m, o.who().room)
	if err != nil {
		return m, err
	}
	if len(all) == 0 {
		err = &wrong{"the join", o.got.Status, "no outcome"}
	}
	for _, x := range all {
		var next model
		if next, err = o.matches(m, x); err == nil {
			return next, nil
		}
	}
	return m, err
}

// matches returns the model after the outcome x, if that is the answer.
func (o joinOp) matches(m model, x joinOutcome) (model, error) {
	switch {
	case o.code != x.code:
		return m, &wrong{"the code", o.code, x.code}
	case x.code != "" && m.sequential && x.retry != 0 && o.retry != max(x.retry, time.Second):
		return m, &wrong{"try again after", o.retry, x.retry}
	case x.code != "":
		return m, nil
	case x.who != o.who(), x.how != o.got.Status:
		return m, &wrong{"the seat", []any{o.who(), o.got.Status}, []any{x.who, x.how}}
	}
	r, _ := x.next.room(x.who.room)
	a, _ := r.agent(x.who.joined)
	talk, earlier := r.lastMessages(a)
	if err := m.sameMessages(o.got.Messages, talk); err != nil || !m.sequential {
		return x.next, err
	}
	want := []any{a.name, false, earlier, m.now, false}
	lost := x.freed != "" && slices.ContainsFunc(o.got.Room.Agents, func(b chat.Agent) bool { return b.Name == x.freed && x.freed != a.name })
	got := []any{o.got.Name, o.got.HasMore, o.got.Earlier, o.got.Now, lost}
	return x.next, sameText("the join", got, want)
}

// lastMessages returns what a newcomer is shown: the last messages that it may see,
// and how many more events there are.
func (r roomModel) lastMessages(a agentModel) (talk []chat.Message, earlier int64) {
	for _, msg := range r.visible(a, 0) {
		if msg.Type == chat.Said && msg.Seq < a.joined {
			talk = append(talk, msg)
		}
	}
	last := talk[max(0, len(talk)-maxHistory):]
	if len(talk) > maxHistory {
		earlier = last[0].Seq - a.since
	}
	return last, earlier
}

func (o joinOp) String() string {
	return fmt.Sprintf("%v: %s%s as %v, shown %s", o.joinCall, o.got.Status, o.code, o.who(), brief(o.got.Messages))
}

// wantedOp is the event by which a full room sees, at most once in ten minutes,
// that a join found no seat.
type wantedOp struct{ room, agent string }

func (o wantedOp) on(m model) (model, error) {
	r, found := m.holder(o.room)
	if !found || !m.wantedDue(r) {
		return m, &wrong{"a wanted seat", o, "none"}
	}
	r.wanted = m.now
	r, err := m.append(r, eventModel{Message: chat.Message{Type: chat.SeatWanted, Agent: o.agent}})
	return m.with(r), err
}

// wantedDue reports whether a refused join is to be shown to the agents of r.
func (m model) wantedDue(r roomModel) bool {
	return r.full() && m.now.Sub(r.wanted) >= 10*time.Minute
}

func (o wantedOp) String() string { return o.agent + " wanted a seat" }

// leaveOp is a leave that was answered.
type leaveOp struct {
	who agentID
	got chat.LeaveStatus
}

func (o leaveOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, joined := r.agent(o.who.joined)
	if !joined {
		return m, &wrong{"leave", o.who, "an agent that has joined"}
	}
	if m.barred(r, a) != nil || r.closed {
		return m, expectEqual("leave", o.got, chat.StatusAlreadyLeft)
	}
	if o.got != chat.StatusLeft {
		return m, &wrong{"leave", o.got, chat.StatusLeft}
	}
	return lostLeave{o.who}.on(m)
}

func (o leaveOp) String() string { return fmt.Sprintf("%v leaves: %s", o.who, o.got) }
