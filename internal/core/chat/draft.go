package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// DraftView is a draft for the person: a message of type EventDrafted with the whole text, the file, and in Finished
// the tasks to end.
type DraftView struct {
	Message
	Answers *Answered // nil: it answers nothing, or what it answers has expired
	Since   int       // how many messages of others its agent was sent after the draft; at most core.MaxNews
}

// Answered is what a draft answers.
type Answered struct {
	From    string // who said it: see ident.Actor
	Text    string // both ends of a long one
	State   room.QuestionState
	Message Message // the question
}

// drafts returns the open drafts of caller's seat as of head, oldest first.
func (c managing) drafts(ctx context.Context, head *room.Head, caller room.Caller) ([]DraftView, error) {
	var list []DraftView
	for _, draft := range caller.Person.Open(c.room.svc.now()) {
		event, err := c.room.log.Event(ctx, draft.N)
		if err != nil {
			return nil, err
		}
		message := messageOf(&head.State, caller, event)
		message.Text, message.More, message.File, message.Finished = event.Draft.Text, nil,
			viewFile(event.Draft.File), taskIDs(event.Draft.Finishes)
		view := DraftView{Message: message}
		view.Answers, err = c.readAnswered(ctx, head, event.Draft.ReplyTo)
		if err == nil {
			view.Since, err = c.messagesSince(ctx, event.N, head.AsOf)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return list, nil
}

// readAnswered returns what a draft with reply_to n answers, as of head.
func (c managing) readAnswered(ctx context.Context, head *room.Head, n int64) (*Answered, error) {
	if n == 0 {
		return nil, nil
	}
	event, err := c.room.log.Event(ctx, n)
	if errors.Is(err, table.ErrNotFound) { // it has expired
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	state, err := c.stateOfQuestion(ctx, head, event)
	return &Answered{From: ident.Actor(event.Name, event.Person, head.PersonIn(event)),
		Text: bothEnds(requestOf(event), requestChars), State: state, Message: messageOf(&head.State, c.me, event)}, err
}

// stateOfQuestion returns how asked stands as of head, for the agent of the caller's seat. An agreement does not end
// with its proposal: who answers it, or proposes another in its place, answers what still binds. A message of another
// whose text was removed counts as withdrawn, question or not: the person cannot read to what the draft says yes.
func (c managing) stateOfQuestion(ctx context.Context, head *room.Head, asked room.Event) (room.QuestionState, error) {
	switch {
	case asked.Redacted && asked.Seat != c.me.Seat:
		return room.QuestionWithdrawn, nil
	case head.Talk.IsOpenTo(asked.N, c.me.Seat, c.room.svc.now()):
		return room.QuestionOpen, nil
	case !asked.Asked() || asked.Seat == c.me.Seat:
		return "", nil
	case asked.Kind == room.Proposal:
		bound, err := reading(c).boundBy(ctx, asked.N)
		if err != nil || bound != nil {
			return "", err
		}
	}
	end := min(head.AsOf, asked.N+core.MaxBack)
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, asked.N, end) {
		if err != nil {
			return "", err
		}
		if event.Ends(asked.N) {
			return event.StateAfter(asked, c.me.Seat), nil
		}
	}
	return room.QuestionEnded, nil
}

// boundByAnswered returns the seats that an agreement binds, if draft is a proposal that answers it; otherwise nil.
func (c managing) boundByAnswered(ctx context.Context, draft *room.Event) ([]int, error) {
	if draft == nil || draft.Kind != room.Proposal || draft.ReplyTo == 0 {
		return nil, nil
	}
	return reading(c).boundBy(ctx, draft.ReplyTo)
}

// messagesSince counts the messages of others that the caller sees after event n, among the next core.MaxNews events.
func (c managing) messagesSince(ctx context.Context, n, end int64) (count int, err error) {
	end = min(end, n+core.MaxNews)
	for event, err := range c.room.log.Pages(c.me, core.MaxNews).Since(ctx, n, end) {
		if err != nil || event.N > end {
			return count, err
		}
		if event.Type == room.Said && event.Seat != c.me.Seat && c.me.Sees(event) {
			count++
		}
	}
	return count, nil
}

// errQuestionEnded reports that what a draft answers was open when the call looked, and is no more.
var errQuestionEnded = errors.New("chat: the question has ended meanwhile")

// decideDraft decides about a draft, for the person behind the caller's seat. duplicate reports that the draft was
// decided so before: see isDecidedSo. A draft that answers what was withdrawn, has ended or was answered by others is
// sent only with req.Anyway: the person may not know, as with the agent's "Yes, delete it" to a question that its
// sender had taken back.
func (c managing) decideDraft(ctx context.Context, req SuperviseRequest) (duplicate bool, err error) {
	event, err := reading(c).seenEvent(ctx, "draft", req.Draft)
	if fault.CodeOf(err) == fault.InvalidArgument {
		err = room.ErrDecided
	}
	if err != nil {
		return false, err
	}
	err = errQuestionEnded
	for errors.Is(err, errQuestionEnded) { // once at most: what has ended is not open again
		err = c.appendDraftDecision(ctx, req, event)
	}
	switch {
	case errors.Is(err, room.ErrDecided):
		same, failed := c.isDecidedSo(ctx, event, req.Decision, req.Text)
		if failed != nil || same {
			return same, failed
		}
	case err == nil && req.Decision == room.RefuseDraft:
		filing(c).deleteFile(ctx, event.CarriedFile())
	}
	return false, err
}

// appendDraftDecision appends the decision of req about the draft of event. The draft is checked against the agreements
// and the questions of now: one may have been completed, and another withdrawn, since the draft was written.
func (c managing) appendDraftDecision(ctx context.Context, req SuperviseRequest, event room.Event) error {
	bound, err := c.boundByAnswered(ctx, event.Draft)
	if err != nil {
		return err
	}
	var answers *Answered
	if event.Draft != nil && req.Decision != room.RefuseDraft && !req.Anyway {
		answers, err = c.readAnswered(ctx, c.room.log.Peek(), event.Draft.ReplyTo)
		if err != nil {
			return err
		}
	}
	file := event.CarriedFile()
	_, err = c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		e, err := at.head.DecideDraft(at.caller.Agent, event, req.Decision, req.Text, bound, at.now)
		switch {
		case err != nil:
			return ch, err
		case answers != nil && answers.State.IsStale():
			return ch, refuseStale(answers.State)
		case answers != nil && answers.State == room.QuestionOpen &&
			!at.head.Talk.IsOpenTo(e.ReplyTo, c.me.Seat, at.now):
			return ch, errQuestionEnded
		}
		ch.Events = []room.Event{e}
		if event.Key != "" && e.Type == room.Said {
			ch.Ops = []table.Op{roomlog.MoveSent(at.head.ID, at.caller.Agent, event.Key,
				roomlog.SentAs{N: at.head.AsOf + 1}, at.now)}
		}
		switch {
		case file == nil:
		case e.Type == room.Said:
			ch.Ops = append(ch.Ops, roomlog.PutClaim(at.head, e, at.now))
		default:
			ch.Ops = append(ch.Ops, roomlog.DropClaim(filing(c).fileKey(file)))
		}
		return ch, nil
	})
	return err
}

