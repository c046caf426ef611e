package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// address returns the message with names turned into seats and ids into events, once, before the first attempt:
// otherwise a message for Bob would reach another agent with Bob's name at a second attempt. k is what is known before
// the first attempt. repeated is what came of an earlier call that this one repeats, if a name or an id of it is no
// longer good; nil: none is found yet. A caller whose seat is gone is told so first.
func (c sending) address(ctx context.Context, o outgoing) (_ outgoing, k known, repeated *outcome, err error) {
	o.cursor, err = c.guardCursor(ctx, &o.req)
	if err != nil {
		return o, k, nil, err
	}
	k = known{began: c.began, guard: reading(c).guardFor(o.cursor)}
	o, err = c.withEvent(ctx, o)
	if !errors.As(err, new(*fault.Error)) {
		return o, k, nil, err
	}
	// The name or the id may be good no more, and the call a repetition.
	errRefresh := c.refresh(ctx)
	if errRefresh == nil && !c.isSeated() {
		errRefresh = c.refuseToken(ctx, c.head)
	}
	if errRefresh == nil {
		k.earlier, errRefresh = c.lookUpKey(ctx, o.req.Key)
	}
	if errRefresh != nil {
		return o, k, nil, errRefresh
	}
	earlier, decided := o.again(k, place{head: c.head, caller: c.me, now: c.room.svc.now()})
	switch {
	case decided != nil:
		return o, k, nil, decided
	case earlier.N > 0:
		repeated, err = c.answerRepeated(ctx, &o, earlier)
	}
	return o, k, repeated, err
}

// guardCursor returns the cursor of a message for the guard. A stay has no cursor, so its guard begins after what has
// arrived, and the table says whether others have held back its last message.
func (c sending) guardCursor(ctx context.Context, req *SendRequest) (string, error) {
	if !req.Stay {
		return req.Cursor, nil
	}
	n, held, err := c.reader().Arrived(ctx, req.Key)
	return ident.Cursor{N: n, HeldMessage: held}.String(c.token), err
}

// withEvent returns o with its event, which has its words even if a name or an id is refused.
func (c sending) withEvent(ctx context.Context, o outgoing) (_ outgoing, err error) {
	e := room.Message(o.req.Text, o.req.Kind, o.event.File)
	for _, id := range o.req.Finishes {
		if no, ok := room.TaskNumber(id); ok && !slices.Contains(e.Finishes, no) {
			e.Finishes = append(e.Finishes, no)
		}
	}
	if e.Kind == room.Plain {
		e.Kind = ""
	}
	o.event = e
	o.said = o.digest()
	if !o.keyFromServer {
		e.Call = o.said
	}
	if isEveryone(o.req.To) {
		o.req.To, o.toAll = nil, true
	}
	e, err = c.findNamed(ctx, o.req, e)
	if err == nil {
		e, err = c.findAnswered(ctx, &o, e)
	}
	if err == nil {
		o.event = e
	}
	return o, err
}

// findNamed returns e with the seats of the names in To and in Ask.
func (c sending) findNamed(ctx context.Context, req SendRequest, e room.Event) (room.Event, error) {
	if len(req.To) > 0 && c.me.IsPerson() && sameCompany(c.me, req.To, nil) { // a note
		e.To, e.ToNames = []int{c.me.Seat}, []string{c.me.Name}
	} else {
		readers, err := c.findAgents(ctx, "to", req.To)
		if err != nil {
			return e, err
		}
		for _, agent := range readers {
			e.To, e.ToNames = append(e.To, agent.Seat), append(e.ToNames, agent.Name)
		}
	}
	asked, err := c.findAgents(ctx, "ask", req.Ask)
	for _, agent := range asked {
		e.Ask = append(e.Ask, agent.Seat)
	}
	return e, err
}

// isEveryone reports whether to says that all read the message.
func isEveryone(to []string) bool {
	return len(to) > 0 && !slices.ContainsFunc(to, func(name string) bool { return !namesAll(name) })
}

