package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// recognizer finds the earlier message or draft that a send says again: the send then writes nothing, and is answered
// with that. A recognizer has a method for each phase of a send:
//
//	phase                   method       finds                             which is repeated if
//	names become seats      amongNamed   an agent's first two to names     differs finds nothing: names may have left
//	the rules, on a head    onHead       an agent's, newer than the call   saysSame
//	                                     its last, for ten minutes         saysSame, and it is no new "yes" or vote
//	                                     its open drafts                   saysSame
//	the head lacks it       readLast     its last, into the index          see onHead
//	                        readBack     its newer ones                    saysSame
//	a refusal, or a need    findSince    what a key stands for             the key is the same
//	                                     its vote or withdrawal            saysSame: the room takes no second one
//	a message is found      checkKey     a key for another message         the call is refused
//	a question is found     readReplies  the answers that were handed out  it has none: else the call asks anew
type recognizer struct {
	c       sending
	start   room.Start     // which events may be newer than the call
	earlier roomlog.SentAs // the message or draft that the call repeats; N is 0: none is known
	replies replies
}

// replies is what a call knows of the answers to the questions that it may repeat. If the caller was handed an answer,
// the call that asked was not lost, and the same call asks anew.
type replies struct {
	read bool    // false: nothing is known
	to   []int64 // the questions with an answer that the caller was handed
}

// recognition is by what a call is known as a repetition.
type recognition int

const (
	byContent recognition = iota // a call of an agent
	byKey                        // a call with a key, the caller's or the server's: checkKey compares the former
	byNothing                    // a call of a person, who means both texts: but see findTaken of votes
)

// recognizedBy returns by what the message of caller is known as a repetition.
func (o *outgoing) recognizedBy(caller room.Caller) recognition {
	switch {
	case o.req.Key != "":
		return byKey
	case caller.RepeatsOnlyByKey():
		return byNothing
	}
	return byContent
}

// saysSame reports whether event, of a call, has the content of said: see room.Event.Fingerprint. A vote that names no
// proposal counts as a vote on the proposal of said, which it may have ended. A removed text is like no other.
func saysSame(event room.Event, said room.Saying) bool {
	if event.IsVote() && event.ReplyTo == 0 {
		event.ReplyTo = said.ReplyTo
	}
	return !said.Removed() && event.Fingerprint() == said.Fingerprint
}

// ShortText is the length in bytes below which a repeated text, such as "yes", is new once another agent has spoken.
const ShortText = 40

// repeatedLast returns the number of the caller's last message if event repeats that message, else 0. known is false
// if the index of the head lacks the message.
func repeatedLast(event room.Event, g guard, at place) (n int64, known bool) {
	head, caller := at.head, at.caller
	last, known := head.LastSaid(caller.Agent, at.now)
	if last.N == 0 || at.now.Sub(last.At) >= room.RepeatWindow || !saysSame(event, last.Saying) {
		return 0, known
	}
	isShort := event.File == nil && len(event.Text) < ShortText && !event.HasReadersOfAnother() // taken once
	switch {
	case event.IsVote() && event.ReplyTo == 0 && head.Talk.AsksToAgree(caller.Seat, at.now): // the vote is on that
		return 0, known
	case isShort && head.Recent.NewestMessage(caller.Seat) > last.N && // another has spoken since,
		!g.hasNotHeard(last.N): // and the caller has received the answer to its send
		return 0, known
	}
	return last.N, known
}

// repeatedAmong returns the number of the message in said that is repeated by event, else 0. The messages in said may
// be newer than the call: its client may have given it up, repeated it elsewhere, and sent more since. So neither the
// length of the text nor later speakers count. If none matches and one has a removed text, the error is a *fault.Error:
// event may repeat that text.
func repeatedAmong(said []room.Saying, event room.Event) (n int64, err error) {
	for _, s := range said {
		switch {
		case s.Removed():
			err = fault.RetryLater(fault.Unavailable, 2*time.Second,
				"A text that you sent at the same time was removed, "+
					"and this may be the same one. Nothing was sent: if it is another, repeat this call in 2 seconds.")
		case saysSame(event, s):
			return s.N, nil
		}
	}
	return 0, err
}

