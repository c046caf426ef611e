package ident

import "strings"

// A key is "pk_" and 34 characters of lower-case base32: 8 of its id, 24 of a secret of 120
// bits, and 2 check characters over all of them.
const (
	keyPrefix      = "pk_"
	keyIDChars     = 8
	keySecretChars = 24
	keyBodyChars   = keyIDChars + keySecretChars + CheckChars
)

// Key admits its holder to a server.
type Key struct {
	ID     string // not secret
	Secret string
}

// NewKey returns a random key.
func NewKey() Key { return Key{ID: randomChars(keyIDChars), Secret: randomChars(keySecretChars)} }

// String returns the key as its holder sends it.
func (k Key) String() string {
	body := k.ID + k.Secret
	return keyPrefix + body + Check(keyPrefix+body)
}

// ParseKey reads a key as a person pasted it. ok is false if s does not have the form of a
// key: the check characters reveal a mistyped one without a read of the table.
func ParseKey(s string) (k Key, ok bool) {
	body, prefixed := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), keyPrefix)
	if !prefixed || !checked(keyPrefix, body, keyBodyChars) {
		return Key{}, false
	}
	return Key{ID: body[:keyIDChars], Secret: body[keyIDChars : keyIDChars+keySecretChars]}, true
}
