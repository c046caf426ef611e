package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// History returns a part of the room's messages, the caller's own included: the latest, the messages before or after
// one, the messages with files, the agreements, or the rest of a long text.
func (s *Service) History(ctx context.Context, req HistoryRequest) (Page, error) {
	if req.Limit == 0 {
		req.Limit = 20
	}
	if err := req.check(); err != nil {
		return Page{}, err
	}
	c, err := s.enterReading(ctx, req.Token)
	if err != nil {
		return Page{}, s.Outward(err)
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
	var page Page
	switch {
	case req.Agreed:
		page, err = c.agreementsPage(ctx, req)
	case req.Files:
		page, err = c.filesPage(ctx, req)
	case req.ID != "":
		page, err = c.restOfText(ctx, req.ID, req.Offset)
	default:
		page, err = c.page(ctx, req)
	}
	return page, s.Outward(err)
}

func (req HistoryRequest) check() error {
	several := func(given ...bool) bool {
		return len(slices.DeleteFunc(given, func(is bool) bool { return !is })) > 1
	}
	switch {
	case req.Files && several(true, req.After != "", req.ID != "", req.Agreed):
		return fault.Refuse(fault.InvalidArgument, "files goes with before and limit only.")
	case several(req.Agreed, req.After != "", req.ID != ""), several(req.Before != "", req.After != "", req.ID != ""):
		return fault.Refuse(fault.InvalidArgument, "Give only one of before, after and id; agreed goes with before.")
	case req.Limit < 1 || req.Limit > 100:
		return fault.Refuse(fault.InvalidArgument, "limit must be from 1 to 100.")
	case req.Offset < 0 || req.Offset > 0 && req.ID == "":
		return fault.Refuse(fault.InvalidArgument,
			"offset goes with id, and is 0 or more: take both from a message's more.")
	}
	return nil
}

func refuseOffset() error {
	return fault.Refuse(fault.InvalidArgument, "offset is not inside that message: take it from the message's more.")
}

// page returns a page of the events visible to the caller, oldest first.
func (c reading) page(ctx context.Context, req HistoryRequest) (Page, error) {
	batch, log := batchFor(c.me, &c.head.State), c.room.log
	batch.Events = req.Limit
	if req.After != "" {
		event, err := c.seenEvent(ctx, "after", req.After)
		if err != nil {
			return Page{}, err
		}
		full, err := batch.FillAfter(ctx, log, c.me, max(event.N, c.me.Since.N-1))
		return Page{Messages: batch.Messages, HasMore: full, Cut: full && len(batch.Messages) < req.Limit}, err
	}
	from := c.head.AsOf + 1
	if req.Before != "" {
		event, err := c.seenEvent(ctx, "before", req.Before)
		if err != nil {
			return Page{}, err
		}
		from = event.N
	}
	full, err := batch.FillBefore(ctx, log, c.me, from)
	slices.Reverse(batch.Messages)
	page := Page{Messages: batch.Messages, HasMore: full, Cut: full && len(batch.Messages) < req.Limit}
	if err == nil && req.Before == "" && c.me.IsPerson() {
		page.Cursor, err = c.latestCursor(ctx, from-1, batch.Oldest.N, full)
	}
	return page, err
}

// latestCursor returns the cursor at event n, the latest, of a page that begins with event oldest; "" if the page lacks
// events of an answer that may be lost: see presence.Delivery.HasCursor. more says that older events are visible.
func (c reading) latestCursor(ctx context.Context, n, oldest int64, more bool) (string, error) {
	if more {
		if has, err := c.reader().HasCursor(ctx, oldest); err != nil || !has {
			return "", err
		}
	}
	return c.cursor(n, ident.Cursor{}), nil
}

// countEarlier returns how many messages to everybody, before a place in the log, a may see.
func countEarlier(ctx context.Context, log *roomlog.Log, a room.Caller, before room.Mark) (int64, error) {
	oldest, err := log.Oldest(ctx, a.Since)
	return max(0, before.Messages-oldest.Messages), err
}

// agreementsPage returns a page of the agreements as messages, oldest first. More are read: an agreement on the page
// tells whom the one bound that it replaces.
func (c reading) agreementsPage(ctx context.Context, req HistoryRequest) (Page, error) {
	before, known := c.head.MessageNumber(req.Before)
	stored, more, err := c.room.log.Items().Agreements(ctx, c.me, before, agreementsRead)
	if req.Before != "" && !known || errors.Is(err, table.ErrNotFound) {
		return Page{}, fault.Refuse(fault.InvalidArgument, "before: there is no agreement of this id that you may "+
			"see. Nothing was done: with agreed, use the id of an agreement that you have read.")
	}
	batch := batchFor(c.me, &c.head.State)
	batch.Events = req.Limit
	for _, x := range stored {
		event := x.Proposal()
		message := messageOf(batch.Room, c.me, event)
		message.Agreed, message.File = message.ID, viewFileSum(x.File)
		message.Replaces, message.ReplacedBy = c.head.MessageID(x.Replaces), c.head.MessageID(x.ReplacedBy)
		message.AgreedBy, message.Bound, message.NoSay = x.BoundNames(), x.OldBound, x.NoSay
		message.OldFile, message.RemovedBy = viewFileSum(x.OldFile), x.RemovedBy
		if !batch.Add(message, event) {
			more = true
			break
		}
	}
	slices.Reverse(batch.Messages)
	return Page{Messages: batch.Messages, HasMore: more, Cut: more && len(batch.Messages) < req.Limit}, err
}

// filesPage returns a page of the messages with files, oldest first.
func (c reading) filesPage(ctx context.Context, req HistoryRequest) (Page, error) {
	before := c.head.AsOf + 1
	if req.Before != "" {
		event, err := c.seenEvent(ctx, "before", req.Before)
		if err != nil {
			return Page{}, err
		}
		before = event.N
	}
	claims, err := roomlog.Claims(ctx, c.room.svc.store.Table(), c.token.Room)
	if err != nil {
		return Page{}, err
	}
	claims = slices.DeleteFunc(claims, func(claim roomlog.Claim) bool {
		return claim.Draft || claim.N >= before || !c.me.SeesMessage(claim.N, claim.Seat, claim.To)
	})
	slices.SortStableFunc(claims, func(claim, y roomlog.Claim) int { return int(y.N - claim.N) })
	batch := batchFor(c.me, &c.head.State)
	batch.Events = req.Limit
	full := false
	for _, claim := range claims {
		event, err := c.room.log.Event(ctx, claim.N)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return Page{}, err
		}
		if event.File == nil { // the file was removed meanwhile
			continue
		}
		full = !batch.Add(messageOf(batch.Room, c.me, event), event)
		if full {
			break
		}
	}
	slices.Reverse(batch.Messages)
	return Page{Messages: batch.Messages, HasMore: full, Cut: full && len(batch.Messages) < req.Limit}, nil
}

