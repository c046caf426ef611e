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
	WaitMs int64  `json:"wait"`        // when the wait that got the turn began
	N      int    `json:"n,omitempty"` // the number of the turn; 0: claimed by a program that numbers no turns
	Seat   int    `json:"seat,omitempty"`
}

// ClaimedTurn says when a seat claimed a turn, when the wait that got it began, and the number of the turn among those
// in this silence.
type ClaimedTurn struct {
	At, Wait time.Time
	N        int
}

// MissedBy reports whether the turn should have gone to another wait of the seat, which began at began. The youngest
// open wait gets the turn: the client of an older wait may have gone without its process noticing.
func (g ClaimedTurn) MissedBy(began time.Time) bool {
	return g.Wait.UnixMilli() < began.UnixMilli() && began.UnixMilli() < g.At.UnixMilli()
}

func (t turnItem) claimed() ClaimedTurn {
	return ClaimedTurn{time.UnixMilli(t.AtMs), time.UnixMilli(t.WaitMs), t.N}
}

// turnsAfter begins the sort keys of the turns in the silence after event word.
func turnsAfter(word int64) string { return fmt.Sprintf("TURN#%016d#", word) }

// Turns returns which seats have claimed a turn in the silence after event word, and the last turn of each.
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

// ClaimTurn claims for a seat turn number n in the silence after event word, for a wait that began at began. It returns
// false if that turn is claimed. Two processes may know different presence, and choose two agents for one turn: only
// one of them puts the number. If an older wait of the seat has the turn, and this wait missed it, this wait claims the
// next number: else a call whose client has gone would keep the turn from the call that is heard.
func (i Items) ClaimTurn(ctx context.Context, word int64, n, seat int, began time.Time) (claimed bool, err error) {
	l := i.log
	now := l.store.now()
	mine := turnItem{V: room.Version, ID: ident.NewEventID(), AtMs: now.UnixMilli(), WaitMs: began.UnixMilli(), N: n,
		Seat: seat}
	at := func(sort string) table.Item {
		return table.Item{Key: inRoom(l.id, sort), Expires: now.Add(room.Life), Data: Encode(mine)}
	}
	before, err := l.store.putOnce(ctx, at(fmt.Sprintf("NTH#%016d#%d", word, n)),
		table.Put(at(turnsAfter(word)+seatDigits(seat)), table.Always))
	if before == nil || err != nil {
		return err == nil, err
	}
	var other turnItem
	if err := Decode(*before, &other); err != nil || other.Seat != seat || !other.claimed().MissedBy(began) {
		return false, err
	}
	return i.ClaimTurn(ctx, word, n+1, seat, began)
}
