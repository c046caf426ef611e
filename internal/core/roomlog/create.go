package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Creation describes the start of a new log.
type Creation struct {
	// Begin returns the first events. It gets the head of the new log, which has only an id and a key. The first
	// event carries the settings.
	Begin func(h *room.Head, now time.Time) (Change, error)
	// Old is the log that had the name, if any. Its room must have expired, be deserted or be abandoned. Old is
	// retired in the same Write.
	Old *Log
	// Abandoned reports whether nobody is left in the room of Old although its seats are taken. It gets the state
	// that the event Retired follows. The agents of Old can go on reading. nil: no.
	Abandoned func(h *room.Head, now time.Time) bool
}

// Create begins a log in one Write, under a new id, and retires the old log of the name in the same Write. The
// caller must release the log.
//
// Many calls may find that a room has ended; exactly one creates the next. If another call was first, Create fails
// with ErrNameMoved where a read shows that, and with a *table.ConflictError where only the Write does. It does not
// fail on a conflict with its own events, whose reply was lost.
func (s *Store) Create(ctx context.Context, creation Creation) (*Log, []room.Event, error) {
	l := s.Acquire(ident.NewRoomID())
	events, err := s.create(ctx, l, creation)
	if err == nil {
		return l, events, nil
	}
	if creation.Old != nil {
		creation.Old.Invalidate()
	}
	l.Release()
	return nil, nil, err
}

func (s *Store) create(ctx context.Context, l *Log, creation Creation) ([]room.Event, error) {
	w := newWrite(&room.Head{State: room.State{ID: l.id, LogKey: ident.NewMessageIDKey()}})
	w.nameIf = table.IfAbsent
	began := s.now()
	var last *write // of the old log
	if creation.Old != nil {
		var err error
		last, err = s.retirement(ctx, creation)
		if err != nil {
			return nil, err
		}
	}
	if last != nil {
		w.nameIf = table.IfPresent
	}
	begin := func(at Place) (Change, error) { return creation.Begin(at.Head, at.Now) }
	w.addProposals([]*proposal{{propose: begin}}, began)
	if err := s.writeFirst(ctx, l, w, began, last.retireOps(w.head.Public)); err != nil {
		return nil, err
	}
	if last != nil {
		// If that fails, the readers of the old log learn of its end from the table.
		_, _ = creation.Old.advance(last.events, time.Time{})
	}
	return w.events, nil
}

// writeFirst writes w, which begins a new log, and ops.
func (s *Store) writeFirst(ctx context.Context, l *Log, w *write, began time.Time, ops []table.Op) error {
	if err := w.entries[0].err; err != nil {
		return err
	}
	err := s.table.Write(ctx, append(w.ops, ops...)...)
	var conflict *table.ConflictError
	if err != nil && !(errors.As(err, &conflict) && isOwn(conflict, w.events[0])) {
		return err
	}
	l.replace(w.head, w.events, began)
	return nil
}

// isOwn reports whether event itself was in the way, so the Write had succeeded.
func isOwn(conflict *table.ConflictError, event room.Event) bool {
	for _, blocked := range conflict.Conflicts {
		if blocked.Op == 0 && blocked.Item != nil {
			got, err := decodeEvent(*blocked.Item)
			return err == nil && got.ID == event.ID
		}
	}
	return false
}

// retirement returns the last event of a log whose name starts over. It returns nil if nothing is left of the log,
// and ErrNameMoved if the room is in use or the name has moved.
func (s *Store) retirement(ctx context.Context, creation Creation) (*write, error) {
	head, err := creation.Old.Cached(ctx)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now, why := s.now(), room.Reason("")
	switch {
	case head.Retired, head.Closed:
		return nil, ErrNameMoved
	case head.Expired(now), head.Deserted():
	case creation.Abandoned != nil && creation.Abandoned(head, now):
		why = room.ReasonBegunAnew
	default:
		return nil, ErrNameMoved
	}
	w := newWrite(head)
	w.events, err = w.add(Change{Events: []room.Event{room.Retire(why)}}, now)
	return w, err
}

// retireOps returns the ops that retire a log. The name already leads to the new log; listed says whether the
// listing of the new log replaces the old listing.
func (w *write) retireOps(listed bool) []table.Op {
	if w == nil {
		return nil
	}
	ops := []table.Op{putEvent(w.head.ID, w.events[0]), putMeta(&w.head.State)}
	if w.base.Public && !listed {
		ops = append(ops, table.Delete(ListedKey(w.base.Key), table.Always))
	}
	return ops
}
