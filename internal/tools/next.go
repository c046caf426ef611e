package tools

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/room"
)

// The sentences of next_rules.go and next_notes.go are everything that the server
// itself says to a model. Each result gets the facts worth knowing, if any, and one
// imperative with the arguments to use. They contain nothing that an agent chose:
// ids, cursors, times and numbers come from the server.
//
// Together they give the turn to exactly one agent, so that two agents neither both
// wait nor both speak. An agent that owes an answer gives it, and one that is owed an
// answer waits. A newcomer answers what it finds, or opens, and those that were there
// wait for it. Else an agent that has read something answers, and one that has spoken
// waits. If two speak at once nevertheless, the cursor that each should send with
// holds the second message back until its sender has read the first. If all wait,
// chat gives the turn to one of them.

// longQuiet is the silence after which an agent hears that it may stop waiting.
const longQuiet = 10 * time.Minute

// advisor writes the sentences of next for a client with these habits.
type advisor struct {
	habits
	keys    bool   // callers need keys, so that an invite is a link, which may seat nobody any more
	address string // of MCP, for the line of a shell; "" if it is not known, or to give none
}

// situation is what a sentence depends on: how things stand in the room, what the call did, and
// what its client stands.
type situation struct {
	advisor
	chat.Situation
	cursor string
	more   bool // there are further events to read first
	news   news
	status chat.WaitStatus // of a call that waits or sends

	// Set after taking a seat.
	newcomer   bool // the caller has just taken a new seat
	opens      bool // and the caller speaks first
	uninviting bool // the invite to the room seats nobody any more

	// Set after a wait.
	looked    bool      // the call did not wait
	stopping  bool      // the server is stopping, and nothing came
	awayUntil time.Time // until when the caller is away, as the call announced

	// Set after a send.
	held    bool // it was not sent
	reveals bool // for the one reason that the text seems to hold a credential
	kind    room.Kind
	then    bool // the call waited for an answer
	settled bool // it completed an agreement
	settles bool // it wants none: it agrees, objects, or only takes something back
	closes  bool // it closes a task

	// Set after a share of a file.
	uploaded bool // its bytes came by an upload

	// Set after a call of task.
	action  chat.TaskAction
	task    string // the id of the task that it changed
	freed   bool   // which is free for anybody now
	other   string // the id of another that is free; "" if there is none
	stalled string // the id of one that has stalled
}

// news is what the messages of a result mean for the question of who speaks next.
type news struct {
	heard     bool   // another agent spoke last
	private   bool   // and not to all
	elsewhere bool   // and asks others for an answer
	done      bool   // and says that it is finished
	report    bool   // nothing that was said wants an answer
	agreed    bool   // the last word completed an agreement
	request   string // the last request to anyone that nobody answered; "" for none
	arrived   bool   // somebody joined
	finished  bool   // somebody has finished a task
	own       bool   // the reader's own user has said or done something that is up to the reader
	left      bool   // the reader's own user has given its seat up
}

// newsOf summarizes messages for the agent with the name self.
func newsOf(messages []chat.Message, self string) news {
	var n news
	for _, m := range messages {
		n.finished = n.finished || len(m.Finished) > 0 || m.TaskAction == chat.TaskFinish
		switch {
		case m.Type == chat.EventJoined:
			n.arrived = n.arrived || m.Reason != room.ReasonReturned // who has its seat again is no newcomer
		case m.Type == chat.EventLeft && m.Person && m.Mine:
			n = news{left: true}
		case m.Type == chat.EventLeft: // another's user leaves, or an admin's removes somebody, as any agent does
		case m.FromUser, m.Reason == room.ReasonResumed, m.Reason == room.ReasonRefused:
			n.own = true
		case m.Type == chat.EventDrafted, m.Mine, self != "" && m.From == self: // the reader has spoken by that
			n = news{arrived: n.arrived, own: n.own, finished: n.finished}
		case m.Type != chat.EventSaid:
		default:
			n.hear(m)
		}
	}
	return n
}

