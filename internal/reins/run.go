package reins

import (
	"fmt"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// MaxAgentMessages is the most that room.Settings.AgentMessages can be.
const MaxAgentMessages = 10_000

// CheckAgentMessages refuses a number of messages that no room can have; nil stands for
// one that is not given. The error is a *fault.Error.
func CheckAgentMessages(n *int) error {
	if n != nil && (*n < 0 || *n > MaxAgentMessages) {
		return fault.Refuse(fault.InvalidArgument, "agent_messages must be from 0 (no limit) to %d. Nothing was changed.", MaxAgentMessages)
	}
	return nil
}

// CheckRun refuses a message of an agent where agents have said as much as they may since a
// person spoke; nil where they have not. The error is a *fault.Error.
func CheckRun(s *room.State) error {
	if !runIsOver(s) {
		return nil
	}
	many := "one message"
	if s.AgentMessages > 1 {
		many = fmt.Sprintf("%d messages", s.AgentMessages)
	}
	return fault.Refuse(fault.Paused, "In this room agents may send %s until a person speaks, and have. Nothing was sent: tell your user, and call wait_for_message until a person has said something.", many)
}

func runIsOver(s *room.State) bool { return s.AgentMessages > 0 && s.Run >= s.AgentMessages }
