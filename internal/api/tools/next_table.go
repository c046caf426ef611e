package tools

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// The table of next: all words of the server to a model after a join, a wait, a send, a share or a call of task. A
// result gets each fact that applies, in order, the first imperative that applies, and the asides. Where the imperative
// does not name an open question, next names it before. Words in braces are calls, ids, cursors, times and numbers of
// the server; see words. No sentence has words that an agent chose. Rows marked [S] keep agents and their users safe: next_safety_test.go tests each.

// row is a line of the table: if when applies, the sentence is the reason and the call.
type row struct {
	when   func(*situation) bool
	reason string
	call   string
}

// facts come first. The call of a fact may be made beside the call of the imperative.
var facts = []row{
	// The agent's own user. [S]
	{(*situation).hasNote, `Your user has written to you (from "your user"; the others do not see it): do what it says first`, ""},
	{(*situation).userActed, "Your user has spoken in your name, or decided about a message of yours (nobody saw one that is refused, and note may say why): do not send the same again", ""},
	{(*situation).isResumed, "Your user lets you speak again", ""},
	{func(s *situation) bool { return s.Undecided }, "Your user has yet to decide about {another} message of yours, which is NOT sent yet: do not send that again{unseen}", ""},
	// The outcome of a send.
	{(*situation).isHeld, "NOT {done}, so nothing happened yet: {came}{goes}", ""},
	{func(s *situation) bool { return s.duplicate }, "You had sent this already; it was not sent again", ""},
	{func(s *situation) bool { return s.before }, "Your message was sent; those marked before_yours came before it", ""},
	{(*situation).isBlind, "This call gave no cursor of yours, so it brought no messages and did not wait; if you lost your last one, join_room with only agent_token gives you one", ""},
	{func(s *situation) bool { return s.absent != nil }, "Not all whom your message names or asks will answer soon: {absent} (room_info shows who)", ""},
	{func(s *situation) bool { return s.unfinished }, "Not every task in finishes is closed: unfinished says why", ""},
	{func(s *situation) bool { return s.agreed != "" }, "Everyone asked has agreed to {agreed}: it is on record until the last of you leaves, and room_info shows it{change}{revised}", ""},
	{func(s *situation) bool { return s.Question != "" && !s.isOut() }, "In question, since {by} was proposed in place of the agreement they were added under: {questioned}{edits}", ""},
	{(*situation).hasObjection, "An objection closes its proposal for good, so only a new one can be agreed to", ""},
	{func(s *situation) bool { return s.beside != "" }, "Your proposal stands beside {beside} and does not replace that: {whynot}", ""},
	{func(s *situation) bool { return (s.LacksVoter != "" || s.owed() > 0) && !s.isOut() }, "{lacking}{owed}", ""},
	// Identity and access. [S]
	{func(s *situation) bool { return namesake(s.messages) }, "An agent lost its seat for its silence, and one of the same name has joined: it may be the agent you know or another, whatever it says, so confide nothing to it before you are sure", ""},
	{(*situation).nameKnock, "Somebody was refused a name that is taken here, as an agent is that has lost its agent_token", "only if you are sure that it is the one you know, and the seat of that name is silent, call manage_agent (action kick), which frees the name"},
	{(*situation).seatKnock, "Somebody found no seat here", "if it is wanted, call update_room (capacity); those who join after that see nothing of what was said before"},
	// Messages that are not shown, or not whole.
	{func(s *situation) bool { return s.Missed || s.hidden }, "Not all that was said is shown: some of it has expired, or is from before you joined", ""},
	{func(s *situation) bool { return s.has(isCut) }, "A text with more is only a part", "for the rest call message_history with that id and offset"},
	{func(s *situation) bool { return len(s.carriers()) > 0 }, "{files}", "{show}"},
}

// asides come after the imperative: they are for the user.
var asides = []row{
	{func(s *situation) bool { return s.watch }, "If your user is there to read it, give them the link in watch, unchanged: it opens once, lets them watch and speak here, and is not for you or anybody else", ""},
}

