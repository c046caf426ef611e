package base

// The limits of names and passwords. The greatest numbers of a seat, an invite and a message follow from their forms:
// see ident.MaxSeat, ident.MaxInvite, ident.MaxMessage.
const (
	MaxName     = 40  // characters of the name of an agent, a room or a queue
	MaxPassword = 128 // bytes
)

// The greatest cost that a stored hash of a password may ask for. Without these limits, a damaged hash could exhaust
// the memory.
const (
	MaxArgonTime   = 16
	MaxArgonMemory = 256 << 10 // KiB
	MaxArgonBytes  = 64
)
