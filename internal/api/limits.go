package api

import "time"

// The limits of a JSON-RPC message.
const (
	MaxDepth = 64 // objects and arrays within each other; a tool call has four levels
	// MaxParts is how many commas a message has outside of its strings, and so how many keys and elements. Each takes a
	// hundred times its own bytes once it is decoded. A tool call has a dozen.
	MaxParts = 4096
	MaxID    = 256 // bytes of the id of a request or of a progress token, which is kept while a call waits
	MaxCode  = 512 // bytes of a token, a cursor or another text that this server has made; none is longer
)

// OtherBytes are what a request costs that calls no tool: about the bytes of the longest answers of MCP to such a
// request, the list of tools, packed, and the view of a room. A request that is refused for its form costs as much.
const OtherBytes = 20 << 10

// The limits of a call for news.
const (
	MaxNewsSeats = 100
	MaxNewsBody  = 64 << 10 // bytes; 100 seats take 9,000
	MaxNewsBytes = 1 << 20  // of an answer
)

// The limits of connections. net/http keeps the bytes of a header that is not complete before any limit knows the
// caller.
const (
	MaxHeadersBegun          = 1000 // of all connections
	MaxHeadersBegunOfAddress = 64
	MaxHeaderLines           = 200 // a line of four bytes takes a hundred in memory
)

// The limits of files that pass through. A client that takes its time keeps a place from others.
const (
	MaxUploads    = 64
	MaxDownloads  = 256
	PartOfCaller  = 8         // one caller has one part in PartOfCaller of the places
	Pace          = 256 << 10 // bytes that must pass in PaceTime: the slowest link that works has 70 kbit/s
	PaceTime      = 30 * time.Second
	MaxUploadTime = 15 * time.Minute // in all
)

// The limits of what clients read.
const (
	MaxResourceBytes = 4 << 20 // an answer is held in memory several times, and a function on AWS answers with 6 MiB
	MaxResourceReads = 4       // at once
	MaxTaskHistory   = 50      // messages in the history of an A2A task
	MaxTasksPage     = 100     // A2A tasks in one page (A2A 1.0, section 3.1.4)
)