// amongNamed returns the message to named agents that the call repeats, and the event of o with its addressees: a
// message keeps whom it names, even after they left or lost the name. N is 0: none is found. unfound is the error of a
// name that nobody here has. The addressees of a message that is known by its key are left out.
func (r recognizer) amongNamed(ctx context.Context, o outgoing, g guard, unfound error) (room.Event, roomlog.SentAs) {
	c, none := r.c, roomlog.SentAs{}
	by := o.recognizedBy(c.me)
	switch {
	case by == byKey && fault.CodeOf(unfound) == fault.InvalidArgument:
		earlier, _ := r.lookUpKey(ctx, o.req.Key) // after an error, the name is refused
		return o.event, earlier
	case by != byContent: // if all names were found, the append checks the key
		return o.event, none
	}
	at := place{head: c.head, caller: c.me, now: c.start.At}
	last, indexed := at.head.LastSaid(c.me.Agent, c.start.At)
	if !indexed && r.readLast(ctx) == nil {
		at.head = c.room.log.Peek()
		last, indexed = at.head.LastSaid(c.me.Agent, c.start.At)
	}
	said, _ := at.head.SaidSince(c.me.Agent, r.start)
	if indexed && c.start.At.Sub(last.At) < room.RepeatWindow {
		said = append(said, last.Saying)
	}
	again := o // with the addressees of an earlier message
	for _, s := range said {
		event, err := c.room.log.Event(ctx, s.N)
		if err != nil || event.Redacted || event.HasReadersOfAnother() || again.differs(c.me, event,
			event.Kind == room.Proposal || o.asksAs(c.me, event, len(event.AskNames) > 0)) != "" {
			continue
		}
		again.event.To, again.event.ToNames, again.event.Ask = event.To, event.ToNames, event.Ask
		informed, err := r.readReplies(ctx, &again, g)
		if err != nil {
			continue
		}
		if n, err := informed.findRepeated(&again, g, at); n > 0 && err == nil {
			return again.event, roomlog.SentAs{N: n}
		}
	}
	return o.event, none
}

// onHead returns, as of a place, the repeated message or open draft of the caller; N is 0: none. If only a read can
// tell, the error is a need. Only the table knows what a key stands for: see lookUpKey.
func (r recognizer) onHead(o *outgoing, g guard, at place) (roomlog.SentAs, error) {
	if r.earlier.N > 0 || o.recognizedBy(at.caller) != byContent {
		return r.earlier, checkOpenDraft(r.earlier, at.caller, at.now)
	}
	n, err := r.findRepeated(o, g, at)
	if n > 0 || err != nil {
		return roomlog.SentAs{N: n}, err
	}
	return draftOf(at.caller.Agent, o.event, at.now), nil
}

// findRepeated checks the messages that may be newer than the call, and the last message of the caller.
func (r recognizer) findRepeated(o *outgoing, g guard, at place) (n int64, err error) {
	said, all := at.head.SaidSince(at.caller.Agent, r.start)
	isOther := func(s room.Saying) bool { return r.isOther(o, s.N) }
	n, err = repeatedAmong(slices.DeleteFunc(said, isOther), o.event)
	switch {
	case err != nil:
		return 0, err
	case n > 0:
		return n, r.needsReplies(o)
	case !all:
		return 0, needOlderLog
	}
	n, indexed := repeatedLast(o.event, g, at)
	switch {
	case !indexed:
		return 0, needLastMessage
	case n == 0 || r.isOther(o, n):
		return 0, nil
	}
	return n, r.needsReplies(o)
}

// isOther reports whether the call is new though it may have the words of message n: the caller was handed an answer to
// n, or the call answers what has come after n.
func (r recognizer) isOther(o *outgoing, n int64) bool {
	return n < o.event.ReplyTo || slices.Contains(r.replies.to, n)
}

// needsReplies returns a need if the call asks, and the answers to what it may repeat were not read.
func (r recognizer) needsReplies(o *outgoing) error {
	if !r.replies.read && o.asks() {
		return needReplies
	}
	return nil
}

// asks reports whether the message is a question: see room.Event.IsAnsweredBy.
func (o *outgoing) asks() bool { return o.event.Kind.Asks() || len(o.event.Ask) > 0 }

// readReplies reads which of the caller's questions that the call may repeat were answered: see wasAnswered.
func (r recognizer) readReplies(ctx context.Context, o *outgoing, g guard) (recognizer, error) {
	r.replies = replies{read: true}
	if !o.asks() {
		return r, nil
	}
	c := r.c
	head := c.room.log.Peek()
	said, _ := head.SaidSince(c.me.Agent, r.start)
	last, _ := head.LastSaid(c.me.Agent, c.start.At)
	for _, s := range append(said, last.Saying) {
		if s.N == 0 || !saysSame(o.event, s) {
			continue
		}
		question, err := c.room.log.Event(ctx, s.N)
		if err != nil {
			return r, err
		}
		answered, err := c.wasAnswered(ctx, question, g)
		if err != nil {
			return r, err
		}
		if answered {
			r.replies.to = append(r.replies.to, s.N)
		}
	}
	return r, nil
}

