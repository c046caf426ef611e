package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parley-chat/parley/internal/table"
)

// Import brings the rooms of an export into a table. A room that is there, in an
// earlier state, is brought forward; one that is there as far or further stays as
// it is. Nothing is changed where a name belongs to another room. What an error
// cut off is done by importing the same once more: until all of it has come, a
// new room is not to be found by its name nor by its tokens.
func Import(ctx context.Context, to table.Table, r io.Reader) (Summary, error) {
	im := &importer{to: to, lines: newReader(r)}
	if err := im.all(ctx); err != nil {
		return im.did, fmt.Errorf("transfer: importing: %w", err)
	}
	return im.did, nil
}

type importer struct {
	to    table.Table
	lines *reader
	did   Summary
}

func (im *importer) all(ctx context.Context) error {
	first, err := im.lines.next()
	switch {
	case err != nil:
		return err
	case first.Parley == nil:
		return ErrForeign
	case first.Parley.Format > format:
		return ErrNewer
	}
	rooms, l, err := im.announced(ctx)
	if err != nil {
		return err
	}
	for i, a := range rooms {
		if err := im.room(ctx, a, l); err != nil {
			return err
		}
		rooms[i] = nil // with all that came of it
		if l, err = im.lines.next(); err != nil {
			return err
		}
	}
	if l.End == nil || l.End.Rooms != len(rooms) {
		return im.lines.odd("an export ends with the number of its rooms")
	}
	return im.lines.end()
}

// announced reads which rooms will come, and the line behind. It fails if one
// cannot be taken.
func (im *importer) announced(ctx context.Context) ([]*arrival, line, error) {
	var rooms []*arrival
	ids := map[string]bool{}
	for {
		l, err := im.lines.next()
		if err != nil {
			return nil, line{}, err
		}
		if l.Room == nil {
			return rooms, l, im.refuseStrangers(ctx, rooms, ids)
		}
		if !l.Room.sound() || ids[l.Room.ID] {
			return nil, line{}, im.lines.odd("a room needs an id of its own and the key of its name")
		}
		ids[l.Room.ID] = true
		rooms = append(rooms, &arrival{roomLine: *l.Room})
	}
}

// refuseStrangers fails if a name leads to a room that is none of those to come.
// It notes what the target has of these.
func (im *importer) refuseStrangers(ctx context.Context, rooms []*arrival, ids map[string]bool) error {
	var taken []string
	for _, a := range rooms {
		if err := im.look(ctx, a); err != nil {
			return err
		}
		if a.Key == "" {
			continue
		}
		owner, err := leadsTo(ctx, im.to, a.kept().Name)
		switch {
		case err != nil:
			return err
		case owner == "":
			a.nameIf = table.IfAbsent
		case !ids[owner]:
			taken = append(taken, a.Key)
		}
	}
	if len(taken) > 0 {
		return nameInUse(taken...)
	}
	return nil
}

func nameInUse(keys ...string) error {
	const most = 10
	more := ""
	if len(keys) > most {
		keys, more = keys[:most], fmt.Sprintf(" and %d more", len(keys)-most)
	}
	return fmt.Errorf("%w: %q%s", ErrNameInUse, keys, more)
}

// look finds out what the target has of a room.
func (im *importer) look(ctx context.Context, a *arrival) error {
	_, err := im.to.Get(ctx, a.kept().Meta, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.there = true
	a.oldHead, err = headOf(ctx, im.to, a.kept())
	return err
}
