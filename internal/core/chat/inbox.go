package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// inbox is what a wait has found so far.
type inbox struct {
	caller   *session
	pos      position
	forMe    bool  // only what is meant for the caller wakes it, where more than two talk
	scanned  int64 // the last event looked at
	batch    batch
	before   int // how many messages came before the caller's own, of a send
	along    int // how many were handed out twice before: see bringAlong
	signs    signs
	reason   room.Reason // of seatLost
	freeTask int64       // the number of a task that ended the wait, since it is free; 0: none
	lostTask string      // the id of one that another has taken from the caller; "": none

	// Of a wait that goes on past answers: see isPartialAnswer.
	forAnswers bool             // past those to any message of the caller; else to that of the call
	talk       *room.Talk       // as of the last event looked at; nil: unknown
	answered   []int64          // the messages to which such answers came
	answeredTo int64            // the last of these answers; 0: none came
	recheck    <-chan time.Time // when passOver is to look again although nothing comes; nil: it is not
}

// signs is a set of what an inbox has found beside messages.
type signs uint16

const (
	worthAnswer  signs = 1 << iota // of an event: see due
	agentMoved                     // one came or left
	agentParted                    // one is done, or left
	seatWanted                     // a join found no free seat
	nameWanted                     // a join under the name of another agent was refused
	eventsMissed                   // some had expired
	batchFull                      // and more follows that the caller sees
	seatLost                       // or the room closed: nothing follows
	slept                          // something came while the caller was paused
	asleep                         // a program waits for a caller that is paused, and is told nothing
	alone                          // the wait ended at once, since all others are away or have left
	unsure                         // what was handed out before may not have arrived, and has no room in the batch

	complete = batchFull | seatLost // the inbox takes no further event
	wakes    = complete | worthAnswer
)

// has reports whether the inbox has found one of x.
func (in *inbox) has(x signs) bool { return in.signs&x != 0 }

// add adds x to what the inbox has found, if it has.
func (in *inbox) add(x signs, found bool) {
	if found {
		in.signs |= x
	}
}

func newInbox(c *session, pos position) *inbox {
	in := &inbox{caller: c, pos: pos, scanned: pos.After, batch: batchFor(c.me, &c.head.State)}
	if c.head.LastTalk <= pos.After {
		in.talk = &c.head.Talk
	}
	return in
}

// due reports whether what was found ends the wait.
func (in *inbox) due() bool {
	asleep := in.has(wakes) && !in.has(seatLost) && in.sleeps()
	in.add(slept, asleep)
	return in.has(wakes) && !asleep
}

// sleeps reports whether the caller is paused: see room.State.Sleeps.
func (in *inbox) sleeps() bool { return in.caller.room.log.Peek().Sleeps(in.caller.me) }

// hideAsleep returns the inbox that the wait w hands out: an empty one if a program waits for a caller that is paused.
// The caller could do nothing about what would wake it.
func (in *inbox) hideAsleep(w *presence.Wait) *inbox {
	if !w.Standby || in.has(seatLost) || !in.sleeps() {
		return in
	}
	empty := newInbox(in.caller, in.pos)
	empty.signs = asleep
	return empty
}

// status returns how a wait ends that found what the inbox holds. Nothing is all done while a task is worked on.
func (in *inbox) status(ctx context.Context, h *room.Head) WaitStatus {
	ended := h.Ended(in.caller.me.Agent, in.caller.room.svc.now()) && !in.caller.isWorkedOn(ctx, h)
	none := len(in.batch.Messages) == 0
	switch {
	case in.has(seatLost):
		return StatusRemoved
	case in.has(asleep), none && in.caller.me.IsPerson(): // who watches on
		return StatusQuiet
	case ended && (none || !in.has(batchFull) && in.has(agentParted)):
		return StatusAllDone
	case none:
		return StatusQuiet
	}
	return StatusMessages
}

// collect looks at the events up to the known head. It stops early when the batch is
// full.
func (in *inbox) collect(ctx context.Context) error {
	if in.has(batchFull) { // and the caller sleeps: the rest waits with it
		return nil
	}
	log := in.caller.room.log
	pages := log.Pages(in.caller.me, in.batch.Events+1)
	for empty := 0; ; {
		h := log.Peek()
		if in.scanned >= h.AsOf {
			if h.Closed {
				in.loseSeat(in.scanned, h.WhyClosed())
			}
			return nil
		}
		events, err := pages.Read(ctx, in.scanned)
		// What has come does not wait for what cannot be read.
		if in.has(wakes) && (err == nil && len(events) == 0 || errors.Is(err, table.ErrUnavailable)) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(events) == 0 { // a conflict has shown an event that cannot be read yet
			empty++
			if empty == roomlog.PartialTries {
				return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, in.scanned+1)
			}
			if err := in.caller.room.svc.store.Pause(ctx, roomlog.PartialPause); err != nil {
				return err
			}
		}
		for _, e := range events {
			in.receive(e, len(h.Agents))
			if in.has(complete) {
				return nil
			}
		}
	}
}

// loseSeat ends the inbox with event n, with which the caller's seat is gone or the room closed.
func (in *inbox) loseSeat(n int64, reason room.Reason) {
	in.scanned, in.signs, in.reason = n, in.signs|seatLost, reason
}

