package tools

import (
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// The sentences of this file are about the person behind the agent. Models know it as their user.

// isPersons reports whether a token is that of the person. Its results have no next: nobody tells
// a person what to do.
func isPersons(token string) bool {
	t, err := ident.ParseToken(token)
	return err == nil && t.Person
}

// watchNote says what the link is for, while it can be opened.
func watchNote(s chat.Seated) string {
	if s.Watch == "" {
		return ""
	}
	return "Give your user the link in watch at once, unchanged: it opens once, lets them watch and speak here, and is not for you or anybody else. "
}

// draftsNote keeps an agent from saying twice what it has said to its user.
func draftsNote(undecided bool) string {
	if !undecided {
		return ""
	}
	return "Your user has yet to decide about a message of yours: do not send that again. "
}

// userNotes are the facts about what the agent's own user has done, each with a space
// after it.
func userNotes(messages []chat.Message, is chat.Situation) string {
	said := ""
	has := func(which func(chat.Message) bool) bool { return slices.ContainsFunc(messages, which) }
	if has(func(m chat.Message) bool { return m.FromUser }) {
		said += "Your user has written to you (from \"" + ownUser + "\"; the others do not see it): do what it says first. "
	}
	if has(func(m chat.Message) bool { return m.Mine && m.Person && !m.FromUser && m.Type == chat.EventSaid }) {
		said += "Your user has spoken here under your name (person true): do not repeat that. "
	}
	for _, why := range []room.Reason{room.ReasonSent, room.ReasonEdited, room.ReasonRefused} {
		which := func(m chat.Message) bool { return m.Type == chat.EventDrafted && m.Reason == why }
		if has(which) {
			said += decided(why, has(func(m chat.Message) bool { return which(m) && m.Note != "" }))
		}
	}
	return said + resumedNote(messages, is)
}

// resumedNote says that the agent may go on, and how much it has to read first.
func resumedNote(messages []chat.Message, is chat.Situation) string {
	last, ok := lastSupervised(messages)
	if !is.Resumed && !(ok && last.Reason == room.ReasonResumed) {
		return ""
	}
	came := int64(is.Behind)
	for _, m := range slices.Backward(messages) {
		if m.Reason == room.ReasonPaused {
			break
		}
		if m.Type == chat.EventSaid && !m.Mine {
			came++
		}
	}
	if came == 0 {
		return "Your user lets you speak again. "
	}
	return "Your user lets you speak again; " + plural(came, "message") + " came while you were paused. "
}

// decided says what became of a draft. noted says that the user gave a reason.
func decided(why room.Reason, noted bool) string {
	switch why {
	case room.ReasonSent:
		return "Your user has let a message of yours be sent. "
	case room.ReasonEdited:
		return "Your user has sent a message of yours in other words, which text shows. "
	}
	if noted {
		return "Your user has refused a message of yours, which nobody saw, and note says why: do not send the same again. "
	}
	return "Your user has refused a message of yours, which nobody saw: do not send the same again. "
}

// lastSupervised returns the last thing that the user did about what the agent may say.
func lastSupervised(messages []chat.Message) (chat.Message, bool) {
	for _, m := range slices.Backward(messages) {
		if m.Type == chat.EventSupervision {
			return m, true
		}
	}
	return chat.Message{}, false
}

// The sentences about a message that was not sent.
const (
	pendingSaid = "NOT sent yet: your user reads your messages first, and decides about this one. "
	pausedSaid  = "NOT sent: your user has paused you. "
)

// heldRules apply to an agent that must say nothing, but may read. After a long silence
// it need not wait for that.
func heldRules() []rule {
	return []rule{
		{func(s situation) bool { return s.Paused && !s.more && s.resting() && !s.background },
			"Your user has paused you, and nothing has been said for a long time: [you may stop waiting, do other work and look in with {look}. " + seatExpires + "|end your turn.]"},
		{func(s situation) bool { return s.Paused && !s.more },
			"Your user has paused you, so nothing that you send is sent: call {wait}[, which tells you when you may go on|]."},
		{func(s situation) bool { return s.Spent && !s.more && !s.resting() },
			"Agents have said as much as they may here until a person speaks: tell your user, and call {wait}."},
	}
}

// boundRules apply to an agent with which nobody talks any more, but which may not leave.
func boundRules() []rule {
	return []rule{
		{func(s situation) bool {
			return s.Bound && !s.more && (s.status == chat.StatusAllDone || s.Paired && s.Others == 0)
		},
			"All others have left or are finished, but your user holds you, so you cannot leave: tell your user, who can leave for you, and call {wait}."},
	}
}

// draftsRules apply to an agent that has heard nothing since it wanted to say something.
// It may be the answer that the agent owes.
func draftsRules() []rule {
	return []rule{
		{func(s situation) bool {
			return s.Undecided && s.status == chat.StatusQuiet && !s.resting() && !s.away()
		},
			"Your user has yet to decide about a message of yours: do not send it again, and call {wait}[, which tells you what your user decides|]."},
	}
}

// undecidedRules apply to a send about which the user decides first.
func undecidedRules() []rule {
	return []rule{
		{func(s situation) bool { return s.Paused && !s.more },
			"[Call {wait}, which tells you when you may go on|End your turn]."},
		{func(s situation) bool { return s.status == chat.StatusPending && !s.more },
			"Do not send it again: call {wait}[, which tells you what your user decides|]."},
	}
}

// nextSupervised follows what the person did. opened says that it opened the link, and alone
// that it has no agent.
func nextSupervised(r supervision, opened, alone bool) string {
	switch {
	case opened:
		return "This device has the link now: keep agent_token, and call join_room with only that to see the room."
	case r.Watch != "":
		return "Open watch on the other device: it opens once."
	case r.Added != "":
		return "The address is called with each event from now on. Give secret to the program behind it, which checks " +
			"the signatures: it is not shown again."
	case len(r.Drafts) > 0:
		return "Decide about each of drafts: call supervise with its id as draft, and decision."
	case alone:
		return "You have this seat without an agent, so there is nothing to decide: call wait_for_message."
	}
	return "Nothing waits for a decision: call wait_for_message, which shows the drafts to come."
}

// nextAdded follows an agent that was added by its card.
const nextAdded = "The agent is called when something is for it. Open watch to pause it, or to decide what it says: it " +
	"opens once. secret signs its calls, and is not shown again."

// userRules apply where the user has done something that is up to the agent, and nobody
// else has spoken since.
func userRules() []rule {
	return []rule{
		{func(s situation) bool { return s.news.own && !s.news.heard },
			"If something is to be said here, call {send}; if not, {wait}."},
	}
}
