package roomlog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// How long items live. docs/items.md lists them all.
const (
	// eventLife exceeds the life of every room that refers to the event, so that no event's number is used twice.
	// The bucket of template.yaml keeps files for room.DraftLife longer.
	eventLife = room.Life + 2*24*time.Hour
	// nameLife is how long a name, a snapshot and a listing outlive their room: the clocks of two processes may
	// differ by so much.
	nameLife = time.Hour
	// gapTrust is an age: directly before a younger event, no event has expired.
	gapTrust = eventLife - room.Life - 24*time.Hour
)

const (
	roomPrefix     = "ROOM#"
	metaSort       = "META"
	partPrefix     = metaSort + "#"
	logPrefix      = "LOG#"
	seenPrefix     = "SEEN#"
	agreedPrefix   = "AGREED#"
	donePrefix     = "DONE#"
	checkPrefix    = "CHECK#"
	activitySuffix = "#ACT"
	personSuffix   = "#ME"
	hookSuffix     = "#HOOK#"
	wrongPrefix    = "WRONG#"
	madePrefix     = "MADE#"
	notedPrefix    = "NOTED#"
	claimPrefix    = "FILE#"
	callPrefix     = "CALL#"
	callerPrefix   = "CALLER#"
	callingPrefix  = "CALLING#"
	listed         = "LISTED"
)

// NameKey returns the key of the item that leads from a room's name to its id.
func NameKey(name string) table.Key { return table.Key{Partition: "NAME#" + name, Sort: "-"} }

// ListedKey returns the key of a public room's listing.
func ListedKey(name string) table.Key { return table.Key{Partition: listed, Sort: name} }

// MetaKey returns the key of a room's snapshot.
func MetaKey(id string) table.Key { return inRoom(id, metaSort) }

// partKey returns the key of a part of a room's snapshot: see room.Part.
func partKey(id, name string) table.Key { return inRoom(id, partPrefix+name) }

// EventKey returns the key of event n. Its 16 digits make the order of keys the order of numbers.
func EventKey(id string, n int64) table.Key { return inRoom(id, eventSort(n)) }

// PresenceKey returns the key of a seat's presence.
func PresenceKey(id string, seat int) table.Key { return inRoom(id, seenPrefix+seatDigits(seat)) }

// activityKey returns the key of the activity of a seat's agent. One query of the presence brings the activity
// along.
func activityKey(id string, seat int) table.Key {
	return inRoom(id, seenPrefix+seatDigits(seat)+activitySuffix)
}

// personKey returns the key of the presence of the person behind a seat. The same query brings it along.
func personKey(id string, seat int) table.Key {
	return inRoom(id, seenPrefix+seatDigits(seat)+personSuffix)
}

// ClaimKey returns the key of the claim on a file. The bytes are kept for as long as the claim.
func ClaimKey(key files.Key) table.Key { return inRoom(key.Room, claimPrefix+key.ID) }

// readPositionKey returns the key of the read position of caller. Each device of a person has its own.
func readPositionKey(id string, caller room.Caller) table.Key {
	sort := "AT#" + seatDigits(caller.Seat)
	if caller.IsPerson() {
		sort += personSuffix + "#" + sanitize.FirstChars(caller.Device, deviceDigits)
	}
	return inRoom(id, sort)
}

// deviceDigits is how many digits of the hash of a device's token distinguish the device.
const deviceDigits = 16

// goneKey returns the key of the reason why a seat was given up.
func goneKey(id string, seat int) table.Key { return inRoom(id, "GONE#"+seatDigits(seat)) }

// KeptKey returns the key of the person behind the last agent of a principal under the name with key.
func KeptKey(id, principal, key string) table.Key {
	sum := sha256.Sum256([]byte(principal + "\x00" + key))
	return inRoom(id, "KEPT#"+hex.EncodeToString(sum[:16]))
}

// sentKey returns the key of the message that an idempotency key of caller stands for.
func sentKey(id string, caller room.Caller, key string) table.Key {
	prefix := "SENT#"
	if caller.IsPerson() { // the agent may choose the same keys
		prefix = "SAID#"
	}
	return inRoom(id, fmt.Sprintf("%s%s#%016d#%s", prefix, seatDigits(caller.Seat), caller.Joined, key))
}

func inRoom(id, sort string) table.Key { return table.Key{Partition: roomPrefix + id, Sort: sort} }

func seatDigits(seat int) string { return fmt.Sprintf("%08d", seat) }

func eventSort(n int64) string { return fmt.Sprintf("%s%016d", logPrefix, n) }

