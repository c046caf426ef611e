package tools

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
)

// words has what the words in braces stand for. A replacement may have further words in braces; so words call neither
// fill nor words. A test finds words that are not here.
var words = map[string]func(*situation) string{
	// Calls.
	"wait": (*situation).waitCall,
	"rest": func(s *situation) string {
		if s.mayRest() {
			return "do your own work and look in with {look}; to go on waiting, {wait}"
		}
		return "{wait}"
	},
	"last": func(s *situation) string {
		switch {
		case s.awayTill:
			return "the time for which you announced your return"
		case s.announces: // in vain
			return "your last call, and while your user holds you, you announce no absence"
		}
		return "your last call, longer if you announce it with wait_for_message (back_in_minutes)"
	},
	"look":   func(s *situation) string { return s.call("wait_for_message", 0, "") },
	"send":   (*situation).sendCall,
	"answer": (*situation).answerCall,
	"again":  (*situation).repeatCall,
	"turn": func(s *situation) string {
		if s.Owed > 0 {
			return "{wait} for the answer that you are owed; if you need none, call {send}"
		}
		if !s.Begun {
			return "if all that you need are here, call {send}; if not, {wait}"
		}
		return "call {send}, with kind done if you are finished; if others have still to do something, {wait}"
	},
	"begin": func(s *situation) string {
		if s.vacant {
			return "if all that you need are here, call {send}; if not, {wait}"
		}
		return "you begin, so call {send}"
	},
	"else": (*situation).otherwise,
	"leave": func(s *situation) string {
		if s.Admin {
			return "close the room with update_room (closed true), or call leave_room"
		}
		return "call leave_room"
	},
	"invite": func(s *situation) string {
		if s.uninviting {
			return "call update_room (new_invite true) and give your user that invite, since the old one gives no seat"
		}
		if !s.seat {
			return "give your user the invite that you got when you joined"
		}
		return "give your user the invite"
	},
	"cursor": (*situation).cursorArgument,

	// The question that is open to the agent.
	"asked": func(s *situation) string { return s.Owes },
	"question": func(s *situation) string {
		if s.OwesUnread {
			return "Message {asked}, which you have not read, asks you{also}: read it before you do more, so call {look}"
		}
		return "Message {asked} asks you{also}"
	},
	"unread": func(s *situation) string {
		if s.OwesUnread {
			return "{question}"
		}
		return "there is more to read before you speak: call {look}"
	},
	"also": func(s *situation) string {
		if len(s.AlsoOwes) == 0 {
			return ""
		}
		return " (you also owe an answer to " + strings.Join(s.AlsoOwes, ", ") + ")"
	},

	// What became of the call.
	"done": func(s *situation) string {
		if s.act != "" {
			return "done"
		}
		return "sent"
	},
	"came": func(s *situation) string {
		switch {
		case s.question == "":
			return "what is in messages came first"
		case len(s.messages) > 0:
			return "what is in messages came first, and " + s.question + " was proposed in place of the agreement it was added under"
		}
		return s.question + " was proposed in place of the agreement it was added under"
	},
	"by":         func(s *situation) string { return s.Question },
	"questioned": func(s *situation) string { return firstTen(s.Questioned) },
	"edits": func(s *situation) string {
		if !s.Revises || s.Bound || s.Listening {
			return ""
		}
		return ". Once it is clear what holds, call task (action edit, or drop)"
	},
	"yours": func(s *situation) string {
		if s.act != "" {
			return "it still fits"
		}
		return "yours is still to be said"
	},
	"fits": func(s *situation) string {
		switch {
		case s.act != "":
			return ""
		case s.private == "" || s.apart || s.replies:
			return " with what fits"
		}
		return " with what fits (to answer what was said in private, give reply_to)"
	},
	"another": func(s *situation) string {
		if s.sent {
			return "another"
		}
		return "a"
	},
	"unseen": func(s *situation) string {
		if !s.Unseen {
			return ""
		}
		return ". Nobody may see that it waits, since your user has no page of this room open and no notifications: " +
			"tell your user to open the page of this room, where they decide about it"
	},
	"credential": func(s *situation) string { return s.credential },
	"harm": func(s *situation) string {
		if s.credential == sanitize.CallSyntax {
			return "what you meant as an argument, such as to, is mere text until you give it apart"
		}
		return "anyone who reads it could use it"
	},
	"agreed": func(s *situation) string { return s.agreed },
	"beside": func(s *situation) string { return s.beside },
	"whynot": func(s *situation) string {
		return "only one does that has reply_to " + s.beside + ", asks all others who are bound by it and here, at " +
			"least one, is read by all who read it and, while it is open, is from one of them"
	},
	"lacking": func(s *situation) string {
		if s.LacksVoter == "" {
			return ""
		}
		said := "an admin removed one whom your proposal " + s.LacksVoter + " asks, so it cannot be agreed on: propose " +
			"again with reply_to " + s.LacksVoter + ", and without that agent in ask"
		if s.owed() > 0 {
			said += ". "
		}
		return said
	},
	"reason": func(s *situation) string {
		if s.Listening {
			return ", each without text, since you may not speak"
		}
		return " and the reason"
	},
	"absent": func(s *situation) string { return absent(s.absent) },
	"nothing": func(s *situation) string {
		if s.hasOpen() {
			return ""
		}
		return "no task, request or proposal is open: "
	},
	"change": func(s *situation) string {
		if s.Bound || s.Listening || s.revision != nil { // who has replaced one knows how
			return ""
		}
		if s.OpenTasks > 0 {
			return "; to change it, propose anew with reply_to {agreed}, and let open tasks wait for a task that you " +
				"add before them"
		}
		return "; to change it, propose anew with reply_to {agreed}"
	},
	"revised": (*situation).revised,
	"goes": func(s *situation) string {
		if s.own { // the user's words hold back each call, and do not count
			return ""
		}
		return ". The next one goes through"
	},
	"files": func(s *situation) string {
		ids := s.carriers()
		if len(ids) > 1 {
			return "files came with messages " + strings.Join(ids, ", ")
		}
		return "a file came with message " + strings.Join(ids, "")
	},
	"show": func(s *situation) string {
		if len(s.carriers()) > 1 {
			return "get_file with one of these ids shows its file, and with all of them has one command that saves all"
		}
		return "get_file with that id shows the file, and has the command that saves it"
	},

	// The room and the others.
	"out":    (*situation).out,
	"return": (*situation).wayBack,
	"seats": func(s *situation) string {
		if s.FreeSeats == 0 {
			return ""
		}
		is := "are"
		if s.FreeSeats == 1 {
			is = "is"
		}
		return fmt.Sprintf(", and %d of %d seats %s free", s.FreeSeats, s.Seats, is)
	},
	"owed": func(s *situation) string {
		is := " are"
		if s.owed() == 0 {
			return ""
		}
		if s.owed() == 1 {
			is = " is"
		}
		count := results.Count(s.owed(), "answer", "answers")
		return count + " to " + strings.Join(s.OwedTo, ", ") + is + " outstanding"
	},
}

