package chat

import (
	"context"

	"golang.org/x/sync/semaphore"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// hashesAtOnce bounds how many password hashes are computed at once, so that a
// storm of joins cannot exhaust the memory.
const hashesAtOnce = 2

// passwords computes and checks the hashes of rooms' passwords.
type passwords struct {
	slots  *semaphore.Weighted
	limits *limiters
}

func newPasswords(l *limiters) *passwords {
	return &passwords{semaphore.NewWeighted(hashesAtOnce), l}
}

// hash returns the hash to store of a password; "" for an empty one.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer p.slots.Release(1)
	return ident.HashPassword(password), nil
}

// check compares a password with a room's hash, which is "" for a room without a
// password.
func (p *passwords) check(ctx context.Context, hash, password string) error {
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
	undo, err := p.limits.allowGuess(ctx)
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
