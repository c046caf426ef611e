package roomlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// FillGaps puts an event in the place of each event that a room has lost, so that its log can be read, and returns
// how many. It is for a salvaged table. lost are the keys of lost items that the damaged table still shows; alsoLost
// counts other lost agreements and closed tasks that events refer to. The events put are messages without a text and
// a sender: only the log knew the texts, and the snapshot has what the events changed.
func FillGaps(ctx context.Context, t table.Table, id string, lost []table.Key) (filled, alsoLost int, err error) {
	// The map there has the events that can be read; all also has the events of which only a key is left.
	there := map[int64]bool{}
	var all []int64
	for _, key := range lost {
		if n, err := eventNumber(key); err == nil && key.Partition == roomPrefix+id {
			all = append(all, n)
		}
	}
	r := table.Range{Partition: roomPrefix + id, Prefix: logPrefix, Consistency: table.Strong}
	known := len(lost)
	for item, err := range table.All(ctx, t, r) {
		if err != nil {
			return 0, 0, err
		}
		event, err := decodeEvent(item)
		if err != nil {
			return 0, 0, err
		}
		there[event.N] = true
		all = append(all, event.N)
		lost, err = lostBy(ctx, t, id, event, lost)
		if err != nil {
			return 0, 0, err
		}
	}
	alsoLost = len(lost) - known
	before, err := snapshotOf(ctx, t, id)
	if err != nil || len(there) == 0 {
		return 0, alsoLost, err
	}
	if err := fillItems(ctx, t, id, lost, time.UnixMilli(before.ExpiresMs).Add(nameLife)); err != nil {
		return 0, alsoLost, err
	}
	all = slices.DeleteFunc(append(all, before.AsOf), func(n int64) bool { return n > before.AsOf+mostFilled })

	for _, missing := range gapsIn(there, slices.Min(all), slices.Max(all)) {
		if err := fillGap(ctx, t, id, missing.first, missing.last, before.AsOf); err != nil {
			return filled, alsoLost, err
		}
		filled += int(missing.last - missing.first + 1)
	}
	return filled, alsoLost, nil
}

// gap is a row of missing events.
type gap struct{ first, last int64 }

// gapsIn returns the gaps in the events from number first to number last.
func gapsIn(there map[int64]bool, first, last int64) (gaps []gap) {
	for n := first; n <= last; n++ {
		switch {
		case there[n]:
		case n > first && !there[n-1]:
			gaps[len(gaps)-1].last = n
		default:
			gaps = append(gaps, gap{n, n})
		}
	}
	return gaps
}

// lostBy adds to lost the keys of missing agreements and closed tasks of event. It puts again what event says of
// checks, and the claim of its file.
func lostBy(ctx context.Context, t table.Table, id string, event room.Event, lost []table.Key) ([]table.Key, error) {
	var keys []table.Key
	for _, n := range event.Agreed {
		keys = append(keys, agreementKey(id, event.N, n))
	}
	for _, no := range event.TasksClosed() {
		keys = append(keys, doneKey(id, no))
	}
	for _, key := range keys {
		is, err := exists(ctx, t, key)
		if err != nil {
			return lost, err
		}
		if !is && !slices.Contains(lost, key) {
			lost = append(lost, key)
		}
	}
	if event.ChecksTask() || event.RemovesCheck() {
		return lost, fillCheck(ctx, t, id, event)
	}
	if event.Type != room.Said || event.File == nil {
		return lost, nil
	}
	claim := claimItem(id, event.File, Claim{N: event.N, Seat: event.Seat, To: event.To}, event.At().Add(eventLife))
	err := t.Write(ctx, table.Put(claim, table.IfAbsent))
	if errors.As(err, new(*table.ConflictError)) {
		err = nil
	}
	return lost, err
}

