package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
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
	c, err := s.enterCurrent(ctx, req.Token)
	if err != nil {
		return Page{}, s.Outward(err)
	}
	defer c.room.release()
	c.recorder().RecordCall(ctx)
	var page Page
	switch {
	case req.Agreed:
		page, err = c.agreementsPage(ctx, req.Limit)
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
	set := 0
	for _, given := range []bool{req.Before != "", req.After != "", req.ID != "", req.Agreed} {
		if given {
			set++
		}
	}
	switch {
	case req.Files && (req.After != "" || req.ID != "" || req.Agreed):
		return fault.Refuse(fault.InvalidArgument, "files goes with before and limit only.")
	case set > 1:
		return fault.Refuse(fault.InvalidArgument, "Give only one of before, after, agreed and id.")
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
func (c *session) page(ctx context.Context, req HistoryRequest) (Page, error) {
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
func (c *session) latestCursor(ctx context.Context, n, oldest int64, more bool) (string, error) {
	if more {
		if has, err := c.reader().HasCursor(ctx, oldest); err != nil || !has {
			return "", err
		}
	}
	return c.cursor(n, ident.Cursor{}), nil
}

// addLastMessages adds to the result of a join the last messages before event n, and the number of earlier messages
// to all. Joins and leaves stay out: the newcomer never met those agents. The log has no more than most messages to
// all, so the search stops at the first message, however many joins and leaves precede it.
func (got *Seated) addLastMessages(ctx context.Context, log *roomlog.Log, caller room.Caller, n, most int64) error {
	if most == 0 {
		return nil
	}
	crowd := max(0, len(got.Room.Agents)-core.AgentsShown)
	head := log.Peek()
	b := batch{Events: core.JoinEvents, Limit: max(core.JoinBytes/6, core.JoinBytes-crowd*AgentBytes), Talk: most,
		Room: &head.State}
	full, err := b.FillBefore(ctx, log, caller, n)
	slices.Reverse(b.Messages)
	got.Messages = b.Messages
	if err != nil || !full {
		return err
	}
	got.Earlier, err = countEarlier(ctx, log, caller, b.Oldest.Before())
	return err
}

// countEarlier returns how many messages to everybody, before a place in the log, a may see.
func countEarlier(ctx context.Context, log *roomlog.Log, a room.Caller, before room.Mark) (int64, error) {
	oldest, err := log.Oldest(ctx, a.Since)
	return max(0, before.Messages-oldest.Messages), err
}

// restOfText returns a part of one long text: of a message or, after the message has expired, of an agreement.
func (c *session) restOfText(ctx context.Context, id string, offset int) (Page, error) {
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
