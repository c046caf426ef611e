package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// An event is written once, unless the text of its message is removed: the Write of the removing event puts the item
// again without the text. By the removing event each process that follows the log drops the text.

// Redact returns the ops that take the text of event n out of the table: of the event, of its draft, of the
// agreement on it, and of the tasks that it has ended. They go into the Write of the removing event, by which every
// process drops the text from its caches: if the ops were written alone, a process that cached event 42 would go on
// to hand its text out. The ops fail if one of the items expires before the Write. They do not cover an agreement
// completed after the call. by is who removes the text.
func (s *Store) Redact(ctx context.Context, id string, n int64, by string) (ops []table.Op, err error) {
	for next := n; next != 0; {
		item, err := s.table.Get(ctx, EventKey(id, next), strongly)
		if errors.Is(err, table.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		event, err := decodeEvent(item)
		if err != nil {
			return nil, err
		}
		item.Data = Encode(event.WithoutText())
		ops, next = append(ops, erase(item)), event.Decides
		results, err := s.redactResults(ctx, id, event)
		if err != nil {
			return nil, err
		}
		ops = append(ops, results...)
	}
	where := table.Range{Partition: roomPrefix + id, Prefix: agreedPrefix, Consistency: strongly}
	for item, err := range table.All(ctx, s.table, where) {
		if err != nil {
			return ops, err
		}
		var agreement Agreement
		if err := Decode(item, &agreement); err != nil {
			return ops, err
		}
		if agreement.N != n {
			continue
		}
		agreement.Text, agreement.File, agreement.Redacted, agreement.RemovedBy = room.Removed, nil, true, by
		item.Data = Encode(agreement)
		ops = append(ops, erase(item))
	}
	return ops, nil
}

// erase returns the op that puts item in the place of an item whose text must not stay behind.
func erase(item table.Item) table.Op { return table.Op{Item: item, If: table.IfPresent, Erase: true} }

// IsSameEvent reports whether a and b hold one event. The text may have been removed from either.
func IsSameEvent(a, b table.Item) bool {
	x, err := decodeEvent(a)
	y, other := decodeEvent(b)
	return err == nil && other == nil && a.Key == b.Key && x.ID == y.ID && x.AtMs == y.AtMs
}

// redact drops the text of event n.
func (t *tail) redact(n int64) {
	if event, ok := t.event(n); ok {
		t.referred -= event.Referred()
		event = event.WithoutText()
		t.referred += event.Referred()
		t.events[n-t.events[0].N] = event
	}
}

// redactTask drops the words of task no.
func (t *tail) redactTask(no int64) {
	for i, event := range t.events {
		if event.HasWordsOf(no) {
			t.referred -= event.Referred()
			event = event.WithoutTask(no)
			t.referred += event.Referred()
			t.events[i] = event
		}
	}
}
