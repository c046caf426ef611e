package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/messenger"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// noteInterval is the time between two first notes to a channel of one room. Anybody may name the topic of somebody
// else.
const noteInterval = 24 * time.Hour

// errNewer reports that only a newer program knows the address of a channel: see room.FormLaterMessenger.
var errNewer = errors.New("outbox: a newer program calls this channel")

// noteTime is longer than a first note takes.
const noteTime = time.Minute

// A channel is called when a browser of its person would be called: see push.

// addChannel has a channel of a messenger called with what needs the person of a token, who holds a key. A channel
// cannot repeat a challenge. In its place the channel is told which room will call it, at most once a day, and must
// take that. If the person already has the channel, a failed call is tried at once.
func (d *Dispatcher) addChannel(ctx context.Context, token string, seat chat.HookSeat, to messenger.Channel) (id string,
	err error) {
	hook, has, err := d.personHook(ctx, seat, formOf(to), to.Address, to.Address)
	if err == nil && !has {
		err = d.checkHookLimits(ctx, ident.PrincipalOf(ctx), seat, hook.ID)
		if err == nil {
			err = d.sendFirstNote(ctx, seat, to)
		}
	}
	if err != nil {
		return "", err
	}
	return hook.ID, d.o.Rooms.Webhook(ctx, token, hook)
}

// formOf returns the form in which the hook of a channel is stored.
func formOf(to messenger.Channel) room.Form {
	if to.Host() == messenger.GovSlack || strings.Contains(to.Address, "?") {
		return room.FormLaterMessenger
	}
	return room.FormMessenger
}

// sendFirstNote tells a channel which room will call it, unless the channel was told so today. The channel must take
// the note, so nobody else adds it for the room while the note is under way.
func (d *Dispatcher) sendFirstNote(ctx context.Context, seat chat.HookSeat, to messenger.Channel) error {
	const taken, underWay = "-", "?"
	notes, now := d.o.Rooms.Store().Noted(chat.HookPrefix(to.Address+seat.Room)), d.now()
	before, err := notes.Read(ctx, table.Strong)
	if _, knows := before[taken]; err != nil || knows {
		return d.o.Rooms.Outward(err)
	}
	first, err := notes.Acquire(ctx, underWay, "", now, room.CeilSecond(now.Add(noteTime)))
	if err != nil {
		return d.o.Rooms.Outward(err)
	}
	if !first {
		return fault.Refuse(fault.RateLimited, "add_hook: another call adds the channel at %s for this room. Nothing "+
			"was changed: try again in a minute.", to.Host())
	}
	name := plain(seat.RoomName)
	answer, failed := d.tell(ctx, to, messenger.Note{Title: name, Link: d.linkTo(seat.Room, ""),
		Lines: []string{fmt.Sprintf("Parley room %s will tell this channel what needs its person there. That person "+
			"can stop it at:", name)}})
	why := failureReason(answer, failed)
	if why == "" {
		_, err := notes.Acquire(ctx, taken, "", now, room.CeilSecond(now.Add(noteInterval)))
		return d.o.Rooms.Outward(err)
	}
	notes.Release(ctx, underWay)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return refusal(to, answer, failed)
}

// linkTo returns the link to a draft or a message on the page of a room; without an id, to the page.
func (d *Dispatcher) linkTo(room, id string) string {
	link := d.site() + "/r/" + room
	if id != "" {
		link += "#" + id
	}
	return link
}

// refusal returns the refusal of a channel that has not taken the first note.
func refusal(to messenger.Channel, answer outcall.Answer, failed error) error {
	said, advice := fmt.Sprintf("It answered with status %d.", answer.Status), "try again in some minutes"
	switch {
	case failed != nil:
		said = failed.Error()
	case to.EndsChannel(answer.Status, answer.Body):
		advice = "it has no such channel, so copy the address once more, or make another one"
	case answer.Status/100 == 4 && answer.Status != outcall.StatusTooMany:
		advice = "see whether this channel may be written to, or choose another one"
	}
	return fault.Refuse(fault.InvalidArgument, "add_hook: the channel at %s did not take the first note. %s Nothing "+
		"was changed: %s.", to.Host(), said, advice)
}

// tell tells a channel a note.
func (d *Dispatcher) tell(ctx context.Context, to messenger.Channel, note messenger.Note) (outcall.Answer, error) {
	address, body := to.Call(note)
	return d.o.Out.PostUnsigned(ctx, address, map[string]string{"Content-Type": "application/json"},
		[]byte(body))
}

// callChannel is call for a channel of a messenger.
func (w *push) callChannel(ctx context.Context) (roomlog.Progress, error) {
	to, known, err := messenger.Parse(w.hook.URL)
	if err != nil || !known {
		return w.progress, errors.Join(errNewer, err)
	}
	answer, failed := w.tell(ctx, to, w.news(to.IsPublic()))
	return w.applyAnswer(ctx, answer, failed, to.EndsChannel(answer.Status, answer.Body))
}

// news returns what is new of what needs the person, and how much there is in all. The link leads to the newest. What
// everybody can read has no words of others but the name of the room.
func (w *push) news(public bool) messenger.Note {
	note := messenger.Note{Title: plain(w.needs.Room)}
	newest := ""
	for _, need := range w.needs.Open {
		if !w.rings(need) {
			continue
		}
		newest = need.ID
		note.High = note.High || need.Kind == chat.NeedsDecision
		if public {
			need.Who, need.Text = "Your agent", ""
			if need.Kind != chat.NeedsDecision {
				need.Who = "Somebody"
			}
		}
		note.Lines = append(note.Lines, words(need, true))
	}
	if open := len(w.needs.Open); open > len(note.Lines) {
		note.Lines = append(note.Lines, fmt.Sprintf("In all, %d things need you.", open))
	}
	note.Link = w.linkTo(w.needs.RoomID, newest)
	return note
}
