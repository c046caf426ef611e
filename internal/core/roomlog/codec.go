package roomlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Encode returns v as JSON without HTML escaping, so that a person can read the table. v is of a type of Parley's
// own, and all of these can be encoded.
func Encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Decode decodes item into v. It fails as Readable does if a program of another version wrote the item.
func Decode(item table.Item, v any) error {
	if !isCurrent(item.Data) {
		if err := Readable(item); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(item.Data, v); err != nil {
		return fmt.Errorf("roomlog: item %s: %w", item.Key, err)
	}
	return nil
}

// isCurrent reports whether data begins as Encode writes it. Then no more of data is needed to tell the version.
func isCurrent(data []byte) bool {
	return bytes.HasPrefix(data, []byte(`{"v":`+strconv.Itoa(room.Version)+`,`))
}

// Readable returns an error if the program cannot read item: room.ErrNewerVersion if a newer program wrote the item,
// room.ErrOlderVersion if an older one did.
func Readable(item table.Item) error {
	var head struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(item.Data, &head); err != nil {
		return fmt.Errorf("roomlog: item %s: %w", item.Key, err)
	}
	return checkVersion(head.V, item.Key)
}

// checkVersion refuses every version but the program's own.
func checkVersion(v int, key table.Key) error {
	switch {
	case v > room.Version:
		return fmt.Errorf("%w: %s", room.ErrNewerVersion, key)
	case v < room.Version:
		return fmt.Errorf("%w: %s", room.ErrOlderVersion, key)
	}
	return nil
}

// decodeEvent reads an event of a log.
func decodeEvent(item table.Item) (room.Event, error) {
	n, err := eventNumber(item.Key)
	if err != nil {
		return room.Event{}, err
	}
	event := room.Event{N: n}
	err = json.Unmarshal(item.Data, &event)
	if err == nil || event.V != 0 { // V is read even if another field has changed its type
		if other := checkVersion(event.V, item.Key); other != nil {
			return room.Event{}, other
		}
	}
	if err != nil {
		return room.Event{}, fmt.Errorf("roomlog: item %s: %w", item.Key, err)
	}
	event = event.FromOlder()
	event.Calls = nil // only the stream of a table reads Calls
	return event, nil
}

// decodeEvents decodes the items of a query. An event comes as its outline if the function whole returns false for
// that outline. A nil whole means that all events come whole. The first event is always whole: after a gap, its time
// matters.
func decodeEvents(items []table.Item, whole func(room.Event) bool) ([]room.Event, error) {
	out := make([]room.Event, len(items))
	for i, it := range items {
		event := &out[i]
		if message(it, event) {
			if whole != nil {
				whole(*event)
			}
			continue
		}
		if whole != nil {
			if o, ok := outline(it); ok && !whole(o) && i > 0 {
				*event = o
				continue
			}
		}
		var err error
		*event, err = decodeEvent(it)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
