package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// Hooks call an agent that cannot wait, or the person behind the agent: see room.Hook. Package chat decides who has a
// hook and what news a hook is called for; package outbox makes the calls. webhook.go has the hooks of people.

// HookSeat is a seat for a hook.
type HookSeat struct {
	Room string // the id of the room
	room.Agent
}

// HookSeat returns the seat of an agent's token.
func (s *Service) HookSeat(ctx context.Context, token string) (HookSeat, error) {
	c, err := s.enterHook(ctx, token)
	if err != nil {
		return HookSeat{}, s.Outward(err)
	}
	defer c.room.release()
	return HookSeat{c.head.ID, c.me.Agent}, nil
}

// enterHook accepts the token of an agent, on the current head of its room.
func (s *Service) enterHook(ctx context.Context, token string) (*session, error) {
	c, err := s.enterNow(ctx, token)
	if err != nil {
		return nil, err
	}
	if c.me.IsPerson() {
		c.room.release()
		return nil, refusePersonSubscribes()
	}
	return c, nil
}

// BeginHook gives the seat of a token the hook x, or refreshes the hook. The result is what is known of the hook's
// calls.
func (s *Service) BeginHook(ctx context.Context, token string, x roomlog.HookItem) (told roomlog.Progress, err error) {
	c, err := s.enterHook(ctx, token)
	if err != nil {
		return told, s.Outward(err)
	}
	defer c.room.release()
	if !c.me.IsCalled() {
		if err := c.reader().RecordAllHandedOut(ctx); err != nil {
			return told, s.Outward(err)
		}
	}
	told.AtMs = s.now().UnixMilli()
	began, err := c.beginHook(ctx, x, told, func(a room.Agent) room.Event { return a.BeginHook(x.ID, x.ForMe) })
	switch {
	case err == nil && !began:
		told, err = s.refreshHook(ctx, x)
	case err == nil:
		c.attendance().RecordCall(ctx) // a refresh is no call of the agent: the agent's client makes it
	}
	return told, s.Outward(err)
}

// beginHook gives the caller's seat the hook x, by the event. began is false if the seat has x already.
func (c *session) beginHook(ctx context.Context, x roomlog.HookItem, told roomlog.Progress,
	event func(room.Agent) room.Event) (began bool, err error) {
	events, err := c.change(ctx, func(_ *room.Head, a room.Caller, _ time.Time) (ch roomlog.Change, err error) {
		if a.Seat != x.Seat { // the agent has joined again, and its person has the new seat: see State.Owner
			return ch, errUnseated
		}
		if _, there := a.Hook(x.ID); there {
			return ch, nil
		}
		if len(a.Hooks) >= core.MaxSeatHooks {
			return ch, refuseManyHooks()
		}
		return roomlog.Change{Events: []room.Event{event(a.Agent)},
			Ops: []table.Op{roomlog.PutHook(x), roomlog.PutProgress(x, told)}}, nil
	})
	began = len(events) > 0
	if began {
		audit.Log(ctx, c.room.svc.audit, "subscribed", audit.Room(x.Room), audit.Seat(x.Seat),
			slog.String("hook", x.ID))
	}
	return began, err
}

func refusePersonSubscribes() error {
	return fault.Refuse(fault.NotAllowed, "This is the token of a person, who reads on the page. Nothing was "+
		"changed: subscribe with the agent_token of an agent.")
}

func refuseManyHooks() error {
	return fault.Refuse(fault.RateLimited, "This seat has %d subscriptions and webhooks, the most that it can have. "+
		"Nothing was changed: end one of them first.", core.MaxSeatHooks)
}

// refreshHook stores the address of a hook and the time of the refresh, for the outbox's next look. refreshHook leaves
// the results of calls to looks, since a call may be under way. If the hook ends at the same moment, the next refresh
// begins the hook again.
func (s *Service) refreshHook(ctx context.Context, x roomlog.HookItem) (told roomlog.Progress, err error) {
	told, err = s.store.Progress(ctx, x)
	if err != nil {
		return told, err
	}
	x.RefreshedMs = s.now().UnixMilli()
	if err := s.store.Table().Write(ctx, roomlog.PutHook(x)); err != nil {
		return told, err
	}
	if s.opts.Calls != nil {
		s.opts.Calls(x.Room, []room.Call{{Seat: x.Seat, Hook: x.ID}})
	}
	return told, nil
}

// EndHook ends a hook of the seat of a token, an agent's or its person's. there is false without such a hook.
func (s *Service) EndHook(ctx context.Context, token, id string) (there bool, err error) {
	c, err := s.enterNow(ctx, token)
	if err != nil {
		return false, s.Outward(err)
	}
	defer c.room.release()
	err = c.endHook(ctx, id, &there)
	return there, s.Outward(err)
}

