package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
)

// An agent token is 30 characters of lower-case base32: 7 of the room's id, 5 of the seat's number, 16 of a secret, and
// 2 check characters over all. A person's token is "p" and 30 characters of the same kinds; the check characters cover
// the "p".
const (
	Alphabet    = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's base32: no i, l, o, u
	RoomChars   = 7
	seatChars   = 5
	SecretChars = 16
	CheckChars  = 2
	TokenChars  = RoomChars + seatChars + SecretChars + CheckChars

	personPrefix = "p"

	// MaxSeat is the greatest number of a seat that a token can hold.
	MaxSeat = 1<<(5*seatChars) - 1
)

// Token is the secret that proves who owns a seat: the agent or, with Person, the person behind the agent. With Joined,
// Token is the agent as A2A names it: see [NewStay].
type Token struct {
	Room   string // the room's id
	Seat   int
	Secret string
	Person bool
	Joined int64 // the event with which the agent joined
}

// String returns the token as agents and people pass it.
func (t Token) String() string {
	if t.IsStay() {
		return contextPrefix + t.stay()
	}
	body := t.Room + Digits(uint64(t.Seat), seatChars) + t.Secret
	if t.Person {
		body = personPrefix + body
	}
	return body + Check(body)
}

// ParseToken reads a token as a model or a person wrote it. The check characters reveal a mistyped token without a read
// of the table. The error is a *fault.Error of TokenInvalid.
func ParseToken(s string) (Token, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return Token{}, fault.Refuse(fault.TokenInvalid, "agent_token is missing. Use the one that join_room or "+
			"create_room gave you; without one, call join_room with room and agent_name.")
	}
	if t, ok := parsePersonToken(s); ok {
		return t, nil
	}
	if t, ok := ParseContextID(s); ok {
		return t, nil
	}
	if _, ok := ParseView(s); ok {
		return Token{}, fault.Refuse(fault.TokenInvalid, "agent_token is the token of show_room, which can only look: "+
			"give it to show_room as view. Nothing was done: for this call use the agent_token that join_room or "+
			"create_room gave you.")
	}
	if !WellFormed(s) {
		return Token{}, fault.Refuse(fault.TokenInvalid, "agent_token is mistyped: it must be the %d characters that "+
			"join_room or create_room gave you, unchanged. If you have lost it, call join_room with room and "+
			"agent_name.", TokenChars)
	}
	return Token{
		Room:   s[:RoomChars],
		Seat:   int(Number(s[RoomChars : RoomChars+seatChars])),
		Secret: s[RoomChars+seatChars : TokenChars-CheckChars],
	}, nil
}

// parsePersonToken reads the token of a person.
func parsePersonToken(s string) (t Token, ok bool) {
	body, ok := parseLong(personPrefix, s)
	return Token{Room: body.Room, Seat: body.Seat, Secret: body.secret, Person: true}, ok
}

// parseLong reads a prefix and the parts of a token, with check characters over all.
func parseLong(prefix, s string) (parts struct {
	Room   string
	Seat   int
	secret string
}, ok bool) {
	body, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), prefix)
	if !ok || !checked(prefix, body, TokenChars) {
		return parts, false
	}
	parts.Room, parts.Seat = body[:RoomChars], int(Number(body[RoomChars:RoomChars+seatChars]))
	parts.secret = body[RoomChars+seatChars : TokenChars-CheckChars]
	return parts, true
}

// WellFormed reports whether s has the form of an agent token with the right check characters.
func WellFormed(s string) bool { return checked("", s, TokenChars) }

// checked reports whether s has n characters of Alphabet that end with the check characters over prefix and the others.
func checked(prefix, s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(Alphabet, s[i]) < 0 {
			return false
		}
	}
	return Check(prefix+s[:n-CheckChars]) == s[n-CheckChars:]
}

