// Package transfer copies rooms from one table to another, such as from a file
// to DynamoDB. Items are opaque, but for events that remove the text of an
// earlier one, and keep their expiry, so tokens, cursors and passwords stay valid at the
// destination.
//
// The last event of a room commits the copy. Everything else in the room's
// partition is written first, except the snapshot (META and its parts), without
// which nobody can find a new room by its name or by a token. Then one Write puts
// the last event if it is absent, together with the snapshot, NAME and LISTED. Of a
// snapshot with too many parts for one Write, the parts come before it, and an older
// copy is hidden until then. So the destination
// has the last event exactly when it has the whole room. A repeated copy can
// tell from it what is left to do, and an agent that uses the room at the
// destination meanwhile makes the Write fail, as it would any other append.
//
// The keys of a server are copied with all its rooms.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/parley-chat/parley/internal/access"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// ErrNoRoom means that the source has no room of the requested name.
var ErrNoRoom = errors.New("there is no such room")

// Reasons why one room is refused. The other rooms are still copied.
var (
	// ErrBusy means that the room changed at the source during the copy.
	ErrBusy = errors.New("the room was used during the copy; stop the server of the source, then repeat the copy")
	// ErrNameTaken means that the room's name leads to another room at the
	// destination.
	ErrNameTaken = errors.New("another room has this name at the destination; rename or close one of the two, then repeat the copy")
	// ErrDiverged means that source and destination hold different events under
	// the same number, because the room was used in both places.
	ErrDiverged = errors.New("the room was used in both places and has different messages at the destination; nothing there was replaced")
	// ErrMalformed means that an item cannot be read.
	ErrMalformed = errors.New("an item is damaged or was written by a newer version of Parley")
)

// Source is a table that can list its partitions.
type Source interface {
	table.Table
	// Partitions yields each partition whose name begins with prefix, which must
	// not be empty, and that holds a live item under the sort key.
	Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error]
}

// Summary counts what a copy did.
type Summary struct {
	Keys           int `json:"keys"`            // keys that were copied
	Copied         int `json:"copied"`          // rooms that were copied or brought up to date
	Items          int `json:"items"`           // items written for them and for rooms that were refused halfway
	AlreadyPresent int `json:"already_present"` // rooms left alone: the destination has all their events
	Expired        int `json:"expired"`         // rooms that reached the end of their life during the copy
}

// Copy copies the room of that name, or every room and every key if name is empty. They
// stay at the source. Nobody should use it there or at the destination during
// the copy.
//
// A room that the destination has in an earlier state is brought up to date. A
// refused room does not stop the others; the error then joins one error for each
// refused room. Any other error ends the copy at once. Repeating the copy
// completes it.
func Copy(ctx context.Context, from Source, to table.Table, name string) (Summary, error) {
	c := &copier{from: from, to: to}
	ids, err := c.choose(ctx, name)
	if err == nil && name == "" {
		err = c.copyKeys(ctx)
	}
	if err == nil {
		err = c.copyAll(ctx, ids)
	}
	return c.summary, err
}

type copier struct {
	from    Source
	to      table.Table
	summary Summary
}

// choose returns the ids of the rooms to copy.
func (c *copier) choose(ctx context.Context, name string) ([]string, error) {
	if name != "" {
		id, err := c.idOf(ctx, name)
		return []string{id}, err
	}
	var ids []string
	for partition, err := range c.from.Partitions(ctx, roomlog.RoomPrefix, roomlog.LayoutOf("", "").Meta.Sort) {
		if err != nil {
			return nil, fmt.Errorf("listing the rooms of the source: %w", err)
		}
		ids = append(ids, strings.TrimPrefix(partition, roomlog.RoomPrefix))
	}
	return ids, nil
}

// copyKeys copies the keys that the destination does not have.
func (c *copier) copyKeys(ctx context.Context) error {
	for item, err := range itemsOf(ctx, c.from, access.Partition, "") {
		if err != nil {
			return fmt.Errorf("reading the keys: %w", err)
		}
		err := c.to.Write(ctx, table.Put(item, table.IfAbsent))
		var there *table.ConflictError
		switch {
		case err == nil:
			c.summary.Keys++
		case !errors.As(err, &there): // else its last use there may be later
			return fmt.Errorf("copying a key: %w", err)
		}
	}
	return nil
}

func (c *copier) idOf(ctx context.Context, name string) (string, error) {
	n, err := ident.RoomName(name)
	if err != nil {
		return "", err
	}
	item, err := get(ctx, c.from, roomlog.LayoutOf("", n.Key).Name)
	if err != nil {
		return "", err
	}
	if item == nil {
		return "", fmt.Errorf("%w: %q", ErrNoRoom, name)
	}
	return roomlog.LeadsTo(*item)
}

// copyAll copies rooms one after the other. It tries refused rooms once more, and
// again as long as that helps: a room may need a name that a later room gives up,
// and one that seemed to be in use may have expired.
func (c *copier) copyAll(ctx context.Context, ids []string) error {
	for pass := 1; ; pass++ {
		var refused []string
		var reasons []error
		for _, id := range ids {
			err := c.copyRoom(ctx, id)
			if err != nil && !isRefusal(err) {
				return err
			}
			if err != nil {
				refused, reasons = append(refused, id), append(reasons, err)
			}
		}
		if len(refused) == 0 || len(refused) == len(ids) && pass > 1 {
			return errors.Join(reasons...)
		}
		ids = refused
	}
}

// isRefusal reports whether err is about one room. A table answers ErrInvalid
// where the key or the data of an item is damaged.
func isRefusal(err error) bool {
	for _, reason := range []error{ErrBusy, ErrNameTaken, ErrDiverged, ErrMalformed, table.ErrInvalid} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