// hear adds a message of another agent.
func (n *news) hear(m chat.Message) {
	n.report = wantsNothing(m) && (n.report || !n.heard)
	n.agreed = m.Agreed != ""
	n.heard, n.private, n.elsewhere, n.done = true, len(m.To) > 0, len(m.Ask) > 0, m.Kind == room.Done
	if m.ReplyTo != "" && m.ReplyTo == n.request || m.Withdraws != "" && m.Withdraws == n.request {
		n.request = ""
	}
	if m.Kind == room.Request && len(m.Ask) == 0 && len(m.To) == 0 {
		n.request = m.ID
	}
}

// wantsNothing reports whether nobody needs to answer a message.
func wantsNothing(m chat.Message) bool {
	return m.Kind == room.Status || m.Kind == room.Agree && m.Agreed == "" || m.Withdraws != "" && m.Text == ""
}

// rule is a case and what to say in it. Words in braces stand for calls with their
// arguments, or for numbers and times; see replacement. Those in brackets are a choice.
type rule struct {
	when func(situation) bool
	say  string
}

// sentence is what the first rule says that applies.
func (s situation) sentence(tables ...[]rule) string {
	for _, rules := range tables {
		for _, r := range rules {
			if r.when(s) {
				return s.fill(r.say)
			}
		}
	}
	return "" // unreachable: the last table ends with a rule that always applies
}

// endTurn is what a hooked agent does in place of waiting. One sentence more says why it may.
const (
	endTurn = "end your turn"
	called  = " You are called when there is something to read."
)

// ends replaces each call that waits.
var ends = strings.NewReplacer("call {wait} again", endTurn, "call {wait}", endTurn, "{wait}", endTurn)

// choice is a part of a text that says one thing to an agent that waits, and another to a hooked one. A hook calls
// for what there is to read, and neither for a free task nor for the turn.
var choice = regexp.MustCompile(`\[([^|\]]*)\|([^\]]*)\]`)

// fill replaces the choices and the words in braces.
func (s situation) fill(text string) string {
	if !s.Hooked {
		return s.fillBraces(choice.ReplaceAllString(text, "$1"))
	}
	text = s.fillBraces(ends.Replace(choice.ReplaceAllString(text, "$2")))
	if strings.Contains(strings.ToLower(text), endTurn) {
		text += called
	}
	return text
}

func (s situation) fillBraces(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		word, after, _ := strings.Cut(rest, "}")
		b.WriteString(s.replacement(word))
		text = after
	}
}

// replacement is what a word in braces stands for.
func (s situation) replacement(word string) string {
	switch word {
	case "idle":
		return plural(int64(s.OthersIdle/time.Minute), "minute")
	case "back":
		return plural(minutesUp(s.OthersAway), "minute")
	case "until":
		return viewTime(s.awayUntil)
	case "owed":
		if s.Owed == 1 {
			return "1 answer to you is outstanding"
		}
		return plural(int64(s.Owed), "answer") + " to you are outstanding"
	case "outlast": // half a minute longer than they will be away, if the client stands that
		return s.call("wait_for_message", min(s.wait, s.OthersAway+30*time.Second), "")
	case "look":
		return s.call("wait_for_message", 0, "")
	case "cursor":
		return s.cursor
	case "mine":
		return s.Tasks[0].ID
	case "task":
		return s.task
	case "stalled":
		return s.stalled
	case "take":
		if s.other != "" {
			return "task (action take, id " + s.other + ")"
		}
		return "task (action take)"
	case "silent":
		return s.SilentTask
	case "silence":
		return plural(int64(s.SilentFor/time.Minute), "minute")
	case "offered":
		return "task (action take, id " + s.Offered + ")"
	case "report":
		mine := cmp.Or(s.task, s.mine())
		if !s.Bound { // else it may report alone
			return "task (action next, id " + mine + ", text)"
		}
		return s.call("send_message", s.send, ", kind status, finishes "+mine)
	case "on":
		return s.goOn("call ")
	case "else":
		return s.goOn("")
	case "send":
		return s.call("send_message", s.send, "")
	case "answer":
		return s.call("send_message", s.send, s.replyTo())
	case "agree":
		return s.call("send_message", s.send, s.replyTo()+", kind agree")
	}
	return s.call("wait_for_message", s.wait, "")
}

