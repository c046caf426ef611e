package roomlog

import (
	"github.com/parley-chat/parley/internal/core/room"
)

// Observer hears of every change of one log's head.
type Observer interface {
	// OnAdvance is called after head was published. events led to head, in order; none if head was loaded. Calls for
	// one log do not overlap, and come in the order of the heads. The log's lock is held: OnAdvance may call Peek,
	// and no other method of the Log.
	OnAdvance(head *room.Head, events []room.Event)
}
