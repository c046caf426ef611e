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

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// Hooks call an agent that cannot wait, or the person behind it: see room.Hook. The package decides who has one, and
// what there is to call it for; package outbox makes the calls. webhook.go has those of people.

// HookSeat is a seat that may get a hook.
type HookSeat struct {
	Room string // its id
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
		return nil, fault.Refuse(fault.NotAllowed, "This is the token of a person, who reads on the page. Nothing was "+
			"changed: subscribe with the agent_token of an agent.")
	}
	return c, nil
}

// BeginHook gives the seat of a token a hook that leads where x says, or refreshes it. It returns what is known of its
// calls.
func (s *Service) BeginHook(ctx context.Context, token string, x roomlog.HookItem) (told roomlog.Told, err error) {
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
		c.attendance().RecordCall(ctx) // a refresh is no call of the agent: its client makes it
	}
	return told, s.Outward(err)
}

// beginHook gives the caller's seat the hook x, by the event. It returns false if the seat has it.
func (c *session) beginHook(ctx context.Context, x roomlog.HookItem, told roomlog.Told,
	event func(room.Agent) room.Event) (began bool, err error) {
	events, err := c.change(ctx, func(_ *room.Head, a room.Caller, _ time.Time) (ch roomlog.Change, err error) {
		if a.Seat != x.Seat { // its agent has joined again, and its person has that seat: see State.Owner
			return ch, errUnseated
		}
		if _, there := a.Hook(x.ID); there {
			return ch, nil
		}
		if len(a.Hooks) >= room.MaxHooks {
			return ch, fault.Refuse(fault.RateLimited, "This seat has %d subscriptions and webhooks, the most that it "+
				"can have. Nothing was changed: end one of them first.", room.MaxHooks)
		}
		return roomlog.Change{Events: []room.Event{event(a.Agent)},
			Ops: []table.Op{roomlog.PutHook(x), roomlog.PutTold(x, told)}}, nil
	})
	began = len(events) > 0
	if began {
		audit.Log(ctx, c.room.svc.audit, "subscribed", audit.Room(x.Room), audit.Seat(x.Seat),
			slog.String("hook", x.ID))
	}
	return began, err
}

// refreshHook stores where a hook leads that the seat has, and that it was refreshed, which the next look takes into
// account. A call may be under way, so what became of calls is left to looks. If the hook ends at the same moment, the
// next refresh begins it again.
func (s *Service) refreshHook(ctx context.Context, x roomlog.HookItem) (told roomlog.Told, err error) {
	told, err = s.store.Told(ctx, x)
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

// EndHook ends a hook of the seat of a token, an agent's or its person's. It returns false if there is none.
func (s *Service) EndHook(ctx context.Context, token, id string) (there bool, err error) {
	c, err := s.enterNow(ctx, token)
	if err != nil {
		return false, s.Outward(err)
	}
	defer c.room.release()
	err = c.endHook(ctx, id, &there)
	return there, s.Outward(err)
}

// endHook ends a hook of the caller's seat. there says whether there was one. If a person ends that of its agent, no
// refresh begins it again.
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

// EndGoneHook ends a hook that was not refreshed, that its host wants no more, or whose seat is gone. A
// repeated call changes nothing.
func (s *Service) EndGoneHook(ctx context.Context, x roomlog.HookItem) error {
	r := s.acquire(x.Room)
	defer r.release()
	there, ops := false, roomlog.DropHook(x.Room, x.Seat, x.ID)
	end := proposeHookEnd(x.ID, room.ReasonHookGone, ops, &there)
	err := r.log.Append(ctx, &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (roomlog.Change, error) {
		a, _ := h.Seated(x.Seat) // nobody has no hook
		return end(h, room.Caller{Agent: a}, now)
	}})
	if errors.Is(err, roomlog.ErrNotFound) || err == nil && !there {
		err = s.store.Table().Write(ctx, ops...)
	}
	return s.Outward(err)
}

// endExpiredHooks ends the hooks of the caller that were not refreshed, so that it is not told that it is called. No
// other process may have looked at them since.
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