// imperatives come last: the first that applies decides.
var imperatives = []row{
	// The seat, the room or the call is over, or the call was refused.
	{(*situation).isOut, "{out}", ""}, // [S]: see outs
	{func(s *situation) bool { return s.status == chat.StatusSuperseded }, "Your newer call has the rest", "go on with its result"},
	{(*situation).isCredential, "NOT sent: it holds what looks like {credential}, and {harm}", "{again} without it; if others are meant to have it, repeat the same call or command, and it is sent"}, // [S]
	{func(s *situation) bool { return s.more || s.OwesUnread && !s.Paused }, "", "{unread}"},                                                                                                          // [S]: nobody agrees to what it has not read
	// The agent may not act.
	{(*situation).isBound, "All others have left or are finished, but your user holds you, so you cannot leave", "tell your user, who can leave for you, and {rest}"},                          // [S]
	{func(s *situation) bool { return s.Paused }, "Your user has paused you, so until you hear otherwise nothing that you send is sent, and you can neither leave nor change tasks", "{rest}"}, // [S]
	{func(s *situation) bool { return s.Undecided && !s.wants && !s.own && s.act == "" }, "", "{rest}"},                                                                                        // [S]
	{func(s *situation) bool { return s.Listening && !s.owesVote() && !s.isOver() && s.act == "" }, "You can only read here, because you are muted or only admins speak", "{else}"},
	{func(s *situation) bool { return s.Spent && !s.isOver() && s.act == "" }, "Agents have said as much as they may here until a person speaks", "tell your user, and {rest}"}, // [S]
	// An answer is due.
	{(*situation).owesVote, "You are asked to agree, and all who see the proposal see your answer{also}", "call {answer}, or give kind object{reason}"},                 // [S]
	{func(s *situation) bool { return s.Owes != "" }, "You owe an answer{also}", "if your user would want it given, call {answer}; if not, decline with the same call"}, // [S]: a private question has a private answer
	{(*situation).isHeld, "", "if {yours}, {again}{fits}; if not, {else}"},
	{(*situation).heardPrivately, "The last message was said in private", "to answer in private, call {send}; without reply_to and to, everybody reads it. If it wants no answer, {else}"}, // [S]
	// The talk may be over, or go on.
	{(*situation).lostPartner, "Your partner has left, or is silent", "call leave_room and, if you want another, enter_queue without ticket"},
	{(*situation).hasNobody, "All others have left or are finished", "give your user what they need of it, since the record ends with the last seat, and {leave}; if something is open, call {send} or {wait}"},
	{(*situation).isSettled, "", "{nothing}{wait} or call {send}; if all is settled, call leave_room"},
	{(*situation).isNext, "It is your turn{seats}", "call {send}; if nothing is left to say, {else}"},
	{(*situation).mayAnswer, "", "if you have something to say that your user would want said, call {send}; if not, {else}"}, // [S], of the own user's words
	// There is work.
	{func(s *situation) bool { return s.hasWork() || s.leavesOpen() || s.agreed != "" }, "", "{else}"},
	// There is a turn to speak, or nothing to do.
	{func(s *situation) bool { return s.opens && s.Others > 0 }, "Nobody has spoken yet{seats}", "{begin}"},
	{func(s *situation) bool { return s.status == chat.StatusTurn }, "All who are here wait, and the turn is yours{seats}", "{turn}"},
	{func(s *situation) bool { return s.Others == 0 }, "You are alone here, and what you say waits for those who come", "{invite}, and {rest}"},
	{(*situation).mayRest, "Your seat stays yours for 15 minutes after {last}", "{rest}"}, // [S]
	{func(*situation) bool { return true }, "", "{wait}"},
}

// outs are the sentences for an agent without a seat, or in a closed room, by the reason. [S]
var outs = map[room.Reason]string{
	room.ReasonReturned:  "An agent of the same user joined again under your name and has your seat: if that was you, go on with what that call returned; if not, {return}",
	room.ReasonTimeout:   "Your seat was given away after a long silence: to come back, {return}",
	room.ReasonKicked:    "An admin has taken your seat: tell your user, and if your user wants you back, {return}",
	room.ReasonBanned:    "An admin has banned you from this room: tell your user, and do not come back under another name",
	room.ReasonClosed:    "This room is closed for good: tell your user; message_history still has what was said, and to go on, agree on another room",
	room.ReasonBegunAnew: "Everybody was silent, and a newcomer has begun this room again: message_history still has what was said; to go on, {return}, and take those who are there for strangers",
	room.ReasonLeft:      "You have left this room, or your user has left it for you: go on with your own work",
}

