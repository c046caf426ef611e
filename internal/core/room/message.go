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

// ProposeMessage completes event, a message of by, to follow h: it sets the seats asked and named, for a vote the
// answered proposal, and for a proposal what it replaces. The error is a *fault.Error: the reason not to send event.
func (h *Head) ProposeMessage(by Caller, event Event, now time.Time) (Event, error) {
	return h.ProposeAnswer(by, event, nil, now)
}

// ProposeAnswer is ProposeMessage for an event that answers an agreement, if bound is not nil: the seats that the
// agreement binds. The head has no agreements.
func (h *Head) ProposeAnswer(by Caller, event Event, bound []int, now time.Time) (Event, error) {
	agent := by.Agent
	rules := messageRules{h, agent, now, h.boundBy(&event, agent.Seat, bound, now)}
	edited := event.Person // a draft, with the words of the person
	by.sign(&event)
	event.Type, event.Person = Said, edited || event.Person
	var err error
	switch {
	case event.Person && event.isToItself():
		// A note stays between an agent and its person, so the rules about speaking do not apply.
		return event, h.checkNote(agent, event)
	case event.Withdraws != 0:
		err = rules.completeWithdrawal(&event)
	case event.IsVote():
		err = rules.completeVote(&event)
	case event.KeepsReaders:
		err = rules.completeReaders(&event)
	}
	if err != nil {
		return event, err
	}
	if event.IsVote() {
		err = h.checkVote(agent, event)
	} else {
		err = h.CheckSpeak(agent, event.To)
	}
	if err != nil {
		return event, err
	}
	if err := rules.completeAsk(&event); err != nil {
		return event, err
	}
	event.Replaces = rules.replaces(&event)
	event.Bound = nil // a draft may have been completed for another head
	if event.Replaces != 0 && !h.Talk.isProposal(event.Replaces) {
		event.Bound = bound
	}
	if err := rules.checkQuota(&event); err != nil {
		return event, err
	}
	h.completeReport(agent, &event)
	if len(event.Finishes) > 0 && len(event.To) > 0 {
		return event, fault.Refuse(fault.InvalidArgument, "finishes goes with a message to all. Nothing was sent: "+
			"leave finishes out, and end the tasks with task (action finish).")
	}
	event.AskNames = h.NamesOf(event.Ask)

	// Ask is complete. Named gets the other agents who may read their name in the text.
	text := mentionable(event.Text)
	for _, x := range h.Agents {
		if x.Seat != agent.Seat && !slices.Contains(event.Ask, x.Seat) && x.CanSee(event.Seat, event.To) &&
			!slices.Contains(event.Named, x.Seat) && h.mentions(text, x.Key) {
			event.Named = append(event.Named, x.Seat)
		}
	}
	return event, nil
}

// messageRules completes a message of an agent.
type messageRules struct {
	head  *Head
	agent Agent
	now   time.Time
	bound []int // see Head.boundBy
}

// ReadersOf returns the seats but one that see what event answers, and the names of their agents. The seats for which
// that message was do not tell: their agents may have left, and who has such a seat now need not see the message.
func (h *Head) ReadersOf(event Event, but int) (seats []int, names []string) {
	for i := range h.Agents { // by index: an Agent is large
		if agent := &h.Agents[i]; agent.Seat != but && agent.SeesAnswered(event) {
			seats = append(seats, agent.Seat)
		}
	}
	slices.Sort(seats)
	return seats, h.NamesOf(seats)
}

// completeReaders gives event, an answer to a private message, the readers of that message: an answer goes to those who
// could read what it answers. Without this rule, "Yes, 40k is enough, do not tell Cy" went to Cy. An answer that nobody
// else could read is refused.
func (c messageRules) completeReaders(event *Event) error {
	event.To, event.ToNames = c.head.ReadersOf(*event, c.agent.Seat)
	if len(event.To) == 0 {
		return fault.Refuse(fault.InvalidArgument, "reply_to: nobody else here can read that message. Nothing was "+
			"sent: say it by another message, with its readers in to.")
	}
	return nil
}

