package outbound

import "time"

// The limits of hooks.
const (
	MaxHooks    = 20             // of a principal, in all rooms, browsers apart
	MaxPushes   = 100            // browsers of a principal: one for each of its devices in each room
	MinHookLife = time.Hour      // a client that asks for less gets MinHookLife
	MaxHookLife = 24 * time.Hour // a client that asks for more, or for none, gets MaxHookLife
)

// The limits of a call that goes out.
const (
	MaxAddress        = 2048     // bytes of the address
	MaxAddressesTried = 4        // of a host: a host that names hundreds does not make Parley call all of them
	MaxCallsToHost    = 128      // at once
	MaxAnswerHeaders  = 16 << 10 // bytes
	MaxAnswerBody     = 64 << 10 // bytes
	MaxFetches        = 8        // files that are fetched at once
)

// The limits of what the A2A server of an agent answers.
const (
	MaxCardName   = 100 // characters of the name in a card
	MaxHistory    = 2   // messages of the history of a task that are asked for: the last answer is among them
	MaxAgentID    = 512 // bytes of an id, which is stored
	MaxAgentWords = 300 // characters of what an agent says of a state
	MaxAgentFile  = 200 // characters of the name of a file
)
