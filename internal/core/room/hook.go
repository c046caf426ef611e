package room

import (
	"slices"
	"time"
)

// Hook is an address outside of Parley that is called because of what its seat receives: see Form. The
// room knows that there is one, so that the log says from when on and until when; where it leads is stored
// beside the log. A hook ends with its seat.
type Hook struct {
	ID    string `json:"id"`
	Form  Form   `json:"f,omitempty"`
	ForMe bool   `json:"me,omitempty"` // only what is meant for the agent is news: see WokenBy
	N     int64  `json:"n,omitempty"`  // the event that began it
}

// Form says for whom a hook is, and what calls it.
type Form string

// The forms.
const (
	// FormWake is called when its agent has unread news, since that cannot wait.
	FormWake Form = ""
	// FormEach is a webhook of the person behind the agent: it is called with each event that the seat receives,
	// in their order. It does nothing to the agent, which does not hear of it.
	FormEach Form = "each"
	// FormAgent leads to an A2A endpoint, which is the agent of the seat. It is called for what is meant for it, and by
	// what endpoints say only so often: see MostSteps.
	FormAgent Form = "agent"
)

// MostSteps is how many messages that endpoints say because of each other follow one that none of them has said so:
// see Event.Step. Two that are alone would never stop.
const MostSteps = 8

// MaxHooks is how many hooks of all forms a seat has at most.
const MaxHooks = 4

// HookLease is how long a hook keeps its seat after it was last refreshed, or last woke the agent.
const HookLease = 24 * time.Hour

// The reasons for which a hook ends.
const (
	ReasonUnhooked Reason = "unsubscribed" // the client of its agent ended it, or its person did
	ReasonHookGone Reason = "expired"      // it was not refreshed
)

// Hook returns the hook of a with an id.
func (a Agent) Hook(id string) (Hook, bool) {
	i := slices.IndexFunc(a.Hooks, func(k Hook) bool { return k.ID == id })
	if i < 0 {
		return Hook{}, false
	}
	return a.Hooks[i], true
}

// IsCalled reports whether a hook calls a itself when something is new, and not only its person.
func (a Agent) IsCalled() bool {
	return slices.ContainsFunc(a.Hooks, func(k Hook) bool { return k.Form != FormEach })
}

// IsEndpoint reports whether a is an endpoint: see FormAgent. It speaks only when it is called, in plain words, so the
// rest is for its person to do, by the token of a link.
func (a Agent) IsEndpoint() bool {
	return slices.ContainsFunc(a.Hooks, func(k Hook) bool { return k.Form == FormAgent })
}

// Of returns p as the presence of a. An endpoint makes no calls: each call of it that succeeds counts as one that it
// made.
func (p Presence) Of(a Agent) Presence {
	if a.IsEndpoint() {
		p.AtMs = max(p.AtMs, p.HookedMs)
	}
	return p
}

// HookedUntil returns until when a hook keeps the seat of a, whose presence is p: HookLease from its last sign of
// life. The zero time means that none does. A sign of life counts only while a hook calls a: a call that was under
// way when the hook ended may note one later.
func (a Agent) HookedUntil(p Presence) time.Time {
	if p.HookedMs == 0 || !a.IsCalled() {
		return time.Time{}
	}
	return time.UnixMilli(p.HookedMs).Add(HookLease)
}

// BeginHook returns the event that begins a hook of a. Only a and the person behind it see the event.
func (a Agent) BeginHook(id string, forMe bool) Event {
	return a.hookEvent(Hook{ID: id, ForMe: forMe})
}

// BeginEndpoint returns the event that begins the hook by which a is called, which is an endpoint.
func (a Agent) BeginEndpoint(id string) Event {
	return a.hookEvent(Hook{ID: id, Form: FormAgent})
}

// BeginWebhook returns the event that begins a webhook of the person behind a. Only that person sees the event.
func (a Agent) BeginWebhook(id string) Event {
	e := a.hookEvent(Hook{ID: id, Form: FormEach})
	e.Person = true
	return e
}

