package tools

import (
	"strconv"

	"github.com/parley-chat/parley/internal/view"
)

// invite is one line that a person can hand to another person, for the agent there.
// It leaves out an address that is not known. It is empty if nobody can join.
func invite(address string, r view.Room, password string) string {
	if !joinable(r) {
		return ""
	}
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

// joinable reports whether a further agent can take a free seat.
func joinable(r view.Room) bool { return !r.Paired && !r.Closed && len(r.Agents) < r.Capacity }
