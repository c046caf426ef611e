package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// An agreement is a proposal with which all agree. A newer one may replace it: here Ann, Bob and Cid have agreed on
// proposal 10, "at noon".
//
//	20  Ann proposes "at 15:00" with reply_to 10   20 is to replace 10
//	21  Bob objects to 20                          10 stays
//	22  Ann proposes "at 14:00" with reply_to 21   underDispute finds 10 by toReplace(20), so 22 is to replace 10
//	24  All agree                                  10 is replaced: latestOf(10) is 22
//	25  Cid proposes "at 13:00" with reply_to 10   25 replaces nothing: besideOf says that it stands beside 22
//
// If 22 had reply_to 20, it would replace nothing, and stand beside 10.

const (
	agreementsShown = 5       // that are in force, in a room's description or a join; and as many replaced
	agreementChars  = 2000    // of an agreement in a room's description, while all such texts fit into agreementBytes
	agreementBytes  = 6 << 10 // since clients cut long results
	briefChars      = 500     // of an agreement elsewhere
	replacedChars   = 100     // of one that is replaced
	requestChars    = 80      // of an open request
	// agreementsRead is how many of the newest agreements a search or a count reads, also of those that are shown.
	agreementsRead = 100
)

// agreements returns agreements visible to the caller: agreementsShown that are in force, and as many that are
// replaced, in the order of ownFirst. So a time that was changed often hides no other agreement. most is agreementChars
// or briefChars.
func (c *session) agreements(ctx context.Context, most int) ([]Agreement, error) {
	stored, err := c.ownFirst(ctx)
	var list []Agreement
	inForce, replaced, left := 0, 0, agreementBytes
	for _, x := range stored {
		chars, count := most, &inForce
		if x.ReplacedBy != 0 {
			chars, count = replacedChars, &replaced
		}
		if *count == agreementsShown {
			continue
		}
		*count++
		names := x.BoundNames()
		a := Agreement{ID: c.head.MessageID(x.N), By: names[0], AgreedBy: names,
			To: x.ToNames, File: viewFileSum(x.File), At: time.UnixMilli(x.AtMs), Bound: x.OldBound, NoSay: x.NoSay,
			Replaces: c.head.MessageID(x.Replaces), ReplacedBy: c.head.MessageID(x.ReplacedBy)}
		text := sanitize.FirstChars(x.Text, chars)
		if len(text) > left {
			text = sanitize.FirstChars(text, briefChars)
		}
		left -= len(text)
		a.Text = x.Text[:sanitize.Seam(x.Text, len(text))]
		if len(a.Text) < len(x.Text) {
			a.More = &More{ID: a.ID, Offset: len(a.Text)}
		}
		list = append(list, a)
	}
	return list, err
}

// ownFirst returns the newest agreements visible to the caller, those that bind the caller before the others, and the
// newest first. Otherwise two guests could hide, by five agreements of their own, what the caller is bound by.
func (c *session) ownFirst(ctx context.Context) ([]roomlog.Agreement, error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	rank := func(x roomlog.Agreement) int {
		if len(x.Bound) == 0 || slices.Contains(x.Bound, c.me.Seat) { // an older one does not say whom it binds
			return 0
		}
		return 1
	}
	slices.SortStableFunc(stored, func(a, b roomlog.Agreement) int { return rank(a) - rank(b) })
	return stored, err
}

// agreementsPage returns at most limit agreements as messages, oldest first. More are read: an agreement on the page
// tells whom the one bound that it replaces.
func (c *session) agreementsPage(ctx context.Context, limit int) (Page, error) {
	stored, more, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	batch := batchFor(c.me, &c.head.State)
	batch.Events = limit
	for _, x := range stored {
		event := x.Proposal()
		message := messageOf(batch.Room, c.me, event)
		message.Agreed, message.File = message.ID, viewFileSum(x.File)
		message.Replaces, message.ReplacedBy = c.head.MessageID(x.Replaces), c.head.MessageID(x.ReplacedBy)
		message.Bound, message.NoSay = x.OldBound, x.NoSay
		if !batch.Add(message, event) {
			more = true
			break
		}
	}
	slices.Reverse(batch.Messages)
	return Page{Messages: batch.Messages, HasMore: more, Cut: more && len(batch.Messages) < limit}, err
}

