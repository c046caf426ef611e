package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// version is that of every item this program writes. One that meets an item of
// a newer version reads nothing into it.
const version = 2

var errNewerVersion = errors.New("chat: the item was written by a newer version of Parley")

// event is one entry of a room's log, as it is stored. Events are complete
// deltas: what a room is, is the fold of its events. The number n is the sort
// key, not a part of the data.
type event struct {
	n int64

	V  int    `json:"v"`
	ID string `json:"id"` // the writer's own, to know it again after a lost reply
	// State is the last event, this one included, that changed the state: how a
	// reader tells whether the snapshot it has is the newest.
	State int64     `json:"st"`
	AtMs  int64     `json:"at"` // milliseconds since 1970
	Type  eventType `json:"t"`
	Seat  int       `json:"s,omitempty"` // who spoke, came or went
	Name  string    `json:"f,omitempty"` // its name then

	// What follows is of said.
	Text    string   `json:"x,omitempty"`
	Kind    Kind     `json:"k,omitempty"`   // none: Plain
	To      []int    `json:"to,omitempty"`  // the seats that may see it beside its own; none: all
	ToNames []string `json:"tn,omitempty"`  // their names then
	ReplyTo int64    `json:"re,omitempty"`  // the event that it answers
	ReSeat  int      `json:"res,omitempty"` // whose that is
	ReFor   []int    `json:"ref,omitempty"` // the seats that may see that; none: all
	Resumes bool     `json:"on,omitempty"`  // the speaker had said that it was done

	Reason   Reason    `json:"why,omitempty"`    // left, and room when it closes it
	Promoted int       `json:"admin,omitempty"`  // left: the seat that became admin by it
	NewAdmin string    `json:"adminf,omitempty"` // its name then
	Agent    *agent    `json:"agent,omitempty"`  // joined
	Settings *settings `json:"room,omitempty"`   // joined, of the event that begins a log; room: as they are now
	Changed  []string  `json:"what,omitempty"`   // room: the names of the settings that changed

	// What an admin did: left (kicked, banned), role and room.
	By     int    `json:"by,omitempty"`   // the admin's seat
	ByName string `json:"byf,omitempty"`  // its name then
	Action Action `json:"act,omitempty"`  // role: what was done to Seat, or, without one, to Name
	Note   string `json:"note,omitempty"` // the admin's words
	Ban    *ban   `json:"ban,omitempty"`  // the ban, or the muting of a name, that begins or ends by it

	DiesMs int64 `json:"dies,omitempty"` // when this event pushed the room's end forward
}

// eventType is what an event did.
type eventType string

const (
	said   eventType = "said"
	joined eventType = "joined"
	left   eventType = "left"
	ruled  eventType = "role" // an admin made somebody something, or kept somebody out
	set    eventType = "room" // an admin changed the settings, or closed the room
	paired eventType = "paired"
	knock  eventType = "knock" // somebody wanted a seat, and there was none
	// moved ends a log: the name begins anew with another id.
	moved eventType = "moved"
)

func (e event) at() time.Time { return time.UnixMilli(e.AtMs) }

// changesState reports whether the snapshot must be written with the event.
func (e event) changesState() bool {
	return e.Type != said || e.DiesMs != 0 || e.Kind == Done || e.Resumes
}

// doer is the seat whose act the event was.
func (e event) doer() int {
	if e.By != 0 {
		return e.By
	}
	return e.Seat
}

// closes reports whether the event is the end of the room.
func (e event) closes() bool { return e.Type == set && e.Reason == ReasonClosed }

// settings are what a room was made with.
type settings struct {
	Name        string   `json:"name"`
	Key         string   `json:"key"`
	Description string   `json:"about,omitempty"`
	Type        RoomType `json:"type"`
	Capacity    int      `json:"seats"`
	Public      bool     `json:"public,omitempty"`
	Password    string   `json:"password,omitempty"` // as hashPassword gives it
	Paired      bool     `json:"paired,omitempty"`   // by the queue, for two who do not know each other: leases are short
	OpenFrom    int64    `json:"from,omitempty"`     // newcomers see nothing before this event: others could come in then
}

// agent is a seated agent, as it is stored.
type agent struct {
	Seat   int    `json:"seat"`
	Name   string `json:"name"`
	Key    string `json:"key"`
	Role   Role   `json:"role"`
	Hash   string `json:"hash"`              // of the token's secret
	Joined int64  `json:"n"`                 // the event of its join
	AtMs   int64  `json:"at"`                // of its join
	RoleMs int64  `json:"role_at,omitempty"` // when it became admin, if not by its join
	Since  int64  `json:"from"`              // the first event that it may see
	Muted  bool   `json:"muted,omitempty"`
	Done   bool   `json:"done,omitempty"` // its last message was of the kind Done
}

// encode writes v as JSON without HTML escaping, so that a person reads it in
// the table.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Only types of this package come here; none of them can fail.
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads what encode wrote into v, unless a newer program wrote it.
func decode(item table.Item, v any) error {
	var head struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(item.Data, &head); err != nil {
		return fmt.Errorf("chat: item %s: %w", item.Key, err)
	}
	if head.V > version {
		return fmt.Errorf("%w: %s", errNewerVersion, item.Key)
	}
	if err := json.Unmarshal(item.Data, v); err != nil {
		return fmt.Errorf("chat: item %s: %w", item.Key, err)
	}
	return nil
}

// decodeEvent reads an event of a log.
func decodeEvent(item table.Item) (event, error) {
	n, err := logNumber(item.Key)
	if err != nil {
		return event{}, err
	}
	e := event{n: n}
	err = json.Unmarshal(item.Data, &e)
	if e.V > version { // a field of another type is no error then, and v is read all the same
		return event{}, fmt.Errorf("%w: %s", errNewerVersion, item.Key)
	}
	if err != nil {
		return event{}, fmt.Errorf("chat: item %s: %w", item.Key, err)
	}
	return e, nil
}

// decodeEvents reads the items of a query.
func decodeEvents(items []table.Item) ([]event, error) {
	out := make([]event, 0, len(items))
	for _, it := range items {
		e, err := decodeEvent(it)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// textSum is by what two messages are told to be the same: what was said, and to
// whom.
func textSum(text string, to []int) (sum [16]byte) {
	h := sha256.New()
	if len(to) > 0 {
		h.Write(fmt.Append(nil, to, "\x00")) // no text begins so
	}
	h.Write([]byte(text))
	copy(sum[:], h.Sum(nil))
	return sum
}
