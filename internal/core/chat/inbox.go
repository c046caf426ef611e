package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// inbox has what a wait has found so far.
type inbox struct {
	c       reading
	pos     position
	listens listening
	scanned int64 // the last event checked
	batch   batch
	before  int // of a send: how many messages came before the caller's own
	end     ending
	signs   signs
	reason  room.Reason // of lost
	past    pastAnswers
}

// listening is what a call waits for. The zero value is a call that does not wait.
type listening struct {
	forMe      bool // in a room of more than two, only events meant for the caller wake the caller
	forAnswers bool // past answers to any message of the caller; false: only to that of the call
	endsAtOnce bool // all others are away or have left, as the answer and its cursor say unless there is news
	withRoster bool // the answer has the roster: see rosterFor
}

// ending says whether the wait of an inbox ends, and why. A later one stands for the earlier ones, too. For Ann's wait
// after event 41, with Bob and Cid in the room:
//
//   - 42, Bob's "hello" to all, and Ann waits only for what is meant for her (forMe): goesOn.
//   - 42, Bob's "yes" to what Ann asked Bob and Cid: goesOn. The inbox keeps 42 as a partial answer, and passOver ends
//     the wait once Cid is silent or away: see isPartialAnswer.
//   - 42, Bob's "hello" to Ann: woken.
//   - 42, the join of Dan: goesOn. With two agents woken: see room.Caller.WokenBy.
//   - 42 to 142, and 92 does not fit into the batch: full. Event 92 comes with the next wait.
//   - 42, the kick of Ann: lost, and nothing after 42 is read.
type ending int

const (
	goesOn ending = iota
	woken         // an event is worth an answer
	full          // the batch is full, and a further visible event follows: the inbox takes no further event
	lost          // the caller has lost the seat, or the room has closed: no event follows
)

// signs is a set of what an inbox has found for the caller's Situation.
type signs uint16

const (
	agentMoved   signs = 1 << iota // an agent came or left
	agentParted                    // an agent is done, or left
	seatWanted                     // a join found no free seat
	nameWanted                     // a join under the name of another agent was refused
	eventsMissed                   // some events had expired
	slept                          // an event came while the caller was paused
	asleep                         // a program waits for a paused caller, and gets nothing
)

// has reports whether the inbox has found a sign of x.
func (in *inbox) has(x signs) bool { return in.signs&x != 0 }

// add adds x to the signs if found.
func (in *inbox) add(x signs, found bool) {
	if found {
		in.signs |= x
	}
}

func newInbox(c reading, pos position, listens listening) *inbox {
	var talk *room.Talk
	if c.head.LastTalk <= pos.After {
		talk = &c.head.Talk
	}
	return &inbox{c: c, pos: pos, listens: listens, scanned: pos.After, batch: batchFor(c.me, &c.head.State),
		past: pastAnswers{talk: talk}}
}

// arrived returns the last event that has surely arrived: an answer that hands nothing out has its cursor.
func (in *inbox) arrived() int64 { return max(in.pos.Arrived, in.c.me.Joined) }

// reached returns the event at which the cursor of the answer stands.
func (in *inbox) reached() int64 {
	if in.has(asleep) { // the program gets nothing, and what was handed out twice before may be lost
		return in.arrived()
	}
	return in.scanned
}

// othersGone reports whether the wait brings nothing, since all others are away or have left.
func (in *inbox) othersGone() bool { return in.listens.endsAtOnce && len(in.batch.Messages) == 0 }

// sleeps reports whether the caller is paused: see room.State.Sleeps.
func (in *inbox) sleeps() bool { return in.c.room.log.Peek().Sleeps(in.c.me) }

// hideAsleep empties the inbox if a program waits for a paused caller, which could do nothing if it were woken. wait is
// nil for a call that does not wait.
func (in *inbox) hideAsleep(wait *presence.Wait) {
	if wait == nil || !wait.Standby || in.end == lost || !in.sleeps() {
		return
	}
	*in = *newInbox(in.c, in.pos, listening{withRoster: in.listens.withRoster})
	in.signs = asleep
}

// collectFor collects for wait, and reports whether the wait ends: an event ends it, or nobody is left for whom it goes
// on. A paused caller sleeps on, unless its seat is lost. wait is nil for a stay, which goes on past nothing.
func (in *inbox) collectFor(ctx context.Context, wait *presence.Wait) (ends bool, err error) {
	if err := in.collect(ctx); err != nil {
		return false, err
	}
	if in.end == goesOn && in.past.last != 0 && !in.passOver(ctx, wait) {
		in.end = woken
	}
	if in.end > goesOn && in.end != lost && in.sleeps() {
		in.add(slept, true)
		return false, nil
	}
	return in.end > goesOn, nil
}

// collect receives the events up to the known head. A full batch stops collect early.
func (in *inbox) collect(ctx context.Context) error {
	if in.end == full { // and the caller sleeps: the rest waits, too
		return nil
	}
	log := in.c.room.log
	pages := log.PagesToShow(in.c.me, in.batch.Events+1)
	for empty := 0; ; {
		head := log.Peek()
		if in.scanned >= head.AsOf {
			if head.Closed {
				in.loseSeat(in.scanned, head.WhyClosed())
			}
			return nil
		}
		events, err := pages.Read(ctx, in.scanned)
		// The events so far do not wait for events that cannot be read.
		if in.end > goesOn && (err == nil && len(events) == 0 || errors.Is(err, table.ErrUnavailable)) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(events) == 0 { // a conflict has shown an event that no read returns yet
			empty++
			if empty == roomlog.PartialTries {
				return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, in.scanned+1)
			}
			if err := in.c.room.svc.store.Pause(ctx, roomlog.PartialPause); err != nil {
				return err
			}
		}
		for _, event := range events {
			in.receive(event, len(head.Agents))
			if in.end >= full {
				return nil
			}
		}
	}
}

