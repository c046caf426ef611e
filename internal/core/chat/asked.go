package chat

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// A wait goes on past an answer while other agents may still answer the same message: see isPartialAnswer. A send that
// asks goes on past all that is not for its caller, too: see sending.listen. Everything else ends the wait. An
// agent's call goes on past answers to any message of the agent; the call of a person, a stay or an agent with a hook
// only past those to the message of the call. A program's wait never goes on, and neither does a look.
//
// Each numbered case below shows one rule. Ann is in a room with Bob, Cid and Dan. She asks Bob and Cid, or proposes
// something to them, and waits, by the same call or by another.

// pastAnswers is what a wait knows of the events that it goes on past: see isPartialAnswer.
type pastAnswers struct {
	talk    *room.Talk       // as of the last event checked; nil: unknown
	awaited []int64          // the messages that still await answers
	last    int64            // the last event that the wait goes on past; 0: none
	recheck <-chan time.Time // tells collectUntil to check again although no event comes; nil: never
}

// add adds event, which the wait goes on past while message n awaits answers.
func (p *pastAnswers) add(n int64, event room.Event) {
	p.awaited, p.last = append(p.awaited, n), event.N
}

// askedEvery is how often a wait past an answer checks whether the agents that still owe answers are here.
const askedEvery = 30 * time.Second

// isPartialAnswer reports whether event pays a debt to a message of the caller and asks nothing, while others still
// owe the message an answer. before has the debts of the time before event. The wait ends by the first rule that does
// not hold:
//
//  1. Bob answers, and Cid is here: the wait goes on.
//  2. Bob speaks without reply_to: the wait ends.
//  3. Bob objects to the proposal: the wait ends.
//  4. Bob asks Cid and Dan, Ann waits, and Cid answers him: the wait ends.
//  5. Bob and Cid answer: the wait ends, and brings both answers.
//  6. Bob answers, and Ann looks in: the look brings his answer.
//  7. Dan, who was not asked, answers: the wait ends.
//  8. Bob answers with a question: the wait ends.
//  9. Bob answers with kind done: the wait ends.
//  10. Bob's answer finishes a task that Ann added: the wait ends.
func (in *inbox) isPartialAnswer(event room.Event, before *room.Talk) bool {
	if event.Talk == nil { // 2: event changes no debt
		return false
	}
	request, open := event.Talk.Find(event.ReplyTo, event.At())
	return open && // 3
		request.Seat == in.c.me.Seat && // 4
		len(request.Owed) > 0 && // 5
		(in.listens.forAnswers || request.N == in.pos.sentN) && // 6
		event.Type == room.Said && !slices.Contains(request.Owed, event.Seat) &&
		in.wasOwed(before, request.N, event) && // 7
		!asksSomebody(&event) && // 8
		event.Kind != room.Done && // 9
		!in.c.me.HearsOfTask(event) // 10
}

// wasOwed reports whether the sender of event owed message n an answer before event. before has the debts of that time;
// if it is nil, they have changed since the call's cursor, and every agent asked by the message may have owed an
// answer. A message older than the tail of the log counts as asking nobody.
func (in *inbox) wasOwed(before *room.Talk, n int64, event room.Event) bool {
	if before != nil {
		request, _ := before.Find(n, event.At())
		return slices.Contains(request.Owed, event.Seat)
	}
	tail, ok := in.c.room.log.Tail(n - 1)
	return ok && len(tail) > 0 && slices.Contains(tail[0].Ask, event.Seat)
}

// asksSomebody reports whether event, a message, wants an answer or a vote.
func asksSomebody(event *room.Event) bool {
	return len(event.Ask) > 0 || event.Kind.Asks()
}

// passOver reports whether wait goes on past the answers so far, and then tells others so: see
// presence.Recorder.PassOver. What it remembers is in the inbox: on the stacks of thousands of waits it would take
// memory. Such a wait, too, ends with the turn or its time, and brings the answers. It ends at once if nobody who still
// owes an answer may soon give it:
//
//  11. Bob answers, and Cid falls silent later: the wait ends.
//  12. Bob answers, and the person of Cid pauses him: the wait ends.
//  13. Bob answers, and Cid leaves: the wait ends.
//  14. Ann asks Bob and Cid, then Bob and Dan, Bob answers both, and Cid leaves: the wait ends.
func (in *inbox) passOver(ctx context.Context, wait *presence.Wait) (goes bool) {
	if !in.isOwedByPresent(ctx) {
		return false
	}
	in.c.recorder().PassOver(ctx, wait, in.past.last, in.scanned)
	if in.past.recheck == nil {
		in.past.recheck = in.c.room.svc.clock.After(askedEvery)
	}
	return true
}

// isOwedByPresent reports whether each answered message (14) may soon get another answer, from an agent that has its
// seat (13), is neither silent nor away (11), and is not held by a person (12). If the roster cannot be read, the
// answers so far do not wait.
func (in *inbox) isOwedByPresent(ctx context.Context) bool {
	live := in.c.room
	head, now := live.log.Peek(), live.svc.now()
	owed := func(may func(room.Agent) bool) bool {
		return !slices.ContainsFunc(in.past.awaited, func(n int64) bool {
			asked, _ := in.past.talk.Find(n, now)
			return !slices.ContainsFunc(asked.Owed, func(seat int) bool {
				agent, here := head.Seated(seat)
				return here && !agent.WaitsForPerson(now) && may(agent)
			})
		})
	}
	if !owed(func(room.Agent) bool { return true }) {
		return false
	}
	seen, err := live.roster(ctx, head, in.c.me)
	return err == nil && owed(func(agent room.Agent) bool {
		return live.agents.IsPresent(head, agent, seen.lastHeard(agent, seen.Presence[agent.Seat]))
	})
}