func eventNumber(key table.Key) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(key.Sort, logPrefix), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("roomlog: %s is not an event's key", key)
	}
	return n, nil
}

// SeatOf returns the seat in the key of a presence. suffix is activitySuffix, personSuffix, hookSuffix, or "" for the
// presence itself.
func SeatOf(key table.Key) (seat int, suffix string, err error) {
	digits := strings.TrimPrefix(key.Sort, seenPrefix)
	for _, s := range []string{activitySuffix, personSuffix, hookSuffix} {
		if rest, id, is := strings.Cut(digits, s); is && (id == "" || s == hookSuffix) {
			digits, suffix = rest, s
		}
	}
	seat, err = strconv.Atoi(digits)
	if err != nil {
		return 0, "", fmt.Errorf("roomlog: %s names no seat", key)
	}
	return seat, suffix, nil
}

// nameItem maps the key of a room's name to its id.
type nameItem struct {
	V  int    `json:"v"`
	ID string `json:"id"`
}

// Listing is what a list of rooms shows of a room without opening it.
type Listing struct {
	V           int       `json:"v"`
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"about,omitempty"` // the first 200 characters
	Type        room.Type `json:"type"`
	Capacity    int       `json:"seats"`
	Password    bool      `json:"password,omitempty"`
}

// putEvent appends event to the log of id. Exactly one of the processes that try succeeds. The condition works across
// processes, and asks only for presence. Without the condition, Ann's and Bob's sends both get 42, and one is lost.
func putEvent(id string, event room.Event) table.Op {
	return table.Put(table.Item{
		Key: EventKey(id, event.N), Expires: event.At().Add(eventLife), Data: Encode(event),
	}, table.IfAbsent)
}

// putName points the room's name at state.
func putName(state *room.State, c table.Condition) table.Op {
	return table.Put(table.Item{
		Key: NameKey(state.Key), Expires: state.Expires().Add(nameLife),
		Data: Encode(nameItem{V: room.Version, ID: state.ID}),
	}, c)
}

// unitBytes is how many bytes of an item DynamoDB writes for one unit, less its overhead.
const unitBytes = 1000

// putListed lists state. A description in letters of four bytes is cut below 200 characters, so a listing costs one
// unit.
func putListed(state *room.State) table.Op {
	key := ListedKey(state.Key)
	listing := Listing{
		V: room.Version, ID: state.ID, Name: state.Name, Description: sanitize.FirstChars(state.Description, 200),
		Type: state.Type, Capacity: state.Capacity, Password: state.Password != "",
	}
	data := Encode(listing)
	for len(key.Partition)+len(key.Sort)+len(data) > unitBytes && listing.Description != "" {
		listing.Description = sanitize.FirstChars(listing.Description, utf8.RuneCountInString(listing.Description)*9/10)
		data = Encode(listing)
	}
	return table.Put(table.Item{Key: key, Expires: state.Expires().Add(nameLife), Data: data}, table.Always)
}

// Layout says where a room is stored, for a program that copies rooms from one table to another.
type Layout struct {
	Partition string    // of all items of the room alone
	Events    string    // the prefix of events' sort keys; an event never changes, but for a removed text
	Meta      table.Key // the snapshot, in Partition; without it there is no room
	Parts     string    // the prefix of the sort keys of the snapshot's parts
	Name      table.Key // leads from the room's name to its id
	Listed    table.Key // the listing, if the room is public
}

// RoomPrefix begins the partition of every room; the room's id follows.
const RoomPrefix = roomPrefix

// LayoutOf returns the layout of the room with an id and the key of its name.
func LayoutOf(id, key string) Layout {
	return Layout{
		Partition: roomPrefix + id, Events: logPrefix, Parts: partPrefix,
		Meta: MetaKey(id), Name: NameKey(key), Listed: ListedKey(key),
	}
}

// NameIn returns the key of the name in a snapshot's item.
func NameIn(meta table.Item) (string, error) {
	var snapshot room.Snapshot
	if err := Decode(meta, &snapshot); err != nil {
		return "", err
	}
	return snapshot.Settings.Key, nil
}

// LeadsTo returns the id of the room of an item at Layout.Name or Layout.Listed.
func LeadsTo(item table.Item) (id string, err error) {
	var name nameItem
	if err := Decode(item, &name); err != nil {
		return "", err
	}
	if name.ID == "" {
		return "", fmt.Errorf("roomlog: %s leads to no room", item.Key)
	}
	return name.ID, nil
}
