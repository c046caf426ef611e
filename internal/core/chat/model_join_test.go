package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// joinCall is JoinRoom without a token, or CreateRoom.
type joinCall struct {
	room, agent, password, about string
	principal                    string // who asks; empty: unknown
	by                           byInvite
	capacity                     int
	kind                         room.Type
	public                       bool
	create                       bool // the room, if there is none
	join                         bool // the room, if there is one
}

func (c joinCall) String() string {
	return fmt.Sprintf("%s joins %s (principal %q, invite %v, password %q, capacity %d, create %t, join %t)", c.agent,
		c.room, c.principal, c.by, c.password, c.capacity, c.create, c.join)
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
	if c.by.number != 0 {
		return c.visit(m)
	}
	r, found := m.holder(c.room)
	_, keeps := m.keeps(r, c)
	begins := m.startsOver(r) && (m.over(r) || !keeps)
	switch {
	case found && r.heir == c.agent:
		return c.inherit(m, r)
	case (!found || begins) && !c.create:
		return refusedJoin(fault.RoomNotFound, 0), nil
	case !found || begins:
		return c.begin(m, id)
	case !c.join:
		return refusedJoin(fault.RoomExists, 0), nil
	case c.password != r.password:
		return refusedJoin(fault.WrongPassword, 0), nil
	}
	if _, banned := listed(r.bans, c.agent); banned {
		return refusedJoin(fault.NotAllowed, 0), nil
	}
	if r.seatedAlike(c.agent) {
		return refusedJoin(fault.NameTaken, 0), nil
	}
	may, must := m.abandoned(r)
	old, taken := r.seatedAs(c.agent)
	own := taken && c.owns(old)
	if !(own && old.person.holds()) && r.holds(c.principal) {
		return refusedJoin(fault.Paused, 0), nil
	}
	if !may || own {
		return c.seat(m, r)
	}
	all, err := refusedJoin(fault.RoomNotFound, 0), error(nil)
	if c.create {
		all, err = c.begin(m, id)
	}
	if !must {
		others, refused := c.seat(m, r)
		all, err = append(all, others...), refused
	}
	return all, err
}

// owns reports whether the caller may have the seat of a again. Nobody may have that of an endpoint.
func (c joinCall) owns(a agentModel) bool {
	return c.principal != "" && c.principal == a.principal && !a.endpoint
}

// seat takes a seat of a room that is not begun anew.
func (c joinCall) seat(m model, r roomModel) ([]joinOutcome, error) {
	if old, taken := r.seatedAs(c.agent); taken {
		return c.reclaim(m, r, old)
	}
	if r.full() {
		return c.takeOver(m, r)
	}
	return c.sit(m, r, agentModel{since: r.visibleFrom()}, agentModel{}, chat.StatusJoined)
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
		id: id, name: c.room, key: strings.ToLower(c.room), password: c.password, about: c.about,
		capacity: max(c.capacity, core.MinCapacity),
		invite:   inviteModel{1, max(c.capacity, core.MinCapacity) - 1, m.now.Add(7 * day)},
		kind:     room.Group, public: c.public, renewed: m.now, named: true, updated: 0,
	}
	if c.kind != "" {
		r.kind = c.kind
	}
	for _, old := range m.rooms {
		if !old.named || old.key != r.key {
			continue
		}
		if !m.startsOver(old) { // it ends with an event, since there are agents to see that
			renewed, err := old.renewed, error(nil)
			old, err = m.append(old, eventModel{Message: chat.Message{Type: retired,
				Reason: room.ReasonBegunAnew}})
			if err != nil {
				return nil, err
			}
			old.abandoned, old.closed, old.renewed = true, true, renewed
		}
		old.named, old.retired = false, true
		m = m.with(old)
	}
	return c.sit(m, r, agentModel{since: 1}, agentModel{}, chat.StatusCreated)
}

// retired is the type of the event that ends a room which begins anew. No agent is shown it.
const retired chat.EventType = "retired"

// abandoned reports whether a join may, or must, begin r anew: it is full, has no
// password, and nobody in it has been heard for 15 minutes.
func (m model) abandoned(r roomModel) (may, must bool) {
	may = r.full() && r.password == ""
	must = may && m.sequential
	for _, a := range r.seated() {
		end := latest(a.silentFrom().Add(15*time.Minute), a.calledUntil())
		must = must && !m.now.Before(end)
		switch {
		case !m.sequential: // what was noted may be lost
			end = a.joinedAt.Add(15 * time.Minute)
		case !m.oneService: // a call that said nothing is noted within five minutes
			end = end.Add(-5 * time.Minute)
		}
		may = may && !m.now.Before(end)
	}
	return may, must
}

// sit gives a seat of r that is free to a, in the place of old if that had it. The first
// agent is an admin.
func (c joinCall) sit(m model, r roomModel, a, old agentModel, how chat.JoinStatus) ([]joinOutcome, error) {
	a.seat, a.joined, a.name, a.principal, a.joinedAt = len(r.agents)+1, r.head()+1, c.agent, c.principal, m.now
	a.admin = len(r.seated()) == 0
	a.person, _ = m.keeps(r, c)
	a.guest, a.invite = c.by.number != 0, c.by.number
	if c.spends(old) {
		r.invite.uses--
	}
	_, muted := listed(r.mutes, c.agent)
	a.muted = muted && !a.admin
	if a.admin {
		a.asAdmin = m.now
	}
	a.handed, r.heir = a.joined, ""
	r, err := m.append(r.with(a), eventModel{seat: a.seat,
		Message: chat.Message{Type: chat.EventJoined, Agent: c.agent}})
	if err != nil {
		return nil, err
	}
	return []joinOutcome{{next: m.with(r), who: agentID{r.id, a.seat}, how: how}}, nil
}

