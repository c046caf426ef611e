package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// DraftView is a draft as the person sees it that decides about it: a message of type
// EventDrafted with its whole text.
type DraftView = Message

// drafts returns the open drafts of a, the caller's seat, oldest first.
func (c *caller) drafts(ctx context.Context, a room.Agent) ([]DraftView, error) {
	h := c.room.log.Known()
	var list []DraftView
	for _, d := range a.Person.Open(c.room.svc.now()) {
		e, err := c.room.log.Event(ctx, d.N)
		if err != nil {
			return nil, err
		}
		m := messageOf(&h.State, a, e)
		m.Text, m.More = e.Draft.Text, nil
		list = append(list, m)
	}
	return list, nil
}

// decideDraft decides, for the person behind the caller's seat, about the draft of an id.
func (c *caller) decideDraft(ctx context.Context, id string, decision room.Decision, text string) error {
	d, err := c.seen(ctx, "draft", id)
	if fault.CodeOf(err) == fault.InvalidArgument {
		err = room.RefuseDecided()
	}
	if err != nil {
		return err
	}
	return c.asPerson(ctx, func(h *room.Head, a room.Agent, now time.Time) (ch roomlog.Change, err error) {
		e, err := h.DecideDraft(a, d, decision, text, now)
		if err != nil {
			return ch, err
		}
		if ch.Events = []room.Event{e}; d.Key != "" && e.Type == room.Said {
			ch.Ops = []table.Op{roomlog.MoveSent(h.ID, a, d.Key, roomlog.SentAs{N: h.AsOf + 1}, now)}
		}
		return ch, nil
	})
}
