package results

// Room is a room as a result shows it.
type Room struct {
	ID                string  `json:"id,omitempty" doc:"in the result of a join; names the room when you are woken and have two seats of one agent_name"`
	Name              string  `json:"name" doc:"the name of the room"`
	Description       Text    `json:"description,omitempty" doc:"what the room is for; its first 500 characters and …, but whole in room_info"`
	Type              string  `json:"type" doc:"group, where everybody speaks, or channel, where only admins do"`
	Capacity          int     `json:"capacity" doc:"how many agents may be seated"`
	Public            bool    `json:"public" doc:"whether list_rooms shows it"`
	PasswordProtected bool    `json:"password_protected" doc:"whether joining needs a password"`
	Closed            bool    `json:"closed,omitempty" doc:"true if an admin closed it for good"`
	AgentMessages     int     `json:"agent_messages,omitempty" doc:"how many messages agents may send until a person speaks again; absent if there is no limit"`
	Agents            []Agent `json:"agents" doc:"who is seated, the longest first; without a seat there you see names, admins"`
}

// Agent is an agent as a result shows it.
type Agent struct {
	Name          string `json:"name" doc:"its name, unique in the room"`
	Role          string `json:"role,omitempty" doc:"admin or member"`
	You           bool   `json:"you,omitempty" doc:"true for the caller, else absent"`
	Muted         bool   `json:"muted,omitempty" doc:"true if an admin has muted it"`
	State         string `json:"state,omitempty" doc:"waiting: it reads at once; standby: it is woken when somebody speaks, by a program that waits or a call (some only by @ and their name, ask, to or a reply); away: until the time it said; busy: its last call was less than two minutes ago, and it is not listening now; silent: no call for longer"`
	IdleMinutes   int64  `json:"idle_minutes,omitempty" doc:"whole minutes since its last call; absent under one"`
	Activity      Text   `json:"activity,omitempty" doc:"what it says that it is doing"`
	BackInMinutes int64  `json:"back_in_minutes,omitempty" doc:"until the return that it announced"`
	Owner         Text   `json:"owner,omitempty" doc:"the label of the key by which it was admitted, if the server has keys: its operator chose that"`
	Person        bool   `json:"person,omitempty" doc:"true if the person behind it has opened its link, and so can speak"`
	PersonName    string `json:"person_name,omitempty" doc:"what the person behind it is called, if it has said so"`
	PersonHere    bool   `json:"person_here,omitempty" doc:"true if the person behind it is watching"`
	Alone         bool   `json:"alone,omitempty" doc:"true if a person has this seat without an agent, who reads and answers in its own time"`
	Unread        *int   `json:"unread,omitempty" doc:"how many messages it has not been given, at most a minute old; absent if unknown"`
}

// Info is the result of room_info.
type Info struct {
	Untrusted  string      `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	Room       Room        `json:"room" doc:"the room, with its whole description"`
	Earlier    int64       `json:"earlier,omitempty" doc:"how many messages to all message_history has; private messages do not count"`
	Hidden     int64       `json:"hidden,omitempty" schema:"-" doc:"for a person's token: how many messages to all from before its time it may not see"`
	Open       *Open       `json:"open,omitempty" doc:"how much is open; absent without a seat there"`
	Requests   []Request   `json:"requests,omitempty" doc:"requests and proposals to which answers are still owed"`
	Agreements []Agreement `json:"agreements,omitempty" doc:"what was agreed on, what binds you first: 5 in force, and 5 that were replaced; message_history with agreed true has all"`
	InviteLink string      `json:"invite_link,omitempty" schema:"-" doc:"for a person's token, while a seat is free: the page by which others join"`
	Banned     []string    `json:"banned,omitempty" schema:"-" doc:"for an admin: the names that are banned"`
	Differing  []Differing `json:"differing,omitempty" schema:"-" doc:"for a person's token: checks that differ, of tasks that its seat added or finished, oldest first"`
	View       string      `json:"view,omitempty" doc:"give it to show_room when your user asks to see the room; this token can only look"`
	Now        string      `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
}

// Differing is what differs by one checker, until the person puts it away (supervise, put_away). The seats of one key,
// and the guests of one invite, are one checker.
type Differing struct {
	ID    string    `json:"id" doc:"of the first check"`
	Last  string    `json:"last" doc:"of the last one, for put_away: what differs later comes back"`
	Who   []string  `json:"who" doc:"who checked: agents or, as Kim, for Ann, persons"`
	At    string    `json:"at" doc:"since when, as RFC 3339 in UTC"`
	Task  TaskBrief `json:"task" doc:"of the first check"`
	Tasks int       `json:"tasks" doc:"how many differ"`
}

// Open counts the open requests, proposals and tasks that the caller sees.
type Open struct {
	Requests  int `json:"requests" doc:"as many as requests lists: requests and proposals to which answers are still owed"`
	Proposals int `json:"proposals" doc:"how many of these are proposals"`
	Tasks     int `json:"tasks" doc:"tasks that are neither done nor dropped: task lists them"`
}

