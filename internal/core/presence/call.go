package presence

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// Absence is what a call says about the absence of its agent.
type Absence struct {
	Given  bool          // the call says something
	BackIn time.Duration // the agent will be away for BackIn; 0: the agent is back
}

// Call is what a call says about the presence of its agent.
type Call struct {
	Began    time.Time     // when the wait of the call began
	Until    time.Time     // when the wait ends; zero: the call does not wait
	Standby  bool          // a program calls in the agent's place
	Wakes    bool          // the program wakes the agent: see chat.WaitRequest.Peek
	ForMe    bool          // only messages meant for the agent end the wait
	Returns  bool          // the call ends an absence, unless Absence announces one
	Absence  Absence       // what the call says of one
	Activity string        // what the agent is doing; "": the call does not say
	Lag      time.Duration // how far the table may lag behind: SendLag or CallLag
}

// ends reports whether the call ends an absence.
func (c Call) ends() bool { return c.Absence.BackIn == 0 && (c.Absence.Given || c.Returns) }

// seatCall is a Call as it counts for the presence of the seat: see newSeatCall.
type seatCall struct {
	Call
	caller *room.Caller
	asOf   int64 // the last event that the call knows
	wakes  int64 // the last event that would have ended a wait of the seat
}

// newSeatCall returns call, a call of caller who knows the events up to asOf, as it counts:
//
//   - The agent is that of head, the newest one: the lease depends on the agent's present role.
//   - No program waits for a person: see room.Caller.MayBeOnStandby.
//   - A held agent announces no absence and no activity: it could tell others what its person wants to see first.
//   - The table lags by CallLag at most behind a call that the log does not show, such as of a person, and in a pair,
//     whose partner leaves after minutes of silence.
func newSeatCall(call Call, caller *room.Caller, asOf int64, head *room.Head, now time.Time) seatCall {
	if agent, here := head.Seated(caller.Seat); here {
		caller = &room.Caller{Agent: agent, Device: caller.Device}
	}
	if !caller.MayBeOnStandby() {
		call.Standby, call.Wakes, call.ForMe = false, false, false
	}
	if caller.Person.Supervises() {
		call.Activity = ""
		if call.Absence.BackIn > 0 {
			call.Absence = Absence{}
		}
	}
	last, _ := head.Recent.Said(caller.Seat)
	if caller.IsPerson() || head.Paired || now.Sub(last.Heard) >= CallLag {
		call.Lag = min(call.Lag, CallLag)
	}
	wakes, _ := head.NewestWakeup(caller.Seat)
	return seatCall{call, caller, asOf, wakes}
}

// presence returns the presence that the call brings. An absence ends at its time, when a call says so, or with the
// agent's next wait of more than 0 seconds, but with neither a message nor a program on standby. So the absence comes
// from known, the presence before, and so does the agent's own last call while a program calls.
func (c seatCall) presence(known room.Presence, now time.Time) room.Presence {
	presence := room.Presence{AtMs: now.UnixMilli(), OwnMs: now.UnixMilli(), Used: true, Standby: c.Standby,
		ForMe: c.ForMe, BackMs: known.BackMs}
	if c.Standby {
		presence.OwnMs = max(known.OwnMs, c.caller.AtMs)
	}
	if c.Wakes {
		presence.WakesMs = presence.AtMs
	}
	if !c.Until.IsZero() {
		presence.UntilMs, presence.WaitFrom = c.Until.UnixMilli(), c.asOf
		switch began := c.Began.UnixMilli(); {
		case c.Standby:
			presence.ShellMs = began
		case c.caller.EndsOlderWaits(): // in other processes
			presence.WaitMs = began
		}
	}
	switch {
	case c.Absence.BackIn > 0:
		presence.BackMs = now.Add(c.Absence.BackIn).UnixMilli()
	case c.ends(), !now.Before(known.BackAt()):
		presence.BackMs = 0
	}
	return presence
}
