package outbox

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/webpush"
	"github.com/parley-chat/parley/internal/store/table"
)

// PushKeyKey is where the key is by which push services know the servers of the table.
var PushKeyKey = table.Key{Partition: "PUSH", Sort: "-"}

// PushKeyItem is that key. It never changes: with another one, each browser would have to subscribe anew.
type PushKeyItem struct {
	V   int    `json:"v"`
	Key string `json:"key"`
}

// PushKey returns the public key with which browsers subscribe; "" if no browser is called. The error is a
// *fault.Error.
func (d *Dispatcher) PushKey(ctx context.Context) (string, error) {
	if !d.CallsOthers() {
		return "", nil
	}
	key, err := d.pushKey(ctx)
	if err != nil {
		return "", d.o.Rooms.Outward(err)
	}
	return key.Public(), nil
}

// pushKey returns the key of the table. The first process that needs the key makes one, and puts it if it is absent:
// so all processes have the same.
func (d *Dispatcher) pushKey(ctx context.Context) (webpush.Key, error) {
	if known := d.key.Load(); known != nil {
		return *known, nil
	}
	stored := d.o.Rooms.Store().Table()
	item, err := stored.Get(ctx, PushKeyKey, table.Eventual) // if it is stale, the put below brings the key
	if errors.Is(err, table.ErrNotFound) {
		item, err = putPushKey(ctx, stored)
	}
	var had PushKeyItem
	if err == nil {
		err = roomlog.Decode(item, &had)
	}
	if err != nil {
		return webpush.Key{}, err
	}
	key, err := webpush.ParseKey(had.Key)
	if err == nil {
		d.key.Store(&key)
	}
	return key, err
}

// putPushKey puts a new key, and returns the item that is there afterwards.
func putPushKey(ctx context.Context, stored table.Table) (table.Item, error) {
	made, err := webpush.NewKey()
	if err != nil {
		return table.Item{}, err
	}
	item := table.Item{Key: PushKeyKey, Data: roomlog.Encode(PushKeyItem{room.Version, made.Text()})}
	err = stored.Write(ctx, table.Put(item, table.IfAbsent))
	var lost *table.ConflictError
	if errors.As(err, &lost) {
		return *lost.Conflicts[0].Item, nil
	}
	return item, err
}
