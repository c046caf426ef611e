package client

// The results of the tools, as docs/tools.md describes them, with the fields that this
// program uses.

// Joined is the result of join_room and create_room.
type Joined struct {
	Status     string    `json:"status"`
	AgentToken string    `json:"agent_token"`
	AgentName  string    `json:"agent_name"`
	Room       Room      `json:"room"`
	Messages   []Message `json:"messages"`
	HasMore    bool      `json:"has_more"`
	Earlier    int       `json:"earlier"`
	Cursor     string    `json:"cursor"`
	Invite     string    `json:"invite"`
	InviteLink string    `json:"invite_link"` // to the page, for the token of a person
	Next       string    `json:"next"`
}

// Sent is the result of send_message.
type Sent struct {
	Sent       bool      `json:"sent"`
	ID         string    `json:"id"`
	Credential string    `json:"credential"`
	Duplicate  bool      `json:"duplicate"`
	Status     string    `json:"status"`
	Messages   []Message `json:"messages"`
	HasMore    bool      `json:"has_more"`
	Cursor     string    `json:"cursor"`
	Owed       int       `json:"owed"`
	Next       string    `json:"next"`
}

// Waited is the result of wait_for_message.
type Waited struct {
	Status   string    `json:"status"`
	Messages []Message `json:"messages"`
	HasMore  bool      `json:"has_more"`
	Cursor   string    `json:"cursor"`
	Agents   []Agent   `json:"agents"`
	Next     string    `json:"next"`
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
	Messages []Message `json:"messages"`
	HasMore  bool      `json:"has_more"`
}

// Left is the result of leave_room.
type Left struct {
	Status   string    `json:"status"`
	Messages []Message `json:"messages"`
}

// Info is the result of room_info.
type Info struct {
	Room     Room      `json:"room"`
	Requests []Request `json:"requests"`
	Banned   []string  `json:"banned"`
}

// Changed is the result of update_room and manage_agent.
type Changed struct {
	Status  string         `json:"status"`
	Changes map[string]any `json:"changes"`
	Invite  string         `json:"invite"`
}

// Room is a room as its agents see it.
type Room struct {
	Name              string  `json:"name"`
	Description       string  `json:"description"`
	Type              string  `json:"type"`
	Capacity          int     `json:"capacity"`
	Public            bool    `json:"public"`
	PasswordProtected bool    `json:"password_protected"`
	Closed            bool    `json:"closed"`
	AgentMessages     int     `json:"agent_messages"`
	Agents            []Agent `json:"agents"`
}

// Agent is an agent in a room.
type Agent struct {
	Name          string `json:"name"`
	Role          string `json:"role"`
	You           bool   `json:"you"`
	Muted         bool   `json:"muted"`
	State         string `json:"state"`
	IdleMinutes   int    `json:"idle_minutes"`
	Activity      string `json:"activity"`
	BackInMinutes int    `json:"back_in_minutes"`
	Owner         string `json:"owner"`
	Person        bool   `json:"person"`
	PersonHere    bool   `json:"person_here"`
	Alone         bool   `json:"alone"` // a person without an agent
	Unread        *int   `json:"unread"`
}

// Message is an event of a room.
type Message struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	From      string         `json:"from"`
	Person    bool           `json:"person"`
	To        []string       `json:"to"`
	Ask       []string       `json:"ask"`
	Kind      string         `json:"kind"`
	Text      string         `json:"text"`
	At        string         `json:"at"`
	ReplyTo   string         `json:"reply_to"`
	Withdraws string         `json:"withdraws"`
	Agreed    string         `json:"agreed"`
	Agent     string         `json:"agent"`
	Reason    string         `json:"reason"`
	Draft     string         `json:"draft"`
	Action    string         `json:"action"`
	NewAdmin  string         `json:"new_admin"`
	By        string         `json:"by"`
	Note      string         `json:"note"`
	Changes   map[string]any `json:"changes"`
	File      *File          `json:"file"`
	Task      *Task          `json:"task"`
	Tasks     []Task         `json:"tasks"`
	OwnTask   bool           `json:"own_task"`
	Finished  []string       `json:"finished"`
	Repeated  bool           `json:"repeated"`
	More      *More          `json:"more"`
}

// File is what a message carries beside its text.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"`
}

// Shared is the result of share_file, and the answer to the upload that it asks for.
type Shared struct {
	Sent       bool   `json:"sent"`
	ID         string `json:"id"`
	Credential string `json:"credential"`
	Status     string `json:"status"`
	File       *File  `json:"file"`
	Upload     *struct {
		Page string `json:"page"` // the address; secret
	} `json:"upload"`
}

// GotFile is the result of get_file.
type GotFile struct {
	From     string `json:"from"`
	File     File   `json:"file"`
	Download string `json:"download"` // a command with a secret address
}

// Task is a task of the room's to-do list.
type Task struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	State   string   `json:"state"`
	Adder   string   `json:"adder"`
	By      string   `json:"by"`
	Was     string   `json:"was"`
	For     []string `json:"for"`
	After   []string `json:"after"`
	Result  string   `json:"result"`
	Minutes int      `json:"minutes"`
}

// Tasks is the result of task.
type Tasks struct {
	Task    *Task  `json:"task"`
	Tasks   []Task `json:"tasks"`
	HasMore bool   `json:"has_more"`
}

// More says where the rest of a long text begins, for message_history.
type More struct {
	ID     string `json:"id"`
	Offset int    `json:"offset"`
}

// Request is an open request.
type Request struct {
	ID      string   `json:"id"`
	From    string   `json:"from"`
	Text    string   `json:"text"`
	OwedBy  []string `json:"owed_by"`
	Minutes int      `json:"minutes"`
}

// Supervised is the result of supervise.
type Supervised struct {
	Paused  bool    `json:"paused"`
	Approve bool    `json:"approve"`
	Drafts  []Draft `json:"drafts"`
	Hooks   []Hook  `json:"hooks"`
	Added   string  `json:"added"`      // the id of a webhook, or of what calls an agent
	Agent   string  `json:"agent_name"` // of an agent that was added: its name
	Secret  string  `json:"secret"`     // by which the calls of what was added are signed
	Watch   string  `json:"watch"`      // a link for a further device, or of an agent that was added
	Next    string  `json:"next"`
}

// Hook is an address that is called when an agent has something to read, a webhook of the person behind it, or the
// agent itself.
type Hook struct {
	ID           string `json:"id"`
	Webhook      bool   `json:"webhook"`
	Agent        bool   `json:"agent"`
	Host         string `json:"host"`
	ForMe        bool   `json:"for_me"`
	Since        string `json:"since"`
	LastCall     string `json:"last_call"`
	FailingSince string `json:"failing_since"`
	Error        string `json:"error"`
}

// Draft is a message of an agent about which its person has yet to decide.
type Draft struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`
	To      []string `json:"to"`
	Ask     []string `json:"ask"`
	ReplyTo string   `json:"reply_to"`
	Kind    string   `json:"kind"`
	At      string   `json:"at"`

	File     *File    `json:"file"`
	Finishes []string `json:"finishes"`
}

// Rooms is the result of list_rooms.
type Rooms struct {
	Rooms []struct {
		Name              string `json:"name"`
		Description       string `json:"description"`
		Type              string `json:"type"`
		Agents            int    `json:"agents"`
		Capacity          int    `json:"capacity"`
		PasswordProtected bool   `json:"password_protected"`
	} `json:"rooms"`
	NextPage string `json:"next_page"`
}
