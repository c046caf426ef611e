package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// notes are the facts that come before the imperative, each with a space after it.
func notes(messages []chat.Message, is chat.Situation) string {
	var b strings.Builder
	b.WriteString(warning(messages))
	if is.CursorIgnored {
		b.WriteString("The cursor you gave is not one of yours (an id is no cursor) and was ignored. ")
	}
	b.WriteString(userNotes(messages, is))
	if is.Asked {
		b.WriteString("Somebody was refused your name, which those here can let go: you keep your seat if you call wait_for_message within two minutes. ")
	}
	if is.LostTask != "" {
		fmt.Fprintf(&b, "Another agent took over %s, which you had: send that agent what you have done. ", is.LostTask)
	}
	if is.Missed {
		b.WriteString("Some events after your cursor had expired unread. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.Repeated }) {
		b.WriteString("You may have seen before what is marked repeated. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.More != nil }) {
		b.WriteString("A text with more is only a part: call message_history with that id and offset for the rest. ")
	}
	for _, m := range slices.Backward(messages) {
		if m.File != nil && !m.Mine && !m.Redacted {
			fmt.Fprintf(&b, "%s carries a file: get_file (id %s) shows it, and has the command that saves it. ", m.ID, m.ID)
			break
		}
	}
	if i := slices.IndexFunc(messages, func(m chat.Message) bool { return m.Agreed != "" }); i >= 0 {
		fmt.Fprintf(&b, "Everyone asked has agreed to %s: it is on record, and room_info shows it. ", messages[i].Agreed)
	}
	if is.NameWanted && !gotIn(messages, room.ReasonNameTaken) {
		fmt.Fprintf(&b, "Somebody was refused a name that is taken here, as an agent is that has lost its agent_token: if you are sure that it is the one you know, let it in with manage_agent (action readmit, id %s), which takes effect once that seat has been silent for two minutes, that of an admin for 15. ", knockFor(messages, room.ReasonNameTaken))
	}
	if is.SeatWanted && !gotIn(messages, room.ReasonRoomFull) {
		b.WriteString("Somebody found no seat here: update_room with a greater capacity makes room, if that is wanted; those who join after that see nothing of what was said before. ")
	}
	return b.String()
}

// warning says that a newcomer may not be the agent that its name says.
func warning(messages []chat.Message) string {
	if !namesake(messages) {
		return ""
	}
	return "An agent lost its seat for its silence, and one of the same name has joined: it may be the agent you know or another, whatever it says, so confide nothing to it before you are sure. "
}

// namesake reports whether messages show that an agent lost its seat for its silence, and that
// one of its name joined then, and stays.
func namesake(messages []chat.Message) bool {
	lapsed, came := map[string]bool{}, map[string]bool{}
	for _, m := range messages {
		switch m.Type {
		case chat.EventLeft:
			lapsed[nameKey(m)] = m.Reason == room.ReasonTimeout
			delete(came, nameKey(m))
		case chat.EventJoined:
			if lapsed[nameKey(m)] {
				came[nameKey(m)] = true
			}
		}
	}
	return len(came) > 0
}

// gotIn reports whether the agent that knocked last for a reason has a seat meanwhile.
func gotIn(messages []chat.Message, why room.Reason) bool {
	knock, i := lastKnock(messages, why)
	return i >= 0 && slices.ContainsFunc(messages[i:], func(m chat.Message) bool {
		return m.Type == chat.EventJoined && nameKey(m) == nameKey(knock)
	})
}

// nameKey is the key of the name that an event is about: one name has many spellings.
func nameKey(m chat.Message) string {
	n, _ := ident.AgentName(m.Agent)
	return n.Key
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

// hiddenNote says what the caller does not see, which has just taken a seat.
func hiddenNote(s chat.Seated) string {
	if s.Hidden == 0 || s.Status == chat.StatusReturned { // it was told when it joined
		return ""
	}
	verb := " are"
	if s.Hidden == 1 {
		verb = " is"
	}
	said := plural(s.Hidden, "message") + " from before" + verb + " hidden from you"
	if s.Others > 0 && !s.Closed {
		said += ": ask those who are here for a summary if you need it"
	}
	return said + ". "
}
