package room

import (
	"slices"
	"time"
)

// Taken is a name that an agent took without proof, and left. Whoever takes it next may be
// that agent.
type Taken struct {
	Key  string `json:"key"` // of the name
	AtMs int64  `json:"at"`  // when it was left
}

// maxTaken bounds State.Taken. Older names are forgotten first.
const maxTaken = 16

// WasTaken reports whether the agent that last had the name with this key took it without
// proof and left it less than ReplacedShown ago.
func (s *State) WasTaken(key string, now time.Time) bool {
	return slices.ContainsFunc(s.Taken, func(t Taken) bool {
		return t.Key == key && now.Sub(time.UnixMilli(t.AtMs)) < ReplacedShown
	})
}

// noteTaken notes the name of a, which leaves, if it took that without proof.
func (s *State) noteTaken(a Agent, at time.Time) {
	if !a.IsReplaced(at) {
		return
	}
	s.Taken = append(withoutTaken(s.Taken, a.Key), Taken{Key: a.Key, AtMs: at.UnixMilli()})
	s.Taken = s.Taken[max(0, len(s.Taken)-maxTaken):]
}

// withoutTaken returns list without a name. It does not change list.
func withoutTaken(list []Taken, key string) []Taken {
	return slices.DeleteFunc(slices.Clone(list), func(t Taken) bool { return t.Key == key })
}
