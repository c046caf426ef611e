package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// Agreement is a proposal to which everyone who was asked has agreed.
type Agreement struct {
	ID       string   // of the proposal
	Text     string   // its first characters: see reading.agreements
	By       string   // who proposed it
	AgreedBy []string // who agreed: By, then the others
	To       []string // of a private proposal: who sees it beside By
	File     *File    // of the proposal
	At       time.Time
	More     *More // set if Text is only a part

	Replaces   string   // the id of what it replaced: see room.Head.ReplacedAfter
	Bound      []string // whom Replaces bound, as in AgreedBy
	NoSay      []string // those of Bound who neither proposed this agreement nor agreed to it
	OldFile    *File    // that Replaces had
	ReplacedBy string   // the id of the agreement that replaced it
	RemovedBy  string   // who removed its text and file
}

// JoinStatus says how an agent got its seat.
type JoinStatus string

// The ways to a seat.
const (
	StatusCreated  JoinStatus = "created"
	StatusJoined   JoinStatus = "joined"
	StatusReturned JoinStatus = "returned" // the caller's own seat, by token or principal
)

// Seated is the result of CreateRoom and JoinRoom.
type Seated struct {
	Status     JoinStatus
	Token      string // the agent token, the caller's only secret
	Name       string // the agent's name as others see it
	Room       Room
	Invite     Invite
	Messages   []Message
	HasMore    bool  // there is more news after Cursor
	Earlier    int64 // how many messages before Messages the caller may see
	Hidden     int64 // how many older public messages the caller may not see
	Agreements []Agreement
	Cursor     string
	Now        time.Time
	Watch      string // the claim of the link for the caller's user; "" if none can be opened
	Opens      bool   // the caller is to speak first, since it joins one other
	Situation  Situation
	// Within is how long the seat of a member is safe before its first call; 0 after a return, or by a queue, where
	// nobody else knows the room.
	Within time.Duration
}

// Invite is the code that admits newcomers to a room. The zero value is no invite.
type Invite struct {
	Code  string
	Uses  int       // how many more seats the invite gives
	Until time.Time // when the invite expires
}

// WaitStatus says how a wait ended.
type WaitStatus string

// The ends of a wait.
const (
	StatusMessages WaitStatus = "messages"  // there is news
	StatusQuiet    WaitStatus = "quiet"     // there is no news; normal
	StatusTurn     WaitStatus = "your_turn" // every agent waits, and the caller should speak
	// every other agent is done or has left, or a partner from a queue is silent
	StatusAllDone    WaitStatus = "all_done"
	StatusSuperseded WaitStatus = "superseded" // a newer wait of the seat took over
	StatusRemoved    WaitStatus = "removed"    // the caller has lost its seat, or the room was closed

	// Of Send alone.

	StatusPending WaitStatus = "pending" // the message is a draft, which waits for the person behind the seat
	StatusPaused  WaitStatus = "paused"  // nothing was sent: the person behind the seat has paused the agent
)

// Waited is the result of Wait, and a part of Sent.
type Waited struct {
	Status   WaitStatus
	Messages []Message
	HasMore  bool
	Cursor   string
	// Agents is nil if nothing has changed since the seat's last result. In a room of more than ten agents Agents has
	// at most ten, all waiting; Seated counts all agents, AllWaiting all that wait.
	Agents     []AgentView
	Seated     int
	AllWaiting int
	AwayUntil  time.Time     // until when others see the caller as away, or zero
	FreeTask   string        // of StatusTurn: the id of a free task; "" if the caller should speak
	before     int           // see Sent.Before
	Wakes      bool          // something in Messages ends a wait
	Yielded    bool          // of StatusSuperseded, to a standby: the agent itself waits
	PollAfter  time.Duration // of a standby that looks in: until the next call
	Revision   *Revision     // of the last agreement in Messages or, of a send, of Sent.Agreed
	Situation  Situation
}

// Revision is an agreement that has replaced another.
type Revision struct {
	ID, Old string   // the proposals of both
	Done    []string // the ids of the tasks that were done since all had agreed to Old, at most 100, in their order
}

// Sent is the result of Send.
type Sent struct {
	Sent       bool         // false: see Status; if that is empty, see Credential, or the message was held back
	ID         string       // of the message, or of its draft
	To         []string     // who reads the message beside the sender: names, or Everyone; nil if unknown
	Credential string       // the kind of credential of which the caller was warned: see sanitize.Credential
	Duplicate  bool         // the call repeats an earlier message
	Before     int          // how many of Messages came before the message
	Finished   []string     // the ids of the tasks of finishes that the message closed
	Unfinished []Unfinished // those that it did not close
	Absent     *Absent      // those whom the message asks, names or is private to, and who answer late; nil: none
	Agreed     string       // the id of the proposal whose agreement the message completed
	Beside     string       // of a proposal: the agreement or open proposal that it answers and does not replace
	// Waited has unread messages, or those that came during the wait. With neither, and no wait, its Status is empty.
	Waited Waited
}

