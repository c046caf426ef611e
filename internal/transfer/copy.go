package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// copyRoom copies one room and counts it.
func (c *copier) copyRoom(ctx context.Context, id string) error {
	source, err := load(ctx, c.from, id)
	if err != nil {
		return fmt.Errorf("reading the room with id %s: %w", id, err)
	}
	if source.meta == nil {
		c.summary.Expired++
		return nil
	}
	if err := c.replicate(ctx, source); err != nil {
		return fmt.Errorf("copying room %q: %w", source.key, err)
	}
	return nil
}

// replicate makes the room at the destination equal to the one at the source.
func (c *copier) replicate(ctx context.Context, source *room) error {
	if source.head == nil {
		return fmt.Errorf("%w: the room has no events", ErrMalformed)
	}
	target, err := load(ctx, c.to, source.id)
	if err != nil {
		return fmt.Errorf("at the destination: %w", err)
	}
	present, err := c.compare(ctx, source, target)
	if err != nil {
		return err
	}
	if present {
		c.summary.AlreadyPresent++
		return c.supplement(ctx, source, target)
	}
	if err := c.checkName(ctx, source); err != nil {
		return err
	}
	if err := c.fill(ctx, source, target); err != nil {
		return err
	}
	parts, damage, err := c.partOps(ctx, source)
	if err != nil {
		return err
	}
	if err := c.checkIdle(ctx, source); err != nil {
		return err
	}
	if damage != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, damage)
	}
	if len(parts) > mostParts {
		if err := c.putParts(ctx, source, target, parts); err != nil {
			return err
		}
		parts = nil
	}
	return c.commit(ctx, source, target, parts)
}

// checkIdle returns ErrBusy if the source has changed since it was loaded.
func (c *copier) checkIdle(ctx context.Context, source *room) error {
	now, err := load(ctx, c.from, source.id)
	if err == nil && !now.equal(source) {
		err = ErrBusy
	}
	return err
}

// compare reports whether the destination already has every event of the source.
// It fails with ErrDiverged unless the shorter log is the beginning of the longer
// one. Comparing one event suffices: each has a random id and is written only after
// its predecessors. Its text may have been removed since.
func (c *copier) compare(ctx context.Context, source, target *room) (present bool, err error) {
	if target.head == nil {
		return false, nil
	}
	present = target.headSort() >= source.headSort()
	last, other := target.head, table.Table(c.from)
	if present {
		last, other = source.head, c.to
	}
	same, err := get(ctx, other, last.Key)
	if err != nil {
		return false, err
	}
	if same == nil || !roomlog.IsSameEvent(*last, *same) || present && target.meta == nil {
		return false, ErrDiverged
	}
	return present, nil
}

// checkName returns ErrNameTaken if the name of the room leads to another room at
// the destination. It runs before anything is written.
func (c *copier) checkName(ctx context.Context, source *room) error {
	if source.name == nil {
		return nil
	}
	item, err := get(ctx, c.to, source.name.Key)
	if err != nil || item == nil {
		return err
	}
	owner, err := roomlog.LeadsTo(*item)
	if err != nil {
		return fmt.Errorf("%w: at the destination: %w", ErrMalformed, err)
	}
	if owner != source.id {
		return ErrNameTaken
	}
	return nil
}

// fill writes everything that commit does not. It writes the events first, in
// order, so that an interruption leaves no gap in the log.
func (c *copier) fill(ctx context.Context, source, target *room) error {
	layout := roomlog.LayoutOf(source.id, "")
	events := batch{to: c.to, written: &c.summary.Items}
	rest := events
	var later []table.Item
	for item, err := range itemsOf(ctx, c.from, layout.Partition, "") {
		if err != nil {
			return err
		}
		if err := roomlog.Readable(item); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		sort := item.Key.Sort
		switch {
		case item.Key == layout.Meta, strings.HasPrefix(sort, layout.Parts):
		case !strings.HasPrefix(sort, layout.Events):
			later = append(later, item)
		case target.headSort() < sort && sort < source.headSort():
			if err := c.redact(ctx, item, target); err != nil {
				return err
			}
			if err := events.add(ctx, table.Put(item, table.IfAbsent)); err != nil {
				return err
			}
		}
	}
	if err := events.flush(ctx); err != nil {
		return err
	}
	for _, item := range later {
		if err := rest.add(ctx, table.Put(item, table.Always)); err != nil {
			return err
		}
	}
	if err := rest.flush(ctx); err != nil {
		return err
	}
	return c.redact(ctx, *source.head, target)
}

