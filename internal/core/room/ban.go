package room

import (
	"slices"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Ban keeps a name out or mutes the name, in any spelling, for the life of the room: to a reader, a respelled name is
// the same name.
type Ban struct {
	Name string `json:"name"` // as banned
	Key  string `json:"key"`  // ident.Respelled of Name

	Written int64 `json:"-"` // the last event written with the ban: see Part
}

// NewBan returns a ban of n.
func NewBan(n ident.Name) Ban { return Ban{Name: n.Shown, Key: ident.Respelled(n.Shown)} }

// FindBan returns the ban in list for a name as shown: for any spelling of the banned name, and for any lookalike.
func FindBan(list []Ban, shown string) (Ban, bool) {
	if len(list) == 0 {
		return Ban{}, false
	}
	key, look := ident.Respelled(shown), ident.SkeletonOf(shown)
	i := slices.IndexFunc(list, func(ban Ban) bool { return ban.Key == key || ident.SkeletonOf(ban.Name).Like(look) })
	if i < 0 {
		return Ban{}, false
	}
	return list[i], true
}

// bans reports whether an admin bans by e the name of an agent that is not here.
func (e Event) bans(shown string) bool {
	if e.Type != Managed || e.Action != BanName {
		return false
	}
	_, banned := FindBan([]Ban{*e.Ban}, shown)
	return banned
}

// isBannedBy reports whether a ban of n would apply to a.
func isBannedBy(n ident.Name, a Agent) bool {
	_, holds := FindBan([]Ban{NewBan(n)}, a.Name)
	return holds
}

// withBan returns list with ban, written with event n. list is unchanged.
func withBan(list []Ban, ban *Ban, n int64) []Ban {
	if ban == nil || slices.ContainsFunc(list, func(x Ban) bool { return x.Key == ban.Key }) {
		return list
	}
	added := *ban
	added.Written = n
	return append(slices.Clip(list), added)
}

// withoutBan returns list without b; all of list if b is nil. list is unchanged.
func withoutBan(list []Ban, b *Ban) []Ban {
	return slices.DeleteFunc(slices.Clone(list), func(x Ban) bool { return b != nil && x.Key == b.Key })
}
