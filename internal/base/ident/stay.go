package ident

import (
	"fmt"
	"strings"
)

// A stay stands for a seat in A2A, whose clients give back the ids that a server has made. The context of a client, and
// its one task, are the stay of its agent in a room. The ids are made from the key of the room's log, as links are, so
// nothing is stored. Both ids have the same 36 characters behind their prefix: 7 of the room's id, 5 of the seat, 6 of
// the event with which the agent joined, 16 of a secret, and 2 check characters over all.
const (
	contextPrefix = "context-"
	taskPrefix    = "task-"
	joinedChars   = 6
	stayChars     = RoomChars + seatChars + joinedChars + SecretChars + CheckChars
)

// NewStay returns the token of the stay of the agent that joined with event joined, in 1..[MaxMessage], in the room
// whose log has the key. String returns the id of the context.
func NewStay(logKey, room string, seat int, joined int64) Token {
	return Token{Room: room, Seat: seat, Joined: joined,
		Secret: derive(logKey, fmt.Sprintf("stay/%s/%d/%d", room, seat, joined))}
}

// IsStay reports whether t stands for a stay.
func (t Token) IsStay() bool { return t.Joined != 0 }

// stayBefore names the id or the view token in run, with before, the text before run; "" if there is none.
func stayBefore(before, run string) string {
	before, run = strings.ToLower(before), strings.ToLower(run)
	named := strings.HasSuffix(before, contextPrefix) || strings.HasSuffix(before, taskPrefix)
	switch {
	case named && checked("", run, stayChars):
		return "the id of a context or a task"
	case strings.HasSuffix(before, viewPrefix) && checked(viewPrefix, run, stayChars):
		return "a token that looks at a room"
	}
	return ""
}

// TaskID returns the id of the task of a stay.
func (t Token) TaskID() string { return taskPrefix + t.stay() }

func (t Token) stay() string { return t.stayOver("") }

// stayOver writes the parts of a stay, with check characters over a prefix and the parts.
func (t Token) stayOver(prefix string) string {
	body := t.Room + Digits(uint64(t.Seat), seatChars) + Digits(uint64(t.Joined), joinedChars) + t.Secret
	return body + Check(prefix+body)
}

// ParseTaskID parses the output of TaskID. ok is false if s does not have the form of a task id. [NewStay] tells
// whether the room has given the seat to such a stay.
func ParseTaskID(s string) (t Token, ok bool) { return parseStay(taskPrefix, "", s) }

// ParseContextID parses the id of a context, as ParseTaskID does the id of a task.
func ParseContextID(s string) (t Token, ok bool) { return parseStay(contextPrefix, "", s) }

// parseStay parses a prefix and the output of stayOver.
func parseStay(prefix, over, s string) (t Token, ok bool) {
	body, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), prefix)
	if !ok || !checked(over, body, stayChars) {
		return Token{}, false
	}
	t.Room, t.Seat = cut(&body, RoomChars), int(Number(cut(&body, seatChars)))
	t.Joined, t.Secret = int64(Number(cut(&body, joinedChars))), cut(&body, SecretChars)
	return t, t.IsStay()
}
