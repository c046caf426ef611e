package chat

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// session is an agent whose token was accepted.
type session struct {
	token  ident.Token
	holder room.Holder // of the token
	room   *liveRoom   // to be released
	head   *room.Head
	me     room.Caller // by the token
	start  room.Start  // when the call began
}

func (c *session) attendance() presence.SeatPresence {
	return c.room.agents.SeatPresence(c.head, &c.me)
}

// payer returns the caller whose limits count this call.
func (c *session) payer(ctx context.Context) ratelimit.Caller {
	return ratelimit.CallerFor(ctx, c.token.Room, c.me)
}

func (c *session) reader() presence.Reader { return c.room.agents.Reader(&c.me) }

// enter accepts a token on a cached head, which may be older than the log. A token is refused only on a current head.
// The caller of enter must release the room.
func (s *Service) enter(ctx context.Context, token string) (*session, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	return s.accept(ctx, t, (*roomlog.Log).Cached)
}

// enterNow accepts a token on the current head.
func (s *Service) enterNow(ctx context.Context, token string) (*session, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	return s.acceptNow(ctx, t)
}

func (s *Service) acceptNow(ctx context.Context, t ident.Token) (*session, error) {
	began := s.now()
	return s.accept(ctx, t, func(l *roomlog.Log, ctx context.Context) (*room.Head, error) {
		return l.Refresh(ctx, began)
	})
}

// cameKey is the context key of the time given to Came.
type cameKey struct{}

// slowAdmission is how long a call may wait for admission before the events known here no longer count as older than
// the call.
const slowAdmission = time.Second

// Came returns the context of a call that came at a time, by the clock of the Service. Without Came the call begins
// when its token is accepted.
func Came(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, cameKey{}, at)
}

// accept makes the holder of a token a caller. Each later step checks the seat again, on the head that the step decides
// on.
func (s *Service) accept(ctx context.Context, t ident.Token, read readHead) (*session, error) {
	asker := ident.PrincipalOf(ctx)
	if err := asker.CheckToken(t); err != nil {
		return nil, hideForeignStay(asker, t, err)
	}
	r, holder := s.acquire(t.Room), room.HolderOf(t)
	start := room.Start{Head: math.MaxInt64}
	if known := r.log.Peek(); known != nil {
		start.Known = known.AsOf
	}
	start.At = s.now()
	if came, known := ctx.Value(cameKey{}).(time.Time); known && came.Before(start.At) {
		if start.At.Sub(came) > slowAdmission {
			start.Known = 0 // the client may have given the call up and gone on elsewhere
		}
		start.At = came
	}
	h, a, ok, err := r.findCaller(ctx, holder, read)
	switch {
	case err != nil:
	case !ok:
		err = r.refuseToken(ctx, h, holder)
	default:
		err = hideForeignStay(asker, t, h.Invite.CheckSeat(asker, a.Agent))
		if err == nil {
			err = s.limits.Enter(ctx, t.Room, ratelimit.CallerFor(ctx, t.Room, a))
		}
	}
	if err != nil {
		r.release()
		return nil, err
	}
	if current := r.log.KnownSince(start.At); current != nil {
		start.Head = current.AsOf
	}
	return &session{token: t, holder: holder, room: r, head: h, me: a, start: start}, nil
}

// hideForeignStay returns err, the refusal of t for a caller without rights to its seat. For a guest with a foreign
// stay the refusal is the same as for a stay that nobody has.
func hideForeignStay(asker ident.Principal, t ident.Token, err error) error {
	if err == nil || !t.IsStay() || !asker.IsGuest() {
		return err
	}
	return refuseStay()
}

type readHead = func(*roomlog.Log, context.Context) (*room.Head, error)

// findCaller returns the agent or person with the token of x, and the head with the seat. ok is false, on a current
// head, if nobody has this token or the room has expired.
func (r *liveRoom) findCaller(ctx context.Context, x room.Holder, read readHead) (h *room.Head, a room.Caller, ok bool,
	err error) {
	began := r.svc.now()
	h, err = read(r.log, ctx)
	if err != nil {
		return nil, a, false, err
	}
	a, ok = h.Owner(x)
	if !ok || h.Expired(began) {
		h, err = r.log.Refresh(ctx, began)
		if err != nil {
			return nil, a, false, err
		}
		a, ok = h.Owner(x)
	}
	return h, a, ok && !h.Expired(began), nil
}

// parseToken reads a token. A ticket in place of a token is refused with advice.
func parseToken(s string) (ident.Token, error) {
	t, err := ident.ParseToken(s)
	if err == nil {
		return t, nil
	}
	if _, body, cut := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "-"); cut && ident.WellFormed(body) {
		err = fault.Refuse(fault.TokenInvalid, "agent_token holds a ticket of the queue: give it to enter_queue as "+
			"ticket. The agent_token comes with the partner.")
	}
	return t, err
}

