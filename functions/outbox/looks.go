package main

import (
	"context"
	"errors"
	"fmt"
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

// looks is the function that calls.
type looks struct {
	box   *app.Outbox
	aws   *cloud
	clock clockwork.Clock
}

// ahead is how far a schedule is in the future at least: none must be of the past when it is made.
const ahead = 10 * time.Second

// look looks at a hook, which may take the time of a call. If it is to be looked at again, a schedule does.
// Lambda repeats an invocation that fails, and gives what fails three times to the dead letters.
func (l *looks) look(ctx context.Context, h hook) error {
	switch {
	case h.Room == "" || h.Seat <= 0:
		return errors.New("outbox: this event is no hook to look at, such as " +
			`{"room":"abcdefg","seat":1,"hook":"0123456789abcdef0123456789abcdef"}`)
	case h.ID == "":
		return l.lookAll(ctx, h)
	}
	again, err := l.box.Look(ctx, h.Room, h.Seat, h.ID)
	if err != nil {
		return fmt.Errorf("looking at a hook: %w", err)
	}
	if again.IsZero() {
		return nil
	}
	if first := l.clock.Now().Add(ahead); again.Before(first) {
		again = first
	}
	return l.aws.schedule(ctx, h, again)
}

// lookAll has each hook of a seat looked at soon.
func (l *looks) lookAll(ctx context.Context, h hook) error {
	hooks, err := l.box.HooksOf(ctx, h.Room, h.Seat)
	for _, k := range hooks {
		h.ID = k.ID
		err = errors.Join(err, l.aws.schedule(ctx, h, l.clock.Now().Add(ahead)))
	}
	return err
}
