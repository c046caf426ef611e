package chat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/password"
	"github.com/parley-chat/parley/internal/core/picture"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// UsualCache is how many bytes the cached rooms may take: thousands of small ones.
const UsualCache = 128 << 20

// UsualFile is how many bytes a file has at most.
const UsualFile = 25 << 20

// Options of a Service. The zero value suits several processes on one table.
type Options struct {
	// Clock defaults to the system's.
	Clock clockwork.Clock
	// SingleProcess says that no other process writes to the table. Then nothing is polled, and a cached room is
	// current.
	SingleProcess bool
	// MinBatch is the least number of waiting appends to one room that share one Write. The default is 4, the least
	// number for which a DynamoDB transaction pays. Use 1 where a Write of several ops costs no more than a Write of
	// one op.
	MinBatch int
	// CacheBytes is how much memory the cached rooms may take: see roomlog.Options. The default is UsualCache.
	CacheBytes int64
	// Files keeps the bytes of shared files. Nil means that no files are shared.
	Files files.Store
	// FileLimit is how many bytes a file has at most. The default is UsualFile.
	FileLimit int64
	// Space tells how much space the table's disk has left. Nil means no disk.
	Space ReadSpace
	// LongestWait caps every wait. The default is MaxWait.
	LongestWait time.Duration
	// Limits bound the calls of each caller. The zero value sets no bounds. Units are counted for calls that pass
	// Service.Limits().Begin.
	Limits ratelimit.Limits
	// Calls, after the write of an event, gets the hooks to call for the event. Calls must not block. Nil: the
	// Service calls nobody, for example because the table's stream does.
	Calls func(room string, calls []room.Call)
	// LookUpInvite looks up, by made, an invite that the arguments of a join give. A wrong invite is a guess of the
	// caller, as one in an address is: see access.Gate.Made. Nil: lookUpAtOnce.
	LookUpInvite func(ctx context.Context, v ident.Invite, made func() (bool, error)) (bool, error)
	// Logger receives what an operator should know, and never a token, a password or a text. The default is
	// slog.Default(), which does not get the lines of package audit.
	Logger *slog.Logger
}

// Service is the rooms of one table. Its methods may be called concurrently, and any number of Services, in one process
// or in many, may share a table. Every error is a *fault.Error, or context.Canceled where the caller has gone.
type Service struct {
	store     *roomlog.Store
	live      presence.Options
	clock     clockwork.Clock
	opts      Options
	log       *slog.Logger
	audit     *slog.Logger // nil without a Logger in Options
	limits    *ratelimit.Limiter
	space     space
	passwords *password.Checker
	pictures  *picture.Decoder
	stopping  chan struct{}
	stop      sync.Once
}

// New returns a Service on t.
func New(t table.Table, o Options) *Service {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.MinBatch == 0 {
		o.MinBatch = 4
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = UsualCache
	}
	if o.FileLimit == 0 {
		o.FileLimit = UsualFile
	}
	if o.LookUpInvite == nil {
		o.LookUpInvite = lookUpAtOnce
	}
	if o.LongestWait == 0 {
		o.LongestWait = core.MaxWait
	}
	audited := o.Logger
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	limits := ratelimit.New(o.Limits, o.Clock)
	t = limits.Table(t)
	service := &Service{limits: limits, clock: o.Clock, opts: o, log: o.Logger, audit: audited,
		stopping: make(chan struct{}),
		space:    space{read: o.Space, clock: o.Clock, log: o.Logger}}
	service.store = roomlog.NewStore(t, roomlog.Options{
		Clock: o.Clock, SingleProcess: o.SingleProcess, MinBatch: o.MinBatch, CacheBytes: o.CacheBytes,
		Logger: o.Logger, Calls: o.Calls,
		Observe: func(l *roomlog.Log) roomlog.Observer { return newLiveRoom(service, l) },
	})
	service.live = presence.Options{Store: service.store, Table: t, Clock: o.Clock, Logger: o.Logger,
		SingleProcess: o.SingleProcess}
	service.passwords = password.New(service.store, limits.Password)
	service.pictures = picture.NewDecoder(o.Clock)
	return service
}

