package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// inbox is what a wait has found so far.
type inbox struct {
	caller     *session
	pos        position
	forMe      bool  // only what is meant for the caller wakes it, where more than two talk
	scanned    int64 // the last event looked at
	batch      batch
	wakes      bool // something is worth an answer: see due
	before     int  // how many messages came before the caller's own, of a send
	full       bool // the batch is full, and more follows that the caller sees
	moved      bool // an agent came or left
	parted     bool // an agent is done, or left
	seatWanted bool
	nameWanted bool
	slept      bool // something came while the caller was paused
	asleep     bool // a program waits for a caller that is paused, and is told nothing
	alone      bool // the wait ended at once, since all others are away or have left
	missed     bool // events had expired
	removed    bool // the caller's seat is gone, or the room closed
	reason     room.Reason
	freeTask   int64  // the number of a task that ended the wait, since it is free; 0: none
	lostTask   string // the id of one that another has taken from the caller; "": none
}

func newInbox(c *session, pos position) *inbox {
	return &inbox{caller: c, pos: pos, scanned: pos.after, batch: batchFor(c.agent, &c.head.State)}
}

// due reports whether what was found ends the wait.
func (in *inbox) due() bool {
	if !in.wakes || in.removed {
		return in.wakes
	}
	asleep := in.sleeps()
	in.slept = in.slept || asleep
	return !asleep
}

// sleeps reports whether the caller is paused: see room.State.Sleeps.
func (in *inbox) sleeps() bool { return in.caller.room.log.Peek().Sleeps(in.caller.agent) }

// status returns how a wait ends that found this. Nothing is all done while a task is worked on.
func (in *inbox) status(ctx context.Context, h *room.Head) WaitStatus {
	ended := h.Ended(in.caller.agent, in.caller.room.svc.now()) && !in.caller.isWorkedOn(ctx, h)
	switch {
	case in.removed:
		return StatusRemoved
	case in.asleep:
		return StatusQuiet
	case in.caller.agent.IsPerson() && len(in.batch.Messages) == 0: // it watches on
		return StatusQuiet
	case len(in.batch.Messages) == 0 && ended, !in.full && in.parted && ended:
		return StatusAllDone
	case len(in.batch.Messages) > 0:
		return StatusMessages
	}
	return StatusQuiet
}

// collect looks at the events up to the known head. It stops early when the batch is
// full.
func (in *inbox) collect(ctx context.Context) error {
	log := in.caller.room.log
	pages := log.Pages(in.caller.agent, in.batch.Events+1)
	if in.full { // and the caller sleeps: the rest waits with it
		return nil
	}
	for empty := 0; ; {
		h := log.Peek()
		if in.scanned >= h.AsOf {
			if h.Closed {
				in.wakes, in.removed, in.reason = true, true, h.WhyClosed()
			}
			return nil
		}
		events, err := pages.Read(ctx, in.scanned)
		if err != nil {
			if in.wakes && errors.Is(err, table.ErrUnavailable) {
				return nil // the caller has what came before
			}
			return err
		}
		if len(events) == 0 { // a conflict has shown an event that cannot be read yet
			if in.wakes {
				return nil // what has come must not wait for it
			}
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
	}
}

// take looks at one event. It returns false if the inbox ends before it or, where it
// removes the caller, with it.
func (in *inbox) take(e room.Event, agents int) bool {
	me := in.caller.agent
	if e.Type == room.Left && e.Seat == me.Seat && e.N > me.Joined {
		if in.scanned, in.removed, in.reason = e.N, true, e.Reason; e.By != 0 || e.Person {
			// which admin removed the caller, and why; or that its user has left
			in.batch.Add(messageOf(in.batch.Room, me, e), e)
		}
		return false
	}
	if e.N > in.caller.head.AsOf && me.LosesToken(e) {
		in.scanned, in.removed, in.reason = e.N, true, room.ReasonReturned
		return false
	}
	for _, n := range e.Emptied() {
		in.batch.Redact(n)
	}
	if e.RedactsTask() {
		in.batch.RedactTask(e.Task.No)
	}
	// what became of its draft, the repeated call may not know
	if me.IsNews(e) && (e.N != in.pos.own || e.Decides != 0) {
		m := messageOf(in.batch.Room, me, e)
		if m.Draft != "" && !me.IsPerson() {
			m.Type = EventDrafted // it has not said that by now
		}
		m.OwnTask = in.pos.peeks && m.Type == EventTask && me.HearsOfTask(e)
		m.Repeated = e.N <= max(in.pos.repeatTo, in.pos.shownTo)
		if !in.batch.Add(m, e) {
			in.full = true
			return false
		}
		if e.N < in.pos.own {
			in.before++
		}
		if e.Task != nil && e.Task.Was.Is(me) {
			in.lostTask = room.TaskID(e.Task.No)
		}
		in.moved = in.moved || e.Type != room.Said && e.Type != room.Knocked && e.Type != room.TaskChanged
		in.parted = in.parted || e.Type == room.Left || e.Kind == room.Done
		in.seatWanted = in.seatWanted || e.Type == room.Knocked && e.Reason == room.ReasonRoomFull
		in.nameWanted = in.nameWanted || e.Type == room.Knocked && e.Reason == room.ReasonNameTaken && e.Key != me.Key
		in.wakes = in.wakes || in.ends(e, agents)
	}
	if e.N > in.scanned+1 {
		in.missed = true
	}
	in.scanned = e.N
	if e.ClosesRoom() {
		in.removed, in.reason = true, e.Reason
	}
	return !in.removed
}

// ends reports whether e, which is news to the caller, ends its wait. A send has asked
// for an answer, so what came before it and is not meant for the caller waits for that.
func (in *inbox) ends(e room.Event, agents int) bool {
	me := in.caller.agent
	return me.WokenBy(e, agents, in.forMe) &&
		(e.N > in.pos.own || me.HoldOf(e, room.Event{}) == room.HoldsAlways)
}

// position is where a call begins to read.
type position struct {
	after    int64
	named    bool              // by a cursor; else by the seat's read position
	stay     bool              // see WaitRequest.Stay
	noted    bool              // the cursor remembers that all others were away
	peeks    bool              // nothing is handed out
	ignored  bool              // a cursor was given that is not one of this seat
	own      int64             // the message that the call sent; 0: none
	repeatTo int64             // events up to here are handed out once more
	shownTo  int64             // calls with a cursor were shown the events up to here
	read     room.ReadPosition // of a call without a cursor
}
