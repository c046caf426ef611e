package tools

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// In the tables of this file the first rule that applies decides. A test has a case
// for each rule.

// always applies.
func always(situation) bool { return true }

// crowded reports whether there is more than one other agent. Then it is not obvious
// which of them should answer.
func (s situation) crowded() bool { return s.others > 1 }

// resting reports whether a wait ended in a silence that has lasted long.
func (s situation) resting() bool {
	return s.status == chat.StatusQuiet && s.lull && !s.looked && !s.away && !s.over && !s.stopping
}

// quiet reports whether a wait ended with nothing new while others are there.
func (s situation) quiet() bool { return s.status == chat.StatusQuiet && s.others > 0 }

// removed returns the case that the caller has lost its seat for a reason.
func removed(why room.Reason) func(situation) bool {
	return func(s situation) bool { return s.status == chat.StatusRemoved && s.reason == why }
}

// seatedRules apply to an agent that has just taken a seat, before turnRules.
func seatedRules() []rule {
	return []rule{
		{func(s situation) bool { return s.others <= 0 && !s.more },
			"You are alone here: give your user the invite, say something first with send_message if you like, then call {wait}."},
		{func(s situation) bool { return s.muted && !s.more },
			"An admin of this room has muted you, so you can only read: call {wait}."},
		{func(s situation) bool { return s.silenced && !s.more },
			"Only admins speak in this room: call {wait}."},
		{func(s situation) bool { return s.opens && !s.news.heard && !s.more },
			"You are paired, and have waited longer, so you open: speak first, with {send}."},
		{func(s situation) bool { return s.paired && !s.news.heard && !s.more },
			"You are paired, and the other opens: call {wait}."},
	}
}

// waitedRules apply after a wait, before turnRules.
func waitedRules() []rule {
	return append(removedRules(), []rule{
		{func(s situation) bool { return s.over },
			"A newer wait with your agent_token took over: go on with the answer of that one."},
		{func(s situation) bool { return s.stopping },
			"The server is restarting and nothing is lost: call {wait}."},
		{func(s situation) bool { return s.status == chat.StatusEnded && s.others == 0 && !s.more },
			"All others have left, so there is nothing more to do here, unless you expect somebody: then call {wait}."},
		{func(s situation) bool { return s.status == chat.StatusEnded && !s.more },
			"All others say that they are finished; the room is open, and your seat is yours. If what they said asks something, answer with {send}; else call leave_room."},
		{func(s situation) bool { return s.status == chat.StatusTurn && !s.more },
			"Everybody waits, and it is your turn: go on with {send}, or say with kind done that you are finished."},
		{func(s situation) bool { return s.away && !s.news.heard && !s.more && s.others > 0 },
			"The others see that you are away: go on with your own work, and look in with {look} whenever you like."},
		{func(s situation) bool {
			return s.news.heir && s.news.arrived && !s.news.heard && !s.more && s.others > 0
		},
			"The newcomer took over the silent seat of its name without the token of that seat, so it may be the agent you know or another: confide nothing before you are sure. It speaks first: call {wait}."},
		{func(s situation) bool { return s.news.arrived && !s.news.heard && !s.more && s.others == 1 },
			"The newcomer speaks first: call {wait}."},
		{func(s situation) bool { return s.resting() && s.others == 0 },
			"Nobody has come for a long time: stop waiting and tell your user, or leave_room. " + seatExpires},
		{func(s situation) bool { return s.resting() },
			"Nothing has been said for a long time: you may stop waiting, do other work and look in with {look}. " + seatExpires},
		{func(s situation) bool { return s.quiet() && s.back > 0 },
			"All others are away, the first of them for {back} more: do other work, and look in with {look} then."},
		{func(s situation) bool { return s.quiet() && s.idle >= longIdle },
			"Nothing came, and none of the others has made a call for {idle}: do other work and look in with {look}, or call {wait}."},
		{func(s situation) bool { return s.quiet() && s.looked },
			"Nothing is new: go on with your own work, or call {wait}."},
		{func(s situation) bool { return s.quiet() && s.spoke },
			"Nothing came, which is normal: call {wait} again."},
		{func(s situation) bool { return s.quiet() && !s.silenced },
			"Nothing came, which is normal: call {wait} again, unless the answer is up to you: then {send}."},
	}...)
}

// longIdle is the time without a call after which others seem to be busy elsewhere.
const longIdle = 2 * time.Minute

// seatExpires says how long an agent may be silent.
const seatExpires = "Your seat stays yours for 15 minutes after your last call; to be away longer, announce it with back_in_minutes."

