package tools

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// In the tables of this file the first rule that applies decides. A test has a case
// for each rule. A table that a call uses is made once.

// always applies.
func always(situation) bool { return true }

// crowded reports whether there is more than one other agent. Then it is not obvious
// which of them should answer.
func (s situation) crowded() bool { return s.Others > 1 }

// resting reports whether a wait ended in a silence that has lasted long.
func (s situation) resting() bool {
	return s.status == chat.StatusQuiet && s.Quiet >= longQuiet && !s.looked && !s.away() && !s.stopping && s.Owes == ""
}

// quiet reports whether a wait ended with nothing new while others are there, and the
// caller owes nobody an answer.
func (s situation) quiet() bool {
	return s.status == chat.StatusQuiet && s.Others > 0 && s.Owes == ""
}

// away reports whether the call announced an absence.
func (s situation) away() bool { return !s.awayUntil.IsZero() }

// removed returns the case that the caller has lost its seat for a reason.
func removed(why room.Reason) func(situation) bool {
	return func(s situation) bool { return s.status == chat.StatusRemoved && s.Reason == why }
}

// seatedRules apply to an agent that has just taken a seat, before turnRules.
var seatedRules = sync.OnceValue(func() []rule {
	return slices.Concat([]rule{
		{func(s situation) bool { return s.Closed },
			"This room is closed for good: message_history still has what was said; to go on, agree on another room."},
	}, boundRules(), []rule{
		{func(s situation) bool { return s.Others == 0 && !s.more && s.Paired },
			partnerLeft},
		{func(s situation) bool { return s.Others == 0 && !s.more && !s.Bound && s.uninviting && !s.hasWork() },
			"You are alone here, and the invite to this room gives no more seats: to let somebody in, call update_room with new_invite true and give your user the new one; then call {wait}."},
		{func(s situation) bool { return s.Others == 0 && !s.more && !s.Paused && !s.uninviting && !s.hasWork() },
			"You are alone here: give your user the invite; if you like, share out work with task (action add) or say something with send_message, which others find when they come; then call {wait}."},
		{func(s situation) bool { return s.Muted && !s.more },
			"An admin of this room has muted you, so you can only read: call {wait}."},
		{func(s situation) bool { return s.Listening && !s.more },
			"Only admins speak in this room: call {wait}."},
	}, heldRules(), []rule{
		{func(s situation) bool { return s.opens && !s.news.heard && !s.more },
			"You are paired, and joined last, so you open: speak first with {send}."},
		{func(s situation) bool { return s.Paired && !s.Begun && !s.opens && !s.news.heard && !s.more },
			"You are paired, and the other joined last and opens: call {wait}."},
	})
})