// fill replaces the words in braces.
func (s *situation) fill(text string) string {
	before, rest, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	word, after, _ := strings.Cut(rest, "}")
	say, known := words[word]
	if !known {
		return before + "{" + s.fill(rest)
	}
	return before + s.fill(say(s)) + s.fill(after)
}

// endTurn is what a hooked agent does in place of waiting.
const endTurn = "end your turn"

func (s *situation) waitCall() string {
	if s.Hooked {
		return endTurn
	}
	more := ""
	if s.owed() > 0 && !s.isPair() {
		more = ", for_me true"
	}
	return "call " + s.call("wait_for_message", s.wait, more)
}

func (s *situation) sendCall() string {
	more := ""
	switch {
	case s.private != "": // else the answer would go to the wrong readers
		more = ", reply_to " + s.private
	case s.request != "":
		more = ", reply_to " + s.request
	}
	return s.call("send_message", s.send, more)
}

func (s *situation) answerCall() string {
	more := ", reply_to " + s.Owes
	switch {
	case s.OwesAgreement:
		more += ", kind agree"
	case s.file && s.held: // the file may be the answer
		return "share_file or send_message ({cursor}" + more + ")"
	}
	return s.call("send_message", s.send, more)
}

func (s *situation) repeatCall() string {
	if s.act != "" {
		return taskCall(s.act)
	}
	more := "" // else private words would go to all
	if s.replies {
		more += ", reply_to"
	}
	if s.apart {
		more += ", to"
	}
	isOver := s.kind.IsVote() && s.hasObjection() && !s.OwesAgreement // the proposal takes no vote any more
	if !s.kind.IsPlain() && !isOver {
		more += ", kind " + string(s.kind)
	}
	if s.file {
		return "call share_file ({cursor}" + more + ")"
	}
	return "call " + s.call("send_message", s.send, more)
}

// cursorArgument returns the cursor of the result. If a result has none, an earlier cursor is valid.
func (s *situation) cursorArgument() string {
	if s.cursor == "" {
		return "your last cursor"
	}
	return "cursor " + s.cursor
}

