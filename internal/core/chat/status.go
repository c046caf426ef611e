package chat

import "context"

// found is what a call has found for the caller: see decideStatus.
type found struct {
	superseded bool   // a newer wait of the seat has begun, and hands out the news
	end        ending // of the inbox
	news       bool   // there are events that the caller was not handed twice before
	parted     bool   // they say that an agent is done, or has left
	ended      bool   // the talk is over for the caller (see room.State.Ended), and no agent works on a task
	watches    bool   // the caller is a person, or a program for a paused agent: both stay when the talk is over
}

// stop is what ended a call, beside what it found.
type stop struct {
	yields    bool // a program looks in for an agent that itself waits
	noPartner bool // in a pair, the partner is silent (see Company.NoPartner), and no agent works on a task
	turn      bool // the caller is given the turn
	silently  bool // a send waits for nothing: no news is not worth a word
}

// found returns what the inbox has found. It decides nothing: decideStatus does.
func (in *inbox) found(ctx context.Context) found {
	c := in.c
	return found{end: in.end, news: len(in.batch.Messages) > 0, parted: in.has(agentParted),
		ended:   c.head.Ended(c.me.Agent, c.room.svc.now()) && !c.hasActiveTask(ctx),
		watches: !c.me.StopsWithTalk() || in.has(asleep)}
}

// decideStatus decides the status of a call's result. The rules stand in the order of the body, and the first that
// applies decides. Ann waits, in a room with Bob:
//
//  1. Bob says hello, and a newer wait of Ann hands that out: superseded.
//  2. A program looks in for Ann, who waits herself: superseded.
//  3. Bob says hello, then an admin removes Ann: removed.
//  4. Bob leaves: all_done.
//  5. Bob leaves, and more events follow than fit: messages.
//  6. Bob, who is done, says hello: messages.
//  7. Bob is done, and nothing has happened since: all_done.
//  8. Bob is done, and the person of Ann watches, or a program while she is paused: quiet.
//  9. Bob, Ann's partner from a queue, is silent: all_done.
//  10. Bob, Ann's partner from a queue, is silent, and the person of Ann watches: quiet.
//  11. Bob, Ann's partner from a queue, is silent, but has said hello before: messages.
//  12. It is Ann's turn: your_turn.
//  13. Bob says hello, and it is Ann's turn: your_turn.
//  14. It is Ann's turn, but Bob is done: all_done.
//  15. Bob says hello: messages.
//  16. Nothing happens: quiet.
//  17. Ann does not wait, but has sent something, and nothing is unread: no status.
func decideStatus(f found, s stop) WaitStatus {
	switch {
	case f.superseded || s.yields: // 1, 2
		return StatusSuperseded
	case f.end == lost: // 3
		return StatusRemoved
	case f.allDone() || s.noPartner && f.mayStop(): // 4 to 11, 14
		return StatusAllDone
	case s.turn: // 12, 13
		return StatusTurn
	case f.news: // 5, 6, 11, 15
		return StatusMessages
	case s.silently: // 17
		return ""
	}
	return StatusQuiet // 8, 10, 16
}

// allDone reports whether the talk is over. News that does not say so comes first: the caller may want to answer it.
func (f found) allDone() bool {
	if f.news {
		return f.ended && f.parted && f.end != full
	}
	return f.ended && f.mayStop()
}

// mayStop reports whether the caller has read everything, and would stop once the talk is over.
func (f found) mayStop() bool { return !f.news && !f.watches }
