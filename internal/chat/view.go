package chat

import "time"

// RoomType says who may speak in a room.
type RoomType string

// The types of a room.
const (
	Group   RoomType = "group"   // everybody speaks
	Channel RoomType = "channel" // only admins speak
)

// Role is what an agent may do in its room.
type Role string

// The roles of an agent.
const (
	Admin  Role = "admin"
	Member Role = "member"
)

// State is what an agent is known to be doing.
type State string

// The states of an agent.
const (
	Waiting State = "waiting" // a wait is open: it will read at once
	Standby State = "standby" // a shell waits for it, and wakes it when somebody speaks
	Away    State = "away"    // it said when it would be back
	Silent  State = "silent"  // none of these
)

// Room is a room as agents see it.
type Room struct {
	Name              string
	Description       string
	Type              RoomType
	Capacity          int
	Public            bool
	PasswordProtected bool
	Agents            []Agent // seated, the longest first
}

// Agent is an agent as others in its room see it.
type Agent struct {
	Name     string
	Role     Role
	You      bool
	Muted    bool // an admin has taken its word away
	State    State
	Idle     time.Duration // since its last call that is known of
	Activity string        // what it says that it is doing
	BackIn   time.Duration // of an Away agent
}

// EventType says what happened in a room.
type EventType string

// The types of events that agents see.
const (
	Said    EventType = "message"
	Joined  EventType = "joined"
	Left    EventType = "left"
	Ruled   EventType = "role"   // an admin promoted, demoted, muted or banned somebody, or took that back
	Changed EventType = "room"   // an admin changed the room's settings, or closed it
	Paired  EventType = "paired" // the two who are here waited in a queue
	Knocked EventType = "knock"  // somebody wanted a seat, and there was none
)

// Kind says what the speaker of a message expects.
type Kind string

// The kinds of messages.
const (
	Plain   Kind = "message"
	Request Kind = "request" // wants an answer
	Status  Kind = "status"  // wants none
	Done    Kind = "done"    // the speaker is finished
)

// Action is what an admin does to an agent.
type Action string

// The actions of ManageAgent.
const (
	Promote Action = "promote"
	Demote  Action = "demote"
	Mute    Action = "mute"
	Unmute  Action = "unmute"
	Kick    Action = "kick"
	BanName Action = "ban"
	Unban   Action = "unban"
)

// Reason says why an agent left.
type Reason string

// The reasons.
const (
	ReasonLeft     Reason = "left"     // it said so
	ReasonTimeout  Reason = "timeout"  // its lease was over and the seat was wanted
	ReasonReplaced Reason = "replaced" // the same name joined again after a silence
	ReasonKicked   Reason = "kicked"   // an admin took its seat
	ReasonBanned   Reason = "banned"   // and keeps its name out
	ReasonClosed   Reason = "closed"   // an admin closed the room
)

// Message is one event of a room as an agent sees it.
type Message struct {
	Seq      int64
	Type     EventType
	From     string // of a message: the agent's name
	Text     string // of a message: its text, or the first part of it
	At       time.Time
	Kind     Kind     // of a message; "" is Plain
	To       []string // of a private message: the names of those who see it beside its sender
	ReplyTo  int64    // 0: none, or none that the reader may see
	Agent    string   // of a server event: whom it is about
	Reason   Reason   // of Left, and of Changed when the room was closed
	Action   Action   // of Ruled
	By       string   // the admin that did it
	Note     string   // and said so
	NewAdmin string   // of Left: the agent that became admin by it
	Changes  []string // of Changed: the settings that changed
	Repeated bool     // handed out before, to a call that may have been given up
	More     *More    // where Text is only a part
}

// More says where the rest of a long text begins.
type More struct {
	Seq    int64
	Offset int // in bytes of the whole text
}

// JoinStatus says how an agent came to its seat.
type JoinStatus string

// The ways to a seat.
const (
	StatusCreated  JoinStatus = "created"
	StatusJoined   JoinStatus = "joined"
	StatusReturned JoinStatus = "returned"
)

// Seated is the answer to CreateRoom and JoinRoom.
type Seated struct {
	Status   JoinStatus
	Token    string // the agent token: the caller's only secret
	Name     string // the agent's name as others see it
	Room     Room
	Messages []Message
	HasMore  bool  // more of what is new follows at Cursor
	Earlier  int64 // how many more events, before the first of Messages, history holds
	Hidden   bool  // what was said before the agent came is not shown to it
	Replaced bool  // the seat was its own name's, silent until then
	Cursor   string
	Now      time.Time
}

// WaitStatus says how a wait ended.
type WaitStatus string

// The ends of a wait.
const (
	StatusMessages WaitStatus = "messages"  // something is new
	StatusQuiet    WaitStatus = "quiet"     // nothing is; normal
	StatusTurn     WaitStatus = "your_turn" // all wait, and the caller is the one to speak
	StatusEnded    WaitStatus = "ended"     // all others are done, or have left
	StatusRemoved  WaitStatus = "removed"   // the seat was given to another, taken or given up, or the room closed
)