// namesAll reports whether name is Everyone, in any spelling. No agent has that name.
func namesAll(name string) bool {
	n, _ := ident.Nickname("to", ident.Addressed(name))
	return n.Key == Everyone
}

// findAgents returns the agents of names without the caller, each once, in the order of their seats. The head is
// current, since another agent may have the name now. field is the argument for the refusal.
func (c sending) findAgents(ctx context.Context, field string, names []string) (found []room.Agent, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	if err := c.refresh(ctx); err != nil {
		return nil, err
	}
	if len(names) > core.MaxCapacity {
		return nil, refuseManyNames(field)
	}
	for i, key := range nameKeys(names) {
		agent, here := c.head.Named(key)
		switch {
		case !here:
			return nil, refuseAbsent(field, i+1)
		case agent.Seat != c.me.Seat && !slices.ContainsFunc(found,
			func(x room.Agent) bool { return x.Seat == agent.Seat }):
			found = append(found, agent)
		}
	}
	if len(found) == 0 {
		return nil, refuseOnlySelf(field)
	}
	slices.SortStableFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

func refuseManyNames(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field, core.MaxCapacity)
}

func refuseOnlySelf(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s names only yourself. Nothing was sent: name others.", field)
}

// refuseAbsent refuses a name that nobody here has. It suggests no message to all: words meant for one agent could
// become public.
func refuseAbsent(field string, number int) error {
	return fault.Refuse(fault.InvalidArgument, "%s: number %d is nobody here. Nothing was sent: room_info tells who "+
		"is.", field, number)
}

// sameCompany reports whether two lists name the same agents, leaving out the caller a.
func sameCompany(a room.Caller, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without the key of a.
func company(a room.Caller, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for an invalid name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		name, _ := ident.AgentName(ident.Addressed(s))
		keys[i] = name.Key
	}
	return keys
}

// findAnswered returns e with the answered message and the withdrawn one.
func (c sending) findAnswered(ctx context.Context, o *outgoing, e room.Event) (room.Event, error) {
	req := o.req
	if req.Withdraw != "" {
		event, err := reading(c).seenEvent(ctx, "withdraw", req.Withdraw)
		if err != nil {
			return e, err
		}
		e.Withdraws = event.N
	}
	if req.ReplyTo == "" {
		return e, nil
	}
	event, err := reading(c).seenEvent(ctx, "reply_to", req.ReplyTo)
	if fault.CodeOf(err) == fault.InvalidArgument && e.Kind == room.Proposal { // an agreement outlives its events
		event, err = reading(c).agreedProposal(ctx, req.ReplyTo, err)
	}
	if err != nil {
		return e, err
	}
	e.ReplyTo, e.ReSeat, e.ReFor = event.N, event.Seat, event.To
	if event.Task != nil {
		e.ReAdded = event.Task.Added
	}
	if !e.IsVote() { // a vote is for its proposer
		e.Chain = c.head.ChainOf(c.me, event)
	}
	// The readers are found again when the answer is sent: see room.Head.ProposeAnswer.
	e.KeepsReaders = o.keepsReaders(e, event)
	if e.KeepsReaders {
		e.To, e.ToNames = c.head.ReadersOf(e, c.me.Seat)
	}
	return e, nil
}

// keepsReaders reports whether e goes to those who could read answered: the call says nothing of its readers. Votes and
// withdrawals have rules of their own. An answer to a note is for all: nobody else could read the note. A draft in
// private is no note: its agent would say to all what goes on from private words.
//
// talk: readers
func (o *outgoing) keepsReaders(e, answered room.Event) bool {
	private := len(answered.To) > 0 && !answered.IsNote()
	if draft := answered.Draft; draft != nil {
		private = len(draft.To) > 0
	}
	return private && len(o.req.To) == 0 && !o.toAll && !e.HasReadersOfAnother()
}
