package chat

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// A send that asks goes on waiting past an answer while others who were asked may answer. What lets it go on is news
// that settles a debt to the message and asks nothing: see inbox.settles. All else that ends a wait ends this one, too.
// Ann, in a room with Bob, Cid and Dan, asks Bob and Cid or proposes something to them, and waits:
//
//  1. Bob answers, and Cid is here: the wait goes on.
//  2. Bob answers in private, and Cid is here: the wait goes on.
//  3. Bob agrees to the proposal, and Cid is here: the wait goes on.
//  4. Bob and Cid answer: the wait ends, and brings both answers.
//  5. Bob answers, and Cid is silent: the wait ends.
//  6. Bob answers, and Cid falls silent later: the wait ends.
//  7. Bob answers, and Cid is away: the wait ends.
//  8. Bob answers, and the person of Cid pauses him: the wait ends.
//  9. Bob answers, and a draft of Cid waits for his person: the wait ends.
//  10. Bob answers, and Cid is muted, so that he owes nothing: the wait ends.
//  11. Bob speaks without reply_to: the wait ends.
//  12. Bob says more after his answer: the wait ends.
//  13. Dan, who was not asked, answers: the wait ends.
//  14. Bob answers with a question: the wait ends.
//  15. Bob answers with kind done: the wait ends.
//  16. Bob objects to the proposal: the wait ends.
//  17. Bob answers, and Cid leaves: the wait ends.
//  18. Bob's answer finishes a task that Ann added: the wait ends.
//  19. Bob answers, and it is Ann's turn: the wait ends, and brings his answer.
//  20. Bob answers, and the time is up: the wait ends, and brings his answer.
//  21. Ann asks nobody in particular, and Bob answers: the wait ends.
//  22. Ann asks, then waits by a call of its own, and Bob answers: the wait ends.

// askedEvery is how often a wait that went on past an answer looks whether those who owe one are still here.
const askedEvery = 30 * time.Second

// settles reports whether e settles a debt to the message that the call has sent, and asks nothing. Each event that
// changes a debt has all debts.
func (in *inbox) settles(e room.Event) bool {
	if e.N == in.pos.own {
		in.owed = e.Ask
		return false
	}
	if len(in.owed) == 0 || e.Talk == nil {
		return false // 11, 12, 13, 21, 22
	}
	before := in.owed
	i := slices.IndexFunc(e.Talk.Open, func(r room.OpenRequest) bool { return r.N == in.pos.own })
	in.owed = nil
	if i >= 0 {
		in.owed = e.Talk.Open[i].Owed
	}
	return e.Type == room.Said && slices.Contains(before, e.Seat) && !slices.Contains(in.owed, e.Seat) &&
		len(e.Ask) == 0 && e.Kind != room.Request && e.Kind != room.Proposal && e.Kind != room.Done && // 14, 15
		!in.caller.me.HearsOfTask(e) // 18
}

// passOver lets the wait w go on past the answers that have come, or ends it: see the cases. If others took the caller
// for one that an answer has woken, they would count its time to speak, so they learn that it waits. What it remembers
// stands in the inbox: what a wait has on its stack, thousands have.
func (in *inbox) passOver(ctx context.Context, w *presence.Wait) {
	if !in.has(answered) || in.has(wakes) {
		return
	}
	if !in.isOwedByPresent(ctx) { // 4 to 10, 16, 17
		in.signs |= worthAnswer
		return
	}
	if w.PassedTo < in.answeredTo { // 1, 2, 3
		w.PassedTo = in.scanned
		in.caller.attendance().Renew(ctx, w)
	}
	if in.lookAgain == nil {
		in.lookAgain = in.caller.room.svc.clock.After(askedEvery)
	}
}

// isOwedByPresent reports whether one that owes an answer may give it soon: it is neither silent nor away, and its
// person does not hold it. What has come does not wait for a roster that cannot be read.
func (in *inbox) isOwedByPresent(ctx context.Context) bool {
	r := in.caller.room
	h := r.log.Peek()
	var owing []room.Agent
	for _, seat := range in.owed {
		if a, here := h.Seated(seat); here && !a.WaitsForPerson(r.svc.now()) {
			owing = append(owing, a)
		}
	}
	if len(owing) == 0 {
		return false
	}
	seen, err := r.roster(ctx, h, in.caller.me)
	return err == nil && slices.ContainsFunc(owing, func(a room.Agent) bool {
		return r.agents.IsPresent(h, a, seen.heard(a, seen.Presence[a.Seat]))
	})
}
