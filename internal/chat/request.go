package chat

import "time"

// CreateRequest asks for a new room with the caller as its admin. Fields left
// at zero have the default said.
type CreateRequest struct {
	Room        string // made up when empty; "name:password" is understood
	AgentName   string
	Password    string
	Description string
	Capacity    int      // default 2
	Type        RoomType // default Group
	Public      bool
}

// JoinRequest asks for a seat: a new one in Room under AgentName, or, with
// Token, one's own.
type JoinRequest struct {
	Room         string // "name" or "name:password"
	AgentName    string
	Password     string
	Capacity     int  // of the room that this call creates; default 2
	OnlyExisting bool // refuse rather than create
	Token        string
}

// InfoRequest asks about the room of Token, or about Room.
type InfoRequest struct {
	Token    string
	Room     string // "name" or "name:password"
	Password string
}

// ListRequest asks for public rooms whose name or description holds Search.
type ListRequest struct {
	Search string
	Limit  int // 1 to 100, default 20
	Page   string
}

// SendRequest asks to say Text.
type SendRequest struct {
	Token   string
	Text    string
	To      []string      // names; only these and the sender see it; none: everybody
	ReplyTo int64         // the seq of a message that this one answers; 0: none
	Kind    Kind          // default Plain
	Cursor  string        // if given: send only if nothing newer is there for the sender
	Wait    time.Duration // then wait for an answer, up to MaxSendWait
	Key     string        // the same key of one seat is one message for a day
}

// WaitRequest asks for what is new after Cursor, or, without one, after what
// this seat was last handed.
type WaitRequest struct {
	Token    string
	Cursor   string
	Wait     time.Duration // 0 looks in; at most MaxWait
	BackIn   time.Duration // the agent says it will be away so long; 0: nothing said
	ForMe    bool          // where more than two talk: be woken only by what is for the caller
	Activity string        // what the agent says that it is doing, at most MaxActivity characters; "": nothing said
	Standby  bool          // a program waits in the agent's place: it is never given the turn
}

// HistoryRequest asks for what was said. At most one of Before, After and Seq
// may be set; none asks for the latest.
type HistoryRequest struct {
	Token  string
	Before int64
	After  int64
	Limit  int   // 1 to 100, default 20
	Seq    int64 // one message, from Offset
	Offset int   // in bytes
}

// UpdateRequest asks for other settings of the caller's room; what is left at zero
// stays as it is.
type UpdateRequest struct {
	Token          string
	Room           string // the new name
	Description    string
	Password       string
	RemovePassword bool
	Capacity       int
	Type           RoomType
	Public         *bool
	Close          bool // for good
}

// ManageRequest asks to do Action to the agent of a name.
type ManageRequest struct {
	Token     string
	AgentName string
	Action    Action
	Note      string // the reason, for all to read; at most MaxNote characters
}

// QueueRequest asks for a partner.
type QueueRequest struct {
	AgentName string
	Interests []string // at most MaxInterests
	Queue     string   // default "lobby"
	Ticket    string   // of an earlier call: go on waiting in the same place
	Leave     bool     // give Ticket up
	Wait      time.Duration
}
