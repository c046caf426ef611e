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
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// Hooks call an agent that cannot wait, or the person behind the agent: see room.Hook. Package chat decides who has a
// hook and what news a hook is called for; package outbox makes the calls. webhook.go has the hooks of people.

// HookSeat is a seat for a hook.
type HookSeat struct {
	Room     string // the id of the room
	RoomName string // untrusted
	room.Agent
}

func (c hooking) hookSeat() HookSeat { return HookSeat{c.head.ID, c.head.Name, c.me.Agent} }

// HookSeat returns the seat of an agent's token.
func (s *Service) HookSeat(ctx context.Context, token string) (HookSeat, error) {
	c, err := s.enterHook(ctx, token)
	if err != nil {
		return HookSeat{}, s.Outward(err)
	}
	defer c.room.release()
	return c.hookSeat(), nil
}

// enterHook accepts the token of an agent, on the current head of its room.
func (s *Service) enterHook(ctx context.Context, token string) (hooking, error) {
	c, err := s.enterCurrent(ctx, token)
	if err != nil {
		return hooking{}, err
	}
	if !c.me.MayBeOnStandby() {
		c.room.release()
		return hooking{}, refusePersonSubscribes()
	}
	return hooking{c}, nil
}

// enterPerson accepts the token of a person, on the current head of its room.
func (s *Service) enterPerson(ctx context.Context, token string) (hooking, error) {
	c, err := s.enterCurrent(ctx, token)
	if err != nil {
		return hooking{}, err
	}
	if !c.me.IsPerson() {
		c.room.release()
		return hooking{}, fault.Refuse(fault.NotAllowed, "Only a person adds a webhook or an agent, with a token of "+
			"its own. Nothing was changed: tell your user.")
	}
	return hooking{c}, nil
}

// BeginHook adds hook to the seat of a token, or refreshes the hook. The result is what is known of the hook's
// calls.
func (s *Service) BeginHook(ctx context.Context, token string, hook roomlog.HookItem) (told roomlog.Progress,
	err error) {
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
	began, err := c.beginHook(ctx, hook, told, func(caller room.Caller) room.Event {
		return caller.BeginHook(hook.ID, hook.ForMe)
	})
	switch {
	case err == nil && !began:
		told, err = s.refreshHook(ctx, hook)
	case err == nil:
		c.recorder().RecordCall(ctx) // a refresh is no call of the agent: the agent's client makes it
	}
	return told, s.Outward(err)
}

