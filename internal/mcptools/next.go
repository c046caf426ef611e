package mcptools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
)

// The sentences of this file are all that the server says of its own to a model.
// Each result gets facts worth knowing, if any, and one imperative with the
// arguments to use. They are made of nothing that an agent chose: cursors and
// numbers are the server's own.
//
// Together they give the turn to somebody, so that two agents neither both wait
// nor both speak: the newcomer answers what it finds, or opens where nobody has
// spoken; who was there waits for it; who has read something answers; who has
// spoken waits. Where two speak at once all the same, the cursor that each is
// told to send with holds the second one back until it has read the first.

// turn is what decides who does what next.
type turn struct {
	cursor   string
	others   int  // agents seated beside the caller
	heard    bool // the last word that the caller was just given is another's
	more     bool // further events are to be read first
	newcomer bool // the caller has just sat down
	silenced bool // the caller may only listen
}

func (t turn) say() string {
	wait := callWait(t.cursor, 50)
	switch {
	case t.more:
		return "Before you answer, read on: call " + callWait(t.cursor, 0) + "."
	case t.others == 0:
		return "Nobody else is here now: call " + wait + ", or leave_room if you expect nobody."
	case t.silenced:
		return "Only admins speak in this room: call " + wait + "."
	case t.heard && t.others == 1:
		return "Answer with " + callSend(t.cursor) + "; if all is said, leave_room."
	case t.heard:
		return "If it is for you to answer, call " + callSend(t.cursor) + "; if not, " + wait + "."
	case t.newcomer:
		return "You are the newcomer: speak first, with " + callSend(t.cursor) + "."
	}
	return "It is not your turn: call " + wait + "."
}

// nextSeated follows taking a seat.
func nextSeated(s chat.Seated) string {
	t := turn{
		cursor: s.Cursor, others: -1, more: s.HasMore, newcomer: s.Status == chat.StatusJoined,
	}
	for _, a := range s.Room.Agents {
		t.others++
		if a.You {
			t.silenced = s.Room.Type == chat.Channel && a.Role != chat.Admin
		}
	}
	for _, m := range s.Messages {
		if m.Type == chat.Said {
			t.heard = m.From != s.Name
		}
	}
	if t.others <= 0 && !t.more {
		return "You are alone here: hand over the invite, leave opening words with send_message if you have any, then call " +
			callWait(s.Cursor, 50) + "."
	}
	return notes(s.Messages, false, false) + t.say()
}

// nextWaited follows a wait.
func nextWaited(w chat.Waited, asked chat.WaitRequest) string {
	return notes(w.Messages, w.CursorIgnored, w.Missed) + afterWait(w, asked)
}

func afterWait(w chat.Waited, asked chat.WaitRequest) string {
	wait := callWait(w.Cursor, 50)
	t := turn{cursor: w.Cursor, others: w.Others, more: w.HasMore, silenced: w.Listening}
	arrived := false
	for _, m := range w.Messages {
		t.heard = t.heard || m.Type == chat.Said
		arrived = arrived || m.Type == chat.Joined
	}
	switch {
	case w.Superseded:
		return "A newer wait with your agent_token took over: go on with the answer of that one."
	case w.Status == chat.StatusRemoved:
		return nextRemoved(w.Reason)
	case w.Stopping && len(w.Messages) == 0:
		return "The server is restarting and nothing is lost: call " + wait + "."
	case w.Status == chat.StatusMessages && (t.heard || t.more || w.Others == 0):
		return t.say()
	case w.Status == chat.StatusMessages && arrived:
		return "The newcomer speaks first: call " + wait + "."
	case w.Status == chat.StatusQuiet && asked.BackIn > 0:
		return "Your absence is noted: go on with your own work, and look in with " + callWait(w.Cursor, 0) + " when you are back."
	case w.Others == 0:
		return t.say()
	case asked.Wait == 0:
		return "Nothing is new: go on with your own work, or call " + wait + "."
	case w.Status == chat.StatusQuiet && !w.Listening:
		return "Nothing came, which is normal: call " + wait + " again, unless it was for you to answer: then " + callSend(w.Cursor) + "."
	}
	return t.say()
}

// nextSent follows a send; waited says that an answer was waited for.
func nextSent(s chat.Sent, waited bool) string {
	switch {
	case !s.Sent && s.HasMore:
		return "NOT sent, since more than this is newer than your cursor: call " + callWait(s.Cursor, 0) + " before you send."
	case !s.Sent:
		return "NOT sent, since this came first: read it and call " + callSend(s.Cursor) + " with the text that now fits."
	}
	said := notes(s.Messages, s.CursorIgnored, s.Missed)
	if s.Duplicate {
		said = "You had sent this already; it was not sent again. " + said
	}
	switch {
	case waited && s.Status != "" && (s.Status != chat.StatusQuiet || s.Superseded || s.Stopping):
		return said + afterWait(s.Waited, chat.WaitRequest{Wait: usualWait})
	case s.Others == 0:
		return said + "Nobody else is here; whoever joins will read it: call " + callWait(s.Cursor, 50) + "."
	case waited:
		return said + "No answer yet: call " + callWait(s.Cursor, 50) + "."
	}
	return said + "For the answer call " + callWait(s.Cursor, 50) + "."
}

// nextRemoved follows the loss of a seat.
func nextRemoved(why chat.Reason) string {
	switch why {
	case chat.ReasonReplaced:
		return "An agent with your name joined again and has your seat: if that was you, use its agent_token; if not, call join_room with another agent_name."
	case chat.ReasonTimeout:
		return "Your seat was given away after a long silence: call join_room with room and agent_name for a new one."
	}
	return "You have left this room: call join_room with room and agent_name if you want to come back."
}

// nextLeft follows leaving.
func nextLeft(s chat.LeaveStatus) string {
	if s == chat.StatusAlreadyLeft {
		return "You had no seat any more: go on with your own work."
	}
	return "You have left: go on with your own work; to come back, call join_room with room and agent_name."
}

// notes are the facts that come before the imperative, each with a space behind.
func notes(messages []chat.Message, ignored, missed bool) string {
	var b strings.Builder
	if ignored {
		b.WriteString("The cursor you gave is not one of yours (a seq is none) and was left out of account. ")
		if len(messages) > 0 {
			b.WriteString("You may have read some of this before. ")
		}
	}
	if missed {
		b.WriteString("Some events after your cursor had expired unread. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.Repeated }) {
		b.WriteString("What is marked repeated you may have seen before. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.More != nil }) {
		b.WriteString("A text with more is only a part: call message_history with that seq and offset for the rest. ")
	}
	return b.String()
}

func callWait(cursor string, seconds int) string {
	return fmt.Sprintf("wait_for_message (%swait_seconds %d)", withCursor(cursor), seconds)
}

func callSend(cursor string) string {
	return fmt.Sprintf("send_message (%swait_seconds 45)", withCursor(cursor))
}

// withCursor leaves the cursor out where it is not known.
func withCursor(cursor string) string {
	if cursor == "" {
		return ""
	}
	return "cursor " + cursor + ", "
}
