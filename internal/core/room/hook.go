package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
)

// Hook is an address outside of Parley, called for events that a seat receives: see Form. The log says when a hook
// begins and ends; the address is stored beside the log. A hook ends with its seat.
type Hook struct {
	ID    string `json:"id"`
	Form  Form   `json:"f,omitempty"`
	ForMe bool   `json:"me,omitempty"` // only events meant for the agent are news: see WokenBy
	N     int64  `json:"n,omitempty"`  // the event that began the hook
}

// Form says for whom a hook is, and which events call the hook. A newer program may store a form that this one does not
// know: see IsOfPerson.
type Form string

// The forms.
const (
	// FormWake wakes an agent that cannot wait, when it has unread news.
	FormWake Form = ""
	// FormWebhook is a webhook of the person behind the agent, called with each event that the seat receives, in order.
	// The agent never hears of the webhook.
	FormWebhook Form = "each"
	// FormEndpoint leads to an A2A endpoint, the agent of the seat. Messages meant for the endpoint call it; those of
	// other endpoints call it only so often: see core.MaxSteps.
	FormEndpoint Form = "agent"
	// FormPush leads to a browser of the person, by the push service of the browser. The browser is called for what
	// needs the person alone: see mayNeedPerson. The agent never hears of the hook.
	FormPush Form = "push"
	// FormMessenger leads to a channel of a messenger, such as a topic of ntfy.sh. The channel is called as a browser
	// is, and is no FormWebhook: an older program would post each event there.
	FormMessenger Form = "messenger"
	// FormLaterMessenger is the stored form of a FormMessenger whose address the first programs with channels do not
	// know: Slack's host for the government would crash them. The events of the hook say FormMessenger.
	FormLaterMessenger Form = "messenger 2"
)

// HookLease is how long a hook keeps its seat after the last refresh, or after the hook last woke the agent.
const HookLease = 24 * time.Hour

// The reasons for which a hook ends.
const (
	ReasonUnhooked Reason = "unsubscribed" // by the client of the agent, or by the person
	ReasonHookGone Reason = "expired"      // the hook was not refreshed
)

// Hook returns the hook of a that has id.
func (a Agent) Hook(id string) (Hook, bool) {
	i := slices.IndexFunc(a.Hooks, func(hook Hook) bool { return hook.ID == id })
	if i < 0 {
		return Hook{}, false
	}
	return a.Hooks[i], true
}

// IsCalled reports whether a hook calls the agent itself about news, and not only its person.
func (a Agent) IsCalled() bool {
	return slices.ContainsFunc(a.Hooks, func(k Hook) bool { return !k.Form.IsOfPerson() })
}

// IsOfPerson reports whether hooks of form f tell the person behind the agent, and not the agent. A hook of an unknown
// form is of the person, and is not called: otherwise an older program would show the agent on standby, and keep its
// seat, because of a hook that never wakes the agent.
func (f Form) IsOfPerson() bool { return f != FormWake && f != FormEndpoint }

// IsEndpoint reports whether a is an endpoint: see FormEndpoint. An endpoint speaks only when called, in plain words.
// Its person does the rest, with the token of a link.
func (a Agent) IsEndpoint() bool {
	return slices.ContainsFunc(a.Hooks, func(k Hook) bool { return k.Form == FormEndpoint })
}

// Of returns p as the presence of a. An endpoint makes no calls, so each successful call to an endpoint counts as its
// own.
func (p Presence) Of(a Agent) Presence {
	if a.IsEndpoint() {
		p.AtMs = max(p.AtMs, p.HookedMs)
	}
	return p
}

// HookedUntil returns until when a hook keeps the seat of a: HookLease after the last sign of life in p. The zero time
// means that no hook does. A sign of life counts only while a hook calls a: a call still running when the hook ended
// may record a late sign.
func (a Agent) HookedUntil(p Presence) time.Time {
	if p.HookedMs == 0 || !a.IsCalled() {
		return time.Time{}
	}
	return time.UnixMilli(p.HookedMs).Add(HookLease)
}

// BeginHook returns the event that begins a hook of c, an agent. Only c and its person see the event.
func (c Caller) BeginHook(id string, forMe bool) Event {
	return c.hookEvent(Hook{ID: id, ForMe: forMe})
}

// BeginEndpoint returns the event that begins the hook of c, an endpoint.
func (c Caller) BeginEndpoint(id string) Event {
	return c.hookEvent(Hook{ID: id, Form: FormEndpoint})
}

// BeginWebhook returns the event that begins a webhook of c, a person. Only the person sees the event.
func (c Caller) BeginWebhook(id string) Event {
	return c.hookEvent(Hook{ID: id, Form: FormWebhook})
}

// BeginPush returns the event that begins to call a browser of c, a person. Only the person sees the event.
func (c Caller) BeginPush(id string) Event {
	return c.hookEvent(Hook{ID: id, Form: FormPush})
}

// BeginMessenger returns the event that begins to call a channel of a messenger for c, a person. Only the person sees
// the event.
func (c Caller) BeginMessenger(id string) Event {
	return c.hookEvent(Hook{ID: id, Form: FormMessenger})
}

