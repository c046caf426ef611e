// Package transfer copies rooms from one table to another, such as from a file to DynamoDB,
// while nobody uses the source. Items are opaque and keep their expiry, so tokens, cursors and
// passwords stay valid at the destination.
//
// A room is copied to a table that lacks the room. The items of the room's partition go first, except the last event
// and META, the snapshot: without META nobody can find a room by name or by token. Then one Write puts the last
// event, META, NAME and LISTED. So the destination has META exactly when it has the whole room. The next copy
// replaces the items of an interrupted copy.
//
// The bytes of files go before META, too, so that no copied message lacks its file.
//
// A copy of all rooms copies the keys of the server, too. The progress of hooks is not copied: the room has its
// hooks, but the destination calls nobody before the client of the agent has subscribed there.
package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// ErrNoRoom means that the source has no room of the requested name.
var ErrNoRoom = errors.New("there is no such room")

// Reasons why one room is refused. The other rooms are still copied.
var (
	// ErrBusy means that the room changed at the source during the copy.
	ErrBusy = errors.New("the room was used during the copy; " +
		"stop whatever serves the source, then repeat the copy")
	// ErrNameTaken means that the room's name leads to another room at the destination.
	ErrNameTaken = errors.New("another room has this name at the destination; " +
		"rename or close one of the two, then repeat the copy")
	// ErrDiverged means that the destination has the room without its last event at the source.
	ErrDiverged = errors.New("the destination has this room in another state, and nothing there was replaced; " +
		"copy to a new file or table")
	// ErrNoFiles means that the room has files, and the source or the destination keeps no bytes.
	ErrNoFiles = errors.New("the room has files; say in which bucket the files of each DynamoDB table are, with " +
		"--from-bucket and --to-bucket")
	// ErrFilesFull means that the destination takes no more files.
	ErrFilesFull = errors.New("there is no space for its files at the destination; free some on the disk")
	// ErrMalformed means that an item cannot be read.
	ErrMalformed = errors.New("an item is damaged or was written by another version of Parley")
)

// Source is a table with a list of partitions.
type Source interface {
	table.Table
	// Partitions yields each partition with a name that begins with prefix, and with a live item under the sort key.
	// prefix must not be empty.
	Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error]
}

// Summary counts what a copy did.
type Summary struct {
	Keys           int `json:"keys"`            // keys that were copied
	Copied         int `json:"copied"`          // rooms that were copied
	Files          int `json:"files"`           // files whose bytes were copied
	LostFiles      int `json:"lost_files"`      // files of copied rooms without bytes at the source
	Items          int `json:"items"`           // items written, even for rooms refused halfway
	AlreadyPresent int `json:"already_present"` // rooms with all their events at the destination, left alone
	Expired        int `json:"expired"`         // rooms that expired during the copy
}

// Files has the bytes of files at the source and at the destination. Nil means that nothing keeps bytes there.
type Files struct {
	From files.Reader
	To   files.Store
}

// Copy copies the room with the name, or every room and every key if name is empty. The source keeps everything.
// Nobody may use the source during the copy; the destination may be in use.
//
// A refused room does not stop the others; the error then joins one error for each refused
// room. Any other error ends the copy at once. Repeating the copy completes it.
func Copy(ctx context.Context, from Source, to table.Table, bytes Files, name string) (Summary, error) {
	c := &copier{from: from, to: to, bytes: bytes}
	ids, err := c.choose(ctx, name)
	if err == nil && name == "" {
		err = c.copyKeys(ctx)
	}
	if err != nil {
		return c.summary, err
	}
	var refused []error
	for _, id := range ids {
		if err := c.copyRoom(ctx, id); err != nil {
			refused = append(refused, err)
			if !isRefusal(err) {
				break
			}
		}
	}
	return c.summary, errors.Join(refused...)
}

