package chat

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// seatCache is what this process remembers of a seat beside the log. The room's
// mutex guards it, except for handing.
type seatCache struct {
	presence     room.Presence // as of the last call here
	presenceAt   time.Time     // when it was last written here
	waitWritten  bool          // what was written says that the agent waits
	position     *readPosition // as last read or written here; nil: unknown
	positionAt   time.Time     // when it was last written here
	shown        int64         // calls with a cursor were shown the events up to here
	waitedUntil  int64         // the announced end, in milliseconds, of a wait that has ended here
	activity     string
	activityAt   time.Time // when it was last written here
	roster       [16]byte  // of who was there, as the seat last saw it; zero: unknown
	rosterReadAt time.Time // when it was last read for a quiet result
	pace         *pace     // nil: nothing limited was said here

	// handing is held from the moment at which a call without a cursor is sure to
	// be the newest of its seat until it has noted what it hands out, so that the
	// next one begins behind that. It precedes all other locks.
	handing sync.Mutex
}

// cached returns the cache of a seat. r.mu is held.
func (r *liveRoom) cached(seat int) *seatCache {
	c := r.seats[seat]
	if c == nil {
		c = &seatCache{}
		r.seats[seat] = c
	}
	return c
}