// waitedRules apply after a wait, before turnRules.
var waitedRules = sync.OnceValue(func() []rule {
	return slices.Concat(removedRules(), endedRules(), heldRules(), draftsRules(), []rule{
		{func(s situation) bool { return s.away() && s.Owes != "" && !s.more && s.Others > 0 },
			awayOwing},
		{func(s situation) bool { return s.away() && !s.news.heard && !s.more && s.Others > 0 },
			awaySaid},
	}, only(situation.idle, workRules()), only(situation.idle, silentRules()), []rule{
		{func(s situation) bool {
			return s.status == chat.StatusTurn && s.idle() && s.OpenTasks > 0 && s.Owed == 0
		},
			"Everybody who is here waits, and what is left of the tasks is taken, offered to others, or waits for such a one: if you have nothing to say with {send}, [call {wait}, which ends when one is free|do your own work, and look in with {look}]."},
		{func(s situation) bool {
			return s.status == chat.StatusTurn && !s.more && s.Owes == "" && s.Begun && s.Owed == 0
		},
			"Everybody waits, and it is your turn: go on with {send}, or say with kind done that you are finished."},
		{func(s situation) bool { return s.status == chat.StatusTurn && !s.more && s.Owes == "" },
			"Everybody waits, and it is your turn: go on with {send}."},
		{func(s situation) bool {
			return s.news.arrived && !s.news.heard && !s.news.own && !s.more && s.Others > 0 && s.Owes == "" && !s.hasWork()
		},
			"The last to join speaks first: call {wait}."},
		{func(s situation) bool { return s.resting() && s.Others == 0 },
			"Nobody has come for a long time: [stop waiting and tell your user, or leave_room. " + seatExpires + "|tell your user and end your turn, or leave_room.]"},
		{func(s situation) bool { return s.quiet() && s.OthersAway > 0 },
			othersAway},
		{func(s situation) bool { return s.quiet() && s.AloneNow },
			"None of the others is here now: do other work and look in with {look}, or call {wait}[, which waits as usual|]."},
		{func(s situation) bool { return s.resting() && s.background },
			"Nothing has been said for a long time: call {wait} again[, which wakes you from the background|]; if the matter is settled, leave_room."},
		{func(s situation) bool { return s.resting() },
			"Nothing has been said for a long time: [you may stop waiting, do other work and look in with {look}. " + seatExpires + "|end your turn.]"},
		{func(s situation) bool { return s.quiet() && s.OthersIdle >= longIdle },
			"Nothing came, and none of the others has made a call for {idle}: do other work and look in with {look}, or call {wait}."},
		{func(s situation) bool { return s.quiet() && s.looked },
			"Nothing is new: go on with your own work, or call {wait}."},
		{func(s situation) bool { return s.quiet() && s.Owed > 0 },
			"Nothing came yet, and {owed}: call {wait} again."},
		{func(s situation) bool { return s.quiet() && s.OpenTasks > 0 },
			"Nothing came, which is normal while others work: call {wait} again."},
		{func(s situation) bool { return s.quiet() && s.Spoke },
			"Nothing came, which is normal: call {wait} again."},
		{func(s situation) bool { return s.quiet() && !s.Listening },
			"Nothing came, which is normal: call {wait} again, unless the answer is up to you: then {send}."},
	})
})

// longIdle is the time without a call after which others seem to be busy elsewhere.
const longIdle = 2 * time.Minute

// seatExpires says how long an agent may be silent that is not hooked.
const seatExpires = "Your seat stays yours for 15 minutes after your last call; to be away longer, announce it with back_in_minutes."

// othersAway is what to do while nobody can answer.
const othersAway = "All others are away, the first of them for {back} more: do other work until then, or [call {outlast}|end your turn]."

// removedRules apply to an agent that has lost its seat.
func removedRules() []rule {
	return []rule{
		{removed(room.ReasonReturned),
			"An agent of the same user joined again under your name and has your seat: if that was you, use its agent_token; if not, call join_room with another agent_name."},
		{removed(room.ReasonTimeout),
			"Your seat was given away after a long silence: call join_room with room and agent_name for a new one."},
		{removed(room.ReasonKicked),
			"An admin has taken your seat: tell your user, and call join_room only if your user wants that."},
		{removed(room.ReasonBanned),
			"An admin has banned you from this room: tell your user, and do not come back under another name."},
		{removed(room.ReasonClosed),
			"An admin has closed this room for good: tell your user. message_history still has what was said; to go on, agree on another room."},
		{removed(room.ReasonBegunAnew),
			"Everybody was silent, and a newcomer has begun this room anew: message_history still has what was said; to go on, call join_room with room and agent_name, and take those who are there for strangers."},
		{func(s situation) bool { return s.status == chat.StatusRemoved && s.news.left },
			"Your user has left this room for you: go on with your own work."},
		{func(s situation) bool { return s.status == chat.StatusRemoved },
			"You have left this room: call join_room with room and agent_name if you want to come back."},
	}
}

// partnerRules apply to an agent whose partner from the queue has left, or is silent. Nobody
// else can come.
func partnerRules() []rule {
	return []rule{
		{func(s situation) bool { return s.Paired && s.Others == 0 && !s.more },
			partnerLeft},
		{func(s situation) bool {
			return s.NoPartner && s.status == chat.StatusAllDone && !s.news.heard
		},
			"Your partner has made no call for {idle}: call leave_room and, if you want another, enter_queue without ticket."},
	}
}

const partnerLeft = "Your partner has left: call leave_room and, if you want another, enter_queue without ticket."

