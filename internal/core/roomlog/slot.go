package roomlog

import (
	"context"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Slots apply a limit that all processes on a table share, though the table has no counters. Each act that counts
// acquires a slot, an item that is put if absent. The slot is free again when the item expires.
type Slots struct {
	store             *Store
	partition, prefix string
}

// slotItem is the act that has a slot.
type slotItem struct {
	V    int    `json:"v"`
	ID   string `json:"id"` // random: see Store.putOnce
	Who  string `json:"who,omitempty"`
	AtMs int64  `json:"at"`
}

// Guesses returns the slots for wrong passwords of the room with an id.
func (s *Store) Guesses(id string) Slots { return Slots{s, roomPrefix + id, wrongPrefix} }

// Made returns the slots for the rooms that the caller with this digest creates.
func (s *Store) Made(digest string) Slots { return Slots{s, callerPrefix + digest, madePrefix} }

// Noted returns the slots for first notes of a room to a channel of a messenger. The digest is of both.
func (s *Store) Noted(digest string) Slots { return Slots{s, callerPrefix + digest, notedPrefix} }

// Calling returns the slots for calls of hooks that the account with this digest has under way.
func (s *Store) Calling(digest string) Slots { return Slots{s, callingPrefix + digest, ""} }

// Read returns which act has which slot, and since when.
func (s Slots) Read(ctx context.Context, c table.Consistency) (map[string]SlotUse, error) {
	taken := map[string]SlotUse{}
	where := table.Range{Partition: s.partition, Prefix: s.prefix, Consistency: c}
	for item, err := range table.All(ctx, s.store.table, where) {
		if err != nil {
			return taken, err
		}
		var act slotItem
		if err := Decode(item, &act); err != nil {
			return taken, err
		}
		taken[strings.TrimPrefix(item.Key.Sort, s.prefix)] = SlotUse{Who: act.Who, AtMs: act.AtMs}
	}
	return taken, nil
}

// Acquire acquires a slot from now until a time. It returns false if another act has the slot.
func (s Slots) Acquire(ctx context.Context, slot, who string, now, until time.Time) (taken bool, err error) {
	mine := slotItem{V: room.Version, ID: ident.NewEventID(), Who: who, AtMs: now.UnixMilli()}
	before, err := s.store.putOnce(ctx, table.Item{Key: s.key(slot), Expires: until, Data: Encode(mine)})
	return before == nil && err == nil, err
}

// maxRaces bounds how often another act acquires the slot first.
const maxRaces = 20

// Choice says how an act acquires one of several slots.
type Choice struct {
	Who string
	// Pick returns a slot outside taken, or how long to wait for a slot.
	Pick func(taken map[string]SlotUse, now time.Time) (slot string, wait time.Duration)
	// Ends returns until when a slot acquired now stays taken.
	Ends func(now time.Time) time.Time
}

// AcquireOne acquires the slot that choice picks. taken are the slots that the caller knows to be taken. If none is
// free, AcquireOne returns how long to wait.
func (s Slots) AcquireOne(ctx context.Context, taken map[string]SlotUse, choice Choice) (slot string,
	wait time.Duration,
	err error) {
	for range maxRaces {
		now := s.store.now()
		slot, wait := choice.Pick(taken, now)
		if wait > 0 {
			return "", wait, nil
		}
		mine, err := s.Acquire(ctx, slot, choice.Who, now, choice.Ends(now))
		if mine || err != nil {
			return slot, 0, err
		}
		taken, err = s.Read(ctx, table.Strong)
		if err != nil {
			return "", 0, err
		}
	}
	return "", time.Second, nil
}

// Release frees a slot of the caller if the table answers: else the slot expires.
func (s Slots) Release(ctx context.Context, slot string) {
	ctx, cancel := Detached(ctx)
	defer cancel()
	if err := s.store.table.Write(ctx, table.Delete(s.key(slot), table.Always)); err != nil {
		s.store.Logger().WarnContext(ctx, "what was counted was not taken back", "error", err)
	}
}

func (s Slots) key(slot string) table.Key {
	return table.Key{Partition: s.partition, Sort: s.prefix + slot}
}
