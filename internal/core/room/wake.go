package room

import (
	"slices"
)

// WokenBy reports whether event, which is news to c, ends the wait of c.
//
// With at most two agents every event does, except the begin and end of a hook, and a change of tasks, which follows
// the rule of larger rooms. In larger rooms a knock wakes, and so does a message whose kind interrupts. Joins, leaves
// and changes come with the next event that wakes, so that not everything wakes everybody. An event meant for c (see
// isMeantFor) wakes c in every room, whatever its kind. With forMe only events meant for c wake.
// An agent is woken by what its person does about it: a note, a decision about a draft, and the end of a pause; see
// Sleeps. Everything wakes a person.
func (c Caller) WokenBy(event Event, agents int, forMe bool) bool {
	switch {
	// What wakes c in every room.
	case event.Type == SupervisionSet, event.Type == Knocked, event.ClosesRoom(), event.Type == Managed &&
		event.Seat == c.Seat:
		return true
	case len(c.AgreedIn(event)) > 0, c.HearsOfTask(event), c.IsPerson() && !forMe:
		return true
	case event.Type != Said:
		return agents <= fewAgents && event.Type != TaskChanged && event.Type != Hooked
	}
	// Only messages are left.
	return !forMe && event.Kind.Interrupts() || event.mayConcern(c.Seat, agents)
}

// mayConcern reports whether e, a message that the agent of a seat sees, is meant for that agent (see isMeantFor), or
// is to the other of two agents.
func (e Event) mayConcern(seat, agents int) bool { return agents <= fewAgents || e.isMeantFor(seat) }

// fewAgents is the most agents of a room in which each message is to the other.
const fewAgents = 2

// HearsOfTask reports whether e is about a task of a, and so wakes a in every room: the task is offered to a, a has
// the task, or a added it. TaskOrder.Decide says for each change who hears. A kick or ban wakes those whose proposals
// ask the removed agent.
func (a Agent) HearsOfTask(e Event) bool { return slices.Contains(e.Wakes, a.Seat) }

// Sleeps reports whether nothing that happens ends a wait of c: the person has paused c, so c could not act on
// what it reads. A wait goes on, through the pause itself, until the person lets the agent go on; then the wait
// brings all events of the pause. The end of a seat or of the room ends a wait in any case.
func (s *State) Sleeps(c Caller) bool {
	now, here := s.Seated(c.Seat)
	return here && Caller{now, c.Device}.IsPaused() && !s.Closed
}

// endsSleep reports whether e, an event without a message, is how the person behind e.Seat wakes its agent.
func (e Event) endsSleep() bool {
	return e.Type == SupervisionSet && (e.Reason == ReasonResumed || e.Reason == ReasonRefused)
}