// refuseStale refuses to send a draft that answers a question in such a state.
func refuseStale(state room.QuestionState) error {
	why := map[room.QuestionState]string{room.QuestionWithdrawn: "was withdrawn", room.QuestionEnded: "has ended",
		room.QuestionAnswered: "was answered by others"}[state]
	refusal := fault.Refuse(fault.InvalidArgument, "What this draft answers %s. Nothing was sent: anyway sends it "+
		"all the same, and refuse drops it.", why)
	refusal.Reason = fault.ReasonStale
	return refusal
}

// isDecidedSo reports whether the person has decided about a draft in the same way within room.RepeatWindow. Then the
// answer to that call may have been lost, and the person, who wants nothing else, is told that it is done.
func (c managing) isDecidedSo(ctx context.Context, draft room.Event, decision room.Decision, text string) (bool,
	error) {
	event, err := c.findOwn(ctx, func(event room.Event) bool { return event.Decides == draft.N })
	return event.N > 0 && event.IsDecision(decision, text), err
}

// findOwn returns the newest event of the caller's seat within room.RepeatWindow for which is reports true; the zero
// event if there is none.
func (c managing) findOwn(ctx context.Context, is func(room.Event) bool) (room.Event, error) {
	now := c.room.svc.now()
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, c.room.log.Peek().AsOf+1) {
		switch {
		case err != nil || now.Sub(event.At()) >= room.RepeatWindow:
			return room.Event{}, err
		case event.Seat == c.me.Seat && is(event):
			return event, nil
		}
	}
	return room.Event{}, nil
}
