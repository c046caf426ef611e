package chat

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Room is a room as agents see it.
type Room struct {
	Name              string
	Description       string
	Type              room.Type
	Capacity          int
	Public            bool
	PasswordProtected bool
	Paired            bool        // a queue made the room
	Closed            bool        // an admin closed the room
	AgentMessages     int         // how many messages agents may send until a person speaks again; 0: any
	Agents            []AgentView // in the order of their joins
}

// AgentView is an agent as others in its room see it.
type AgentView struct {
	Name     string
	Owner    string // the label of the key used for the seat, if any
	Role     room.Role
	You      bool
	Muted    bool // an admin has muted the agent
	State    room.AgentState
	Idle     time.Duration // since the last known call
	Activity string        // in the agent's words
	BackIn   time.Duration // until the announced return; 0 without one
	Unread   *int          // how many messages the agent was not handed; nil if unknown
	// Person: a person behind the agent can watch and speak. PersonHere: the person watches now.
	Person     bool
	PersonHere bool
	PersonName string // the name of the person; "" without one
	Alone      bool   // a person has the seat without an agent
}

// describe returns the room without its agents.
func describe(head *room.Head) Room {
	return Room{
		Name: head.Name, Description: head.Description, Type: head.Type, Capacity: head.Capacity, Public: head.Public,
		PasswordProtected: head.Password != "", Paired: head.Paired, Closed: head.Closed,
		AgentMessages: head.AgentMessages,
	}
}

// describeOutside returns a room as a caller without a seat sees it: purpose, seats, names, and who of these are
// admins.
func describeOutside(head *room.Head) Room {
	shown := describe(head)
	for _, agent := range head.Agents {
		v := AgentView{Name: agent.Name}
		if agent.Role == room.Admin {
			v.Role = agent.Role
		}
		shown.Agents = append(shown.Agents, v)
	}
	return shown
}

// describeInvited is describeOutside for the holder of an invite. It tells who is a person without an agent, who has
// chosen the name of the seat, and the chosen names of the persons behind the admins: they tell who runs the room.
func describeInvited(head *room.Head) Room {
	shown := describeOutside(head)
	for i, agent := range head.Agents {
		if agent.IsPersonOnly() || agent.Role == room.Admin {
			shown.Agents[i].PersonName = agent.PersonsName()
		}
	}
	return shown
}

// roster is what is known of the agents of a room.
type roster struct {
	Head       *room.Head
	ReaderSeat int                   // 0 for a caller without a seat
	ForPerson  bool                  // the reader is the person behind ReaderSeat, or that person's view
	BackAt     time.Time             // the reader's announced return
	Presence   map[int]room.Presence // by seat
	People     map[int]time.Time     // by seat: until when the person watches
	Unread     func(read int64, of room.Agent) *int
	Now        time.Time
}

// seenRoster is a roster with the agents as its reader sees them.
type seenRoster struct {
	roster
	agents []AgentView // roster.Agents
}

// Agents returns the agents of the room as the reader sees them, in the order of their joins.
func (r roster) Agents() []AgentView {
	out := make([]AgentView, 0, len(r.Head.Agents))
	for _, agent := range r.Head.Agents {
		v := AgentView{Name: agent.Name, Role: agent.Role, Muted: agent.Muted, You: agent.Seat == r.ReaderSeat}
		v.Person, v.PersonName = agent.Person.HasOpened(), agent.Person.Name
		// without v.Person, the entry is of the person behind the seat's former agent
		v.PersonHere = v.Person && r.People[agent.Seat].After(r.Now)
		r.setState(agent, &v)
		v.Alone = agent.IsPersonOnly()
		if v.Alone {
			v.PersonHere, v.Unread = v.State == room.AgentWaiting, nil
		}
		out = append(out, v)
	}
	return out
}