// succeed frees the seat of old and gives the caller another one, which sees the events
// from since on.
func (c joinCall) succeed(m model, r roomModel, old agentModel, since int64) (all []joinOutcome, err error) {
	freed, err := m.removals(r, old, 0, room.ReasonTimeout, "")
	for _, r := range freed {
		var out []joinOutcome
		out, err = c.sit(m, r, agentModel{since: since}, old, chat.StatusJoined)
		for _, x := range out {
			x.freed = old.name
			all = append(all, x)
		}
	}
	if len(all) > 0 {
		err = nil
	}
	return all, err
}

// sinceTakeOver returns the first event that an agent sees that takes the seat of another:
// nothing that this could see.
func (r roomModel) sinceTakeOver() int64 {
	if r.openHistory() {
		return r.visibleFrom()
	}
	return r.head() + 2
}

// reclaim joins under the name of an agent that has a seat. Its principal gets that seat
// again; anyone else gets another one in its place, with no role and nothing that was
// private, once the lease has ended.
func (c joinCall) reclaim(m model, r roomModel, old agentModel) (all []joinOutcome, err error) {
	own := c.owns(old)
	low, high := m.nameFree(old, own)
	if m.now.Before(high) {
		all = refusedJoin(fault.NameTaken, 0)
		if wait := low.Sub(m.now); low.Equal(high) {
			all[0].retry = wait
			if !own {
				all[0].retry = min(wait, time.Minute)
			}
		}
	}
	if m.now.Before(low) {
		return all, nil
	}
	var out []joinOutcome
	switch {
	case own:
		out, err = c.regain(m, r, old)
	default:
		out, err = c.succeed(m, r, old, r.sinceTakeOver())
	}
	if err != nil && len(all) > 0 {
		return all, nil
	}
	return append(all, out...), err
}

// regain gives the seat of old, with all that belongs to it, to its principal.
func (c joinCall) regain(m model, r roomModel, old agentModel) ([]joinOutcome, error) {
	old.joinedAt, old.regainedAt = m.now, m.now
	r, err := m.append(r.with(old), eventModel{seat: old.seat,
		Message: chat.Message{Type: chat.EventJoined, Agent: old.name, Reason: room.ReasonReturned}})
	return []joinOutcome{{next: m.with(r), who: agentID{r.id, old.seat}, how: chat.StatusReturned}}, err
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
		sure = sure || !high.After(m.now)
		if first.IsZero() || low.Before(first) {
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
	for _, old := range free {
		if out, err := c.succeed(m, r, old, r.sinceTakeOver()); err == nil {
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
func (o joinOp) who() agentID { return ownerOf(o.got.Token) }

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
		next, err = o.matches(m, x)
		if err == nil {
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
	// another service may know less
	case x.code != "" && m.sequential && m.oneService && x.retry != 0 && o.retry != max(x.retry, time.Second):
		return m, &wrong{"try again after", o.retry, x.retry}
	case x.code != "":
		return m, nil
	case x.who != o.who(), x.how != o.got.Status:
		return m, &wrong{"the seat", []any{o.who(), o.got.Status}, []any{x.who, x.how}}
	case x.how == chat.StatusReturned:
		return returnOp{who: x.who, got: o.got}.on(x.next)
	}
	r, _ := x.next.room(x.who.room)
	a, _ := r.agent(x.who.seat)
	if err := m.sameInvite(r, o.got.Invite); err != nil {
		return m, err
	}
	if err := o.seesTalk(m, r, a); err != nil || !m.sequential {
		return x.next, err
	}
	for _, b := range o.got.Room.Agents {
		if x, here := r.seatedAs(b.Name); here && x.admin != (b.Role == room.Admin) {
			return m, &wrong{"the role of " + b.Name, b.Role, x.admin}
		}
	}
	if err := r.sameAgreements(a, o.got.Agreements); err != nil {
		return m, err
	}
	if err := expectEqual("hidden", o.got.Hidden, r.publicIn(1, a.since-1)); err != nil {
		return m, err
	}
	lost := x.freed != "" && slices.ContainsFunc(o.got.Room.Agents,
		func(b chat.AgentView) bool { return b.Name == x.freed && x.freed != a.name })
	want := []any{a.name, false, numberOf(o.got.Cursor), m.now, false, "", a.person.opened, a.person.paused,
		len(r.seated()) == 2}
	got := []any{o.got.Name, o.got.HasMore, a.joined, o.got.Now, lost, o.got.Situation.Owes, o.got.Watch == "",
		o.got.Situation.Paused, o.got.Opens}
	return x.next, sameText("the join", got, want)
}

// seesTalk compares what a newcomer is shown: the last of what was said, and how many more
// messages to all there are.
func (o joinOp) seesTalk(m model, r roomModel, a agentModel) error {
	var talk []chat.Message
	for _, e := range r.log {
		if e.n < a.joined && a.sees(e) && e.Type == chat.EventSaid {
			talk = append(talk, r.reads(a, e))
		}
	}
	n := min(len(o.got.Messages), len(talk))
	if n < min(len(talk), fewestShown) {
		return &wrong{"the join shows", brief(o.got.Messages), brief(talk)}
	}
	shownTalk, earlier := talk[len(talk)-n:], int64(0)
	if n < len(talk) {
		earlier = r.publicIn(a.since, numberOf(shownTalk[0].ID)-1)
	}
	if err := m.sameMessages(o.got.Messages, shownTalk); err != nil || !m.sequential {
		return err
	}
	return expectEqual("earlier", o.got.Earlier, earlier)
}

func (o joinOp) String() string {
	return fmt.Sprintf("%v: %s%s as %v, shown %s", o.joinCall, o.got.Status, o.code, o.who(), brief(o.got.Messages))
}