// agreedProposal returns the proposal with this id from the agreements, for use after the event of the proposal has
// expired. none is the error if no agreement has the id.
func (c *session) agreedProposal(ctx context.Context, id string, none error) (room.Event, error) {
	n, ok := c.head.MessageNumber(id)
	if !ok {
		return room.Event{}, none
	}
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	if err != nil {
		return room.Event{}, err
	}
	x := find(stored, n)
	if x == nil {
		return room.Event{}, none
	}
	return x.Proposal(), nil
}

// replaceSteps is how many proposals toReplace follows at most.
const replaceSteps = 8

// underDispute returns what a proposal that answers this event is meant for: of an objection to what was to replace an
// agreement, that agreement. The log alone decides, so a repeated call answers the same.
func (c *session) underDispute(ctx context.Context, answered room.Event) (room.Event, error) {
	if answered.Kind != room.Object {
		return answered, nil
	}
	x, err := c.toReplace(ctx, answered.ReplyTo)
	if err != nil || x == nil {
		return answered, err
	}
	return x.Proposal(), nil
}

// toReplace returns the agreement that proposal n was to replace, itself or after proposals that it was to replace
// first; nil if there is none, or the caller sees no more of it.
func (c *session) toReplace(ctx context.Context, n int64) (*roomlog.Agreement, error) {
	var stored []roomlog.Agreement
	for step := range replaceSteps {
		event, err := c.room.log.Event(ctx, n)
		switch {
		case errors.Is(err, table.ErrNotFound): // it has expired
			return nil, nil
		case err != nil, !c.me.Sees(event), event.Kind != room.Proposal, event.Replaces == 0:
			return nil, err
		}
		if step == 0 { // most events were to replace nothing
			stored, _, err = c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
			if err != nil || len(stored) == 0 {
				return nil, err
			}
		}
		n = event.Replaces
		if x := find(stored, n); x != nil {
			return x, nil
		}
	}
	return nil, nil
}

// find returns agreement n of list; nil if it is none of them.
func find(list []roomlog.Agreement, n int64) *roomlog.Agreement {
	for i := range list {
		if list[i].N == n {
			return &list[i]
		}
	}
	return nil
}

// boundBy returns the seats that agreement n binds; nil if n is no agreement, or another has replaced it. One from
// before the seats were kept binds all who see it, but no person without an agent who did not agree: none was asked.
func (c *session) boundBy(ctx context.Context, n int64) (seats []int, err error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	x := find(stored, n)
	switch {
	case err != nil || x == nil || x.ReplacedBy != 0:
		return nil, err
	case len(x.Bound) > 0:
		return x.Bound, nil
	}
	agents := c.room.log.Peek().Agents
	for i := range agents {
		asked := !agents[i].IsPersonOnly() || x.By == agents[i].Name || slices.Contains(x.AgreedBy, agents[i].Name)
		if asked && agents[i].SeesMessage(x.N, x.Seat, x.To) {
			seats = append(seats, agents[i].Seat)
		}
	}
	return seats, nil
}

// boundByAnswered returns the seats that the agreement binds which draft answers, if draft is a proposal; nil for none.
func (c *session) boundByAnswered(ctx context.Context, draft *room.Event) ([]int, error) {
	if draft == nil || draft.Kind != room.Proposal || draft.ReplyTo == 0 {
		return nil, nil
	}
	return c.boundBy(ctx, draft.ReplyTo)
}

// nameReplacement returns refusal, the refusal of o, or a refusal that names the proposal by which another one replaced
// what o votes on: an agent that has not read far enough votes on that next. Who objects to an agreement is told to
// propose.
func (c *session) nameReplacement(ctx context.Context, o *outgoing, refusal error) error {
	if !o.event.IsVote() || o.event.ReplyTo == 0 || fault.CodeOf(refusal) != fault.InvalidArgument {
		return refusal
	}
	n, err := c.latestOf(ctx, o.event.ReplyTo)
	if err != nil {
		return refusal
	}
	id := c.head.MessageID(n)
	if bound, err := c.boundBy(ctx, n); err == nil && bound != nil && o.event.Kind == room.Object {
		return fault.Refuse(fault.InvalidArgument, "%s is agreed on, so no objection ends it. Nothing was sent: to "+
			"take it back, send what is to hold in its place, if only that it ends, with kind proposal and reply_to "+
			"%s. If that replaces it, and it binds you, its open tasks are in question from then on.", id, id)
	}
	if n == o.event.ReplyTo {
		return refusal
	}
	return fault.Refuse(fault.InvalidArgument, "reply_to was replaced by %s. Nothing was sent: if that still asks "+
		"you, vote on it with reply_to %s. room_info lists what is open and what was agreed.", id, id)
}

