package chat

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// A view shows a person the room of its agent inside the agent's client, and polls. A view is no sign of life of the
// agent, so its calls renew no lease, move no read position and write nothing. Its token can only look: see ident.View.

// How soon a view polls again, by the age of the newest event on it: a talk pauses for seconds, and after a longer
// silence nobody notices a longer delay.
const (
	pollInTalk    = 3 * time.Second
	lookAfterTalk = 8 * time.Second
	lookInSilence = 30 * time.Second

	talkLasts    = time.Minute
	silenceAfter = 10 * time.Minute
)

// firstShown is how many messages a view shows at first.
const firstShown = 30

// What waits for the person of a view may be older than those messages. Of each text so many bytes are shown, of a
// draft more, since it is approved as a whole, and so many of all.
const (
	waitingText  = 600
	draftText    = 2000
	waitingBytes = 4 << 10
)

// The messages that others answer may be older, too: so many are read, and so many bytes of each are shown.
const (
	answeredRead = 6
	answeredText = 160
)

// A view names so many of the open tasks and of the agreements, the agent's own first, by so many bytes of a text.
const (
	openNamed  = 5
	agreedText = 160
)

// ShowRoom returns the room as the agent of a view sees it, for its person. Nothing is recorded, whoever calls.
func (s *Service) ShowRoom(ctx context.Context, req ShowRequest) (Shown, error) {
	c, err := s.enterView(ctx, req.View)
	if err != nil {
		return Shown{}, s.Outward(err)
	}
	defer c.room.release()
	shown, err := c.show(ctx, req.After)
	return shown, s.Outward(err)
}

// enterView accepts a view on the current head. The caller of enterView must release the room.
func (s *Service) enterView(ctx context.Context, token string) (reading, error) {
	v, err := parseView(token)
	if err != nil {
		return reading{}, err
	}
	asker := ident.PrincipalOf(ctx)
	if err := asker.CheckView(v); err != nil {
		return reading{}, err
	}
	live, began := s.acquire(v.Room), s.now()
	head, err := live.log.Refresh(ctx, began)
	if err != nil {
		live.release()
		return reading{}, err
	}
	caller, ok := head.Viewer(v)
	if ok && !head.Expired(began) {
		err = head.Invite.CheckSeat(asker, caller.Agent)
	} else {
		err = live.refuseView(ctx, head, v)
	}
	if err == nil {
		err = s.limits.Enter(ctx, v.Room, ratelimit.ViewerFor(ctx, v.Room, caller))
	}
	if err != nil {
		live.release()
		return reading{}, err
	}
	return reading{live.acceptViewer(head, caller)}, nil
}

// parseView reads a view. An agent token in place of a view is refused with advice.
func parseView(s string) (ident.View, error) {
	v, ok := ident.ParseView(s)
	if ok {
		return v, nil
	}
	if _, err := ident.ParseToken(s); err == nil {
		return v, fault.Refuse(fault.TokenInvalid, "view holds an agent_token, which can do more than look. Nothing "+
			"was shown: call room_info with agent_token, and give show_room the view that it returns.")
	}
	return v, fault.Refuse(fault.TokenInvalid, "view is mistyped: it must be what room_info returned as view, "+
		"unchanged. Nothing was shown: if you have lost it, call room_info with agent_token.")
}

// refuseView returns the reason why v is not accepted.
func (r *liveRoom) refuseView(ctx context.Context, head *room.Head, v ident.View) error {
	_, there := head.Seated(v.Seat)
	switch {
	case !v.Of(head.LogKey), there && !head.Expired(r.svc.now()):
		return fault.Refuse(fault.TokenInvalid, "view is not, or no longer, one of this room. Nothing was shown: call "+
			"room_info with agent_token, and give show_room the view that it returns.")
	case there, !head.Retired && head.Expired(r.svc.now()):
		return roomlog.ErrNotFound
	}
	gone, err := r.log.Items().Vacated(ctx, v.Seat)
	if err != nil {
		return err
	}
	return refuseVacated(gone, room.HashedToken{Seat: v.Seat, Joined: v.Joined},
		head.WayBack(ident.PrincipalOf(ctx), r.svc.now()))
}

