package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/ident"
)

// MaxBans is how many names a room can ban, and how many it can mute.
const MaxBans = 200

// Ban holds for a name, in any spelling, for the life of the room. It either
// keeps the name out or mutes it.
type Ban struct {
	Name string `json:"name"` // as it was banned
	Key  string `json:"key"`  // ident.Skeleton of its key
}

// NewBan returns a ban of n.
func NewBan(n ident.Name) Ban { return Ban{Name: n.Shown, Key: ident.Skeleton(n.Key)} }

// FindBan returns the ban in list that holds for a name with this key.
func FindBan(list []Ban, key string) (Ban, bool) {
	if len(list) == 0 {
		return Ban{}, false
	}
	key = ident.Skeleton(key)
	i := slices.IndexFunc(list, func(b Ban) bool { return b.Key == key })
	if i < 0 {
		return Ban{}, false
	}
	return list[i], true
}

// withBan returns list and b. It does not change list.
func withBan(list []Ban, b *Ban) []Ban {
	if b == nil || slices.ContainsFunc(list, func(x Ban) bool { return x.Key == b.Key }) {
		return list
	}
	return append(slices.Clip(list), *b)
}

// withoutBan returns list without b. It does not change list.
func withoutBan(list []Ban, b *Ban) []Ban {
	return slices.DeleteFunc(slices.Clone(list), func(x Ban) bool { return b != nil && x.Key == b.Key })
}
