package chat

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

const (
	agreementsShown = 5   // in a room's description, and to a returning agent
	agreementChars  = 500 // of each agreement
	requestChars    = 80  // of an open request
	// agreementsRead is how many of the newest agreements a search or a count reads.
	agreementsRead = 100
)

// agreements returns the newest agreements visible to the caller.
func (c *session) agreements(ctx context.Context) ([]Agreement, error) {
	stored, _, err := c.room.log.Items().Agreements(ctx, c.me, agreementsShown)
	var list []Agreement
	for _, x := range stored {
		by := ident.Actor(x.By, x.Person, x.PersonName)
		a := Agreement{ID: c.head.MessageID(x.N), By: by, AgreedBy: append([]string{by}, x.AgreedBy...),
			To: x.ToNames, File: agreedFile(x), At: time.UnixMilli(x.AtMs)}
		a.Text = x.Text[:sanitize.Seam(x.Text, len(sanitize.FirstChars(x.Text, agreementChars)))]
		if len(a.Text) < len(x.Text) {
			a.More = &More{ID: a.ID, Offset: len(a.Text)}
		}
		list = append(list, a)
	}
	return list, err
}

// agreedFile returns the file of an agreement with the file's digest, so that no agent copies a digest by hand; nil for
// no file.
func agreedFile(x roomlog.Agreement) *File {
	f := viewFile(x.File)
	if f != nil {
		f.Sum = x.File.Sum
	}
	return f
}

// agreementsPage returns the agreements as messages, oldest first.
func (c *session) agreementsPage(ctx context.Context, limit int) (Page, error) {
	stored, more, err := c.room.log.Items().Agreements(ctx, c.me, limit)
	batch := batchFor(c.me, &c.head.State)
	batch.Events = limit
	for _, x := range stored {
		event := x.Proposal()
		message := messageOf(batch.Room, c.me, event)
		message.Agreed, message.File = message.ID, agreedFile(x)
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
	i := slices.IndexFunc(stored, func(x roomlog.Agreement) bool { return x.N == n })
	if i < 0 {
		return room.Event{}, none
	}
	return stored[i].Proposal(), nil
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
			OwedBy: c.head.NamesOf(request.Owed), Age: max(0, now.Sub(time.UnixMilli(request.AtMs))),
			Proposal: request.Proposal,
		})
	}
	return list, nil
}

// requestOf returns the text of a request, or the name of a file without a text.
func requestOf(event room.Event) string {
	if event.Text == "" && event.File != nil {
		return event.File.Name
	}
	return event.Text
}
