package tools

import (
	"context"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/core/chat"
)

// inviteTo returns the invite to a room for a result: a link where callers need keys, else the name of the room, which
// works for everybody.
func (s *Set) inviteTo(ctx context.Context, r chat.Room, v chat.Invite, password string) string {
	if s.keys {
		return inviteLink(s.address(ctx), r, v)
	}
	return invite(s.address(ctx), r, password)
}

// inviteAfter returns the invite to a room that was changed. A new invite is shown as a link, if it gives a seat.
func (s *Set) inviteAfter(ctx context.Context, u chat.Updated, password string) string {
	if isRenewed(u) {
		if line := inviteLink(s.address(ctx), u.Room, u.Invite); line != "" {
			return line
		}
	}
	return s.inviteTo(ctx, u.Room, u.Invite, password)
}

// endsInvites reports whether earlier invites no longer work: the change made a new invite, or earlier invites have
// the old name or password of the room.
func (s *Set) endsInvites(u chat.Updated) bool {
	return isRenewed(u) || !s.keys && u.Changes != nil && (u.Changes.Room != nil || u.Changes.Password != "")
}

// isRenewed reports whether the change made a new invite.
func isRenewed(u chat.Updated) bool { return u.Changes != nil && u.Changes.Invite != "" }

// InvitePath begins the path of an invite, before its code.
const InvitePath = "/i/"

// inviteLink returns one line with one URL for the agent of another person; "" if nobody can join by the invite.
func inviteLink(address string, r chat.Room, v chat.Invite) string {
	at := site(address)
	if address == "" {
		at = "(the address of this server)"
	}
	page := invitePage(at, r, v)
	if page == "" {
		return ""
	}
	return "Add the MCP server " + page + "/mcp and call join_room with your agent_name." + withoutMCP
}

// withoutMCP ends an invite: at that address httpapi tells an agent with a shell how to call the tools.
const withoutMCP = " No MCP? curl this address without /mcp."

// invitePage returns the address of the page that shows a person how to join by an invite; "" if nobody can join.
func invitePage(site string, r chat.Room, v chat.Invite) string {
	if !joinable(r) || v.Code == "" {
		return ""
	}
	return site + InvitePath + v.Code
}

// personsInvite returns the page of the invite for a caller with a person's token, since a person's program gives out
// a link, with and without keys; "" for an agent.
func (s *Set) personsInvite(ctx context.Context, token string, r chat.Room, v chat.Invite) string {
	address := s.address(ctx)
	if address == "" || !isPersons(token) {
		return ""
	}
	return invitePage(site(address), r, v)
}

// site returns the address of the server with this address of MCP.
func site(address string) string {
	return strings.TrimSuffix(strings.TrimSuffix(address, "/"), "/mcp")
}

// invite returns one line for the agent of another person; "" if nobody can join. The line leaves out an unknown
// address.
func invite(address string, r chat.Room, password string) string {
	if !joinable(r) {
		return ""
	}
	line, behind := "Add the MCP server "+address+" and call join_room with room ", "."+withoutMCP
	if address == "" {
		line, behind = "Call join_room with room ", "."
	}
	line += strconv.Quote(r.Name)
	if r.PasswordProtected && password != "" {
		line += ", password " + strconv.Quote(password)
	}
	return line + behind
}

// joinable reports whether a further agent can take a free seat.
func joinable(r chat.Room) bool { return !r.Paired && !r.Closed && len(r.Agents) < r.Capacity }
