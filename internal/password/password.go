// Package password computes and checks the hashes of rooms' passwords, a few at a time.
package password

import (
	"context"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/ratelimit"
	"github.com/parley-chat/parley/internal/room"
)

// hashesAtOnce bounds how many password hashes are computed at once, so that a
// storm of joins cannot exhaust the memory.
const hashesAtOnce = 2

// Checker computes and checks the hashes of rooms' passwords.
type Checker struct {
	slots  *semaphore.Weighted
	limits *ratelimit.Limiter
}

// New returns a Checker that counts wrong passwords with l.
func New(l *ratelimit.Limiter) *Checker {
	return &Checker{semaphore.NewWeighted(hashesAtOnce), l}
}

// Hash returns the hash to store of a password; "" for an empty one.
func (p *Checker) Hash(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer p.slots.Release(1)
	return ident.HashPassword(password), nil
}

// Check compares a password with a room's hash, which is "" for a room without a
// password. Its error is a *fault.Error, or that of ctx.
func (p *Checker) Check(ctx context.Context, hash, password string) error {
	switch {
	case hash == "" && password == "":
		return nil
	case hash == "":
		return fault.Refuse(fault.WrongPassword, "This room has no password. If you were given one, it may be another room: check the name with your user, or call again without password.")
	case password == "":
		return fault.Refuse(fault.WrongPassword, "This room needs a password: call again with password, as the invite gives it.")
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer p.slots.Release(1)
	// Count the guess only now: of many right ones that come together, those that
	// wait for a slot would count as wrong.
	undo, err := p.limits.Password(ctx)
	if err != nil {
		return err
	}
	same, err := ident.CheckPassword(password, hash)
	if err != nil {
		return err
	}
	if !same {
		return fault.Refuse(fault.WrongPassword, "The password is not this room's. Ask your user for the invite, and pass it exactly.")
	}
	undo()
	return nil
}

// Split understands "name:password" in place of a room's name.
func Split(name, password string) (string, string, error) {
	if n, p, ok := strings.Cut(name, ":"); ok {
		if password != "" && password != p {
			return "", "", fault.Refuse(fault.InvalidArgument, "room holds a password after the colon, and password is another one: give one of them.")
		}
		name, password = n, p
	}
	if len(password) > ident.MaxPassword || !utf8.ValidString(password) || room.HasControls(password, "") {
		return "", "", fault.Refuse(fault.InvalidArgument, "password: at most %d bytes of UTF-8 without control characters.", ident.MaxPassword)
	}
	return name, password, nil
}