// wasAnswered reports whether an answer to the caller's question has arrived, as the call's cursor shows or, without
// one, that of an earlier call.
func (c sending) wasAnswered(ctx context.Context, question room.Event, g guard) (_ bool, err error) {
	heard := g.cursor.N
	if !g.on {
		heard, err = c.reader().Acknowledged(ctx)
		if err != nil {
			return false, err
		}
	}
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, question.N, heard) {
		switch {
		case err != nil || event.N > heard:
			return false, err
		case question.IsAnsweredBy(event) && c.me.Sees(event):
			return true, nil
		}
	}
	return false, nil
}

// draftOf returns the open draft of a with the content of event.
func draftOf(a room.Agent, event room.Event, now time.Time) roomlog.SentAs {
	n := a.FindDraft(event.Fingerprint(), now)
	return roomlog.SentAs{N: n, Draft: n > 0}
}

// readLast loads the seat's last message into the index of the head.
func (r recognizer) readLast(ctx context.Context) error {
	c := r.c
	return c.room.log.ReadBack(ctx, c.start.At.Add(-room.RepeatWindow))
}

// readBack finds the repeated message in the log, beyond the index, back to the start of the call.
func (r recognizer) readBack(ctx context.Context, o *outgoing, g guard) (recognizer, error) {
	c := r.c
	head := c.room.log.Peek()
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, head.AsOf+1) {
		if err != nil {
			return r, err
		}
		if !c.me.IsFor(event) { // an outline
			continue
		}
		if !r.start.Precedes(event.N, event.At()) {
			break
		}
		if event.Type != room.Said || event.Seat != c.me.Seat || event.Person || r.isOther(o, event.N) {
			continue
		}
		n, err := repeatedAmong([]room.Saying{event.Saying()}, o.event)
		answered := false
		if n > 0 && o.asks() {
			answered, err = c.wasAnswered(ctx, event, g)
		}
		if err != nil || n > 0 && !answered {
			r.earlier.N = n
			return r, err
		}
	}
	// The call need not read the events up to head again, even if this clock is behind the writer's.
	r.start = room.Start{At: room.Latest(c.room.svc.now(), time.UnixMilli(head.HeadMs)), Known: head.AsOf,
		HeadN: head.AsOf}
	return r, nil
}

// findSince looks for the message of a call that the rules refuse, or for which they need more: an earlier call may
// have sent it meanwhile. stops says that the message stays unsent if nothing is found. found is false if r knew before
// what is found.
func (r recognizer) findSince(ctx context.Context, o *outgoing, stops bool) (_ recognizer, found bool, err error) {
	earlier, err := r.lookUpKey(ctx, o.req.Key)
	if stops && err == nil && earlier.N == 0 {
		earlier, err = r.findTaken(ctx, o)
	}
	if err != nil || earlier.N == 0 || earlier == r.earlier {
		return r, false, err
	}
	r.earlier = earlier
	return r, true, nil
}

// lookUpKey returns the message for which an idempotency key stands; N is 0: none.
func (r recognizer) lookUpKey(ctx context.Context, key string) (roomlog.SentAs, error) {
	if key == "" {
		return roomlog.SentAs{}, nil
	}
	return r.c.room.log.Items().Sent(ctx, r.c.me, key)
}

// findTaken returns the vote or withdrawal of the caller that a call repeats without a key; N is 0: none. The room
// takes it once, so whatever else the caller has said since, it is done if it is the caller's last on that proposal or
// request. A vote without reply_to repeats the caller's last vote, within room.RepeatWindow, unless it may be meant for
// another proposal: one that asks, or is newer.
func (r recognizer) findTaken(ctx context.Context, o *outgoing) (taken roomlog.SentAs, err error) {
	c, mine := r.c, o.event
	head, on := c.room.log.Peek(), max(mine.ReplyTo, mine.Withdraws)
	if !mine.HasReadersOfAnother() || o.recognizedBy(c.me) == byKey ||
		on == 0 && head.Talk.AsksToAgree(c.me.Seat, c.start.At) {
		return taken, nil
	}
	isTooOld := func(event room.Event) bool { return event.N <= max(on, head.AsOf-core.MaxBack) }
	if on == 0 {
		isTooOld = func(event room.Event) bool {
			return event.Kind == room.Proposal && c.me.Sees(event) || c.start.At.Sub(event.At()) >= room.RepeatWindow
		}
	}
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, head.AsOf+1) {
		if err != nil || isTooOld(event) {
			return taken, err
		}
		if event.Actor() == c.me.Seat && event.Person == c.me.IsPerson() && mine.IsOnTheSameAs(event) {
			if saysSame(mine, event.Saying()) {
				taken.N = event.N
			}
			return taken, nil
		}
	}
	return taken, nil
}

