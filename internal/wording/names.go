package wording

import (
	"slices"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// Addressees returns the agents of names, but the one of the seat me, each once and in
// the order of their seats. field is the argument that has the names, for the refusal.
func Addressees(s *room.State, me int, field string, names []string) (found []room.Agent, err error) {
	if len(names) > room.MaxCapacity {
		return nil, fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field, room.MaxCapacity)
	}
	for i, key := range nameKeys(names) {
		a, here := s.Named(key)
		switch {
		case !here:
			return nil, fault.Refuse(fault.InvalidArgument, "%s: number %d does not name an agent in this room. Nothing was sent: room_info tells who is there; leave %s out to speak to all.", field, i+1, field)
		case a.Seat != me && !slices.ContainsFunc(found, func(x room.Agent) bool { return x.Seat == a.Seat }):
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "%s names only yourself. Nothing was sent: name others, or leave %s out to speak to all.", field, field)
	}
	slices.SortFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

// SameCompany reports whether two lists name the same agents, apart from a itself.
func SameCompany(a room.Agent, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without that of a.
func company(a room.Agent, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for what cannot be a name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		if n, err := ident.AgentName(s); err == nil {
			keys[i] = n.Key
		}
	}
	return keys
}
