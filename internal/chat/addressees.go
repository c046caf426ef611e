package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// address makes the event to append, or returns why it cannot be. For a caller
// whose seat is gone, that reason comes first.
func (op *sendOp) address(ctx context.Context) error {
	err := op.makeEvent(ctx)
	if fault.CodeOf(err) != fault.InvalidArgument {
		return err
	}
	c := op.caller
	h, current := c.room.log.Current(ctx, op.began)
	if current != nil {
		return current
	}
	if _, here := h.Owner(c.token); !here {
		return c.room.svc.whyNot(ctx, h, c.token)
	}
	return err
}

// makeEvent turns names into seats, once and before the first attempt. So what is
// meant for one agent never reaches another that takes its name meanwhile. It also
// looks up the message that is answered.
func (op *sendOp) makeEvent(ctx context.Context) error {
	op.event = room.Event{Type: room.Said, Text: op.req.Text, Kind: op.req.Kind, ReplyTo: op.req.ReplyTo}
	if op.event.Kind == room.Plain {
		op.event.Kind = ""
	}
	if len(op.req.To) > 0 {
		err := op.findAddressees(ctx)
		if sent := op.sentBefore(ctx, err); err != nil && !sent {
			return err
		}
	}
	op.fingerprint = room.Fingerprint(op.event.Text, op.event.To)
	if op.req.ReplyTo > 0 {
		return op.findAnswered(ctx)
	}
	return nil
}

// findAddressees finds the seats of the names in To, on the current head: a name
// may have changed hands.
func (op *sendOp) findAddressees(ctx context.Context) error {
	if len(op.req.To) > room.MaxCapacity {
		return fault.Refuse(fault.InvalidArgument, "to: at most %d names. Nothing was sent.", room.MaxCapacity)
	}
	c := op.caller
	h, err := c.room.log.Current(ctx, op.began)
	if err != nil {
		return err
	}
	c.head = h
	var chosen []room.Agent
	for i, key := range nameKeys(op.req.To) {
		a, here := h.Named(key)
		switch {
		case !here:
			return fault.Refuse(fault.InvalidArgument, "to: number %d does not name an agent in this room. Nothing was sent: room_info tells who is there; leave to out to speak to all.", i+1)
		case a.Seat != c.agent.Seat && !slices.ContainsFunc(chosen, func(x room.Agent) bool { return x.Seat == a.Seat }):
			chosen = append(chosen, a)
		}
	}
	if len(chosen) == 0 {
		return fault.Refuse(fault.InvalidArgument, "to names only yourself. Nothing was sent: name others, or leave to out to speak to all.")
	}
	slices.SortFunc(chosen, func(a, b room.Agent) int { return a.Seat - b.Seat })
	for _, a := range chosen {
		op.event.To, op.event.ToNames = append(op.event.To, a.Seat), append(op.event.ToNames, a.Name)
	}
	return nil
}

// nameKeys returns the keys of names; "" for what cannot be a name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		if n, err := ident.AgentName(s); err == nil {
			keys[i] = n.Key
		}
	}
	return keys
}

// sentBefore reports whether the call repeats a private message. Such a message
// keeps its addressees, even if they have left or others have their names. unfound
// is the result of findAddressees.
func (op *sendOp) sentBefore(ctx context.Context, unfound error) bool {
	if op.req.Key != "" { // if there is no reason to refuse, the write finds out
		return fault.CodeOf(unfound) == fault.InvalidArgument && op.lookUpKey(ctx) == nil && op.keyed
	}
	c := op.caller
	if _, known := c.head.LastSaid(c.agent, op.began); !known && c.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow)) == nil {
		c.head = c.room.log.Known()
	}
	u, known := c.head.LastSaid(c.agent, op.began)
	if !known || u.N == 0 || op.began.Sub(u.At) >= room.RepeatWindow {
		return false
	}
	e, err := c.room.log.Event(ctx, u.N)
	if err != nil || len(e.To) == 0 || e.Text != op.req.Text || !slices.Equal(op.others(e.ToNames), op.others(op.req.To)) {
		return false
	}
	op.fingerprint = u.Fingerprint
	repeated, err := op.isRepeated(c.head, c.agent, op.began)
	if repeated && err == nil {
		op.event.To, op.event.ToNames = e.To, e.ToNames
	}
	return repeated && err == nil
}

// others returns the keys of names, each once, without the caller's own.
func (op *sendOp) others(names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == op.caller.agent.Key })
}

// findAnswered notes whose message is answered, and who may see that message. One
// that the sender may not see does not exist for the sender.
func (op *sendOp) findAnswered(ctx context.Context) error {
	none := fault.Refuse(fault.InvalidArgument, "reply_to: there is no message %d. Nothing was sent: use the seq of a message you have read.", op.req.ReplyTo)
	e, err := op.caller.room.log.Event(ctx, op.req.ReplyTo)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return none
	case err != nil:
		return err
	case !op.caller.agent.Sees(e):
		return none
	}
	op.event.ReSeat = e.Seat
	if len(e.To) > 0 {
		op.event.ReFor = e.To
	}
	return nil
}
