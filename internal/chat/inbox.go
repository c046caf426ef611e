package chat

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// inbox is what a wait has found so far.
type inbox struct {
	caller     *caller
	pos        position
	forMe      bool  // only what is meant for the caller wakes it, where more than two talk
	scanned    int64 // the last event looked at
	batch      batch
	wakes      bool // something is worth an answer
	moved      bool // an agent came or left
	parted     bool // an agent is done, or left
	seatWanted bool
	missed     bool // events had expired
	removed    bool // the caller's seat is gone, or the room closed
	reason     room.Reason
}

func newInbox(c *caller, pos position) *inbox {
	return &inbox{caller: c, pos: pos, scanned: pos.after, batch: batch{events: batchEvents, limit: batchBytes}}
}

// status returns how a wait ends that found this.
func (in *inbox) status(h *room.Head, more bool) WaitStatus {
	ended := h.EndedFor(in.caller.agent)
	switch {
	case in.removed:
		return StatusRemoved
	case len(in.batch.messages) == 0 && ended, !more && in.parted && ended:
		return StatusEnded
	case len(in.batch.messages) > 0:
		return StatusMessages
	}
	return StatusQuiet
}

// collect looks at the events up to the known head. It stops early when the batch
// is full or something wakes the caller.
func (in *inbox) collect(ctx context.Context) error {
	log := in.caller.room.log
	for empty := 0; ; {
		h := log.Known()
		if in.scanned >= h.AsOf {
			if h.Closed {
				in.wakes, in.removed, in.reason = true, true, room.ReasonClosed
			}
			return nil
		}
		events, err := log.Read(ctx, in.scanned)
		if err != nil {
			return err
		}
		if len(events) == 0 { // a conflict has shown an event that cannot be read yet
			if empty++; empty == roomlog.PartialTries {
				return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, in.scanned+1)
			}
			if err := in.caller.room.svc.store.Pause(ctx, roomlog.PartialPause); err != nil {
				return err
			}
		}
		for _, e := range events {
			if !in.take(e, len(h.Agents)) {
				in.wakes = true
				return nil
			}
		}
		if in.wakes {
			return nil // events that cannot be read yet must not delay it
		}
	}
}

// take looks at one event. It returns false if the inbox ends before it or, where it
// removes the caller, with it.
func (in *inbox) take(e room.Event, agents int) bool {
	me := in.caller.agent
	if e.Type == room.Left && e.Seat == me.Seat {
		if in.scanned, in.removed, in.reason = e.N, true, e.Reason; e.By != 0 {
			in.batch.add(messageFor(me, e)) // which admin removed the caller, and why
		}
		return false
	}
	if me.IsNews(e) {
		m := messageFor(me, e)
		m.Repeated = e.N <= max(in.pos.repeatTo, in.pos.shownTo)
		if !in.batch.add(m) {
			return false
		}
		in.moved = in.moved || e.Type != room.Said && e.Type != room.SeatWanted
		in.parted = in.parted || e.Type == room.Left || e.Kind == room.Done
		in.seatWanted = in.seatWanted || e.Type == room.SeatWanted
		in.wakes = in.wakes || me.WokenBy(e, agents, in.forMe)
	}
	if e.N > in.scanned+1 {
		in.missed = true
	}
	in.scanned = e.N
	if e.ClosesRoom() {
		in.removed, in.reason = true, room.ReasonClosed
	}
	return !in.removed
}

// position is where a call begins to read.
type position struct {
	after    int64
	named    bool         // by a cursor; else by the seat's read position
	ignored  bool         // a cursor was given that is not one of this seat
	repeatTo int64        // events up to here are handed out once more
	shownTo  int64        // calls with a cursor were shown the events up to here
	read     readPosition // of a call without a cursor
}
