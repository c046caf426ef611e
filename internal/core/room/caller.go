package room

import "time"

// Caller is the agent of a seat or, with a Device, the person behind the agent. Rules about reading, speaking and
// deciding take a Caller. Rules about having a seat take an Agent.
type Caller struct {
	Agent
	Device string // the entry of Agent.Person.Devices from which the person calls; "": the agent calls
}

// IsPerson reports whether the person behind the agent calls.
func (c Caller) IsPerson() bool { return c.Device != "" }

// IsPaused reports whether the person behind the agent forbids the caller every act visible to others. A person
// pauses the agent, and may then speak in its place, so a person is never paused.
func (c Caller) IsPaused() bool { return c.Person.Paused && !c.IsPerson() }

// IsSupervised reports whether the caller needs its person for every act visible to others: the person has paused the
// agent, or approves all or some of the agent's messages. A person supervises, and is never supervised.
func (c Caller) IsSupervised() bool { return c.Person.Supervises() && !c.IsPerson() }

// RepeatsOnlyByKey reports whether only the idempotency key marks a message of the caller as a repetition. A person who
// writes a text twice means both messages. An agent repeats a call because the answer was lost.
func (c Caller) RepeatsOnlyByKey() bool { return c.IsPerson() }

// IsToldOfOwnDeeds reports whether acts of the caller's own seat are news to the caller. An agent need not be told. A
// person is told: the act may come from another device, or from the agent.
func (c Caller) IsToldOfOwnDeeds() bool { return c.IsPerson() }

// KeepsLease reports whether a call of the caller shows the seat to be in use. A person beside an agent only watches: a
// page left open must neither keep the seat nor keep others from a turn.
func (c Caller) KeepsLease() bool { return !c.IsPerson() || c.IsPersonOnly() }

// CanRun reports whether a could run a room at once. An endpoint does nothing by itself. A muted agent, or an agent
// supervised by its person, would have to wait.
func (a Agent) CanRun() bool { return !a.Muted && !a.Person.Supervises() && !a.IsEndpoint() }

// TakesTurns reports whether others wait for a to read and speak. A person without an agent reads in its own time, and
// an agent may be unable to speak while waiting for its person.
func (a Agent) TakesTurns(now time.Time) bool { return !a.IsPersonOnly() && !a.WaitsForPerson(now) }

// ActsByItself reports whether a acts without a call. An endpoint only answers calls, and a person without an agent
// acts in its own time.
func (a Agent) ActsByItself() bool { return !a.IsPersonOnly() && !a.IsEndpoint() }
