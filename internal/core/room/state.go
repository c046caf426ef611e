package room

import (
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// How long a room lives. Activity keeps it alive, at the price of one larger write a day.
const (
	Life       = 30 * 24 * time.Hour // after it was last renewed
	RenewAfter = 24 * time.Hour      // an event renews a room whose last renewal is older
)

// State is a room after event AsOf. A published State is never changed; Apply
// returns the next one.
type State struct {
	Settings
	ID         string
	AsOf       int64
	LastChange int64       // the last event that changed the state, beside the talk
	Talk       Talk        // what is asked and not answered, and who is done; not part of the snapshot
	LastTalk   int64       // the last event that changed Talk
	Messages   int64       // how many messages to all there are
	Run        int         // how many of them agents have sent since a person spoke
	LogKey     string      // of the ids of messages
	Agents     []Agent     // in the order of their joins
	NextSeat   int         // the number of the next seat: see NewSeat
	LastFreed  Mark        // the last event that freed a seat
	Updated    int64       // the last event that changed the settings
	Retired    bool        // the name leads to another log
	Closed     bool        // for good, but for reading: see WhyClosed
	Bans       []Ban       // names that may not join
	Mutes      []Ban       // names that may not speak
	Knocks     []Knock     // of the last ten minutes
	Tasks      []Task      // those that are open, in the order of adding
	LastTask   int64       // the number of the last task that was added
	TasksAdded []AddedTask // calls that added tasks, of the last ten minutes
	TaskEnds   []TaskEnd   // of tasks that open ones come after
	Departed   Departure
	Described  int64 // the event that the description was last written with: see Part
	Knocked    int64 // and the knocks
	ExpiresMs  int64
	HeadMs     int64 // the time of event AsOf

	ids *ident.MessageIDs // of LogKey; nil before the first event
}

// Mark is a place in a log.
type Mark struct {
	N        int64 `json:"n,omitempty"` // an event
	Messages int64 `json:"p,omitempty"` // how many messages to all come before it
}

// MessageID returns the id of event n as agents see it; "" for 0.
func (s *State) MessageID(n int64) string {
	if n == 0 || s.ids == nil {
		return ""
	}
	return s.ids.ID(n)
}

// MessageNumber returns the event that an id stands for. ok is false if it stands
// for none up to AsOf.
func (s *State) MessageNumber(id string) (n int64, ok bool) {
	if s.ids == nil {
		return 0, false
	}
	n, ok = s.ids.Number(id)
	return n, ok && 0 < n && n <= s.AsOf
}

// useLogKey makes key that of the message ids.
func (s *State) useLogKey(key string) (err error) {
	s.LogKey = key
	s.ids, err = ident.NewMessageIDs(key)
	return err
}

// Expires returns when the room ends unless it is renewed.
func (s *State) Expires() time.Time { return time.UnixMilli(s.ExpiresMs) }

// Expired reports whether the room has ended by now without being closed.
// Nothing can be appended to it, and its name becomes free.
func (s *State) Expired(now time.Time) bool {
	return s.Retired && !s.Closed || !now.Before(s.Expires())
}

// WhyClosed returns why a closed room is closed: an admin has done so, or it started over after a
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

// Apply returns the state after e, which must be the next event. s is unchanged.
func (s *State) Apply(e Event) (*State, error) {
	next := *s
	return &next, next.advance(e)
}
