package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// State is what an agent is doing, as others can tell.
type State string

// The states of an agent.
const (
	Waiting State = "waiting" // a wait is open: it will read at once
	Standby State = "standby" // a shell a program waits for it and wakes it
	Away    State = "away"    // it said when it would be back
	Silent  State = "silent"  // none of these
)

// Room is a room as agents see it.
type Room struct {
	Name              string
	Description       string
	Type              room.Type
	Capacity          int
	Public            bool
	PasswordProtected bool
	Agents            []Agent // in the order of their joins
}

// Agent is an agent as others in its room see it.
type Agent struct {
	Name     string
	Role     room.Role
	You      bool
	Muted    bool // an admin has muted it
	State    State
	Idle     time.Duration // since its last known call
	Activity string        // what it says it is doing
	BackIn   time.Duration // of an Away agent
}

// EventType says what happened in a room.
type EventType string

// The types of events that agents see.
const (
	Said        EventType = "message"
	Joined      EventType = "joined"
	Left        EventType = "left"
	RoleChanged EventType = "role"   // an admin promoted, demoted, muted, unmuted, banned or unbanned
	Changed     EventType = "room"   // an admin changed the room's settings, or closed it
	Paired      EventType = "paired" // a queue brought the two agents together
	SeatWanted  EventType = "knock"  // a join found no free seat
)

// Message is one event of a room as an agent sees it.
type Message struct {
	Seq      int64
	Type     EventType
	From     string // of a message: the agent's name
	Text     string // of a message: its text, or the first part of it
	At       time.Time
	Kind     room.Kind   // of a message; "" means room.Plain
	To       []string    // of a private message: who sees it beside its sender
	ReplyTo  int64       // 0 if there is none that the reader may see
	Agent    string      // of any other event: the agent it is about
	Reason   room.Reason // of Left, and of Changed where it closed the room
	Action   room.Action // of RoleChanged
	By       string      // the admin that did it, if one did
	Note     string      // the admin's reason
	NewAdmin string      // of Left: the agent that became admin
	Changes  []string    // of Changed: the settings that changed
	Repeated bool        // handed out before, to a call whose client may have given up
	More     *More       // set if Text is only a part
}

// More says where the rest of a long text begins.
type More struct {
	Seq    int64
	Offset int // in bytes of the whole text
}

// JoinStatus says how an agent got its seat.
type JoinStatus string

// The ways to a seat.
const (
	StatusCreated  JoinStatus = "created"
	StatusJoined   JoinStatus = "joined"
	StatusReturned JoinStatus = "returned"
)

// Seated is the result of CreateRoom and JoinRoom.
type Seated struct {
	Status   JoinStatus
	Token    string // the agent token, the caller's only secret
	Name     string // the agent's name as others see it
	Room     Room
	Messages []Message
	HasMore  bool  // there is more news after Cursor
	Earlier  int64 // how many events before Messages the caller may see
	Hidden   bool  // the caller may not see what was said before it joined
	Replaced bool  // a silent agent of the same name had the seat
	Cursor   string
	Now      time.Time
}

// WaitStatus says how a wait ended.
type WaitStatus string

// The ends of a wait.
const (
	StatusMessages WaitStatus = "messages"  // there is news
	StatusQuiet    WaitStatus = "quiet"     // there is none; normal
	StatusTurn     WaitStatus = "your_turn" // every agent waits, and the caller should speak
	StatusEnded    WaitStatus = "ended"     // every other agent is done or has left
	StatusRemoved  WaitStatus = "removed"   // the caller has lost its seat, or the room was closed
)

// Waited is the result of Wait, and a part of that of Send.
type Waited struct {
	Status   WaitStatus
	Messages []Message
	HasMore  bool
	Cursor   string
	// Agents is set only if it has changed since the seat's last result. Of more
	// than ten it lists only those that wait, at most ten; Seated and AllWaiting
	// count all.
	Agents     []Agent
	Seated     int
	AllWaiting int

	// The rest serves to tell the agent what to do next.

	Others        int           // agents seated beside the caller
	SeatWanted    bool          // a join found no free seat, and the caller can enlarge the room
	Spoke         bool          // the last public message is the caller's
	OthersIdle    time.Duration // for how long no other agent has made a call; 0 if unknown
	OthersAway    time.Duration // if all others are away: until the first is back
	Quiet         time.Duration // for how long nothing has happened in the room
	Listening     bool          // the caller may only listen
	CursorIgnored bool          // the given cursor is not one of this seat
	Missed        bool          // events after the cursor have expired
	Superseded    bool          // a newer wait of the seat has begun
	Stopping      bool          // the service stops
	Reason        room.Reason   // of StatusRemoved
}

// Sent is the result of Send.
type Sent struct {
	Sent      bool  // false: held back, since Waited has news for the sender
	Seq       int64 // of the message
	Duplicate bool  // the call repeats an earlier message
	// Waited is complete if the call waited or was held back. Otherwise only its
	// Cursor (empty if the call had none), Others, Listening and CursorIgnored are
	// set.
	Waited
}

// Page is a part of a room's history.
type Page struct {
	Messages []Message // oldest first
	HasMore  bool      // in the direction asked for
}

// Info is the result of RoomInfo.
type Info struct {
	Room     Room
	Earlier  int64 // how many events the caller may see
	Requests []OpenRequest
	Now      time.Time
}

// OpenRequest is a request without an answer.
type OpenRequest struct {
	Seq  int64
	From string
	To   []string // who may answer it; empty means everybody
}

// Listed is a public room in a list.
type Listed struct {
	Name              string
	Description       string // the first 200 characters
	Type              room.Type
	Agents            int
	Capacity          int
	PasswordProtected bool
}

// Listing is a part of the list of public rooms. NextPage is empty at the end.
type Listing struct {
	Rooms    []Listed
	NextPage string
}

// LeaveStatus is the result of LeaveRoom.
type LeaveStatus string

// The results of LeaveRoom.
const (
	StatusLeft        LeaveStatus = "left"
	StatusAlreadyLeft LeaveStatus = "already_left"
)

// Updated is the result of UpdateRoom.
type Updated struct {
	Status  UpdateStatus
	Changes []string // the names of the settings that changed
	Room    Room     // as it is now
}

// UpdateStatus says what UpdateRoom did.
type UpdateStatus string

// The results of UpdateRoom.
const (
	StatusUpdated   UpdateStatus = "updated"
	StatusUnchanged UpdateStatus = "unchanged" // there was nothing to change
	StatusClosed    UpdateStatus = "closed"
)

// Managed is the result of ManageAgent.
type Managed struct {
	Status ManageStatus
	Name   string // of the agent, as the room shows it
}

// ManageStatus says what ManageAgent did.
type ManageStatus string

// The results of ManageAgent.
const (
	StatusPromoted ManageStatus = "promoted"
	StatusDemoted  ManageStatus = "demoted"
	StatusMuted    ManageStatus = "muted"
	StatusUnmuted  ManageStatus = "unmuted"
	StatusKicked   ManageStatus = "kicked"
	StatusBanned   ManageStatus = "banned"
	StatusUnbanned ManageStatus = "unbanned"
	StatusNoChange ManageStatus = "unchanged" // there was nothing to change
)
