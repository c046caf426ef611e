package room

import (
	"fmt"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// checkQuota refuses event, which asks, if too much is open. A request counts for its seat, for the seat's group (see
// State.groupOf) and for the room; for the last two, what is private counts apart. A seat that has nothing open is
// never refused, so nobody is silenced by what others ask. The proposal whose place event takes does not count. The
// refusal tells the limit and not how many are open, since others may not tell how many private ones there are.
func (c messageRules) checkQuota(event *Event) error {
	if event.Kind != Request && len(event.Ask) == 0 {
		return nil
	}
	own, group, all := c.countOpen(event.Replaces)
	if own == (quota{}) {
		return nil
	}
	proposes, private := event.Kind == Proposal, len(event.To) > 0
	for _, limit := range []struct {
		applies bool
		n, most int
		is      string
	}{
		{true, own.public + own.private, core.MaxAsked, "You have %d requests open"},
		{proposes, own.proposals, core.MaxProposed, "You have %d proposals open"},
		{private, own.private, core.MaxAskedPrivate, "You have %d private requests open"},
		{!private, group.public, core.MaxAsked,
			"The seats of your invite or key have %d requests open"},
		{!private && proposes, group.publicProposals, core.MaxProposed,
			"The seats of your invite or key have %d proposals open"},
		{private, group.private, core.MaxGroupPrivate,
			"The seats of your invite or key have %d private requests open"},
		{!private, all.public, core.MaxOpen, "%d requests are open in this room"},
		{private, all.private, core.MaxOpen, "%d private requests are open in this room"},
	} {
		if limit.applies && limit.n >= limit.most {
			return fault.Refuse(fault.InvalidArgument, "%s, the most that there may be. Nothing was sent: withdraw "+
				"one of yours, or wait until one is answered.", fmt.Sprintf(limit.is, limit.most))
		}
	}
	return nil
}

// quota counts open requests, proposals among them.
type quota struct{ public, private, proposals, publicProposals int }

// countOpen returns what is open of the agent, of its group and of all, without request but.
func (c messageRules) countOpen(but int64) (own, group, all quota) {
	for _, r := range c.head.Talk.Open {
		if r.hasExpired(c.now) || r.N == but {
			continue
		}
		all.add(r)
		if c.head.groupOf(r.Seat) == c.head.groupOf(c.agent.Seat) {
			group.add(r)
		}
		if r.Seat == c.agent.Seat {
			own.add(r)
		}
	}
	return own, group, all
}

func (q *quota) add(r OpenRequest) {
	proposal := 0
	if r.Proposal {
		proposal = 1
	}
	q.proposals += proposal
	if len(r.To) > 0 {
		q.private++
		return
	}
	q.public, q.publicProposals = q.public+1, q.publicProposals+proposal
}