// view returns the token of a view for the caller; "" for a person, who has the page, and for a stay, since some
// clients do not keep the id of a stay secret.
func (c reading) view() string {
	if c.me.IsPerson() || c.token.IsStay() {
		return ""
	}
	return ident.NewView(c.head.LogKey, c.head.ID, c.me.Seat, c.me.Joined).String()
}

// show returns the messages after a message; with "", the newest.
//
// talk: a view.
func (c reading) show(ctx context.Context, after string) (shown Shown, err error) {
	shown = Shown{RoomID: c.head.ID, Room: describe(c.head), Paused: c.me.Person.Paused, Now: c.room.svc.now()}
	seen, err := c.room.readRoster(ctx, c.head, c.me)
	if err != nil {
		return Shown{}, err
	}
	seen.ForPerson = true // as others see the agent, which does not read this result
	shown.Room.Agents = seen.Agents()

	newest := time.UnixMilli(c.me.AtMs)
	if after != "" {
		shown.Page, newest, err = c.shownAfter(ctx, after)
	} else {
		shown.Page, err = c.page(ctx, HistoryRequest{Limit: firstShown})
	}
	if err != nil {
		return Shown{}, err
	}
	shown.Waiting, err = c.waiting(ctx, shown.Page, after == "")
	if err != nil {
		return Shown{}, err
	}
	shown.Answered, err = c.answered(ctx, shown)
	if err != nil {
		return Shown{}, err
	}
	if n := len(shown.Messages); n > 0 {
		newest = shown.Messages[n-1].At
	}
	shown.PollAfter = pollPause(shown.Now.Sub(newest))
	agreed := after == "" || slices.ContainsFunc(shown.Messages, changesAgreements)
	shown.Open, err = c.open(ctx, seen.Presence, agreed)
	return shown, err
}

// answered returns the beginnings of older messages that those of shown answer or agree to: first for those that wait,
// then for the newest. An older message that is not cached costs a strong read, which finds no text that was removed.
func (c reading) answered(ctx context.Context, shown Shown) (list []Message, err error) {
	var waiting []Message
	newest := slices.Clone(shown.Messages)
	slices.Reverse(newest)
	for _, one := range shown.Waiting {
		at := slices.IndexFunc(shown.Messages, func(m Message) bool { return m.ID == one.ID })
		switch {
		case one.Message != nil:
			waiting = append(waiting, *one.Message)
		case at >= 0:
			waiting = append(waiting, shown.Messages[at])
		}
	}
	all := slices.Concat(waiting, newest)
	known, left := map[string]bool{"": true}, answeredRead
	for _, message := range all {
		known[message.ID] = true
	}
	for _, message := range all {
		for _, id := range []string{message.ReplyTo, message.Agreed} {
			if known[id] || left == 0 {
				continue
			}
			known[id] = true
			left-- // also for one that has expired, which costs a read, too
			event, err := c.seenEvent(ctx, "", id)
			switch {
			case fault.CodeOf(err) == fault.InvalidArgument:
			case err != nil:
				return nil, err
			default:
				answered := messageOf(&c.head.State, c.me, event)
				answered.shorten(answeredText)
				list = append(list, answered)
			}
		}
	}
	return list, nil
}

// open returns what is open; without agreed, without the agreements.
func (c reading) open(ctx context.Context, seen map[int]room.Presence, agreed bool) (open ShownOpen, err error) {
	tasks := c.seenTasks(0)
	open.Tasks = len(tasks)
	for _, task := range tasks[:min(openNamed, len(tasks))] {
		view := c.taskOf(task, seen)
		view.Text = ""
		open.First = append(open.First, view)
	}
	if !agreed {
		return open, nil
	}
	stored, err := c.ownFirst(ctx)
	if err != nil {
		return ShownOpen{}, err
	}
	open.Agreements = new(0)
	for _, x := range stored {
		if x.ReplacedBy != 0 {
			continue
		}
		*open.Agreements++
		if len(open.Agreed) < openNamed {
			open.Agreed = append(open.Agreed, firstPart(x.Text, agreedText))
		}
	}
	return open, nil
}