// removedRules apply to an agent that has lost its seat.
func removedRules() []rule {
	return []rule{
		{removed(room.ReasonReplaced),
			"An agent with your name joined again and has your seat: if that was you, use its agent_token; if not, call join_room with another agent_name."},
		{removed(room.ReasonTimeout),
			"Your seat was given away after a long silence: call join_room with room and agent_name for a new one."},
		{removed(room.ReasonKicked),
			"An admin has taken your seat: tell your user, and call join_room only if your user wants that."},
		{removed(room.ReasonBanned),
			"An admin has banned you from this room: tell your user, and do not come back under another name."},
		{removed(room.ReasonClosed),
			"An admin has closed this room for good: tell your user. message_history still has what was said; to go on, agree on another room."},
		{func(s situation) bool { return s.status == chat.StatusRemoved },
			"You have left this room: call join_room with room and agent_name if you want to come back."},
	}
}

// turnRules say whose turn it is. One of them always applies.
func turnRules() []rule {
	return []rule{
		{func(s situation) bool { return s.more },
			"Before you answer, read on: call {look}."},
		{func(s situation) bool { return s.others == 0 },
			"Nobody else is here now: call {wait}, or leave_room if you expect nobody."},
		{func(s situation) bool { return s.silenced },
			"You can only read here, because you are muted or only admins may speak: call {wait}."},
		{func(s situation) bool { return s.news.private },
			"This was said to you and not to all: answer with {answer} and put its sender in to; without to everybody reads it."},
		{func(s situation) bool { return s.news.request > 0 && s.crowded() },
			"A request is open: if it is for you, and your user would want it answered, call {answer}; if not, {wait}."},
		{func(s situation) bool { return s.news.request > 0 },
			"You are asked for an answer: if your user would want it given, call {answer}; if not, decline with the same call."},
		{func(s situation) bool { return s.news.report },
			"This wants no answer: call {wait}."},
		{func(s situation) bool { return s.news.done && !s.crowded() },
			"The other says that it is finished: if what it said asks something, answer with {send}; else call leave_room."},
		{func(s situation) bool { return s.news.heard && s.crowded() },
			"If the answer is up to you, call {send}; if not, {wait}."},
		{func(s situation) bool { return s.news.heard },
			"Answer with {send}; if all is said, leave_room."},
		{func(s situation) bool { return s.newcomer && s.crowded() },
			"You are new among several who may be talking already: greet with {send}, or {wait}."},
		{func(s situation) bool { return s.newcomer },
			"You are the newcomer: speak first, with {send}."},
		{always,
			"It is not your turn: call {wait}."},
	}
}

// sentRules apply to a send that brought no answer.
func sentRules() []rule {
	return []rule{
		{func(s situation) bool { return s.held && s.more },
			"NOT sent, because more than this is newer than your cursor: call {look} before you send."},
		{func(s situation) bool { return s.held },
			"NOT sent, because this came first: read it and call {send} with a text that fits it."},
		{func(s situation) bool { return s.kind == room.Done },
			"You have said that you are finished: call leave_room, or {wait} for a last word."},
		{func(s situation) bool { return s.others == 0 },
			"Nobody else is here; the next to join will read it: call {wait}."},
		{func(s situation) bool { return s.kind == room.Status },
			"A status asks for nothing, so the turn is still yours: go on with your own work, and say more when there is more."},
		{func(s situation) bool { return s.then },
			"No answer yet: call {wait}."},
		{always,
			"For the answer call {wait}."},
	}
}

// nextLeft follows leaving.
func nextLeft(s chat.LeaveStatus) string {
	if s == chat.StatusAlreadyLeft {
		return "You had already left: go on with your own work."
	}
	return "You have left: go on with your own work; to come back, call join_room with room and agent_name."
}

// nextUpdated follows a change of a room's settings.
func nextUpdated(u chat.Updated) string {
	switch u.Status {
	case chat.StatusClosed:
		return "The room is closed for good, and everybody sees it: go on with your own work."
	case chat.StatusUnchanged:
		return "No change was needed: go on with wait_for_message."
	}
	if needsNewInvite(u) {
		return "Everybody here sees it: go on with wait_for_message. Those still to come need this invite."
	}
	return "Everybody here sees it: go on with wait_for_message."
}

// needsNewInvite reports whether the invites given out before no longer work.
func needsNewInvite(u chat.Updated) bool {
	return slices.Contains(u.Changes, "room") || slices.Contains(u.Changes, "password")
}

// nextManaged follows what an admin did to an agent.
func nextManaged(m chat.Managed) string {
	switch m.Status {
	case chat.StatusNoChange:
		return "No change was needed: go on with wait_for_message."
	case chat.StatusBanned:
		return "Everybody here sees it, and the name stays out in every spelling: go on with wait_for_message. Under another name it can come back, unless update_room sets a password."
	case chat.StatusKicked:
		return "Everybody here sees it, and the seat is free: go on with wait_for_message. The agent may join again; ban blocks its name."
	}
	return "Everybody here sees it: go on with wait_for_message."
}
