package cli

// The limits of what a command sends.
const (
	MaxText  = 32_768   // bytes of a message: core.MaxText, which a command checks before it calls
	MaxPiped = 25 << 20 // bytes of a pipe that is shared as a file: as much as a server takes
	MaxTail  = 1_000    // characters of the end of an output that become the text of a task: core.MaxTaskText
)

// The limits of what a command reads and keeps. The server, or the client beside it, may be somebody else's.
const (
	// MaxAnswer is in bytes. An answer of Parley has about 10 KB, and the stream of a wait of 12 hours half a megabyte.
	MaxAnswer  = 8 << 20
	MaxHook    = 8 << 20 // bytes of the input of a client's hook
	MaxLine    = 4 << 20 // bytes of a line that the bridge reads; a longer line is skipped
	MaxBridged = 200     // seats behind bridges that are remembered; then the oldest is forgotten
	MaxLog     = 1 << 20 // bytes of the log of standby, which is then emptied
)