// changesAgreements reports whether an event may have changed the agreements in force, or their texts.
func changesAgreements(m Message) bool { return m.Agreed != "" || m.Redacts != "" }

// pollPause returns when a view polls again, by the age of its newest event. Only events that the agent sees may count:
// otherwise the delay would show that others talk in private.
func pollPause(age time.Duration) time.Duration {
	switch {
	case age < talkLasts:
		return pollInTalk
	case age < silenceAfter:
		return lookAfterTalk
	}
	return lookInSilence
}

// waiting returns what waits for the person of the agent: the drafts, then the proposals and then the requests that the
// agent owes an answer, each in the order of the room. With whole, each has its message, unless page has it or it does
// not fit.
func (c reading) waiting(ctx context.Context, page Page, whole bool) ([]Waiting, error) {
	now := c.room.svc.now()
	var drafts, proposals, requests []Waiting
	for _, draft := range c.me.Person.Open(now) {
		drafts = append(drafts, Waiting{n: draft.N})
	}
	for _, request := range c.head.Talk.OpenTo(c.me.Seat, now) {
		switch owes := slices.Contains(request.Owed, c.me.Seat); {
		case !owes || request.N < c.me.Since.N:
		case request.Proposal:
			proposals = append(proposals, Waiting{n: request.N, Agreed: agreedTo(request)})
		default:
			requests = append(requests, Waiting{n: request.N})
		}
	}
	all := slices.Concat(drafts, proposals, requests)
	fit := batch{Events: len(all), Limit: waitingBytes, Room: &c.head.State}
	for i := range all {
		one := &all[i]
		one.ID = c.head.MessageID(one.n)
		if !whole || slices.ContainsFunc(page.Messages, func(m Message) bool { return m.ID == one.ID }) {
			continue
		}
		event, err := c.room.log.Event(ctx, one.n)
		if err != nil {
			return nil, err
		}
		message := messageOf(fit.Room, c.me, event)
		if i < len(drafts) {
			message.shorten(draftText)
		} else {
			message.shorten(waitingText)
		}
		whole = fit.Add(message, event)
		if whole {
			one.Message = &message
		}
	}
	return all, nil
}

// agreedTo returns how many have agreed to a proposal, as far as the reader of request knows.
func agreedTo(request room.OpenRequest) (n int) {
	for _, seat := range request.Agreed {
		if !slices.Contains(request.Owed, seat) {
			n++
		}
	}
	return n
}

// shownAfter returns the caller's messages after a message, and the time of the message. If the cached tail has the
// message, no event is read. A message hidden from the caller is refused, since the number of an event tells how many
// precede it.
func (c reading) shownAfter(ctx context.Context, id string) (page Page, at time.Time, err error) {
	none := refuseUnseen("after")
	n, ok := c.head.MessageNumber(id)
	if !ok {
		return Page{}, at, none
	}
	batch := batchFor(c.me, &c.head.State)
	for event, err := range c.room.log.PagesToShow(c.me, batch.firstPage()).Since(ctx, n-1, c.head.AsOf) {
		switch {
		case err != nil:
			return Page{}, at, err
		case at.IsZero() && (event.N != n || !c.me.Sees(event)):
			return Page{}, at, none
		case at.IsZero():
			at = event.At()
		case c.me.Sees(event) && !batch.Add(messageOf(batch.Room, c.me, event), event):
			page.HasMore = true
		}
		if page.HasMore {
			break
		}
	}
	if at.IsZero() {
		return Page{}, at, none
	}
	page.Messages, page.Cut = batch.Messages, page.HasMore && len(batch.Messages) < batch.Events
	return page, at, nil
}
