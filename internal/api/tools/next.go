package tools

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
)

// This file makes next from the table in next_table.go. Each result gets the facts worth knowing, if any, one
// imperative with the arguments to use and, after a join, what is for the user.
//
// The sentences for all agents together give the turn to exactly one agent, so that two agents neither both wait nor
// both speak. An agent that owes an answer answers; an agent that is owed an answer waits. A newcomer answers what
// was said, or begins; the others wait. Else an agent with a new message answers, and an agent that has spoken waits.
// If two agents speak at once nevertheless, the cursor of the second send holds its message back until the sender has
// read the first message. If all wait, chat gives the turn to an agent that can do something.

// advisor writes next for a client with these habits.
type advisor struct {
	habits
	keys    bool   // callers need keys, so an invite is a link, and may give no seat any more
	address string // of MCP, for a line for a shell; "": not known, or no line wanted
}

// situation is what a sentence depends on: the state of the room, the outcome of the call, and the habits of its
// client.
type situation struct {
	advisor
	chat.Situation
	news
	messages []chat.Message
	cursor   string
	more     bool            // there are further events to read first
	status   chat.WaitStatus // of a call that waits or sends
	awayTill bool            // the call announced an absence
	looked   bool            // the call did not wait

	// For a call that takes a seat.
	seat       bool // the call has taken a seat
	watch      bool // there is a link for the user
	hidden     bool // some messages are not for the caller
	newcomer   bool
	opens      bool // the caller speaks first
	vacant     bool // a seat is free
	uninviting bool // the invite to the room gives no seat any more

	// For a send or a share.
	sent       bool
	held       bool   // held back, and no person is to decide about the message
	credential string // what the message seems to hold, the reason not to send it; "": none
	file       bool   // the call shares a file
	apart      bool   // the call says something in private
	kind       room.Kind
	duplicate  bool
	before     bool           // a message came before the caller's message
	unfinished bool           // a task in finishes was not finished
	beside     string         // of a proposal: what it answers and does not replace; "": nothing
	revision   *chat.Revision // of agreed, if it replaces another agreement; else nil

	// For a call of task.
	task string // the id of the task that the call gave to the caller; "": none
	over bool   // a task was finished
	act  string // with held: the arguments of the call that was held back; "": none
}

// news says what the messages of a result mean for the next turn.
type news struct {
	wants     bool   // another agent has said something that may want an answer
	private   bool   // the last message of another agent is private
	elsewhere bool   // the last message asks others for an answer
	answers   bool   // the last message answers the reader
	agreed    string // the proposal on which the last message completed an agreement; "": none
	request   string // the last unanswered request to anyone; "": none
	finished  bool   // somebody has finished a task
	own       bool   // the reader's own user has said or done something for the reader to act on
}

// newsOf summarizes messages for the agent with the name self.
func newsOf(messages []chat.Message, self string) news {
	var n news
	for _, message := range messages {
		n.finished = n.finished || len(message.Finished) > 0 || message.TaskAction == room.FinishTask
		switch {
		case message.Type == chat.EventLeft: // even by a person, for another agent or as an admin
		case message.FromUser, message.Reason == room.ReasonResumed, message.Reason == room.ReasonRefused:
			n.own = true
		// the reader has spoken
		case message.Type == chat.EventDrafted, message.Mine, self != "" && message.From == self:
			n = news{own: n.own, finished: n.finished}
		case message.Type == chat.EventSaid:
			n.addMessage(message)
		}
	}
	return n
}

// addMessage adds a message of another agent.
func (n *news) addMessage(message chat.Message) {
	n.wants = n.wants || !wantsNothing(message)
	n.private, n.elsewhere, n.answers, n.agreed = len(message.To) > 0, len(message.Ask) > 0, message.AnswersYou,
		message.Agreed
	if message.ReplyTo != "" && message.ReplyTo == n.request || message.Withdraws != "" &&
		message.Withdraws == n.request {
		n.request = ""
	}
	if message.Kind == room.Request && len(message.Ask) == 0 && len(message.To) == 0 {
		n.request = message.ID
	}
}

// wantsNothing reports whether nobody needs to answer a message.
func wantsNothing(m chat.Message) bool {
	return m.Kind.WantsNothing() || m.Withdraws != "" && m.Text == "" ||
		len(m.Finished) > 0 && m.Kind.IsPlain() && len(m.Ask) == 0
}

