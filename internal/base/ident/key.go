package ident

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A key is "pk_" and 34 characters of lower-case base32: 8 of the id, 24 of a secret, and 2 check characters over all.
// The last 8 of the secret are the key's mark: see [Key.Marked].
const (
	keyPrefix      = "pk_"
	keyIDChars     = 8
	keySecretChars = 24
	keyRandomChars = 16 // of the secret, before the mark: 80 bits
	keyBodyChars   = keyIDChars + keySecretChars + CheckChars
)

// Key admits its holder to a server.
type Key struct {
	ID     string // not secret
	Secret string
}

// NewKey returns a random key without a mark.
func NewKey() Key { return Key{ID: randomChars(keyIDChars), Secret: randomChars(keySecretChars)} }

// Marked returns k with a mark: a MAC over the rest of k by a secret of the table that k is for. A server that knows
// the secret recognizes a made-up key without a read.
func (k Key) Marked(by string) Key {
	k.Secret = k.Secret[:keyRandomChars] + k.mark(by)
	return k
}

// IsMarked reports whether k has the mark that a secret gives.
func (k Key) IsMarked(by string) bool {
	return hmac.Equal([]byte(k.Secret[keyRandomChars:]), []byte(k.mark(by)))
}

// mark returns the mark. scripts/sam/key.py computes the same.
func (k Key) mark(by string) string {
	mac := hmac.New(sha256.New, []byte(by))
	mac.Write([]byte(k.ID + k.Secret[:keyRandomChars])) // a hash accepts every input
	text := base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return text[:keySecretChars-keyRandomChars]
}

// String returns the key as its holder sends it.
func (k Key) String() string {
	body := k.ID + k.Secret
	return keyPrefix + body + Check(keyPrefix+body)
}

// ParseKey reads a key as a person pasted it. ok is false if s does not have the form of a key: the check characters
// reveal a mistyped key without a read of the table.
func ParseKey(s string) (k Key, ok bool) {
	body, prefixed := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), keyPrefix)
	if !prefixed || !checked(keyPrefix, body, keyBodyChars) {
		return Key{}, false
	}
	return Key{ID: body[:keyIDChars], Secret: body[keyIDChars : keyIDChars+keySecretChars]}, true
}
