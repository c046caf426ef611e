package tools

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/room"
)

// The sentences of next_rules.go are everything that the server itself says to a
// model. Each result gets the facts worth knowing, if any, and one imperative with the
// arguments to use. They contain nothing that an agent chose: cursors and numbers come
// from the server.
//
// Together they give the turn to exactly one agent, so that two agents neither both
// wait nor both speak. A newcomer answers what it finds, or opens if nobody has spoken.
// An agent that was there waits for the newcomer. An agent that has read something
// answers, and one that has spoken waits. If two speak at once nevertheless, the cursor
// that each should send with holds the second message back until its sender has read
// the first. If all wait, chat gives the turn to one of them.

// Most clients end a call after a minute. A send gets less time than a wait because
// its call does more.
const (
	usualWait = 50 * time.Second
	usualSend = 45 * time.Second
)

// longQuiet is the silence after which an agent hears that it may stop waiting.
const longQuiet = 10 * time.Minute

// advisor writes the sentences of next.
type advisor struct {
	wait, send time.Duration // how long the calls wait that it suggests
}

// newAdvisor returns an advisor for a server whose calls wait at most longest.
func newAdvisor(longest time.Duration) advisor {
	return advisor{wait: min(usualWait, longest), send: min(usualSend, longest)}
}

// situation is what a sentence depends on.
type situation struct {
	advisor
	cursor string
	others int  // agents seated beside the caller
	more   bool // there are further events to read first
	news   news

	newcomer bool // the caller has just taken its seat
	paired   bool // from a queue
	opens    bool // and the caller speaks first
	tookOver bool // the caller replaced a silent seat with its own name
	hidden   bool // and does not see what was said before
	muted    bool // an admin has muted the caller
	silenced bool // the caller may not speak, for whatever reason

	// Of a wait.
	status   chat.WaitStatus
	reason   room.Reason   // of StatusRemoved
	looked   bool          // the call did not wait
	away     bool          // the caller announced an absence
	lull     bool          // nobody has said anything for longQuiet
	over     bool          // a newer wait of the same agent took over
	stopping bool          // the server is stopping
	spoke    bool          // the caller spoke last
	idle     time.Duration // none of the others has made a call for so long; 0: not known
	back     time.Duration // all others are away for so long; 0: they are not

	// Of a send.
	held bool // it was not sent
	kind room.Kind
	then bool // the call waited for an answer
}

// news is what the messages of a result mean for the question of who speaks next.
type news struct {
	heard   bool  // another agent spoke last
	private bool  // and not to all
	done    bool  // and says that it is finished
	report  bool  // nothing that was said wants an answer
	request int64 // the last request that nobody answered; 0: none
	arrived bool  // somebody joined
	heir    bool  // and took over a silent seat with its name
}

// newsOf summarizes messages for the agent with the name self.
func newsOf(messages []chat.Message, self string) news {
	var n news
	for _, m := range messages {
		switch {
		case m.Type == chat.Joined:
			n.arrived = true
		case m.Type == chat.Left:
			n.heir = m.Reason == room.ReasonReplaced
		case m.Type != chat.Said:
		case self != "" && m.From == self:
			n = news{arrived: n.arrived, heir: n.heir}
		default:
			n.report = m.Kind == room.Status && (n.report || !n.heard)
			n.heard, n.private, n.done = true, len(m.To) > 0, m.Kind == room.Done
			if m.ReplyTo == n.request {
				n.request = 0
			}
			if m.Kind == room.Request {
				n.request = m.Seq
			}
		}
	}
	return n
}

// rule is a case and what to say in it. In the text {wait}, {look}, {send} and
// {answer} stand for calls with their arguments, {idle} and {back} for times.
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

