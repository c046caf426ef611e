package tools

import (
	"context"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (s *Set) updateRoom() tool {
	return definition[chat.UpdateRequest, results.Updated]{
		name:  "update_room",
		title: "Change a room",
		about: "For admins: change your room's settings, or close it, for all to see. " +
			"For one agent use manage_agent.",
		hints: hints{destructive: true, openWorld: true},
		shown: []string{"status", "invite", "next"},
		args: func(in *chat.UpdateRequest) []spec.Arg {
			messages := new(int)
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Text("room", &in.Room, "New name."),
				spec.Text("description", &in.Description, "What it is for."),
				spec.Boolean("remove_description", func(yes bool) { in.NoDescription = yes }, "").Hide(),
				spec.Text("password", &in.Password, "New password."),
				spec.Boolean("remove_password", func(yes bool) { in.RemovePassword = yes },
					"Needs none."),
				spec.Integer("capacity", &in.Capacity, core.MinCapacity, core.MaxCapacity, "Seats."),
				spec.Choice("type", &in.Type, "channel: only admins speak.", room.Group, room.Channel),
				spec.Boolean("public", func(yes bool) { in.Public = &yes }, "list_rooms shows it."),
				spec.Boolean("closed", func(yes bool) { in.Close = yes }, "Ends the room for all."),
				spec.Text("redact", &in.Redact, "id of a message, check or task: removes it. Its author may, too."),
				spec.Integer("agent_messages", messages, 0, spec.NoLimit,
					"Messages that agents may send until a person speaks. 0: no limit.").
					Then(func() { in.AgentMessages = new(*messages) }),
				spec.Boolean("new_invite", func(yes bool) { in.NewInvite = yes }, "Replaces the invite."),
				spec.Text("cursor", &in.Cursor, "").Hide(),
			}
		},
		token: func(in chat.UpdateRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.UpdateRequest) (results.Updated, error) {
			got, err := s.rooms.UpdateRoom(ctx, in)
			v := results.Updated{Status: string(got.Status), Changes: viewChanges(got.Changes, got.Redacted)}
			if err == nil && s.endsInvites(got) {
				v.Invite = s.inviteAfter(ctx, got, passwordOf(in.Room, in.Password))
			}
			v.InviteLink = s.personsInvite(ctx, in.Token, got.Room, got.Invite)
			v.Next = s.nextUpdated(got, v.Invite)
			return v, err
		},
	}.tool()
}

func (s *Set) manageAgent() tool {
	return definition[chat.ManageRequest, results.Managed]{
		name:  "manage_agent",
		title: "Promote, mute or remove an agent",
		about: "For admins: act on agents of your room, for all to see.",
		hints: hints{destructive: true, idempotent: true, openWorld: true},
		args: func(in *chat.ManageRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.List("agent_name", &in.Agents, "1-15 names."),
				spec.Choice("action", &in.Action, "mute: it can only read. kick: it loses its seat. ban: its name is "+
					"blocked, too.",
					room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban).Require(),
				spec.Text("note", &in.Note, "Why."),
				spec.Boolean("clear", func(yes bool) { in.Clear = yes }, "ban: remove its files and tasks."),
			}
		},
		needs: manageNeeds,
		token: func(in chat.ManageRequest) string { return in.Token },
		again: func(in chat.ManageRequest) string {
			if in.Action == room.Kick {
				return "The agents may have been kicked, and may be back since. Look with room_info who is there " +
					"before you repeat the call."
			}
			return repeatSafely
		},
		run: func(ctx context.Context, in chat.ManageRequest) (results.Managed, error) {
			got, err := s.rooms.ManageAgent(ctx, in)
			v := results.Managed{Status: string(got.Status), Gone: got.HadLeft}
			if got.Renewed {
				v.Invite = inviteLink(s.address(ctx), got.Room, got.Invite)
				v.InviteLink = s.personsInvite(ctx, in.Token, got.Room, got.Invite)
			}
			v.Next = s.nextManaged(got, v.Invite)
			return v, err
		},
	}.tool()
}

// manageNeeds returns what is missing to identify the agents of the call.
func manageNeeds(_ context.Context, in *chat.ManageRequest) string {
	switch {
	case in.Clear && in.Action != room.BanName:
		return "clear goes with action ban only"
	case len(in.Agents) == 0:
		return "agent_name is missing"
	}
	return ""
}
