package ident

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/parley-chat/parley/internal/base"
)

// The cost of a new password hash: argon2id (RFC 9106) with the figures that OWASP recommends for small machines. A
// stored hash names its own cost, so the figures can be raised at any time.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	argonBytes   = 32
	saltBytes    = 16
)

var errPasswordHash = errors.New("ident: the password hash is malformed")

// HashPassword returns the PHC string of a password under a random salt: $argon2id$v=19$m=…,t=…,p=…$salt$hash. A call
// takes 19 MiB of memory and tens of milliseconds; the caller limits how many run at once.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// CheckPassword reports whether hash is a hash of password, whatever cost the hash names. It fails on a hash that is
// not a PHC string of argon2id.
func CheckPassword(password, hash string) (bool, error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" ||
		fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errPasswordHash
	}
	var memory, time uint32
	var threads uint8
	if n, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); n != 3 || err != nil {
		return false, errPasswordHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(fields[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(fields[5])
	if errors.Join(err1, err2) != nil || len(sum) == 0 || len(sum) > base.MaxArgonBytes ||
		time == 0 || time > base.MaxArgonTime || threads == 0 || memory > base.MaxArgonMemory {
		return false, errPasswordHash
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1, nil
}