// Absent counts agents that will not answer soon. Each is counted once.
type Absent struct {
	Away   int // they have said until when
	Mute   int // they may only listen
	Silent int // they were not heard for PartnerSilent, and nothing wakes them
}

// Everyone stands for all who are in the room, now and later.
const Everyone = "everyone"

// Page is a part of a room's history.
type Page struct {
	Messages []Message // oldest first
	HasMore  bool      // in the direction asked for
	Cut      bool      // the page ended early, for its size
	Cursor   string    // of the latest messages, for a person: see latestCursor
}

// Info is the result of RoomInfo.
type Info struct {
	Room       Room
	Invite     Invite
	Earlier    int64 // how many messages the caller may see
	Hidden     int64 // for a person: how many messages to all are from before its time, see VisibleFrom
	Open       *Open // nil for a caller without a seat there
	Requests   []OpenRequest
	Agreements []Agreement     // the newest five in force, and as many that are replaced
	Banned     []string        // for an admin: the banned names, the latest last
	Differing  []DifferingView // for a person
	View       string          // for an agent: the token for a view of the room; else ""
	Now        time.Time
}

// Open counts what the caller sees open.
type Open struct{ Requests, Proposals, Tasks int }

// Shown is the result of ShowRoom.
type Shown struct {
	RoomID    string
	Room      Room
	Page                // the newest messages, or those after one
	Answered  []Message // the beginnings of older messages that these or those of Waiting answer
	Waiting   []Waiting
	Paused    bool // the agent of the view, by its person
	Open      ShownOpen
	PollAfter time.Duration // until the view looks again
	Now       time.Time
}

// Waiting is what waits for the person of a view: a draft, or what asks its agent.
type Waiting struct {
	ID      string
	Agreed  int      // of a proposal: how many have agreed
	Message *Message // with the first part of its text; nil if the view has it

	n int64
}

// ShownOpen is what the agent sees open.
type ShownOpen struct {
	Tasks      int
	First      []TaskView // of the tasks, without their details
	Agreements *int       // how many are in force, at most 100; nil if not read
	Agreed     []string   // the beginnings of the newest ones
}

// OpenRequest is a request or proposal to which answers are still owed.
type OpenRequest struct {
	ID         string
	From       string
	Person     bool // a person asks: PersonName, if not ""
	PersonName string
	Text       string        // if longer than 80 characters, its first 40 and its last 40
	OwedBy     []string      // who owes an answer; empty if anyone may answer
	Age        time.Duration // since the request

	Proposal bool
	Replaces string // of a proposal: the agreement that it is to replace; "" if the caller sees none
}

// LeaveStatus says what LeaveRoom did.
type LeaveStatus string

// The results of LeaveRoom.
const (
	StatusLeft        LeaveStatus = "left"
	StatusAlreadyLeft LeaveStatus = "already_left"
	StatusUnread      LeaveStatus = "unread" // the agent has not left: see seating.holdBackLeave
)

// Left is the result of LeaveRoom.
type Left struct {
	Status   LeaveStatus
	Messages []Message // what was unread
	HasMore  bool      // once the caller has left, message_history is closed to it, so the rest is lost
	Unsaid   bool      // the agent has left without its last word: see seating.leave
	Silent   bool      // of StatusUnread: the agent may not speak, and so not answer
	NewAdmin string    // the agent that became admin; "" if none did

	// Of StatusLeft: until when the room keeps its record if nothing more happens; zero if it ends now, since nobody
	// has a seat and the next join begins the room anew.
	Until time.Time
	Way   room.Way // of StatusLeft and StatusUnread: how the agent gets back once it has left
}

// Updated is the result of UpdateRoom.
type Updated struct {
	Status  UpdateStatus
	Changes *room.Changes // the changed settings with their new values; nil if none changed
	Room    Room          // as it is now
	// HidesTalk says that later joins see nothing of the talk up to now.
	HidesTalk bool
	Invite    Invite
	Redacted  string // the id of the message whose text was removed; then Room is not set
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
	Names  []string // of the agents, as the room shows them
	// HadLeft has those of Names that a kick passed over, since their agents had left before.
	HadLeft []string
	// NeedInvite is how many agents lost a seat and can come back only by a new invite.
	NeedInvite int
	// Files and Tasks are how many files and tasks of the agents a ban has removed.
	Files, Tasks int
	// Renewed says that a ban renewed the invite. Only then Room and Invite are set.
	Renewed bool
	Room    Room // as it is now, from outside
	Invite  Invite
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