// fill replaces the words in braces.
func (s situation) fill(text string) string {
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

// replacement is what a word in braces stands for: a time, or a call with the
// arguments that are known.
func (s situation) replacement(word string) string {
	tool, wait, replyTo := "wait_for_message", s.wait, ""
	switch word {
	case "idle":
		return minutes(s.idle)
	case "back":
		return minutes(s.back + time.Minute - 1)
	case "look":
		wait = 0
	case "send", "answer":
		tool, wait = "send_message", s.send
		if s.news.request > 0 && word == "answer" {
			replyTo = fmt.Sprintf(", reply_to %d", s.news.request)
		}
	}
	cursor := ""
	if s.cursor != "" {
		cursor = "cursor " + s.cursor + ", "
	}
	return fmt.Sprintf("%s (%swait_seconds %d%s)", tool, cursor, wait/time.Second, replyTo)
}

// minutes writes whole minutes.
func minutes(d time.Duration) string {
	if n := d / time.Minute; n != 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "1 minute"
}

// seated follows taking a seat.
func (a advisor) seated(s chat.Seated) string { return a.afterJoining(s, situation{}) }

// queued follows a wait for a partner.
func (a advisor) queued(q pairing.Result) string {
	switch q.Status {
	case pairing.Paired:
		return a.afterJoining(q.Seated, situation{paired: true, opens: q.Opens})
	case pairing.Left:
		return "You are no longer in the queue: go on with your own work."
	}
	return "No partner yet: within 15 seconds call enter_queue again with this ticket to stay in line, or with leave true to give up."
}

func (a advisor) afterJoining(s chat.Seated, is situation) string {
	is.advisor, is.cursor, is.others, is.more = a, s.Cursor, -1, s.HasMore
	is.newcomer, is.news = s.Status == chat.StatusJoined, newsOf(s.Messages, s.Name)
	for _, agent := range s.Room.Agents {
		is.others++
		if agent.You {
			is.muted, is.silenced = agent.Muted, agent.Muted || s.Room.Type == room.Channel && agent.Role != room.Admin
		}
	}
	is.tookOver, is.hidden = s.Replaced, s.Hidden && is.others > 0
	return notes(s.Messages, chat.Waited{}) + is.unseen() + is.sentence(seatedRules(), turnRules())
}

// unseen says what an agent that has just taken a seat does not see.
func (s situation) unseen() string {
	switch {
	case s.hidden && s.tookOver:
		return "You have taken over the silent seat of this name: what it had read is not shown to you, so ask the others for a summary. "
	case s.hidden:
		return "What was said here before is not shown to you. "
	}
	return ""
}

// waited follows a wait.
func (a advisor) waited(w chat.Waited, asked chat.WaitRequest) string {
	return notes(w.Messages, w) + a.afterWaiting(w, asked).sentence(waitedRules(), turnRules())
}

func (a advisor) afterWaiting(w chat.Waited, asked chat.WaitRequest) situation {
	return situation{
		advisor: a, cursor: w.Cursor, others: w.Others, more: w.HasMore, news: newsOf(w.Messages, ""), silenced: w.Listening,
		status: w.Status, reason: w.Reason, over: w.Superseded, stopping: w.Stopping && len(w.Messages) == 0,
		looked: asked.Wait == 0, away: asked.BackIn > 0, lull: w.Quiet >= longQuiet,
		spoke: w.Spoke, idle: w.OthersIdle, back: w.OthersAway,
	}
}

// sent follows a send.
func (a advisor) sent(s chat.Sent, asked chat.SendRequest) string {
	is := a.afterWaiting(s.Waited, chat.WaitRequest{Wait: usualWait})
	is.held, is.kind, is.then = !s.Sent, asked.Kind, asked.Wait > 0
	said := notes(s.Messages, s.Waited)
	switch {
	case is.held:
		return is.sentence(sentRules())
	case s.Duplicate:
		said = "You had sent this already; it was not sent again. " + said
	}
	if is.then && s.Status != "" && (s.Status != chat.StatusQuiet || is.over || is.stopping) {
		return said + is.sentence(waitedRules(), turnRules())
	}
	return said + is.sentence(sentRules())
}

// notes are the facts that come before the imperative, each with a space after it.
func notes(messages []chat.Message, w chat.Waited) string {
	var b strings.Builder
	if w.CursorIgnored {
		b.WriteString("The cursor you gave is not one of yours (a seq is no cursor) and was ignored. ")
	}
	if w.Missed {
		b.WriteString("Some events after your cursor had expired unread. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.Repeated }) {
		b.WriteString("You may have seen before what is marked repeated. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.More != nil }) {
		b.WriteString("A text with more is only a part: call message_history with that seq and offset for the rest. ")
	}
	if w.SeatWanted {
		b.WriteString("Somebody found no seat here: update_room with a greater capacity makes room, if that is wanted. ")
	}
	return b.String()
}

// plain reports whether an address is one to put into a shell as it is.
func plain(address string) bool {
	return regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]+$`).MatchString(address)
}

// standbyHint follows the sentence of a wait after a long silence. It says how to be
// woken without taking turns. It is empty if the server's address is not known or not
// plain: the address comes from the caller's request.
func (a advisor) standbyHint(w chat.Waited, asked chat.WaitRequest, address string) string {
	if !a.afterWaiting(w, asked).resting() || !plain(address) {
		return ""
	}
	return " If the end of a background command wakes you, run this in a background shell instead, with your agent_token in TOKEN: " + StandbyLine(address)
}
