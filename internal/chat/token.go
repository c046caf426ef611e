package chat

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// An agent token is 28 characters of lower-case base32: 7 of the room's id, 3
// of the seat's number, 16 of a secret and 2 check characters over all of them.
// It is an argument of every call, so it works in every client.
const (
	alphabet    = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's, without i, l, o, u
	roomChars   = 7
	seatChars   = 3
	secretChars = 16
	checkChars  = 2
	tokenChars  = roomChars + seatChars + secretChars + checkChars
	maxSeat     = 1<<(5*seatChars) - 1
)

// agentToken is a token, taken apart.
type agentToken struct {
	room   string
	seat   int
	secret string
}

func (t agentToken) String() string {
	body := t.room + digits(uint64(t.seat), seatChars) + t.secret
	return body + check(body)
}

// parseToken reads a token as a model or a person wrote it. A mistyped one is
// told by its check characters, without a read.
func parseToken(s string) (agentToken, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return agentToken{}, refuse(TokenInvalid, "agent_token is missing. Use the one that join_room or create_room gave you; without one, call join_room with room and agent_name.")
	}
	if !wellFormed(s) {
		if _, err := parseTicket(s); err == nil {
			return agentToken{}, refuse(TokenInvalid, "agent_token holds a ticket of the queue: give it to enter_queue as ticket. The agent_token comes with the partner.")
		}
		return agentToken{}, refuse(TokenInvalid, "agent_token is mistyped: it must be the %d characters that join_room or create_room gave you, unchanged. If you have lost it, call join_room with room and agent_name.", tokenChars)
	}
	seat := 0
	for _, c := range s[roomChars : roomChars+seatChars] {
		seat = seat<<5 | strings.IndexRune(alphabet, c)
	}
	return agentToken{
		room:   s[:roomChars],
		seat:   seat,
		secret: s[roomChars+seatChars : tokenChars-checkChars],
	}, nil
}

// wellFormed reports whether s has the form of a token, check characters included.
func wellFormed(s string) bool {
	if len(s) != tokenChars {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return check(s[:tokenChars-checkChars]) == s[tokenChars-checkChars:]
}

// holdsToken reports whether a token stands anywhere in the text, in either
// case. It must stand alone between other characters than letters and digits:
// within the longer runs of hashes and encoded data a window with the right
// check characters would be found by chance.
func holdsToken(text string) bool {
	for start, i := 0, 0; i <= len(text); i++ {
		if i < len(text) && isAlphanumeric(text[i]) {
			continue
		}
		if i-start == tokenChars && wellFormed(strings.ToLower(text[start:i])) {
			return true
		}
		start = i + 1
	}
	return false
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// hashSecret is the only form in which a secret is kept.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// sameSecret compares in constant time.
func sameSecret(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(hash)) == 1
}

func newRoomID() string { return randomChars(roomChars) }
func newSecret() string { return randomChars(secretChars) }

// newEventID is how a writer knows its own event again after a lost reply: 60
// random bits.
func newEventID() string { return randomChars(12) }

// randomChars returns n characters of 5 random bits each. crypto/rand never fails.
func randomChars(n int) string {
	raw := make([]byte, (n*5+7)/8)
	rand.Read(raw)
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding).EncodeToString(raw)[:n]
}

// digits writes v in n characters.
func digits(v uint64, n int) string {
	b := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		b[i] = alphabet[v&31]
		v >>= 5
	}
	return string(b)
}

// check returns two characters over s: a weighted sum modulo the prime 1021,
// which changes whenever one character is changed or two neighbours are swapped.
func check(s string) string {
	sum := uint64(0)
	for i := range len(s) {
		sum = (sum*33 + uint64(s[i]) + 7) % 1021
	}
	return digits(sum, checkChars)
}
