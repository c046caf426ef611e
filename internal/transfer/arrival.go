package transfer

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// arrival is a room that an export announces, and what has come of it.
type arrival struct {
	roomLine
	there   bool            // the target has the room, in some state
	oldHead string          // its last event there
	nameIf  table.Condition // what must hold of the name in the target

	// The events are written as they come. All else waits for the last of them:
	// nothing leads to a room without its snapshot, and what is beside a log may
	// not be ahead of it.
	beside             []table.Op
	meta, name, listed *table.Item
	last               string // the sort key of the last event that came
	items              int
}

// further reports whether the room has gone on in the target since the export.
func (a *arrival) further() bool { return a.oldHead > a.Head }

// room reads the lines of a room, of which l is the first, and writes it.
func (im *importer) room(ctx context.Context, a *arrival, l line) error {
	events := batch{to: im.to, room: a.Key}
	for l.Item != nil {
		item := l.Item.item()
		if err := errors.Join(chat.Readable(item), table.Check([]table.Op{table.Put(item, table.Always)})); err != nil {
			return im.lines.odd(err.Error())
		}
		isEvent, ok := a.take(item)
		if !ok {
			return im.lines.odd("an item that is not of the room that was announced")
		}
		if isEvent && !a.further() {
			if err := events.add(ctx, table.Put(item, table.IfAbsent)); err != nil {
				return err
			}
		}
		var err error
		if l, err = im.lines.next(); err != nil {
			return err
		}
	}
	if l.Done == nil || l.Done.ID != a.ID || l.Done.Items != a.items || !l.Done.Over && !a.whole() {
		return im.lines.odd("something of the room before it is missing, or of another one")
	}
	if l.Done.Over {
		return nil // its events, as far as they came, lead nowhere and expire
	}
	if a.further() {
		im.did.There++
		return nil
	}
	if err := events.flush(ctx); err != nil {
		return err
	}
	return im.complete(ctx, a)
}

// take sorts an item in. It is not ok if the item is none of the room.
func (a *arrival) take(item table.Item) (isEvent, ok bool) {
	a.items++
	kept := a.kept()
	switch {
	case item.Key == kept.Meta:
		a.meta = &item
	case item.Key == kept.Name && a.Key != "":
		a.name = &item
	case item.Key == kept.Listed && a.Key != "":
		a.listed = &item
	case item.Key.Partition != kept.Partition:
		return false, false
	case strings.HasPrefix(item.Key.Sort, kept.Events):
		inOrder := a.last < item.Key.Sort
		a.last = item.Key.Sort
		return true, inOrder
	default:
		// Where the target has the same events, it may have been used since the
		// import that brought them: then what it says of its agents is newer.
		ifNewer := table.Always
		if a.oldHead == a.Head {
			ifNewer = table.IfAbsent
		}
		a.beside = append(a.beside, table.Put(item, ifNewer))
	}
	return false, true
}

// whole reports whether all has come without which there is no room, and belongs
// together.
func (a *arrival) whole() bool {
	if a.meta == nil || (a.name != nil) != (a.Key != "") || a.last != a.Head {
		return false
	}
	for _, way := range []*table.Item{a.name, a.listed} {
		if way == nil {
			continue
		}
		if id, err := chat.LeadsTo(*way); err != nil || id != a.ID {
			return false
		}
	}
	key, err := chat.KeyIn(*a.meta)
	return err == nil && (a.Key == "" || key == a.Key)
}

// complete writes what waited for the events, and last, at once, what makes it a
// room.
func (im *importer) complete(ctx context.Context, a *arrival) error {
	beside := batch{to: im.to, room: a.Key}
	for _, op := range a.beside {
		if err := beside.add(ctx, op); err != nil {
			return err
		}
	}
	if err := beside.flush(ctx); err != nil {
		return err
	}
	ops, same, err := im.last(ctx, a)
	if err != nil {
		return err
	}
	var taken *table.ConflictError
	if err := im.to.Write(ctx, ops...); errors.As(err, &taken) {
		return nameInUse(a.Key)
	} else if err != nil {
		return err
	}
	if same {
		im.did.There++
		return nil
	}
	im.did.Rooms++
	im.did.Items += a.items
	return nil
}

// last makes the ops by which a room is there, and reports whether it was there
// before as it is now.
func (im *importer) last(ctx context.Context, a *arrival) (ops []table.Op, same bool, err error) {
	ops = []table.Op{table.Put(*a.meta, table.Always)}
	if a.name != nil {
		ops = append(ops, table.Put(*a.name, a.nameIf), a.listing())
	}
	if !a.there {
		return ops, false, nil
	}
	old, err := im.to.Get(ctx, a.kept().Meta, table.Strong)
	if err != nil {
		return nil, false, err
	}
	former, err := im.formerName(ctx, a, old)
	return append(ops, former...), a.oldHead == a.Head && bytes.Equal(old.Data, a.meta.Data), err
}

// listing makes the listing in the target what it was in the source.
func (a *arrival) listing() table.Op {
	if a.listed == nil {
		return table.Delete(a.kept().Listed, table.Always)
	}
	return table.Put(*a.listed, table.Always)
}

// formerName makes the ops that free the name which the room has in the target by
// its old snapshot, if that is another one than it has in the export.
func (im *importer) formerName(ctx context.Context, a *arrival, old table.Item) ([]table.Op, error) {
	key, err := chat.KeyIn(old)
	if err != nil || key == a.Key {
		return nil, err
	}
	kept := chat.KeptAt(a.ID, key)
	owner, err := leadsTo(ctx, im.to, kept.Name)
	if err != nil || owner != a.ID {
		return nil, err
	}
	return []table.Op{table.Delete(kept.Name, table.Always), table.Delete(kept.Listed, table.Always)}, nil
}
