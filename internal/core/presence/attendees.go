package presence

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Options are what the rooms of one process share. All fields but SingleProcess are needed.
type Options struct {
	Store  *roomlog.Store
	Table  table.Table
	Clock  clockwork.Clock
	Logger *slog.Logger
	// SingleProcess: no other process writes to the table, so no room is polled, and the cache of a seat is current.
	SingleProcess bool
}

// Attendees is what the process knows of a room beside its log: which agents wait here, and the cache of their seats.
// OnAdvance must be called for the events of the log. Methods may be called concurrently.
type Attendees struct {
	log   *roomlog.Log
	o     *Options
	began time.Time // what was handed out before that is not cached

	freeTasksMu sync.Mutex // held while announceFreeTasks runs
	freeTasks   freeTasks  // by freeTasksMu: only lockFreeTasks gives it

	mu      sync.Mutex
	guarded guarded // by mu: only lock gives it
}

// guarded is what changes of an Attendees, and all that it leads to but reading.handOutMu.
type guarded struct {
	waits      map[int]*Wait        // by seat, of agents
	watches    map[int][]*Wait      // by seat, of the people behind agents, oldest first
	silence    *silence             // runs while every agent may be waiting; else nil
	taskCheck  *freeTaskCheck       // runs while agents wait and there are tasks; else nil
	taskNews   map[string]newsState // of the free tasks, by room.Opening.What
	endPolling context.CancelFunc   // nil: no polling runs
	seats      map[int]*seatCache   // by seat
}

// seatCache is what the process remembers of a seat beside the log.
type seatCache struct {
	agent    reading             // how far the agent has read
	people   map[string]*reading // how far the person behind the agent has read, by device
	presence cachedPresence
	writing  chan struct{} // holds one while a call reads and writes the presence: see Recorder.update

	activity   string    // what the agent last said that it is doing
	activityAt time.Time // when activity was last written here
	watchedAt  time.Time // when it was last written here that the person watches

	lastNoticeAsOf int64 // the last event when the agent was last told of a free task
	lastNoticeAt   time.Time
}

// handedOut returns the last event that the agent was handed, as far as the process knows: Read of its presence. The
// delivery has what was handed out here, and the cached presence what the table said of other processes.
func (c *seatCache) handedOut() int64 { return max(c.presence.latest.Read, c.agent.delivery.Newest()) }

// handedOutTo is handedOut of a seat.
func handedOutTo(a *Attendees, seat int) int64 {
	l := a.lock()
	defer l.unlock()
	return l.cachedSeat(seat).handedOut()
}

// reading is how far one reader has come, and which roster it saw.
type reading struct {
	delivery     Delivery
	storedAt     time.Time // when the delivery was last written here
	roster       [16]byte  // the agents present when the reader last saw them; zero: unknown
	rosterReadAt time.Time // when the roster was last read for a quiet result

	// handOutMu is held from when a call is sure to be the newest of the reader until it has recorded what it hands
	// out. So the next call begins after those events. Meanwhile other calls may acknowledge, under Attendees.mu alone.
	handOutMu sync.Mutex
}

// New returns the Attendees of the room of a log.
func New(log *roomlog.Log, options *Options) *Attendees {
	return &Attendees{log: log, o: options, began: options.Clock.Now(), guarded: guarded{seats: map[int]*seatCache{}}}
}

// locked is an Attendees while its mu is held, from lock to unlock. It calls no method of a that takes mu.
type locked struct {
	*guarded
	a *Attendees
}

func (a *Attendees) lock() locked {
	a.mu.Lock()
	return locked{&a.guarded, a}
}

func (l locked) unlock() { l.a.mu.Unlock() }

// cachedSeat returns the cache of a seat.
func (l locked) cachedSeat(seat int) *seatCache {
	cache := l.seats[seat]
	if cache == nil {
		cache = &seatCache{writing: make(chan struct{}, 1)}
		l.seats[seat] = cache
	}
	return cache
}

// readingOf returns how far caller has read.
func (l locked) readingOf(caller *room.Caller) *reading {
	cache := l.cachedSeat(caller.Seat)
	if !caller.IsPerson() {
		return &cache.agent
	}
	if cache.people == nil {
		cache.people = map[string]*reading{}
	}
	p := cache.people[caller.Device]
	if p == nil {
		p = &reading{}
		cache.people[caller.Device] = p
	}
	return p
}