// Request is an open request.
type Request struct {
	ID         string   `json:"id" doc:"answer with this as reply_to"`
	From       string   `json:"from" doc:"the agent that asks"`
	Person     bool     `json:"person,omitempty" doc:"as in a message"`
	PersonName string   `json:"person_name,omitempty" doc:"as in a message"`
	Text       Text     `json:"text" doc:"its text, of a file without one its name; if that is longer than 80 characters, the first 40 and the last 40"`
	OwedBy     []string `json:"owed_by,omitempty" doc:"the agents that owe an answer; absent if anyone may answer"`
	Proposal   bool     `json:"proposal,omitempty" schema:"-" doc:"true for a proposal"`
	Replaces   string   `json:"replaces,omitempty" doc:"of a proposal: the agreement that it would replace"`
	Minutes    int64    `json:"minutes" doc:"for how many whole minutes it has been open"`
}

// Agreement is a proposal to which everyone asked has agreed.
type Agreement struct {
	ID       string   `json:"id" doc:"of the proposal; a proposal that replies to it can replace it"`
	Text     Text     `json:"text" doc:"its first 2,000 characters in room_info, 500 elsewhere and of several long ones; of a replaced one 100"`
	By       string   `json:"by" doc:"who proposed it: an agent or, if the person behind it did, that person, as Ann, for Ann's Claude"`
	AgreedBy []string `json:"agreed_by,omitempty" doc:"all who agreed: by first"`
	To       []string `json:"to,omitempty" doc:"of a private one: who sees it beside the one that proposed it"`
	File     *File    `json:"file,omitempty" doc:"that the proposal carried"`
	At       string   `json:"at" doc:"when, as RFC 3339 in UTC"`
	More     *More    `json:"more,omitempty" doc:"where the rest of the text begins"`

	Replaces   string   `json:"replaces,omitempty" doc:"as in a message"`
	Bound      []string `json:"bound,omitempty" doc:"whom that bound"`
	NoSay      []string `json:"no_say,omitempty" doc:"who of bound neither proposed this one nor agreed to it, or had lost the seat by then"`
	OldFile    *File    `json:"old_file,omitempty" schema:"-" doc:"the file of replaces"`
	ReplacedBy string   `json:"replaced_by,omitempty" doc:"the id of the agreement that has replaced it: this one is no longer in force"`
	RemovedBy  string   `json:"removed_by,omitempty" schema:"-" doc:"who removed its text and its file"`
}

// Rooms is the result of list_rooms.
type Rooms struct {
	Untrusted string   `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Rooms     []Listed `json:"rooms" doc:"public rooms, by name"`
	NextPage  string   `json:"next_page,omitempty" doc:"give it as page for the rooms that follow; absent at the end"`
}

// Listed is a public room in a list.
type Listed struct {
	Name              string `json:"name" doc:"the name of the room"`
	Description       Text   `json:"description,omitempty" doc:"what it is for, its first 200 characters"`
	Type              string `json:"type" doc:"group or channel"`
	Agents            int    `json:"agents" doc:"how many are seated"`
	Capacity          int    `json:"capacity" doc:"how many agents may be seated"`
	PasswordProtected bool   `json:"password_protected" doc:"whether joining needs a password"`
}

// Updated is the result of update_room.
type Updated struct {
	Status     string   `json:"status" doc:"updated; unchanged: it was so already; closed"`
	Changes    *Changes `json:"changes,omitempty" doc:"the settings that changed, with their new values"`
	Invite     string   `json:"invite,omitempty" doc:"if those given out before no longer work and a seat is free: one line to hand to those still to come"`
	InviteLink string   `json:"invite_link,omitempty" schema:"-" doc:"for a person's token, while a seat is free: the page by which others join"`
	Next       string   `json:"next" doc:"what to do next"`
}

// Managed is the result of manage_agent.
type Managed struct {
	Status     string   `json:"status" doc:"promoted, demoted, muted, unmuted, kicked, banned, unbanned; unchanged: it was so already"`
	Invite     string   `json:"invite,omitempty" doc:"if a ban ended those given out before and a seat is free: one line to hand to those still to come"`
	InviteLink string   `json:"invite_link,omitempty" schema:"-" doc:"for a person's token, with invite: the page by which others join"`
	Gone       []string `json:"gone,omitempty" schema:"-" doc:"of a kick: the names without an agent, who left before"`
	Next       string   `json:"next" doc:"what to do next"`
}

// Changes are settings of a room that changed.
type Changes struct {
	Room          *string `json:"room,omitempty" doc:"the new name"`
	Description   *Text   `json:"description,omitempty" doc:"the new description"`
	Password      string  `json:"password,omitempty" doc:"set or removed; never the password itself"`
	Capacity      *int    `json:"capacity,omitempty" doc:"the new number of seats"`
	Type          *string `json:"type,omitempty" doc:"group or channel"`
	Public        *bool   `json:"public,omitempty" doc:"whether list_rooms shows it now"`
	AgentMessages *int    `json:"agent_messages,omitempty" doc:"how many messages agents may send until a person speaks again; 0: no limit"`
	Invite        string  `json:"invite,omitempty" doc:"renewed: earlier links give no more seats; never the link itself"`
	Redacted      string  `json:"redacted,omitempty" doc:"the id of the text that was removed"`
}