// isRefusal reports whether err is about one room. A table answers ErrInvalid if the key or the data of an item is
// damaged.
func isRefusal(err error) bool {
	for _, reason := range []error{ErrBusy, ErrNameTaken, ErrDiverged, ErrMalformed, ErrNoFiles, ErrFilesFull,
		table.ErrInvalid} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

type copier struct {
	from    Source
	to      table.Table
	bytes   Files
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

// copyKeys copies the keys and the accounts that the destination does not have, with the last uses: seats name the
// key or account of their agent. A revoked account stays revoked.
func (c *copier) copyKeys(ctx context.Context) (err error) {
	if err := access.CopySecrets(ctx, c.from, c.to); err != nil { // else the keys would count as made up
		return err
	}
	c.summary.Keys, err = c.copyAbsent(ctx, access.Partition)
	if err != nil {
		return fmt.Errorf("copying the keys: %w", err)
	}
	for _, partition := range []string{access.UsedPartition, access.BarredPartition, access.AccountsPartition} {
		if _, err := c.copyAbsent(ctx, partition); err != nil {
			return fmt.Errorf("copying the items of %s: %w", partition, err)
		}
	}
	return nil
}

// copyAbsent copies the items of a partition that the destination does not have, and returns how many.
func (c *copier) copyAbsent(ctx context.Context, partition string) (copied int, err error) {
	for item, err := range itemsOf(ctx, c.from, partition) {
		if err != nil {
			return copied, err
		}
		err := c.to.Write(ctx, table.Put(item, table.IfAbsent))
		var there *table.ConflictError
		switch {
		case err == nil:
			copied++
		case !errors.As(err, &there):
			return copied, err
		}
	}
	return copied, nil
}

// copyRoom copies and counts a room.
func (c *copier) copyRoom(ctx context.Context, id string) error {
	source, err := c.load(ctx, id)
	if err != nil {
		return fmt.Errorf("reading the room with id %s: %w", id, err)
	}
	if source == nil {
		c.summary.Expired++
		return nil
	}
	if err := c.replicate(ctx, source); err != nil {
		return fmt.Errorf("copying room %q: %w", source.key, err)
	}
	return nil
}

// replicate puts the room at the destination, unless the destination has the room.
func (c *copier) replicate(ctx context.Context, source *room) error {
	there, err := get(ctx, c.to, source.meta.Key)
	if err != nil {
		return err
	}
	if there != nil {
		return c.recognize(ctx, source)
	}
	if err := c.checkName(ctx, source); err != nil {
		return err
	}
	snapshot, err := c.fill(ctx, source)
	if err != nil {
		return err
	}
	now, err := c.load(ctx, source.id)
	switch {
	case err != nil:
		return err
	case now == nil:
		c.summary.Expired++
		return nil
	case !equal(now.head, source.head), !equal(now.meta, source.meta): // the name changes with an event
		return ErrBusy
	}
	if err := roomlog.CheckSnapshot(snapshot); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return c.commit(ctx, source)
}

// recognize counts a room that the destination has. It returns ErrDiverged if the destination lacks the last event of
// the source: no message is replaced. Comparing one event suffices: each event has a random id and is written only
// after its predecessors.
func (c *copier) recognize(ctx context.Context, source *room) error {
	same, err := get(ctx, c.to, source.head.Key)
	switch {
	case err != nil:
		return err
	case same == nil || !roomlog.IsSameEvent(*source.head, *same):
		return ErrDiverged
	}
	c.summary.AlreadyPresent++
	return nil
}

// checkName returns ErrNameTaken if the name of the room is taken at the destination. commit would refuse the name,
// too, but only after everything is written.
func (c *copier) checkName(ctx context.Context, source *room) error {
	if source.name == nil {
		return nil
	}
	taken, err := get(ctx, c.to, source.name.Key)
	if err == nil && taken != nil {
		err = ErrNameTaken
	}
	return err
}

// fill makes the room's partition at the destination equal to the partition at the source, except for the items that
// commit writes and the progress of hooks. Items are opaque, so a kind of item that is added later is copied, too.
// fill replaces items of an interrupted copy, and deletes items that the source no longer has. It returns the items
// of the snapshot. The bytes of a file follow the claim, so that the next copy finds the bytes.
func (c *copier) fill(ctx context.Context, source *room) (snapshot []table.Item, err error) {
	layout := roomlog.LayoutOf(source.id, "")
	left := map[table.Key]bool{} // by an interrupted copy, and no longer at the source
	for item, err := range itemsOf(ctx, c.to, layout.Partition) {
		if err != nil {
			return nil, err
		}
		left[item.Key] = true
	}
	var claims []table.Item
	b := batch{to: c.to, written: &c.summary.Items, absent: layout.Meta}
	for item, err := range itemsOf(ctx, c.from, layout.Partition) {
		if err != nil {
			return nil, err
		}
		if err := roomlog.Readable(item); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		if roomlog.IsProgress(item.Key) {
			continue
		}
		delete(left, item.Key)
		if item.Key == layout.Meta || strings.HasPrefix(item.Key.Sort, layout.Parts) {
			snapshot = append(snapshot, item)
		}
		if item.Key == layout.Meta || item.Key == source.head.Key {
			continue
		}
		if _, isClaim := roomlog.ClaimedBy(item.Key); isClaim {
			claims = append(claims, item)
		}
		if err := b.add(ctx, table.Put(item, table.Always)); err != nil {
			return nil, err
		}
	}
	for key := range left {
		if err := c.dropFile(ctx, key); err != nil {
			return nil, err
		}
		if err := b.add(ctx, table.Delete(key, table.Always)); err != nil {
			return nil, err
		}
	}
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	for _, item := range claims {
		if err := c.copyFile(ctx, item); err != nil {
			return nil, err
		}
	}
	return snapshot, nil
}

// copyFile copies the bytes that an item claims. Bytes under the key at the destination come from an earlier copy: a
// key is used once, and bytes are stored whole.
func (c *copier) copyFile(ctx context.Context, item table.Item) error {
	claim, k, err := roomlog.ClaimOf(item)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case c.bytes.From == nil, c.bytes.To == nil:
		return ErrNoFiles
	}
	there, err := c.bytes.To.Open(ctx, k, 0, 1)
	if err == nil {
		return there.Close()
	}
	if !errors.Is(err, files.ErrNotFound) {
		return err
	}
	r, err := c.bytes.From.Open(ctx, k, 0, -1)
	if errors.Is(err, files.ErrNotFound) {
		c.summary.LostFiles++
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := c.bytes.To.Put(ctx, k, r, claim.Size)
	switch {
	case errors.Is(err, files.ErrFull):
		return ErrFilesFull
	case errors.Is(err, files.ErrTooLarge), err == nil && n < claim.Size:
		return fmt.Errorf("%w: the file of event %d has not the %d bytes that were shared", ErrMalformed, claim.N,
			claim.Size)
	case err == nil:
		c.summary.Files++
	}
	return err
}

// dropFile deletes the bytes, if any, that the item at k claims: the source no longer has the item.
func (c *copier) dropFile(ctx context.Context, k table.Key) error {
	key, ok := roomlog.ClaimedBy(k)
	if !ok || c.bytes.To == nil {
		return nil
	}
	return c.bytes.To.Delete(ctx, key)
}

// commit writes the last event and, in the same Write, the items that make the room visible. So the destination has
// META exactly if it has the whole room, and nothing has to be merged.
func (c *copier) commit(ctx context.Context, source *room) error {
	ops := []table.Op{table.Put(*source.meta, table.IfAbsent), table.Put(*source.head, table.Always)}
	if source.name != nil {
		ops = append(ops, table.Put(*source.name, table.IfAbsent))
	}
	if source.listed != nil {
		ops = append(ops, table.Put(*source.listed, table.Always))
	}
	err := c.to.Write(ctx, ops...)
	if conflict := (*table.ConflictError)(nil); errors.As(err, &conflict) {
		switch first := conflict.Conflicts[0]; {
		case first.Key != source.meta.Key:
			return ErrNameTaken
		case !equal(first.Item, source.meta): // another copy was faster
			return ErrDiverged
		}
		err = nil // the Write took effect, but the driver lost the reply and repeated the Write
	}
	if err == nil {
		c.summary.Copied++
		c.summary.Items += len(ops)
	}
	return err
}

// room is a room of the source, without most of its items.
type room struct {
	id     string
	key    string      // of its name, from the snapshot
	meta   *table.Item // the snapshot
	head   *table.Item // the last event
	name   *table.Item // nil if the name does not lead to this room (any more)
	listed *table.Item // nil if the room is not listed
}

func equal(a, b *table.Item) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Key == b.Key && a.Expires.Equal(b.Expires) && bytes.Equal(a.Data, b.Data)
}

// load reads a room of the source; nil if the room has ended.
func (c *copier) load(ctx context.Context, id string) (*room, error) {
	r := &room{id: id}
	layout := roomlog.LayoutOf(id, "")
	var err error
	r.meta, err = get(ctx, c.from, layout.Meta)
	if err != nil || r.meta == nil {
		return nil, err
	}
	r.key, err = roomlog.NameIn(*r.meta)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if r.key == "" {
		return nil, fmt.Errorf("%w: the snapshot has no name", ErrMalformed)
	}
	page, err := c.from.Query(ctx, table.Range{
		Partition: layout.Partition, Prefix: layout.Events, Reverse: true, Limit: 1, Consistency: table.Strong,
	})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, fmt.Errorf("%w: the room has no events", ErrMalformed)
	}
	r.head = &page.Items[0]
	layout = roomlog.LayoutOf(id, r.key)
	r.name, err = c.leadingTo(ctx, id, layout.Name)
	if err != nil {
		return nil, err
	}
	r.listed, err = c.leadingTo(ctx, id, layout.Listed)
	return r, err
}