func (a *Attendees) now() time.Time { return a.o.Clock.Now() }

// OnAdvance hears of the events of the log; none: the head was loaded. An event may end the silence, and a freed seat
// leaves the cache. A call under way may cache the seat again, until the next event Left.
func (a *Attendees) OnAdvance(head *room.Head, events []room.Event) {
	l := a.lock()
	defer l.unlock()
	left := func(event room.Event) bool { return event.Type == room.Left }
	if len(events) == 0 || slices.ContainsFunc(events, left) {
		maps.DeleteFunc(l.seats, func(seat int, _ *seatCache) bool {
			_, here := head.Seated(seat)
			return !here
		})
	}
	if len(l.waits) > 0 {
		l.beginSilence()
		l.beginFreeTaskCheck()
	}
}

// ReadPresence returns the presence of every seat, as stored or as the process has since heard, and until when the
// people behind seats watch.
func (a *Attendees) ReadPresence(ctx context.Context, c table.Consistency) (all map[int]room.Presence,
	people map[int]time.Time, err error) {
	all, people, err = a.log.Items().Presence(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	l := a.lock()
	defer l.unlock()
	for seat, cache := range l.seats {
		if cache.presence.isKnown() {
			known := cache.presence.latest
			known.Read = cache.handedOut()
			all[seat] = seenByOthers(known, all[seat], a.o.SingleProcess)
		}
	}
	return all, people, nil
}

// HasCompany reports whether the process knows, without a read, that an agent on another seat is not away: it waits
// here or, if there is only one process, called last without an absence.
func (a *Attendees) HasCompany(head *room.Head, seat int) bool {
	now := a.now()
	l := a.lock()
	defer l.unlock()
	return slices.ContainsFunc(head.Agents, func(agent room.Agent) bool {
		if agent.Seat == seat {
			return false
		}
		if l.waits[agent.Seat] != nil || agent.IsPersonOnly() && l.watches[agent.Seat] != nil {
			return true
		}
		cache := l.seats[agent.Seat]
		return a.o.SingleProcess && cache != nil && cache.presence.isKnown() &&
			!cache.presence.latest.BackAt().After(now)
	})
}

// Waits reports whether a call of the seat waits here.
func (a *Attendees) Waits(seat int) bool {
	l := a.lock()
	defer l.unlock()
	return l.waits[seat] != nil
}

// HasProgram reports whether a program on standby is known that wakes the agent of a seat. A killed program counts
// while others still see it.
func (a *Attendees) HasProgram(seat int) bool {
	l := a.lock()
	defer l.unlock()
	cache := l.seats[seat]
	return cache != nil && a.now().Sub(time.UnixMilli(cache.presence.latest.WakesMs)) < room.AnnounceWait
}

// Cached returns how many seats are cached.
func (a *Attendees) Cached() int {
	l := a.lock()
	defer l.unlock()
	return len(l.seats)
}

// KnownBackAt returns the announced return of a seat; zero: the process knows none.
func (a *Attendees) KnownBackAt(seat int) time.Time {
	l := a.lock()
	defer l.unlock()
	if cache := l.seats[seat]; cache != nil {
		return cache.presence.latest.BackAt()
	}
	return time.Time{}
}

// rosterEvery is how often a quiet result reads the roster, if the roster costs a read.
const rosterEvery = 30 * time.Second

// RecordRosterRead records that the roster is read for caller now. If it was read less than rosterEvery ago, that is
// not due, and nothing is recorded.
func (a *Attendees) RecordRosterRead(caller room.Caller) (due bool) {
	if a.o.SingleProcess {
		return true
	}
	now := a.now()
	l := a.lock()
	defer l.unlock()
	cached := l.readingOf(&caller)
	if now.Sub(cached.rosterReadAt) < rosterEvery {
		return false
	}
	cached.rosterReadAt = now
	return true
}

// RecordRoster records the roster that caller sees, and reports whether it is new to caller. If the process does not
// know which one caller saw last, it is new only if moved says that an agent just came or left.
func (a *Attendees) RecordRoster(caller room.Caller, roster [16]byte, moved bool) bool {
	l := a.lock()
	defer l.unlock()
	cached := l.readingOf(&caller)
	before := cached.roster
	cached.roster = roster
	if before == [16]byte{} {
		return moved
	}
	return before != roster
}