// setState sets the fields of v about what agent is doing.
func (r roster) setState(agent room.Agent, v *AgentView) {
	v.Owner = agent.Owner
	p, known := r.Presence[agent.Seat]
	u, spoke := r.Head.Recent.Said(agent.Seat)
	if p.Activity != "" && !(spoke && u.N > p.ActiveAsOf) {
		v.Activity = p.Activity
	}
	if v.You && !r.ForPerson { // the agent reads this result now
		v.State = room.AgentWaiting
		if r.BackAt.After(r.Now) {
			v.State, v.BackIn = room.AgentAway, r.BackAt.Sub(r.Now)
		}
		return
	}
	// without AtMs only a hook has shown a sign of life; an endpoint is handed nothing
	if known && p.AtMs != 0 && !agent.IsEndpoint() {
		v.Unread = r.Unread(max(p.Read, agent.Joined), agent) // the join handed out earlier messages
	}
	p = r.lastHeard(agent, p)
	v.Idle, v.State = max(0, r.Now.Sub(p.At())), p.State(r.Head, agent, r.Now)
	if back := p.BackAt(); back.After(r.Now) {
		v.BackIn = back.Sub(r.Now)
	}
}

// lastHeard returns p with the time of the last known call of agent.
func (r roster) lastHeard(agent room.Agent, p room.Presence) room.Presence {
	p = p.Of(agent)
	p.AtMs = max(p.AtMs, agent.AtMs)
	if u, spoke := r.Head.Recent.Said(agent.Seat); spoke {
		p.AtMs = max(p.AtMs, u.At.UnixMilli())
	}
	return p
}

// othersGone reports whether all other agents are gone for the time long.
func (r roster) othersGone(long time.Duration) bool {
	return !slices.ContainsFunc(r.Head.Agents, func(agent room.Agent) bool {
		return agent.Seat != r.ReaderSeat && !r.lastHeard(agent, r.Presence[agent.Seat]).IsGone(agent, r.Now, long)
	})
}

// absenceOf returns the time since another agent last called, or 0 if one waits; and the time until the first return,
// or 0 unless all are away.
func absenceOf(agents []AgentView) (idle, away time.Duration) {
	allAway := true
	for _, a := range agents {
		switch {
		case a.You:
			continue
		case a.State == room.AgentWaiting || a.State == room.AgentStandby:
			return 0, 0
		case idle == 0 || a.Idle < idle:
			idle = max(a.Idle, 1)
		}
		allAway = allAway && a.State == room.AgentAway
		if away == 0 || a.BackIn < away {
			away = a.BackIn
		}
	}
	if !allAway {
		away = 0
	}
	return idle, away
}

// rosterText returns a text that changes with every change of the roster worth telling: a lasting silence, but no pause
// between two waits.
func rosterText(agents []AgentView) string {
	var b strings.Builder
	for _, a := range agents {
		state := a.State
		if state == room.AgentWaiting || state == room.AgentBusy || a.You {
			state = "here"
		}
		fmt.Fprintf(&b, "%s\x00%s\x00%t\x00%t\x00%s\x00%s\x00", a.Name, a.Role, a.Muted, a.PersonHere, state,
			a.Activity)
	}
	return b.String()
}

// limitAgents returns all agents and 0 if they are few, else the first other agents that wait, and how many wait.
func limitAgents(all []AgentView) (shown []AgentView, waiting int) {
	if len(all) <= core.AgentsShown {
		return all, 0
	}
	for _, a := range all {
		if a.You || a.State != room.AgentWaiting && a.State != room.AgentStandby {
			continue
		}
		waiting++
		if len(shown) < core.AgentsShown {
			shown = append(shown, a)
		}
	}
	return shown, waiting
}

// view returns the room as the caller you sees it.
func (r *liveRoom) view(ctx context.Context, head *room.Head, you room.Caller) (Room, error) {
	seen, err := r.roster(ctx, head, you)
	if err != nil {
		return Room{}, err
	}
	shown := describe(head)
	shown.Agents = seen.Agents()
	return shown, nil
}

