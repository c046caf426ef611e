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

// slotsOfEndpoints is how many endpoints of one account are called at once, by all processes together. A slow endpoint
// keeps an instance on AWS, and others need instances for their calls.
const slotsOfEndpoints = 4

// slot is one of a fixed number of items for calls, shared by all processes. A slot belongs to one pass, or the passes
// of a process share the slot and the last pass releases the slot.
type slot struct {
	key   string // in Dispatcher.slots
	items roomlog.Slots
	users int // passes with the slot, or about to acquire the slot; Dispatcher.mu guards users

	mu         sync.Mutex // guards the fields below; also held while the slot is acquired
	name       string     // "": the slot is not acquired
	takenUntil time.Time
}

// slotNeed is the need of a call for one of several slots: as many as most says, for the calls of a digest (see
// roomlog.Store.Calling). Calls of this process with the same key share the slot.
type slotNeed struct {
	key, digest string
	most        int
}

// slotsNeeded returns the slots that a call of the hook needs; none where nothing limits the calls at once. If
// Options.Places is set, a process that makes calls needs one of that many slots, and one of half as many slots of
// the account, so no account takes all.
func (p *pass) slotsNeeded() []slotNeed {
	account := chat.HookPrefix(accountOf(p.hook))
	switch {
	case p.o.SingleProcess:
		return nil
	case p.o.Places > 0:
		return []slotNeed{{account, account, (p.o.Places + 1) / 2}, {allPlaces, allPlaces, p.o.Places}}
	case p.hook.Form == room.FormEndpoint:
		return []slotNeed{{p.hook.ID, account, slotsOfEndpoints}}
	}
	return nil
}

const allPlaces = "ALL"

// acquireSlots acquires the slots that a call of the pass needs, unless the pass still has slots. The error is errBusy
// if all slots are taken.
func (p *pass) acquireSlots(ctx context.Context) error {
	if len(p.slots) > 0 {
		return nil
	}
	until := p.claimedUntil
	if end, bounded := ctx.Deadline(); bounded {
		until = p.now().Add(time.Until(end))
	}
	for _, need := range p.slotsNeeded() {
		slot := p.addUser(need)
		p.slots = append(p.slots, slot)
		if err := slot.acquire(ctx, need.most, p.claimedUntil, until); err != nil {
			return err
		}
	}
	return nil
}

// addUser returns the slot of this process for a need, with one more user.
func (d *Dispatcher) addUser(need slotNeed) *slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	shared := d.slots[need.key]
	if shared == nil {
		shared = &slot{key: need.key, items: d.o.Rooms.Store().Calling(need.digest)}
		d.slots[need.key] = shared
	}
	shared.users++
	return shared
}

// acquire acquires, until the time until, one of as many slots as most says, unless s already has a slot until end,
// the end of the call. The error is errBusy if all slots are taken.
func (s *slot) acquire(ctx context.Context, most int, end, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name != "" && !s.takenUntil.Before(end) {
		return nil
	}
	name, _, err := s.items.AcquireOne(ctx, nil, roomlog.Choice{
		Pick: func(taken map[string]roomlog.SlotUse, _ time.Time) (string, time.Duration) {
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
		return err // another process may have the slot called name
	case name == "":
		return errBusy
	}
	s.name, s.takenUntil = name, until
	return nil
}

// releaseSlots removes the pass from its slots, and gives back the slots without another user, unless they have
// expired: another process may have an expired slot.
func (p *pass) releaseSlots(ctx context.Context) {
	for _, slot := range p.slots {
		if p.removeUser(slot) && slot.name != "" && p.now().Before(slot.takenUntil) {
			slot.items.Release(ctx, slot.name)
		}
	}
	p.slots = nil
}

// removeUser removes a user from a slot, and reports whether the slot has no user left.
func (d *Dispatcher) removeUser(slot *slot) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	slot.users--
	if slot.users > 0 {
		return false
	}
	delete(d.slots, slot.key)
	return true
}
