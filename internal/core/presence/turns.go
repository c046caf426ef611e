package presence

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// When everyone present waits, nobody would ever speak. So one agent gets the turn. room.Turn decides which agent,
// in every process alike, and the process in which that agent waits claims the turn. The item TURN#<word>#<seat> is
// put if absent, so each agent has one turn in the silence after a word.

// maxTurnCheckPause bounds how long a process waits before it checks again whether agents wait in other processes.
// The pause doubles with each check, since a check costs a read.
const maxTurnCheckPause = 30 * time.Second

// OnAdvance hears of the events of the log. An event may end the silence, and a freed seat leaves the cache.
// A call under way may cache the seat again, until the next event Left. Without events, the head was loaded.
func (r *Attendees) OnAdvance(head *room.Head, events []room.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := func(event room.Event) bool { return event.Type == room.Left }
	if len(events) == 0 || slices.ContainsFunc(events, left) {
		maps.DeleteFunc(r.seats, func(seat int, _ *seatCache) bool {
			_, here := head.Seated(seat)
			return !here
		})
	}
	if len(r.waits) > 0 {
		r.beginSilence()
		r.beginFreeTaskCheck()
	}
}

// beginSilence schedules the check for the turn, because an event happened or an agent began to wait. Attendees.mu is
// held.
func (r *Attendees) beginSilence() {
	r.endSilence()
	head := r.log.Peek()
	if head == nil || head.Closed || len(head.Agents) < 2 {
		return
	}
	_, _, word := head.Recent.LastWord()
	r.scheduleTurnCheck(head.AsOf, max(0, word.Add(room.TurnAfter).Sub(r.now())), room.TurnAfter)
}

// endSilence ends the silence, if there is one. Attendees.mu is held.
func (r *Attendees) endSilence() {
	if r.silence != nil {
		r.silence.timer.Stop()
		r.silence = nil
	}
}

// scheduleTurnCheck checks after d whose turn it is, unless an event happens. step is the least pause before a
// further check, if the process knows nothing that makes an earlier check useful. Attendees.mu is held.
func (r *Attendees) scheduleTurnCheck(head int64, d, step time.Duration) {
	s := &silence{head: head}
	r.silence = s
	s.timer = r.o.Clock.AfterFunc(d, func() { r.signalTurn(s, step) })
}

// signalTurn lets the agent whose turn it is try to claim the turn, if the agent waits here.
func (r *Attendees) signalTurn(s *silence, step time.Duration) {
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	next, word, err := r.readTurn(ctx)
	if err != nil {
		r.o.Logger.Warn("whose turn it is could not be read", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silence != s || len(r.waits) == 0 || r.log.Peek().AsOf != s.head {
		return
	}
	if err != nil {
		r.scheduleTurnCheck(s.head, min(2*step, maxTurnCheckPause), min(2*step, maxTurnCheckPause))
		return
	}
	seat, again := next.Next()
	wait := r.waits[seat]
	switch {
	case wait != nil:
		select {
		case <-wait.Turn: // of an earlier silence
		default:
		}
		wait.Turn <- word // does not block: only signalTurn sends, under Attendees.mu
		r.scheduleTurnCheck(s.head, room.TurnPasses, room.TurnPasses)
	case again > 0 && r.o.SingleProcess:
		r.scheduleTurnCheck(s.head, again, step)
	case again > 0: // earlier, since an agent that this check waits for may wait or go away in another process
		r.scheduleTurnCheck(s.head, min(again, maxTurnCheckPause), step)
	case seat > 0: // the agent waits in another process, which checks, too
		r.scheduleTurnCheck(s.head, room.TurnPasses, room.TurnPasses)
	case !r.o.SingleProcess:
		r.scheduleTurnCheck(s.head, min(2*step, maxTurnCheckPause), min(2*step, maxTurnCheckPause))
	}
}

// readTurn reads what decides whose turn it is, and returns the last word.
func (r *Attendees) readTurn(ctx context.Context) (turn room.Turn, word int64, err error) {
	if n, _, _ := r.log.Peek().Recent.LastWord(); n == 0 { // every process must decide on the same word
		if err := r.log.ReadBack(ctx, time.Time{}); err != nil {
			return turn, 0, err
		}
	}
	head, now := r.log.Peek(), r.now()
	word, _, _ = head.Recent.LastWord()
	presence, _, err := r.ReadPresence(ctx, table.Eventual)
	if err != nil {
		return turn, 0, err
	}
	claims, err := r.log.Seats().Turns(ctx, word)
	had, waits := map[int]time.Time{}, map[int]bool{}
	for seat, claimed := range claims {
		had[seat] = claimed.At
	}
	r.mu.Lock()
	for seat, wait := range r.waits {
		if wait.Looks {
			continue
		}
		waits[seat] = wait.Standby
		if claims[seat].MissedBy(wait.rank()) {
			delete(had, seat)
		}
	}
	r.mu.Unlock()
	turn = room.Turn{Head: head, Now: now, Given: had, Seen: presence, Attends: func(seat int) room.Attendance {
		agent, _ := head.Seated(seat)
		if standby, here := waits[seat]; here {
			return room.Attendance{Waits: !standby, Standby: standby,
				Called: room.Latest(time.UnixMilli(agent.AtMs), presence[seat].OwnUntil())}
		}
		return presence[seat].Attendance(head, agent, now, r.slack())
	}}
	return turn, word, err
}

// slack is how much too early a stored end of a wait may be: some waits in quick succession are not written.
func (r *Attendees) slack() time.Duration {
	if r.o.SingleProcess {
		return 0
	}
	return CallFresh
}

// IsPresent reports whether a, whose presence is p, is neither silent nor away.
func (r *Attendees) IsPresent(h *room.Head, a room.Agent, p room.Presence) bool {
	now := r.now()
	return p.Attendance(h, a, now, r.slack()).IsPresent(now)
}

// ClaimTurnIfNext claims the turn for wait, a look-in of a program on standby, if the turn is now that of the seat. It
// logs a failure, since the next look-in is soon.
func (r *Attendees) ClaimTurnIfNext(ctx context.Context, seat int, wait *Wait) bool {
	next, word, err := r.readTurn(ctx)
	claimed := false
	if err == nil {
		if first, _ := next.Next(); first != seat {
			return false
		}
		claimed, err = r.ClaimTurn(ctx, seat, word, wait)
	}
	if err != nil && ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "whose turn it is could not be read", "error", err)
	}
	return claimed
}

// ClaimTurn claims the turn in the silence after event word for wait of a seat. It returns false if another
// word has been said since, or the seat has had this turn.
func (r *Attendees) ClaimTurn(ctx context.Context, seat int, word int64, wait *Wait) (bool, error) {
	head, err := r.log.Refresh(ctx, r.now())
	if err != nil {
		return false, err
	}
	if last, _, _ := head.Recent.LastWord(); last != word {
		return false, nil
	}
	claimed, err := r.log.Seats().ClaimTurn(ctx, word, seat, wait.rank())
	if err != nil && ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "a turn was not given", "error", err)
	}
	return claimed, ctx.Err()
}