// refuseToken returns the reason why the caller's token is no longer accepted.
func (c *session) refuseToken(ctx context.Context, h *room.Head) error {
	return c.room.refuseToken(ctx, h, c.holder)
}

// refuseToken returns the reason why the token of x is not accepted.
func (r *liveRoom) refuseToken(ctx context.Context, h *room.Head, x room.Holder) error {
	a, there := h.Seated(x.Seat)
	if x.Joined != 0 {
		if !h.IssuedStay(x) {
			return refuseStay()
		}
	}
	switch {
	case x.Person && there:
		return refuseDevice()
	case there && x.Joined == 0 && !x.Has(a.Hash):
		return fault.Refuse(fault.TokenInvalid, "agent_token is not, or no longer, that of this seat: an agent of "+
			"the same user may have joined under its name since. Use the newest one that "+
			"join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case x.Seat < 1, x.Seat >= h.NextSeat:
		return fault.Refuse(fault.TokenInvalid, "agent_token is not one that this room gave out. Use the one that "+
			"join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case there, !h.Retired && h.Expired(r.svc.now()):
		return roomlog.ErrNotFound
	}
	gone, err := r.log.Seats().Vacated(ctx, x.Seat)
	if err != nil {
		return err
	}
	if !gone.Had(x) { // an older token, or an invented one
		gone.Reason = room.ReasonLeft
	}
	return refuseVacated(gone, x)
}

// refuseStay refuses a stay that the room has not given.
func refuseStay() error {
	return fault.Refuse(fault.TokenInvalid, "contextId is not one that this address gave. Nothing was done: use the "+
		"one that the answer to your first message has, or leave it out to take a seat.")
}

// refuseDevice refuses a person's token that belongs to no occupied seat.
func refuseDevice() error {
	e := fault.Refuse(fault.TokenInvalid, "This person's token does not belong to this seat, or no longer does: a "+
		"link opened on another device may have ended it, or somebody else has the seat. On a device that still "+
		"works, ask for a new link; or have the agent join under another agent_name, and open the link that it "+
		"gives you.")
	e.Reason = fault.ReasonDevice
	return e
}

// refuseVacated refuses a token of a vacated seat. A person is also told who took the seat.
func refuseVacated(gone roomlog.Vacated, x room.Holder) error {
	e := room.RefuseRemoved(gone.Reason)
	if x.Joined != 0 {
		e.Reason = string(gone.Reason)
		return e
	}
	if !x.Person || !gone.Had(x) {
		return e
	}
	if gone.Kept {
		e = fault.Refuse(fault.Removed, "Your agent has no seat in this room any more: it has left, or lost it. "+
			"If it joins again under its name within a day, this token is that of its person again.")
	}
	e.Reason, e.By, e.Note = string(gone.Reason), gone.By, sanitize.Escape(gone.Note, "")
	return e
}

// rule returns the events of a call of a, as of h, where a has a seat.
type rule func(h *room.Head, a room.Caller, now time.Time) (roomlog.Change, error)

// ofCaller returns r as a proposal of the caller. If the caller's seat is gone, the error is errUnseated.
func (c *session) ofCaller(r rule) func(*room.Head, time.Time) (roomlog.Change, error) {
	return func(h *room.Head, now time.Time) (roomlog.Change, error) {
		a, here := h.Owner(c.holder)
		if !here {
			return roomlog.Change{}, errUnseated
		}
		return r(h, a, now)
	}
}

// change appends to a room that can still be changed. A send under way either precedes the change in the log, or
// follows its rules.
func (c *session) change(ctx context.Context, r rule) ([]room.Event, error) {
	return c.append(ctx, &roomlog.Proposal{}, func(h *room.Head, a room.Caller, now time.Time) (roomlog.Change, error) {
		if err := checkLive(h, now); err != nil {
			return roomlog.Change{}, err
		}
		return r(h, a, now)
	})
}

// append appends the events of r with the options of p, and returns them. Events that add data need space on the disk:
// otherwise one guest changed its name 4,646 times in six seconds, until the disk had no room for a kick.
func (c *session) append(ctx context.Context, p *roomlog.Proposal, r rule) ([]room.Event, error) {
	c.room.svc.space.readIfDue()
	p.Propose = c.ofCaller(func(h *room.Head, a room.Caller, now time.Time) (roomlog.Change, error) {
		ch, err := r(h, a, now)
		if err == nil {
			err = c.reserveSpace(ch.Events)
		}
		return ch, err
	})
	err := c.room.log.Append(ctx, p)
	switch {
	case errors.Is(err, errUnseated):
		return nil, c.refuseToken(ctx, c.room.log.Peek())
	case err != nil: // p may still be under way
		return nil, err
	}
	return p.Events, nil
}

// errUnseated reports that the caller's seat is gone. The package replaces this error by the reason.
var errUnseated = errors.New("chat: the seat is gone")