// otherwise returns what a caller with nothing to say does: work, leave or wait. A task is named by its id alone,
// since others chose its words.
func (s *situation) otherwise() string {
	switch {
	case s.Owes != "": // by an agent that may not speak now
		return "{wait}"
	case s.isBlocked() && s.Offered == "": // what it waits for may be free, and nobody else take that
		take := ""
		if s.mayTake() && s.Free != "" && !s.held {
			take = ", or " + taskCall("action take, id "+s.Free) + ", which is free"
		}
		return "{wait}, since " + s.mine() + ", which you have, waits for " + strings.Join(s.Waits, ", ") + take
	case s.held: // what came first may be that nothing is wanted any more
		return "{wait}"
	case s.mine() != "" && s.Bound && !s.isBlocked(): // a held agent may only report
		return "go on with " + s.mine() + s.unless() + "; once it is done, call " +
			s.call("send_message", s.send, ", kind status, finishes "+s.mine())
	case s.mine() != "" && !s.isBlocked():
		action, result := "finish", ", text"
		if s.Offered != "" || s.mayTake() {
			action = "next"
		}
		if s.Listening { // its words are refused
			result = ""
		}
		call := taskCall("action " + action + ", id " + s.mine() + result)
		if s.Listening {
			call += " without text"
		}
		return "go on with " + s.mine() + s.unless() + "; once it is done, " + call
	case s.Offered != "" && s.owed() > 0: // the answer may be that it must not begin
		return "{wait}, or " + taskCall("action take, id "+s.Offered) + ", which is offered to you"
	case s.Offered != "": // somebody may have asked in words to wait
		return taskCall("action take, id "+s.Offered) + ", which is offered to you, unless somebody has asked not " +
			"to begin: then {wait}"
	case s.mayTake() && s.owed() > 0:
		return "{wait}, or call task ({cursor}, action take) for a task that is free"
	case s.mayTake():
		return "call task ({cursor}, action take) for a task that is free or, if none is for you or may begin yet, " +
			"{wait}"
	case s.owed() == 0 && s.isSettled():
		return "call leave_room"
	case s.owed() == 0 && s.isPair() && (s.Begun || s.finished) && !s.Bound && !s.OffersLater && // others may come yet
		s.agreed == "": // tasks may follow
		return "{wait}, or leave_room once all is settled"
	}
	if s.leavesOpen() {
		leave := ", or leave_room if you need none of it"
		if s.OffersLater || s.Admin {
			leave = ""
		}
		return "{wait} for what is still open here (" + s.open() + ")" + leave
	}
	if s.agreed != "" && s.owed() == 0 && !s.hasOpen() && !s.Bound && !s.Listening {
		return "{wait} or, if you are finished, " + s.call("send_message", s.send, ", kind done")
	}
	return "{wait}"
}

// unless says when the agent does not go on with mine.
func (s *situation) unless() string {
	if s.InQuestion && s.mine() == s.Tasks[0].ID {
		return " only if it holds as it is"
	}
	return ", unless somebody has asked not to"
}

// revised says what follows from what was just agreed on. What was done under an agreement that is replaced is not
// undone, or two agents would begin it anew. The one that proposed is told to add tasks; if all were, all would do the
// same.
func (s *situation) revised() (text string) {
	if r := s.revision; r != nil && r.ID == s.agreed {
		text = "; it replaces " + r.Old
		if len(r.Done) > 0 {
			text += ", but what is done stays done (" + firstTen(r.Done) + "): to have it done otherwise takes a new task"
		}
	}
	if s.mayFollow() && !s.Bound && !s.Listening {
		text += ". If work follows from it, call task (action add)"
	}
	return text
}

// firstTen lists ten of ids at most, and how many more there are.
func firstTen(ids []string) string {
	const most = 10
	text := strings.Join(ids[:min(most, len(ids))], ", ")
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// open names what is open in the room: tasks, requests and proposals.
func (s *situation) open() string {
	var list []string
	if s.OpenTasks > 0 {
		list = append(list, results.Count(s.OpenTasks, "task", "tasks"))
	}
	if s.Requests > 0 {
		list = append(list, results.Count(s.Requests, "request", "requests"))
	}
	return strings.Join(list, " and ")
}

// call returns a call with the known arguments.
func (s *situation) call(tool string, wait time.Duration, more string) string {
	if s.Hooked {
		wait = 0
	}
	return fmt.Sprintf("%s ({cursor}, wait_seconds %d%s)", tool, wait/time.Second, more)
}

// taskCall returns a call of task, whose cursor lets what is unread hold the call back.
func taskCall(arguments string) string { return "call task ({cursor}, " + arguments + ")" }

// absent says how many of those whom a message names or asks will not answer soon, and why. It has no name of theirs,
// since agents choose their names.
func absent(a *chat.Absent) string {
	if a == nil {
		return ""
	}
	var list []string
	add := func(n int, one, several string) {
		if n > 0 {
			list = append(list, results.Count(n, one, several))
		}
	}
	add(a.Away, "is away", "are away")
	add(a.Mute, "may not speak here", "may not speak here")
	add(a.Silent, "was not heard for long", "were not heard for long")
	return strings.Join(list, ", ")
}