// SecretIn names the secret in a text: a token of an agent or of a person, a view token, an id of A2A, a link to a
// seat, the address of a file, a key, or a token of a sign-in, in either case; "" for none.
//
// A secret that a space or the end of a line splits in two is found, too, and so is a secret behind an escape of an
// address, such as %2F. A secret in more parts is not: in a dump of hexadecimal bytes, about one window in a thousand
// has matching check characters. For the same reason, a run of letters and digits within a longer run, such as a hash,
// is no secret.
func SecretIn(text string) (what string) {
	anyRun(text, func(text string, start, end int) bool {
		what = secretAt(text, start, end)
		return what != ""
	})
	return what
}

// anyRun reports whether is holds for a run of letters and digits in text, from start to end of the text that is gets:
// text itself, or two neighboring words of text as one.
func anyRun(text string, is func(text string, start, end int) bool) bool {
	if anyWholeRun(text, is) {
		return true
	}
	before := ""
	for word := range strings.FieldsSeq(text) {
		if anyWholeRun(before+word, is) {
			return true
		}
		before = word
	}
	return false
}

// anyWholeRun is anyRun for runs in one part.
func anyWholeRun(text string, is func(text string, start, end int) bool) bool {
	for start, i := 0, 0; i <= len(text); i++ {
		if i < len(text) && isAlphanumeric(text[i]) {
			continue
		}
		escaped := start > 0 && text[start-1] == '%' && i-start > len("2F")
		if is(text, start, i) || escaped && is(text, start+len("2F"), i) {
			return true
		}
		start = i + 1
	}
	return false
}

// secretAt names the secret in the letters and digits from start to end, with the text before start; "" for none.
func secretAt(text string, start, end int) string {
	run := text[start:end]
	switch len(run) {
	case TokenChars:
		if WellFormed(strings.ToLower(run)) {
			return "an agent token"
		}
	case len(personPrefix) + TokenChars:
		if _, ok := parsePersonToken(run); ok {
			return "a person's token"
		}
		if _, ok := ParseLinkCode(run); ok {
			return "a link to a seat"
		}
		if _, ok := ParseUploadCode(run); ok {
			return "the address of an upload"
		}
	case len(ticketPrefix) + ticketChars:
		if _, ok := ParseTicket(run); ok {
			return "the address of a download"
		}
	case keyBodyChars:
		if _, ok := ParseKey(text[max(0, start-len(keyPrefix)):end]); ok {
			return "a key"
		}
	case stayChars:
		return stayBefore(text[:start], run)
	case signInBodyChars, accountBodyChars:
		return signInBefore(text[:start], run)
	}
	return ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// HashSecret returns the only form in which a token's secret is stored: the SHA-256 in hex. Without the hash, whoever
// reads the table or a copy of it could act as every agent.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SameSecret reports whether hash is HashSecret of secret, in constant time.
func SameSecret(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(HashSecret(secret)), []byte(hash)) == 1
}

// NewRoomID returns a random id of 35 bits.
func NewRoomID() string { return randomChars(RoomChars) }

// NewSecret returns a random secret of 80 bits.
func NewSecret() string { return randomChars(SecretChars) }

// NewEventID returns 60 random bits, by which a writer recognizes its own event after a lost reply.
func NewEventID() string { return randomChars(12) }

// NewFileID returns a random id of 100 bits for the bytes of a file.
func NewFileID() string { return randomChars(20) }

// randomChars returns n characters of 5 random bits each. crypto/rand never fails.
func randomChars(n int) string {
	raw := make([]byte, (n*5+7)/8)
	rand.Read(raw)
	return base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding).EncodeToString(raw)[:n]
}

// Digits writes the low 5*n bits of v in n characters.
func Digits(v uint64, n int) string {
	b := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		b[i] = Alphabet[v&31]
		v >>= 5
	}
	return string(b)
}

// Number parses the output of Digits.
func Number(s string) (v uint64) {
	for _, c := range s {
		v = v<<5 | uint64(strings.IndexRune(Alphabet, c))
	}
	return v
}

// Check returns two check characters over s: a weighted sum modulo the prime 1021, which any changed character and any
// two swapped neighbors change.
func Check(s string) string {
	sum := uint64(0)
	for i := range len(s) {
		sum = (sum*33 + uint64(s[i]) + 7) % 1021
	}
	return Digits(sum, CheckChars)
}
