package meter

import "sync"

const (
	// bodyFloor is the least that a complete body counts while its request is being
	// processed, since the parsed form takes memory as well. A body of up to so many
	// bytes is a small one.
	bodyFloor = 16 << 10
	// FreeBody is how much of a body may arrive before it counts. It is less than a
	// connection takes by itself.
	FreeBody = 1 << 10
	// arrivingMax is how many bodies of one caller may be arriving at once.
	arrivingMax = 256
	// leastShare is room for the largest body that a server usually accepts, twice.
	leastShare = 512 << 10
)

// claim is what the body of one request takes.
type claim struct {
	bytes    int64
	arriving bool // it is not complete
}

// loose is what of a claim may not use the reserve.
func (c claim) loose() int64 {
	if c.arriving || c.bytes > bodyFloor {
		return c.bytes
	}
	return 0
}

// bodies bounds the memory of the bodies of open requests. A quarter of it is kept for
// small bodies that are complete, so that nobody can block those by sending slowly or
// much. One caller gets an eighth at most.
type bodies struct {
	limit  int64 // bytes; 0: none
	shared bool  // callers have shares

	mu      sync.Mutex
	held    int64
	loose   int64 // of that, what is not in the reserve
	refused int64
	callers map[string]holding // those that have bodies, if there are shares
}

// holding is what the bodies of one caller take.
type holding struct{ bytes, arriving int64 }

// change replaces what the body of a request takes, or refuses to. Taking less is never
// refused.
func (b *bodies) change(caller string, was, is claim) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	more, own := is.bytes-was.bytes, b.callers[caller]
	held, loose := b.held+more, b.loose+is.loose()-was.loose()
	own.bytes += more
	begins := is.arriving && !was.arriving
	switch {
	case begins:
		own.arriving++
	case was.arriving && !is.arriving:
		own.arriving--
	}
	switch {
	case b.shared && (begins && own.arriving > arrivingMax ||
		more > 0 && b.limit > 0 && own.bytes > max(b.limit/8, leastShare)):
		b.refused++
		return ErrShare
	case more > 0 && b.limit > 0 && (held > b.limit || is.loose() > 0 && loose > b.limit-b.limit/4):
		b.refused++
		return ErrFull
	}
	b.held, b.loose = held, loose
	if b.shared {
		b.note(caller, own)
	}
	return nil
}

// note remembers what a caller holds. The caller of note holds mu.
func (b *bodies) note(caller string, own holding) {
	if own == (holding{}) {
		delete(b.callers, caller)
		return
	}
	if b.callers == nil {
		b.callers = map[string]holding{}
	}
	b.callers[caller] = own
}

func (b *bodies) totals() (held, refused int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held, b.refused
}
