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

// event is the payload of an invocation of the outbox.
type event struct {
	Hooks []hook `json:"hooks"`
}

// hook names a hook to deliver to.
type hook struct {
	Room string `json:"room"`
	Seat int    `json:"seat"`
	ID   string `json:"hook"`
}

// deliverer is the function that delivers.
type deliverer struct {
	outbox *app.Outbox
	aws    *cloud
	clock  clockwork.Clock
	log    *slog.Logger
}

// minDelay is the shortest time until a schedule: the Scheduler takes none of the past.
const minDelay = 10 * time.Second

// handle delivers to hooks. Lambda repeats a failed invocation, and sends the event to the dead letters after three
// failures.
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
	for i, h := range e.Hooks { // at once: a slow host must not hold up the others
		all.Go(func() { failed[i] = deliver(ctx, h) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// deliver delivers to a hook, in the time of a call or longer. A schedule begins a later delivery if one is due.
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

// deliverBeside is deliver in an invocation for several hooks. A failed delivery is repeated alone. If the item of hook
// 3 is malformed, each delivery to hook 3 fails: otherwise Lambda would repeat hooks 1 and 2 with hook 3, and send all
// to the dead letters.
func (d *deliverer) deliverBeside(ctx context.Context, h hook) error {
	err := d.deliver(ctx, h)
	if err == nil {
		return nil
	}
	d.log.WarnContext(ctx, "a hook is to be looked at again, alone", "hook", h.ID, "error", err)
	return d.schedule(ctx, h, d.clock.Now())
}

// schedule has a schedule begin a delivery at a time, or a little later.
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

// soon returns a time from one to two times minDelay ahead, with one such time in each span of minDelay. So deliveries
// that find no place for the same hook share a schedule, and hooks that wait for the same place have different seconds.
func (h hook) soon(now time.Time) time.Time {
	phase := time.Duration(h.ID[len(h.ID)-1]) * time.Second
	return now.Add(-phase).Truncate(minDelay).Add(phase + 2*minDelay)
}
