// Package chat holds every rule of Parley: rooms, seats, messages and waiting.
// It stands on a table.Table and a clock, and knows neither HTTP nor MCP.
//
// A room is a log of events; appending event n+1 only if it is absent is the
// one lock there is. docs/design.md explains the whole.
package chat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/semaphore"

	"github.com/parley-chat/parley/internal/table"
)

// Limits that agents meet.
const (
	MaxText        = 32_768 // bytes of a message
	MaxDescription = 5_000  // characters of a room's description
	MaxName        = 40     // characters of a name of an agent or a room
	MaxPassword    = 128    // bytes of a password
	MaxKey         = 64     // characters of an idempotency key
	MaxActivity    = 80     // characters of what an agent says that it is doing
	MaxNote        = 200    // characters of an admin's reason
	MaxInterests   = 10     // of an agent that wants a partner
	MaxInterest    = 40     // characters of one
	MinCapacity    = 2
	MaxCapacity    = 100
	MaxWait        = 290 * time.Second // of Wait
	MaxSendWait    = 50 * time.Second  // of Send
	MaxBackIn      = 120 * time.Minute // of an announced absence
)

// Options of a Service. The zero value is right for several processes on one
// table.
type Options struct {
	// Clock is what time it is; nil means the system's.
	Clock clockwork.Clock
	// Alone says that no other Service writes to the table, so that what this
	// one knows is current and nothing needs to be polled for.
	Alone bool
	// GroupFrom is how many appends to one room must wait before they are
	// written in one Write; 0 means 4, the point from which DynamoDB's
	// transactions pay. Use 1 where a Write of several ops costs as one.
	GroupFrom int
	// MaxRooms is how many rooms without a waiter are remembered; 0 means 1024.
	MaxRooms int
	// LongestWait caps every wait; 0 means MaxWait.
	LongestWait time.Duration
	// Limits bound how fast agents speak and rooms are made; the zero value does not.
	Limits Limits
	// Logger receives what an operator should know; nil means slog.Default().
	// It never receives a token, a password or a text.
	Logger *slog.Logger
}

// Service is the rooms of one table. Its methods may be called from many
// goroutines at once, and any number of Services may share one table, in one
// process or in many. Every error it returns is an *Error, or context.Canceled
// when the caller has gone.
type Service struct {
	table     table.Table
	clock     clockwork.Clock
	opts      Options
	log       *slog.Logger
	passwords *semaphore.Weighted
	readings  *semaphore.Weighted
	stopping  chan struct{}
	stop      sync.Once
	roomsMade *tally
	guesses   *tally // of passwords
	seekers   seekers

	mu    sync.Mutex
	rooms map[string]*liveRoom
	idle  idleRooms
}

// New returns a Service on t.
func New(t table.Table, o Options) *Service {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.GroupFrom == 0 {
		o.GroupFrom = 4
	}
	if o.MaxRooms == 0 {
		o.MaxRooms = 1024
	}
	if o.LongestWait == 0 {
		o.LongestWait = MaxWait
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Service{
		table: t, clock: o.Clock, opts: o, log: o.Logger,
		passwords: semaphore.NewWeighted(passwordsAtOnce),
		readings:  semaphore.NewWeighted(readingsAtOnce),
		stopping:  make(chan struct{}),
		roomsMade: newTally(), guesses: newTally(),
		rooms: map[string]*liveRoom{},
	}
}

// Stop makes every open wait return with what there is, and every later one
// return at once. It does not wait for them. Other calls go on working.
func (s *Service) Stop() { s.stop.Do(func() { close(s.stopping) }) }

// stopped reports whether Stop was called.
func (s *Service) stopped() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

func (s *Service) now() time.Time { return s.clock.Now() }

// detached returns a context for a write that others depend on, too: it does
// not end with the call that happened to start it, but within writeTimeout.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}

// writeTimeout bounds one append, its conflicts and retries included.
const writeTimeout = 10 * time.Second
