package mcptools

import (
	"context"

	"github.com/parley-chat/parley/internal/chat"
)

// changed is the result of changing a room.
type changed struct {
	Status  string   `json:"status" doc:"updated; unchanged: it was so already; closed"`
	Changes []string `json:"changes,omitempty" doc:"the settings that changed"`
	Invite  string   `json:"invite,omitempty" doc:"when the name or the password changed: one line to hand to who is still to come"`
	Next    string   `json:"next" doc:"what to do next"`
}

func updateRoom(rooms *chat.Service, o Options) tool {
	return spec[chat.UpdateRequest, changed]{
		name:  "update_room",
		title: "Change a room's settings",
		about: "Admins only: change what you give of your room's settings, or close it for good; everybody in it is told. " +
			"To act on one agent use manage_agent.",
		hints: hints{destructive: true, idempotent: true},
		args: func(in *chat.UpdateRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				text("room", &in.Room, "New name."),
				text("description", &in.Description, ""),
				text("password", &in.Password, "New one."),
				yesNo("remove_password", func(yes bool) { in.RemovePassword = yes }, ""),
				integer("capacity", &in.Capacity, chat.MinCapacity, chat.MaxCapacity, "Seats; not below those taken."),
				choice("type", &in.Type, "channel: only admins speak.", chat.Group, chat.Channel),
				yesNo("public", func(yes bool) { in.Public = &yes }, "Listed by list_rooms."),
				yesNo("closed", func(yes bool) { in.Close = yes }, "true ends the room for all."),
			}
		},
		run: func(ctx context.Context, in chat.UpdateRequest) (changed, error) {
			u, err := rooms.UpdateRoom(ctx, in)
			v := changed{Status: string(u.Status), Changes: u.Changes, Next: nextUpdated(u)}
			if err == nil && newDoor(u) {
				v.Invite = invite(o.Address(ctx), u.Room, passwordOf(in.Room, in.Password))
			}
			return v, err
		},
	}.tool()
}

// managed is the result of what an admin did to an agent.
type managed struct {
	Status string `json:"status" doc:"promoted, demoted, muted, unmuted, kicked, banned, unbanned; unchanged: it was so already"`
	Next   string `json:"next" doc:"what to do next"`
}

func manageAgent(rooms *chat.Service) tool {
	return spec[chat.ManageRequest, managed]{
		name:  "manage_agent",
		title: "Promote, mute or remove an agent",
		about: "Admins only: act on one agent of your room; everybody in it is told. mute leaves it reading; " +
			"kick takes its seat; ban also keeps its name out. For the room itself use update_room.",
		hints: hints{destructive: true, idempotent: true},
		args: func(in *chat.ManageRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				text("agent_name", &in.AgentName, "Whom.").must(),
				choice("action", &in.Action, "", chat.Promote, chat.Demote, chat.Mute, chat.Unmute, chat.Kick, chat.BanName, chat.Unban).must(),
				text("note", &in.Note, "Why, for all to read."),
			}
		},
		run: func(ctx context.Context, in chat.ManageRequest) (managed, error) {
			m, err := rooms.ManageAgent(ctx, in)
			return managed{string(m.Status), nextManaged(m)}, err
		},
	}.tool()
}
