package roomlog

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// turnItem stores that a seat has claimed the turn in the silence after a word.
type turnItem struct {
	V      int    `json:"v"`
	ID     string `json:"id"` // random: see Store.putOnce
	AtMs   int64  `json:"at"`
	WaitMs int64  `json:"wait"` // when the wait that got the turn began
}

// ClaimedTurn says when a seat claimed the turn, and when the wait that got it began.
type ClaimedTurn struct{ At, Wait time.Time }

// MissedBy reports whether the turn should have gone to another wait of the seat, which began at began. The youngest
// open wait gets the turn: the client of an older wait may have gone without its process noticing.
func (g ClaimedTurn) MissedBy(began time.Time) bool {
	return g.Wait.UnixMilli() < began.UnixMilli() && began.UnixMilli() < g.At.UnixMilli()
}

func (t turnItem) claimed() ClaimedTurn {
	return ClaimedTurn{time.UnixMilli(t.AtMs), time.UnixMilli(t.WaitMs)}
}

// turnsAfter begins the sort keys of the turns in the silence after event word.
func turnsAfter(word int64) string { return fmt.Sprintf("TURN#%016d#", word) }

// Turns returns which seats have claimed the turn in the silence after event word.
func (i Items) Turns(ctx context.Context, word int64) (map[int]ClaimedTurn, error) {
	l := i.log
	claimed := map[int]ClaimedTurn{}
	where := table.Range{Partition: roomPrefix + l.id, Prefix: turnsAfter(word), Consistency: table.Strong}
	for item, err := range table.All(ctx, l.store.table, where) {
		if err != nil {
			return claimed, err
		}
		var turn turnItem
		if err := Decode(item, &turn); err != nil {
			return claimed, err
		}
		seat, err := strconv.Atoi(strings.TrimPrefix(item.Key.Sort, turnsAfter(word)))
		if err != nil {
			return claimed, fmt.Errorf("roomlog: %s names no seat", item.Key)
		}
		claimed[seat] = turn.claimed()
	}
	return claimed, nil
}

// ClaimTurn claims for a seat the turn in the silence after event word, for a wait that began at began. It returns
// false if the seat has claimed the turn before, and this wait did not miss it. The item is put if absent, because
// two processes may decide at once.
func (i Items) ClaimTurn(ctx context.Context, word int64, seat int, began time.Time) (claimed bool, err error) {
	l := i.log
	now := l.store.now()
	mine := turnItem{V: room.Version, ID: ident.NewEventID(), AtMs: now.UnixMilli(), WaitMs: began.UnixMilli()}
	item := table.Item{Key: inRoom(l.id, turnsAfter(word)+seatDigits(seat)), Expires: now.Add(room.Life),
		Data: Encode(mine)}
	before, err := l.store.putOnce(ctx, item)
	if before == nil || err != nil {
		return err == nil, err
	}
	var other turnItem
	if err := Decode(*before, &other); err != nil || !other.claimed().MissedBy(began) {
		return false, err
	}
	err = l.store.table.Write(ctx, table.Put(item, table.Always))
	return err == nil, err
}
