package ident

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"
)

// The codes of links are made from the key of a room's log, which never leaves the table. So codes are not stored, and
// can be shown again.
//
// An invite's code is 27 characters: 7 of the room's id, 2 of the invite's number, 16 of a secret, and 2 check
// characters over all. A claim is "w" and 30 characters: 7 of the room's id, 5 of the seat, 16 of a secret, and 2 check
// characters over all.
const (
	inviteNumberChars = 2
	inviteChars       = RoomChars + inviteNumberChars + SecretChars + CheckChars
	claimPrefix       = "w"

	// MaxInvite is the greatest number of an invite that a code can hold.
	MaxInvite = 1<<(5*inviteNumberChars) - 1
)

// Invite lets its holder take a seat in one room.
type Invite struct {
	Room   string // the room's id
	Number int    // 1 is the first of the room
	secret string
}

// NewInvite returns an invite of the room with an id, whose log has the key.
func NewInvite(logKey, room string, number int) Invite {
	return Invite{room, number, derive(logKey, fmt.Sprintf("invite/%s/%d", room, number))}
}

// String returns the code of the invite.
func (v Invite) String() string {
	body := v.Room + Digits(uint64(v.Number), inviteNumberChars) + v.secret
	return body + Check(body)
}

// ParseInvite reads a code. ok is false if s does not have the form of a code. Of tells whether the room has made the
// invite.
func ParseInvite(s string) (v Invite, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if !checked("", s, inviteChars) {
		return Invite{}, false
	}
	const number = RoomChars + inviteNumberChars
	v = Invite{Room: s[:RoomChars], Number: int(Number(s[RoomChars:number])), secret: s[number : number+SecretChars]}
	return v, v.Number > 0
}

// InviteIn returns the invite in a text: its code alone, its link, or a sentence around it. InviteIn finds a code where
// SecretIn would find a secret.
func InviteIn(text string) (v Invite, ok bool) {
	_, v, ok = InviteBehind(text)
	return v, ok
}

// InviteBehind is InviteIn with what stands in front of the code, such as the address of a server. If a space splits
// the code in two, that is the rest of the word with the first part.
func InviteBehind(text string) (before string, v Invite, ok bool) {
	ok = anyRun(text, func(text string, start, end int) (ok bool) {
		before = text[:start]
		v, ok = ParseInvite(text[start:end])
		return ok
	})
	return before, v, ok
}

// InviteAt returns how many bytes the code of an invite at the start of text takes; 0 for none. The code is a whole run
// of letters and digits, or two of them with a space or a line break between; newline is how text spells the latter.
func InviteAt(text, newline string) int {
	n := Alphanumerics(text)
	if _, ok := ParseInvite(text[:n]); ok {
		return n
	}
	for _, gap := range []string{" ", newline} {
		rest, split := strings.CutPrefix(text[n:], gap)
		if n == 0 || n >= inviteChars || !split {
			continue
		}
		more := Alphanumerics(rest)
		if _, ok := ParseInvite(text[:n] + rest[:more]); ok {
			return n + len(gap) + more
		}
	}
	return 0
}

// Alphanumerics returns how many ASCII letters and digits text begins with.
func Alphanumerics(text string) (n int) {
	for n < len(text) && isAlphanumeric(text[n]) {
		n++
	}
	return n
}

// BeforeInvite returns where to cut a text of which text[:cut] is to be shown: at cut or, if an invite's code goes on
// behind it, before the code. The first 25 of the 27 characters are the whole secret, since anybody can compute the
// check characters, but nothing recognizes them as an invite.
func BeforeInvite(text string, cut int) int {
	for start := cut - 1; start >= 0 && cut-start <= inviteChars; start-- {
		begins := start == 0 || !isAlphanumeric(text[start-1]) || start > 2 && text[start-3] == '%' // as in %2F
		if begins && InviteAt(text[start:], "\n") > cut-start {
			return start
		}
	}
	return cut
}

// Of reports, in constant time, whether the room whose log has the key has made v.
func (v Invite) Of(logKey string) bool {
	return sameText(v.secret, NewInvite(logKey, v.Room, v.Number).secret)
}

// LinkCode is the secret of a link with which the person behind a seat gets their own token, once.
type LinkCode struct {
	Room   string // the room's id
	Seat   int
	secret string
}

// NewLinkCode returns the claim with a number, from 0 on, of the seat whose agent joined with event joined.
func NewLinkCode(logKey, room string, seat int, joined int64, number int) LinkCode {
	return LinkCode{room, seat, derive(logKey, fmt.Sprintf("claim/%s/%d/%d/%d", room, seat, joined, number))}
}

// String returns the claim as the link has it.
func (c LinkCode) String() string {
	body := claimPrefix + c.Room + Digits(uint64(c.Seat), seatChars) + c.secret
	return body + Check(body)
}

// ParseLinkCode reads a claim. ok is false if s does not have the form of a claim.
func ParseLinkCode(s string) (c LinkCode, ok bool) {
	t, ok := parseLong(claimPrefix, s)
	return LinkCode(t), ok
}

// Is reports, in constant time, whether c and other are the same claim.
func (c LinkCode) Is(other LinkCode) bool {
	return c.Room == other.Room && c.Seat == other.Seat && sameText(c.secret, other.secret)
}

// derive returns 80 bits that only the holder of key can compute from what.
func derive(key, what string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("parley " + what)) // a hash accepts every input
	return base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))[:SecretChars]
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
