package roomlog

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fairqueue"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

var (
	// ErrNotFound reports that there is no log under an id, or that what is left of it no longer shows the room's
	// state: the room has expired.
	ErrNotFound = errors.New("roomlog: no such room")
	// ErrNameMoved reports that a name now leads to another log: look the name up again.
	ErrNameMoved = errors.New("roomlog: the name leads to another log")
)

// Options of a Store. Clock, MinBatch, CacheBytes and Logger are required.
type Options struct {
	Clock clockwork.Clock
	// SingleProcess says that no other process writes to the table, so the cache of the Store is current.
	SingleProcess bool
	// MinBatch is how many appends to one log must wait before they share one Write.
	MinBatch int
	// CacheBytes is how much memory the cached logs may take, logs in use included. Above the limit, the longest
	// idle logs are dropped. If logs in use alone exceed the limit, an eighth of it is left to idle logs. A dropped
	// log loses what a process that ends loses: up to a minute of a read position, and up to five minutes of a
	// presence.
	CacheBytes int64
	Logger     *slog.Logger
	// Calls hears of each event with Calls that the process has written, or may have written if the reply was lost.
	// It must not block. Nil means that nobody hears.
	Calls func(room string, calls []room.Call)
	// Observe returns the observer of a log that enters the cache. Nil means none.
	Observe func(*Log) Observer
}

// Store gives access to the logs of one table and caches their heads. Its methods may be called concurrently.
type Store struct {
	table table.Table
	opts  Options
	reads *fairqueue.Turns[string] // of history, by room and caller; see Log.BeginRead

	bytes atomic.Int64 // of all cached logs

	mu        sync.Mutex
	logs      map[string]*Log
	idle      list.List // of *Log, the longest idle first
	idleBytes int64
}

// NewStore returns a Store on t.
func NewStore(t table.Table, o Options) *Store {
	return &Store{
		table: t, opts: o, reads: fairqueue.New(readsAtOnce, readsOfRoom, fairqueue.Fair[string], nil),
		logs: map[string]*Log{},
	}
}

// Table returns the table of the logs.
func (s *Store) Table() table.Table { return s.table }

// Clock returns Options.Clock.
func (s *Store) Clock() clockwork.Clock { return s.opts.Clock }

// Logger returns Options.Logger.
func (s *Store) Logger() *slog.Logger { return s.opts.Logger }

// Acquire returns the log with this id, whether or not there is such a room. The caller must release the log.
func (s *Store) Acquire(id string) *Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logs[id]
	if l == nil {
		l = newLog(s, id)
		s.logs[id] = l
		s.bytes.Add(l.bytes.Load())
	}
	l.users++
	if l.idle != nil {
		s.unlist(l)
	}
	return l
}

// acquireAgain counts another user of l, for a goroutine that outlives its caller.
func (s *Store) acquireAgain(l *Log) {
	s.mu.Lock()
	l.users++
	s.mu.Unlock()
}

// release ends one use of l. It drops a log that was never loaded, and drops the longest idle logs if the cache is
// too large.
func (s *Store) release(l *Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.users--
	if l.users > 0 {
		return
	}
	l.idle = s.idle.PushBack(l)
	s.idleBytes += l.bytes.Load()
	if l.Peek() == nil {
		s.drop(l)
	}
	for s.bytes.Load() > s.opts.CacheBytes && s.idleBytes > s.opts.CacheBytes/8 {
		s.drop(s.idle.Front().Value.(*Log))
	}
}

// drop removes an idle log from the cache. s.mu is held.
func (s *Store) drop(l *Log) {
	s.unlist(l)
	delete(s.logs, l.id)
	s.bytes.Add(-l.bytes.Load())
}

// unlist removes l from the idle logs. s.mu is held.
func (s *Store) unlist(l *Log) {
	s.idle.Remove(l.idle)
	l.idle = nil
	s.idleBytes -= l.bytes.Load() // as many as were added, since nobody has used the log
}

// The memory of a cached log beside its head and its tail.
const (
	logBytes   = 3 << 10 // the log, its observer, the cipher of its message ids
	agentBytes = 1 << 10 // what the observer remembers of an agent: presence, read position
)

// weigh records how much memory l takes. A call uses l, and l.mu is held.
func (s *Store) weigh(l *Log) {
	h := l.head.Load()
	n := int64(logBytes + h.Bytes() + len(h.Agents)*agentBytes + l.tail.bytes())
	s.bytes.Add(n - l.bytes.Swap(n))
}

// Cached returns how many logs are in the cache, and how many of these are idle.
func (s *Store) Cached() (all, idle int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.logs), s.idle.Len()
}

// Resolve returns the id of the room whose name has this key. It fails with ErrNotFound if there is none.
func (s *Store) Resolve(ctx context.Context, key string) (string, error) {
	item, err := s.table.Get(ctx, NameKey(key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	var name nameItem
	err = Decode(item, &name)
	return name.ID, err
}

// putOnce puts an item that is unlike any other if none is at its key, and with it what comes along. It returns the
// item that was there before; nil if any attempt of the call put its own. along has no conditions.
func (s *Store) putOnce(ctx context.Context, item table.Item, along ...table.Op) (before *table.Item, err error) {
	err = s.table.Write(ctx, append([]table.Op{table.Put(item, table.IfAbsent)}, along...)...)
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) {
		return nil, err
	}
	before = conflict.Conflicts[0].Item
	if bytes.Equal(before.Data, item.Data) {
		return nil, nil // the reply was lost
	}
	return before, nil
}

// Pause waits for d, reduced at random by up to half, or until ctx ends.
func (s *Store) Pause(ctx context.Context, d time.Duration) error {
	return s.Sleep(ctx, d/2+rand.N(d/2+1))
}

// Sleep waits for d, or until ctx ends.
func (s *Store) Sleep(ctx context.Context, d time.Duration) error { return Sleep(ctx, s.opts.Clock, d) }

// Sleep waits for d by a clock, or until ctx ends. Then it returns the error of ctx.
func Sleep(ctx context.Context, clock clockwork.Clock, d time.Duration) error {
	t := clock.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.Chan():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) now() time.Time { return s.opts.Clock.Now() }

// writeTimeout bounds one append with its conflicts and retries.
const writeTimeout = 10 * time.Second

// Detached returns a context for a write on which others depend. It does not end with ctx, but within writeTimeout.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}
