package chat

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Passwords are kept as argon2id (RFC 9106) with 19 MiB and two passes, the
// OWASP figure for small machines; at most passwordsAtOnce are computed at once,
// so that a storm of joins cannot take the memory.
const (
	passwordsAtOnce = 2
	argonTime       = 2
	argonMemory     = 19 << 10 // KiB
	argonThreads    = 1
	argonBytes      = 32
	saltBytes       = 16
)

// hashPassword returns the form in which a password is kept; "" for none.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	if err := s.passwords.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer s.passwords.Release(1)
	sum := argon(password, salt)
	return base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum), nil
}

// checkPassword compares password with what is kept of a room's; kept is "" for
// a room without one.
func (s *Service) checkPassword(ctx context.Context, kept, password string) error {
	switch {
	case kept == "" && password == "":
		return nil
	case kept == "":
		return refuse(WrongPassword, "This room has no password. If you were given one, it may be another room: check the name with your user, or call again without password.")
	case password == "":
		return refuse(WrongPassword, "This room needs a password: call again with password, as the invite gives it.")
	}
	salt, sum, ok := strings.Cut(kept, "$")
	rawSalt, err1 := base64.RawStdEncoding.DecodeString(salt)
	rawSum, err2 := base64.RawStdEncoding.DecodeString(sum)
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("the room's password is kept in an unknown form")
	}
	if err := s.passwords.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.passwords.Release(1)
	// Not before: of many right ones that come together all would count as wrong.
	undo, err := s.mayGuess(ctx)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(argon(password, rawSalt), rawSum) != 1 {
		return refuse(WrongPassword, "The password is not this room's. Ask your user for the invite, and pass it exactly.")
	}
	undo()
	return nil
}

// argon is called with a share of passwordsAtOnce taken.
func argon(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonBytes)
}