// leadingTo returns the item at key of the source; nil if the item is about another room than id.
func (c *copier) leadingTo(ctx context.Context, id string, key table.Key) (*table.Item, error) {
	item, err := get(ctx, c.from, key)
	if err != nil || item == nil {
		return nil, err
	}
	owner, err := roomlog.LeadsTo(*item)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if owner != id {
		return nil, nil
	}
	return item, nil
}

// get returns the item at key, or nil if there is none.
func get(ctx context.Context, t table.Table, key table.Key) (*table.Item, error) {
	item, err := t.Get(ctx, key, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &item, nil
}

// itemsOf yields the items of a partition in the order of their sort keys.
func itemsOf(ctx context.Context, t table.Table, partition string) iter.Seq2[table.Item, error] {
	return table.All(ctx, t, table.Range{Partition: partition, Consistency: table.Strong})
}

// batch gathers ops into Writes that are as large as the table allows. No Write takes effect once the item at absent
// exists: another copy of the room may have been faster, and its room may be in use.
type batch struct {
	to      table.Table
	written *int      // counts the ops
	absent  table.Key // its presence refuses the Writes; zero: no such item
	ops     []table.Op
	bytes   int
}

func (b *batch) add(ctx context.Context, op table.Op) error {
	size := len(op.Item.Key.Partition) + len(op.Item.Key.Sort) + len(op.Item.Data)
	if len(b.ops) == table.MaxOps-1 || b.bytes+size > table.MaxTxBytes {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	b.ops = append(b.ops, op)
	b.bytes += size
	return nil
}

// flush writes the gathered ops.
func (b *batch) flush(ctx context.Context) error {
	if len(b.ops) == 0 {
		return nil
	}
	ops := b.ops
	if b.absent != (table.Key{}) {
		ops = append(ops, table.Delete(b.absent, table.IfAbsent))
	}
	err := b.to.Write(ctx, ops...)
	switch {
	case err == nil:
		*b.written += len(b.ops)
	case errors.As(err, new(*table.ConflictError)):
		err = ErrDiverged
	}
	b.ops, b.bytes = nil, 0
	return err
}