// lookUpAtOnce limits no guesses.
func lookUpAtOnce(_ context.Context, _ ident.Invite, made func() (bool, error)) (bool, error) {
	return made()
}

// Store returns the logs of the service's rooms.
func (s *Service) Store() *roomlog.Store { return s.store }

// Stop makes every open wait return with its messages, and every later wait return at once. Stop does not wait for
// them. Other calls continue to work.
func (s *Service) Stop() { s.stop.Do(func() { close(s.stopping) }) }

// Stopping returns a channel that is closed by Stop.
func (s *Service) Stopping() <-chan struct{} { return s.stopping }

// AllowRoom counts a new room of the caller, or refuses the room.
func (s *Service) AllowRoom(ctx context.Context) error {
	if err := s.checkSpace(0, false); err != nil {
		return err
	}
	_, err := s.limits.Room(ctx, s.store)
	return err
}

// Limits returns the limiter of s. Calls pass its Begin first.
func (s *Service) Limits() *ratelimit.Limiter { return s.limits }

// Clock returns the clock of s.
func (s *Service) Clock() clockwork.Clock { return s.clock }

func (s *Service) now() time.Time { return s.clock.Now() }

// deadlineMargin is how long before the context's deadline a wait ends, so the answer still arrives.
const deadlineMargin = 3 * time.Second

// WaitLimit returns how long a call that asks for d may wait: at most LongestWait, and the rest of its context's time
// without deadlineMargin.
func (s *Service) WaitLimit(ctx context.Context, d time.Duration) time.Duration {
	if front, bounded := ctx.Value(frontKey{}).(context.Context); bounded {
		ctx = front
	}
	if deadline, ok := ctx.Deadline(); ok {
		d = max(0, min(d, time.Until(deadline)-deadlineMargin)) // the transport's deadline is in the system's time
	}
	return min(d, s.opts.LongestWait)
}

// frontKey is the context key of the context given to Until.
type frontKey struct{}

// Until returns the context of a call that ends at end, however slow the table is. Unlike the deadline of ctx, end
// shortens no wait: see WaitLimit.
func Until(ctx context.Context, end time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(context.WithValue(ctx, frontKey{}, ctx), end)
}

// endedByKey is the context key of the channel given to EndedBy.
type endedByKey struct{}

// EndedBy returns the context of a call whose wait ends, as if its time were up, when the channel is closed.
func EndedBy(ctx context.Context, ended <-chan struct{}) context.Context {
	return context.WithValue(ctx, endedByKey{}, ended)
}

// Ended returns the channel given to EndedBy, or nil.
func Ended(ctx context.Context) <-chan struct{} {
	ended, _ := ctx.Value(endedByKey{}).(<-chan struct{})
	return ended
}

// liveRoom is a room in which a call takes place.
type liveRoom struct {
	log    *roomlog.Log
	svc    *Service
	agents *presence.Attendees // what this process knows of the agents
	// sharing has a value while a file is shared, so that two files do not both use the last bytes of the room. Another
	// process may still share one.
	sharing chan struct{}
	bells   sync.Map // keys of chan struct{}: see NewsWatch.bell
	hidden  sync.Map // from seat to stretch: the last that a call for news has passed
}

func newLiveRoom(s *Service, l *roomlog.Log) *liveRoom {
	r := &liveRoom{log: l, svc: s, sharing: make(chan struct{}, 1)}
	r.agents = presence.New(l, &s.live)
	return r
}

// acquire returns the room with an id, whether or not the room exists. The caller must release the room.
func (s *Service) acquire(id string) *liveRoom { return roomOf(s.store.Acquire(id)) }

// roomOf returns the room of a log of a Service.
func roomOf(l *roomlog.Log) *liveRoom { return l.Observer().(*liveRoom) }

// OnAdvance implements roomlog.Observer.
func (r *liveRoom) OnAdvance(head *room.Head, events []room.Event) {
	r.agents.OnAdvance(head, events)
	r.ringBells()
}

// ringBells ends each wait for news of the room.
func (r *liveRoom) ringBells() {
	r.bells.Range(func(bell, _ any) bool {
		select {
		case bell.(chan struct{}) <- struct{}{}:
		default: // it has a value
		}
		return true
	})
}

func (r *liveRoom) release() { r.log.Release() }
