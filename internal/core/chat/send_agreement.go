package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// An agreement is a proposal with which all agree. A newer one may replace it: here Ann, Bob and Cid have agreed on
// proposal 10, "at noon".
//
//	20  Ann proposes "at 15:00" with reply_to 10   20 is to replace 10
//	21  Bob objects to 20                          10 stays
//	22  Ann proposes "at 14:00" with reply_to 21   underDispute finds 10 by toReplace(20), so 22 is to replace 10
//	24  All agree                                  10 is replaced: latestOf(10) is 22
//	25  Cid proposes "at 13:00" with reply_to 10   25 replaces nothing: besideOf says that it stands beside 22
//
// If 22 had reply_to 20, it would replace nothing, and stand beside 10.

// replaceSteps is how many proposals toReplace follows at most.
const replaceSteps = 8

// underDispute returns what a proposal that answers this event is meant for: of an objection to what was to replace an
// agreement, that agreement. The log alone decides, so a repeated call answers the same.
func (c sending) underDispute(ctx context.Context, answered room.Event) (room.Event, error) {
	if answered.Kind != room.Object {
		return answered, nil
	}
	x, err := c.toReplace(ctx, answered.ReplyTo)
	if err != nil || x == nil {
		return answered, err
	}
	return x.Proposal(), nil
}

// toReplace returns the agreement that proposal n was to replace, itself or after proposals that it was to replace
// first; nil if there is none, or the caller sees no more of it.
func (c sending) toReplace(ctx context.Context, n int64) (*roomlog.Agreement, error) {
	var stored []roomlog.Agreement
	for step := range replaceSteps {
		event, err := c.room.log.Event(ctx, n)
		switch {
		case errors.Is(err, table.ErrNotFound): // it has expired
			return nil, nil
		case err != nil, !c.me.Sees(event), event.Kind != room.Proposal, event.Replaces == 0:
			return nil, err
		}
		if step == 0 { // most events were to replace nothing
			stored, _, err = c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
			if err != nil || len(stored) == 0 {
				return nil, err
			}
		}
		n = event.Replaces
		if x := find(stored, n); x != nil {
			return x, nil
		}
	}
	return nil, nil
}

// nameReplacement returns refusal, the refusal of o, or a refusal that names the proposal by which another one replaced
// what o votes on: an agent that has not read far enough votes on that next. Who objects to an agreement is told to
// propose.
func (c sending) nameReplacement(ctx context.Context, o *outgoing, refusal error) error {
	if !o.event.IsVote() || o.event.ReplyTo == 0 || fault.CodeOf(refusal) != fault.InvalidArgument {
		return refusal
	}
	n, err := c.latestOf(ctx, o.event.ReplyTo)
	if err != nil {
		return refusal
	}
	id := c.head.MessageID(n)
	if bound, err := reading(c).boundBy(ctx, n); err == nil && bound != nil && o.event.Kind == room.Object {
		return fault.Refuse(fault.InvalidArgument, "%s is agreed on, so no objection ends it. Nothing was sent: to "+
			"take it back, send what is to hold in its place, if only that it ends, with kind proposal and reply_to "+
			"%s. If that replaces it, and it binds you, its open tasks are in question from then on.", id, id)
	}
	if n == o.event.ReplyTo {
		return refusal
	}
	return fault.Refuse(fault.InvalidArgument, "reply_to was replaced by %s. Nothing was sent: if that still asks "+
		"you, vote on it with reply_to %s. room_info lists what is open and what was agreed.", id, id)
}

// latestOf follows what replaced proposal n, and what replaced that, as far as the caller sees; n if nothing did. An
// agreement is replaced once the newer one is agreed on. A proposal is open for a day, so the events after n tell of
// most; of agreements the items tell.
func (c sending) latestOf(ctx context.Context, n int64) (int64, error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
	if err != nil {
		return n, err
	}
	end := min(c.room.log.Peek().AsOf, n+core.MaxBack)
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, n, end) {
		if err != nil {
			return n, err
		}
		if event.Replaces == n && c.me.Sees(event) && (find(stored, n) == nil || find(stored, event.N) != nil) {
			n = event.N
		}
	}
	for x := find(stored, n); x != nil && x.ReplacedBy != 0; x = find(stored, n) {
		n = x.ReplacedBy
	}
	return n, nil
}
