package mcptools

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// The sentences of rules.go are all that the server says of its own to a model.
// Each result gets facts worth knowing, if any, and one imperative with the
// arguments to use. They are made of nothing that an agent chose: cursors and
// numbers are the server's own.
//
// Together they give the turn to somebody, so that two agents neither both wait
// nor both speak: the newcomer answers what it finds, or opens where nobody has
// spoken; who was there waits for it; who has read something answers; who has
// spoken waits. Where two speak at once all the same, the cursor that each is
// told to send with holds the second one back until it has read the first. Where
// all wait, chat gives the turn to one of them.

// usualWait is how long a wait is to be where nothing is known of the client: most
// end a call after a minute. usualSend is that of a send, whose call does more.
const (
	usualWait = chat.UsualHold
	usualSend = 45 * time.Second
)

// longQuiet is after how much silence an agent is told that it may stop.
const longQuiet = 10 * time.Minute

// situation is what a sentence depends on.
type situation struct {
	cursor string
	hold   time.Duration // how long the next wait is to be; 0: as usual
	others int           // agents seated beside the caller
	more   bool          // further events are to be read first
	news   news

	newcomer bool // the caller has just sat down
	paired   bool // by a queue
	opens    bool // and it is the caller who opens
	tookOver bool // a silent seat of its own name
	hidden   bool // and is not shown what was said before
	muted    bool // an admin has taken the caller's word away
	silenced bool // the caller may not speak, for whatever reason

	// Of a wait.
	status   chat.WaitStatus
	reason   chat.Reason   // of StatusRemoved
	looked   bool          // the caller only looked in
	away     bool          // the caller announced an absence
	lull     bool          // nobody has said anything for long
	over     bool          // a newer wait of the same agent took over
	stopping bool          // the server is
	spoke    bool          // the last word was the caller's
	idle     time.Duration // none of the others has made a call for so long, as far as that was looked up
	back     time.Duration // all others are away for so long; 0: not so

	// Of a send.
	held bool // it was not sent
	kind chat.Kind
	then bool // an answer was waited for
}

// news is what the messages of a result come to for who is to speak next.
type news struct {
	heard   bool  // the last word is another's
	private bool  // and was said to few
	done    bool  // and says that the speaker is finished
	report  bool  // all that was heard wants no answer
	request int64 // the last that was asked for and not answered; 0: nothing
	arrived bool  // somebody came
	heir    bool  // and took over a silent seat of its name
}

// hear sums messages up for the agent of a name.
func hear(messages []chat.Message, self string) news {
	var n news
	for _, m := range messages {
		switch {
		case m.Type == chat.Joined:
			n.arrived = true
		case m.Type == chat.Left:
			n.heir = m.Reason == chat.ReasonReplaced
		case m.Type != chat.Said:
		case self != "" && m.From == self:
			n = news{arrived: n.arrived, heir: n.heir}
		default:
			n.report = m.Kind == chat.Status && (n.report || !n.heard)
			n.heard, n.private, n.done = true, len(m.To) > 0, m.Kind == chat.Done
			if m.ReplyTo == n.request {
				n.request = 0
			}
			if m.Kind == chat.Request {
				n.request = m.Seq
			}
		}
	}
	return n
}

// rule is a case, and what to say in it: a text in which {wait}, {look}, {send} and
// {answer} stand for calls with their arguments, {idle} and {back} for times.
type rule struct {
	when func(situation) bool
	say  string
}

// sentence is what the first rule that fits says.
func (s situation) sentence(tables ...[]rule) string {
	for _, rules := range tables {
		for _, r := range rules {
			if r.when(s) {
				return s.fill(r.say)
			}
		}
	}
	return "" // the last table ends with a rule that always fits
}

// fill puts the calls in.
func (s situation) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		word, after, _ := strings.Cut(rest, "}")
		b.WriteString(s.call(word))
		text = after
	}
}