// MayHook reports whether a may have one more hook of form f. Each device of the person may be a browser that is
// called, so browsers take no place from other hooks.
func (a Agent) MayHook(f Form) bool {
	pushes := 0
	for _, hook := range a.Hooks {
		if hook.Form == FormPush {
			pushes++
		}
	}
	if f == FormPush {
		return pushes < core.MaxDevices
	}
	return len(a.Hooks)-pushes < core.MaxSeatHooks
}

// EndHook returns the event by which c ends a hook of its seat. The event has the readers of the event that began the
// hook.
func (c Caller) EndHook(id string, why Reason) Event {
	k, _ := c.Hook(id)
	e := c.hookEvent(Hook{ID: id, Form: k.Form})
	e.Reason = why
	return e
}

// hookEvent returns an event by which c begins or ends a hook of its seat, for the seat alone.
func (c Caller) hookEvent(k Hook) Event {
	e := Event{Type: Hooked, To: []int{c.Seat}, Hook: &k}
	c.sign(&e)
	return e
}

// BeginsHook reports whether e begins a hook.
func (e Event) BeginsHook() bool { return e.Type == Hooked && e.Reason == "" }

// changeHooks applies event, a Hooked.
func (s *State) changeHooks(event Event) {
	s.change(event.Seat, func(agent *Agent) {
		agent.Hooks = slices.DeleteFunc(slices.Clone(agent.Hooks),
			func(hook Hook) bool { return hook.ID == event.Hook.ID })
		if event.BeginsHook() {
			hook := *event.Hook
			hook.N = event.N
			agent.Hooks = append(agent.Hooks, hook)
		}
	})
}

// Call is a hook to look at.
type Call struct {
	Seat int    `json:"s"`
	Hook string `json:"h"` // the id of the hook
}

// CalledBy returns the hooks to look at because of event. s is the state after event.
func (s *State) CalledBy(event Event) (calls []Call) {
	for i := range s.Agents { // by index: an Agent is large
		for _, hook := range s.Agents[i].Hooks {
			if s.beginsLook(s.Agents[i], hook, event) {
				calls = append(calls, Call{s.Agents[i].Seat, hook.ID})
			}
		}
	}
	return calls
}

// beginsLook reports whether event begins a look at hook, a hook of agent: event begins hook, or calls hook (see
// Hook.Calls), or an endpoint may speak again. A paused agent is called when it may go on.
func (s *State) beginsLook(agent Agent, hook Hook, event Event) bool {
	mine := event.Seat == agent.Seat
	switch {
	case mine && event.BeginsHook() && event.Hook.ID == hook.ID,
		hook.Form == FormEndpoint && s.Hears(agent) &&
			(mine && (event.Type == SupervisionSet || event.Type == Managed) ||
				event.Type == Changed || event.Person && !event.IsNote()):
		return true
	}
	return hook.Calls(s, agent, event)
}

// Calls reports whether event calls k, a hook of agent, in the room of state.
//
// talk: called agents.
func (k Hook) Calls(state *State, agent Agent, event Event) bool {
	reader := Caller{Agent: agent}
	switch k.Form {
	case FormWebhook:
		return reader.Receives(event)
	case FormPush, FormMessenger:
		return reader.Receives(event) && (agent.mayNeedPerson(event) || state.Talk.hasDifference(event.N, agent.Seat))
	case FormEndpoint:
		return reader.IsNews(event) && agent.answers(event, len(state.Agents)) && state.Hears(agent)
	case FormWake:
		return reader.IsNews(event) && reader.WokenBy(event, len(state.Agents), k.ForMe) && !state.Sleeps(reader)
	}
	return false
}

// mayNeedPerson reports whether event may leave something that needs the person behind a: a draft of a, words that ask
// a, or the end of the room. The state says whether it still does when the person is called.
func (a Agent) mayNeedPerson(event Event) bool {
	switch event.Type {
	case Drafted:
		return event.Seat == a.Seat
	case Said:
		return !a.did(event) && slices.Contains(event.Ask, a.Seat)
	}
	return event.ClosesRoom()
}

// Hears reports whether a, an endpoint, may be called. The room takes no answer from a paused or silenced endpoint, nor
// from any endpoint once agents have said as much as they may.
func (s *State) Hears(a Agent) bool {
	return !s.Sleeps(Caller{Agent: a}) && !s.Silenced(a) && !s.runIsOver()
}

// answers reports whether a, an endpoint, is called for an answer to event, a message that may concern a. The person
// speaks to others from the seat of a, so words of the person, notes and sent drafts make no call: the next call
// brings them. Another endpoint calls a only by name, and only so often.
func (a Agent) answers(event Event, agents int) bool {
	switch {
	case event.Type != Said, a.did(event):
		return false
	case event.Step > 0:
		return event.Step < core.MaxSteps && slices.Contains(event.Named, a.Seat)
	}
	return event.mayConcern(a.Seat, agents)
}
