package ident

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

const (
	messagePrefix = 'm'
	messageChars  = 6
	messageBits   = 5 * messageChars

	// MaxMessage is the greatest number that a message id or a cursor can hold.
	MaxMessage = 1<<messageBits - 1
)

var errMessageIDKey = errors.New("ident: the key of the message ids is malformed: it must be 32 hex digits")

// MessageIDs turns the numbers of a room's events into the ids that agents see, and back. An id is "m" and six
// characters of [Alphabet], such as "m4x0q7c". Without the key, ids tell neither how many events lie between two
// messages nor the order of the two, so messages to others leave no gap to notice.
//
// For one key, different numbers have different ids, and every well-formed id has a number. The caller must check
// whether there is such an event, and whether the reader may see it.
//
// A MessageIDs is immutable and safe for concurrent use.
type MessageIDs struct {
	order feistel
}

// NewMessageIDKey returns the key of a new room: 128 random bits as 32 hex digits. Whoever has the key can read the
// ids, so the key never leaves the server. A new key changes the ids of a room.
func NewMessageIDKey() string {
	var key [aesKeyBytes]byte
	rand.Read(key[:]) // never fails
	return hex.EncodeToString(key[:])
}

// NewMessageIDs returns the ids of the room with a key. A key that is not 32 hex digits is an error, which does not
// quote the key.
func NewMessageIDs(key string) (*MessageIDs, error) {
	raw, err := hex.DecodeString(key)
	if err != nil || len(raw) != aesKeyBytes {
		return nil, errMessageIDKey
	}
	return &MessageIDs{order: newFeistel([aesKeyBytes]byte(raw), messageBits/2)}, nil
}

// ID returns the id of event n, in lower case. n is in 0..[MaxMessage]; for any other n the id is empty, and Number
// refuses it.
func (m *MessageIDs) ID(n int64) string {
	if n < 0 || n > MaxMessage {
		return ""
	}
	return spell(messagePrefix, m.order.encrypt(uint64(n)), messageChars)
}

// Number returns the n whose ID is id, in 0..[MaxMessage]. Capitals count as small letters, and space around the id is
// ignored. ok is false for a text without the form of an id.
func (m *MessageIDs) Number(id string) (n int64, ok bool) {
	v, ok := unspell(messagePrefix, id, messageChars)
	if !ok {
		return 0, false
	}
	return int64(m.order.decrypt(v)), true
}
