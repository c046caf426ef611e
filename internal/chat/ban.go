package chat

import (
	"slices"
	"strings"
	"unicode"
)

// maxBans is how many names a room can keep out, and how many it can keep silent.
const maxBans = 200

// ban keeps a name, in whatever spelling, out for the life of the room, or silent.
type ban struct {
	Name string `json:"name"` // as it was banned
	Key  string `json:"key"`  // banKey of it
}

// newBan returns a ban of n.
func newBan(n name) ban { return ban{Name: n.shown, Key: banKey(n.key)} }

// banKey reduces the key of an agent's name to what a ban goes by: look-alike
// letters and digits are one, spaces and punctuation none. So it is no way round a
// ban to write the same name in another manner. What is kept is the reduced form:
// a change of this function does not change the bans that are there.
func banKey(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'i': // a capital one looks as a small l does
			return 'l'
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, lookalikes.Replace(key))
}

// keptBy returns the ban in list that holds for a name with this key.
func keptBy(list []ban, key string) (ban, bool) {
	if len(list) == 0 {
		return ban{}, false
	}
	key = banKey(key)
	i := slices.IndexFunc(list, func(b ban) bool { return b.Key == key })
	if i < 0 {
		return ban{}, false
	}
	return list[i], true
}

// with returns list and b; list stays as it is.
func with(list []ban, b *ban) []ban {
	if b == nil || slices.ContainsFunc(list, func(x ban) bool { return x.Key == b.Key }) {
		return list
	}
	return append(slices.Clip(list), *b)
}

// without returns list but for b; list stays as it is.
func without(list []ban, b *ban) []ban {
	return slices.DeleteFunc(slices.Clone(list), func(x ban) bool { return b != nil && x.Key == b.Key })
}

// rule does what an admin decided. It is called on a copy whose slices are shared.
func (f *fold) rule(e event) {
	switch e.Action {
	case Promote:
		f.promote(e.Seat, e.AtMs)
		f.mutes = without(f.mutes, e.Ban)
	case Demote:
		f.change(e.Seat, func(a *agent) { a.Role = Member })
	case Mute:
		f.change(e.Seat, func(a *agent) { a.Muted = true })
		f.mutes = with(f.mutes, e.Ban)
	case Unmute:
		f.change(e.Seat, func(a *agent) { a.Muted = false })
		f.mutes = without(f.mutes, e.Ban)
	case BanName:
		f.bans = with(f.bans, e.Ban)
	case Unban:
		f.bans = without(f.bans, e.Ban)
	}
}

// errBanned is what a join under a name gets that is kept out.
func errBanned() *Error {
	return refuse(NotAllowed, "An admin keeps this agent_name out of this room, in whatever spelling. Do not try other names: tell your user, who can ask the people of the room.")
}