// call is the call that a word in braces stands for, with its arguments as far as
// they are known.
func (s situation) call(word string) string {
	hold := usualWait
	if s.hold > 0 {
		hold = s.hold
	}
	tool, wait, replyTo := "wait_for_message", hold, ""
	switch word {
	case "idle":
		return minutes(s.idle)
	case "back":
		return minutes(s.back + time.Minute - 1)
	case "look":
		wait = 0
	case "send", "answer":
		tool, wait = "send_message", min(usualSend, hold)
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

// nextSeated follows taking a seat.
func nextSeated(s chat.Seated) string { return afterSitting(s, situation{}) }

// nextPaired follows being paired.
func nextPaired(q chat.Queued) string {
	return afterSitting(q.Seated, situation{paired: true, opens: q.Opens})
}

func afterSitting(s chat.Seated, is situation) string {
	is.cursor, is.others, is.more = s.Cursor, -1, s.HasMore
	is.newcomer, is.news = s.Status == chat.StatusJoined, hear(s.Messages, s.Name)
	for _, a := range s.Room.Agents {
		is.others++
		if a.You {
			is.muted, is.silenced = a.Muted, a.Muted || s.Room.Type == chat.Channel && a.Role != chat.Admin
		}
	}
	is.tookOver, is.hidden = s.Replaced, s.Hidden && is.others > 0
	return notes(s.Messages, chat.Waited{}) + is.unseen() + is.sentence(seatedRules(), turnRules())
}

// unseen says what an agent that has just sat down is not shown.
func (s situation) unseen() string {
	switch {
	case s.hidden && s.tookOver:
		return "You have taken over the silent seat of this name: what it had read is not shown to you, so ask the others for a summary. "
	case s.hidden:
		return "What was said here before is not shown to you. "
	}
	return ""
}

// nextWaited follows a wait.
func nextWaited(w chat.Waited, asked chat.WaitRequest) string {
	return notes(w.Messages, w) + afterWaiting(w, asked).sentence(waitedRules(), turnRules())
}

func afterWaiting(w chat.Waited, asked chat.WaitRequest) situation {
	return situation{
		cursor: w.Cursor, hold: w.Hold, others: w.Others, more: w.HasMore, news: hear(w.Messages, ""), silenced: w.Listening,
		status: w.Status, reason: w.Reason, over: w.Superseded, stopping: w.Stopping && len(w.Messages) == 0,
		looked: asked.Wait == 0, away: asked.BackIn > 0, lull: w.Quiet >= longQuiet,
		spoke: w.Spoke, idle: w.OthersIdle, back: w.OthersAway,
	}
}

// nextSent follows a send.
func nextSent(s chat.Sent, asked chat.SendRequest) string {
	is := afterWaiting(s.Waited, chat.WaitRequest{Wait: usualWait})
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

// notes are the facts that come before the imperative, each with a space behind.
func notes(messages []chat.Message, w chat.Waited) string {
	var b strings.Builder
	if w.CursorIgnored {
		b.WriteString("The cursor you gave is not one of yours (a seq is no cursor) and was ignored. ")
	}
	if w.Missed {
		b.WriteString("Some events after your cursor had expired unread. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.Repeated }) {
		b.WriteString("What is marked repeated you may have seen before. ")
	}
	if slices.ContainsFunc(messages, func(m chat.Message) bool { return m.More != nil }) {
		b.WriteString("A text with more is only a part: call message_history with that seq and offset for the rest. ")
	}
	if w.Knock {
		b.WriteString("Somebody found no seat here: update_room with a greater capacity makes room, if that is wanted. ")
	}
	return b.String()
}

// standbyHint is added to next after a long silence: how to be woken without
// taking turns. It is empty where the server's address is not known, or is not one
// to put into a shell: it comes from the caller's request.
func standbyHint(w chat.Waited, asked chat.WaitRequest, address string) string {
	if is := afterWaiting(w, asked); !is.resting() || !regexp.MustCompile(`^https?://[A-Za-z0-9.:/_-]+$`).MatchString(address) {
		return ""
	}
	return " To be woken instead, run this in a shell in the background, with your agent_token in TOKEN: " + StandbyLine(address)
}
