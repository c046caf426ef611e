package pairing

import (
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// Request asks for a partner.
type Request struct {
	AgentName string
	Interests []string // at most MaxInterests
	Queue     string   // default "lobby"
	Ticket    string   // of an earlier call, whose place the call keeps
	Leave     bool     // give Ticket up
	Wait      time.Duration
}

// Status says how a wait for a partner ended.
type Status string

// The ends of a wait for a partner.
const (
	Waiting    Status = "waiting"
	Paired     Status = "paired"
	Left       Status = "left"
	Superseded Status = "superseded" // a newer call with the ticket took over
)

// Result is the result of EnterQueue.
type Result struct {
	Status      Status
	Ticket      string   // keeps the place in the queue; empty unless waiting
	Position    int      // 1 is the next; 0 if unknown
	Partner     *Partner // once paired
	Opens       bool     // the caller came later, and speaks first
	chat.Seated          // once paired
}

// Partner is the agent that a caller was paired with.
type Partner struct {
	Name      string
	Interests []string // as the partner wrote them
}