// endHook ends a hook of the caller's seat, and sets there if the seat had the hook. After a person has ended a hook of
// the agent, no refresh begins the hook again.
func (c *session) endHook(ctx context.Context, id string, there *bool) error {
	ops := roomlog.DropHook(c.head.ID, c.me.Seat, id)
	if c.me.IsPerson() {
		switch x, err := c.room.svc.store.Hook(ctx, id); {
		case err == nil && x.Room == c.head.ID && x.Seat == c.me.Seat && x.Form == room.FormWake:
			ops = roomlog.BarHook(x)
		case err != nil && !errors.Is(err, table.ErrNotFound):
			return err
		}
	}
	_, err := c.append(ctx, &roomlog.Proposal{}, proposeHookEnd(id, room.ReasonUnhooked, ops, there))
	return err
}

// EndGoneHook ends a hook that was not refreshed, that the host gave up, or that lost its seat. A repeated call changes
// nothing.
func (s *Service) EndGoneHook(ctx context.Context, x roomlog.HookItem) error {
	r := s.acquire(x.Room)
	defer r.release()
	there, ops := false, roomlog.DropHook(x.Room, x.Seat, x.ID)
	end := proposeHookEnd(x.ID, room.ReasonHookGone, ops, &there)
	err := r.log.Append(ctx, &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (roomlog.Change, error) {
		a, _ := h.Seated(x.Seat) // the zero agent has no hook
		return end(h, room.Caller{Agent: a}, now)
	}})
	if errors.Is(err, roomlog.ErrNotFound) || err == nil && !there {
		err = s.store.Table().Write(ctx, ops...)
	}
	return s.Outward(err)
}

// endExpiredHooks ends the caller's hooks that were not refreshed, so that the answer does not say that hooks call the
// caller. Perhaps no other process has checked the hooks since.
func (c *session) endExpiredHooks(ctx context.Context) {
	svc := c.room.svc
	for _, k := range c.me.Hooks {
		if k.Form == room.FormEach {
			continue
		}
		_, err := svc.store.Hook(ctx, k.ID)
		if errors.Is(err, table.ErrNotFound) {
			err = svc.EndGoneHook(ctx, roomlog.HookItem{ID: k.ID, Room: c.head.ID, Seat: c.me.Seat})
		}
		if err != nil && ctx.Err() == nil {
			svc.log.WarnContext(ctx, "the hooks of a seat could not be read", "error", err)
		}
	}
}

// proposeHookEnd ends a hook of an agent, with ops; an endpoint loses the seat. there says whether the agent had the
// hook, in a live room.
func proposeHookEnd(id string, why room.Reason, ops []table.Op, there *bool) rule {
	return func(h *room.Head, a room.Caller, now time.Time) (ch roomlog.Change, err error) {
		k, has := a.Hook(id)
		*there = has && checkLive(h, now) == nil
		if !*there {
			return ch, nil
		}
		if k.Form == room.FormAgent { // the endpoint alone has the seat
			left := *h.FreeSeat(a.Agent, room.ReasonLeft)
			left.Person = a.IsPerson()
			return roomlog.Change{Events: []room.Event{left},
				Ops: roomlog.Vacate(&h.State, left, table.Always, now)}, nil
		}
		return roomlog.Change{Events: []room.Event{a.EndHook(id, why)}, Ops: ops}, nil
	}
}

// News counts what an agent has not read, for one of the agent's hooks.
type News struct {
	Gone   bool   // the seat no longer has the hook
	Unread int    // how many unread events the hook is called for; at most MostNews
	Last   int64  // the last event counted
	Upto   int64  // the last event checked
	Looked int    // how many events this look has checked
	Read   int64  // the last event handed out to the agent
	Room   string // the name of the room, chosen by an agent
	Agent  string
}

// loadedHook is a hook on a head of the room.
type loadedHook struct {
	room.Hook
	agent room.Agent
	head  *room.Head
}

// loadHook returns the hook x as of the time of the call. here is false if the seat no longer has the hook, or the room
// is gone.
func (r *liveRoom) loadHook(ctx context.Context, x roomlog.HookItem) (k loadedHook, here bool, err error) {
	now := r.svc.now()
	k.head, err = r.log.Refresh(ctx, now)
	if errors.Is(err, roomlog.ErrNotFound) {
		return k, false, nil
	}
	if err != nil {
		return k, false, err
	}
	k.agent, _ = k.head.Seated(x.Seat)
	k.Hook, here = k.agent.Hook(x.ID)
	return k, here && !k.head.Expired(now), nil
}

