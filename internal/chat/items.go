package chat

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// How long things live, as docs/design.md explains.
const (
	roomLife  = 30 * 24 * time.Hour                 // after the last push
	pushAfter = 24 * time.Hour                      // an event that finds the last push older pushes
	eventLife = roomLife + 2*24*time.Hour           // after it was said: longer than any room that knows it
	nameLife  = time.Hour                           // of name, snapshot and listing beyond the room's end: clocks differ
	placeLife = roomLife                            // of a seat's place in the log
	goneLife  = roomLife                            // of the note why a seat was given to another
	keyLife   = 24 * time.Hour                      // of an idempotency key
	gapTrust  = eventLife - roomLife - 24*time.Hour // an event younger than this has no expired one right before it
)

const logPrefix = "LOG#"

func roomPartition(id string) string { return KeptRooms + id }

func nameItemKey(key string) table.Key   { return table.Key{Partition: "NAME#" + key, Sort: "-"} }
func listedItemKey(key string) table.Key { return table.Key{Partition: listedPartition, Sort: key} }
func metaKey(id string) table.Key        { return table.Key{Partition: roomPartition(id), Sort: "META"} }
func seenKey(id string, seat int) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: seenPrefix + seatKey(seat)}
}
func activityKey(id string, seat int) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: seenPrefix + seatKey(seat) + activitySuffix}
}
func turnKey(id string, n int64) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: "TURN#" + strings.TrimPrefix(logSort(n), logPrefix)}
}
func placeKey(id string, seat int) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: "AT#" + seatKey(seat)}
}
func goneKey(id string, seat int) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: "GONE#" + seatKey(seat)}
}
func sentKey(id string, seat int, key string) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: "SENT#" + seatKey(seat) + "#" + key}
}

const (
	listedPartition = "LISTED"
	seenPrefix      = "SEEN#"
	activitySuffix  = "#ACT"
)

func seatKey(seat int) string { return fmt.Sprintf("%05d", seat) }

// logSort is the sort key of event n: 16 digits, so that order of text is order
// of number.
func logSort(n int64) string { return fmt.Sprintf("%s%016d", logPrefix, n) }

func logKey(id string, n int64) table.Key {
	return table.Key{Partition: roomPartition(id), Sort: logSort(n)}
}

func logNumber(k table.Key) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(k.Sort, logPrefix), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("chat: %s is no event of a log", k)
	}
	return n, nil
}

// nameItem maps the key of a room's name to its id.
type nameItem struct {
	V  int    `json:"v"`
	ID string `json:"id"`
}

// listedItem is what list_rooms shows without opening the room.
type listedItem struct {
	V           int      `json:"v"`
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"about,omitempty"`
	Type        RoomType `json:"type"`
	Capacity    int      `json:"seats"`
	Password    bool     `json:"password,omitempty"`
}

// goneItem says why a seat was given to another.
type goneItem struct {
	V      int    `json:"v"`
	Reason Reason `json:"why"`
}

// sentItem is the message that an idempotency key stands for.
type sentItem struct {
	V   int   `json:"v"`
	Seq int64 `json:"seq"`
}

// putEvent is the op that appends e to the log of id: the one lock there is.
func putEvent(id string, e event) table.Op {
	return table.Put(table.Item{
		Key: logKey(id, e.n), Expires: e.at().Add(eventLife), Data: encode(e),
	}, table.IfAbsent)
}

// putMeta is the op that stores the snapshot f.
func putMeta(f *fold) table.Op {
	return table.Put(table.Item{
		Key: metaKey(f.id), Expires: f.dies().Add(nameLife), Data: encode(f.snapshot()),
	}, table.Always)
}

// putName is the op that points the room's name at f.
func putName(f *fold, c table.Condition) table.Op {
	return table.Put(table.Item{
		Key: nameItemKey(f.Key), Expires: f.dies().Add(nameLife), Data: encode(nameItem{V: version, ID: f.id}),
	}, c)
}

// putListed is the op that lists f.
func putListed(f *fold) table.Op {
	return table.Put(table.Item{
		Key: listedItemKey(f.Key), Expires: f.dies().Add(nameLife),
		Data: encode(listedItem{
			V: version, ID: f.id, Name: f.Name, Description: firstRunes(f.Description, 200),
			Type: f.Type, Capacity: f.Capacity, Password: f.Password != "",
		}),
	}, table.Always)
}

// firstRunes returns the first n characters of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// seatOfKey returns the seat of an item of presence, and whether it is its
// activity.
func seatOfKey(k table.Key) (seat int, activity bool, err error) {
	digits, activity := strings.CutSuffix(strings.TrimPrefix(k.Sort, seenPrefix), activitySuffix)
	if seat, err = strconv.Atoi(digits); err != nil {
		return 0, false, fmt.Errorf("chat: %s names no seat", k)
	}
	return seat, activity, nil
}
