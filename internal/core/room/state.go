package room

import (
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// How long a room lives. Activity keeps it alive, at the price of one larger write a day.
const (
	Life       = 30 * 24 * time.Hour // after the last renewal
	RenewAfter = 24 * time.Hour      // an event renews a room last renewed longer ago
)

// State is a room after event AsOf. A published State is never changed; Apply returns the next State.
type State struct {
	Settings
	ID         string
	AsOf       int64
	LastChange int64     // the last event that changed the state, beside the talk
	Talk       Talk      // open requests, and who is done; not part of the snapshot
	LastTalk   int64     // the last event that changed Talk
	Messages   int64     // how many messages to all there are
	Run        int       // how many messages agents have sent to all since a person spoke
	LogKey     string    // of the ids of messages
	Agents     []Agent   // in the order of their joins
	NextSeat   int       // the number of the next seat: see NewSeat
	LastFreed  Mark      // the last event that freed a seat
	Updated    int64     // the last event that changed the settings
	Retired    bool      // the name leads to another log
	Closed     bool      // for good; agents can still read: see WhyClosed
	Bans       []Ban     // barred from joining
	Mutes      []Ban     // barred from speaking
	Knocks     []Knock   // of the last ten minutes
	Tasks      []Task    // the open tasks, in the order of adding
	LastTask   int64     // the number of the task added last
	TaskEnds   []TaskEnd // the ends of tasks before open tasks
	Departed   Departure
	Described  int64 // the event that last wrote the description: see Part
	Knocked    int64 // the event that last wrote the knocks
	ExpiresMs  int64
	HeadMs     int64 // the time of event AsOf

	ids *ident.MessageIDs // of LogKey; nil before the first event
}

// Mark is a place in a log.
type Mark struct {
	N        int64 `json:"n,omitempty"` // an event
	Messages int64 `json:"p,omitempty"` // how many messages to all come before event N
}

// MessageID returns the id of event n for agents; "" for 0.
func (s *State) MessageID(n int64) string {
	if n == 0 || s.ids == nil {
		return ""
	}
	return s.ids.ID(n)
}

// MessageNumber returns the event of an id. ok is false if no event up to AsOf has the id.
func (s *State) MessageNumber(id string) (n int64, ok bool) {
	if s.ids == nil {
		return 0, false
	}
	n, ok = s.ids.Number(id)
	return n, ok && 0 < n && n <= s.AsOf
}

// useLogKey sets the key of the message ids.
func (s *State) useLogKey(key string) (err error) {
	s.LogKey = key
	s.ids, err = ident.NewMessageIDs(key)
	return err
}

// Expires returns when the room ends without a renewal.
func (s *State) Expires() time.Time { return time.UnixMilli(s.ExpiresMs) }

// Expired reports whether Expires has passed at now, or the room was retired without being closed. Nothing can be
// appended to an expired room, and the name becomes free.
func (s *State) Expired(now time.Time) bool {
	return s.Retired && !s.Closed || !now.Before(s.Expires())
}

// WhyClosed returns why a closed room is closed: an admin closed the room, or the room started over after a
// silence.
func (s *State) WhyClosed() Reason {
	if s.Retired {
		return ReasonBegunAnew
	}
	return ReasonClosed
}

// RenewalDue reports whether an event at the time now must renew the room.
func (s *State) RenewalDue(now time.Time) bool {
	return now.Sub(s.Expires().Add(-Life)) > RenewAfter
}

// Apply returns the state after e, the next event. s is unchanged. Apply decides by s and e alone. If event 7,
// the leave of the admin, did not name Bob as the next admin, a process that last heard Carol would promote
// Carol, and another process Bob.
func (s *State) Apply(e Event) (*State, error) {
	next := *s
	return &next, next.advance(e)
}
