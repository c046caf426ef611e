package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/app"
)

// hook is what to look at: the payload of an invocation that does.
type hook struct {
	Room string `json:"room"`
	Seat int    `json:"seat"`
	ID   string `json:"hook,omitempty"` // "" for all of the seat, as earlier builds named them
}

// function answers invocations.
type function struct {
	box   *app.Outbox
	aws   *cloud
	clock clockwork.Clock
	log   *slog.Logger
}

// event is what invokes the function: records of the stream, or a hook.
type event struct {
	Records []record `json:"Records"`
	hook
}

// serve answers an invocation. Lambda repeats an invocation for a hook that fails, and gives what fails
// three times to the dead letters.
func (f *function) serve(ctx context.Context, e event) (answer, error) {
	switch {
	case e.Records != nil:
		return f.spread(ctx, e.Records), nil
	case e.Room != "" && e.Seat > 0:
		return answer{}, f.look(ctx, e.hook)
	default:
		return answer{}, errors.New("outbox: this event is neither of the table's stream nor a hook to look at, " +
			`such as {"room":"abcdefg","seat":1,"hook":"0123456789abcdef0123456789abcdef"}`)
	}
}

// ahead is how far a schedule is in the future at least: none must be of the past when it is made.
const ahead = 10 * time.Second

// look looks at a hook, which may take the time of a call. If it is to be looked at again, a schedule does.
func (f *function) look(ctx context.Context, h hook) error {
	if h.ID == "" {
		return f.lookAll(ctx, h)
	}
	again, err := f.box.Look(ctx, h.Room, h.Seat, h.ID)
	if err != nil {
		return fmt.Errorf("looking at a hook: %w", err)
	}
	if again.IsZero() {
		return nil
	}
	if first := f.clock.Now().Add(ahead); again.Before(first) {
		again = first
	}
	return f.aws.schedule(ctx, h, again)
}

// lookAll has each hook of a seat looked at soon.
func (f *function) lookAll(ctx context.Context, h hook) error {
	hooks, err := f.box.HooksOf(ctx, h.Room, h.Seat)
	for _, k := range hooks {
		h.ID = k.ID
		err = errors.Join(err, f.aws.schedule(ctx, h, f.clock.Now().Add(ahead)))
	}
	return err
}
