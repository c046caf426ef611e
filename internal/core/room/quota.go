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
//
// talk: requests.
func (c messageRules) checkQuota(event *Event) error {
	if event.Kind != Request && len(event.Ask) == 0 {
		return nil
	}
	private, proposes := len(event.To) > 0, event.Kind == Proposal
	isOwn := func(r OpenRequest) bool { return r.Seat == c.agent.Seat }
	isAlike := func(r OpenRequest) bool { return len(r.To) > 0 == private }
	group := c.head.groupOf(c.agent.Seat)
	isOfGroup := func(r OpenRequest) bool { return isAlike(r) && c.head.groupOf(r.Seat) == group }
	if c.countOpen(event, isOwn) == 0 {
		return nil
	}
	kind, ofGroup := "requests", core.MaxAsked
	if private {
		kind, ofGroup = "private requests", core.MaxGroupPrivate
	}
	for _, limit := range []struct {
		applies bool
		is      func(OpenRequest) bool
		most    int
		says    string
	}{
		{true, isOwn, core.MaxAsked, "You have %d requests open"},
		{proposes, func(r OpenRequest) bool { return isOwn(r) && r.Proposal }, core.MaxProposed,
			"You have %d proposals open"},
		{private, func(r OpenRequest) bool { return isOwn(r) && isAlike(r) }, core.MaxAskedPrivate,
			"You have %d private requests open"},
		{proposes && !private, func(r OpenRequest) bool { return isOfGroup(r) && r.Proposal }, core.MaxProposed,
			"The seats of your invite or key have %d proposals open"},
		{true, isOfGroup, ofGroup, "The seats of your invite or key have %d " + kind + " open"},
		{true, isAlike, core.MaxOpen, "%d " + kind + " are open in this room"},
	} {
		if limit.applies && c.countOpen(event, limit.is) >= limit.most {
			return fault.Refuse(fault.InvalidArgument, "%s, the most that there may be. Nothing was sent: withdraw "+
				"one of yours, or wait until one is answered.", fmt.Sprintf(limit.says, limit.most))
		}
	}
	return nil
}

// countOpen returns how many open requests are so, without the one whose place event takes.
func (c messageRules) countOpen(event *Event, is func(OpenRequest) bool) (n int) {
	for _, r := range c.head.Talk.Open {
		if !r.hasExpired(c.now) && r.N != event.Replaces && is(r) {
			n++
		}
	}
	return n
}
