package room

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// Message returns a message for ProposeMessage. text and file may be missing.
func Message(text string, kind Kind, file *File) Event {
	return Event{Type: Said, Text: text, Kind: kind, File: file}
}

// ProposeMessage completes e, a message from by, as the event after h: the seats asked and named and, for a vote, the
// answered proposal. The error is a *fault.Error: the reason not to send e.
func (h *Head) ProposeMessage(by Caller, e Event, now time.Time) (Event, error) {
	a := by.Agent
	rules := messageRules{h, a, now}
	e.Type, e.Seat, e.Name, e.Person = Said, a.Seat, a.Name, e.Person || by.IsPerson()
	var err error
	switch {
	case e.Person && e.isToItself():
		// A note stays between an agent and its person, so the rules about speaking do not apply.
		return e, h.checkNote(a, e)
	case e.Withdraws != 0:
		err = rules.completeWithdrawal(&e)
	case e.Kind == Agree || e.Kind == Object:
		err = rules.completeVote(&e)
	}
	if err != nil {
		return e, err
	}
	if err := h.CheckSpeak(a, e.To); err != nil {
		return e, err
	}
	if err := rules.completeAsk(&e); err != nil {
		return e, err
	}
	h.completeReport(a, &e)
	if len(e.Finishes) > 0 && len(e.To) > 0 {
		return e, fault.Refuse(fault.InvalidArgument, "finishes goes with a message to all. Nothing was sent: leave "+
			"finishes out, and end the tasks with task (action finish).")
	}
	e.AskNames = h.NamesOf(e.Ask)

	// Ask is complete. Named gets the other agents who may read their name in the text.
	text := mentionable(e.Text)
	for _, x := range h.Agents {
		if x.Seat != a.Seat && !slices.Contains(e.Ask, x.Seat) && x.CanSee(e.Seat, e.To) &&
			!slices.Contains(e.Named, x.Seat) && mentions(text, x.Key) {
			e.Named = append(e.Named, x.Seat)
		}
	}
	return e, nil
}

// messageRules completes a message of an agent.
type messageRules struct {
	head  *Head
	agent Agent
	now   time.Time
}

// NamesOf returns the names of the agents on these seats. Free seats have none.
func (h *Head) NamesOf(seats []int) (names []string) {
	for _, seat := range seats {
		if a, here := h.Seated(seat); here {
			names = append(names, a.Name)
		}
	}
	return names
}

