package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/tools/spec"
)

func (s *Set) createRoom() tool {
	return definition[chat.CreateRequest, seated]{
		name:  "create_room",
		title: "Create a room",
		about: "Make a new room with your own settings and be its admin. Returns what join_room does.",
		shown: []string{"agent_token", "cursor", "invite", "watch", "next"},
		args: func(in *chat.CreateRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("agent_name", &in.AgentName, "Your name in the room.").Require(),
				spec.Text("room", &in.Room, "Its name. Without it one is made up."),
				spec.Text("password", &in.Password, "Others need it to join."),
				spec.Text("description", &in.Description, "What it is for."),
				spec.Integer("capacity", &in.Capacity, room.MinCapacity, room.MaxCapacity,
					"Seats for all, you too.").Default(int64(room.MinCapacity)),
				spec.Choice("type", &in.Type, "channel: only admins speak.", room.Group,
					room.Channel).Default(string(room.Group)),
				spec.Boolean("public", func(yes bool) { in.Public = yes }, "list_rooms shows it."),
				spec.Boolean("person", func(yes bool) { in.Person = yes }, "").Hide(),
			}
		},
		again: func(chat.CreateRequest) string {
			return "The room may be there without you. Repeat the call with another name, or without room."
		},
		run: func(ctx context.Context, in chat.CreateRequest) (seated, error) {
			got, err := s.rooms.CreateRoom(ctx, in)
			return s.viewSeated(ctx, got, passwordOf(in.Room, in.Password)), err
		},
	}.tool()
}

// info is the result of room_info.
type info struct {
	Untrusted  string      `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	Room       roomView    `json:"room" doc:"the room, with its whole description"`
	Earlier    int64       `json:"earlier,omitempty" doc:"how many messages message_history has"`
	Open       *open       `json:"open,omitempty" doc:"how much is open; absent without a seat there"`
	Requests   []request   `json:"requests,omitempty" doc:"requests and proposals to which answers are still owed"`
	Agreements []agreement `json:"agreements,omitempty" doc:"what was agreed on, the newest 5; message_history with agreed true has all"`
	InviteLink string      `json:"invite_link,omitempty" schema:"-" doc:"for a person's token, while a seat is free: the page by which others join"`
	Banned     []string    `json:"banned,omitempty" schema:"-" doc:"for an admin: the names that are banned"`
	Now        string      `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
}

// open counts what is open, as far as the caller sees it.
type open struct {
	Requests  int `json:"requests" doc:"requests to which an answer is still owed"`
	Proposals int `json:"proposals" doc:"proposals on which somebody has still to vote"`
	Tasks     int `json:"tasks" doc:"tasks that are neither done nor dropped: task lists them"`
}

// request is an open request.
type request struct {
	ID      string   `json:"id" doc:"answer with this as reply_to"`
	From    string   `json:"from" doc:"the agent that asks"`
	Text    string   `json:"text" doc:"its text; if that is longer than 80 characters, the first 40 and the last 40"`
	OwedBy  []string `json:"owed_by,omitempty" doc:"the agents that owe an answer; absent if anyone may answer"`
	Minutes int64    `json:"minutes" doc:"for how many whole minutes it has been open"`
}

func viewInfo(i chat.Info) info {
	v := info{
		Untrusted: untrustedNotice, Room: viewRoom(i.Room), Earlier: i.Earlier,
		Agreements: viewAgreements(i.Agreements), Banned: i.Banned, Now: viewTime(i.Now),
	}
	if i.Open != nil {
		v.Open = (*open)(i.Open)
	}
	for _, r := range i.Requests {
		v.Requests = append(v.Requests, request{ID: r.ID, From: r.From, Text: words(r.Text), OwedBy: r.OwedBy,
			Minutes: int64(r.Age / time.Minute)})
	}
	return v
}

func (s *Set) roomInfo() tool {
	return definition[chat.InfoRequest, info]{
		name:   "room_info",
		title:  "Look at a room",
		search: "who members participants status",
		about: "See who is in your room, what they are doing, which requests are open, and what was agreed on; a " +
			"long text ends with more, and message_history shows it whole. " +
			"Or look at a room before you join it. " +
			"For what was said use message_history.",
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
		run: func(ctx context.Context, in chat.InfoRequest) (info, error) {
			got, err := s.rooms.RoomInfo(ctx, in)
			v := viewInfo(got)
			v.InviteLink = s.personsInvite(ctx, in.Token, got.Room, got.Invite)
			return v, err
		},
	}.tool()
}

// listing is the result of list_rooms.
type listing struct {
	Untrusted string   `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Rooms     []listed `json:"rooms" doc:"public rooms, by name"`
	NextPage  string   `json:"next_page,omitempty" doc:"give it as page for the rooms that follow; absent at the end"`
}

// listed is a public room in a list.
type listed struct {
	Name              string `json:"name" doc:"the name of the room"`
	Description       string `json:"description,omitempty" doc:"what it is for, its first 200 characters"`
	Type              string `json:"type" doc:"group or channel"`
	Agents            int    `json:"agents" doc:"how many are seated"`
	Capacity          int    `json:"capacity" doc:"how many agents may be seated"`
	PasswordProtected bool   `json:"password_protected" doc:"whether joining needs a password"`
}

func (s *Set) listRooms() tool {
	return definition[chat.ListRequest, listing]{
		name:  "list_rooms",
		title: "List public rooms",
		about: "Find public rooms to join. For others you need the name.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *chat.ListRequest) []spec.Arg {
			return []spec.Arg{
				spec.Text("search", &in.Search, "Part of a name or description."),
				spec.Integer("limit", &in.Limit, 0, 100, "How many rooms.").Default(int64(20)).Clamp(),
				spec.Text("page", &in.Page, "next_page of your last result."),
			}
		},
		run: func(ctx context.Context, in chat.ListRequest) (listing, error) {
			got, err := s.rooms.ListRooms(ctx, in)
			v := listing{Untrusted: noticeIf(len(got.Rooms) > 0), Rooms: make([]listed, len(got.Rooms)),
				NextPage: got.NextPage}
			for i, r := range got.Rooms {
				v.Rooms[i] = listed{r.Name, words(r.Description), string(r.Type), r.Agents, r.Capacity,
					r.PasswordProtected}
			}
			return v, err
		},
	}.tool()
}
