package presence

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// When everyone present waits, nobody would ever speak. So one agent gets the turn. room.Turn decides which agent, and
// the process in which it waits claims the turn. Processes that know different presence may decide on two agents. So
// the claim is for the n-th turn after a word, whoever takes it.

// silence is a time during which everyone present may be waiting.
type silence struct {
	head  int64 // the last event when it began
	timer clockwork.Timer
}

// NextTurn is a turn that an agent may claim.
type NextTurn struct {
	After int64 // the last event when it was decided
	N     int   // its number among the turns after the last word
}

// maxTurnCheckPause bounds the pause before a process checks again whether agents wait in other processes. The pause
// doubles with each check, since a check costs a read.
const maxTurnCheckPause = 30 * time.Second

// beginSilence schedules the check for the turn: an event happened, an agent began to wait, or the wait of one that is
// away has ended.
func (l locked) beginSilence() {
	l.endSilence()
	head := l.a.log.Peek()
	if head == nil || head.Closed || len(head.Agents) < 2 {
		return
	}
	last := time.UnixMilli(head.HeadMs)
	l.scheduleTurnCheck(head.AsOf, max(0, last.Add(room.TurnAfter).Sub(l.a.now())), room.TurnAfter)
}

func (l locked) endSilence() {
	if l.silence != nil {
		l.silence.timer.Stop()
		l.silence = nil
	}
}

// scheduleTurnCheck checks after d whose turn it is, unless an event happens. step is that of turnPause.
func (l locked) scheduleTurnCheck(head int64, d, step time.Duration) {
	s := &silence{head: head}
	l.silence = s
	s.timer = l.a.o.Clock.AfterFunc(d, func() { l.a.signalTurn(s, step) })
}

// signalTurn lets the agent whose turn it is try to claim the turn, if the agent waits here.
func (a *Attendees) signalTurn(s *silence, step time.Duration) {
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	turn, n, err := a.readTurn(ctx)
	if err != nil {
		a.o.Logger.Warn("whose turn it is could not be read", "error", err)
	}
	l := a.lock()
	defer l.unlock()
	if l.silence != s || len(l.waits) == 0 || a.log.Peek().AsOf != s.head {
		return
	}
	if err != nil {
		l.scheduleTurnCheck(s.head, min(2*step, maxTurnCheckPause), min(2*step, maxTurnCheckPause))
		return
	}
	seat, again := turn.Next()
	wait := l.waits[seat]
	if wait != nil {
		select {
		case <-wait.Turn: // of an earlier silence
		default:
		}
		wait.Turn <- NextTurn{turn.Head.AsOf, n} // does not block: only signalTurn sends, under the lock
	}
	if pause, next := turnPause(seat, again, step, a.o.SingleProcess); pause > 0 {
		l.scheduleTurnCheck(s.head, pause, next)
	}
}

// turnPause returns when to check again whose turn it is, and the step of that check. seat and again are those of
// room.Turn.Next, step is that of the last check:
//
//  1. The turn is Bob's: 30 s later, since he may not take the turn.
//  2. Somebody may get it in 90 s, and no other process writes: in 90 s; if nobody may, not before an event.
//  3. Somebody may get it in 90 s: in 30 s, since an agent may wait or go away in another process.
//  4. It is nobody's: after twice the last step, at most 30 s.
func turnPause(seat int, again, step time.Duration, single bool) (pause, next time.Duration) {
	switch {
	case seat > 0: // 1
		return room.TurnPasses, room.TurnPasses
	case single: // 2
		return again, step
	case again > 0: // 3
		return min(again, maxTurnCheckPause), step
	}
	longer := min(2*step, maxTurnCheckPause) // 4
	return longer, longer
}

// readTurn reads what decides whose turn it is, and the number of that turn after the last word.
func (a *Attendees) readTurn(ctx context.Context) (turn room.Turn, n int, err error) {
	if word, _, _ := a.log.Peek().Recent.LastWord(); word == 0 { // every process must decide on the same word
		if err := a.log.ReadBack(ctx, time.Time{}); err != nil {
			return turn, 0, err
		}
	}
	head, now := a.log.Peek(), a.now()
	presence, _, err := a.ReadPresence(ctx, table.Eventual)
	if err != nil {
		return turn, 0, err
	}
	word, _, _ := head.Recent.LastWord()
	claims, err := a.log.Items().Turns(ctx, word)
	if err != nil {
		return turn, 0, err
	}
	had, waits := map[int]time.Time{}, map[int]bool{}
	n = 1
	for seat, claimed := range claims {
		had[seat] = claimed.At
		n = max(n, claimed.N+1)
	}
	l := a.lock()
	for seat, wait := range l.waits {
		if wait.Looks() {
			continue
		}
		waits[seat] = wait.Standby
		if claims[seat].MissedBy(wait.rank()) {
			delete(had, seat)
		}
	}
	l.unlock()
	turn = room.Turn{Head: head, Now: now, Given: had, Seen: presence, Attends: func(seat int) room.Attendance {
		agent, _ := head.Seated(seat)
		if standby, here := waits[seat]; here {
			return room.Attendance{Waits: !standby, Standby: standby,
				Called: room.Latest(time.UnixMilli(agent.AtMs), presence[seat].OwnUntil())}
		}
		return presence[seat].Attendance(head, agent, now, a.slack())
	}}
	return turn, n, nil
}

// slack is how much too early a stored end of a wait may be: some waits in quick succession are not written.
func (a *Attendees) slack() time.Duration {
	if a.o.SingleProcess {
		return 0
	}
	return CallLag
}

// IsPresent reports whether agent, whose presence is presence, is neither silent nor away.
func (a *Attendees) IsPresent(head *room.Head, agent room.Agent, presence room.Presence) bool {
	now := a.now()
	return presence.Attendance(head, agent, now, a.slack()).IsPresent(now)
}

// ClaimTurnIfNext claims the turn for wait, a look-in of a program on standby, if it is the turn of the seat. It logs a
// failure, since the next look-in is soon.
func (a *Attendees) ClaimTurnIfNext(ctx context.Context, seat int, wait *Wait) (claimed bool) {
	turn, n, err := a.readTurn(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.o.Logger.WarnContext(ctx, "whose turn it is could not be read", "error", err)
		}
		return false
	}
	first, _ := turn.Next()
	return first == seat && a.ClaimTurn(ctx, seat, NextTurn{turn.Head.AsOf, n}, wait)
}

// ClaimTurn claims a turn for wait of a seat. It returns false if an event has come since the turn was decided, or an
// agent has claimed the turn. It logs a failure: like poll, a wait survives a short outage.
func (a *Attendees) ClaimTurn(ctx context.Context, seat int, turn NextTurn, wait *Wait) (claimed bool) {
	head, err := a.log.Refresh(ctx, a.now())
	if err == nil && head.AsOf == turn.After {
		word, _, _ := head.Recent.LastWord()
		claimed, err = a.log.Items().ClaimTurn(ctx, word, turn.N, seat, wait.rank())
	}
	if err != nil && ctx.Err() == nil {
		a.o.Logger.WarnContext(ctx, "a turn was not given", "error", err)
	}
	return claimed
}
