package chat

import (
	"cmp"
	"context"
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

// session is one call of an agent or a person. It ends with its call, and nothing of it is stored. Each way in returns
// it whole: accept, joinOp.enter, enterEndpoint, enterUpload, and acceptViewer for a caller without a token.
type session struct {
	token  ident.Token
	holder room.HashedToken // of the token
	room   *liveRoom        // to be released
	began  time.Time        // when the call began

	// The newest moment that the call uses, at first the one on which the token was accepted. moveTo, moveOn and
	// refresh alone replace it: after a read or an append, and before an answer is made. So an answer is of one moment;
	// that of joinOp.answerSeated is of two. The newest known head is room.log.Peek(). A rule decides on its place
	// alone.
	*moment

	asker   ident.Principal // who calls
	answers int64           // the event of the caller's call that the session answers; 0: none
}

// moment is the room at a head, with the caller there. A moment never changes, so a pointer to its caller may be kept.
type moment struct {
	head *room.Head
	me   room.Caller // the agent or person of the token
	good int64       // the newest event after which the token was good: that of head, or an older one
}

func newMoment(head *room.Head, caller room.Caller) *moment { return &moment{head, caller, head.AsOf} }

// isSeated reports whether the token is good at the moment.
func (m *moment) isSeated() bool { return m.good == m.head.AsOf }

// moveTo makes the moment of head that of the session. If the caller's seat is gone by then, the former caller stays,
// and moveTo returns false.
func (c *session) moveTo(head *room.Head) (seated bool) {
	caller, seated := head.CallerByToken(c.holder)
	switch {
	case head == c.head:
	case seated:
		c.moment = newMoment(head, caller)
	default:
		c.moment = &moment{head, c.me, c.good}
	}
	return seated
}

// moveOn moves to the newest known head.
func (c *session) moveOn() (seated bool) { return c.moveTo(c.room.log.Peek()) }

// refresh moves to a head at least as new as the call.
func (c *session) refresh(ctx context.Context) error {
	head, err := c.room.log.Refresh(ctx, c.began)
	if err != nil {
		return err
	}
	c.moveTo(head)
	return readCalls(ctx, c)
}

// readCalls has the index of the head reach back to each call that may still be repeated. A viewer repeats none.
func readCalls(ctx context.Context, c *session) error {
	since := c.began.Add(-room.RepeatWindow)
	if c.began.IsZero() || c.head.Recent.Reaches(since) {
		return nil
	}
	err := c.room.log.ReadBack(ctx, since)
	c.moveOn()
	return err
}

func (c *session) recorder() presence.Recorder {
	return c.room.agents.Recorder(c.head, &c.me)
}

// payer returns the caller whose limits count this call.
func (c *session) payer(ctx context.Context) ratelimit.Caller {
	return ratelimit.CallerFor(ctx, c.token.Room, c.me)
}

func (c *session) reader() presence.Reader { return c.room.agents.Reader(&c.me) }

// enterCached accepts a token on a cached head, which may be older than the log. A token is refused only on a current
// head. The caller of enterCached must release the room.
func (s *Service) enterCached(ctx context.Context, token string) (*session, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	return s.accept(ctx, t, (*roomlog.Log).Cached)
}

// enterCurrent accepts a token on the current head. The caller of enterCurrent must release the room.
func (s *Service) enterCurrent(ctx context.Context, token string) (*session, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	return s.acceptCurrent(ctx, t)
}

// acceptCurrent accepts a parsed token on the current head.
func (s *Service) acceptCurrent(ctx context.Context, t ident.Token) (*session, error) {
	began := s.now()
	return s.accept(ctx, t, func(l *roomlog.Log, ctx context.Context) (*room.Head, error) {
		return l.Refresh(ctx, began)
	})
}

// cameKey is the context key of the time given to Came.
type cameKey struct{}

// Came returns the context of a call that came at a time, by the clock of the Service. Without Came the call begins
// when its token is accepted.
func Came(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, cameKey{}, at)
}

// accept makes the holder of a token a caller. Each later step checks the seat again, on the head that the step decides
// on.
func (s *Service) accept(ctx context.Context, token ident.Token, read readHead) (*session, error) {
	asker := ident.PrincipalOf(ctx)
	if err := asker.CheckToken(token); err != nil {
		return nil, hideForeignStay(asker, token, err)
	}
	live, holder := s.acquire(token.Room), room.HashToken(token)
	began := s.now()
	if came, known := ctx.Value(cameKey{}).(time.Time); known && came.Before(began) {
		began = came
	}
	head, caller, ok, err := live.findCaller(ctx, holder, read)
	switch {
	case err != nil:
	case !ok:
		err = live.refuseToken(ctx, head, holder)
	default:
		err = hideForeignStay(asker, token, head.Invite.CheckSeat(asker, caller.Agent))
		if err == nil {
			err = s.limits.Enter(ctx, token.Room, ratelimit.CallerFor(ctx, token.Room, caller))
		}
	}
	var c *session
	if err == nil {
		c = &session{token: token, holder: holder, room: live, began: began, moment: newMoment(head, caller),
			asker: asker}
		err = readCalls(ctx, c)
	}
	if err != nil {
		live.release()
		return nil, err
	}
	return c, nil
}

