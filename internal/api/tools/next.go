package tools

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
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
	// The call announces an absence. awayTill says that the absence counts: that of a held agent does not.
	announces, awayTill bool
	looked              bool // the call did not wait

	// For a call that takes a seat.
	seat       bool // the call has taken a seat
	watch      bool // there is a link for the user
	hidden     bool // some messages are not for the caller
	newcomer   bool
	opens      bool          // the caller speaks first
	vacant     bool          // a seat is free
	within     time.Duration // see chat.Seated
	uninviting bool          // the invite to the room gives no seat any more

	// For a send or a share.
	sent       bool
	held       bool   // held back, and no person is to decide about the message
	credential string // what the message seems to hold, the reason not to send it; "": none
	file       bool   // the call shares a file
	apart      bool   // the call gives to
	replies    bool   // the call gives reply_to
	kind       room.Kind
	duplicate  bool
	before     bool           // a message came before the caller's message
	absent     *chat.Absent   // those whom the message asks, names or is private to, and who will not answer soon
	unfinished bool           // a task in finishes was not finished
	beside     string         // of a proposal: what it answers and does not replace; "": nothing
	revision   *chat.Revision // of agreed, if it replaces another agreement; else nil

	// For a call of task.
	task string // the id of the task that the call gave to the caller; "": none
	over bool   // a task was finished
	act  string // with held: the arguments of the call that was held back; "": none
	// question is with act: the proposal that puts the task to take in question; "": none does
	question string
}

// news says what the messages of a result mean for the next turn.
type news struct {
	wants     bool   // another agent has said something that may want an answer
	private   string // the last message of another agent, if it is private; else ""
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
	n.private, n.elsewhere, n.answers, n.agreed = "", len(message.Ask) > 0, message.AnswersYou, message.Agreed
	if len(message.To) > 0 {
		n.private = message.ID
	}
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
		last = s.fill("{question}. ") + last
	}
	if s.seat && !s.more && saysWait(last) {
		b.WriteString(s.hint)
	}
	b.WriteString(last + s.wakeHint(last) + s.standbyHint() + s.seatHint(last))
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
	heard, isNew := newsIn(s.Situation, s.Messages, s.Name), s.Status != chat.StatusReturned
	return &situation{advisor: a, Situation: s.Situation, news: heard, messages: s.Messages, cursor: s.Cursor,
		more: s.HasMore, seat: true, watch: s.Watch != "", hidden: s.Hidden > 0 && isNew, newcomer: isNew,
		opens: opens && heard.private == "" && !heard.wants, vacant: len(s.Room.Agents) < s.Room.Capacity,
		uninviting: a.keys && s.Invite.Code == "", within: s.Within}
}

// newsIn is newsOf for an agent that is so situated: one that cannot answer is asked nothing.
func newsIn(is chat.Situation, messages []chat.Message, self string) news {
	n := newsOf(messages, self)
	if is.Listening || is.Others == 0 {
		n.wants, n.private, n.answers, n.request = false, "", false, ""
	}
	return n
}

// waited returns next for a wait.
func (a advisor) waited(w chat.Waited, asked chat.WaitRequest) string {
	return a.afterWaiting(w, asked).next()
}

func (a advisor) afterWaiting(w chat.Waited, asked chat.WaitRequest) *situation {
	return &situation{advisor: a, Situation: w.Situation, news: newsIn(w.Situation, w.Messages, ""),
		messages: w.Messages, cursor: w.Cursor, more: w.HasMore, status: w.Status, looked: asked.Wait == 0,
		announces: asked.BackIn > 0, awayTill: asked.BackIn > 0 && !w.AwayUntil.IsZero(), revision: w.Revision}
}

// sent returns next for a send.
func (a advisor) sent(s chat.Sent, asked chat.SendRequest) string {
	return a.afterSending(s, asked, false).next()
}

