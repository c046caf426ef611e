package chat

import (
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// A kick and the end of a key are writes, so a full disk would keep every intruder. Calls that add data are therefore
// refused while some of the disk is free, guests' calls first, since an invite may get anywhere. Calls that only
// remove still succeed (see room.Event.Frees), as do those that a kick may need first: regaining a seat, and
// succeeding the admins.
const (
	leastFree     = 64 << 20 // bytes that everybody leaves free
	leastPercent  = 2        // of a disk where that is less than leastFree
	guestFactor   = 2        // guests must leave this many times as much free
	readEvery     = time.Second
	warnEvery     = time.Hour // between two warnings of one kind
	bytesOfChange = 16 << 10  // that a change without words takes
)

// ReadSpace returns how many bytes of a disk are free for writes from now on, and the size of the disk. If fewer than
// enough(size) are free, it may free some first.
type ReadSpace func(enough func(size int64) int64) (left, size int64, err error)

// space is the free space on the disk of the store. The disk is read once in readEvery. Between two reads each reserved
// space is subtracted: otherwise ten writers a second could fill a small disk.
type space struct {
	read  ReadSpace // nil: there is no disk
	clock clockwork.Clock
	log   *slog.Logger

	mu         sync.Mutex
	readAt     time.Time // of the last read
	left, size int64     // now, and at the last read
	warned     map[error]time.Time
}

// minFree returns how many bytes a call must leave free.
func minFree(size int64, guest bool) int64 {
	n := min(leastFree, size/100*leastPercent)
	if guest {
		n *= guestFactor
	}
	return n
}

// readIfDue reads the disk unless the last read is recent.
func (s *space) readIfDue() {
	if s.read == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if since := now.Sub(s.readAt); since < 0 || since >= readEvery {
		s.readAt = now
		left, size, err := s.read(func(size int64) int64 { return minFree(size, true) })
		if err != nil || size <= 0 { // some file systems do not tell
			left, size = math.MaxInt64, math.MaxInt64 // then a failed write tells
		}
		s.left, s.size = left, size
	}
}

// reserve subtracts the space of a write of bytes from the free space of the last read. The error is errNearlyFull if
// a guest may not have the space, and table.ErrFull if nobody may.
func (s *space) reserve(bytes int, guest bool) error {
	if s.read == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.left < minFree(s.size, false):
		s.warn(table.ErrFull, "all")
		return table.ErrFull
	case guest && s.left < minFree(s.size, true):
		s.warn(errNearlyFull, "guests")
		return errNearlyFull
	}
	s.left -= int64(2*bytes + bytesOfChange) // in the write-ahead log, and later in the file
	return nil
}

// errNearlyFull reports that the disk has too little left for guests.
var errNearlyFull = errors.New("chat: the disk is nearly full")

// warn tells the operator of a refusal: each kind once in warnEvery. s.mu is held.
func (s *space) warn(of error, whom string) {
	now := s.clock.Now()
	if at, warned := s.warned[of]; warned && now.Sub(at) < warnEvery {
		return
	}
	if s.warned == nil {
		s.warned = map[error]time.Time{}
	}
	s.warned[of] = now
	s.log.Warn("the disk is nearly full: make room; until then rooms take nothing more", "of", whom, "free", s.left)
}

// checkSpace reads the disk if due, and reserves so many bytes, or refuses.
func (s *Service) checkSpace(bytes int, guest bool) error {
	s.space.readIfDue()
	return s.reserveSpace(bytes, guest)
}

// reserveSpace reserves so many bytes as of the last read, or refuses.
func (s *Service) reserveSpace(bytes int, guest bool) error {
	switch err := s.space.reserve(bytes, guest); err {
	case nil:
		return nil
	case errNearlyFull:
		return fault.RetryLater(fault.Unavailable, time.Minute, "The disk of this server is nearly full, so it takes "+
			"nothing from guests. Nothing was done: try again later, and tell the one who invited you.")
	default:
		return errDiskFull(s.log, err)
	}
}

// errDiskFull refuses what does not fit on the disk.
func errDiskFull(log *slog.Logger, cause error) *fault.Error {
	return unavailable(log, cause, time.Minute, "The disk of this server is full. Nothing was done: try again "+
		"later, and tell the person who runs the server.")
}

// checkSpace reserves space for words of the caller.
func (c *session) checkSpace(bytes int) error { return c.room.svc.checkSpace(bytes, c.me.IsGuest()) }

// reserveSpace reserves space for events of the caller, as of the last read of the disk. It does not block.
func (c *session) reserveSpace(events []room.Event) error {
	bytes, adds := 0, false
	for _, event := range events {
		bytes, adds = bytes+len(roomlog.Encode(event)), adds || !event.Frees()
	}
	if !adds {
		return nil
	}
	return c.room.svc.reserveSpace(bytes, c.me.IsGuest())
}