// completeAsk decides who owes an answer to e: the seats in Ask. An empty Ask becomes all addressees of a request, or
// everyone who may speak for a proposal, except a person without an agent and an endpoint: endpoints answer in plain
// words. Without Ask, the first reply of another agent closes a request.
func (c messageRules) completeAsk(e *Event) error {
	if len(e.Ask) > 0 && (e.Kind == Status || e.Kind == Done) {
		return fault.Refuse(fault.InvalidArgument,
			"ask does not go with kind %s, which wants no answer. Nothing was sent: leave one of them out.", e.Kind)
	}
	if e.Kind == Request && len(e.Ask) == 0 {
		e.Ask = e.To
	}
	if e.Kind == Proposal && len(e.Ask) == 0 {
		for _, x := range c.head.Agents {
			if x.Seat != c.agent.Seat && x.CanSee(c.agent.Seat, e.To) && !c.head.Silenced(x) && x.ActsByItself() {
				e.Ask = append(e.Ask, x.Seat)
			}
		}
		if len(e.Ask) == 0 {
			return fault.Refuse(fault.InvalidArgument, "A proposal needs somebody to agree to it, and no other agent "+
				"that can is here. Nothing was sent: wait until another agent has joined, or name a person in "+
				"ask.")
		}
	}

	// Each agent in Ask must be here, see the question, and be able to answer.
	for _, seat := range e.Ask {
		x, here := c.head.Seated(seat)
		switch {
		case seat == c.agent.Seat:
			return fault.Refuse(fault.InvalidArgument,
				"ask names yourself. Nothing was sent: name those who are to answer.")
		case !here:
			return fault.Refuse(fault.InvalidArgument,
				"ask: an agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
		case !x.CanSee(e.Seat, e.To):
			return fault.Refuse(fault.InvalidArgument, "ask names an agent that is not in to, so it could not read "+
				"the question. Nothing was sent: name it in to as well.")
		case c.head.Silenced(x):
			return fault.Refuse(fault.InvalidArgument,
				"ask names an agent that may only read here, so it cannot answer. Nothing was sent: ask others.")
		}
	}
	return nil
}

// completeVote sets the proposal answered by e, and gives e the same readers.
func (c messageRules) completeVote(e *Event) error {
	var asked []OpenRequest
	for _, r := range c.head.Talk.OpenTo(c.agent.Seat, c.now) {
		if r.Proposal && (slices.Contains(r.Owed, c.agent.Seat) || slices.Contains(r.Agreed, c.agent.Seat)) &&
			(e.ReplyTo == 0 || e.ReplyTo == r.N) {
			asked = append(asked, r)
		}
	}
	waiting := slices.DeleteFunc(slices.Clone(asked),
		func(r OpenRequest) bool { return !slices.Contains(r.Owed, c.agent.Seat) })
	if len(waiting) > 0 {
		asked = waiting
	}
	switch {
	case e.ReplyTo != 0 && len(asked) == 0:
		return c.refuseVote(*e)
	case len(asked) == 0:
		return fault.Refuse(fault.InvalidArgument, "No open proposal asks you, so there is nothing to agree or "+
			"object to. Nothing was sent: room_info lists what is open and what was agreed.")
	case len(asked) > 1:
		return fault.Refuse(fault.InvalidArgument,
			"Several open proposals ask you: %s. Nothing was sent: say which one with reply_to.", c.listIDs(asked))
	case e.Kind == Agree && len(waiting) == 0:
		return fault.Refuse(fault.InvalidArgument, "You have agreed to that proposal already, and others have yet to "+
			"answer. Nothing was sent: call wait_for_message.")
	}
	r := asked[0]
	e.ReplyTo, e.ReSeat, e.ReFor = r.N, r.Seat, r.To
	return c.setReaders(r, e)
}

// refuseVote says why the event in ReplyTo takes no vote from e.
func (c messageRules) refuseVote(e Event) error {
	if r, open := c.head.Talk.Find(e.ReplyTo, c.now); open && r.Proposal && r.visibleTo(c.agent.Seat) {
		return fault.Refuse(fault.InvalidArgument, "That proposal does not ask you: it asks those who were here when "+
			"it was made, or whom it names. Nothing was sent: say what you think with kind message.")
	}
	return fault.Refuse(fault.InvalidArgument, "reply_to is not an open proposal: it has been agreed, objected to, "+
		"withdrawn or replaced by a newer one, or it is not a proposal. Nothing was sent: room_info lists what is "+
		"open and what was agreed.")
}

// completeWithdrawal checks the withdrawn event, and gives e the same readers. e wakes the agents who owed an answer.
func (c messageRules) completeWithdrawal(e *Event) error {
	r, open := c.head.Talk.Find(e.Withdraws, c.now)
	if !open || r.Seat != c.agent.Seat {
		return fault.Refuse(fault.InvalidArgument, "withdraw must be the id of an open request or proposal of your "+
			"own. Nothing was sent: room_info lists what is open.")
	}
	e.Named = slices.Concat(r.Owed, r.Agreed)
	return c.setReaders(r, e)
}

// setReaders gives e the readers of r, and refuses a text addressed to others.
func (c messageRules) setReaders(r OpenRequest, e *Event) error {
	to, names := c.readersOf(r, e.Seat)
	if e.Text != "" && len(e.To) > 0 && !slices.Equal(slices.Sorted(slices.Values(e.To)), to) {
		return fault.Refuse(fault.InvalidArgument, "An answer to a proposal, or a withdrawal, goes to all who saw "+
			"it. Nothing was sent: leave to out, and use another message for others.")
	}
	e.To, e.ToNames = to, names
	return nil
}

// readersOf returns the seats that see r, without seat, and the names of their agents; nil if r is public.
func (c messageRules) readersOf(r OpenRequest, seat int) (to []int, names []string) {
	if len(r.To) == 0 {
		return nil, nil
	}
	for _, s := range slices.Concat([]int{r.Seat}, r.To) {
		if _, here := c.head.Seated(s); here && s != seat {
			to = append(to, s)
		}
	}
	slices.Sort(to)
	if len(to) == 0 { // all other readers have left, and only the sender is here
		to = []int{seat}
	}
	return to, c.head.NamesOf(to)
}

// listIDs returns the ids of requests.
func (c messageRules) listIDs(list []OpenRequest) string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = c.head.MessageID(r.N)
	}
	return strings.Join(ids, ", ")
}