// receive looks at the next event. The inbox may end before it, or with it.
func (in *inbox) receive(e room.Event, agents int) {
	me := in.caller.me

	// The caller still has its seat, and its token.
	switch {
	case e.Type == room.Left && e.Seat == me.Seat:
		if e.By != 0 || e.Person { // which admin removed the caller, and why; or that its user has left
			in.batch.Add(messageOf(in.batch.Room, me, e), e)
		}
		in.loseSeat(e.N, e.Reason)
		return
	case e.N > in.caller.head.AsOf && me.LosesToken(e):
		in.loseSeat(e.N, room.ReasonReturned)
		return
	}

	// The batch shows no words that were removed since.
	for _, n := range e.Emptied() {
		in.batch.Redact(n)
	}
	if e.RedactsTask() {
		in.batch.RedactTask(e.Task.No)
	}

	partial := in.isPartialAnswer(e)

	// It has room for what is news. What became of its draft, the repeated call may not know.
	if me.IsNews(e) && (e.N != in.pos.own || e.Decides != 0) {
		if !in.batch.Add(in.viewEvent(e), e) {
			in.signs |= batchFull
			return
		}
		in.addNews(e, agents, partial)
	}

	// The event is read.
	in.add(eventsMissed, e.N > in.scanned+1)
	in.scanned = e.N
	if e.ClosesRoom() {
		in.loseSeat(e.N, e.Reason)
	}
}

// mostBack is how many events older looks back at most.
const mostBack = 1000

// bringAlong puts what was handed out twice without a cursor before what is new, as far as it fits: case 3 of
// presence.Delivery. Such messages end no wait and displace nothing new, so an agent that never gives a cursor goes on
// to the newest. What does not fit may have been missed, and the result says so.
func (in *inbox) bringAlong(ctx context.Context) error {
	if in.has(asleep) {
		return nil
	}
	had := len(in.batch.Messages)
	all, err := in.caller.older(ctx, in.pos.Offer, func(e room.Event) bool {
		if !in.caller.me.IsNews(e) {
			return true
		}
		m := in.viewEvent(e)
		m.Repeated = true
		fits := in.batch.Add(m, e)
		if fits && e.N < in.pos.own {
			in.before++
		}
		return fits
	})
	in.add(unsure, !all)
	in.along = in.batch.moveToFront(had)
	return err
}

// older calls add with each event of an offer that was handed out twice, the latest first. It returns false if some are
// left: add has no room for them, or they are too far back. A person needs none: the page shows all that there is.
func (c *session) older(ctx context.Context, o presence.Offer, add func(room.Event) bool) (all bool, err error) {
	after, to := max(o.Arrived, c.me.Joined), o.UnsureTo // the join had what came before
	if c.me.IsPerson() || after >= to {
		return true, nil
	}
	for e, err := range c.room.log.Pages(c.me, BatchEvents+1).Back(ctx, to+1) {
		switch {
		case err != nil:
			return false, err
		case e.N <= after:
			return true, nil
		case e.N <= to-mostBack || !add(e):
			return false, nil
		}
	}
	return true, nil
}

// viewEvent returns e as the caller sees it.
func (in *inbox) viewEvent(e room.Event) Message {
	me := in.caller.me
	m := messageOf(in.batch.Room, me, e)
	if m.Draft != "" && !me.IsPerson() {
		m.Type = EventDrafted // it has not said that by now
	}
	m.OwnTask = in.pos.How == presence.Peek && m.Type == EventTask && me.HearsOfTask(e)
	m.Repeated = e.N <= in.pos.MarkTo
	return m
}

// addNews adds what e, which is news to the caller, tells beside its message. partial says that the wait may go on past
// it.
func (in *inbox) addNews(e room.Event, agents int, partial bool) {
	me := in.caller.me
	if e.N < in.pos.own {
		in.before++
	}
	if e.Task != nil && e.Task.Was.Is(me.Agent) {
		in.lostTask = room.TaskID(e.Task.No)
	}
	knocked := e.Type == room.Knocked
	switch ends := in.ends(e, agents); {
	case ends && partial:
		in.answered, in.answeredTo = append(in.answered, e.ReplyTo), e.N
	case ends:
		in.signs |= worthAnswer
	}
	in.add(agentMoved, e.Type != room.Said && e.Type != room.TaskChanged && !knocked)
	in.add(agentParted, e.Type == room.Left || e.Kind == room.Done)
	in.add(seatWanted, knocked && e.Reason == room.ReasonRoomFull)
	in.add(nameWanted, knocked && e.Reason == room.ReasonNameTaken && e.Key != me.Key)
}

// ends reports whether e, which is news to the caller, ends its wait. A send has asked
// for an answer, so what came before it and is not meant for the caller waits for that.
func (in *inbox) ends(e room.Event, agents int) bool {
	me := in.caller.me
	return me.WokenBy(e, agents, in.forMe) &&
		(e.N > in.pos.own || me.HoldOf(e, room.Event{}) == room.HoldsAlways)
}

// position is where a call begins to read.
type position struct {
	presence.Offer
	toldAlone bool  // the cursor says that the caller was told once that all others are away
	ignored   bool  // a cursor was given that is not one of this seat
	own       int64 // the message that the call sent; 0: none
}
