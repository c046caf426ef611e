package room

import (
	"slices"
	"time"
)

// Hook is an address outside of Parley that is called when its seat has unread news, since its agent
// cannot wait. The room knows that there is one, so that the log says from when on and until when;
// where it leads is stored beside the log. A hook ends with its seat.
type Hook struct {
	ID    string `json:"id"`
	ForMe bool   `json:"me,omitempty"` // only what is meant for the agent is news: see WokenBy
	N     int64  `json:"n,omitempty"`  // the event that began it
}

// MaxHooks is how many hooks a seat has at most.
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

// HookedUntil returns until when a hook keeps the seat of a, whose presence is p: HookLease from its last sign of
// life. The zero time means that none does. A sign of life counts only while a has a hook: a call that was under way
// when the hook ended may note one later.
func (a Agent) HookedUntil(p Presence) time.Time {
	if p.HookedMs == 0 || len(a.Hooks) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.HookedMs).Add(HookLease)
}

// BeginHook returns the event that begins a hook of a. Only a and the person behind it see the event.
func (a Agent) BeginHook(id string, forMe bool) Event {
	return Event{Type: Hooked, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Hook: &Hook{ID: id, ForMe: forMe}}
}

// EndHook returns the event that ends a hook of a.
func (a Agent) EndHook(id string, why Reason) Event {
	return Event{Type: Hooked, Seat: a.Seat, Name: a.Name, To: []int{a.Seat}, Hook: &Hook{ID: id}, Reason: why,
		Person: a.IsPerson()}
}

// BeginsHook reports whether e begins a hook.
func (e Event) BeginsHook() bool { return e.Type == Hooked && e.Reason == "" }

// hook does what e, a Hooked, says.
func (s *State) hook(e Event) {
	s.change(e.Seat, func(a *Agent) {
		a.Hooks = slices.DeleteFunc(slices.Clone(a.Hooks), func(k Hook) bool { return k.ID == e.Hook.ID })
		if e.BeginsHook() {
			k := *e.Hook
			k.N = e.N
			a.Hooks = append(a.Hooks, k)
		}
	})
}

// CalledBy returns the seats that have a hook to look at because of e, which led to s: it is news for
// which their agents are called, or it begins the hook. An agent that is paused is called when it may
// go on.
func (s *State) CalledBy(e Event) (seats []int) {
	for i := range s.Agents { // by index: an Agent is large
		if len(s.Agents[i].Hooks) > 0 && s.calls(s.Agents[i], e) {
			seats = append(seats, s.Agents[i].Seat)
		}
	}
	return seats
}

func (s *State) calls(a Agent, e Event) bool {
	if e.BeginsHook() && e.Seat == a.Seat {
		return true
	}
	return slices.ContainsFunc(a.Hooks, func(k Hook) bool { return k.Calls(s, a, e) })
}

// Calls reports whether e is news for which k, a hook of a, is called in the room of s.
func (k Hook) Calls(s *State, a Agent, e Event) bool {
	return a.IsNews(e) && a.WokenBy(e, len(s.Agents), k.ForMe) && !s.Sleeps(a)
}