// NamesOf returns the names of the agents on these seats. Free seats have none.
func (h *Head) NamesOf(seats []int) (names []string) {
	for _, seat := range seats {
		if agent, here := h.Seated(seat); here {
			names = append(names, agent.Name)
		}
	}
	return names
}

// completeAsk decides who owes an answer to event: the seats in Ask. An empty Ask becomes all addressees of a
// request. For a proposal it becomes all agents that may speak, and all who are bound by what event answers. Endpoints
// are never asked to vote, since they answer in plain words. Without Ask, the first reply of another agent closes a
// request.
func (c messageRules) completeAsk(event *Event) error {
	if len(event.Ask) > 0 && !event.Kind.TakesAsk() {
		return fault.Refuse(fault.InvalidArgument,
			"ask does not go with kind %s, which wants no answer. Nothing was sent: leave one of them out.", event.Kind)
	}
	if event.Kind == Request && len(event.Ask) == 0 {
		event.Ask = event.To
	}
	if event.Kind == Proposal && len(event.Ask) == 0 {
		for _, agent := range c.head.Agents {
			asked := agent.ActsByItself() && !c.head.Silenced(agent) ||
				slices.Contains(c.bound, agent.Seat) && !agent.IsEndpoint()
			if asked && agent.Seat != c.agent.Seat && agent.CanSee(c.agent.Seat, event.To) {
				event.Ask = append(event.Ask, agent.Seat)
			}
		}
		if len(event.Ask) == 0 {
			return fault.Refuse(fault.InvalidArgument, "A proposal needs somebody to agree to it, and no other agent "+
				"that can is here. Nothing was sent: wait until another agent has joined, or name a person in "+
				"ask.")
		}
	}

	// Each agent in Ask must be here, see the question, and be able to answer.
	for _, seat := range event.Ask {
		agent, here := c.head.Seated(seat)
		switch {
		case seat == c.agent.Seat:
			return fault.Refuse(fault.InvalidArgument,
				"ask names yourself. Nothing was sent: name those who are to answer.")
		case !here:
			return fault.Refuse(fault.InvalidArgument,
				"ask: an agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
		case !agent.CanSee(event.Seat, event.To):
			return fault.Refuse(fault.InvalidArgument, "ask names an agent that could not read the question: it "+
				"is not in to or, without to, cannot read what you answer. Nothing was sent: name all readers in to.")
		case event.Kind == Proposal && agent.IsEndpoint():
			return fault.Refuse(fault.InvalidArgument, "ask names an agent that answers in plain words and cannot "+
				"vote. Nothing was sent: ask others, or ask it by kind request.")
		case event.Kind != Proposal && c.head.Silenced(agent):
			return fault.Refuse(fault.InvalidArgument,
				"ask names an agent that may only read here, so it cannot answer. Nothing was sent: ask others.")
		}
	}
	return nil
}

// completeVote sets the proposal answered by event, and gives event the same readers.
func (c messageRules) completeVote(event *Event) error {
	asked, waits := c.head.asksVote(c.agent.Seat, event.ReplyTo, c.now)
	switch {
	case event.ReplyTo != 0 && len(asked) == 0:
		return c.refuseVote(*event)
	case len(asked) == 0:
		return fault.Refuse(fault.InvalidArgument, "No open proposal asks you, so there is nothing to agree or "+
			"object to. Nothing was sent: room_info lists what is open and what was agreed.")
	case len(asked) > 1:
		return fault.Refuse(fault.InvalidArgument,
			"Several open proposals ask you: %s. Nothing was sent: say which one with reply_to.", c.listIDs(asked))
	case event.Kind == Agree && !waits:
		return fault.Refuse(fault.InvalidArgument, "You have agreed to that proposal already, and others have yet to "+
			"answer. Nothing was sent: call wait_for_message.")
	}
	r := asked[0]
	event.ReplyTo, event.ReSeat, event.ReFor = r.N, r.Seat, r.To
	return c.setReaders(r, event)
}

// VotedOn returns the open proposal on which the agent of seat votes if it names none; 0: none, or which is not clear.
func (h *Head) VotedOn(seat int, now time.Time) int64 {
	if asked, _ := h.asksVote(seat, 0, now); len(asked) == 1 {
		return asked[0].N
	}
	return 0
}

// asksVote returns the open proposals that ask the agent of seat, and that are event n if n is not 0: those that wait
// for its vote or, if none waits, those to which it has agreed.
func (h *Head) asksVote(seat int, n int64, now time.Time) (asked []OpenRequest, waits bool) {
	var agreed []OpenRequest
	for _, request := range h.Talk.OpenTo(seat, now) {
		switch {
		case !request.Proposal || n != 0 && n != request.N:
		case slices.Contains(request.Owed, seat):
			asked = append(asked, request)
		case slices.Contains(request.Agreed, seat):
			agreed = append(agreed, request)
		}
	}
	if len(asked) == 0 {
		return agreed, false
	}
	return asked, true
}

// refuseVote says why the event in ReplyTo takes no vote from event.
func (c messageRules) refuseVote(event Event) error {
	if request, open := c.head.Talk.Find(event.ReplyTo, c.now); open && request.Proposal &&
		request.visibleTo(c.agent.Seat) {
		return fault.Refuse(fault.InvalidArgument, "That proposal does not ask you: it asks those who were here when "+
			"it was made, or whom it names. Nothing was sent: say what you think with kind message.")
	}
	return fault.Refuse(fault.InvalidArgument, "reply_to is not an open proposal: it has been agreed, objected to, "+
		"withdrawn or replaced by a newer one, an admin removed one whom it asked, a day has passed, its proposer has "+
		"left, or it is not a proposal. What was agreed is replaced by a proposal with reply_to its id. Nothing was "+
		"sent: room_info lists what is open and what was agreed.")
}

// completeWithdrawal checks the withdrawn event, and gives event the same readers. event wakes the agents who owed an
// answer.
func (c messageRules) completeWithdrawal(event *Event) error {
	request, open := c.head.Talk.Find(event.Withdraws, c.now)
	if !open || request.Seat != c.agent.Seat {
		return fault.Refuse(fault.InvalidArgument, "withdraw must be the id of an open request or proposal of your "+
			"own. Nothing was sent: room_info lists what is open. What was agreed is replaced by a proposal with "+
			"reply_to its id.")
	}
	event.Named = slices.Concat(request.Owed, request.Agreed)
	return c.setReaders(request, event)
}

// setReaders gives event the readers of request, and refuses a text addressed to others.
func (c messageRules) setReaders(request OpenRequest, event *Event) error {
	to, names := c.readersOf(request, event.Seat)
	if event.Text != "" && len(event.To) > 0 && !slices.Equal(slices.Sorted(slices.Values(event.To)), to) {
		return RefuseOtherReaders()
	}
	event.To, event.ToNames = to, names
	return nil
}

// RefuseOtherReaders refuses a vote or withdrawal with words for other readers than those of what it is about.
func RefuseOtherReaders() error {
	return fault.Refuse(fault.InvalidArgument, "An answer to a proposal, or a withdrawal, goes to all who saw "+
		"it. Nothing was sent: leave to out, and use another message for others.")
}

// readersOf returns the seats that see request, without seat, and the names of their agents; nil if request is public.
func (c messageRules) readersOf(request OpenRequest, seat int) (to []int, names []string) {
	if len(request.To) == 0 {
		return nil, nil
	}
	for _, s := range slices.Concat([]int{request.Seat}, request.To) {
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
	for i, request := range list {
		ids[i] = c.head.MessageID(request.N)
	}
	return strings.Join(ids, ", ")
}