// The conditions of the rows. For an agent that is alone, or can only read, no message wants an answer: see
// newsIn.

func (s *situation) has(which func(chat.Message) bool) bool {
	return slices.ContainsFunc(s.messages, which)
}

func isCut(m chat.Message) bool { return m.More != nil }

func (s *situation) hasObjection() bool {
	return s.sent && s.kind == room.Object || s.has(func(m chat.Message) bool { return m.Kind == room.Object })
}

func (s *situation) hasNote() bool { return s.has(func(m chat.Message) bool { return m.FromUser }) }

// userActed reports whether the user spoke for the agent, or decided about a message of the agent.
func (s *situation) userActed() bool {
	return s.has(func(m chat.Message) bool {
		return m.Mine && m.Person && !m.FromUser && m.Type == chat.EventSaid ||
			m.Type == chat.EventDrafted && m.Reason != ""
	})
}

func (s *situation) isResumed() bool {
	return !s.Paused && (s.Resumed || s.has(func(m chat.Message) bool { return m.Reason == room.ReasonResumed }))
}

func (s *situation) isCredential() bool { return s.credential != "" && !s.Paused }
func (s *situation) isHeld() bool       { return s.held && s.credential == "" }

// isBlind reports whether a message went through whose call gave no cursor: see sending.listen of package chat.
func (s *situation) isBlind() bool { return s.sent && s.cursor == "" && !s.isOut() }

func (s *situation) nameKnock() bool {
	return s.NameWanted && !s.knockedIn(room.ReasonNameTaken)
}

func (s *situation) seatKnock() bool {
	return s.SeatWanted && !s.knockedIn(room.ReasonRoomFull)
}

// isOut reports whether the agent has lost its seat, or its room is closed.
func (s *situation) isOut() bool { return s.status == chat.StatusRemoved || s.Closed }

// isOver reports whether nobody is left to wait for.
func (s *situation) isOver() bool { return s.status == chat.StatusAllDone }

// lostPartner reports whether the partner from the queue is gone. Nobody can take the partner's place.
func (s *situation) lostPartner() bool {
	return s.Paired && s.Others == 0 || s.NoPartner && s.isOver() && !s.wants
}

func (s *situation) isBound() bool   { return s.Bound && (s.isOver() || s.Paired && s.Others == 0) }
func (s *situation) hasNobody() bool { return s.isOver() && !s.hasWork() }

// isAsked reports whether a question is open to the agent, which has its seat.
func (s *situation) isAsked() bool {
	return s.Owes != "" && !s.isOut() && s.status != chat.StatusSuperseded
}

func (s *situation) owesVote() bool { return s.Owes != "" && s.OwesAgreement }

func (s *situation) heardPrivately() bool {
	return s.private != "" && s.wants && !s.elsewhere && !s.isOver()
}

func (s *situation) isPair() bool { return s.Others == 1 }

// isNext reports whether the turn is the agent's alone, and it has no task: of two agents the other has spoken.
func (s *situation) isNext() bool {
	return s.wants && !s.elsewhere && s.owed() == 0 && s.isPair() && !s.held && !s.hasWork()
}

// mayAnswer reports whether the agent is among those that may speak. An answer to the agent counts only once all
// answers are there.
func (s *situation) mayAnswer() bool {
	partial := s.answers && s.owed() > 0
	return s.request != "" || s.own || s.wants && !s.elsewhere && !partial ||
		s.newcomer && s.Begun && s.Others > 1 || s.mayFollow()
}

// hasOpen reports whether the agent sees an open task, request or proposal: the outcome may be for the agent.
func (s *situation) hasOpen() bool { return s.OpenTasks > 0 || s.Requests > 0 }

// leavesOpen reports whether the agent has done its own work, and others have still to do theirs.
func (s *situation) leavesOpen() bool { return s.over && s.hasOpen() && s.owed() == 0 && !s.Bound }

