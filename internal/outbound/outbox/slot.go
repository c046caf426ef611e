package outbox

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// slotsOfEndpoints is how many endpoints of one account are called at once, in all processes together: one that thinks
// keeps an instance on AWS, which others need for their calls.
const slotsOfEndpoints = 4

// slot is one of so many that there are for calls, in all processes together. Some slots are of one look. The looks of
// a process share the others: the last look releases the slot.
type slot struct {
	key   string // of Dispatcher.slots
	items roomlog.Slots
	users int // looks that have it, or are about to; Dispatcher.mu guards it

	mu         sync.Mutex // of what follows, also while the slot is being acquired
	name       string     // "": the slot is not acquired
	takenUntil time.Time
}

// need is a slot that a call needs: one of most that there are for the calls of some digest (see
// roomlog.Store.Calling). Calls of this process with the same key share it.
type need struct {
	key, digest string
	most        int
}

// needs returns which slots a call of the hook needs: none if there are as many as there are calls.
//
// With Options.Places a process needs one of the places while it makes any call, and for each account one of half as
// many: so no account takes all places.
func (p *pass) needs() []need {
	account := chat.HookPrefix(accountOf(p.hook))
	switch {
	case p.o.Alone:
		return nil
	case p.o.Places > 0:
		return []need{{account, account, (p.o.Places + 1) / 2}, {allPlaces, allPlaces, p.o.Places}}
	case p.hook.Form == room.FormAgent:
		return []need{{p.hook.ID, account, slotsOfEndpoints}}
	}
	return nil
}

const allPlaces = "ALL"

// acquireSlots acquires the slots that the look needs for a call, unless it has them still. It fails with errBusy if
// all are taken.
func (p *pass) acquireSlots(ctx context.Context) error {
	if len(p.slots) > 0 {
		return nil
	}
	until := p.claimedUntil
	if end, bounded := ctx.Deadline(); bounded {
		until = p.now().Add(time.Until(end))
	}
	for _, n := range p.needs() {
		s := p.addUser(n)
		p.slots = append(p.slots, s)
		if err := s.acquire(ctx, n.most, p.claimedUntil, until); err != nil {
			return err
		}
	}
	return nil
}

// addUser returns the slot of this process for a need, which has one more user.
func (d *Dispatcher) addUser(n need) *slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.slots[n.key]
	if s == nil {
		s = &slot{key: n.key, items: d.o.Rooms.Store().Calling(n.digest)}
		d.slots[n.key] = s
	}
	s.users++
	return s
}

// acquire makes s one of so many slots until a time, unless s is one already until the end of the call. It fails with
// errBusy if all slots are taken.
func (s *slot) acquire(ctx context.Context, most int, end, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name != "" && !s.takenUntil.Before(end) {
		return nil
	}
	name, _, err := s.items.AcquireOne(ctx, nil, roomlog.Choice{
		Pick: func(taken map[string]roomlog.Guess, _ time.Time) (string, time.Duration) {
			for _, n := range rand.Perm(most) {
				if _, there := taken[strconv.Itoa(n)]; !there {
					return strconv.Itoa(n), 0
				}
			}
			return "", retryInterval
		},
		Ends: func(time.Time) time.Time { return until },
	})
	switch {
	case err != nil:
		return err // name is then of a slot that another may have
	case name == "":
		return errBusy
	}
	s.name, s.takenUntil = name, until
	return nil
}

// releaseSlots releases the slots that the look has, and frees those that no other look of this process uses, unless
// another process may have them by now.
func (p *pass) releaseSlots(ctx context.Context) {
	for _, s := range p.slots {
		if p.removeUser(s) && s.name != "" && p.now().Before(s.takenUntil) {
			s.items.Release(ctx, s.name)
		}
	}
	p.slots = nil
}

// removeUser takes a user off a slot, and reports whether it was the last one.
func (d *Dispatcher) removeUser(s *slot) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.users--
	if s.users > 0 {
		return false
	}
	delete(d.slots, s.key)
	return true
}
