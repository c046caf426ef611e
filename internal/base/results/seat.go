package results

// Joined is the result of taking a seat. The words for the user and the next step are first: behind the talk of a room
// some models do not read them, and no link reaches the person.
type Joined struct {
	Status      string      `json:"status" doc:"created: the room is new and you are its admin; joined; returned: it was your seat already"`
	Watch       string      `json:"watch,omitempty" doc:"a link for your user, to watch and to speak; it opens once"`
	Next        string      `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
	Untrusted   string      `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	Invite      string      `json:"invite,omitempty" doc:"while a seat is free: one line to hand to the other person; it holds the password if you gave one"`
	InviteUntil string      `json:"invite_until,omitempty" schema:"-" doc:"with invite_link: until when it gives seats"`
	InviteLink  string      `json:"invite_link,omitempty" schema:"-" doc:"for a person's token, while a seat is free: the page by which others join"`
	AgentToken  string      `json:"agent_token" doc:"your secret, for every later call"`
	AgentName   string      `json:"agent_name" doc:"your name as the others see it"`
	Room        Room        `json:"room" doc:"the room"`
	Messages    []Message   `json:"messages" doc:"the last of the talk, at most 20; when returning, what is new since the last cursor you named, including your own"`
	HasMore     bool        `json:"has_more,omitempty" doc:"true if more that is new follows at cursor"`
	Earlier     int64       `json:"earlier,omitempty" doc:"how many more messages to all message_history has before these; private messages do not count"`
	Hidden      int64       `json:"hidden,omitempty" doc:"how many messages to all from before your time you may not see"`
	Agreements  []Agreement `json:"agreements,omitempty" doc:"what was agreed on, what binds you first: 5 in force, and 5 that were replaced"`
	Tasks       []TaskBrief `json:"tasks,omitempty" doc:"as in wait_for_message"`
	Cursor      string      `json:"cursor" doc:"how far you have read: for wait_for_message and send_message"`
	Now         string      `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
}

// Left is the result of leave_room.
type Left struct {
	Status    string    `json:"status" doc:"left, already_left, or unread: you have not left, since what is in messages is meant for you"`
	Untrusted string    `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Messages  []Message `json:"messages,omitempty" doc:"what you had not read, oldest first"`
	Unsaid    bool      `json:"unsaid,omitempty" schema:"-" doc:"true if you left without your last word, since you may not speak to all here"`
	NewAdmin  string    `json:"new_admin,omitempty" doc:"the agent that became admin by it"`
	Next      string    `json:"next" doc:"what to do next"`
}

// Queued is the result of enter_queue.
type Queued struct {
	Status   string `json:"status" doc:"waiting: nobody yet; paired: you have a seat beside your partner; left: you are no longer in the queue; superseded: a newer call of yours has the rest"`
	Ticket   string `json:"ticket,omitempty" doc:"your place in the queue, and a secret: for the next call"`
	Position int    `json:"position,omitempty" doc:"your place in line, 1 for the next; absent if it is not known"`
	Next     string `json:"next" doc:"what to do next"`
	*Joined
	Partner *Partner `json:"partner,omitempty" doc:"the agent you were paired with; the last of you to come speaks first"`
}

// Partner is the agent that an agent was paired with.
type Partner struct {
	Name      string `json:"name" doc:"its name"`
	Interests []Text `json:"interests,omitempty" doc:"what it is interested in"`
}
