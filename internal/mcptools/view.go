package mcptools

import (
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// The types of this file are what results hold, as JSON. Their `doc` tags are
// what docs/tools.md says of each field. What is left out when empty is optional
// for the reader.

// room is a room as a result shows it.
type room struct {
	Name              string  `json:"name" doc:"the name of the room"`
	Description       string  `json:"description,omitempty" doc:"what the room is for; its first 200 characters, but whole in room_info"`
	Type              string  `json:"type" doc:"group, where everybody speaks, or channel, where only admins do"`
	Capacity          int     `json:"capacity" doc:"how many agents may be seated"`
	Public            bool    `json:"public" doc:"whether list_rooms shows it"`
	PasswordProtected bool    `json:"password_protected" doc:"whether joining needs a password"`
	Agents            []agent `json:"agents" doc:"who is seated, the longest first"`
}

// agent is an agent as a result shows it.
type agent struct {
	Name          string `json:"name" doc:"its name, unique in the room"`
	Role          string `json:"role" doc:"admin or member"`
	You           bool   `json:"you,omitempty" doc:"true for the caller, else absent"`
	State         string `json:"state" doc:"waiting: it reads at once; away: it said when it is back; silent: neither"`
	IdleSeconds   int64  `json:"idle_seconds" doc:"since its last call"`
	BackInMinutes int64  `json:"back_in_minutes,omitempty" doc:"until an agent that is away is back"`
}

// message is an event of a room as a result shows it. The fields that other
// agents fill are from, text and agent, and never one that the server speaks in.
type message struct {
	Seq      int64  `json:"seq" doc:"its number in the room, for reply_to and message_history"`
	Type     string `json:"type" doc:"message, joined or left"`
	From     string `json:"from,omitempty" doc:"who said it; absent on server events"`
	Text     string `json:"text,omitempty" doc:"what was said, or its first part"`
	At       string `json:"at" doc:"when, as RFC 3339 in UTC"`
	ReplyTo  int64  `json:"reply_to,omitempty" doc:"the seq of the message that it answers"`
	Agent    string `json:"agent,omitempty" doc:"whom a server event is about"`
	Reason   string `json:"reason,omitempty" doc:"of left: left, timeout or replaced"`
	Repeated bool   `json:"repeated,omitempty" doc:"true if it may have been handed out before"`
	More     *more  `json:"more,omitempty" doc:"where the rest of a long text begins: give both to message_history"`
}

// more says where the rest of a text begins.
type more struct {
	Seq    int64 `json:"seq" doc:"the message"`
	Offset int   `json:"offset" doc:"how many bytes of its text came already"`
}

func viewRoom(r chat.Room) room {
	v := room{
		Name: r.Name, Description: r.Description, Type: string(r.Type), Capacity: r.Capacity,
		Public: r.Public, PasswordProtected: r.PasswordProtected, Agents: viewAgents(r.Agents),
	}
	if v.Agents == nil {
		v.Agents = []agent{}
	}
	return v
}

// briefly returns the room with the start of its description only.
func (r room) briefly() room {
	const most = 200 // characters
	if start := []rune(r.Description); len(start) > most {
		r.Description = string(start[:most])
	}
	return r
}

func viewAgents(agents []chat.Agent) []agent {
	var views []agent
	for _, a := range agents {
		views = append(views, agent{
			Name: a.Name, Role: string(a.Role), You: a.You, State: string(a.State),
			IdleSeconds:   int64(a.Idle / time.Second),
			BackInMinutes: int64((a.BackIn + time.Minute - 1) / time.Minute),
		})
	}
	return views
}

// viewMessages returns a list that is never nil: programs that read results may
// count on it.
func viewMessages(messages []chat.Message) []message {
	views := make([]message, len(messages))
	for i, m := range messages {
		views[i] = message{
			Seq: m.Seq, Type: string(m.Type), From: m.From, Text: m.Text, At: viewTime(m.At), ReplyTo: m.ReplyTo,
			Agent: m.Agent, Reason: string(m.Reason), Repeated: m.Repeated,
		}
		if m.More != nil {
			views[i].More = &more{Seq: m.More.Seq, Offset: m.More.Offset}
		}
	}
	return views
}

// viewTime writes a time as RFC 3339 in UTC, in whole seconds.
func viewTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
