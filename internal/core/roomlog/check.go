package roomlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Check is the stored form of the last check of a finished task by one seat. It is an item of its own, and the Done of
// the task stays as it is: a Done that two checkers rewrite at once would lose one of the checks.
type Check struct {
	V        int        `json:"v"`
	By       room.Party `json:"by"`
	ByPerson bool       `json:"me,omitempty"` // the person behind By did
	room.Check
	AtMs int64 `json:"at"`
	N    int64 `json:"n,omitempty"` // the event of the check; 0: an older program stored it
	// Aside is of older programs: who had the check count no more. It is read as no check.
	Aside string `json:"aside,omitempty"`
}

// checkKey returns the key of the last check of task no by a seat.
func checkKey(id string, no int64, seat int) table.Key {
	return inRoom(id, checksOf(no)+seatDigits(seat))
}

// checksOf returns the prefix of the sort keys of the checks of task no.
func checksOf(no int64) string { return fmt.Sprintf("%s%016d#", checkPrefix, no) }

// putCheck stores the check of event in the place of an earlier one by the seat.
func putCheck(head *room.Head, event room.Event) table.Op {
	by, _ := head.Seated(event.Seat)
	return putCheckBy(head.ID, by.Party(), event)
}

// putCheckBy is putCheck for a known checker.
func putCheckBy(id string, by room.Party, event room.Event) table.Op {
	by.Person = event.PersonName
	check := Check{V: room.Version, By: by, ByPerson: event.Person, Check: *event.Task.Check, AtMs: event.AtMs,
		N: event.N}
	return table.Put(table.Item{Key: checkKey(id, event.Task.No, by.Seat),
		Expires: event.At().Add(agreementLife), Data: Encode(check)}, table.Always)
}

// DropCheck returns the op that removes a check of event, the check or its removal.
func DropCheck(id string, event room.Event) table.Op {
	op := table.Delete(checkKey(id, event.Task.No, event.Seat), table.Always)
	op.Erase = true
	return op
}

// fillCheck puts the check of event again, or removes the check that event has removed, unless a later one by the seat
// is there.
func fillCheck(ctx context.Context, t table.Table, id string, event room.Event) error {
	item, err := t.Get(ctx, checkKey(id, event.Task.No, event.Seat), table.Strong)
	var there Check
	switch {
	case errors.Is(err, table.ErrNotFound):
	case err != nil:
		return err
	case Decode(item, &there) == nil && (there.N >= event.N || there.N == 0 && there.AtMs >= event.AtMs):
		return nil
	}
	if event.Redacted || event.RemovesCheck() {
		return t.Write(ctx, DropCheck(id, event))
	}
	return t.Write(ctx, putCheckBy(id, room.Party{Seat: event.Seat, Name: event.Name}, event))
}

// CheckBy returns the last check of task no by a seat; zero without one.
func (i Items) CheckBy(ctx context.Context, no int64, seat int) (check Check, err error) {
	item, err := i.log.store.table.Get(ctx, checkKey(i.log.id, no, seat), table.Strong)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return Check{}, nil
	case err == nil:
		err = Decode(item, &check)
	}
	if check.Aside != "" {
		check = Check{}
	}
	return check, err
}

// Checks returns the last checks of the tasks from first to last, each in the order of time: of a task the newest, of
// core.MaxChecks seats at most. A newer seat displaces no newer check.
func (i Items) Checks(ctx context.Context, first, last int64) (map[int64][]Check, error) {
	where := table.Range{Partition: roomPrefix + i.log.id, Prefix: checkPrefix, After: checksOf(last + 1),
		Reverse: true, Consistency: strongly}
	if first == last {
		where.Prefix, where.After = checksOf(first), ""
	}
	of := map[int64][]Check{}
	for item, err := range table.All(ctx, i.log.store.table, where) {
		if err != nil {
			return nil, err
		}
		no, err := checkedTask(item.Key)
		if err != nil {
			return nil, err
		}
		if no < first {
			break
		}
		var check Check
		if err := Decode(item, &check); err != nil {
			return nil, err
		}
		if check.Aside == "" {
			of[no] = append(of[no], check)
		}
	}
	for no, list := range of {
		slices.SortStableFunc(list, func(a, b Check) int { return cmp.Compare(a.AtMs, b.AtMs) })
		of[no] = list[max(0, len(list)-core.MaxChecks):]
	}
	return of, nil
}

// checkedTask returns the task in the key of a check.
func checkedTask(key table.Key) (int64, error) {
	digits, _, _ := strings.Cut(strings.TrimPrefix(key.Sort, checkPrefix), "#")
	no, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("roomlog: %s is of no task", key)
	}
	return no, nil
}