// redact removes the texts at the destination that the event in item removed. It runs before
// that event is written, since an interrupted copy goes on behind the last event that was.
func (c *copier) redact(ctx context.Context, item table.Item, target *room) error {
	keys, err := roomlog.RedactedBy(item)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for _, k := range keys {
		if k.Sort > target.headSort() {
			continue
		}
		without, err := get(ctx, c.from, k)
		if err == nil && without != nil {
			err = c.to.Write(ctx, table.Put(*without, table.Always))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// supplement adds the items beside the log that are absent at a destination with the
// same events, such as a presence that has expired there and was renewed at the
// source. Items that are there may be newer, and stay.
func (c *copier) supplement(ctx context.Context, source, target *room) error {
	if !equal(source.head, target.head) {
		return nil
	}
	layout := roomlog.LayoutOf(source.id, "")
	for item, err := range itemsOf(ctx, c.from, layout.Partition, "") {
		if err != nil {
			return err
		}
		if item.Key == layout.Meta || strings.HasPrefix(item.Key.Sort, layout.Parts) || strings.HasPrefix(item.Key.Sort, layout.Events) {
			continue
		}
		if there, err := get(ctx, c.to, item.Key); there != nil || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		err := c.to.Write(ctx, table.Put(item, table.IfAbsent))
		if present := new(table.ConflictError); err != nil && !errors.As(err, &present) {
			return err
		}
	}
	return nil
}

// mostParts is how many parts of a snapshot are written with the last event.
const mostParts = table.MaxOps - 8

// putParts writes the parts of a snapshot that do not fit into the Write of commit, after it
// has hidden an older copy, which they do not belong to. That stays if commit would be
// refused.
func (c *copier) putParts(ctx context.Context, source, target *room, ops []table.Op) error {
	if target.meta != nil {
		hide := []table.Op{table.Delete(source.head.Key, table.IfAbsent), table.Delete(target.meta.Key, table.Always)}
		hide = append(append(hide, replace(target.name, nil, table.Always)...), replace(target.listed, nil, table.Always)...)
		if moves := source.name != nil && (target.name == nil || target.name.Key != source.name.Key); moves {
			hide = append(hide, table.Delete(source.name.Key, table.IfAbsent))
		}
		if err := refusal(c.to.Write(ctx, hide...), source); err != nil {
			return err
		}
		target.meta, target.name, target.listed = nil, nil, nil
	}
	parts := batch{to: c.to, written: &c.summary.Items}
	for _, op := range ops {
		if err := parts.add(ctx, op); err != nil {
			return err
		}
	}
	return parts.flush(ctx)
}

// partOps returns the ops that make the parts of the snapshot at the destination those of
// the source. damage says that these are not of one snapshot, unless the source is in use.
func (c *copier) partOps(ctx context.Context, source *room) (ops []table.Op, damage, err error) {
	layout := roomlog.LayoutOf(source.id, "")
	old := map[table.Key]table.Item{}
	for item, err := range itemsOf(ctx, c.to, layout.Partition, layout.Parts) {
		if err != nil {
			return nil, nil, err
		}
		old[item.Key] = item
	}
	snapshot := []table.Item{*source.meta}
	for item, err := range itemsOf(ctx, c.from, layout.Partition, layout.Parts) {
		if err != nil {
			return nil, nil, err
		}
		if there := old[item.Key]; !equal(&there, &item) {
			ops = append(ops, table.Put(item, table.Always))
		}
		delete(old, item.Key)
		snapshot = append(snapshot, item)
	}
	for k := range old {
		ops = append(ops, table.Delete(k, table.Always))
	}
	return ops, roomlog.CheckSnapshot(snapshot), nil
}

// commit writes the last event, and with it what makes the room visible, parts of its
// snapshot included.
func (c *copier) commit(ctx context.Context, source, target *room, parts []table.Op) error {
	ops := []table.Op{table.Put(*source.head, table.IfAbsent), table.Put(*source.meta, table.Always)}
	ops = append(ops, replace(target.name, source.name, table.IfAbsent)...)
	ops = append(append(ops, replace(target.listed, source.listed, table.Always)...), parts...)
	if err := refusal(c.to.Write(ctx, ops...), source); err != nil {
		return err
	}
	c.summary.Copied++
	c.summary.Items += len(ops)
	return nil
}

// refusal says why a Write failed whose first op requires that the last event is absent,
// and of whose others one at most has a condition: that the name is free.
func refusal(err error, source *room) error {
	conflict := (*table.ConflictError)(nil)
	switch {
	case !errors.As(err, &conflict):
		return err
	case conflict.Conflicts[0].Op != 0:
		return ErrNameTaken
	case !equal(conflict.Conflicts[0].Item, source.head):
		return ErrDiverged
	}
	return nil // the Write took effect, but the driver lost the reply and repeated it
}

// replace returns the ops that put item in the place of old; either may be nil. A
// put at another key than old's has the condition.
func replace(old, item *table.Item, cond table.Condition) (ops []table.Op) {
	moved := old != nil && (item == nil || item.Key != old.Key)
	if moved {
		ops = append(ops, table.Delete(old.Key, table.Always))
	}
	if item == nil {
		return ops
	}
	if old != nil && !moved {
		cond = table.Always
	}
	return append(ops, table.Put(*item, cond))
}
