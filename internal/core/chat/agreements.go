package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

const (
	agreementsShown = 5       // that are in force, in a room's description or a join; and as many replaced
	agreementChars  = 2000    // of an agreement in a room's description, while all such texts fit into agreementBytes
	agreementBytes  = 6 << 10 // since clients cut long results
	briefChars      = 500     // of an agreement elsewhere
	replacedChars   = 100     // of one that is replaced
	requestChars    = 80      // of an open request
	// agreementsRead is how many of the newest agreements a search or a count reads. Those shown are among them.
	agreementsRead = 100
)

// agreements returns agreements visible to the caller: agreementsShown that are in force, and as many that are
// replaced, in the order of ownFirst. So a time that was changed often hides no other agreement. most is agreementChars
// or briefChars.
func (c reading) agreements(ctx context.Context, most int) ([]Agreement, error) {
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
			OldFile: viewFileSum(x.OldFile), RemovedBy: x.RemovedBy,
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
func (c reading) ownFirst(ctx context.Context) ([]roomlog.Agreement, error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
	rank := func(x roomlog.Agreement) int {
		if len(x.Bound) == 0 || slices.Contains(x.Bound, c.me.Seat) { // an older one does not say whom it binds
			return 0
		}
		return 1
	}
	slices.SortStableFunc(stored, func(a, b roomlog.Agreement) int { return rank(a) - rank(b) })
	return stored, err
}

// agreedProposal returns the proposal with this id from the agreements, for use after the event of the proposal has
// expired. none is the error if no agreement has the id.
func (c reading) agreedProposal(ctx context.Context, id string, none error) (room.Event, error) {
	n, ok := c.head.MessageNumber(id)
	if !ok {
		return room.Event{}, none
	}
	x, err := c.findAgreement(ctx, n)
	if err != nil || x == nil {
		return room.Event{}, cmp.Or(err, none)
	}
	return x.Proposal(), nil
}

// findAgreement returns agreement n, however many are newer; nil if n is none that the caller sees. Otherwise two
// guests could keep one from being replaced, by a hundred of their own.
func (c reading) findAgreement(ctx context.Context, n int64) (*roomlog.Agreement, error) {
	for before, more := int64(0), true; more; {
		var stored []roomlog.Agreement
		var err error
		stored, more, err = c.room.log.Items().Agreements(ctx, c.me, before, agreementsRead)
		if err != nil {
			return nil, err
		}
		if x := find(stored, n); x != nil {
			return x, nil
		}
		if more {
			before = stored[len(stored)-1].N
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

// boundBy returns the seats that agreement n binds; nil if n is no agreement, or another has replaced it. An agreement
// of an older program does not say whom it binds. It binds all who see it, except a person without an agent who did not
// agree: older programs asked no such person.
func (c reading) boundBy(ctx context.Context, n int64) (seats []int, err error) {
	x, err := c.findAgreement(ctx, n)
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

// lastRevision is revisionOf for the last agreement in messages; nil if there is none.
func (c reading) lastRevision(ctx context.Context, messages []Message) *Revision {
	for _, message := range slices.Backward(messages) {
		if message.Agreed != "" {
			return c.revisionOf(ctx, message.Agreed)
		}
	}
	return nil
}

// revisionOf returns what became of work when the proposal with this id was agreed on; nil if that replaced no
// agreement. An agent that is not told begins anew what is done. An answer does without if it cannot be read.
func (c reading) revisionOf(ctx context.Context, id string) *Revision {
	n, _ := c.head.MessageNumber(id)
	proposal, err := c.room.log.Event(ctx, n)
	if err != nil || proposal.Replaces == 0 {
		return nil
	}
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, 0, agreementsRead)
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

// underWhich returns the agreement under which a task was done and which another one has replaced since; 0: none. list
// has the agreements that the caller sees.
func underWhich(task room.Task, list []roomlog.Agreement) int64 {
	for i := range list {
		old := &list[i]
		newer := find(list, old.ReplacedBy)
		if newer != nil && (room.Replaced{N: old.N, Bound: old.Bound}).Covers(&task, newer.N) {
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
