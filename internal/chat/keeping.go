package chat

import (
	"fmt"

	"github.com/parley-chat/parley/internal/table"
)

// Keeping says where a room is kept, for a program that takes rooms from one
// table to another.
type Keeping struct {
	Partition string    // of all items that are the room's alone
	Events    string    // how the sort keys of its events begin; an event is never changed
	Meta      table.Key // its snapshot, one of them: without it there is no room, whatever else is there
	Name      table.Key // the way from its name to it
	Listed    table.Key // what is listed of it, if it is public
}

// KeptRooms is how the partition of every room begins; its id follows.
const KeptRooms = "ROOM#"

// KeptAt returns where the room of an id and a name's key is kept.
func KeptAt(id, key string) Keeping {
	return Keeping{
		Partition: roomPartition(id), Events: logPrefix,
		Meta: metaKey(id), Name: nameItemKey(key), Listed: listedItemKey(key),
	}
}

// RoomKey returns the key by which a room's name is compared with others. Its
// error is an *Error.
func RoomKey(name string) (string, error) {
	n, err := roomName(name)
	return n.key, err
}

// KeyIn returns the key of the name that a room has by its snapshot.
func KeyIn(meta table.Item) (string, error) {
	var m snapshot
	if err := decode(meta, &m); err != nil {
		return "", err
	}
	return m.Settings.Key, nil
}

// LeadsTo returns the id of the room that an item at Keeping.Name or
// Keeping.Listed is about.
func LeadsTo(item table.Item) (id string, err error) {
	var n nameItem
	if err := decode(item, &n); err != nil {
		return "", err
	}
	if n.ID == "" {
		return "", fmt.Errorf("chat: %s leads to no room", item.Key)
	}
	return n.ID, nil
}

// Readable returns an error if this program cannot read item, as when a newer one
// wrote it.
func Readable(item table.Item) error { return decode(item, &struct{}{}) }
