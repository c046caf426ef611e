package ident

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"
)

// A secret of a sign-in is a prefix that says its use, and 46 or 54 characters of lower-case base32: 8 of the key's id
// or 16 of the account's, 12 of the sign-in's id, 24 of a secret of 120 bits, and 2 check characters over all.
const (
	accountIDChars   = 16
	signInIDChars    = 12
	afterIDChars     = signInIDChars + keySecretChars + CheckChars
	signInBodyChars  = keyIDChars + afterIDChars
	accountBodyChars = accountIDChars + afterIDChars
)

// AccountID returns the id of the account of a subject at an issuer: 80 bits of a hash. An account's id stands wherever
// a key's id does, and is longer than every key's id.
func AccountID(issuer, subject string) string {
	text, _ := json.Marshal([]string{"account", issuer, subject}) // strings
	sum := sha256.Sum256(text)
	return base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding).EncodeToString(sum[:])[:accountIDChars]
}

// IsAccount reports whether id is an account's id and not a key's.
func IsAccount(id string) bool { return len(id) == accountIDChars }

// SignInUse is the use of a secret of a sign-in: the prefix of its text.
type SignInUse string

// The uses.
const (
	AccessToken  SignInUse = "pa_" // admits to the server
	RefreshToken SignInUse = "pr_" // gets the next pair of tokens, once
	SignInCode   SignInUse = "pc_" // gets the first pair, once
)

// SignInSecret is a token or the code of a sign-in. To its holder the text is opaque.
type SignInSecret struct {
	Use    SignInUse
	Key    string // the id of the key or the account with which the person signed in; not secret
	ID     string // of the sign-in; not secret
	Secret string
}

// NewSignInID returns 60 random bits.
func NewSignInID() string { return randomChars(signInIDChars) }

// NewSignInSecret returns a random secret of a sign-in, by the id of its key or account and its own id.
func NewSignInSecret(use SignInUse, key, id string) SignInSecret {
	return SignInSecret{use, key, id, randomChars(keySecretChars)}
}

// Next returns the token that follows a refresh token consumed under a salt. Everybody who has both computes the same
// token, and nobody can who has only one.
func (s SignInSecret) Next(use SignInUse, salt string) SignInSecret {
	mac := hmac.New(sha256.New, []byte(s.String()))
	mac.Write([]byte("parley " + string(use) + salt)) // a hash accepts every input
	s.Use = use
	s.Secret = base32.NewEncoding(Alphabet).WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))[:keySecretChars]
	return s
}

// String returns the secret as a client sends it.
func (s SignInSecret) String() string {
	body := s.Key + s.ID + s.Secret
	return string(s.Use) + body + Check(string(s.Use)+body)
}

// Hash returns the only form in which the secret is stored.
func (s SignInSecret) Hash() string { return HashSecret(s.String()) }

// ParseSignIn reads a secret of a sign-in. ok is false if text does not have the form of such a secret: the check
// characters reveal a mistyped secret without a read of the table.
func ParseSignIn(text string) (s SignInSecret, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, use := range []SignInUse{AccessToken, RefreshToken, SignInCode} {
		body, prefixed := strings.CutPrefix(text, string(use))
		id := len(body) - afterIDChars
		if prefixed && (id == keyIDChars || id == accountIDChars) && checked(string(use), body, len(body)) {
			secret := id + signInIDChars
			return SignInSecret{use, body[:id], body[id:secret], body[secret : secret+keySecretChars]}, true
		}
	}
	return SignInSecret{}, false
}

// signInBefore names the secret of a sign-in in a run of letters and digits, with the text before the run.
func signInBefore(before, run string) string {
	if len(before) < len(AccessToken) {
		return ""
	}
	if _, ok := ParseSignIn(before[len(before)-len(AccessToken):] + run); ok {
		return "a token of a sign-in"
	}
	return ""
}
