// Package password computes and checks the hashes of rooms' passwords, a few at a time, and counts wrong passwords.
package password

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Checker computes and checks the hashes of rooms' passwords.
type Checker struct {
	hashing *queue
	store   *roomlog.Store
	charge  func(ctx context.Context, password string)
}

// New returns a Checker that counts wrong passwords in the table of a store. charge is called with each password before
// the password is hashed or checked, so that the caller pays.
func New(s *roomlog.Store, charge func(ctx context.Context, password string)) *Checker {
	return &Checker{newQueue(core.MaxHashes, s.Clock().Now), s, charge}
}

// Hash returns the hash to store of a password; "" for an empty password.
func (p *Checker) Hash(ctx context.Context, password string) (string, error) {
	p.charge(ctx, password)
	if password == "" {
		return "", nil
	}
	leave, err := p.hashing.enter(ctx, false)
	if err != nil {
		return "", err
	}
	defer leave()
	return ident.HashPassword(password), nil
}

// Check compares a password with the password of a room, or refuses the comparison: see roomlog.Guesses. A password for
// a room without a password is refused, since the agent is probably in the wrong room. The error is a *fault.Error, or
// an error of the table or of ctx.
func (p *Checker) Check(ctx context.Context, head *room.Head, password string) error {
	p.charge(ctx, password)
	switch {
	case head.Password == "" && password == "":
		return nil
	case head.Password == "":
		return fault.Refuse(fault.WrongPassword, "This room has no password. If you were given one, it may be "+
			"another room: check the name with your user, or call again without password.")
	case password == "":
		return fault.Refuse(fault.WrongPassword,
			"This room needs a password: call again with password, as the invite gives it.")
	}
	who := ident.GroupDigests(head.LogKey, ident.ClientKey(ctx))
	known := roomlog.Knows(head.Agents, who[0].Key)
	// A call that waits here is not counted yet: among many right passwords at the same moment, none may count as
	// wrong. A call that will be refused waits, too: otherwise many guesses at once took three times the processor, and
	// other callers paid for that.
	leave, err := p.hashing.enter(ctx, known)
	if err != nil {
		return err
	}
	defer leave()
	g := guess{room: head, who: who, known: known, slots: p.store.Guesses(head.ID), now: p.store.Clock().Now}
	return g.check(ctx, password)
}

// guess is one try of a password.
type guess struct {
	room  *room.Head
	who   []ident.Group
	known bool
	slots roomlog.Slots
	now   func() time.Time
}

// check checks the password and counts a wrong one: in a watched room before the check, else after the check. So a
// right password costs no write in a room that nobody attacks.
func (g guess) check(ctx context.Context, password string) error {
	before, err := g.slots.Read(ctx, table.Eventual)
	if err != nil {
		return err
	}
	slot := ""
	if len(before) > 0 {
		slot, err = g.count(ctx, before)
		if err != nil {
			return err
		}
	}
	same, err := ident.CheckPassword(password, g.room.Password)
	switch {
	case slot != "" && (same || err != nil):
		g.slots.Release(ctx, slot)
	case slot == "" && !same && err == nil:
		err = g.countFirst(ctx)
	}
	if err == nil && !same {
		err = fault.Refuse(fault.WrongPassword,
			"The password is not this room's. Ask your user for the invite, and pass it exactly.")
	}
	return err
}

// countFirst counts a wrong password in a room that was not watched, even if the caller has gone.
func (g guess) countFirst(ctx context.Context) error {
	ctx, cancel := roomlog.Detached(ctx)
	defer cancel()
	now := g.now()
	first, err := g.slots.Acquire(ctx, roomlog.FirstGuess, roomlog.Who(g.who), now, now.Add(roomlog.WatchLife))
	if err != nil || first {
		return err
	}
	taken, err := g.slots.Read(ctx, table.Strong)
	if err != nil {
		return err
	}
	_, err = g.count(ctx, taken)
	if fault.CodeOf(err) == fault.RateLimited {
		return nil // the guess was checked at the same moment as the guesses that fill the slots
	}
	return err
}

// count acquires a slot for the guess, given the occupied slots, or refuses the guess.
func (g guess) count(ctx context.Context, taken roomlog.Guesses) (slot string, err error) {
	slot, wait, err := g.slots.AcquireOne(ctx, taken, roomlog.Choice{
		Who: roomlog.Who(g.who),
		Pick: func(taken map[string]roomlog.SlotUse, now time.Time) (string, time.Duration) {
			return roomlog.Guesses(taken).Slot(g.who, g.known, now)
		},
		Ends: func(now time.Time) time.Time { return roomlog.SlotUse{AtMs: now.UnixMilli()}.Ends() },
	})
	if err == nil && wait > 0 {
		err = tooMany(wait)
	}
	return slot, err
}

func tooMany(wait time.Duration) error {
	return fault.RetryLater(fault.RateLimited, wait, "Too many wrong passwords were given for this room, by you or "+
		"by others. Nothing was done, and yours was not checked: ask your user for the invite, and try again in %d "+
		"seconds.", fault.Seconds(wait))
}

// Split splits "name:password", given in place of a room's name, and checks the form of the password.
func Split(name, password string) (string, string, error) {
	name, behind, err := ident.SplitRoom(name)
	switch {
	case err != nil:
		return "", "", err
	case behind != "" && password != "" && password != behind:
		return "", "", fault.Refuse(fault.InvalidArgument,
			"room holds a password after the colon, and password is another one: give one of them.")
	case behind != "":
		password = behind
	}
	if err := ident.RefuseInvite(password); err != nil {
		return "", "", err
	}
	if len(password) > base.MaxPassword || !utf8.ValidString(password) || room.HasControls(password, "") {
		return "", "", fault.Refuse(fault.InvalidArgument,
			"password: at most %d bytes of UTF-8 without control characters.", base.MaxPassword)
	}
	return name, password, nil
}
