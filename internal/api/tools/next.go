package tools

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
)

// This file makes next from the table in next_table.go. Each result gets the facts worth knowing, if any, and one
// imperative with the arguments to use.
//
// Together they give the turn to exactly one agent, so that two agents neither both wait nor both speak. An agent that
// owes an answer gives it, and one that is owed an answer waits. A newcomer answers what it finds, or opens, and those
// that were there wait for it. Else an agent that has heard something answers, and one that has spoken waits. If two
// speak at once nevertheless, the cursor that each should send with holds the second message back until its sender has
// read the first. If all wait, chat gives the turn to one of them that can do something.

// advisor writes next for a client with these habits.
type advisor struct {
	habits
	keys    bool   // callers need keys, so that an invite is a link, which may seat nobody any more
	address string // of MCP, for the line of a shell; "" if it is not known, or to give none
}

// situation is what a sentence depends on: how things stand in the room, what the call did, and what its client stands.
type situation struct {
	advisor
	chat.Situation
	news
	messages []chat.Message
	cursor   string
	more     bool            // there are further events to read first
	status   chat.WaitStatus // of a call that waits or sends
	awayTill bool            // the call announced an absence
	looked   bool            // it did not wait

	// Of taking a seat.
	seat       bool // it has taken one
	watch      bool // there is a link for the user
	hidden     bool // not all that was said is for the caller
	newcomer   bool
	opens      bool // and speaks first
	vacant     bool // a seat is free
	uninviting bool // the invite to the room seats nobody any more

	// Of a send or a share.
	sent       bool
	held       bool   // it was not sent, and no person decides about it
	credential string // what it seems to hold, for which it was held; "" for none
	file       bool   // it is a file
	kind       room.Kind
	duplicate  bool
	before     bool // something came before it
	unfinished bool // it was to finish a task, and did not

	// Of a call of task.
	task string // the id of the task that the call gave to the caller; "" if it gave none
	over bool   // a task was finished
}

// news is what the messages of a result mean for the question of who speaks next.
type news struct {
	wants     bool   // another agent has said something that may want an answer
	private   bool   // it spoke last, and not to all
	elsewhere bool   // and asks others for an answer
	answers   bool   // and answers the reader
	agreed    string // the proposal on which the last word completed an agreement; "" for none
	request   string // the last request to anyone that nobody answered; "" for none
	finished  bool   // somebody has finished a task
	own       bool   // the reader's own user has said or done something that is up to the reader
}

// newsOf summarizes messages for the agent with the name self.
func newsOf(messages []chat.Message, self string) news {
	var n news
	for _, message := range messages {
		n.finished = n.finished || len(message.Finished) > 0 || message.TaskAction == chat.TaskFinish
		switch {
		case message.Type == chat.EventLeft: // another's user leaves, or an admin's removes somebody, as any agent does
		case message.FromUser, message.Reason == room.ReasonResumed, message.Reason == room.ReasonRefused:
			n.own = true
		// the reader has spoken by that
		case message.Type == chat.EventDrafted, message.Mine, self != "" && message.From == self:
			n = news{own: n.own, finished: n.finished}
		case message.Type == chat.EventSaid:
			n.hear(message)
		}
	}
	return n
}

// hear adds a message of another agent.
func (n *news) hear(message chat.Message) {
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
	return m.Kind == room.Status || m.Kind == room.Agree || m.Withdraws != "" && m.Text == "" ||
		len(m.Finished) > 0 && m.Kind == room.Plain && len(m.Ask) == 0
}

// next is what the table says: the facts, each with a space after it, and the imperative.
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
	if s.seat && !s.more && waits().MatchString(last) {
		b.WriteString(s.hint)
	}
	return b.String() + last + s.wakeHint(last) + s.standbyHint()
}

// sentence is what a row says.
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

