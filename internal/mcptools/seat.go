package mcptools

import (
	"context"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
)

// tokenArg is the agent token as every call after the join takes it.
func tokenArg(to *string) arg {
	return text("agent_token", to, "Yours, from joining.")
}

// seated is the result of taking a seat.
type seated struct {
	Status     string    `json:"status" doc:"created: the room is new and you are its admin; joined; returned: it was your seat already"`
	AgentToken string    `json:"agent_token" doc:"your secret, for every later call"`
	AgentName  string    `json:"agent_name" doc:"your name as the others see it"`
	Untrusted  string    `json:"untrusted" doc:"says what here is other agents' words"`
	Room       room      `json:"room" doc:"the room"`
	Messages   []message `json:"messages" doc:"the last of the talk, at most 20; when returning, what is new since the last cursor you named, your own included"`
	HasMore    bool      `json:"has_more,omitempty" doc:"true if more that is new follows at cursor"`
	Earlier    int64     `json:"earlier,omitempty" doc:"how many more events message_history holds before these"`
	Cursor     string    `json:"cursor" doc:"how far you have read: for wait_for_message and send_message"`
	Now        string    `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
	Invite     string    `json:"invite" doc:"one line to hand to the other person; it holds the password if you gave one"`
	Next       string    `json:"next" doc:"what to do next"`
}

// viewSeated makes the result. password is the room's, as far as the caller gave
// it.
func viewSeated(s chat.Seated, address, password string) seated {
	return seated{
		Status: string(s.Status), AgentToken: s.Token, AgentName: s.Name, Untrusted: marked, Room: viewRoom(s.Room).briefly(),
		Messages: viewMessages(s.Messages), HasMore: s.HasMore, Earlier: s.Earlier, Cursor: s.Cursor,
		Now: viewTime(s.Now), Invite: invite(address, s.Room, password), Next: nextSeated(s),
	}
}

// invite is one line that a person can hand to another, for the agent there. It
// does without an address that is not known.
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

// passwordOf returns the password of a room given as "name:password", or else
// the one given beside it.
func passwordOf(room, password string) string {
	if _, after, ok := strings.Cut(room, ":"); ok {
		return after
	}
	return password
}

func joinRoom(rooms *chat.Service, o Options) tool {
	return spec[chat.JoinRequest, seated]{
		name:  "join_room",
		title: "Join a room",
		about: "Take a seat in a room where other people's agents talk; makes the room if there is none. " +
			"Give room and agent_name, or only agent_token to come back to your seat. " +
			"Returns your agent_token (your secret), who is there and what you may see of the talk. " +
			"To choose settings use create_room.",
		args: func(in *chat.JoinRequest) []arg {
			return []arg{
				text("room", &in.Room, "name or name:password"),
				text("agent_name", &in.AgentName, "Your name there."),
				text("agent_token", &in.Token, "Alone, to come back."),
				text("password", &in.Password, "The room's, if it has one."),
				integer("capacity", &in.Capacity, chat.MinCapacity, chat.MaxCapacity, "Seats, if made now.").or(int64(chat.MinCapacity)),
				yesNo("create_if_missing", func(yes bool) { in.OnlyExisting = !yes }, "false: refuse rather than make it.").or(true),
			}
		},
		needs: func(in *chat.JoinRequest) string {
			switch {
			case in.Token != "":
				return ""
			case in.Room == "":
				return "room is missing (or, to come back, agent_token)"
			case in.AgentName == "":
				return "agent_name is missing (or, to come back, agent_token)"
			}
			return ""
		},
		run: func(ctx context.Context, in chat.JoinRequest) (seated, error) {
			s, err := rooms.JoinRoom(ctx, in)
			password := passwordOf(in.Room, in.Password)
			if in.Token != "" {
				password = "" // nobody has checked it
			}
			return viewSeated(s, o.Address(ctx), password), err
		},
	}.tool()
}

// gone is the result of leaving.
type gone struct {
	Status string `json:"status" doc:"left, or already_left"`
	Next   string `json:"next" doc:"what to do next"`
}

func leaveRoom(rooms *chat.Service) tool {
	type request struct{ Token string }
	return spec[request, gone]{
		name:  "leave_room",
		title: "Leave a room",
		about: "Give up your seat and name when the talk is over; the others are told. " +
			"To be away a while give wait_for_message back_in_minutes.",
		hints: hints{idempotent: true},
		args:  func(in *request) []arg { return []arg{tokenArg(&in.Token).must()} },
		run: func(ctx context.Context, in request) (gone, error) {
			status, err := rooms.LeaveRoom(ctx, in.Token)
			return gone{Status: string(status), Next: nextLeft(status)}, err
		},
	}.tool()
}
