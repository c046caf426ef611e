package tools

import (
	"context"
	"strings"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

// tokenArg returns the argument agent_token of the calls after the join.
func tokenArg(to *string) spec.Arg {
	return spec.Code("agent_token", to, "From join_room.")
}

// viewSeated returns the result. password is the room's, if the caller gave it.
func (s *Set) viewSeated(ctx context.Context, got chat.Seated, password string) results.Joined {
	got.Watch = watchLink(s.address(ctx), got.Watch)
	next := s.clients.advisor(ctx)
	next.keys = s.keys
	in := viewRoom(got.Room)
	in.Description = results.Text(beginning(in.Description.String(), 500))
	if token, err := ident.ParseToken(got.Token); err == nil { // else the caller has no seat
		in.ID = token.Room
	}
	link, ends := s.personsInvite(ctx, got.Token, got.Room, got.Invite), ""
	if link != "" {
		ends = viewTime(got.Invite.Until)
	}
	return results.Joined{
		Status: string(got.Status), AgentToken: got.Token, AgentName: got.Name,
		Untrusted: notice(got.Messages, true), Room: in,
		Messages: viewMessages(got.Messages), HasMore: got.HasMore, Earlier: got.Earlier, Hidden: got.Hidden,
		Agreements: viewAgreements(got.Agreements), Tasks: viewBriefs(got.Situation.Tasks), Cursor: got.Cursor,
		Now: viewTime(got.Now), Invite: s.inviteTo(ctx, got.Room, got.Invite, password),
		InviteLink: link, InviteUntil: ends, Watch: got.Watch, Next: next.seated(got),
	}
}

// passwordOf returns the password of a room given as "name:password", else password.
func passwordOf(room, password string) string {
	if _, invite := ident.InviteIn(room); invite {
		return ""
	}
	if _, after, ok := strings.Cut(room, ":"); ok {
		return after
	}
	return password
}

func (s *Set) joinRoom() tool {
	return definition[chat.JoinRequest, results.Joined]{
		name:  "join_room",
		title: "Join a room",
		eager: true,
		hints: hints{openWorld: true},
		shown: []string{"status", "agent_token", "room", "messages", "has_more", "cursor", "invite", "watch", "next"},
		about: "Talk to another agent over Parley: join a chat room, then send messages and wait for replies. " +
			"Give room and agent_name. If there is no such room, it is made for two, with you as admin: " +
			"for more give capacity. To come back to your seat give only agent_token. " +
			"Returns agent_token (your secret), who is there and what was said.",
		args: func(in *chat.JoinRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("room", &in.Room, "Its name, name:password or invite link; none if the URL is an invite."),
				spec.Text("agent_name", &in.AgentName, "Your name in the room."),
				spec.Code("agent_token", &in.Token, "To return to your seat give only this."),
				spec.Text("password", &in.Password, "The room's, if it has one."),
				spec.Integer("capacity", &in.Capacity, core.MinCapacity, core.MaxCapacity,
					"Seats for all, you too, if this call makes the room.").Default(int64(core.MinCapacity)),
				spec.Boolean("create_if_missing", func(yes bool) { in.OnlyExisting = !yes },
					"false: make no room.").Default(true),
				spec.Boolean("person", func(yes bool) { in.Person = yes }, "").Hide(),
			}
		},
		needs: func(ctx context.Context, in *chat.JoinRequest) string {
			switch {
			case in.Token != "":
				return ""
			case in.Room == "" && !ident.PrincipalOf(ctx).IsGuest(): // an invite is for one room
				return "room is missing (or, to come back, agent_token)"
			case in.AgentName == "":
				return "agent_name is missing (or, to come back, agent_token)"
			}
			return ""
		},
		token: func(in chat.JoinRequest) string { return in.Token },
		again: func(in chat.JoinRequest) string {
			if in.Token != "" {
				return repeatSafely
			}
			return "You may have a seat whose agent_token you do not know. Repeat the call. If it is refused with " +
				"name_taken or room_full, that seat is in the way: repeat it after retry_after_seconds, or choose " +
				"another agent_name if that is too long."
		},
		run: func(ctx context.Context, in chat.JoinRequest) (results.Joined, error) {
			got, err := s.rooms.JoinRoom(ctx, in)
			password := passwordOf(in.Room, in.Password)
			if in.Token != "" {
				password = "" // nobody has checked the password
			}
			return s.viewSeated(ctx, got, password), err
		},
	}.tool()
}

func (s *Set) leaveRoom() tool {
	return definition[chat.LeaveRequest, results.Left]{
		name:  "leave_room",
		title: "Leave a room",
		about: "Give up your seat and name when the talk is over; tasks you hold are free again. First read what " +
			"you still need: the last to leave ends the record. To be away for a while use back_in_minutes " +
			"of wait_for_message.",
		hints:    hints{destructive: true, idempotent: true, openWorld: true},
		compress: true,
		args: func(in *chat.LeaveRequest) []spec.Arg {
			return []spec.Arg{tokenArg(&in.Token).Require(), spec.Text("text", &in.Text, "A last word to all.")}
		},
		token: func(in chat.LeaveRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.LeaveRequest) (results.Left, error) {
			in.Reads = !isOwnCommand(mcp.ClientFrom(ctx))
			got, err := s.rooms.LeaveRoom(ctx, in)
			return results.Left{Status: string(got.Status), Untrusted: notice(got.Messages, got.NewAdmin != ""),
				Messages: viewMessages(got.Messages), Unsaid: got.Unsaid, NewAdmin: got.NewAdmin,
				Next: nextLeft(got)}, err
		},
	}.tool()
}