// mine is the id of a task that the caller has; "" if it has none.
func (s situation) mine() string {
	if len(s.Tasks) == 0 {
		return ""
	}
	return s.Tasks[0].ID
}

// mayTake reports whether a task is free for the caller.
func (s situation) mayTake() bool { return s.FreeTasks > 0 }

// hasWork reports whether the caller has a task, or may take one.
func (s situation) hasWork() bool { return s.mine() != "" || s.Offered != "" || s.mayTake() }

// goOn is what the caller does if nobody asks it for an answer: it works, or waits. A task goes by its
// id alone, and one that the caller has not taken is never called its own: others chose the words.
func (s situation) goOn(call string) string {
	switch {
	case s.mine() != "":
		return "go on with " + s.mine() + ", and report it with " + s.replacement("report")
	case s.Offered != "":
		return call + s.replacement("offered")
	case s.mayTake():
		return call + s.replacement("take")
	}
	if s.Hooked {
		return endTurn
	}
	return call + s.replacement("wait")
}

// call is a call with the arguments that are known. A result without a cursor leaves that of an earlier one good.
func (s situation) call(tool string, wait time.Duration, more string) string {
	if s.Hooked {
		wait = 0
	}
	cursor := "your last cursor"
	if s.cursor != "" {
		cursor = "cursor " + s.cursor
	}
	return tool + " (" + cursor + ", wait_seconds " + strconv.FormatInt(int64(wait/time.Second), 10) + more + ")"
}

// replyTo is the argument of an answer: to the request that the caller owes one to,
// else to one that anybody may answer.
func (s situation) replyTo() string {
	switch {
	case s.Owes != "":
		return ", reply_to " + s.Owes
	case s.news.request != "":
		return ", reply_to " + s.news.request
	}
	return ""
}

// plural writes how many there are of a thing.
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// seated follows taking a seat.
func (a advisor) seated(s chat.Seated) string { return a.afterJoining(s, false) }

// queued follows a wait for a partner. again is how long the next one should last.
func (a advisor) queued(q pairing.Result, again time.Duration) string {
	switch q.Status {
	case pairing.Paired:
		return a.afterJoining(q.Seated, q.Opens)
	case pairing.Left:
		return "You are no longer in the queue: go on with your own work."
	}
	return fmt.Sprintf("No partner yet: within 15 seconds call enter_queue again (this ticket, wait_seconds %d) to "+
		"stay in line, or with leave true to give up.", again/time.Second)
}

// afterJoining follows taking a seat by either way. opens says that the caller speaks first.
func (a advisor) afterJoining(s chat.Seated, opens bool) string {
	if s.Person {
		return ""
	}
	is := situation{
		advisor: a, Situation: s.Situation, cursor: s.Cursor, more: s.HasMore, news: newsOf(s.Messages, s.Name),
		newcomer: s.Status == chat.StatusJoined, opens: opens, uninviting: a.keys && s.Invite.Code == "",
	}
	said := watchNote(s) + draftsNote(s.Undecided) + hiddenNote(s) + notes(s.Messages, s.Situation)
	next := is.says(seatedRules(), turnRules())
	if lasts(next, "") {
		said += a.hint
	}
	return said + next
}

// says is the sentence of the first rule that applies, and how the agent is woken if it is to wait.
func (s situation) says(tables ...[]rule) string {
	next := s.sentence(tables...)
	return next + s.programHint(next) + s.standbyHint()
}

// lasts reports whether a sentence names a call of a tool, or of any if that is "", that waits.
func lasts(sentence, tool string) bool {
	for _, call := range strings.Split(sentence, tool+" (")[1:] {
		call, _, _ = strings.Cut(call, ")")
		_, seconds, waits := strings.Cut(call, "wait_seconds ")
		if waits && !strings.HasPrefix(seconds, "0") {
			return true
		}
	}
	return false
}

// programHint follows a sentence that has the agent wait where a program on standby wakes it. A free task ends only the
// agent's own wait.
func (s situation) programHint(sentence string) string {
	if !s.Woken || s.Hooked || !s.resting() && !lasts(sentence, "wait_for_message") {
		return ""
	}
	except := ""
	if s.OpenTasks > 0 {
		except = ", but not for a task that anyone may take"
	}
	return " A program wakes you when something comes" + except + ": instead of waiting you may end your turn."
}

