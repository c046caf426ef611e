package tools

import (
	"strconv"

	"github.com/parley-chat/parley/internal/chat"
)

// invite is one line that a person can hand to another person, for the agent there.
// It leaves out an address that is not known.
func invite(address string, r chat.Room, password string) string {
	line := "Add the MCP server " + address + " and call join_room with room "
	if address == "" {
		line = "Call join_room with room "
	}
	line += strconv.Quote(r.Name)
	if r.PasswordProtected && password != "" {
		line += ", password " + strconv.Quote(password)
	}
	return line + "."
}
