package outcall

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

var errSecret = forbidden("The secret must be whsec_ and the base64 of 24 to 64 random bytes.")

// ParseSecret returns nil if s is a secret of Standard Webhooks. The error is an *Error.
func ParseSecret(s string) error {
	_, err := keyOf(s)
	return err
}

// NewSecret returns a new random secret.
func NewSecret() string {
	key := make([]byte, 24)
	_, _ = rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// keyOf returns the key in a secret.
func keyOf(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 || strings.ContainsAny(text, "\r\n") {
		return nil, errSecret
	}
	return key, nil
}

// sign adds the headers of a call to header (Standard Webhooks 1.0, "Signature scheme").
func sign(header http.Header, key []byte, call Call) {
	at := strconv.FormatInt(call.At.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(call.ID + "." + at + "."))
	mac.Write(call.Body)
	header.Set("webhook-id", call.ID)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