// waited follows a wait.
func (a advisor) waited(w chat.Waited, asked chat.WaitRequest) string {
	if w.Person {
		return ""
	}
	is := a.afterWaiting(w, asked)
	return draftsNote(w.Undecided && len(w.Messages) > 0) + notes(w.Messages, w.Situation) +
		is.says(waitedRules(), turnRules())
}

func (a advisor) afterWaiting(w chat.Waited, asked chat.WaitRequest) situation {
	s := situation{
		advisor: a, Situation: w.Situation, cursor: w.Cursor, more: w.HasMore, news: newsOf(w.Messages, ""),
		status: w.Status, looked: asked.Wait == 0, stopping: w.Stopping && len(w.Messages) == 0,
	}
	if asked.BackIn > 0 {
		s.awayUntil = w.AwayUntil
	}
	return s
}

// sent follows a send.
func (a advisor) sent(s chat.Sent, asked chat.SendRequest) string {
	if s.Person {
		return ""
	}
	is := a.afterSending(s, asked)
	said := ""
	switch {
	case is.status == chat.StatusPending:
		said = pendingSaid
	case is.held && is.Paused:
		said = pausedSaid
	case is.reveals:
		said = "NOT sent: your text holds what looks like " + s.Credential + ", and anyone who reads it could use it. "
	case is.held:
		said = "NOT sent: what is in messages came first. "
	case s.Duplicate:
		said = "You had sent this already; it was not sent again. "
	case s.Before > 0 && s.Before == len(s.Messages):
		said = "Your message WAS sent; what is in messages came before it. "
	case s.Before == 1:
		said = "Your message WAS sent; the first of messages came before it. "
	case s.Before > 0:
		said = fmt.Sprintf("Your message WAS sent; the first %d of messages came before it. ", s.Before)
	}
	if s.Agreed != "" {
		said += fmt.Sprintf("Yours was the last answer: everyone asked has agreed to %s, and it is on record. ",
			s.Agreed)
	}
	if is.held && is.closes {
		said += "So no task is finished by it yet. "
	}
	switch {
	case len(s.Unfinished) > 0:
		said += "Not every task in finishes is closed: unfinished says why. "
	case is.closes && s.Sent:
		said += "What finishes names is done. "
	}
	said += notes(s.Messages, s.Situation)
	if is.then && s.Sent && s.Status != "" && (s.Status != chat.StatusQuiet || is.stopping) {
		return said + is.says(waitedRules(), turnRules())
	}
	return said + is.says(sentRules())
}

func (a advisor) afterSending(s chat.Sent, asked chat.SendRequest) situation {
	is := a.afterWaiting(s.Waited, chat.WaitRequest{Wait: a.wait, Absence: asked.Absence})
	is.held, is.reveals, is.kind, is.then = !s.Sent, s.Credential != "", asked.Kind, asked.Wait > 0
	is.settles = is.kind == room.Agree || is.kind == room.Object || asked.Text == "" && asked.Withdraw != ""
	is.settled = s.Agreed != ""
	is.closes = len(asked.Finishes) > 0
	return is
}

// plain reports whether an address is one to put into a shell as it is.
func plain(address string) bool {
	return regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]+$`).MatchString(address)
}

// standbyHint follows the sentence of a wait or a send after which the agent has
// nothing to do for a while: it has announced an absence, or the silence was long. It
// says how to be woken without taking turns. It is empty if the server's address is
// not known or not plain: the address comes from the caller's request.
func (s situation) standbyHint() string {
	gone := s.away() && s.status != chat.StatusRemoved
	if s.Woken || s.Hooked || s.deaf || !gone && (s.background || !s.resting()) || s.held || s.more || s.Owes != "" ||
		s.news.heard || !plain(s.address) {
		return ""
	}
	return " If the end of a background command wakes you, run this in a background shell instead. Write your " +
		"agent_token to a file of mode 600 first and begin with TOKEN=$(cat FILE); since others can read command " +
		"lines: " + StandbyLine(s.address, s.cursor)
}