// word is what a word in braces stands for.
func (s *situation) word(w string) string {
	switch w {
	case "wait":
		if s.Hooked {
			return endTurn
		}
		return "call " + s.call("wait_for_message", s.wait, "")
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
		if s.request != "" {
			more = ", reply_to " + s.request
		}
		if s.private {
			more += ", to"
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
	case "vacant":
		if !s.vacant {
			return ""
		}
		return "; if you need somebody who is still to come, " + s.word("wait")
	case "else":
		return s.otherwise()
	case "again":
		if s.file {
			return "call share_file (" + s.word("cursor") + ")"
		}
		return "call " + s.word("send")
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
	case "cursor": // without one in the result, that of an earlier one is good
		if s.cursor == "" {
			return "your last cursor"
		}
		return "cursor " + s.cursor
	case "credential":
		return s.credential
	case "agreed":
		return s.agreed
	case "owed":
		if s.owed() == 1 {
			return "1 answer to you is outstanding"
		}
		return plural(int64(s.owed()), "answer") + " to you are outstanding"
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
		return s.SilentTask
	case "silence":
		return plural(int64(s.SilentFor/time.Minute), "minute")
	case "limit":
		return strconv.FormatInt(minutesUp(s.SilentFor+s.SilentLeft), 10)
	}
	return s.mine()
}

// otherwise is what the caller does if it has nothing to say: it works, leaves or waits. A task goes by its id alone,
// since others chose its words.
func (s *situation) otherwise() string {
	switch {
	case s.mine() != "" && s.Bound: // it may report alone
		return "go on with " + s.mine() + "; once it is done, call " +
			s.call("send_message", s.send, ", kind status, finishes "+s.mine())
	case s.mine() != "":
		return "go on with " + s.mine() + "; once it is done, call task (action next, id " + s.mine() + ", text)"
	case s.Offered != "":
		return "call task (action take, id " + s.Offered + "), which is offered to you, or decline it with the same " +
			"call and action release"
	case s.mayTake():
		return "call task (action take) for a task that is free or, if none is for you, " + s.word("wait")
	case s.owed() == 0 && s.isSettled():
		return "call leave_room"
	case s.owed() == 0 && s.isPair() && (s.Begun || s.finished) && !s.Bound && // others may still be to come
		(s.agreed == "" || !s.hasOpen()):
		return s.word("wait") + ", or leave_room once all is settled"
	}
	if s.maySucceed() {
		return "call task (action take, id " + s.SilentTask + "), whose agent was not heard for " + s.word("silence") +
			", or, to wait for it, " + s.word("wait")
	}
	return s.word("wait")
}

// call is a call with the arguments that are known.
func (s *situation) call(tool string, wait time.Duration, more string) string {
	if s.Hooked {
		wait = 0
	}
	return fmt.Sprintf("%s (%s, wait_seconds %d%s)", tool, s.word("cursor"), wait/time.Second, more)
}

// plural writes how many there are of a thing.
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// seated follows taking a seat.
func (a advisor) seated(s chat.Seated) string { return a.afterJoining(s, s.Opens).next() }

// queued follows a wait for a partner. again is how long the next one should last.
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

// afterJoining follows taking a seat by either way. opens says that the caller speaks first.
func (a advisor) afterJoining(s chat.Seated, opens bool) *situation {
	is := a.situation(s.Situation, s.Messages, s.Name)
	is.cursor, is.more, is.watch, is.uninviting = s.Cursor, s.HasMore, s.Watch != "", a.keys && s.Invite.Code == ""
	is.newcomer, is.hidden = s.Status != chat.StatusReturned, s.Hidden > 0 && s.Status != chat.StatusReturned
	is.seat, is.opens = true, opens && !is.private && !is.wants
	is.vacant = len(s.Room.Agents) < s.Room.Capacity
	return is
}

// situation returns what is common to all calls.
func (a advisor) situation(is chat.Situation, messages []chat.Message, self string) *situation {
	s := &situation{advisor: a, Situation: is, news: newsOf(messages, self), messages: messages}
	if s.Listening || s.Others == 0 { // it cannot answer
		s.wants, s.private, s.answers, s.request = false, false, false, ""
	}
	return s
}

// waited follows a wait.
func (a advisor) waited(w chat.Waited, asked chat.WaitRequest) string {
	return a.afterWaiting(w, asked).next()
}

func (a advisor) afterWaiting(w chat.Waited, asked chat.WaitRequest) *situation {
	s := a.situation(w.Situation, w.Messages[w.Along:], "") // what comes along was news before
	s.cursor, s.more, s.status = w.Cursor, w.HasMore, w.Status
	s.looked, s.awayTill = asked.Wait == 0, asked.BackIn > 0 && !w.AwayUntil.IsZero()
	return s
}

// sent follows a send.
func (a advisor) sent(s chat.Sent, asked chat.SendRequest) string {
	return a.afterSending(s, asked).next()
}

// afterSending follows a send or a share. What came before a message that did not wait is answered by it, unless it is
// private.
func (a advisor) afterSending(s chat.Sent, asked chat.SendRequest) *situation {
	is := a.afterWaiting(s.Waited, chat.WaitRequest{Wait: a.wait, Absence: asked.Absence})
	if s.Sent && asked.Wait == 0 {
		private := is.private && !is.elsewhere
		is.news = newsOf(s.Messages[s.Before:], "")
		is.private = private || is.private
	}
	is.sent, is.held, is.credential = s.Sent, !s.Sent && !s.Paused && s.Status != chat.StatusPending, s.Credential
	is.kind, is.duplicate, is.before = asked.Kind, s.Duplicate, s.Before > 0
	is.unfinished = len(s.Unfinished) > 0
	is.over = s.Sent && len(asked.Finishes) > len(s.Unfinished)
	if s.Agreed != "" {
		is.agreed = s.Agreed
	}
	return is
}

// shared follows a share of a file whose bytes came with the call, and an upload that shared nothing.
func (a advisor) shared(s chat.Sent) string {
	is := a.afterSending(s, chat.SendRequest{})
	is.file = true
	return is.next()
}

// tasked follows a call of task.
func (a advisor) tasked(t chat.Tasks, asked chat.TaskRequest) string {
	s := a.situation(t.Situation, nil, "")
	s.Owes = "" // it may not have read to what, which comes with the next wait
	s.cursor, s.over = t.Cursor, asked.Action == chat.TaskFinish || asked.Action == chat.TaskNext
	switch one := t.Task; {
	case one == nil:
	case (asked.Action == chat.TaskTake || asked.Action == chat.TaskNext) && one.Mine:
		s.task = one.ID
	case asked.Action == chat.TaskRelease:
		s.FreeTasks = 0 // to take the next one would take this one back
	}
	if s.Person {
		return ""
	}
	return taskSaid(t, asked) + s.next()
}

// listed follows a call of list_tasks.
func (a advisor) listed(t chat.Tasks, asked chat.TaskListRequest) string {
	next := a.tasked(t, chat.TaskRequest{})
	if next != "" && asked.ID == "" && len(t.Tasks) == 0 {
		next = "No task is open. " + next
	}
	return next
}

// waits matches a call that waits.
var waits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`wait_seconds [1-9]`) })

// wakeHint follows an imperative that has the agent wait where something wakes it: a hook, which it needs to know, or a
// program on standby. A free task ends only the agent's own wait.
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

// plain reports whether an address is one to put into a shell as it is.
func plain(address string) bool {
	return regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]+$`).MatchString(address)
}

// standbyHint follows the sentence of a wait or a send after which the agent has nothing to do for a while. It says how
// to be woken without taking turns. It is empty if the server's address is not known or not plain: the address comes
// from the caller's request.
func (s *situation) standbyHint() string {
	if s.Woken || s.Hooked || s.deaf || !s.awayTill && !s.isResting() || s.isOut() || s.held || s.more ||
		s.Owes != "" || s.wants || !plain(s.address) {
		return ""
	}
	return " If the end of a background command wakes you, run this in a background shell instead. Write your " +
		"agent_token to a file of mode 600 first and begin with TOKEN=$(cat FILE); since others can read command " +
		"lines: " + StandbyLine(s.address, s.cursor)
}