// EndHook returns the event by which c ends a hook of its seat. Those see it who have seen the begin.
func (c Caller) EndHook(id string, why Reason) Event {
	k, _ := c.Hook(id)
	e := c.hookEvent(Hook{ID: id, Form: k.Form})
	e.Reason, e.Person = why, c.IsPerson()
	return e
}

// hookEvent returns an event about a hook of a, which only a and the person behind it see.
func (a Agent) hookEvent(k Hook) Event {
	return Event{Type: Hooked, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Hook: &k}
}

// isOfWebhook reports whether e begins or ends a webhook.
func (e Event) isOfWebhook() bool { return e.Hook != nil && e.Hook.Form == FormEach }

// BeginsHook reports whether e begins a hook.
func (e Event) BeginsHook() bool { return e.Type == Hooked && e.Reason == "" }

// changeHooks does what e, a Hooked, says.
func (s *State) changeHooks(e Event) {
	s.change(e.Seat, func(a *Agent) {
		a.Hooks = slices.DeleteFunc(slices.Clone(a.Hooks), func(k Hook) bool { return k.ID == e.Hook.ID })
		if e.BeginsHook() {
			k := *e.Hook
			k.N = e.N
			a.Hooks = append(a.Hooks, k)
		}
	})
}

// Call is a hook that is to be looked at.
type Call struct {
	Seat int    `json:"s"`
	Hook string `json:"h"` // its id
}

// CalledBy returns the hooks to look at because of e, which led to s: a hook is called for it (see Hook.Calls), or e
// begins it. An agent that is paused is called when it may go on, and an endpoint is looked at when it may speak again.
func (s *State) CalledBy(e Event) (calls []Call) {
	for i := range s.Agents { // by index: an Agent is large
		for _, k := range s.Agents[i].Hooks {
			if s.beginsLook(s.Agents[i], k, e) {
				calls = append(calls, Call{s.Agents[i].Seat, k.ID})
			}
		}
	}
	return calls
}

func (s *State) beginsLook(a Agent, k Hook, e Event) bool {
	mine := e.Seat == a.Seat
	switch {
	case mine && e.BeginsHook() && e.Hook.ID == k.ID,
		k.Form == FormAgent && s.Hears(a) && (mine && (e.Type == SupervisionSet || e.Type == Managed) ||
			e.Type == Changed || e.Person && !e.IsNote()):
		return true
	}
	return k.Calls(s, a, e)
}

// Calls reports whether k, a hook of a, is called for e in the room of s.
func (k Hook) Calls(s *State, a Agent, e Event) bool {
	reader := Caller{Agent: a}
	switch k.Form {
	case FormEach:
		return reader.Receives(e)
	case FormAgent:
		return reader.IsNews(e) && a.answers(e, len(s.Agents)) && s.Hears(a)
	}
	return reader.IsNews(e) && reader.WokenBy(e, len(s.Agents), k.ForMe) && !s.Sleeps(reader)
}

// Hears reports whether a, which is an endpoint, may be called: its answer would not be said while its person pauses
// it, while it may only listen, and while agents have said as much as they may.
func (s *State) Hears(a Agent) bool {
	return !s.Sleeps(Caller{Agent: a}) && !s.Silenced(a) && !s.runIsOver()
}

// answers reports whether a, which is an endpoint, is called for an answer to e: for a message that is meant for it
// (see isMeantFor) or asks anyone or, with at most two agents, any. Its person speaks from its seat to others, so these
// words only go along with the next call; so do notes, and drafts that were let through. Another endpoint calls it
// only by its name, and only so often.
func (a Agent) answers(e Event, agents int) bool {
	switch {
	case e.Type != Said, a.did(e):
		return false
	case e.Step > 0:
		return e.Step < MostSteps && slices.Contains(e.Named, a.Seat)
	}
	return e.isMeantFor(a.Seat) || agents <= 2 || e.Kind == Request && len(e.Ask) == 0
}