// fillGap puts the missing events with the numbers from first to last. asOf is the event of the snapshot.
func fillGap(ctx context.Context, t table.Table, id string, first, last, asOf int64) error {
	before, err := eventAt(ctx, t, id, first-1)
	if err != nil {
		return err
	}
	after, err := eventAt(ctx, t, id, last+1)
	if err != nil {
		return err
	}
	fill := room.Lost()
	fill.AtMs, fill.LastChange, fill.LastTalk = after.AtMs, before.LastChange, before.LastTalk
	fill.Messages, fill.Run = before.Messages, before.Run
	said := after.Messages
	if after.Type == room.Said && len(after.To) == 0 {
		said--
	}
	switch {
	case after.N == 0: // the missing events were the last
		fill.AtMs, fill.LastChange, said = before.AtMs, max(before.LastChange, min(asOf, last)), before.Messages
	case before.N == 0: // the events before are unknown
		fill.LastChange, fill.Messages = first, said
		if after.Talk == nil && after.LastTalk < first {
			fill.LastTalk = after.LastTalk
		}
	}
	var ops []table.Op
	for n := first; n <= last; n++ {
		event := fill
		event.N, event.ID = n, ident.NewEventID()
		if fill.Messages < said {
			fill.Messages++
			event.Messages = fill.Messages
		} else { // nobody sees it
			event.To = []int{0}
		}
		if n == after.LastTalk {
			fill.LastTalk = n
			event.LastTalk, event.Talk = n, &room.Talk{}
		}
		ops = append(ops, putEvent(id, event))
		if len(ops) == table.MaxOps || n == last {
			if err := t.Write(ctx, ops...); err != nil {
				return err
			}
			ops = nil
		}
	}
	return nil
}

// mostFilled is how far the number of an event may exceed that of the snapshot: a greater number is noise.
const mostFilled = 1 << 20

// fillItems puts agreements and closed tasks without words in the place of lost ones, since events refer to them.
func fillItems(ctx context.Context, t table.Table, id string, lost []table.Key, expires time.Time) error {
	for _, key := range lost {
		var data []byte
		switch {
		case key.Partition != roomPrefix+id:
			continue
		case strings.HasPrefix(key.Sort, agreedPrefix):
			data = Encode(Agreement{V: room.Version, Text: room.Removed, Redacted: true})
		case strings.HasPrefix(key.Sort, donePrefix):
			no, err := strconv.ParseInt(strings.TrimPrefix(key.Sort, donePrefix), 10, 64)
			if err != nil {
				continue
			}
			data = Encode(Done{V: room.Version, Redacted: true,
				Task: room.Task{No: no, Title: room.Removed, Redacted: true}})
		default:
			continue
		}
		item := table.Item{Key: key, Expires: expires, Data: data}
		if err := t.Write(ctx, table.Put(item, table.Always)); err != nil {
			return err
		}
	}
	return nil
}

// DropLostFiles removes from messages the files whose bytes are lost, and returns how many.
func DropLostFiles(ctx context.Context, t table.Table, kept files.Reader, id string) (dropped int, err error) {
	lost := map[string]bool{} // by files.Key.ID: a sent draft has the file of its message
	for event, err := range carriers(ctx, t, id) {
		if err != nil {
			return len(lost), err
		}
		key := event.CarriedFile().Key
		if !lost[key] {
			if _, err := verifyFile(ctx, t, kept, id, event); err == nil {
				continue
			} else if !errors.Is(err, ErrDamaged) {
				return len(lost), err
			}
			lost[key] = true
		}
		event.File = nil
		if event.Draft != nil {
			draft := *event.Draft
			draft.File = nil
			event.Draft = &draft
		}
		put := putEvent(id, event)
		put.If = table.Always
		err = t.Write(ctx, put, table.Delete(ClaimKey(files.Key{Room: id, ID: key}), table.Always))
		if err != nil {
			return len(lost), err
		}
	}
	return len(lost), nil
}

// RestoreName puts the item that leads from a room's name to the room, unless the name leads to another room.
func RestoreName(ctx context.Context, t table.Table, id string) error {
	stored, err := snapshotOf(ctx, t, id)
	if err != nil {
		return err
	}
	state, err := stored.state(id)
	if err != nil {
		return err
	}
	err = t.Write(ctx, putName(&state, table.IfAbsent))
	if errors.As(err, new(*table.ConflictError)) {
		err = nil
	}
	return err
}

// eventAt returns event n of a room; zero: it is missing.
func eventAt(ctx context.Context, t table.Table, id string, n int64) (room.Event, error) {
	if n < 1 {
		return room.Event{}, nil
	}
	item, err := t.Get(ctx, EventKey(id, n), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return room.Event{}, nil
	}
	if err != nil {
		return room.Event{}, fmt.Errorf("roomlog: event %d: %w", n, err)
	}
	return decodeEvent(item)
}
