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
	Name   string
	Role   Role
	You    bool
	State  State
	Idle   time.Duration // since its last call that is known of
	BackIn time.Duration // of an Away agent
}

// EventType says what happened in a room.
type EventType string

// The types of events that agents see.
const (
	Said   EventType = "message"
	Joined EventType = "joined"
	Left   EventType = "left"
)

// Reason says why an agent left.
type Reason string

// The reasons.
const (
	ReasonLeft     Reason = "left"     // it said so
	ReasonTimeout  Reason = "timeout"  // its lease was over and the seat was wanted
	ReasonReplaced Reason = "replaced" // the same name joined again after a silence
)

// Message is one event of a room as an agent sees it.
type Message struct {
	Seq      int64
	Type     EventType
	From     string // of a message: the agent's name
	Text     string // of a message: its text, or the first part of it
	At       time.Time
	ReplyTo  int64  // 0: none
	Agent    string // of a server event: whom it is about
	Reason   Reason // of Left
	Repeated bool   // handed out before, to a call that may have been given up
	More     *More  // where Text is only a part
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
	Cursor   string
	Now      time.Time
}

// WaitStatus says how a wait ended.
type WaitStatus string

// The ends of a wait.
const (
	StatusMessages WaitStatus = "messages" // something is new
	StatusQuiet    WaitStatus = "quiet"    // nothing is; normal
	StatusRemoved  WaitStatus = "removed"  // the seat was given to another, or given up
)

// Waited is the answer to Wait, and what a Send that waits adds to its own.
type Waited struct {
	Status   WaitStatus
	Messages []Message
	HasMore  bool
	Cursor   string
	Agents   []Agent // only when somebody came or went since the last result

	// What follows is for the sentence that tells the agent what to do next.

	Others        int    // agents seated beside the caller
	Listening     bool   // the caller may not speak here
	CursorIgnored bool   // a cursor was given that is not of this seat, or invented
	Missed        bool   // events after the cursor had expired before they were read
	Superseded    bool   // a newer wait of the same seat took over
	Stopping      bool   // the server is going down; another answers in a moment
	Reason        Reason // of StatusRemoved
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
	Room    Room
	Earlier int64 // events that history holds
	Now     time.Time
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