// next returns what the table says: the facts, the imperative and the asides, with spaces between them.
func (s *situation) next() string {
	if s.Person { // nobody tells a person what to do
		return ""
	}
	var b strings.Builder
	for _, r := range facts {
		if r.when(s) {
			b.WriteString(s.sentence(r) + " ")
		}
	}
	last := s.sentence(imperatives[slices.IndexFunc(imperatives, func(r row) bool { return r.when(s) })])
	if s.isAsked() && !strings.Contains(last, s.Owes) {
		last = s.word("question") + ". " + last
	}
	if s.seat && !s.more && waits().MatchString(last) {
		b.WriteString(s.hint)
	}
	b.WriteString(last + s.wakeHint(last) + s.standbyHint())
	for _, r := range asides {
		if r.when(s) {
			b.WriteString(" " + s.sentence(r))
		}
	}
	return b.String()
}

// sentence returns what a row says.
func (s *situation) sentence(r row) string {
	text := r.reason + ": " + r.call
	if r.reason == "" || r.call == "" {
		text = r.reason + r.call
	}
	text = s.fill(text)
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

var braces = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[a-z]+\}`) })

// fill replaces the words in braces.
func (s *situation) fill(text string) string {
	return braces().ReplaceAllStringFunc(text, func(w string) string { return s.word(w[1 : len(w)-1]) })
}

// endTurn is what a hooked agent does in place of waiting.
const endTurn = "end your turn"

// word returns the replacement of a word in braces.
func (s *situation) word(w string) string {
	switch w {
	case "wait":
		if s.Hooked {
			return endTurn
		}
		more := ""
		if s.owed() > 0 && !s.isPair() {
			more = ", for_me true"
		}
		return "call " + s.call("wait_for_message", s.wait, more)
	case "unshown":
		if s.Unsure {
			return "what results without a cursor handed out earlier may not have reached you, and message_history " +
				"has it"
		}
		return "some of it has expired, or is from before you joined"
	case "rest":
		if s.mayRest() {
			return "do your own work and look in with " + s.word("look") + "; to go on waiting, " + s.word("wait")
		}
		return s.word("wait")
	case "look":
		return s.call("wait_for_message", 0, "")
	case "send":
		more := ""
		switch {
		case s.private: // without the id of a request to all, which would be answered to the wrong readers
			more = ", to"
		case s.request != "":
			more = ", reply_to " + s.request
		}
		return s.call("send_message", s.send, more)
	case "answer":
		more := ", reply_to " + s.Owes
		switch {
		case s.OwesAgreement:
			more += ", kind agree"
		case s.OwesPrivate:
			more += ", to"
		case s.file && s.held: // the file may be the answer
			return "share_file or send_message (" + s.word("cursor") + more + ")"
		}
		return s.call("send_message", s.send, more)
	case "turn":
		if s.Owed > 0 {
			return s.word("wait") + " for the answer that you are owed; if you need none, call " + s.word("send")
		}
		return "call " + s.word("send") + ", with kind done if you are finished; if others have still to do " +
			"something, " + s.word("wait")
	case "asked":
		return s.Owes
	case "question":
		if s.OwesUnread {
			return s.fill("Message {asked}, which you have not read, asks you{also}: read it before you do more, so " +
				"call {look}")
		}
		return s.fill("Message {asked} asks you{also}")
	case "unread":
		if s.OwesUnread {
			return s.word("question")
		}
		return s.fill("there is more to read before you speak: call {look}")
	case "done":
		if s.act != "" {
			return "done"
		}
		return "sent"
	case "also":
		if len(s.AlsoOwes) == 0 {
			return ""
		}
		return " (you also owe an answer to " + strings.Join(s.AlsoOwes, ", ") + ")"
	case "begin":
		if s.vacant {
			return "if all that you need are here, call " + s.word("send") + "; if not, " + s.word("wait")
		}
		return "you begin, so call " + s.word("send")
	case "else":
		return s.otherwise()
	case "again":
		switch {
		case s.act != "":
			return s.taskCall(s.act)
		case s.file:
			return "call share_file (" + s.word("cursor") + ")"
		case s.apart:
			return "call " + s.call("send_message", s.send, ", to")
		}
		return "call " + s.call("send_message", s.send, "")
	case "yours":
		if s.act != "" {
			return "it still fits"
		}
		return "yours is still to be said"
	case "fits":
		switch {
		case s.act != "":
			return ""
		case !s.private || s.apart:
			return " with what fits"
		}
		return " with what fits (to answer what was said in private, give to)"
	case "invite":
		if s.uninviting {
			return "call update_room (new_invite true) and give your user that invite, since the old one gives no seat"
		}
		if !s.seat {
			return "give your user the invite that you got when you joined"
		}
		return "give your user the invite"
	case "leave":
		if s.Admin {
			return "close the room with update_room (closed true), or call leave_room"
		}
		return "call leave_room"
	case "out":
		return s.out()
	case "cursor": // without a cursor in this result, an earlier cursor is valid
		if s.cursor == "" {
			return "your last cursor"
		}
		return "cursor " + s.cursor
	case "credential":
		return s.credential
	case "harm":
		if s.credential == sanitize.CallSyntax {
			return "what you meant as an argument, such as to, is mere text until you give it apart"
		}
		return "anyone who reads it could use it"
	case "agreed":
		return s.agreed
	case "beside":
		return s.beside
	case "another":
		if s.sent {
			return "another"
		}
		return "a"
	case "revised":
		return s.revised()
	case "seats":
		if s.FreeSeats == 0 {
			return ""
		}
		is := "are"
		if s.FreeSeats == 1 {
			is = "is"
		}
		return fmt.Sprintf(", and %d of %d seats %s free", s.FreeSeats, s.Seats, is)
	case "owed":
		is := " are"
		if s.owed() == 1 {
			is = " is"
		}
		count := results.Count(s.owed(), "answer", "answers")
		return count + " to " + strings.Join(s.OwedTo, ", ") + is + " outstanding"
	case "files":
		ids := s.carriers()
		if len(ids) > 1 {
			return "files came with messages " + strings.Join(ids, ", ")
		}
		return "a file came with message " + strings.Join(ids, "")
	case "show":
		if len(s.carriers()) > 1 {
			return "get_file with one of these ids shows its file, and with all of them has one command that saves all"
		}
		return "get_file with that id shows the file, and has the command that saves it"
	case "lost":
		return s.LostTask
	case "silent":
		return s.Silent.ID
	case "silence":
		return results.Count(int64(s.Silent.For/time.Minute), "minute", "minutes")
	case "limit":
		return strconv.FormatInt(minutesUp(s.Silent.For+s.Silent.Left), 10)
	case "sooner":
		if s.Silent.For+s.Silent.Left <= room.YieldsAfter {
			return ""
		}
		return ", the agent that added it or an admin after " + strconv.FormatInt(minutesUp(room.YieldsAfter), 10)
	}
	return s.mine()
}

// otherwise returns what a caller with nothing to say does: work, leave or wait. A task is named by its id alone,
// since others chose its words.
func (s *situation) otherwise() string {
	switch {
	case s.Owes != "": // by an agent that may not speak now
		return s.word("wait")
	case s.held: // what came first may be that nothing is wanted any more
		return s.word("wait")
	case s.mine() != "" && s.Bound: // a held agent may only report
		return "go on with " + s.mine() + "; once it is done, call " +
			s.call("send_message", s.send, ", kind status, finishes "+s.mine())
	case s.mine() != "":
		action, result := "finish", ", text"
		if s.Offered != "" || s.mayTake() {
			action = "next"
		}
		if s.Listening { // its words are refused
			result = ""
		}
		call := s.taskCall("action " + action + ", id " + s.mine() + result)
		if s.Listening {
			call += " without text"
		}
		return "go on with " + s.mine() + "; once it is done, " + call
	case s.Offered != "" && s.owed() > 0: // the answer may be that it must not begin
		return s.word("wait") + ", or " + s.taskCall("action take, id "+s.Offered) + ", which is offered to you"
	case s.Offered != "": // it may have to wait for an answer or an agreement
		return s.taskCall("action take, id "+s.Offered) + ", which is offered to you. To decline it, give action " +
			"release. If it cannot begin yet, " + s.word("wait")
	case s.mayTake() && s.owed() > 0:
		return s.fill("{wait}, or call task ({cursor}, action take) for a task that is free")
	case s.mayTake():
		return s.fill("call task ({cursor}, action take) for a task that is free or, if none is for you, {wait}")
	case s.owed() == 0 && s.isSettled():
		return "call leave_room"
	case s.owed() == 0 && s.isPair() && (s.Begun || s.finished) && !s.Bound && !s.OffersLater && // others may come yet
		s.agreed == "": // tasks may follow
		return s.word("wait") + ", or leave_room once all is settled"
	}
	if s.leavesOpen() {
		leave := ", or leave_room if you need none of it"
		if s.OffersLater {
			leave = ""
		}
		return s.word("wait") + " for what is still open with others (" + s.open() + ")" + leave
	}
	if s.maySucceed() {
		return s.taskCall("action take, id "+s.Silent.ID) + ", whose agent was not heard for " + s.word("silence") +
			", or, to wait for it, " + s.word("wait")
	}
	return s.word("wait")
}

// revised says what follows from what was just agreed on. What was done under an agreement that is replaced is not
// undone, or two agents would begin it anew. The one that proposed is told to add tasks; if all were, all would add the
// same.
func (s *situation) revised() (text string) {
	const most = 10
	if r := s.revision; r != nil && r.ID == s.agreed {
		text = "; it replaces " + r.Old
		if done := r.Done; len(done) > 0 {
			text += ", and what was done under that stays done, so a new task says what changes: " +
				strings.Join(done[:min(most, len(done))], ", ")
			if more := len(done) - most; more > 0 {
				text += fmt.Sprintf(" and %d more", more)
			}
		}
	}
	if s.mayFollow() && !s.Bound && !s.Listening {
		text += ". If work follows from it, call task (action add)"
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
	return fmt.Sprintf("%s (%s, wait_seconds %d%s)", tool, s.word("cursor"), wait/time.Second, more)
}

// taskCall returns a call of task, whose cursor lets what is unread hold the call back.
func (s *situation) taskCall(arguments string) string {
	return "call task (" + s.word("cursor") + ", " + arguments + ")"
}

// seated returns next for a call that took a seat.
func (a advisor) seated(s chat.Seated) string { return a.afterJoining(s, s.Opens).next() }

// queued returns next for a wait for a partner. again is how long the next wait should last.
func (a advisor) queued(q pairing.Result, again time.Duration) string {
	switch q.Status {
	case pairing.Paired:
		return a.afterJoining(q.Seated, q.Opens).next()
	case pairing.Left:
		return "You are no longer in the queue: go on with your own work."
	}
	return fmt.Sprintf("No partner yet: within 15 seconds call enter_queue again (this ticket, wait_seconds %d) to "+
		"stay in line, or with leave true to give up.", again/time.Second)
}

// afterJoining returns the situation after a join or a pairing. opens says that the caller speaks first.
func (a advisor) afterJoining(s chat.Seated, opens bool) *situation {
	is := a.situation(s.Situation, s.Messages, s.Name)
	is.cursor, is.more, is.watch, is.uninviting = s.Cursor, s.HasMore, s.Watch != "", a.keys && s.Invite.Code == ""
	is.newcomer, is.hidden = s.Status != chat.StatusReturned, s.Hidden > 0 && s.Status != chat.StatusReturned
	is.seat, is.opens = true, opens && !is.private && !is.wants
	is.vacant = len(s.Room.Agents) < s.Room.Capacity
	return is
}

// situation returns what all calls have in common.
func (a advisor) situation(is chat.Situation, messages []chat.Message, self string) *situation {
	s := &situation{advisor: a, Situation: is, news: newsOf(messages, self), messages: messages}
	if s.Listening || s.Others == 0 { // the caller cannot answer
		s.wants, s.private, s.answers, s.request = false, false, false, ""
	}
	return s
}

// waited returns next for a wait.
func (a advisor) waited(w chat.Waited, asked chat.WaitRequest) string {
	return a.afterWaiting(w, asked).next()
}

func (a advisor) afterWaiting(w chat.Waited, asked chat.WaitRequest) *situation {
	s := a.situation(w.Situation, w.Messages[w.Along:], "") // what comes along was news before
	s.cursor, s.more, s.status = w.Cursor, w.HasMore, w.Status
	s.looked, s.awayTill = asked.Wait == 0, asked.BackIn > 0 && !w.AwayUntil.IsZero()
	s.revision = w.Revision
	return s
}

// sent returns next for a send.
func (a advisor) sent(s chat.Sent, asked chat.SendRequest) string {
	return a.afterSending(s, asked).next()
}

// afterSending returns the situation after a send or a share. A send without a wait answers the messages before it,
// unless they are private.
func (a advisor) afterSending(s chat.Sent, asked chat.SendRequest) *situation {
	is := a.afterWaiting(s.Waited, chat.WaitRequest{Wait: a.wait, Absence: asked.Absence})
	if s.Sent && asked.Wait == 0 {
		private := is.private && !is.elsewhere
		is.news = newsOf(s.Messages[s.Before:], "")
		is.private = private || is.private
	}
	is.sent, is.held, is.credential = s.Sent, !s.Sent && !s.Paused && s.Status != chat.StatusPending, s.Credential
	is.apart = len(asked.To) > 0
	is.kind, is.duplicate, is.before = asked.Kind, s.Duplicate, s.Before > 0
	is.unfinished, is.beside = len(s.Unfinished) > 0, s.Beside
	is.over = s.Sent && len(asked.Finishes) > len(s.Unfinished)
	if s.Agreed != "" {
		is.agreed = s.Agreed
	}
	return is
}

// shared returns next for a share of asked whose bytes came with the call, and for an upload that shared nothing.
func (a advisor) shared(s chat.Sent, asked chat.SendRequest) string {
	is := a.afterSending(s, asked)
	is.file = true
	return is.next()
}

// tasked returns next for a call of task.
func (a advisor) tasked(t chat.Tasks, asked chat.TaskRequest) string {
	s := a.situation(t.Situation, nil, "")
	s.cursor, s.over = t.Cursor, asked.Action == chat.CommandFinish || asked.Action == chat.CommandNext
	switch one := t.Task; {
	case one == nil:
	case (asked.Action == chat.CommandTake || asked.Action == chat.CommandNext) && one.Mine:
		s.task = one.ID
	case asked.Action == chat.CommandRelease:
		s.FreeTasks = 0 // else next would have the caller take the same task again
	}
	said := taskSaid(t, asked)
	switch {
	case s.Person:
		return ""
	case said != "" && s.isAsked(): // the question comes first
		return s.next() + " " + said
	case said != "":
		return said + " " + s.next()
	}
	return s.next()
}

// heldAct returns next for a call of task that something unread held back. done says that a repeated next has finished
// its task before.
func (a advisor) heldAct(w chat.Waited, asked chat.TaskRequest, done bool) string {
	s := a.situation(w.Situation, w.Messages, "")
	s.cursor, s.more, s.held, s.act = w.Cursor, w.HasMore, true, "action "+string(asked.Action)
	if asked.ID != "" {
		s.act += ", id " + asked.ID
	}
	if asked.Text != "" {
		s.act += ", text"
	}
	if done { // of next, to take another task is what is left
		s.act = "action take"
	}
	return s.next()
}

// listed returns next for a call of list_tasks.
func (a advisor) listed(t chat.Tasks, asked chat.TaskListRequest) string {
	next := a.tasked(t, chat.TaskRequest{})
	if next != "" && asked.ID == "" && len(t.Tasks) == 0 {
		next = "No task is open. " + next
	}
	return next
}

// waits matches a call that waits.
var waits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`wait_seconds [1-9]`) })

// wakeHint returns the sentence after an imperative to wait, if a hook or a program on standby wakes the agent. A
// free task ends only the agent's own wait.
func (s *situation) wakeHint(last string) string {
	switch {
	case s.Hooked && strings.Contains(strings.ToLower(last), endTurn):
		return " You are called when something is said or a task is yours."
	case s.Woken && !s.Hooked && waits().MatchString(last) && !strings.Contains(last, "send_message ("):
		return " A program wakes you when something is said or a task is yours: instead of waiting you may end " +
			"your turn."
	}
	return ""
}

// plain reports whether an address means only itself in a shell.
func plain(address string) bool {
	return regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]+$`).MatchString(address)
}

// standbyHint says how an agent is woken without taking turns, after a wait or a send that leaves the agent nothing
// to do for a while. It is empty if the server's address is not known or not plain: the address comes from the
// caller's request.
func (s *situation) standbyHint() string {
	if s.Woken || s.Hooked || s.deaf || !s.awayTill && !s.isResting() || s.isOut() || s.held || s.more ||
		s.Owes != "" || s.wants || !plain(s.address) {
		return ""
	}
	return " If the end of a background command wakes you, run this in a background shell instead. Write your " +
		"agent_token to a file of mode 600 first and begin with TOKEN=$(cat FILE); since others can read command " +
		"lines: " + StandbyLine(s.address, s.cursor)
}
