// Package transfer takes rooms out of a table and brings them into another, as
// lines of JSON: from a file to DynamoDB, or back. Everything of a room comes
// along, with the time at which it expires: tokens go on working, cursors stay
// valid, and nobody notices but by the address.
//
// An export is, in this order and one to a line:
//
//	{"parley":{"format":1}}
//	{"room":{"id":"…","key":"…","head":"LOG#…"}}                 each room that follows
//	{"item":{"pk":"…","sk":"…","expires":1767225600,"data":"…"}} the items of the first
//	{"done":{"id":"…","items":12}}                               that was all of it
//	…                                                            the other rooms, in order
//	{"end":{"rooms":1}}
//
// It holds what the table holds: messages, and the hashes of tokens and passwords.
package transfer

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// format is that of the lines. A program refuses an export of a greater one.
const format = 1

// Why an export or import is refused. The error that wraps it says of what.
var (
	ErrNoRoom = errors.New("there is no such room")
	// ErrUnquiet: the room went on while it was read, so what was read is not it.
	ErrUnquiet = errors.New("the room was in use while it was exported: stop what serves it, and export again")
	// ErrForeign: what was to be imported is no export.
	ErrForeign = errors.New("this is no export of parley")
	// ErrNewer: what was to be imported is of a newer program.
	ErrNewer = errors.New("a newer parley wrote this export: use that one")
	// ErrCut: the export ends before its end. What came before is imported; a room
	// of which only a part came is not there for anybody, or as it was before.
	ErrCut = errors.New("the export is cut off: import it again, whole")
	// ErrNameInUse: nothing was changed.
	ErrNameInUse = errors.New("another room has this name here: rename or close one of the two")
	// ErrApart: the room here is not an earlier state of the one in the export.
	ErrApart = errors.New("the room has gone on here with other messages than in the export: import into an empty file or table")
)

// Source is a table that can tell which rooms it holds.
type Source interface {
	table.Table
	// Partitions yields the partitions whose name begins with prefix, which is not
	// empty, and that hold a live item under the sort key.
	Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error]
}

// Summary is what an export or an import did.
type Summary struct {
	Rooms int // that were written
	Items int // of these rooms
	There int // rooms that the target had already, as far or further; they were left as they are
}

// line is one line; exactly one of its fields is set.
type line struct {
	Parley *headLine `json:"parley,omitempty"`
	Room   *roomLine `json:"room,omitempty"`
	Item   *itemLine `json:"item,omitempty"`
	Done   *doneLine `json:"done,omitempty"`
	End    *endLine  `json:"end,omitempty"`
}

type headLine struct {
	Format int `json:"format"`
}

// roomLine announces a room.
type roomLine struct {
	ID   string `json:"id"`
	Key  string `json:"key,omitempty"` // of the name that leads to it; none if none does
	Head string `json:"head"`          // the sort key of its last event
}

func (r roomLine) kept() chat.Keeping { return chat.KeptAt(r.ID, r.Key) }

// sound reports whether keys can be made of r.
func (r roomLine) sound() bool {
	kept := r.kept()
	named := r.Key == "" || table.CheckKey(kept.Name) == nil && table.CheckKey(kept.Listed) == nil
	return r.ID != "" && named && table.CheckKey(kept.Meta) == nil
}

// itemLine is an item. Its data is opaque, and so a string and not JSON in JSON.
type itemLine struct {
	Partition string `json:"pk"`
	Sort      string `json:"sk"`
	Expires   int64  `json:"expires,omitempty"` // Unix seconds; 0: never
	Data      string `json:"data"`
}

type doneLine struct {
	ID    string `json:"id"`
	Items int    `json:"items"`
	// Over: the room's time ended before all of it was read, so there is none.
	Over bool `json:"over,omitempty"`
}

type endLine struct {
	Rooms int `json:"rooms"`
}

func lineOf(i table.Item) line {
	l := itemLine{Partition: i.Key.Partition, Sort: i.Key.Sort, Data: string(i.Data)}
	if !i.Expires.IsZero() {
		l.Expires = i.Expires.Unix()
	}
	return line{Item: &l}
}

func (l itemLine) item() table.Item {
	i := table.Item{Key: table.Key{Partition: l.Partition, Sort: l.Sort}, Data: []byte(l.Data)}
	if l.Expires != 0 {
		i.Expires = time.Unix(l.Expires, 0).UTC()
	}
	return i
}

// headOf returns the sort key of a room's last event, "" where there is none.
func headOf(ctx context.Context, t table.Table, kept chat.Keeping) (string, error) {
	page, err := t.Query(ctx, table.Range{
		Partition: kept.Partition, Prefix: kept.Events, Reverse: true, Limit: 1, Consistency: table.Strong,
	})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].Key.Sort, nil
}

// leadsTo returns the id of the room that the item at k is about, "" where there
// is no item.
func leadsTo(ctx context.Context, t table.Table, k table.Key) (id string, err error) {
	item, err := t.Get(ctx, k, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return chat.LeadsTo(item)
}
