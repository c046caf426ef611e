package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// redact removes the text of a message. The readers of the message see the removal and its author.
func (s *Service) redact(ctx context.Context, req UpdateRequest) (got Updated, err error) {
	alone := UpdateRequest{Token: req.Token, Redact: req.Redact}
	if req != alone {
		return got, refuseNotAlone()
	}
	c, err := s.enterUnheld(ctx, req.Token)
	if err != nil {
		return got, err
	}
	defer c.room.release()
	remove := c.removeText
	if _, ok := room.TaskNumber(req.Redact); ok {
		remove = c.removeTask
	}
	for range maxAttempts {
		events, err := remove(ctx, req.Redact)
		needs, _ := needOf(err)
		switch {
		case needs == needItems:
			continue
		case err != nil:
			return got, err
		case len(events) == 0:
			return Updated{Status: StatusUnchanged}, nil
		}
		return Updated{Status: StatusUpdated, Redacted: redactedID(&c.head.State, events[0])}, nil
	}
	return got, refuseRaces()
}

func refuseNotAlone() error {
	return fault.Refuse(fault.InvalidArgument,
		"redact must be given alone. Nothing was changed: change the settings by a call of its own.")
}

func refuseNoTask() error {
	return fault.Refuse(fault.InvalidArgument, "redact: there is no task of this id. Nothing was changed: task lists "+
		"those that there are.")
}

// removeText removes the text of the message, or the check, with an id, and returns the event of the removal; no event
// if there is no text. If the agents have agreed on the message meanwhile, the room has changed, or the message has
// expired, the error is needItems, and the caller tries again. A closed room is not changed.
func (c managing) removeText(ctx context.Context, id string) ([]room.Event, error) {
	log := c.room.log
	head, err := log.Refresh(ctx, c.room.svc.now())
	if err != nil {
		return nil, err
	}
	changed := head.LastChange // another call may remove it meanwhile
	event, err := reading(c).seenEvent(ctx, "redact", id)
	if fault.CodeOf(err) == fault.InvalidArgument {
		event, err = reading(c).agreedProposal(ctx, id, err)
	}
	if err == nil && event.ChecksTask() && !event.Redacted {
		err = c.checkShown(ctx, event)
	}
	if err != nil {
		return nil, err
	}
	may := func(h *room.Head, by room.Caller, now time.Time) error {
		if err := checkLive(h, now); err != nil {
			return err
		}
		return by.CheckRedact(event)
	}
	if err := may(head, c.me, c.room.svc.now()); err != nil {
		return nil, err
	}
	_, open := head.Proposal(event.N) // while the proposal is open, no agreement copies the text
	ops, err := c.room.svc.store.Redact(ctx, c.token.Room, event.N,
		ident.Actor(c.me.Name, c.me.IsPerson(), c.me.PersonsName()))
	if err != nil {
		return nil, err
	}
	file := event.CarriedFile()
	if file != nil {
		ops = append(ops, roomlog.DropClaim(filing(c).fileKey(file)))
	}
	if event.ChecksTask() {
		ops = append(ops, roomlog.DropCheck(c.token.Room, event))
	}
	done, err := appendDecision(ctx, c, may, func(at place) (roomlog.Change, error) {
		if event.Redacted || event.Text == "" && event.File == nil && !event.ChecksTask() {
			return roomlog.Change{}, nil
		}
		if _, still := at.head.Proposal(event.N); still != open || at.hasMoved(changed) {
			return roomlog.Change{}, needItems
		}
		return roomlog.Change{Events: []room.Event{event.Redaction()}, Ops: ops}, nil
	})
	if len(done.Events) > 0 {
		filing(c).deleteFile(ctx, file)
	}
	return done.Events, err
}

// checkShown refuses event, a check, if its task does not show it: a later check of the agent stands in its place.
func (c managing) checkShown(ctx context.Context, event room.Event) error {
	check, err := c.room.log.Items().CheckBy(ctx, event.Task.No, event.Seat)
	if err == nil && check.N != event.N {
		err = room.RefuseRedact()
	}
	return err
}

// redactedID returns the id of the message or task whose words event has removed.
func redactedID(s *room.State, event room.Event) string {
	if event.RedactsTask() {
		return room.TaskID(event.Task.No)
	}
	return s.MessageID(event.Redacts)
}

// removeTask removes the words of the task with an id, open or closed, as removeText does.
func (c managing) removeTask(ctx context.Context, id string) ([]room.Event, error) {
	log := c.room.log
	head, err := log.Refresh(ctx, c.room.svc.now())
	if err != nil {
		return nil, err
	}
	no, _ := room.TaskNumber(id)
	task, open := head.Task(no)
	by := task.Holder
	if !open {
		done, err := log.Items().Done(ctx, no)
		if errors.Is(err, table.ErrNotFound) {
			done, err = roomlog.Done{}, nil
		}
		if err != nil {
			return nil, err
		}
		task, by = done.Task, done.By
	}
	if task.No == 0 || !c.me.SeesTask(task.N) {
		return nil, refuseNoTask()
	}
	may := func(h *room.Head, caller room.Caller, now time.Time) error {
		if err := checkLive(h, now); err != nil {
			return err
		}
		return caller.CheckRedactTask(task, by)
	}
	if err := may(head, c.me, c.room.svc.now()); err != nil {
		return nil, err
	}
	changed := head.LastChange
	ops, err := c.room.svc.store.RedactTask(ctx, c.token.Room, no, task.Last)
	if err != nil {
		return nil, err
	}
	done, err := appendDecision(ctx, c, may, func(at place) (roomlog.Change, error) {
		if task.Redacted && len(ops) == 0 { // later events about the task have their own words
			return roomlog.Change{}, nil
		}
		if at.hasMoved(changed) {
			return roomlog.Change{}, needItems
		}
		return roomlog.Change{Events: []room.Event{task.Redaction()}, Ops: ops}, nil
	})
	return done.Events, err
}