// checkKey refuses a call whose idempotency key stands for another message or draft. Otherwise the answer would be
// "sent" for words that nobody reads. The first message or draft that was stored under a key binds it.
//
// The call is compared with the event, since only the event has the words; of an edited draft, with the agent's own
// words. What was removed or lost counts as equal. The server's own keys are not compared: a second call of an endpoint
// for one event may get other words, and the first answer stands; sharedBefore compares the bytes of an upload.
func (c sending) checkKey(ctx context.Context, o *outgoing, earlier roomlog.SentAs) error {
	if earlier.N == 0 || o.req.Key == "" || o.keyFromServer {
		return nil
	}
	event, err := c.room.log.Event(ctx, earlier.N)
	if err == nil && event.Decides != 0 {
		event, err = c.room.log.Event(ctx, event.Decides)
	}
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && event.IsLost():
		return nil
	case err != nil:
		return err
	}
	asks := earlier.Asks
	if event.Draft != nil {
		event = *event.Draft
		asks = len(event.Ask) > 0
	}
	field := o.differs(c.me, event, o.asksAs(c.me, event, asks))
	if field == "" {
		return nil
	}
	rule := fault.RuleKey
	if field == theFile {
		rule = fault.RuleKeyFile
	}
	return fault.Refuse(fault.InvalidArgument, "idempotency_key: the message that you sent under this key has another "+
		"%s. Nothing was sent: to repeat that message, call as before; to say something else, give another key.",
		field).For(rule)
}

// answerRepeated returns what came of a message that the call repeats: nothing is proposed again. The event of o may
// lack addressees that have left, and without addressees it would be a message to all.
func (c sending) answerRepeated(ctx context.Context, o *outgoing, earlier roomlog.SentAs) (*outcome, error) {
	err := checkOpenDraft(earlier, c.me, c.room.svc.now())
	if err == nil {
		err = c.checkKey(ctx, o, earlier)
	}
	if err != nil {
		return nil, err
	}
	return c.result(ctx, o, known{}, verdict{ruling: repeated, sentAs: earlier}), nil
}

// theFile is the name of the difference if the files of two messages differ, or only one message has a file.
const theFile = "file"

// differs returns the first argument by which the call differs from the message event, else "". It compares names, and
// room.Event.Fingerprint seats: an agent may have left, and another may have its name. asksSame says that
// both ask the same agents.
func (o *outgoing) differs(me room.Caller, event room.Event, asksSame bool) string {
	mine, text := o.event, "text"
	if o.fileName != "" {
		text = "note"
	}
	for _, argument := range []struct {
		name string
		same bool
	}{
		{text, event.Redacted || event.Text == mine.Text},
		{theFile, event.Redacted || o.sharesFile(event.File)},
		{"kind", event.Kind == mine.Kind},
		{"withdraw", event.Withdraws == mine.Withdraws},
		{"reply_to", event.ReplyTo == mine.ReplyTo || event.IsVote() && mine.ReplyTo == 0}, // as saysSame has it
		{"to", event.HasReadersOfAnother() || event.KeepsReaders == mine.KeepsReaders && (mine.KeepsReaders ||
			(len(event.To) > 0) == (len(o.req.To) > 0) && sameCompany(me, event.ToNames, o.req.To))},
		{"ask", asksSame},
		{"finishes", slices.Equal(slices.Sorted(slices.Values(event.Finishes)),
			slices.Sorted(slices.Values(mine.Finishes)))},
	} {
		if !argument.same {
			return argument.name
		}
	}
	return ""
}

// sharesFile reports whether the call shares f; nil is no file. Before an upload arrives only the name of its file is
// known.
func (o *outgoing) sharesFile(f *room.File) bool {
	if f == nil || o.fileName == "" {
		return f == nil && o.fileName == ""
	}
	return f.Name == o.fileName && (o.event.File == nil || f.Sum == o.event.File.Sum)
}

// asksAs reports whether the call asks the same agents as event. Without names, a request asks the addressees, and a
// proposal asks all. A call that names only the sender asks nobody.
func (o *outgoing) asksAs(me room.Caller, event room.Event, asks bool) bool {
	switch {
	case len(o.req.Ask) > 0:
		return len(event.AskNames) > 0 && sameCompany(me, event.AskNames, o.req.Ask)
	case event.Kind == room.Request:
		return sameCompany(me, event.AskNames, event.ToNames)
	}
	return !asks
}

// checkOpenDraft refuses a repetition of a draft that is not open any more.
func checkOpenDraft(earlier roomlog.SentAs, caller room.Caller, now time.Time) error {
	if earlier.Draft && !caller.HasDraft(earlier.N, now) {
		return errDecided
	}
	return nil
}

// errDecided refuses to send a draft again after the person has refused the draft, or left it for a day.
var errDecided = fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided "+
	"within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
	"idempotency_key.")
