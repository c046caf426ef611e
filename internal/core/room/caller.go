package room

import "time"

// Caller is who calls: the agent of a seat or, with a Device, the person behind that agent. Rules about who reads,
// speaks or decides take a Caller. Rules about who has a seat take an Agent.
type Caller struct {
	Agent
	Device string // the one of Agent.Person.Devices from which the person calls; "": the agent itself calls
}

// IsPerson reports whether the person behind the agent calls.
func (c Caller) IsPerson() bool { return c.Device != "" }

// IsPaused reports whether the person behind the agent lets the caller do nothing that others see. A person is never
// paused: it pauses its agent to speak itself.
func (c Caller) IsPaused() bool { return c.Person.Paused && !c.IsPerson() }

// IsSupervised reports whether the caller must not act in a way that others see until its person lets it: the person
// has paused the agent, or approves what the agent says, if only some of it. A person supervises, and so never is.
func (c Caller) IsSupervised() bool { return c.Person.Holds() && !c.IsPerson() }

// RepeatsOnlyByKey reports whether only its idempotency key tells that a message of the caller is one that was said
// before. A person who says the same text twice means both; an agent that does repeats a call whose answer was lost.
func (c Caller) RepeatsOnlyByKey() bool { return c.IsPerson() }

// IsProgressOfOwnDeeds reports whether the caller is shown as news what its own seat did. The agent need not be told.
// The person may have done it on another device, or the agent may have.
func (c Caller) IsProgressOfOwnDeeds() bool { return c.IsPerson() }

// KeepsLease reports whether a call of the caller shows that its seat is in use. A person beside an agent only watches:
// a page that is left open must not keep the seat, nor keep others from a turn.
func (c Caller) KeepsLease() bool { return !c.IsPerson() || c.IsAlone() }

// CanRun reports whether a could run a room at once: an endpoint can do nothing by itself, and an agent whose person
// holds it, or that is muted, would have to wait.
func (a Agent) CanRun() bool { return !a.Muted && !a.Person.Holds() && !a.IsEndpoint() }

// TakesTurns reports whether others wait for a as for an agent that reads by itself. A person without an agent reads in
// its own time, and an agent that waits for its person may be able to say nothing.
func (a Agent) TakesTurns(now time.Time) bool { return !a.IsAlone() && !a.WaitsForPerson(now) }

// ActsByItself reports whether a acts without being called. An endpoint only answers what calls it, and a person
// without an agent acts in its own time.
func (a Agent) ActsByItself() bool { return !a.IsAlone() && !a.IsEndpoint() }