// proposeHookEnd ends a hook of an agent, with ops. An endpoint so loses its seat. there says whether the agent had
// the hook, in a room that goes on.
func proposeHookEnd(id string, why room.Reason, ops []table.Op, there *bool) rule {
	return func(h *room.Head, a room.Caller, now time.Time) (ch roomlog.Change, err error) {
		k, has := a.Hook(id)
		*there = has && checkLive(h, now) == nil
		if !*there {
			return ch, nil
		}
		if k.Form == room.FormAgent { // nobody else has the seat
			left := *h.FreeSeat(a.Agent, room.ReasonLeft)
			left.Person = a.IsPerson()
			return roomlog.Change{Events: []room.Event{left},
				Ops: roomlog.Vacate(&h.State, left, table.Always, now)}, nil
		}
		return roomlog.Change{Events: []room.Event{a.EndHook(id, why)}, Ops: ops}, nil
	}
}

// News is what an agent has not read, as one of its hooks sees it.
type News struct {
	Gone   bool   // the seat has no such hook any more
	Unread int    // how many events have come for which it is called since it had read all; at most MostNews
	Last   int64  // the last of them
	Upto   int64  // the last event that was looked at
	Looked int    // at how many this look was
	Read   int64  // the last event that the agent was handed
	Room   string // its name, which an agent chose
	Agent  string
}

// The bounds of News: how far it counts, and at how many events one call looks. The next one goes on.
const (
	MostNews   = 100
	MostLooked = 1000
)

// loadedHook is a hook as the room knows it, on a head.
type loadedHook struct {
	room.Hook
	agent room.Agent
	head  *room.Head
}

// loadHook returns the hook x as of the time of the call. here is false if its seat has it no more, or the room is
// gone.
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

// News returns what is new for the hook x, as of the time of the call. It begins behind told.Upto, so
// that what an agent leaves unread is not read again for each message.
func (s *Service) News(ctx context.Context, x roomlog.HookItem, told roomlog.Told) (News, error) {
	r := s.acquire(x.Room)
	defer r.release()
	k, here, err := r.loadHook(ctx, x)
	if err != nil || !here || k.head.Closed {
		return News{Gone: err == nil}, s.Outward(err)
	}
	got, err := r.newsFor(ctx, k.head, room.Caller{Agent: k.agent}, k.Hook, told)
	return got, s.Outward(err)
}

func (r *liveRoom) newsFor(ctx context.Context, h *room.Head, a room.Caller, k room.Hook, told roomlog.Told) (News,
	error) {
	read, err := r.agents.Reader(&a).HandedOut(ctx)
	if err != nil {
		return News{}, err
	}
	got := News{Read: read, Room: h.Name, Agent: a.Name, Upto: told.Upto}
	if h.Sleeps(a) { // what comes meanwhile is looked at once it may go on
		return got, nil
	}
	if told.Last > got.Read {
		got.Last, got.Unread = told.Last, told.Unread
	}
	got.Upto = max(got.Upto, got.Read)
	for e, err := range r.log.Pages(a, MostNews).Since(ctx, got.Upto, h.AsOf) {
		if err != nil {
			return News{}, err
		}
		got.Upto = e.N
		if k.Calls(&h.State, a.Agent, e) {
			got.Last, got.Unread = e.N, min(got.Unread+1, MostNews)
		}
		got.Looked++
		if got.Looked == MostLooked {
			break
		}
	}
	return got, nil
}

// WaitsUntil returns until when a call of the seat of the hook x waits, or a program that wakes its agent does: it will
// be handed the news. The zero time means that none does.
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

// HookView is a hook as the person behind its seat sees it.
type HookView struct {
	ID        string
	Form      room.Form
	ForMe     bool
	URL       string // whose host is shown
	Since     time.Time
	Until     time.Time // it ends then unless it is refreshed
	LastCall  time.Time // the last one that woke the agent or, of a webhook, was taken; zero: none was
	FailingAt time.Time // since when calls fail; zero: they do not
	Error     string    // of the last one
}

// hooks returns the hooks of a, the caller's seat, oldest first.
func (c *session) hooks(ctx context.Context, a room.Agent) (list []HookView, err error) {
	store := c.room.svc.store
	for _, k := range a.Hooks {
		x, err := store.Hook(ctx, k.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue // it has expired
		}
		if err != nil {
			return nil, err
		}
		t, err := store.Told(ctx, x)
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

// HookID returns the id of the hook by which a principal has a seat called. The principal's part begins
// it: see HookPrefix.
func HookID(principal, url, event string, seat HookSeat, forMe bool) string {
	what := fmt.Sprintf("%q %q %q %q %d %t", principal, url, event, seat.Room, seat.Seat, forMe)
	return HookPrefix(principal) + digest(what)[:20]
}

// HookPrefix returns what the ids of all hooks of a principal begin with.
func HookPrefix(principal string) string { return digest(principal)[:12] }

// digest returns the hex digits of a hash.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