// restOfText returns a part of one long text: of a message or, after the message has expired, of an agreement.
func (c reading) restOfText(ctx context.Context, id string, offset int) (Page, error) {
	event, err := c.seenEvent(ctx, "id", id)
	if fault.CodeOf(err) == fault.InvalidArgument {
		event, err = c.agreedProposal(ctx, id, err)
	}
	if err != nil {
		return Page{}, err
	}
	message := messageOf(&c.head.State, c.me, event)
	if event.Type == room.Drafted {
		event.Text = event.Draft.Text
	}
	if offset > 0 {
		rest, ok := message.Rest(event.Text, offset)
		if !ok {
			return Page{}, refuseOffset()
		}
		message = rest
	}
	return Page{Messages: []Message{message}, HasMore: message.More != nil}, nil
}

// seenEvent returns the event of id if the caller may see it. An event hidden from the caller does not exist here.
// field is the argument for the refusal.
func (c reading) seenEvent(ctx context.Context, field, id string) (room.Event, error) {
	none := refuseUnseen(field)
	n, ok := c.head.MessageNumber(id)
	if !ok { // the cached head may be older than the event
		head, err := c.room.log.Refresh(ctx, c.room.svc.now())
		if err != nil {
			return room.Event{}, err
		}
		n, ok = head.MessageNumber(id)
	}
	if !ok {
		return room.Event{}, none
	}
	event, err := c.room.log.Event(ctx, n)
	if errors.Is(err, table.ErrNotFound) || err == nil && !c.me.Sees(event) {
		return room.Event{}, none
	}
	if err != nil {
		return room.Event{}, err
	}
	shown, err := c.room.log.AddFinished(ctx, c.me, event)
	return shown[0], err
}

// refuseUnseen refuses the id of a message that the caller may not see. field is the argument with the id.
func refuseUnseen(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: there is no message of this id that you may see, or it has "+
		"expired. Nothing was done: use the id of a message that you have read.", field)
}
