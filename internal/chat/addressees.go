package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/fault"
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

// makeEvent turns names into seats and ids into events, once and before the first
// attempt. So what is meant for one agent never reaches another that takes its name
// meanwhile.
func (op *sendOp) makeEvent(ctx context.Context) error {
	op.event = room.Event{Type: room.Said, Text: op.req.Text, Kind: op.req.Kind}
	if op.event.Kind == room.Plain {
		op.event.Kind = ""
	}
	var err error
	if len(op.req.To) > 0 {
		err = op.findAddressees(ctx)
	}
	if err == nil {
		err = op.findAsked(ctx)
	}
	if len(op.req.To) > 0 || err != nil {
		if sent := op.sentBefore(ctx, err); err != nil && !sent {
			return err
		}
	}
	if err := op.findAnswered(ctx); err != nil {
		return err
	}
	op.fingerprint = op.event.Fingerprint()
	return nil
}

// findAddressees finds the seats of the names in To.
func (op *sendOp) findAddressees(ctx context.Context) error {
	if a := op.caller.agent; a.IsPerson() && sameCompany(a, op.req.To, nil) { // a note
		op.event.To, op.event.ToNames, op.found = []int{a.Seat}, []string{a.Name}, a.Joined
		return nil
	}
	chosen, err := op.find(ctx, "to", op.req.To)
	if err != nil {
		return err
	}
	for _, a := range chosen {
		op.event.To, op.event.ToNames = append(op.event.To, a.Seat), append(op.event.ToNames, a.Name)
	}
	return nil
}

// findAsked finds the seats of the names in Ask.
func (op *sendOp) findAsked(ctx context.Context) error {
	if len(op.req.Ask) == 0 {
		return nil
	}
	chosen, err := op.find(ctx, "ask", op.req.Ask)
	for _, a := range chosen {
		op.event.Ask = append(op.event.Ask, a.Seat)
	}
	return err
}

// find finds the agents of names, but the caller, on the current head: a name may
// have changed hands. field is the argument that has the names.
func (op *sendOp) find(ctx context.Context, field string, names []string) ([]room.Agent, error) {
	c := op.caller
	h, err := c.room.log.Current(ctx, op.began)
	if err != nil {
		return nil, err
	}
	if c.head = h; op.found == 0 {
		op.found = h.AsOf
	}
	return addressees(&h.State, c.agent.Seat, field, names)
}

// checkArrived refuses the message if a seat that it names has been given to another agent
// since.
func (op *sendOp) checkArrived(h *room.Head) error {
	if h.ArrivedSince(op.found, op.event.To) || h.ArrivedSince(op.found, op.event.Ask) {
		return fault.Refuse(fault.InvalidArgument, "An agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
	}
	return nil
}

// sentBefore reports whether the call repeats a message that names agents. Such a
// message keeps its addressees, even if they have left or others have their names.
// unfound says which of them cannot be found.
func (op *sendOp) sentBefore(ctx context.Context, unfound error) bool {
	if op.req.Key != "" { // if there is no reason to refuse, the write finds out
		return fault.CodeOf(unfound) == fault.InvalidArgument && op.lookUpKey(ctx) == nil && op.keyed
	}
	c := op.caller
	if c.agent.IsPerson() {
		return false
	}
	if _, known := c.head.LastSaid(c.agent, op.began); !known && c.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow)) == nil {
		c.head = c.room.log.Known()
	}
	said, _ := c.head.SaidSince(c.agent, c.start)
	if u, known := c.head.LastSaid(c.agent, op.began); known && op.began.Sub(u.At) < room.RepeatWindow {
		said = append(said, u.Saying)
	}
	answered, _ := c.head.MessageNumber(op.req.ReplyTo)
	for _, s := range said {
		e, err := c.room.log.Event(ctx, s.N)
		if err != nil || e.Gone || len(e.To) > 0 != (len(op.req.To) > 0) || e.HasReadersOfAnother() || e.Text != op.req.Text || e.ReplyTo != answered || !sameCompany(c.agent, e.ToNames, op.req.To) {
			continue
		}
		op.fingerprint = s.Fingerprint
		if repeated, err := op.isRepeated(c.head, c.agent, op.began); repeated && err == nil {
			op.event.To, op.event.ToNames = e.To, e.ToNames
			return true
		}
	}
	return false
}

// findAnswered finds what is answered and what is taken back.
func (op *sendOp) findAnswered(ctx context.Context) error {
	if op.req.Withdraw != "" {
		e, err := op.caller.seen(ctx, "withdraw", op.req.Withdraw)
		if err != nil {
			return err
		}
		op.event.Withdraws = e.N
	}
	if op.req.ReplyTo == "" {
		return nil
	}
	e, err := op.caller.seen(ctx, "reply_to", op.req.ReplyTo)
	if err != nil {
		return err
	}
	op.event.ReplyTo, op.event.ReSeat = e.N, e.Seat
	if len(e.To) > 0 {
		op.event.ReFor = e.To
	}
	return nil
}

// seen returns the event of an id that the caller has seen. One that the caller may
// not see does not exist for it. field is the argument that has the id.
func (c *caller) seen(ctx context.Context, field, id string) (room.Event, error) {
	none := fault.Refuse(fault.InvalidArgument, "%s: there is no message of this id that you may see, or it has expired. Nothing was done: use the id of a message that you have read.", field)
	h := c.head
	n, ok := h.MessageNumber(id)
	if !ok { // it may lie beyond a head that is behind
		var err error
		if h, err = c.room.log.Current(ctx, c.room.svc.now()); err != nil {
			return room.Event{}, err
		}
		if n, ok = h.MessageNumber(id); !ok {
			return room.Event{}, none
		}
	}
	e, err := c.room.log.Event(ctx, n)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return room.Event{}, none
	case err != nil:
		return room.Event{}, err
	case !c.agent.Sees(e):
		return room.Event{}, none
	}
	return e, nil
}
