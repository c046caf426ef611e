// Package password computes and checks the hashes of rooms' passwords, a few at a time, and counts wrong passwords.
package password

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
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

// Split splits "name:password", given in place of a room's name. Split refuses a link, a title such as "PR: fix login"
// and a time: each has a colon and no password, and would make a room that nobody else finds.
func Split(name, password string) (string, string, error) {
	if err := ident.RefuseSecret("room", name); err != nil {
		return "", "", err
	}
	if n, p, ok := strings.Cut(name, ":"); ok {
		if !mayBePassword(n, p) {
			return "", "", fault.Refuse(fault.InvalidArgument, "room: a name has no colon, and what follows this "+
				"colon looks like a part of a link, a title or a time, not like a password. Nothing was done: leave "+
				"the colon out, or give the password in password.")
		}
		if password != "" && password != p {
			return "", "", fault.Refuse(fault.InvalidArgument,
				"room holds a password after the colon, and password is another one: give one of them.")
		}
		name, password = n, p
	}
	if len(password) > base.MaxPassword || !utf8.ValidString(password) || room.HasControls(password, "") {
		return "", "", fault.Refuse(fault.InvalidArgument,
			"password: at most %d bytes of UTF-8 without control characters.", base.MaxPassword)
	}
	return name, password, nil
}

// mayBePassword reports whether what follows the first colon in place of a room's name may be a password.
func mayBePassword(name, after string) bool {
	if after == "" || strings.HasPrefix(after, "//") || strings.TrimLeftFunc(after, unicode.IsSpace) != after {
		return false
	}
	digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
	port := digits > 0 && strings.HasPrefix(after[digits:], "/")
	return !port && !isTime(name, after[:digits], strings.ToLower(after[digits:]))
}

// isTime reports whether name ends in an hour, digits are the minutes, and behind is what may follow a time: nothing,
// seconds, the end of a span or a word such as pm. An hour is a word of its own, so "v2:12" is no time.
func isTime(name, digits, behind string) bool {
	before := strings.TrimRight(name, "0123456789")
	hour := name[len(before):]
	isHour := (len(hour) == 1 || len(hour) == 2 && hour < "25") &&
		(before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "T")) // of 2026-11-28T12:30
	return isHour && len(digits) == len("30") && digits[0] < '6' &&
		(slices.Contains([]string{"am", "pm", "h", "z"}, behind) || strings.HasPrefix(behind, " ") ||
			strings.HasPrefix(behind, ":") || !strings.ContainsFunc(behind, unicode.IsLetter))
}
