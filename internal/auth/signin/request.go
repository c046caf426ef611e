package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// challengeOf returns the challenge of a verifier by S256 (RFC 7636, section 4.2); "" for a text that is no verifier.
func challengeOf(verifier string) string {
	if len(verifier) < 43 || len(verifier) > 128 || strings.ContainsFunc(verifier, notUnreserved) {
		return ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// IsChallenge reports whether a text has the form of a challenge by S256.
func IsChallenge(text string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}

func notUnreserved(c rune) bool {
	return !strings.ContainsRune("-._~", c) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}