// endedRules apply where a wait, or the talk, has come to its end.
func endedRules() []rule {
	over := func(s situation) bool { return s.status == chat.StatusAllDone && !s.more }
	return slices.Concat([]rule{
		{func(s situation) bool { return s.status == chat.StatusSuperseded },
			"Your newer call has the rest: go on with its result."},
		{func(s situation) bool { return s.stopping },
			"The server is restarting and nothing is lost: call {wait}."},
	}, boundRules(), partnerRules(), []rule{
		{func(s situation) bool { return over(s) && s.mine() != "" },
			"All others have left or say that they are finished: {on}."},
		{func(s situation) bool { return over(s) && s.FreeTasks > 0 },
			"All others have left or say that they are finished, but a task is free: call {take}, or leave_room."},
		{func(s situation) bool { return over(s) && s.Others == 0 && s.Admin },
			"All others have left: close the room with update_room (closed true), or call leave_room, after which a room without a password begins anew; if you expect somebody, call {wait}."},
		{func(s situation) bool { return over(s) && s.Others == 0 },
			"All others have left: call leave_room, unless you expect somebody: then {wait}."},
		{func(s situation) bool { return over(s) && s.Admin },
			"All others say that they are finished. If what they said asks something, answer with {send}; else close the room for all with update_room (closed true), or call leave_room."},
		{over,
			"All others say that they are finished. If what they said asks something, answer with {send}; else call leave_room."},
	})
}

// awayOwing and awaySaid confirm an absence.
const (
	awayOwing = "The others see that you are away until {until}, but you owe an answer: once it is ready, call {answer}."
	awaySaid  = "The others see that you are away until {until}: [do your own work, look in with {look} whenever you like, and call {wait} once you are back|do your own work, or end your turn]."
)

// debtRules apply to an agent that owes an answer.
func debtRules() []rule {
	return []rule{
		{func(s situation) bool { return s.Owes != "" && s.OwesAgreement && s.OwesPrivate },
			"You are asked to agree, in private, and those who see the proposal see your answer: call {agree}, which needs no text; or give kind object instead, with the reason in text."},
		{func(s situation) bool { return s.Owes != "" && s.OwesAgreement },
			"You are asked to agree: call {agree}, which needs no text; or give kind object instead, with the reason in text."},
		{func(s situation) bool { return s.Owes != "" && s.OwesPrivate },
			"You owe an answer that was asked for in private: call {answer} and put its sender in to, or decline in the same way; without to everybody reads it."},
		{func(s situation) bool { return s.Owes != "" },
			"You owe an answer: if your user would want it given, call {answer}; if not, decline with the same call."},
	}
}

// turnRules say whose turn it is. One of them always applies.
var turnRules = sync.OnceValue(func() []rule {
	return slices.Concat([]rule{
		{func(s situation) bool { return s.more },
			"Before you answer, read on: call {look}."},
		{func(s situation) bool { return s.Others == 0 && !s.hasWork() },
			"Nobody else is here now: call {wait}, or leave_room if you expect nobody."},
		{func(s situation) bool { return s.Listening },
			"You can only read here, because you are muted or only admins may speak: call {wait}."},
	}, debtRules(), userRules(), newsRules(), workRules(), []rule{
		{func(s situation) bool { return s.newcomer && s.crowded() && s.Begun },
			"You joined last among several who are talking: greet with {send}, or [listen with {wait}|end your turn]."},
		{func(s situation) bool { return s.newcomer },
			"You joined last, so you speak first: call {send}."},
		{func(s situation) bool { return s.Owed > 0 },
			"[It is not your turn, and {owed}: call {wait}|{owed}: end your turn]."},
		{always,
			"[It is not your turn: call {wait}|It is for others to speak: end your turn]."},
	})
})