// latestOf follows what replaced proposal n, and what replaced that, as far as the caller sees; n if nothing did. An
// agreement is replaced once the newer one is agreed on. A proposal is open for a day, so the events after n tell of
// most; of agreements the items tell.
func (c *session) latestOf(ctx context.Context, n int64) (int64, error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	if err != nil {
		return n, err
	}
	end := min(c.room.log.Peek().AsOf, n+core.MaxBack)
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Since(ctx, n, end) {
		if err != nil {
			return n, err
		}
		if event.Replaces == n && c.me.Sees(event) && (find(stored, n) == nil || find(stored, event.N) != nil) {
			n = event.N
		}
	}
	for x := find(stored, n); x != nil && x.ReplacedBy != 0; x = find(stored, n) {
		n = x.ReplacedBy
	}
	return n, nil
}

// lastRevision is revisionOf for the last agreement in messages; nil if there is none.
func (c *session) lastRevision(ctx context.Context, messages []Message) *Revision {
	for _, message := range slices.Backward(messages) {
		if message.Agreed != "" {
			return c.revisionOf(ctx, message.Agreed)
		}
	}
	return nil
}

// revisionOf returns what became of work when the proposal with this id was agreed on; nil if that replaced no
// agreement. An agent that is not told begins anew what is done. An answer does without if it cannot be read.
func (c *session) revisionOf(ctx context.Context, id string) *Revision {
	n, _ := c.head.MessageNumber(id)
	proposal, err := c.room.log.Event(ctx, n)
	if err != nil || proposal.Replaces == 0 {
		return nil
	}
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsRead)
	newer := find(stored, n)
	if err != nil || newer == nil {
		return nil
	}
	old := find(stored, newer.Replaces)
	if old == nil {
		return nil
	}
	closed, _, err := c.room.log.Items().AllDone(ctx, c.me.Agent, 0, agreementsRead)
	if err != nil {
		return nil
	}
	got := &Revision{ID: id, Old: c.head.MessageID(old.N)}
	for i := len(closed) - 1; i >= 0; i-- {
		if done := &closed[i]; !done.Dropped && done.AtMs >= old.AtMs {
			got.Done = append(got.Done, room.TaskID(done.Task.No))
		}
	}
	return got
}

// openRequests returns the open requests and proposals visible to the caller, oldest first.
func (c *session) openRequests(ctx context.Context) ([]OpenRequest, error) {
	now := c.room.svc.now()
	var list []OpenRequest
	for _, request := range c.head.Talk.OpenTo(c.me.Seat, now) {
		event, err := c.room.log.Event(ctx, request.N)
		if err != nil {
			return nil, err
		}
		if !c.me.Sees(event) {
			continue
		}
		list = append(list, OpenRequest{
			ID: c.head.MessageID(request.N), From: event.Name, Text: bothEnds(requestOf(event), requestChars),
			Person: event.Person, PersonName: c.head.PersonIn(event),
			OwedBy: c.head.NamesOf(request.Owed), Replaces: c.wouldReplace(&request),
			Age:      max(0, now.Sub(time.UnixMilli(request.AtMs))),
			Proposal: request.Proposal,
		})
	}
	return list, nil
}

// wouldReplace returns the id of the agreement that request, which the caller sees, is to replace; "" for none, and if
// the caller does not see that.
func (c *session) wouldReplace(request *room.OpenRequest) string {
	old := request.Replaces
	if !c.me.SeesMessage(old.N, old.Seat, old.For) {
		return ""
	}
	return c.head.MessageID(old.N)
}

// underWhich returns the agreement under which a task was done and which another one has replaced since; 0: none. list
// has the agreements that the caller sees. See room.Question.
func (c *session) underWhich(task room.Task, list []roomlog.Agreement) int64 {
	for i := range list {
		old := &list[i]
		newer := find(list, old.ReplacedBy)
		if newer == nil {
			continue
		}
		replaced := room.Question{N: newer.N, Old: old.N, Seat: newer.Seat, Ask: newer.Bound}
		if replaced.Concerns(&c.head.State, task) {
			return old.N
		}
	}
	return 0
}

// requestOf returns the text of a request, or the name of a file without a text.
func requestOf(event room.Event) string {
	if event.Text == "" && event.File != nil {
		return event.File.Name
	}
	return event.Text
}
