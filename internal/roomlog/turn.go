package roomlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// turnItem stores that a seat was given the turn in the silence after a word.
type turnItem struct {
	V    int    `json:"v"`
	ID   string `json:"id"` // random; the writer recognizes its own item by it
	AtMs int64  `json:"at"`
}

// turnsAfter begins the sort keys of the turns in the silence after event word.
func turnsAfter(word int64) string { return fmt.Sprintf("TURN#%016d#", word) }

// Turns returns when which seat was given the turn in the silence after event word.
func (s Seats) Turns(ctx context.Context, word int64) (map[int]time.Time, error) {
	l := s.log
	page, err := l.store.table.Query(ctx, table.Range{
		Partition: roomPrefix + l.id, Prefix: turnsAfter(word), Limit: table.MaxLimit, Consistency: table.Strong,
	})
	if err != nil {
		return nil, err
	}
	given := map[int]time.Time{}
	for _, item := range page.Items {
		var t turnItem
		if err := Decode(item, &t); err != nil {
			return nil, err
		}
		seat, err := strconv.Atoi(strings.TrimPrefix(item.Key.Sort, turnsAfter(word)))
		if err != nil {
			return nil, fmt.Errorf("roomlog: %s names no seat", item.Key)
		}
		given[seat] = time.UnixMilli(t.AtMs)
	}
	return given, nil
}

// GiveTurn gives a seat the turn in the silence after event word. It returns false if
// the seat had it before.
func (s Seats) GiveTurn(ctx context.Context, word int64, seat int) (given bool, err error) {
	l := s.log
	mine := turnItem{V: room.Version, ID: ident.NewEventID(), AtMs: l.store.now().UnixMilli()}
	err = l.store.table.Write(ctx, table.Put(table.Item{
		Key: inRoom(l.id, turnsAfter(word)+seatDigits(seat)), Expires: l.store.now().Add(room.Life), Data: Encode(mine),
	}, table.IfAbsent))
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) {
		return err == nil, err
	}
	if len(conflict.Conflicts) == 0 || conflict.Conflicts[0].Item == nil {
		return false, nil
	}
	var other turnItem
	err = Decode(*conflict.Conflicts[0].Item, &other)
	return err == nil && other.ID == mine.ID, err // its own: the reply was lost
}
