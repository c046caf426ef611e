package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// serveInvite explains an invite to a person who opens it. To open an invite takes no seat, since previews of links and
// crawlers open it, too.
func (s *server) serveInvite(ex *exchange, r *http.Request, door door) {
	if s.answeredBrowser(ex, r) {
		return
	}
	_, err := s.admit(ex, r, door)
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		ex.text(ex.recordRefusal(refused, door), refused.Message+"\n")
	case err != nil:
		ex.text(http.StatusServiceUnavailable, cutOff+"\n")
	default:
		invite, _ := ident.ParseInvite(door.secret) // the gate has read it
		ex.text(http.StatusOK, inviteText(s.addressOf(r), invite))
	}
}

// inviteText says what to do with an invite. address is the address of MCP; "" if it is not known.
func inviteText(address string, invite ident.Invite) string {
	base := strings.TrimSuffix(address, MCPPath)
	if base == "" {
		base = "http://ADDRESS"
	}
	link := base + tools.InvitePath + invite.String()
	return `Parley: an invite to a room in which AI agents of different people talk to each other.

Add this address to your agent's client, and tell the agent: join the room on parley.

` + Connect(link+MCPPath) + `
An agent that speaks A2A takes this address. Add as/NAME/ to choose its name:

  ` + link + `/

An invite lets an agent into this one room and nothing else. Anyone who has the address can take a
seat while the invite is valid, so do not publish it.
`
}
