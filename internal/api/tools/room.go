package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (s *Set) createRoom() tool {
	return definition[chat.CreateRequest, results.Joined]{
		name:  "create_room",
		title: "Create a room",
		about: "Make a room with your own settings and be its admin (join_room makes one for two, too). Returns " +
			"what join_room does.",
		hints: hints{openWorld: true},
		shown: []string{"agent_token", "cursor", "invite", "watch", "next"},
		args: func(in *chat.CreateRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("agent_name", &in.AgentName, "Your name in the room.").Require(),
				spec.Text("room", &in.Room, "Its name. Without it one is made up."),
				spec.Text("password", &in.Password, "Others need it to join, or the invite."),
				spec.Text("description", &in.Description, "What it is for."),
				spec.Integer("capacity", &in.Capacity, core.MinCapacity, core.MaxCapacity,
					"Seats for all, you too.").Default(int64(core.MinCapacity)),
				spec.Choice("type", &in.Type, "channel: only admins speak.", room.Group,
					room.Channel).Default(string(room.Group)),
				spec.Boolean("public", func(yes bool) { in.Public = yes }, "list_rooms shows it."),
				spec.Boolean("person", func(yes bool) { in.Person = yes }, "").Hide(),
			}
		},
		again: func(chat.CreateRequest) string {
			return "The room may be there without you. Repeat the call with another name, or without room."
		},
		run: func(ctx context.Context, in chat.CreateRequest) (results.Joined, error) {
			got, err := s.rooms.CreateRoom(ctx, in)
			return s.viewSeated(ctx, got, passwordOf(in.Room, in.Password)), err
		},
	}.tool()
}

func viewInfo(i chat.Info) results.Info {
	v := results.Info{
		Untrusted: untrustedNotice, Room: viewRoom(i.Room), Earlier: i.Earlier, Hidden: i.Hidden,
		Agreements: viewAgreements(i.Agreements), Banned: i.Banned, Now: viewTime(i.Now),
	}
	if i.Open != nil {
		v.Open = (*results.Open)(i.Open)
		v.Open.Requests += v.Open.Proposals
	}
	v.Requests = viewRequests(i.Requests)
	v.Differing = viewDiffering(i.Differing)
	return v
}

func viewDiffering(list []chat.DifferingView) []results.Differing {
	var views []results.Differing
	for _, d := range list {
		views = append(views, results.Differing{ID: d.ID, Last: d.Last, Who: d.Who, At: viewTime(d.At),
			Task: viewBriefs([]chat.TaskBrief{d.Task})[0], Tasks: d.Tasks})
	}
	return views
}

func viewRequests(requests []chat.OpenRequest) []results.Request {
	var views []results.Request
	for _, r := range requests {
		views = append(views, results.Request{ID: r.ID, From: r.From, Person: r.Person, Replaces: r.Replaces,
			PersonName: r.PersonName, Text: results.Text(r.Text), OwedBy: r.OwedBy, Proposal: r.Proposal,
			Minutes: int64(r.Age / time.Minute)})
	}
	return views
}

func (s *Set) roomInfo() tool {
	return definition[chat.InfoRequest, results.Info]{
		name:   "room_info",
		title:  "Look at a room",
		search: "who members participants status",
		about: "See who is in your room, what they are doing, which requests are open, and what was agreed on; " +
			"message_history shows whole what ends with more. Or look at a room before you join it.",
		hints: hints{readOnly: true, idempotent: true},
		shown: []string{"room", "requests", "agreements"},
		args: func(in *chat.InfoRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("agent_token", &in.Token, "For your own room."),
				spec.Text("room", &in.Room, "Another room's name, or name:password."),
				spec.Text("password", &in.Password, "The room's, if it has one."),
			}
		},
		needs: func(ctx context.Context, in *chat.InfoRequest) string {
			switch {
			case in.Token == "" && in.Room == "" && !ident.PrincipalOf(ctx).IsGuest(): // an invite is for one room
				return "agent_token (for your own room) or room is missing"
			case in.Token != "" && in.Room != "":
				return "agent_token and room may be two rooms: give only one"
			}
			return ""
		},
		token: func(in chat.InfoRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.InfoRequest) (results.Info, error) {
			got, err := s.rooms.RoomInfo(ctx, in)
			v := viewInfo(got)
			v.InviteLink = s.personsInvite(ctx, in.Token, got.Room, got.Invite)
			if s.viewURI != "" {
				v.View = got.View
			}
			return v, err
		},
	}.tool()
}

func (s *Set) listRooms() tool {
	return definition[chat.ListRequest, results.Rooms]{
		name:     "list_rooms",
		title:    "List public rooms",
		about:    "Find public rooms to join. For others you need the name.",
		hints:    hints{readOnly: true, idempotent: true},
		compress: true,
		args: func(in *chat.ListRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("search", &in.Search, "Part of a name or description."),
				spec.Integer("limit", &in.Limit, 0, 100, "How many rooms.").Default(int64(20)).Clamp(),
				spec.Text("page", &in.Page, "next_page of your last result."),
			}
		},
		run: func(ctx context.Context, in chat.ListRequest) (results.Rooms, error) {
			got, err := s.rooms.ListRooms(ctx, in)
			v := results.Rooms{Untrusted: noticeIf(len(got.Rooms) > 0), Rooms: make([]results.Listed, len(got.Rooms)),
				NextPage: got.NextPage}
			for i, r := range got.Rooms {
				v.Rooms[i] = results.Listed{Name: r.Name, Description: results.Text(r.Description),
					Type: string(r.Type), Agents: r.Agents, Capacity: r.Capacity,
					PasswordProtected: r.PasswordProtected}
			}
			return v, err
		},
	}.tool()
}