// afterSending returns the situation after a send or, with file, a share.
func (a advisor) afterSending(s chat.Sent, asked chat.SendRequest, file bool) *situation {
	w := s.Waited
	return &situation{advisor: a, Situation: w.Situation, news: newsOfSend(s, asked), messages: w.Messages,
		cursor: w.Cursor, more: w.HasMore, status: w.Status, looked: a.wait == 0,
		announces: asked.BackIn > 0, awayTill: asked.BackIn > 0 && !w.AwayUntil.IsZero(), revision: w.Revision,
		sent: s.Sent, held: !s.Sent && !w.Situation.Paused && w.Status != chat.StatusPending,
		credential: s.Credential, file: file, apart: len(asked.To) > 0, replies: asked.ReplyTo != "",
		kind: asked.Kind, duplicate: s.Duplicate, before: s.Before > 0, absent: s.Absent,
		unfinished: len(s.Unfinished) > 0, beside: s.Beside,
		over: s.Sent && len(asked.Finishes) > len(s.Unfinished)}
}

// newsOfSend is newsIn for a send. A send without a wait answers the messages before it, unless they are private.
func newsOfSend(s chat.Sent, asked chat.SendRequest) news {
	w := s.Waited
	n := newsIn(w.Situation, w.Messages, "")
	if s.Sent && asked.Wait == 0 {
		private := n.private
		if n.elsewhere {
			private = ""
		}
		n = newsOf(w.Messages[s.Before:], "")
		n.private = cmp.Or(n.private, private)
	}
	n.agreed = cmp.Or(s.Agreed, n.agreed)
	return n
}

// shared returns next for a share of asked whose bytes came with the call, and for an upload that shared nothing.
func (a advisor) shared(s chat.Sent, asked chat.SendRequest) string {
	return a.afterSending(s, asked, true).next()
}

// tasked returns next for a call of task.
func (a advisor) tasked(t chat.Tasks, asked chat.TaskRequest) string {
	is, taken := t.Situation, ""
	switch one := t.Task; {
	case one == nil:
	case (asked.Action == chat.CommandTake || asked.Action == chat.CommandNext) && one.Mine:
		taken = one.ID
	case asked.Action == chat.CommandRelease:
		is.FreeTasks = 0 // else next would have the caller take the same task again
	}
	s := &situation{advisor: a, Situation: is, cursor: t.Cursor, task: taken,
		over: asked.Action == chat.CommandFinish || asked.Action == chat.CommandNext}
	said := strings.TrimSpace(alikeSaid(t) + taskSaid(t, asked))
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

// heldAct returns next for a call of task that was held back. A repeated next has finished its task before, if t has
// that.
func (a advisor) heldAct(t chat.Tasks, asked chat.TaskRequest) string {
	w, act := *t.Held, "action "+string(asked.Action)
	if asked.ID != "" {
		act += ", id " + asked.ID
	}
	if asked.Text != "" {
		act += ", text"
	}
	if t.Task != nil { // of next, to take another task is what is left
		act = "action take"
	}
	s := &situation{advisor: a, Situation: w.Situation, news: newsIn(w.Situation, w.Messages, ""),
		messages: w.Messages, cursor: w.Cursor, more: w.HasMore, held: true, act: act,
		question: t.Question}
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

// saysWait reports whether text has a call that waits: more than a look.
func saysWait(text string) bool {
	return strings.Contains(strings.ReplaceAll(text, "wait_seconds 0", ""), "wait_seconds")
}

// wakeHint returns the sentence after an imperative to wait, if a hook or a program on standby wakes the agent. A
// free task ends only the agent's own wait.
func (s *situation) wakeHint(last string) string {
	switch {
	case s.Hooked && strings.Contains(strings.ToLower(last), endTurn):
		return " You are called when something is said or a task is yours."
	case s.Woken && !s.Hooked && saysWait(last) && !strings.Contains(last, "send_message ("):
		return " A program wakes you when something is said or a task is yours: instead of waiting you may end " +
			"your turn."
	}
	return ""
}

// seatHint says how an agent loses its seat: by silence, where it has just joined; and that a guest leaves for good, as
// it joins, since nothing else need be read before leave_room, and where the imperative names leave_room.
func (s *situation) seatHint(last string) (said string) {
	if s.within > 0 && !s.Admin {
		said = " Others may take your seat if you make no call within " + inWords(s.within) + "."
	}
	if needs := s.Way.Needs(); needs != "" && !s.isOut() && (s.seat || strings.Contains(last, "leave_room")) {
		said += " Once you leave, only " + needs + " brings you back."
	}
	return said
}

// inWords returns a time as a number of minutes or, if they are not whole, of seconds.
func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return results.Count(int64(d/time.Minute), "minute", "minutes")
	}
	return results.Count(int64(d/time.Second), "second", "seconds")
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
