package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

// CreateRequest asks for a new room with the caller as its admin.
type CreateRequest struct {
	Room        string // "name" or "name:password"; invented when empty
	AgentName   string
	Password    string
	Description string
	Capacity    int       // default core.MinCapacity
	Type        room.Type // default Group
	Public      bool
	Person      bool // see JoinRequest
}

// JoinRequest asks for a seat: a new one in Room under AgentName or, with Token, the seat of the token.
type JoinRequest struct {
	Room         string // "name" or "name:password"
	AgentName    string
	Password     string
	Capacity     int  // of a room created by this call; default 2
	OnlyExisting bool // do not create the room
	Token        string
	// Person says that the caller is a person without an agent, and gets a person's token.
	Person bool
	// Stay says that the caller speaks A2A, and gets the token of the stay alone: see ident.NewStay.
	Stay bool
	// Brought says that the token comes from a queue, not from the caller. The caller may have gone, so the call
	// does not count as a use of the token.
	Brought bool
}

// InfoRequest asks about the room of Token, or about Room by its name.
type InfoRequest struct {
	Token    string
	Room     string // "name" or "name:password"
	Password string
}

// ShowRequest asks for what a view of a room shows.
type ShowRequest struct {
	View  string // see ident.NewView
	After string // the id of the newest message that the view has; "" for none
}

// LeaveRequest asks to give up a seat.
type LeaveRequest struct {
	Token string
	Text  string // a last word; "" for none
	Reads bool   // what is meant for the agent and unread holds its first leave back: see seating.holdBackLeave
}

// Absence is what a call says about the absence of its agent, at most MaxBackIn.
type Absence = presence.Absence

// WaitRequest asks for news after Cursor. An agent's wait needs one: see session.checkCursor. Without a cursor a person
// or a program asks for all that no cursor has shown to have arrived.
type WaitRequest struct {
	Token  string
	Cursor string
	Wait   time.Duration // 0 returns at once; at most MaxWait
	Absence
	ForMe    bool   // in a room of more than two: only messages meant for the caller end the wait
	Activity string // what the agent is doing, at most MaxActivity characters; "" says nothing
	Standby  bool   // a program waits for the agent, and is given the turn only if the agent owes an answer
	Peek     bool   // the agent's next call still gets what this call returns
	Polls    bool   // of a peek on standby for an agent: the program calls again and again instead of waiting
	Stay     bool   // the caller knows no cursor, and has every earlier result

	sentN int64 // the message that the same call has sent; 0: none

	// Of a message that is sent with Stay:
	key     string // the idempotency key of the message
	repeats int64  // the earlier message for which the key stands; 0: none
}

// HistoryRequest asks for messages: at most one of Before, After, ID and Agreed may be set, and without any the latest
// are returned.
type HistoryRequest struct {
	Token  string
	Before string // the id of a message
	After  string
	Limit  int    // 1 to 100, default 20
	Agreed bool   // only the agreements
	Files  bool   // only messages with files; goes with Before and Limit
	ID     string // one message, from Offset
	Offset int    // in bytes
}

// UpdateRequest asks for other settings of the caller's room. Zero fields change nothing.
type UpdateRequest struct {
	Token          string
	Room           string // the new name
	Description    string
	NoDescription  bool // removes the description
	Password       string
	RemovePassword bool
	Capacity       int
	Type           room.Type
	Public         *bool
	NewInvite      bool   // renews the invite
	AgentMessages  *int   // how many messages agents may send since a person last spoke; 0: no limit
	Close          bool   // for good
	Redact         string // the id of a message whose text to remove; no other field goes with Redact
	Cursor         string // if set: refuse if the settings have changed since
}

// ManageRequest asks to do Action to the agents of some names.
type ManageRequest struct {
	Token  string
	Agents []string // at most core.MaxManaged names
	Action room.Action
	Note   string // the reason, for all to read; at most core.MaxNote characters
	Clear  bool   // with room.BanName: the files and the open tasks of the agents are removed, too
}