// roster reads the presence of all, unless nobody else has a seat and no person has opened its link.
func (r *liveRoom) roster(ctx context.Context, head *room.Head, you room.Caller) (roster, error) {
	if head.Others(you.Seat) > 0 || you.Person.HasOpened() {
		return r.readRoster(ctx, head, you)
	}
	return r.rosterOf(head, you), nil
}

// readRoster reads the presence of all.
func (r *liveRoom) readRoster(ctx context.Context, head *room.Head, you room.Caller) (seen roster, err error) {
	seen = r.rosterOf(head, you)
	seen.Presence, seen.People, err = r.agents.ReadPresence(ctx, table.Eventual)
	return seen, err
}

// rosterOf returns the roster without presence.
func (r *liveRoom) rosterOf(head *room.Head, you room.Caller) roster {
	viewer, _ := head.Seated(you.Seat)
	return roster{
		Head: head, ReaderSeat: you.Seat, ForPerson: !you.KeepsLease(), BackAt: r.agents.KnownBackAt(you.Seat),
		Unread: r.log.Unread(room.Caller{Agent: viewer}), Now: r.svc.now(),
	}
}

// rosterFor returns the roster for the result of a wait; nil if the wait needs none. A wait that messages end has no
// roster, unless an agent came or left. isNew says that the roster has changed since the seat's last result.
func (c reading) rosterFor(ctx context.Context, in *inbox, finds found) (_ *seenRoster, isNew bool) {
	head := c.head
	if !in.listens.withRoster || in.end == lost {
		return nil, false
	}
	if !in.othersGone() && !in.has(agentMoved) && (finds.news && !finds.allDone() && in.end > goesOn ||
		len(head.Agents) < 2 ||
		!c.room.agents.RecordRosterRead(c.me)) {
		return nil, false
	}
	r, err := c.room.roster(ctx, head, c.me)
	if err != nil { // the next result has the roster
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return nil, false
	}
	seen := seenRoster{r, r.Agents()}
	sum := sha256.Sum256([]byte(rosterText(seen.agents)))
	isNew = c.room.agents.RecordRoster(c.me, [16]byte(sum[:16]),
		in.has(agentMoved))
	return &seen, isNew || in.othersGone()
}

// presence returns the presence needed to tell the stalled tasks of head; nil if the log tells.
func (c reading) presence(ctx context.Context, head *room.Head) (map[int]room.Presence, error) {
	if !head.NeedsPresence(c.room.svc.now()) {
		return nil, nil
	}
	return c.allPresence(ctx, table.Eventual)
}

// allPresence returns the presence of every seat.
func (c reading) allPresence(ctx context.Context, how table.Consistency) (map[int]room.Presence, error) {
	all, _, err := c.room.agents.ReadPresence(ctx, how)
	if err != nil {
		return nil, err
	}
	c.addCall(all)
	return all, nil
}

// hasActiveTask reports whether a taken task has not stalled; true if unknown.
func (c reading) hasActiveTask(ctx context.Context) bool {
	seen, err := c.presence(ctx, c.head)
	if err != nil {
		if ctx.Err() == nil {
			c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
		return true
	}
	return c.head.Works(seen, c.room.svc.now())
}

// addCall adds this call, not recorded yet, to the presence of the seats.
func (c reading) addCall(presence map[int]room.Presence) {
	if c.me.KeepsLease() {
		presence[c.me.Seat] = room.Presence{AtMs: c.room.svc.now().UnixMilli()}
	}
}

// readPresence returns the presence of every seat, and loads into the head who spoke within the time lease before now.
func (r *liveRoom) readPresence(ctx context.Context, lease time.Duration) (map[int]room.Presence, error) {
	since := r.svc.now().Add(-lease)
	presence, _, err := r.agents.ReadPresence(ctx, table.Strong)
	if err != nil {
		return nil, err
	}
	return presence, r.log.ReadBack(ctx, since)
}
