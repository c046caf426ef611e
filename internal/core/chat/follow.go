package chat

import (
	"sync"
	"sync/atomic"
)

// follower hears of the changes of a room, for a call that waits for any of many rooms.
type follower struct {
	changed atomic.Bool // since the call has looked last
	wake    func()      // must not block
}

// followers are the followers of a room.
type followers struct {
	mu sync.Mutex
	of map[*follower]struct{}
}

func (f *followers) add(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[*follower]struct{}{}
	}
	f.of[one] = struct{}{}
}

func (f *followers) remove(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, one)
}

// tell tells all that the room has changed.
func (f *followers) tell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one := range f.of {
		one.changed.Store(true)
		one.wake()
	}
}
