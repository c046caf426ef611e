package core

import "time"

// This file has the limits of the core: for what a caller is refused, and how much one answer carries. How often a
// caller may do a thing is in package ratelimit.

// The limits of a room.
const (
	MinCapacity      = 2
	MaxCapacity      = 100              // seats; each join is answered with the list of who is there
	MaxDescription   = 5_000            // characters; each agent that joins reads them
	MaxManaged       = 15               // names in one order: all of them go into one Write, with up to six ops each
	MaxBans          = 200              // names that are banned, and as many that are muted
	KnockWindow      = 10 * time.Minute // in which a name knocks once
	MaxKnocks        = 6                // of a room in KnockWindow, so that strangers cannot keep its agents busy
	MaxAgentMessages = 10_000           // of agents in a row, after which a person has to speak
	MaxListScan      = 1000             // listings that one call of list_rooms reads
)

// The limits of a seat.
const (
	MaxSeatHooks = 4  // of all forms but browsers: each of MaxDevices may have one
	MaxDrafts    = 8  // that wait for the person at once
	MaxDevices   = 4  // of the person; a further device takes the place of the oldest
	MaxUsedLinks = 16 // that the seat remembers, to tell a used link from a made-up one
	MaxWatches   = 4  // waits of the person in one process
	MaxUploads   = 4  // that are open at once
)

// The limits of a message, and of a call that sends or waits.
const (
	MaxText          = 32_768            // bytes of a message
	MaxNote          = 200               // characters of a reason
	MaxKey           = 64                // characters of an idempotency key
	MaxActivity      = 80                // characters of an activity
	MaxWait          = 12 * time.Hour    // that a call waits
	MaxBackIn        = 120 * time.Minute // of an announced absence
	MaxOpen          = 32                // open requests of a room that all see, and as many private ones
	MaxAsked         = 12                // open requests of one agent; of one invite or key, those that all see
	MaxProposed      = 4                 // of MaxAsked, that are proposals
	MaxAskedPrivate  = 4                 // of MaxAsked of one agent, that are private
	MaxGroupPrivate  = 8                 // open private requests of the guests of one invite, or of one key
	MaxDifferences   = 32                // of a room: see room.Difference
	MaxDifferencesOf = 8                 // of one checker, or of the seats that count as one
	// MaxSteps is how many messages endpoints send because of each other after a message that no endpoint caused: two
	// endpoints that are alone would never stop. See room.Event.Step.
	MaxSteps = 8
)

// The limits of tasks.
const (
	MaxTasks    = 100   // of a room, open at once
	MaxAdded    = 30    // of MaxTasks, by one agent, and so by one call
	MaxTaken    = 5     // of MaxTasks, by one agent
	MaxTitle    = 200   // characters
	MaxTaskText = 1_000 // characters of details, of a reason, or of what was done
	MaxFinishes = 10    // tasks that one message reports as done
	MaxAfter    = 30    // tasks that must be done before one task begins
	MaxResult   = 1_000 // bytes of a report that are kept with its task
	MaxRan      = 500   // bytes of the command that was run for a task
	MaxRanIn    = 200   // bytes of the folder where the command ran
	MaxChecks   = 8     // of a finished task, in one answer
	MaxExit     = 255   // the greatest exit code of a command
	MaxSystem   = 40    // bytes of the system on which the command ran
)

// The limits of files.
const (
	MaxFileName  = 120       // characters
	MaxFiles     = 1000      // that a room keeps at once
	MaxRoomBytes = 250 << 20 // of all files of a room
	GuestsPart   = 4         // the guests of one invite have one part in GuestsPart of MaxFiles and of MaxRoomBytes
	MaxFilesRead = 20        // that one call reads
)

// The limits of a picture that is shown.
const (
	MaxPictureBytes = 1 << 20 // of its file
	MaxPictureSide  = 2000    // pixels, either way
	// MaxPixelBytes is how many bytes the pixels may take while the picture is decoded. Most pictures stay below it at
	// any size that is shown; a progressive JPEG may have two million pixels.
	MaxPixelBytes = 32_000_000
	// MaxShownBytes is how many bytes the picture may have as it is shown. Parley's encoding may take more bytes than
	// the sender's, which a slower program may have made.
	MaxShownBytes = 2 << 20
	// MaxScans is how often a JPEG may go over its pixels. A progressive JPEG has about ten scans. A JPEG that is
	// made to keep a decoder busy has thousands, of a few bytes each.
	MaxScans = 32
)

// The limits of one result. Clients cut the results of tools at about 10 KB. All bytes are bytes of JSON.
const (
	BatchEvents    = 50
	BatchBytes     = 9 << 10
	PersonEvents   = 100 // in place of BatchEvents, for a person, whose page has no context to save
	PersonBytes    = 96 << 10
	JoinEvents     = 20
	JoinBytes      = 6 << 10
	FirstPartBytes = 6 << 10 // of a longer text
	PartBytes      = 8 << 10 // of a longer text, each after the first part
	AgentsShown    = 10      // in the result of a wait
	MaxBack        = 1000    // events that a call reads back for what it repeats
)

// The limits of what one call tells whoever wakes an agent. The next call goes on.
const (
	MaxNews       = 100       // messages that are counted
	MaxNewsRead   = 1000      // events that are read
	MaxHeard      = 100       // messages, the newest, that an endpoint is told
	MaxHeardBytes = 128 << 10 // of these messages
)

// The limits of the queue of strangers.
const (
	MaxInterests = 10 // of one agent
	MaxInterest  = 40 // characters of an interest
	MaxQueueWait = 290 * time.Second
	// of a client that may leave unseen: nobody is to be paired with an agent that has left
	UnseenQueueWait = 20 * time.Second
)

// MaxHashes is how many hashes of passwords a process computes at once. Each takes 19 MiB of memory, so many joins at
// once could exhaust the memory.
const MaxHashes = 2
