package chat

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// An endpoint is an agent that speaks A2A at its own address, with a seat from a person and no token: see
// room.FormEndpoint. Package outbox calls the endpoint, and sends the answers by [Service.Answer].

// UsualRun is how many messages agents may send in a room with an endpoint until a person speaks, unless the room has
// another limit: each message may cost the endpoint's person money. The limit ends when the last endpoint leaves,
// unless an admin has set another limit.
const UsualRun = 50

// AddedAgent is an endpoint with a new seat.
type AddedAgent struct {
	Hook  string // the id of the hook
	Name  string
	Room  string // the name of the room
	Watch string // the claim of the link by which the person supervises the endpoint
}

// AddAgent gives an endpoint a seat in the room of a person's token. hook has the address and the principal of the
// calls; the seat gives the other fields. One Write stores seat and hook, and the limit UsualRun if the room has
// none. An endpoint evicts nobody: AddAgent refuses a taken name and a full room. Since the reply may be lost, the
// same call again, until somebody has opened the link, returns the same seat and stores the secret of hook.
func (s *Service) AddAgent(ctx context.Context, token, name string, hook roomlog.HookItem) (AddedAgent, error) {
	as, err := ident.AgentName(name)
	if err != nil {
		return AddedAgent{}, err
	}
	c, err := s.enterPerson(ctx, token)
	if err != nil {
		return AddedAgent{}, s.Outward(err)
	}
	defer c.room.release()
	undo, err := s.limits.Seat(ctx, c.head.ID, c.payer(ctx))
	if err != nil {
		return AddedAgent{}, err
	}
	unheld := ident.Token{Secret: ident.NewSecret()} // nobody gets the token
	who := newcomer{Name: as, Token: unheld, Holder: room.HashToken(unheld), By: ident.PrincipalOf(ctx),
		ClientKey: ident.ClientKey(ctx)}
	got, err := seating(c).seatEndpoint(ctx, who, hook)
	if err != nil && ctx.Err() == nil {
		undo()
	}
	head := c.room.log.Peek()
	if old, taken := head.Named(as.Key); taken && fault.CodeOf(err) == fault.NameTaken {
		hook = endpointOf(head, old, hook)
		if _, again := old.Hook(hook.ID); again && head.ShownLink(room.Caller{Agent: old}) != "" {
			err = s.refreshEndpoint(ctx, hook)
			got = AddedAgent{Hook: hook.ID, Name: old.Name, Room: head.Name,
				Watch: head.ShownLink(room.Caller{Agent: old})}
		}
	}
	return got, s.Outward(err)
}

// refreshEndpoint refreshes the hook of an endpoint, and keeps the time of the first AddAgent.
func (s *Service) refreshEndpoint(ctx context.Context, hook roomlog.HookItem) error {
	first, err := s.store.Hook(ctx, hook.ID)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return err
	}
	hook.SinceMs = cmp.Or(first.SinceMs, hook.SinceMs)
	_, err = s.refreshHook(ctx, hook)
	return err
}

// endpointOf returns x as the hook of a, an endpoint in the room of head.
func endpointOf(head *room.Head, a room.Agent, x roomlog.HookItem) roomlog.HookItem {
	x.ID = HookID(x.Principal, x.URL, string(room.FormEndpoint), HookSeat{head.ID, head.Name, a}, false)
	x.Room, x.Seat, x.Form = head.ID, a.Seat, room.FormEndpoint
	return x
}

// seatEndpoint takes a seat for an endpoint that the caller, a person, adds.
func (c seating) seatEndpoint(ctx context.Context, n newcomer, hook roomlog.HookItem) (AddedAgent, error) {
	events, err := c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		head, by, now := at.head, at.caller, at.now
		claim := room.SeatRequest{Name: n.Name, Token: n.Holder}
		seating, err := claim.Decide(head, now)
		_, banned := room.FindBan(head.Bans, n.Name.Shown)
		switch {
		case banned:
			err = errBannedEndpoint
		case errors.Is(err, room.ErrPresenceNeeded):
			err = refuseEndpoint(head, n.Name)
		}
		if err != nil {
			return ch, err
		}
		joined, presence := n.SeatAt(head, now, seating.Since, room.Member)
		agent := *joined.Agent
		hook := endpointOf(head, agent, hook)
		ch.Events = []room.Event{joined}
		ch.Ops = []table.Op{presence, roomlog.PutHook(hook),
			roomlog.PutProgress(hook, roomlog.Progress{AtMs: now.UnixMilli()})}
		if head.AgentMessages == 0 {
			event, err := room.Update{AgentMessages: new(UsualRun)}.Decide(head, false, now)
			if err != nil || event == nil {
				return ch, err
			}
			by.SignDecision(event)
			event.EndpointRun = true
			ch.Events = append(ch.Events, *event)
		}
		begins := room.Caller{Agent: agent}.BeginEndpoint(hook.ID)
		ch.Events = append(ch.Events, begins) // last: nothing before it is news for the endpoint
		return ch, nil
	})
	if err != nil {
		return AddedAgent{}, err
	}
	joined, h := events[0], c.room.log.Peek()
	hook = endpointOf(h, *joined.Agent, hook)
	c.room.svc.AuditSeat(ctx, h.ID, joined.Seat, StatusJoined)
	audit.Log(ctx, c.room.svc.audit, "subscribed", audit.Room(hook.Room), audit.Seat(hook.Seat),
		slog.String("hook", hook.ID))
	link := h.ShownLink(room.Caller{Agent: *joined.Agent})
	return AddedAgent{Hook: hook.ID, Name: joined.Name, Room: h.Name, Watch: link}, nil
}

