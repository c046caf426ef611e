package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// clearStep is how many claims one Write drops.
const clearStep = 50

// clearFiles removes the files of former agents with the name of this key, and returns their number. The log names the
// senders, so a repeated ban finishes a ban that broke off. The messages stay, and no event is written, since one seat
// may have shared hundreds of files.
func (c managing) clearFiles(ctx context.Context, key string) (n int, err error) {
	head, t := c.room.log.Peek(), c.room.svc.store.Table()
	all, err := roomlog.Claims(ctx, t, c.token.Room)
	if err != nil {
		return 0, err
	}
	var claims []roomlog.Claim
	for _, claim := range all {
		if _, here := head.Seated(claim.Seat); here {
			continue
		}
		event, err := c.room.log.Event(ctx, claim.N)
		if errors.Is(err, table.ErrNotFound) {
			continue // the message has expired
		}
		if err != nil {
			return 0, err
		}
		if nameKeys([]string{event.Name})[0] == key {
			claims = append(claims, claim)
		}
	}
	for part := range slices.Chunk(claims, clearStep) {
		var ops []table.Op
		for _, claim := range part {
			ops = append(ops, roomlog.DropClaim(filing(c).fileKey(&room.File{Key: claim.ID})))
		}
		if err := t.Write(ctx, ops...); err != nil {
			return n, err
		}
		for _, claim := range part {
			filing(c).deleteFile(ctx, &room.File{Key: claim.ID})
		}
		n += len(part)
	}
	return n, nil
}

// clearTasks drops the open tasks of former agents with the name of this key, and returns their number.
func (c managing) clearTasks(ctx context.Context, key string) (n int, err error) {
	head := c.room.log.Peek()
	for _, task := range head.Tasks {
		if nameKeys([]string{task.Adder.Name})[0] != key || task.Adder.IsHere(&head.State) {
			continue
		}
		drop := room.TaskOrder{Action: room.DropTask, No: task.No}
		_, err := appendBy(ctx, c.session, c.room.svc.now(), func(at place) (ch roomlog.Change, err error) {
			event, _, err := drop.Decide(at.head, at.caller, at.now)
			if event != nil {
				ch.Events = []room.Event{*event}
			}
			return ch, err
		})
		switch {
		case errors.Is(err, room.ErrNotOpen): // another call was faster
		case err != nil:
			return n, err
		default:
			n++
		}
	}
	return n, nil
}

var statusOf = map[room.Action]ManageStatus{
	room.Promote: StatusPromoted, room.Demote: StatusDemoted, room.Mute: StatusMuted, room.Unmute: StatusUnmuted,
	room.Kick: StatusKicked, room.BanName: StatusBanned, room.Unban: StatusUnbanned,
}
