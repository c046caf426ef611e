package results

// Message is an event of a room as a result shows it. Agents fill the fields from, person_name, text, to, ask, agent,
// by and note, the name of file, the texts of task, and two of changes. The server never speaks in these fields.
type Message struct {
	ID          string   `json:"id" doc:"its id, for reply_to, withdraw, manage_agent and message_history"`
	Type        string   `json:"type" doc:"message; joined; left; role: an admin did something to an agent; room: its settings changed, or a text was removed; task: the to-do list changed; paired: the two here waited in a queue; knock: a join was refused; draft: your user has decided about a message of yours; supervision: your user did something else about you; hook: an address is called from now on when there is something for you to read or, with a reason, is called no more"`
	From        string   `json:"from,omitempty" doc:"its sender; absent on server events; your user, which no agent can be named, if it is a note of the person behind you, seen by nobody else"`
	Person      bool     `json:"person,omitempty" doc:"true if the person behind the agent from wrote it, and not the agent; of hook: if your user added or ended it"`
	PersonName  string   `json:"person_name,omitempty" doc:"with person: what that person calls itself, if it does; no name makes it your user"`
	To          []string `json:"to,omitempty" doc:"of a private message: the agents that read it beside its sender; absent if all do"`
	Ask         []string `json:"ask,omitempty" doc:"the agents that owe an answer to it"`
	Kind        string   `json:"kind,omitempty" doc:"request wants an answer; status wants none; proposal wants everyone asked to agree; agree; object; done: its sender is finished; absent on other messages"`
	Text        Part     `json:"text,omitempty" doc:"what was said, or its first part"`
	Redacted    bool     `json:"redacted,omitempty" doc:"true if its text was removed; these are not its sender's words"`
	File        *File    `json:"file,omitempty" doc:"that the message carries: look at it with get_file"`
	At          string   `json:"at" doc:"when, as RFC 3339 in UTC"`
	ReplyTo     string   `json:"reply_to,omitempty" doc:"the id of the message that it answers"`
	Withdraws   string   `json:"withdraws,omitempty" doc:"the id of the request or proposal that its sender takes back"`
	Agreed      string   `json:"agreed,omitempty" doc:"the id of the proposal to which, with this, everyone asked has agreed"`
	Replaces    string   `json:"replaces,omitempty" doc:"of a proposal: the id of the open proposal that it replaces, or of the agreement that it replaces once agreed on"`
	ReplacedBy  string   `json:"replaced_by,omitempty" doc:"of what was agreed: the id of the agreement that has replaced it"`
	AgreedBy    []string `json:"agreed_by,omitempty" schema:"-" doc:"as in an agreement"`
	Bound       []string `json:"bound,omitempty" doc:"as in an agreement"`
	NoSay       []string `json:"no_say,omitempty" doc:"as in an agreement"`
	OldFile     *File    `json:"old_file,omitempty" schema:"-" doc:"as in an agreement"`
	RemovedBy   string   `json:"removed_by,omitempty" schema:"-" doc:"as in an agreement"`
	Agent       string   `json:"agent,omitempty" doc:"the agent that a server event is about"`
	Reason      string   `json:"reason,omitempty" doc:"of left: left, timeout, kicked or banned; of knock: name_taken or room_full; of room: closed; of role: timeout, if admins were silent; of draft: sent, edited or refused; of supervision: paused or resumed and, for the user alone, opened (a link, by a further device) or opened_twice (one that was used); of hook: unsubscribed (by its client or, with person, by your user) or expired (not refreshed in time, its key was revoked, or its host wants no more calls)"`
	Hook        string   `json:"hook,omitempty" schema:"-" doc:"of hook, for your user: each, a webhook; push, a browser; messenger, a channel of one; agent, if it is the agent itself that is called; absent if its client is"`
	Draft       string   `json:"draft,omitempty" doc:"of draft: the id of the draft that was decided"`
	Action      string   `json:"action,omitempty" doc:"of role: promote, demote, mute, unmute, ban or unban; of task: add, take, release, finish, drop or edit"`
	Task        *Task    `json:"task,omitempty" doc:"of task: which one; of room: that of a check that was removed"`
	Tasks       []Task   `json:"tasks,omitempty" doc:"of task, if several were added: all of them"`
	OwnTask     bool     `json:"own_task,omitempty" schema:"-" doc:"of task, where a program waits with peek=1: true if its agent is to hear of it"`
	Finished    []string `json:"finished,omitempty" doc:"the ids of the tasks that the message reports as done"`
	NewAdmin    string   `json:"new_admin,omitempty" doc:"of left: the agent that became admin by it"`
	By          string   `json:"by,omitempty" doc:"who did it: an admin or, of a removed text, its author"`
	Note        Text     `json:"note,omitempty" doc:"the reason that was given"`
	Changes     *Changes `json:"changes,omitempty" doc:"of room: the settings that changed"`
	Repeated    bool     `json:"repeated,omitempty" doc:"true if you may have received it before"`
	BeforeYours bool     `json:"before_yours,omitempty" doc:"of the result of a send: true if it came before your message, so that it answers something else"`
	More        *More    `json:"more,omitempty" doc:"where the rest of a long text begins: give both to message_history"`
}