// News returns the news for the hook x, as of the time of the call. The count begins after told.Upto, so that News does
// not read an agent's unread messages again for each new one.
func (s *Service) News(ctx context.Context, x roomlog.HookItem, told roomlog.Progress) (News, error) {
	r := s.acquire(x.Room)
	defer r.release()
	k, here, err := r.loadHook(ctx, x)
	if err != nil || !here || k.head.Closed {
		return News{Gone: err == nil}, s.Outward(err)
	}
	got, err := r.newsFor(ctx, k.head, room.Caller{Agent: k.agent}, k.Hook, told)
	return got, s.Outward(err)
}

func (r *liveRoom) newsFor(ctx context.Context, h *room.Head, a room.Caller, k room.Hook, told roomlog.Progress) (News,
	error) {
	read, err := r.agents.Reader(&a).HandedOut(ctx)
	if err != nil {
		return News{}, err
	}
	got := News{Read: read, Room: h.Name, Agent: a.Name, Upto: told.Upto}
	if h.Sleeps(a) { // a later look checks these events, once the agent may go on
		return got, nil
	}
	if told.Last > got.Read {
		got.Last, got.Unread = told.Last, told.Unread
	}
	got.Upto = max(got.Upto, got.Read)
	for e, err := range r.log.Pages(a, core.MaxNews).Since(ctx, got.Upto, h.AsOf) {
		if err != nil {
			return News{}, err
		}
		got.Upto = e.N
		if k.Calls(&h.State, a.Agent, e) {
			got.Last, got.Unread = e.N, min(got.Unread+1, core.MaxNews)
		}
		got.Looked++
		if got.Looked == core.MaxNewsRead {
			break
		}
	}
	return got, nil
}

// WaitsUntil returns until when a call of the seat of x waits, or a program that wakes the agent: the news will reach
// this wait. The zero time means no wait.
func (s *Service) WaitsUntil(ctx context.Context, x roomlog.HookItem) (time.Time, error) {
	r, now := s.acquire(x.Room), s.now()
	defer r.release()
	if r.agents.Waits(x.Seat) {
		return now.Add(room.AnnounceWait), nil
	}
	if s.opts.SingleProcess {
		return time.Time{}, nil
	}
	p, err := r.log.Seats().PresenceOf(ctx, x.Seat)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	if until := p.WaitsUntil(); p.UntilMs != 0 && until.After(now) {
		return until, s.Outward(err)
	}
	return time.Time{}, s.Outward(err)
}

// HookView is a hook as the person behind the seat sees the hook.
type HookView struct {
	ID        string
	Form      room.Form
	ForMe     bool
	URL       string // people see only the host
	Since     time.Time
	Until     time.Time // the hook ends then without a refresh
	LastCall  time.Time // the last call that woke the agent, or that the webhook accepted; zero: none
	FailingAt time.Time // since when calls fail; zero: no failure
	Error     string    // of the last call
}

// hooks returns the hooks of a, the caller's seat, oldest first.
func (c *session) hooks(ctx context.Context, a room.Agent) (list []HookView, err error) {
	store := c.room.svc.store
	for _, k := range a.Hooks {
		x, err := store.Hook(ctx, k.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue // the hook has expired
		}
		if err != nil {
			return nil, err
		}
		t, err := store.Progress(ctx, x)
		if err != nil {
			return nil, err
		}
		v := HookView{ID: k.ID, Form: k.Form, ForMe: k.ForMe, URL: x.URL, Since: time.UnixMilli(x.SinceMs),
			Until: time.UnixMilli(x.UntilMs), Error: t.Error}
		if t.LastMs != 0 {
			v.LastCall = time.UnixMilli(t.LastMs)
		}
		if t.FailingMs != 0 {
			v.FailingAt = time.UnixMilli(t.FailingMs)
		}
		list = append(list, v)
	}
	return slices.Clip(list), nil
}

// HookID returns the id of a principal's hook for a seat. The id begins with the principal's part: see HookPrefix.
func HookID(principal, url, event string, seat HookSeat, forMe bool) string {
	what := fmt.Sprintf("%q %q %q %q %d %t", principal, url, event, seat.Room, seat.Seat, forMe)
	return HookPrefix(principal) + digest(what)[:20]
}

// HookPrefix returns the common beginning of the ids of a principal's hooks.
func HookPrefix(principal string) string { return digest(principal)[:12] }

// digest returns the hex digits of a hash.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