// newsRules apply to an agent that has heard something.
func newsRules() []rule {
	heard := func(s situation) bool { return s.news.heard }
	return []rule{
		{func(s situation) bool {
			return (s.news.finished || s.closes) && s.OpenTasks == 0 && (!heard(s) || s.news.report) && s.Owed == 0
		},
			workDone},
		{func(s situation) bool { return s.news.agreed && s.news.request == "" && s.Owed == 0 && s.hasWork() },
			"If more is to be settled, go on with {send}; if all is, {on}."},
		{func(s situation) bool { return s.news.agreed && s.news.request == "" && s.Owed == 0 && s.crowded() },
			"If you have more to settle, call {send}; if others may, {wait}; if all is settled, leave_room."},
		{func(s situation) bool { return s.news.agreed && s.news.request == "" && s.Owed == 0 },
			"If more is to be settled, go on with {send}; if all is, call leave_room."},
		{func(s situation) bool { return s.news.private && !s.news.elsewhere },
			"This was said to you and not to all: answer with {send} and put its sender in to; without to everybody reads it."},
		{func(s situation) bool { return s.news.request != "" && s.crowded() },
			"A request to anyone is open: if you have the answer, and your user would want it given, call {answer}; if not, {else}."},
		{func(s situation) bool { return s.news.request != "" },
			"You are asked for an answer: if your user would want it given, call {answer}; if not, decline with the same call."},
		{func(s situation) bool { return heard(s) && s.Owed > 0 },
			"{owed}: {on}, unless what was said asks something of you: then {send}."},
		{func(s situation) bool { return s.news.report && s.OthersAway > 0 && !s.hasWork() },
			othersAway},
		{func(s situation) bool { return s.news.report },
			"This wants no answer: {on}."},
		{func(s situation) bool { return s.news.done && s.crowded() && s.Owed == 0 },
			"One of them says that it is finished: if the answer is up to you, call {send}; if all is settled, leave_room; else {else}."},
		{func(s situation) bool { return s.news.done && s.hasWork() },
			"The other says that it is finished: if what it said asks something, answer with {send}; else {on}."},
		{func(s situation) bool { return s.news.done && !s.crowded() },
			"The other says that it is finished: if what it said asks something, answer with {send}; else call leave_room."},
		{func(s situation) bool { return heard(s) && s.news.elsewhere },
			"It is for others to answer: {on}."},
		{func(s situation) bool { return heard(s) && s.crowded() },
			"If the answer is up to you, call {send}; if not, {else}."},
		{func(s situation) bool { return heard(s) && s.hasWork() },
			"Answer with {send} if it wants an answer; else {on}."},
		{func(s situation) bool { return heard(s) && s.Begun },
			"Answer with {send}; if all is said, leave_room."},
		{heard,
			"Answer with {send}."},
	}
}

// sentRules apply to a send that brought no answer.
var sentRules = sync.OnceValue(func() []rule {
	return slices.Concat(undecidedRules(), []rule{
		{func(s situation) bool { return s.held && s.more },
			"There is more of it, so read on before you send: call {look}."},
		{func(s situation) bool { return s.reveals },
			"Take it out and call {send}; if others are meant to have it, repeat the same call, and it is sent."},
		{func(s situation) bool { return s.held && (s.news.own || s.mayTake() && s.Owes == "") },
			"If yours is still to be said, call {send} with a text that fits it; if not, {else}."},
		{func(s situation) bool { return s.held && s.Owes == "" },
			"Read it and send again with the new cursor: call {send} with a text that fits it."},
	}, partnerRules(), []rule{
		{func(s situation) bool { return s.Others == 0 && !s.closes && !s.hasWork() },
			"Nobody else is here; the next to join will read it: call {wait}."},
		{func(s situation) bool { return s.more },
			"Before you say more, read on: call {look}."},
		{func(s situation) bool { return s.away() && s.Owes != "" },
			awayOwing},
	}, debtRules(), []rule{
		{func(s situation) bool { return s.news.private && !s.news.elsewhere },
			"Something was said to you and not to all: answer with {send} and put its sender in to; without to everybody reads it."},
		{situation.away,
			awaySaid},
		{func(s situation) bool { return s.kind == room.Done && s.mine() != "" },
			"You have said that you are finished, but {mine} is still yours: finish it, or give it back with task (action release, id {mine}); then call leave_room."},
		{func(s situation) bool { return s.kind == room.Done },
			"You have said that you are finished: call leave_room, or [{wait} for a last word|end your turn if a last word may come]."},
		{func(s situation) bool { return s.mine() != "" && s.Owed > 0 },
			"{owed}: go on with {mine} if you can before that; if not, call {wait}."},
		{func(s situation) bool { return s.mine() != "" },
			workMine},
	}, only(func(s situation) bool { return s.closes || s.Owed == 0 }, workRules()), []rule{
		{func(s situation) bool { return s.closes && s.OpenTasks == 0 },
			workDone},
	}, only(func(s situation) bool { return s.closes && s.Others > 0 }, takenRules()), []rule{
		{func(s situation) bool { return s.kind == room.Status },
			"A status asks for nothing, so the turn is still yours: go on with your own work, and say more when there is more."},
		{func(s situation) bool { return s.OthersAway > 0 },
			othersAway},
		{func(s situation) bool { return s.Owed > 1 },
			"{owed}: call {wait}."},
		{func(s situation) bool { return s.settled },
			"If more is to be settled, go on with {send}; if all is, call leave_room, or [{wait} for a last word|end your turn if a last word may come]."},
		{func(s situation) bool { return s.settles },
			"[For what comes next call {wait}|End your turn]."},
		{func(s situation) bool { return s.then },
			"No answer yet: call {wait}."},
		{always,
			"[For the answer call {wait}|End your turn]."},
	})
})

