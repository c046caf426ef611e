package room

import "time"

// Caller is the agent of a seat or, with a Device, the person behind the agent. Rules about reading, speaking and
// deciding take a Caller. Rules about having a seat take an Agent.
//
// The short rules compare Device. A call of IsPerson would copy the Caller into the frame of each function that asks,
// and a send that waits would take twice the stack.
type Caller struct {
	Agent
	Device string // the entry of Agent.Person.Devices from which the person calls; "": the agent calls
}

// IsPerson reports whether the person behind the agent calls.
func (c Caller) IsPerson() bool { return c.Device != "" }

// sign makes e an act of the caller: in its seat, under its name of now, and of the person if the person calls.
func (c Caller) sign(e *Event) { e.Seat, e.Name, e.Person = c.Seat, c.Name, c.IsPerson() }

// SignDecision makes e, which is about the room or another seat, a decision of the caller.
func (c Caller) SignDecision(e *Event) { e.By, e.ByName, e.Person = c.Seat, c.Name, c.IsPerson() }

// IsHeldBack reports whether unread news and the limit on agents' messages hold back what the caller says and does. A
// person is never held back, never counted, never warned by these: it sees on the page what others say, and agents past
// the limit wait for its word.
func (c Caller) IsHeldBack() bool { return c.Device == "" }

// IsPaused reports whether the person behind the agent forbids the caller every act visible to others. A person
// pauses the agent, and may then speak in its place, so a person is never paused.
func (c Caller) IsPaused() bool { return c.Person.Paused && !c.IsPerson() }

// IsSupervised reports whether the caller needs its person for every act visible to others: the person has paused the
// agent, or approves all or some of the agent's messages. A person supervises, and is never supervised.
func (c Caller) IsSupervised() bool { return c.Person.Supervises() && !c.IsPerson() }

// IsToldOfOwnDeeds reports whether acts of the caller's own seat are news to the caller. An agent need not be told. A
// person is told: the act may come from another device, or from the agent.
func (c Caller) IsToldOfOwnDeeds() bool { return c.Device != "" }

// ReadsByCursor reports whether only a cursor shows what has arrived at the caller: a call without one is handed
// nothing. A person's device may call without one: the table keeps how far the device has read.
func (c Caller) ReadsByCursor() bool { return c.Device == "" }

// ReadsIntoContext reports whether what the caller is shown takes the context of a model, so that results are short.
// The page of a person has no context to save.
func (c Caller) ReadsIntoContext() bool { return c.Device == "" }

// MayBeOnStandby reports whether a program or a hook may wait in the caller's place. A person reads on the page itself.
func (c Caller) MayBeOnStandby() bool { return c.Device == "" }

// EndsOlderWaits reports whether a wait of the caller ends the older waits of its seat: an answer must arrive at an
// agent once. A person may have the room open on several pages.
func (c Caller) EndsOlderWaits() bool { return c.Device == "" }

// StopsWithTalk reports whether the caller waits no longer once nobody is left to answer: the others are away, or the
// talk is over. A person watches until it closes the page.
func (c Caller) StopsWithTalk() bool { return c.Device == "" }

// KeepsLease reports whether a call of the caller shows the seat to be in use. A person beside an agent only watches: a
// page left open must neither keep the seat nor keep others from a turn.
func (c Caller) KeepsLease() bool { return !c.IsPerson() || c.IsPersonOnly() }

// IsPersonOnly reports whether a person has the seat, and nobody has an agent's token for the seat.
func (a Agent) IsPersonOnly() bool { return a.Hash == "" && a.Person.HasOpened() }

// PersonsName returns the name of the person behind a, or "". A person without an agent has the name of its seat.
func (a Agent) PersonsName() string {
	if a.IsPersonOnly() {
		return a.Name
	}
	return a.Person.Name
}

// TakesTurns reports whether others wait for a to read and speak. A person without an agent reads in its own time, and
// an agent may be unable to speak while waiting for its person.
func (a Agent) TakesTurns(now time.Time) bool { return !a.IsPersonOnly() && !a.WaitsForPerson(now) }

// ActsByItself reports whether a acts without a call. An endpoint only answers calls, and a person without an agent
// acts in its own time.
func (a Agent) ActsByItself() bool { return !a.IsPersonOnly() && !a.IsEndpoint() }
