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

// On a full disk nobody can be thrown out: a kick and the end of a key are writes. So what adds something ends while
// some of the disk is free, and that of guests first, since an invite may get anywhere. What only takes something away
// goes on (see room.Event.Frees), and so does what makes a kick possible: that an agent gets its own seat again, or
// succeeds the admins.
const (
	leastFree     = 64 << 20 // of what all add, and
	leastPercent  = 2        // of a disk where that is less
	guestFactor   = 2        // of what guests add, as many times as much
	readEvery     = time.Second
	warnEvery     = time.Hour // from one warning to the next of the same
	bytesOfChange = 16 << 10  // of the disk, of a change with the least words
)

// ReadSpace returns how many bytes a disk has left for what is written from now on, and how many it has. Where less
// than enough of that many is left, it may make some free first.
type ReadSpace func(enough func(size int64) int64) (left, size int64, err error)

// space is what the disk of the store has left for what is added. It is read once in readEvery; between two reads what
// was allowed is taken off, since ten writers a second could else fill a small disk.
type space struct {
	read  ReadSpace // nil: no disk is to be filled
	clock clockwork.Clock
	log   *slog.Logger

	mu         sync.Mutex
	at         time.Time // of the last read
	left, size int64     // by now; then
	warned     map[error]time.Time
}

// minFree returns how many bytes of a disk are left free.
func minFree(size int64, guest bool) int64 {
	n := min(leastFree, size/100*leastPercent)
	if guest {
		n *= guestFactor
	}
	return n
}

// readIfDue reads the disk if it was not read lately.
func (s *space) readIfDue() {
	if s.read == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if since := now.Sub(s.at); since < 0 || since >= readEvery {
		s.at = now
		left, size, err := s.read(func(size int64) int64 { return minFree(size, true) })
		if err != nil || size <= 0 { // some file systems do not tell
			left, size = math.MaxInt64, math.MaxInt64 // a write will tell
		}
		s.left, s.size = left, size
	}
}

// reserve takes the space for so many bytes as of the last look. It fails with errNearlyFull where a guest may not have
// it, and with table.ErrFull where nobody may.
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
	s.left -= int64(2*bytes + bytesOfChange) // in the log and, once that is moved, in the file
	return nil
}

// errNearlyFull reports that the disk has too little left for guests.
var errNearlyFull = errors.New("chat: the disk is nearly full")

// warn tells the operator of a refusal: of each kind once in warnEvery. s.mu is held.
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

// checkSpace refuses so many bytes of a guest, or of another caller, for which the disk has too little left.
func (s *Service) checkSpace(bytes int, guest bool) error {
	s.space.readIfDue()
	return s.reserveSpace(bytes, guest)
}

// reserveSpace is checkSpace as of the last look.
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

// errDiskFull refuses what the disk has no room for.
func errDiskFull(log *slog.Logger, cause error) *fault.Error {
	return unavailable(log, cause, time.Minute, "The disk of this server is full. Nothing was done: try again "+
		"later, and tell the person who runs the server.")
}

// checkSpace is that of the Service for words of the caller.
func (c *session) checkSpace(bytes int) error { return c.room.svc.checkSpace(bytes, c.me.IsGuest()) }

// reserveSpace is that of the Service for what events of the caller add. It does not block.
func (c *session) reserveSpace(events []room.Event) error {
	bytes, adds := 0, false
	for _, e := range events {
		bytes, adds = bytes+len(roomlog.Encode(e)), adds || !e.Frees()
	}
	if !adds {
		return nil
	}
	return c.room.svc.reserveSpace(bytes, c.me.IsGuest())
}
