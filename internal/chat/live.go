package chat

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/ratelimit"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// liveRoom is what this process knows of a room beside its log: which agents wait
// here, and what it has cached of their seats. It observes the log.
type liveRoom struct {
	log *roomlog.Log
	svc *Service

	mu      sync.Mutex
	waits   map[int]*openWait  // by seat
	silence *silence           // runs while every agent may be waiting; else nil
	stop    context.CancelFunc // ends the polling and the sweeping; nil: neither runs
	sweepAt time.Time          // in a paired room: no lease ends before
	seats   map[int]*seatCache // by seat
}

func (r *liveRoom) release() { r.log.Release() }

// live returns the live room that observes a log of a Service.
func live(l *roomlog.Log) *liveRoom { return l.Observer().(*liveRoom) }

// openWait is a wait that has not ended.
type openWait struct {
	began      time.Time
	until      time.Time     // its end
	due        time.Time     // when to look after the caller's presence first
	announced  time.Time     // until when others know of it; zero: they do not
	standby    bool          // a program waits for the agent
	looks      bool          // it lasts no time: the agent does not wait
	superseded chan struct{} // closed by a younger wait of the seat; nil: never
	yields     bool          // superseded because the agent itself waits; set before that is closed
	turn       chan int64    // receives the last word whose silence gives the caller the turn; see turns.go
}

// rank returns when w counts as begun among the waits of its seat, of which the youngest
// gets the turn: a program on standby comes after its agent.
func (w *openWait) rank() time.Time {
	if w.standby {
		return time.Time{}
	}
	return w.began
}

// silence is a time during which everyone present may be waiting.
type silence struct {
	head  int64 // the last event when it began
	timer clockwork.Timer
}

// seatCache is what this process remembers of a seat beside the log. The room's
// mutex guards it, except for handing.
type seatCache struct {
	presence     room.Presence      // as of the last call here
	presenceAt   time.Time          // when it was last written here
	waitWritten  bool               // what was written says that the agent waits
	position     *room.ReadPosition // as last read or written here; nil: unknown
	positionAt   time.Time          // when it was last written here
	shown        int64              // calls with a cursor were shown the events up to here
	activity     string
	activityAt   time.Time // when it was last written here
	roster       [16]byte  // of who was there, as the seat last saw it; zero: unknown
	rosterReadAt time.Time // when it was last read for a quiet result
	pace         ratelimit.Pace

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
