package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// CreateRequest asks for a new room with the caller as its admin.
type CreateRequest struct {
	Room        string // "name" or "name:password"; invented when empty
	AgentName   string
	Password    string
	Description string
	Capacity    int       // default room.MinCapacity
	Type        room.Type // default Group
	Public      bool
}

// JoinRequest asks for a seat: a new one in Room under AgentName, or, with
// Token, one's own.
type JoinRequest struct {
	Room         string // "name" or "name:password"
	AgentName    string
	Password     string
	Capacity     int  // of the room that this call creates; default 2
	OnlyExisting bool // do not create the room
	Token        string
}

// InfoRequest asks about the room of Token, or about Room by its name.
type InfoRequest struct {
	Token    string
	Room     string // "name" or "name:password"
	Password string
}

// ListRequest asks for public rooms whose name or description contains Search.
type ListRequest struct {
	Search string
	Limit  int // 1 to 100, default 20
	Page   string
}

// SendRequest asks to say Text.
type SendRequest struct {
	Token   string
	Text    string
	To      []string      // names; only they and the sender see it; empty means everybody
	ReplyTo int64         // the seq of the message that it answers, if any
	Kind    room.Kind     // default Plain
	Cursor  string        // if given: send only if there is no news for the sender
	Wait    time.Duration // then wait for an answer, up to MaxSendWait
	Key     string        // calls of one seat with the same key are one message, for a day
}

// WaitRequest asks for what is new after Cursor or, without one, after what the seat
// was last handed.
type WaitRequest struct {
	Token    string
	Cursor   string
	Wait     time.Duration // 0 looks in; at most MaxWait
	BackIn   time.Duration // the agent will be away for so long; 0 says nothing
	ForMe    bool          // where more than two talk: only messages meant for the caller wake it
	Activity string        // what the agent is doing, at most MaxActivity characters; "" says nothing
	Standby  bool          // a program waits for the agent: it is never given the turn
}

// HistoryRequest asks for what was said. At most one of Before, After and Seq may be
// set; with none it asks for the latest.
type HistoryRequest struct {
	Token  string
	Before int64
	After  int64
	Limit  int   // 1 to 100, default 20
	Seq    int64 // one message, from Offset
	Offset int   // in bytes
}

// UpdateRequest asks for other settings of the caller's room. Zero fields stay as
// they are.
type UpdateRequest struct {
	Token          string
	Room           string // the new name
	Description    string
	Password       string
	RemovePassword bool
	Capacity       int
	Type           room.Type
	Public         *bool
	Close          bool // for good
}

// ManageRequest asks to do Action to the agent of a name.
type ManageRequest struct {
	Token     string
	AgentName string
	Action    room.Action
	Note      string // the reason, for all to read; at most room.MaxNote characters
}
