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

// turnItem stores that a seat has claimed a turn in the silence after a word. One is stored for the seat and, in the
// same Write, one for the number of the turn.
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

// firstTurn is added to the number of a turn, where its key has a seat. No seat has so many digits as to reach it, so a
// program that knows no numbers of turns reads them as the turns of agents that are not here.
const firstTurn = 90_000_000

// turnsAfter begins the sort keys of the turns in the silence after event word.
func turnsAfter(word int64) string { return fmt.Sprintf("TURN#%016d#", word) }

// Turns returns which seats have claimed a turn in the silence after event word, and the number of the next turn.
func (i Items) Turns(ctx context.Context, word int64) (claimed map[int]ClaimedTurn, next int, err error) {
	l := i.log
	claimed, next = map[int]ClaimedTurn{}, 1
	where := table.Range{Partition: roomPrefix + l.id, Prefix: turnsAfter(word), Consistency: table.Strong}
	for item, err := range table.All(ctx, l.store.table, where) {
		if err != nil {
			return claimed, next, err
		}
		var turn turnItem
		if err := Decode(item, &turn); err != nil {
			return claimed, next, err
		}
		seat, err := strconv.Atoi(strings.TrimPrefix(item.Key.Sort, turnsAfter(word)))
		switch {
		case err != nil:
			return claimed, next, fmt.Errorf("roomlog: %s names no seat", item.Key)
		case seat > firstTurn:
			next = seat - firstTurn + 1
		default:
			claimed[seat] = turn.claimed()
		}
	}
	return claimed, next, nil
}

// ClaimTurn claims for a seat turn number n in the silence after event word, for a wait that began at began. It returns
// false if that turn is claimed. Two processes may know different presence, and choose two agents for one turn: only
// one puts the number.
func (i Items) ClaimTurn(ctx context.Context, word int64, n, seat int, began time.Time) (claimed bool, err error) {
	l := i.log
	now := l.store.now()
	mine := Encode(turnItem{V: room.Version, ID: ident.NewEventID(), AtMs: now.UnixMilli(), WaitMs: began.UnixMilli()})
	at := func(digits int) table.Item {
		return table.Item{Key: inRoom(l.id, turnsAfter(word)+seatDigits(digits)), Expires: now.Add(room.Life),
			Data: mine}
	}
	before, err := l.store.putOnce(ctx, at(firstTurn+n), table.Put(at(seat), table.Always))
	return before == nil && err == nil, err
}