// only narrows rules to what a case allows.
func only(in func(situation) bool, rules []rule) []rule {
	narrowed := make([]rule, len(rules))
	for i, r := range rules {
		narrowed[i] = rule{func(s situation) bool { return in(s) && r.when(s) }, r.say}
	}
	return narrowed
}

// idle reports whether a wait ended with nothing to answer.
func (s situation) idle() bool {
	return (s.status == chat.StatusQuiet || s.status == chat.StatusTurn) && s.Owes == "" && !s.more &&
		(!s.resting() || s.mine() != "")
}

// nextLeft follows leaving.
func nextLeft(g chat.Left) string {
	if g.Status == chat.StatusAlreadyLeft {
		return "You had already left: go on with your own work."
	}
	more := ""
	if g.HasMore {
		more = "More was unread than is shown here, and is closed to you now. "
	}
	return more + "You have left: go on with your own work; to come back, call join_room with room and agent_name."
}

// nextUpdated follows a change of a room's settings that gave this invite; "" for none.
func (s *Set) nextUpdated(u chat.Updated, invite string) string {
	switch u.Status {
	case chat.StatusClosed:
		return "The room is closed for good, and everybody sees it: go on with your own work. message_history still has what was said."
	case chat.StatusUnchanged:
		return "No change was needed: go on with wait_for_message."
	}
	if u.Redacted != "" {
		return "The text is gone here, but those who have read it still have it: if it was a secret, tell your user to replace it. Then go on with wait_for_message."
	}
	said := "Everybody here sees it: go on with wait_for_message."
	if u.HidesTalk {
		said += " Those who join from now on see nothing of what was said before."
	}
	switch {
	case isRenewed(u):
		said += ofRenewed(invite)
	case invite != "":
		said += " Those still to come need this invite."
	case s.keys && u.Changes != nil && u.Changes.Capacity != nil && u.Invite.Uses < u.Room.Capacity-len(u.Room.Agents):
		said += " The invite gives no more seats than before: call update_room with new_invite true for one that gives every free seat."
	}
	return said
}

// ofRenewed says that an invite was renewed. invite is the new one; "" if that gives no seat.
func ofRenewed(invite string) string {
	if invite == "" {
		return " Unused copies of the invite before are void, and the new one gives no seats either: to let somebody in, call update_room with new_invite true, and with a greater capacity if no seat is free."
	}
	return " Unused copies of the invite before are void: give your user this new one, for those still to come."
}

// afterBan says what a ban made of the invite, and how the banned could still come back.
func (s *Set) afterBan(m chat.Managed, invite string) (said string) {
	if m.Renewed {
		said = ofRenewed(invite)
	}
	if s.keys {
		return said + " With a key it can come back under another name, unless update_room sets a new password."
	}
	return said + " Under another name it can come back, unless update_room sets a new password."
}

// nextManaged follows what an admin did to an agent. invite is the new one, if a ban renewed
// it; "" if that gives no seat.
func (s *Set) nextManaged(m chat.Managed, invite string) string {
	switch m.Status {
	case chat.StatusNoChange:
		return "No change was needed: go on with wait_for_message."
	case chat.StatusBanned:
		return "Everybody here sees it, and the name stays out in every spelling: go on with wait_for_message." + s.afterBan(m, invite)
	case chat.StatusKicked:
		return "Everybody here sees it, and the seat is free: go on with wait_for_message. The agent may join again; ban blocks its name."
	case chat.StatusReadmitted:
		return "Everybody here sees it. The next one to ask gets the name once its seat has been silent for two minutes, that of an admin for 15, unless the agent there makes a call before. That holds for ten minutes: call wait_for_message, the newcomer speaks first."
	}
	return "Everybody here sees it: go on with wait_for_message."
}