// beginHook adds hook to the caller's seat by appending event. began is false if the seat has hook already.
func (c hooking) beginHook(ctx context.Context, hook roomlog.HookItem, told roomlog.Progress,
	event func(room.Caller) room.Event) (began bool, err error) {
	events, err := c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		caller := at.caller
		// the agent has joined again, and its person has the new seat: see State.CallerByToken
		if caller.Seat != hook.Seat {
			return ch, errUnseated
		}
		if _, there := caller.Hook(hook.ID); there {
			return ch, nil
		}
		if !caller.MayHook(hook.Form) {
			return ch, refuseManyHooks()
		}
		return roomlog.Change{Events: []room.Event{event(caller)},
			Ops: []table.Op{roomlog.PutHook(hook), roomlog.PutProgress(hook, told)}}, nil
	})
	began = len(events) > 0
	if began {
		audit.Log(ctx, c.room.svc.audit, "subscribed", audit.Room(hook.Room), audit.Seat(hook.Seat),
			slog.String("hook", hook.ID))
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

// refreshHook stores the address of a hook and the time of the refresh, for the outbox's next look. refreshHook does
// not write the Progress, since a call may be under way. If the hook ends at the same moment, the next refresh begins
// the hook again.
func (s *Service) refreshHook(ctx context.Context, hook roomlog.HookItem) (told roomlog.Progress, err error) {
	told, err = s.store.Progress(ctx, hook)
	if err != nil {
		return told, err
	}
	hook.RefreshedMs = s.now().UnixMilli()
	if err := s.store.Table().Write(ctx, roomlog.PutHook(hook)); err != nil {
		return told, err
	}
	if s.opts.Calls != nil {
		s.opts.Calls(hook.Room, []room.Call{{Seat: hook.Seat, Hook: hook.ID}})
	}
	return told, nil
}

// EndHook ends a hook of the seat of a token, an agent's or its person's. there says whether the seat had such a hook.
func (s *Service) EndHook(ctx context.Context, token, id string) (there bool, err error) {
	c, err := s.enterCurrent(ctx, token)
	if err != nil {
		return false, s.Outward(err)
	}
	defer c.room.release()
	there, err = hooking{c}.endHook(ctx, id)
	return there, s.Outward(err)
}

// endHook ends a hook of the caller's seat; there says whether the seat had it. After a person has ended a hook of the
// agent, no refresh begins the hook again.
func (c hooking) endHook(ctx context.Context, id string) (there bool, err error) {
	ops := roomlog.DropHook(c.head.ID, c.me.Seat, id)
	if c.me.IsPerson() {
		switch hook, err := c.room.svc.store.Hook(ctx, id); {
		case err == nil && hook.Room == c.head.ID && hook.Seat == c.me.Seat && hook.Form == room.FormWake:
			ops = roomlog.BarHook(hook)
		case err != nil && !errors.Is(err, table.ErrNotFound):
			return false, err
		}
	}
	done, err := appendBy(ctx, c.session, c.room.svc.now(), func(at place) (roomlog.Change, error) {
		return proposeHookEnd(at.head, at.caller, at.now, id, room.ReasonUnhooked, ops), nil
	})
	return len(done.Events) > 0, err
}

// EndGoneHook ends a hook that was not refreshed, that the host gave up, or that lost its seat. A repeated call changes
// nothing.
func (s *Service) EndGoneHook(ctx context.Context, hook roomlog.HookItem) error {
	live := s.acquire(hook.Room)
	defer live.release()
	ops := roomlog.DropHook(hook.Room, hook.Seat, hook.ID)
	done, err := roomlog.Append(ctx, live.log, s.now(), func(at roomlog.Place) (roomlog.Change, error) {
		agent, _ := at.Head.Seated(hook.Seat) // the zero agent has no hook
		return proposeHookEnd(at.Head, room.Caller{Agent: agent}, at.Now, hook.ID, room.ReasonHookGone, ops), nil
	})
	if errors.Is(err, roomlog.ErrNotFound) || err == nil && len(done.Events) == 0 {
		err = s.store.Table().Write(ctx, ops...)
	}
	return s.Outward(err)
}

// endExpiredHooks ends the caller's hooks that were not refreshed, so that the answer does not say that hooks call the
// caller. Perhaps no other process has checked the hooks since.
func (c hooking) endExpiredHooks(ctx context.Context) {
	svc := c.room.svc
	for _, k := range c.me.Hooks {
		if k.Form.IsOfPerson() {
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

// proposeHookEnd returns the change that ends a hook of caller, with ops; an endpoint loses its seat instead. Without
// the hook, or a live room, nothing changes.
func proposeHookEnd(head *room.Head, caller room.Caller, now time.Time, id string, why room.Reason,
	ops []table.Op) roomlog.Change {
	k, has := caller.Hook(id)
	if !has || checkLive(head, now) != nil {
		return roomlog.Change{}
	}
	if k.Form == room.FormEndpoint { // the endpoint alone has the seat
		left := room.Liveness{}.Leave(head, caller, now)
		return roomlog.Change{Events: []room.Event{left}, Ops: roomlog.Vacate(&head.State, left, table.Always, now)}
	}
	return roomlog.Change{Events: []room.Event{caller.EndHook(id, why)}, Ops: ops}
}

// News counts what an agent has not read, for one of the agent's hooks.
type News struct {
	Gone   bool   // the seat no longer has the hook
	Unread int    // how many unread events the hook is called for; at most core.MaxNews
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

// loadHook returns hook as of the time of the call. here is false if the seat no longer has the hook, or the room
// is gone.
func (r *liveRoom) loadHook(ctx context.Context, hook roomlog.HookItem) (k loadedHook, here bool, err error) {
	now := r.svc.now()
	k.head, err = r.log.Refresh(ctx, now)
	if errors.Is(err, roomlog.ErrNotFound) {
		return k, false, nil
	}
	if err != nil {
		return k, false, err
	}
	k.agent, _ = k.head.Seated(hook.Seat)
	k.Hook, here = k.agent.Hook(hook.ID)
	return k, here && !k.head.Expired(now), nil
}

// News returns the news for hook, as of the time of the call. The count begins after told.Upto, so that News does
// not read an agent's unread messages again for each new one.
func (s *Service) News(ctx context.Context, hook roomlog.HookItem, told roomlog.Progress) (News, error) {
	live := s.acquire(hook.Room)
	defer live.release()
	k, here, err := live.loadHook(ctx, hook)
	if err != nil || !here || k.head.Closed {
		return News{Gone: err == nil}, s.Outward(err)
	}
	got, err := live.newsFor(ctx, k.head, room.Caller{Agent: k.agent}, k.Hook, told)
	return got, s.Outward(err)
}

func (r *liveRoom) newsFor(ctx context.Context, head *room.Head, caller room.Caller, k room.Hook,
	told roomlog.Progress) (News, error) {
	read, err := r.agents.Reader(&caller).HandedOut(ctx)
	if err != nil {
		return News{}, err
	}
	got := News{Read: read, Room: head.Name, Agent: caller.Name, Upto: told.Upto}
	if head.Sleeps(caller) { // a later look checks these events, once the agent may go on
		return got, nil
	}
	if told.Last > got.Read {
		got.Last, got.Unread = told.Last, told.Unread
	}
	got.Upto = max(got.Upto, got.Read)
	for event, err := range r.log.Pages(caller, core.MaxNews).Since(ctx, got.Upto, head.AsOf) {
		if err != nil {
			return News{}, err
		}
		got.Upto = event.N
		if k.Calls(&head.State, caller.Agent, event) {
			got.Last, got.Unread = event.N, min(got.Unread+1, core.MaxNews)
		}
		got.Looked++
		if got.Looked == core.MaxNewsRead {
			break
		}
	}
	return got, nil
}

// WaitsUntil returns the end of the open wait of the hook's seat, or of a program that wakes its agent: that wait
// gets the news. The zero time means no wait.
func (s *Service) WaitsUntil(ctx context.Context, hook roomlog.HookItem) (time.Time, error) {
	live, now := s.acquire(hook.Room), s.now()
	defer live.release()
	if live.agents.Waits(hook.Seat) {
		return now.Add(room.AnnounceWait), nil
	}
	if s.opts.SingleProcess {
		return time.Time{}, nil
	}
	p, err := live.log.Items().PresenceOf(ctx, hook.Seat)
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

	// Of a browser.

	ThisDevice bool // of the caller
	Ended      bool // its push service still refuses the calls, with Error: it is called no more
	Words      bool // see roomlog.PushItem
	Drafts     bool
}

// hooks returns the hooks of agent, the caller's seat, oldest first.
func (c hooking) hooks(ctx context.Context, agent room.Agent) (list []HookView, err error) {
	store := c.room.svc.store
	for _, k := range agent.Hooks {
		hook, err := store.Hook(ctx, k.ID)
		if errors.Is(err, table.ErrNotFound) {
			continue // the hook has expired
		}
		if err != nil {
			return nil, err
		}
		t, err := store.Progress(ctx, hook)
		if err != nil {
			return nil, err
		}
		v := HookView{ID: k.ID, Form: k.Form, ForMe: k.ForMe, URL: hook.URL, Since: time.UnixMilli(hook.SinceMs),
			Until: time.UnixMilli(hook.UntilMs), Error: t.Error, Words: hook.Words, Drafts: hook.Drafts,
			ThisDevice: hook.Device != "" && hook.Device == c.me.Device, Ended: hook.Barred}
		if t.LastMs != 0 {
			v.LastCall = time.UnixMilli(t.LastMs)
		}
		if t.Failing.SinceMs != 0 {
			v.FailingAt = time.UnixMilli(t.Failing.SinceMs)
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