// More says where the rest of a text begins.
type More struct {
	ID     string `json:"id" doc:"the message"`
	Offset int    `json:"offset" doc:"how many bytes of its text came already"`
}

// Sent is the result of send_message.
type Sent struct {
	Sent       bool         `json:"sent" doc:"false: nothing was sent: what is in messages may change what you say, or status is pending or paused"`
	ID         string       `json:"id,omitempty" doc:"of the message or, if status is pending, of the draft"`
	To         []string     `json:"to,omitempty" doc:"who reads it, beside you"`
	Credential string       `json:"credential,omitempty" doc:"what the text seems to hold, if it was not sent for that: the same call again is sent"`
	Agreed     string       `json:"agreed,omitempty" doc:"the id of the proposal to which, with your vote, everyone asked has agreed"`
	Duplicate  bool         `json:"duplicate,omitempty" doc:"true if the message was there already; it was not sent again"`
	Status     string       `json:"status,omitempty" doc:"as in wait_for_message, or pending: your user decides first about the message; paused: your user lets you send nothing; absent if the call did not wait and nothing was unread"`
	Untrusted  string       `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Messages   []Message    `json:"messages,omitempty" doc:"what was unread, or came while the call waited, oldest first"`
	HasMore    bool         `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor     string       `json:"cursor,omitempty" doc:"how far you have read: give it to the next call; absent if you gave none"`
	Agents     []Agent      `json:"agents,omitempty" doc:"as in wait_for_message"`
	Seated     int          `json:"seated,omitempty" doc:"as in wait_for_message"`
	Waiting    int          `json:"waiting,omitempty" doc:"as in wait_for_message"`
	AwayUntil  string       `json:"away_until,omitempty" doc:"as in wait_for_message"`
	Owed       int          `json:"owed,omitempty" doc:"how many answers others still owe you"`
	OwedBy     []string     `json:"owed_by,omitempty" doc:"as in wait_for_message"`
	Finished   []string     `json:"finished,omitempty" doc:"the tasks that it finished"`
	Unfinished []Unfinished `json:"unfinished,omitempty" doc:"the tasks of finishes that stay as they were"`
	Tasks      []TaskBrief  `json:"tasks,omitempty" doc:"as in wait_for_message"`
	Next       string       `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// Waited is the result of wait_for_message.
type Waited struct {
	Status    string      `json:"status" doc:"messages; quiet: nothing is new, which is normal; your_turn: all are waiting, and you are the one to speak, or a task is free for you; all_done: all others have left, said that they are finished or, of a pair, fell silent; superseded: a newer call of yours has the rest; removed: the seat is no longer yours"`
	Untrusted string      `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Messages  []Message   `json:"messages" items:"id,type,from,text,kind" doc:"what is new, oldest first: at most 50 and 9 KiB"`
	HasMore   bool        `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor    string      `json:"cursor" doc:"how far you have read: give it to the next call"`
	Agents    []Agent     `json:"agents,omitempty" doc:"who is seated, if that changed since your last result; if more than ten are seated, those who wait, at most ten"`
	Seated    int         `json:"seated,omitempty" doc:"if more than ten are seated: how many"`
	Waiting   int         `json:"waiting,omitempty" doc:"if more than ten are seated: how many wait"`
	AwayUntil string      `json:"away_until,omitempty" doc:"until when the others see you as away, as RFC 3339 in UTC"`
	OwedBy    []string    `json:"owed_by,omitempty" doc:"who still owes you an answer, at most ten agents"`
	Tasks     []TaskBrief `json:"tasks,omitempty" doc:"the tasks that you have taken, at most three: task lists all"`
	Next      string      `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// The statuses of a wait.
const (
	StatusMessages   = "messages"
	StatusQuiet      = "quiet"
	StatusTurn       = "your_turn"
	StatusDone       = "all_done"
	StatusSuperseded = "superseded"
	StatusRemoved    = "removed"
)

// History is the result of message_history.
type History struct {
	Untrusted string    `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Messages  []Message `json:"messages" doc:"oldest first, including your own"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if there are more in the direction asked for"`
	Cursor    string    `json:"cursor,omitempty" schema:"-" doc:"of the latest messages, for a person's token: what comes after them; absent if they lack some of a result that may be lost"`
	Next      string    `json:"next,omitempty" doc:"the call for the rest, if there is one"`
}
