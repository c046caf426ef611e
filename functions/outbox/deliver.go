package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/server/app"
)

// event is the payload of an invocation that looks at hooks.
type event struct {
	Hooks []hook `json:"hooks"`
}

// hook is what to look at.
type hook struct {
	Room string `json:"room"`
	Seat int    `json:"seat"`
	ID   string `json:"hook"`
}

// deliverer is the function that calls.
type deliverer struct {
	outbox *app.Outbox
	aws    *cloud
	clock  clockwork.Clock
	log    *slog.Logger
}

// minDelay is how far a schedule is in the future at least: none must be of the past when it is made.
const minDelay = 10 * time.Second

// handle looks at hooks. Lambda repeats an invocation that fails, and gives what fails three times to the dead
// letters.
func (d *deliverer) handle(ctx context.Context, e event) error {
	defer d.aws.rest()
	if len(e.Hooks) == 0 {
		return errors.New("outbox: this event names no hooks to look at, such as " +
			`{"hooks":[{"room":"abcdefg","seat":1,"hook":"0123456789abcdef0123456789abcdef"}]}`)
	}
	deliver := d.deliver
	if len(e.Hooks) > 1 {
		deliver = d.deliverBeside
	}
	failed := make([]error, len(e.Hooks))
	var all sync.WaitGroup
	for i, h := range e.Hooks { // at once: one that hangs must not hold up the others
		all.Go(func() { failed[i] = deliver(ctx, h) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// deliver looks at a hook, which may take the time of a call. If it is to be looked at again, a schedule does.
func (d *deliverer) deliver(ctx context.Context, h hook) error {
	if !h.isWhole() {
		d.log.ErrorContext(ctx, "an event names no hook")
		return nil
	}
	again, err := d.outbox.Deliver(ctx, h.Room, h.Seat, h.ID)
	if err != nil {
		return fmt.Errorf("looking at a hook: %w", err)
	}
	if again.IsZero() {
		return nil
	}
	return d.schedule(ctx, h, again)
}

// deliverBeside is deliver in an invocation for several hooks. A look that fails is repeated alone. The item of one
// hook may be malformed, and its look then always fails: without this, the others would be repeated and be dead letters
// with it.
func (d *deliverer) deliverBeside(ctx context.Context, h hook) error {
	err := d.deliver(ctx, h)
	if err == nil {
		return nil
	}
	d.log.WarnContext(ctx, "a hook is to be looked at again, alone", "hook", h.ID, "error", err)
	return d.schedule(ctx, h, d.clock.Now())
}

// schedule has a schedule look at a hook at a time, or a little later.
func (d *deliverer) schedule(ctx context.Context, h hook, at time.Time) error {
	if now := d.clock.Now(); at.Before(now.Add(minDelay)) {
		at = h.soon(now)
	}
	return d.aws.schedule(ctx, h, at)
}

// isWhole reports whether h names a hook (see chat.HookID), and so can have a schedule.
func (h hook) isWhole() bool {
	return h.Room != "" && len(h.ID) == 32 && strings.Trim(h.ID, "0123456789abcdef") == ""
}

// soon returns a time from one to two times minDelay. There is one in each such span, so that looks at a hook that
// cannot call it share a schedule; and hooks that wait for the same place have other seconds.
func (h hook) soon(now time.Time) time.Time {
	phase := time.Duration(h.ID[len(h.ID)-1]) * time.Second
	return now.Add(-phase).Truncate(minDelay).Add(phase + 2*minDelay)
}
