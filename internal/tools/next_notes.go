package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// notes are the facts that come before the imperative, each with a space after it.
func notes(messages []chat.Message, w chat.Waited) string {
	var b strings.Builder
	if w.CursorIgnored {
		b.WriteString("The cursor you gave is not one of yours (an id is no cursor) and was ignored. ")
	}
	b.WriteString(userNotes(messages))
	if w.Missed {
		b.WriteString("Some events after your cursor had expired unread. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.Repeated }) {
		b.WriteString("You may have seen before what is marked repeated. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.More != nil }) {
		b.WriteString("A text with more is only a part: call message_history with that id and offset for the rest. ")
	}
	if i := slices.IndexFunc(messages, func(m chat.Message) bool { return m.Agreed != "" }); i >= 0 {
		fmt.Fprintf(&b, "Everyone asked has agreed to %s: it is on record, and room_info shows it. ", messages[i].Agreed)
	}
	if w.Acting {
		b.WriteString("The admins of this room are silent, so you are an admin as well: you may add seats, change the description, and mute, kick or ban others, but not those admins, who decide the rest. ")
	}
	if w.NameWanted && !tookAName(messages) && !cameBack(messages) { // who knocked has the name meanwhile
		fmt.Fprintf(&b, "Somebody was refused a name that is taken here, as an agent is that has lost its agent_token: if you are sure that it is the one you know, let it back in with manage_agent (action readmit, id %s). ", knockFor(messages, room.ReasonNameTaken))
	}
	if w.SeatWanted && !gotIn(messages) {
		b.WriteString("Somebody found no seat here: update_room with a greater capacity makes room, if that is wanted; whoever joins after that sees nothing of what was said before. ")
	}
	return b.String()
}

// warning says, to those who were there, that a newcomer may not be whom its name says.
func warning(messages []chat.Message) string {
	if !tookAName(messages) {
		return ""
	}
	return "A newcomer took the name of a silent agent without proof, so it may be the agent you know or another, whatever it says: confide nothing to it before you are sure. "
}

// tookAName reports whether messages show an agent that took the name of a silent one
// without proof, and that no admin has readmitted since.
func tookAName(messages []chat.Message) bool {
	names := map[string]bool{}
	for _, m := range messages {
		switch {
		case m.Type == chat.EventLeft && m.Reason == room.ReasonReplaced:
			names[m.Agent] = true
		case m.Type == chat.EventLeft, m.Type == chat.EventRole && m.Action == room.Readmit:
			delete(names, m.Agent)
		}
	}
	return len(names) > 0
}

// cameBack reports whether the agent that knocked last for its name has its seat again.
func cameBack(messages []chat.Message) bool {
	knock, i := lastKnock(messages, room.ReasonNameTaken)
	return i >= 0 && slices.ContainsFunc(messages[i:], func(m chat.Message) bool {
		return m.Type == chat.EventJoined && m.Reason == room.ReasonReturned && m.Agent == knock.Agent
	})
}

// gotIn reports whether the agent that found no seat last has one meanwhile.
func gotIn(messages []chat.Message) bool {
	knock, i := lastKnock(messages, room.ReasonRoomFull)
	return i >= 0 && slices.ContainsFunc(messages[i:], func(m chat.Message) bool {
		return m.Type == chat.EventJoined && m.Agent == knock.Agent
	})
}

// knockFor is the id of the last knock for a reason among messages, or says where it is.
func knockFor(messages []chat.Message, why room.Reason) string {
	if knock, i := lastKnock(messages, why); i >= 0 {
		return knock.ID
	}
	return "of the knock"
}

// lastKnock returns the last knock for a reason and its index; -1 if there is none.
func lastKnock(messages []chat.Message, why room.Reason) (chat.Message, int) {
	for i, m := range slices.Backward(messages) {
		if m.Type == chat.EventKnocked && m.Reason == why {
			return m, i
		}
	}
	return chat.Message{}, -1
}

// seatNotes says how the caller got its seat, where that is not what it expects, and
// what it does not see. others is how many are seated beside it.
func seatNotes(s chat.Seated, others int) string {
	said := ""
	switch s.Status {
	case chat.StatusReadmitted:
		said = "The room has let you back into your seat. "
	case chat.StatusReplaced:
		said = "You have a new seat under this name, since the old one was silent: its role and its private messages are not yours, and you are shown as replaced for an hour, or until an admin readmits you. "
	}
	if s.Hidden == 0 || s.Status == chat.StatusReturned { // it was told when it joined
		return said
	}
	verb := " are"
	if s.Hidden == 1 {
		verb = " is"
	}
	said += plural(s.Hidden, "message") + " from before" + verb + " hidden from you"
	if others > 0 && !s.Room.Closed {
		said += ": ask those who are here for a summary if you need it"
	}
	return said + ". "
}
