package ratelimit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// roomCounts is how long a created room counts.
const roomCounts = time.Hour

// maxRaces bounds how often another call of the same caller takes the slot first.
const maxRaces = 20

// Room counts a room that the caller creates, or refuses it. undo takes the count back,
// for a room that was not created.
//
// Most callers create few rooms, so it tries a slot without looking, which costs one
// write. Only if that one is taken it reads the others.
func (l *Limiter) Room(ctx context.Context) (undo func(), err error) {
	n := l.limits.Rooms
	if n <= 0 {
		return func() {}, nil
	}
	made := l.store.Made(ident.CallerDigest("", ident.CallerOf(ctx)))
	slot := roomSlot(rand.N(n))
	for range maxRaces {
		now := l.store.Clock().Now()
		mine, err := made.Take(ctx, slot, "", now, roomEnds(now))
		if err != nil {
			return nil, err
		}
		if mine {
			return func() { made.GiveBack(ctx, slot) }, nil
		}
		var wait time.Duration
		if slot, wait, err = freeRoom(ctx, made, n, now); err != nil {
			return nil, err
		}
		if wait > 0 {
			return nil, tooManyRooms(n, wait)
		}
	}
	return nil, tooManyRooms(n, time.Second)
}

// freeRoom returns a free slot of n at random, or how long to wait for one.
func freeRoom(ctx context.Context, made roomlog.Slots, n int, now time.Time) (slot string, wait time.Duration, err error) {
	taken, err := made.Read(ctx, table.Strong)
	if err != nil {
		return "", 0, err
	}
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
		return "", max(wait, time.Second), nil
	}
	return free[rand.N(len(free))], 0, nil
}

// roomEnds returns when a room created at a time no longer counts.
func roomEnds(at time.Time) time.Time { return room.CeilSecond(at.Add(roomCounts)) }

func roomSlot(n int) string { return fmt.Sprintf("%05d", n) }

func tooManyRooms(n int, wait time.Duration) error {
	return fault.RetryLater(fault.RateLimited, wait, "From where you call, %d rooms were created within an hour, as many as may be. No room was created: try again in %d seconds, or use a room that you have.", n, fault.Seconds(wait))
}