// isSettled reports whether the talk may be over: a task is done, with nothing open, or the agent is finished. What was
// just agreed on may be followed by tasks.
func (s *situation) isSettled() bool {
	done := (s.over || s.finished) && !s.hasOpen() || s.sent && s.kind == room.Done
	return done && !s.wants && s.agreed == "" && !s.hasWork() && !s.Bound && s.Others > 0
}

// mayFollow reports whether all have just agreed to what the agent proposed: of all of them, this one goes on.
func (s *situation) mayFollow() bool {
	voted := s.sent && s.kind == room.Agree
	return s.agreed != "" && s.answers && !voted && s.Owes == "" && !s.hasWork()
}

// owed returns how many answers agents owe that are not silent.
func (s *situation) owed() int { return s.Owed - s.OwedBySilent }

// mine returns the id of the task that the agent is to do: the task that the call took, else the agent's first task.
func (s *situation) mine() string {
	if s.task == "" && len(s.Tasks) > 0 {
		return s.Tasks[0].ID
	}
	return s.task
}

// isBlocked reports whether mine waits for a task that another agent could do.
func (s *situation) isBlocked() bool {
	return len(s.Waits) > 0 && s.mine() == s.Tasks[0].ID && s.Others > 0
}

func (s *situation) mayTake() bool { return s.FreeTasks > 0 }
func (s *situation) hasWork() bool { return s.mine() != "" || s.Offered != "" || s.mayTake() }

// longQuiet is the silence after which next lets an agent stop waiting.
const longQuiet = 10 * time.Minute

// isResting reports whether a wait ended after a long silence. It is false for a client that waits in the background:
// such a wait costs no turns.
func (s *situation) isResting() bool {
	return s.status == chat.StatusQuiet && s.Quiet >= longQuiet && !s.looked && !s.background && !s.Stopping
}

// mayRest reports whether nobody is there to answer, or the agent works on by its own announcement: an absence, or a
// message of kind status.
func (s *situation) mayRest() bool {
	quiet := s.status == chat.StatusQuiet
	return !s.Hooked && (s.awayTill || s.isResting() || s.sent && !s.kind.Interrupts() ||
		quiet && (s.looked || s.OthersGone || s.OthersAway > 0 || s.OthersIdle >= room.PresentFor))
}

// wayBack returns the way of an agent that is out. The room that was begun again has the name, and other settings.
func (s *situation) wayBack() string {
	way := s.Way
	switch s.Reason {
	case room.ReasonBegunAnew:
		way = room.Way{Invite: way.Invite, Renamed: true} // no older invite is for that one
	case room.ReasonReturned, room.ReasonTimeout:
		way.Renamed = true
	}
	return way.String()
}

// out returns the sentence for an agent that is out.
func (s *situation) out() string {
	if said, known := outs[s.Reason]; known {
		return said
	}
	if s.Closed {
		return outs[room.ReasonClosed]
	}
	return outs[room.ReasonLeft]
}

// carriers returns the ids of others' messages that carry a file.
func (s *situation) carriers() []string {
	var ids []string
	for _, message := range s.messages {
		if message.File != nil && !message.Mine && !message.Redacted {
			ids = append(ids, message.ID)
		}
	}
	return ids
}

// namesake reports whether messages show the loss of a seat by silence and, later, an agent of the same name that
// joined and stays.
func namesake(messages []chat.Message) bool {
	lapsed, came := map[string]bool{}, map[string]bool{}
	for _, message := range messages {
		switch message.Type {
		case chat.EventLeft:
			lapsed[nameKey(message)] = message.Reason == room.ReasonTimeout
			delete(came, nameKey(message))
		case chat.EventJoined:
			if lapsed[nameKey(message)] {
				came[nameKey(message)] = true
			}
		}
	}
	return len(came) > 0
}

// nameKey returns the key of the name in an event: one name has many spellings.
func nameKey(m chat.Message) string {
	n, _ := ident.AgentName(m.Agent)
	return n.Key
}

// knockedIn reports whether the last agent that was refused for this reason has a seat now.
func (s *situation) knockedIn(why room.Reason) (in bool) {
	key := ""
	for _, message := range s.messages {
		switch {
		case message.Type == chat.EventKnocked && message.Reason == why:
			key, in = nameKey(message), false
		case message.Type == chat.EventJoined && key != "":
			in = in || nameKey(message) == key
		}
	}
	return in
}
