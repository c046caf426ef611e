package ratelimit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// roomCounts is how long a created room counts.
const roomCounts = time.Hour

// Room counts a room of a store that the caller creates, or refuses the room. undo takes the count back, for a room
// that was not created.
//
// Most callers create few rooms, so Room tries a slot without a read, at the cost of one write. Room reads the other
// slots only if that slot is occupied.
func (l *Limiter) Room(ctx context.Context, s *roomlog.Store) (undo func(), err error) {
	n := l.limits.Rooms
	if n <= 0 {
		return func() {}, nil
	}
	made := s.Made(ident.CallerDigest("", ident.ClientKey(ctx)))
	slot, wait, err := made.AcquireOne(ctx, nil, roomlog.Choice{
		Pick: func(taken map[string]roomlog.SlotUse, now time.Time) (string, time.Duration) {
			return freeRoom(taken, n, now)
		},
		Ends: roomEnds,
	})
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, tooManyRooms(n, wait)
	}
	return func() { made.Release(ctx, slot) }, nil
}

// freeRoom returns a free slot of n at random, or the time until a slot is free.
func freeRoom(taken map[string]roomlog.SlotUse, n int, now time.Time) (slot string, wait time.Duration) {
	var free []string
	wait = roomCounts
	for i := range n {
		x, there := taken[roomSlot(i)]
		if !there {
			free = append(free, roomSlot(i))
			continue
		}
		wait = min(wait, roomEnds(time.UnixMilli(x.AtMs)).Sub(now))
	}
	if len(free) == 0 {
		return "", max(wait, time.Second)
	}
	return free[rand.N(len(free))], 0
}

// roomEnds returns when a room created at a time no longer counts.
func roomEnds(at time.Time) time.Time { return room.CeilSecond(at.Add(roomCounts)) }

func roomSlot(n int) string { return fmt.Sprintf("%05d", n) }

func tooManyRooms(n int, wait time.Duration) error {
	return fault.RetryLater(fault.RateLimited, wait, "Your key or address has created %d rooms within an hour, the "+
		"most allowed. No room was created: try again in %d seconds, or use a room that you have.", n,
		fault.Seconds(wait))
}