// loseSeat ends the inbox with event n, which takes the caller's seat or closes the room.
func (in *inbox) loseSeat(n int64, reason room.Reason) {
	in.scanned, in.end, in.reason = n, lost, reason
}

// receive adds the next event. The inbox may end before event, or with event.
func (in *inbox) receive(event room.Event, agents int) {
	me := in.c.me

	// Does event take the caller's seat or its token?
	switch {
	case event.Type == room.Left && event.Seat == me.Seat:
		if event.By != 0 || event.Person { // tells which admin removed the caller, and why; or that the user has left
			in.batch.Add(messageOf(in.batch.Room, me, event), event)
		}
		in.loseSeat(event.N, event.Reason)
		return
	case event.N > in.c.good && me.LosesToken(event):
		in.loseSeat(event.N, room.ReasonReturned)
		return
	}

	// The batch keeps no removed words.
	for _, n := range event.Emptied() {
		in.batch.Redact(n)
	}
	if event.RedactsTask() {
		in.batch.RedactTask(event.Task.No)
	}

	before := in.past.talk
	if event.Talk != nil { // an event that changes a debt carries all open debts of the room
		in.past.talk = event.Talk
	}
	partial := in.isPartialAnswer(event, before)

	// News goes into the batch, or fills it. A decision about a draft is news even in the call's own event, since a
	// repeated call may not know the decision.
	if me.IsNews(event) && (event.N != in.pos.sentN || event.Decides != 0) {
		if !in.batch.Add(in.viewEvent(event), event) {
			in.end = full
			return
		}
		in.addNews(event, agents, partial)
	}

	in.add(eventsMissed, event.N > in.scanned+1)
	in.scanned = event.N
	if event.ClosesRoom() {
		in.loseSeat(event.N, event.Reason)
	}
}

// recordHandedOut records the events in the inbox as handed out. newest is false if a newer wait of the seat has
// begun, which hands out the same events. Hooks do not call the agent for messages before the record. So the inbox
// collects on: else message 43, appended after it was filled up to 42 and before the record, would wake nobody.
func (in *inbox) recordHandedOut(ctx context.Context, wait *presence.Wait) (newest bool, err error) {
	r := in.c.reader()
	newest, err = r.RecordHandedOut(ctx, wait, in.pos.Offer, in.scanned, len(in.batch.Messages))
	if err != nil || !newest || in.pos.How == presence.Peek || !r.HasHooks() {
		return newest, err
	}
	for had := 0; had < len(in.batch.Messages) && in.end < full; {
		had = len(in.batch.Messages)
		_, err := in.c.room.log.Refresh(ctx, in.c.room.svc.now())
		if err == nil {
			err = in.collect(ctx)
		}
		if err != nil || len(in.batch.Messages) == had {
			break
		}
		more, err := r.RecordHandedOut(ctx, wait, in.pos.Offer, in.scanned, len(in.batch.Messages))
		if err != nil || !more {
			break
		}
	}
	return true, nil // even if the last record failed: everything in an earlier record must be handed out
}

// viewEvent returns event as the caller sees event.
func (in *inbox) viewEvent(event room.Event) Message {
	me := in.c.me
	message := messageOf(in.batch.Room, me, event)
	if message.Draft != "" && !me.IsPerson() {
		message.Type = EventDrafted // the agent has not said the draft by now
	}
	message.OwnTask = in.pos.How == presence.Peek && message.Type == EventTask && me.HearsOfTask(event)
	message.Repeated = in.pos.Marks(event) && (!in.pos.leaves || me.IsHeldBy(event, room.Act{}))
	return message
}

// addNews adds the signs of event, which is news. If partial, the wait may go on past it.
func (in *inbox) addNews(event room.Event, agents int, partial bool) {
	me := in.c.me
	if event.N < in.pos.sentN {
		in.before++
	}
	knocked := event.Type == room.Knocked
	switch ends := in.wouldEndWait(event, agents); {
	case ends && partial:
		in.past.add(event.ReplyTo, event)
	case ends:
		in.end = max(in.end, woken)
	}
	in.add(agentMoved, event.Type != room.Said && event.Type != room.TaskChanged && !knocked)
	in.add(agentParted, event.Type == room.Left || event.Kind == room.Done)
	in.add(seatWanted, knocked && event.Reason == room.ReasonRoomFull)
	in.add(nameWanted, knocked && event.Reason == room.ReasonNameTaken && event.Key != me.Key)
}

// wouldEndWait reports whether event, which is news, ends the caller's wait, unless it is a partial answer. A send
// waits for an answer, so of what came before its message only what is meant for the caller, or agreed, ends the wait.
func (in *inbox) wouldEndWait(event room.Event, agents int) bool {
	me := in.c.me
	return me.WokenBy(event, agents, in.listens.forMe) &&
		(event.N > in.pos.sentN || me.IsHeldBy(event, room.Act{}) || len(me.AgreedIn(event)) > 0)
}

// position is where a call begins to read.
type position struct {
	presence.Offer
	given  ident.Cursor // the caller's cursor, which goes on in that of the answer; zero: none
	sentN  int64        // the message of the call; 0: none
	leaves bool         // the call leaves: what held it back before is marked
}

// position returns where a call begins to read. offer is what the call is offered, and given its cursor, which may be
// zero.
func (req *WaitRequest) position(offer presence.Offer, given ident.Cursor) position {
	return position{Offer: offer, given: afterMessage(req.sentN, given), sentN: req.sentN}
}