// way returns how the caller gets back once its seat is gone.
func (c *session) way() room.Way {
	by := c.asker
	by.Invite = cmp.Or(by.Invite, c.me.Invite) // if the token alone was shown
	way := c.head.WayBack(by, c.room.svc.now())
	way.Guest = c.me.IsGuest()
	way.Seats = way.Seats && (c.head.Others(c.me.Seat) > 0 || way.Password) // else the invite ends with the room
	return way
}

// acceptViewer returns the session of a caller without a token, such as a view: it has no holder, so it can look, and
// append nothing.
func (r *liveRoom) acceptViewer(head *room.Head, caller room.Caller) *session {
	return &session{token: ident.Token{Room: r.log.ID(), Seat: caller.Seat}, room: r, moment: newMoment(head, caller)}
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

// findCaller returns the agent or person with the token of holder, and the head with the seat. ok is false, on a
// current head, if nobody has this token or the room has expired.
func (r *liveRoom) findCaller(ctx context.Context, holder room.HashedToken, read readHead) (head *room.Head,
	caller room.Caller, ok bool, err error) {
	began := r.svc.now()
	head, err = read(r.log, ctx)
	if err != nil {
		return nil, caller, false, err
	}
	caller, ok = head.CallerByToken(holder)
	if !ok || head.Expired(began) {
		head, err = r.log.Refresh(ctx, began)
		if err != nil {
			return nil, caller, false, err
		}
		caller, ok = head.CallerByToken(holder)
	}
	return head, caller, ok && !head.Expired(began), nil
}

// parseToken reads a token. A ticket in place of a token is refused with advice.
func parseToken(s string) (ident.Token, error) {
	token, err := ident.ParseToken(s)
	if err == nil {
		return token, nil
	}
	if _, body, cut := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "-"); cut && ident.WellFormed(body) {
		err = fault.Refuse(fault.TokenInvalid, "agent_token holds a ticket of the queue: give it to enter_queue as "+
			"ticket. The agent_token comes with the partner.")
	}
	return token, err
}

// refuseToken returns the reason why the caller's token is no longer accepted.
func (c *session) refuseToken(ctx context.Context, head *room.Head) error {
	return c.room.refuseToken(ctx, head, c.holder)
}

// refuseToken returns the reason why the token of holder is not accepted.
func (r *liveRoom) refuseToken(ctx context.Context, head *room.Head, holder room.HashedToken) error {
	agent, there := head.Seated(holder.Seat)
	if holder.Joined != 0 {
		if !head.IssuedStay(holder) {
			return refuseStay()
		}
	}
	switch {
	case !head.Retired && head.Expired(r.svc.now()):
		return roomlog.ErrNotFound
	case holder.Person && there:
		return refuseDevice()
	case there && holder.Joined == 0 && !holder.Has(agent.Hash):
		return fault.Refuse(fault.TokenInvalid, "agent_token is not, or no longer, that of this seat: an agent of "+
			"the same user may have joined under its name since. Use the newest one that "+
			"join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case holder.Seat < 1, holder.Seat >= head.NextSeat:
		return fault.Refuse(fault.TokenInvalid, "agent_token is not one that this room gave out. Use the one that "+
			"join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case there:
		return roomlog.ErrNotFound
	}
	gone, err := r.log.Items().Vacated(ctx, holder.Seat)
	if err != nil {
		return err
	}
	if !gone.Had(holder) { // an older token, or an invented one
		gone.Reason = room.ReasonLeft
	}
	return refuseVacated(gone, holder, head.WayBack(ident.PrincipalOf(ctx), r.svc.now()))
}

// refuseStay refuses a stay that the room has not given.
func refuseStay() error {
	return fault.Refuse(fault.TokenInvalid, "contextId is not one that this address gave. Nothing was done: use the "+
		"one that the answer to your first message has, or leave it out to take a seat.")
}

// refuseDevice refuses a person's token that belongs to no occupied seat.
func refuseDevice() error {
	refused := fault.Refuse(fault.TokenInvalid, "This person's token does not belong to this seat, or no longer does: "+
		"a link opened on another device may have ended it, or somebody else has the seat. On a device that still "+
		"works, ask for a new link; or have the agent take another seat, and open the link that it gives "+
		"you.")
	refused.Reason = fault.ReasonDevice
	return refused
}

// refuseVacated refuses a token of a vacated seat. way is that of its agent. A person is also told who took the seat
// away.
func refuseVacated(gone roomlog.Vacated, holder room.HashedToken, way room.Way) error {
	refused := room.RefuseRemoved(gone.Reason, way)
	if holder.Joined != 0 {
		refused.Reason = string(gone.Reason)
		return refused
	}
	if !holder.Person || !gone.Had(holder) {
		return refused
	}
	if gone.Kept {
		refused = fault.Refuse(fault.Removed, "Your agent has no seat in this room any more: it has left, or lost it. "+
			"If it joins again under its name within a day, this token is that of its person again.")
	}
	refused.Reason, refused.By, refused.Note = string(gone.Reason), gone.By, sanitize.Escape(gone.Note, "")
	return refused
}