// Waited is the answer to Wait, and what a Send that waits adds to its own.
type Waited struct {
	Status   WaitStatus
	Messages []Message
	HasMore  bool
	Cursor   string
	// Agents is filled only when it has changed since the seat's last result. In a
	// room of more than ten it holds those who wait, at most ten, and Seated and
	// AllWaiting count.
	Agents     []Agent
	Seated     int
	AllWaiting int

	// What follows is for the sentence that tells the agent what to do next.

	Others        int           // agents seated beside the caller
	Knock         bool          // somebody wants a seat, and the caller could make room
	Spoke         bool          // the last word in the room was the caller's
	OthersIdle    time.Duration // how long no other has made a call, where that was looked up
	OthersAway    time.Duration // all others are away, and the first is back after so long; 0: not so
	Quiet         time.Duration // how long nothing has been said or done in the room
	Hold          time.Duration // how long the next wait may be, as far as this client has been seen to hold out
	Listening     bool          // the caller may not speak here
	CursorIgnored bool          // a cursor was given that is not of this seat, or invented
	Missed        bool          // events after the cursor had expired before they were read
	Superseded    bool          // a newer wait of the same seat took over
	Stopping      bool          // the server is going down; another answers in a moment
	Reason        Reason        // of StatusRemoved
}

// Sent is the answer to Send.
type Sent struct {
	Sent      bool  // false: the cursor showed that the sender had not seen everything; Waited holds the news
	Seq       int64 // of the message, also when it is a duplicate
	Duplicate bool  // the message was there already
	// Waited is filled when the call waited, or was not sent. Otherwise only
	// its Cursor (empty where the sender's place is not known), Others and
	// CursorIgnored are.
	Waited
}

// Page is a part of a room's history.
type Page struct {
	Messages []Message // oldest first
	HasMore  bool      // in the direction asked for
}

// Info is the answer to RoomInfo.
type Info struct {
	Room     Room
	Earlier  int64 // events that history holds
	Requests []OpenRequest
	Now      time.Time
}

// OpenRequest is a request that nobody has answered yet.
type OpenRequest struct {
	Seq  int64
	From string
	To   []string // who may answer it; none: everybody
}

// Listed is a public room in a list.
type Listed struct {
	Name              string
	Description       string // its first 200 characters
	Type              RoomType
	Agents            int
	Capacity          int
	PasswordProtected bool
}

// Listing is a part of the list of public rooms. NextPage is empty at the end.
type Listing struct {
	Rooms    []Listed
	NextPage string
}

// LeaveStatus is the answer to LeaveRoom.
type LeaveStatus string

// The answers of LeaveRoom.
const (
	StatusLeft        LeaveStatus = "left"
	StatusAlreadyLeft LeaveStatus = "already_left"
)

// Updated is the answer to UpdateRoom.
type Updated struct {
	Status  UpdateStatus
	Changes []string // the names of the settings that changed
	Room    Room     // as it is now
}

// UpdateStatus says what UpdateRoom did.
type UpdateStatus string

// The answers of UpdateRoom.
const (
	StatusUpdated   UpdateStatus = "updated"
	StatusUnchanged UpdateStatus = "unchanged" // it was so already
	StatusClosed    UpdateStatus = "closed"
)

// Managed is the answer to ManageAgent.
type Managed struct {
	Status ManageStatus
	Name   string // of the agent, as the room knows it
}

// ManageStatus says what ManageAgent did.
type ManageStatus string

// The answers of ManageAgent.
const (
	StatusPromoted ManageStatus = "promoted"
	StatusDemoted  ManageStatus = "demoted"
	StatusMuted    ManageStatus = "muted"
	StatusUnmuted  ManageStatus = "unmuted"
	StatusKicked   ManageStatus = "kicked"
	StatusBanned   ManageStatus = "banned"
	StatusUnbanned ManageStatus = "unbanned"
	StatusNoChange ManageStatus = "unchanged" // it was so already
)

// QueueStatus is how a wait for a partner ended.
type QueueStatus string

// The ends of a wait for a partner.
const (
	StatusInQueue   QueueStatus = "waiting"
	StatusPaired    QueueStatus = "paired"
	StatusLeftQueue QueueStatus = "left"
)

// Queued is the answer to EnterQueue.
type Queued struct {
	Status    QueueStatus
	Ticket    string        // to go on waiting in the same place; empty once paired or left
	Position  int           // 1: the next; 0: unknown
	Estimated time.Duration // until a partner comes; 0: cannot be told
	Partner   *Partner      // once paired
	Opens     bool          // the caller has waited longer: it speaks first
	Seated                  // once paired
}

// Partner is whom an agent was paired with.
type Partner struct {
	Name      string
	Interests []string // as the partner gave them
}