// errBannedEndpoint tells a person about a ban; room.SeatRequest.Decide tells an agent.
var errBannedEndpoint = fault.Refuse(fault.NotAllowed, "An admin has banned this name from this room, in any "+
	"spelling. Nothing was changed: give another one as agent_name.").For(fault.RuleBan)

// refuseEndpoint says why an endpoint gets no seat under a name: a taken name, or a full room.
func refuseEndpoint(head *room.Head, name ident.Name) error {
	if _, taken := head.Named(name.Key); taken {
		return fault.Refuse(fault.NameTaken, "An agent in this room has this name. Nothing was changed: give "+
			"another one as agent_name.")
	}
	return fault.Refuse(fault.RoomFull, "All %d seats of this room are taken. Nothing was changed: an admin can "+
		"add some (update_room with capacity), or remove one agent.", head.Capacity)
}

// Heard has what the next call to an endpoint says.
type Heard struct {
	Gone     bool      // the seat no longer has the hook, or the room was closed
	N        int64     // the last message that calls the endpoint and whose answer goes to To; 0: none
	Step     int       // of the answer: see room.Event
	To       []int     // the seats that the answer is for; none: all
	Messages []Message // new for the endpoint up to N, with whole texts
	Missed   bool      // an event before Messages has expired, or was left out beyond core.MaxHeard
	Skip     int64     // if no message calls the endpoint: later calls leave out all up to this event
	AsOf     int64     // the last event of the room
	Room     string    // the name of the room
	Agent    string    // the name of the endpoint
	Others   []string  // the names of the other agents
}

// heardWindow has the newest messages within the bounds.
type heardWindow struct {
	list   []heardMessage
	bytes  int
	missed bool
	left   int64 // the last event left out
}

type heardMessage struct {
	Message
	n  int64 // the event of the message
	to []int // the seats that an answer to the message is for
}

// add adds messages after those of w.
func (w *heardWindow) add(more ...heardMessage) {
	for _, m := range more {
		w.list, w.bytes = append(w.list, m), w.bytes+len(m.Text)
		for len(w.list) > 1 && (len(w.list) > core.MaxHeard || w.bytes > core.MaxHeardBytes) {
			w.bytes -= len(w.list[0].Text)
			w.missed, w.left = true, w.list[0].n
			w.list = w.list[1:]
		}
	}
}

// addFor adds the messages of more, which follow those of w, except private messages with other readers than to.
func (w *heardWindow) addFor(to []int, more heardWindow) {
	w.missed = w.missed || more.missed
	w.add(slices.DeleteFunc(more.list, func(m heardMessage) bool {
		return m.to != nil && !slices.Equal(m.to, to)
	})...)
}

// Heard returns what to tell the endpoint of hook about the events after event n, as of the time of the call. If end
// is not 0, Heard returns again what the call for event end told. An endpoint that may not speak gets no call.
func (s *Service) Heard(ctx context.Context, hook roomlog.HookItem, n, end int64) (Heard, error) {
	live := s.acquire(hook.Room)
	defer live.release()
	k, here, err := live.loadHook(ctx, hook)
	if err != nil || !here || k.head.Closed {
		return Heard{Gone: err == nil}, s.Outward(err)
	}
	if !k.head.Hears(k.agent) {
		return Heard{AsOf: k.head.AsOf}, nil
	}
	got, err := live.collectHeard(ctx, k.head, room.Caller{Agent: k.agent}, k.Hook, max(n, k.N), end)
	return got, s.Outward(err)
}

func (r *liveRoom) collectHeard(ctx context.Context, head *room.Head, caller room.Caller, k room.Hook, n,
	end int64) (Heard, error) {
	again := end != 0
	if !again {
		end = head.AsOf
	}
	got := Heard{AsOf: head.AsOf, Room: head.Name, Agent: caller.Name}
	for _, agent := range head.Agents {
		if agent.Seat != caller.Seat {
			got.Others = append(got.Others, agent.Name)
		}
	}
	var all, since heardWindow // all: up to the last event that calls; since: after it
	for event, err := range r.log.PagesToShow(caller, core.MaxNews).Since(ctx, n, end) {
		if err != nil {
			return Heard{}, err
		}
		if event.N > end {
			n = end
			break
		}
		since.missed = since.missed || event.N > n+1
		n = event.N
		if !caller.IsNews(event) {
			continue
		}
		message := wholeMessage(&head.State, caller, event)
		if message.Draft != "" {
			message.Type = EventDrafted // the agent has not said the draft yet
		}
		to := answeredTo(caller.Agent, event.Seat, event.To)
		since.add(heardMessage{message, event.N, to})
		if again && event.N < end || !again && !k.Calls(&head.State, caller.Agent, event) {
			continue
		}
		// An answer to event would have other readers, so event gets a call of its own.
		if got.N != 0 && !slices.Equal(got.To, to) {
			end = event.N - 1
			break
		}
		all.addFor(to, since)
		since = heardWindow{}
		got.N, got.Step, got.To = event.N, max(got.Step, event.Step+1), to
	}
	if err := checkRead(n, end); err != nil {
		return Heard{}, err
	}
	if again {
		all.addFor(got.To, since) // if since is not empty, the message that called the endpoint has expired
		got.N = end
	}
	if got.N == 0 {
		got.Skip = since.left
	}
	for _, m := range all.list {
		got.Messages = append(got.Messages, m.Message)
	}
	got.Missed = all.missed
	return got, nil
}

// answeredTo returns the seats that may read the answer of agent to a message that sender sent to the seats in to.
// None means all, also for an answer to a note of the person.
func answeredTo(agent room.Agent, sender int, to []int) (seats []int) {
	if len(to) == 0 {
		return nil
	}
	for _, seat := range append(slices.Clone(to), sender) {
		if seat != agent.Seat {
			seats = append(seats, seat)
		}
	}
	slices.Sort(seats)
	return seats
}
