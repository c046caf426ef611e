package meter

import (
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
)

const (
	// bodyFloor is the least that a complete body counts while its request is being processed, since the parsed form
	// takes memory as well. A body of up to bodyFloor is small.
	bodyFloor = 16 << 10
	// FreeBody is how much of a body may arrive before the body counts: less than a connection takes by itself.
	FreeBody = 1 << 10
	// arrivingMax is how many bodies of one caller may be arriving at once.
	arrivingMax = 256
	// leastShare is room for the largest body that a server usually accepts, twice.
	leastShare = 512 << 10
)

// claim is the memory that the body of one request takes.
type claim struct {
	bytes    int64
	arriving bool // the body is not complete
}

// loose returns the bytes of a claim that may not use the reserve.
func (c claim) loose() int64 {
	if c.arriving || c.bytes > bodyFloor {
		return c.bytes
	}
	return 0
}

// bodies bounds the memory of the bodies of open requests. A quarter is the reserve for small complete bodies:
// without the reserve, a caller that sends slowly or much would block small bodies. One caller gets an eighth at
// most, and the networks around its address get more: see ident.Groups.
type bodies struct {
	limit  int64 // bytes; 0: none
	shared bool  // callers have shares

	mu      sync.Mutex
	held    int64
	loose   int64 // the part of held outside of the reserve
	refused int64
	// By caller, if there are shares.
	bytes, arriving ident.Counts
}

// change replaces the claim of a request, or refuses. A smaller claim is never refused.
func (b *bodies) change(caller string, was, is claim) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	more, began := is.bytes-was.bytes, int64(0)
	switch {
	case is.arriving && !was.arriving:
		began = 1
	case was.arriving && !is.arriving:
		began = -1
	}
	held, loose := b.held+more, b.loose+is.loose()-was.loose()
	var groups []ident.Group
	if b.shared {
		groups = ident.Groups(caller)
	}

	// A caller beyond its own share gets ErrShare, even if all memory is taken.
	_, crowded := b.arriving.Over(groups, began, arrivingMax)
	_, large := b.bytes.Over(groups, more, max(b.limit/8, leastShare))
	if began > 0 && crowded || more > 0 && b.limit > 0 && large {
		b.refused++
		return ErrShare
	}
	if more > 0 && b.limit > 0 && (held > b.limit || is.loose() > 0 && loose > b.limit-b.limit/4) {
		b.refused++
		return ErrFull
	}

	// The claim is admitted. A refusal above has changed nothing.
	b.held, b.loose = held, loose
	b.bytes.Add(groups, more)
	b.arriving.Add(groups, began)
	return nil
}

func (b *bodies) totals() (held, refused int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held, b.refused
}
