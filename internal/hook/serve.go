package hook

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/nudge"
)

// Options of Serve.
type Options struct {
	Seats *client.TokenStore
	// Server returns the address of the server that gave a token; "" if that is not known.
	Server func(token string) (string, error)
	Plugin bool         // the plugin has called it, and not what parley connect has written
	Start  func() error // lets a process watch the seats, unless one does
	Clock  clockwork.Clock
}

// Serve does what a call asks for. It returns at once, but after a turn in a session that
// has no inbox open it waits there, and returns the sentence that is to wake the agent;
// "" means that there is nothing to say.
func Serve(ctx context.Context, c Call, o Options) (text string, err error) {
	switch c.Event {
	case ToolUsed:
		return "", seated(c, o)
	case SessionEnded:
		return "", o.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			return slices.DeleteFunc(all, func(s client.Seat) bool { return s.Wake != nil && s.Wake.Session == c.Session }), nil
		})
	case TurnOver:
		return turnOver(ctx, c, o)
	}
	return "", nil
}

// seated notes the seat that the agent has taken.
func seated(c Call, o Options) error {
	s, ok := c.seat(o.Plugin)
	if !ok {
		return nil
	}
	var err error
	if s.Server, err = o.Server(s.Token); err != nil || s.Server == "" {
		return err
	}
	s.Wake = c.wake()
	if err := o.Seats.Put(s); err != nil {
		return err
	}
	return o.Start()
}

// turnOver notes what has changed in a session that has seats, and sees to it that it is
// woken.
func turnOver(ctx context.Context, c Call, o Options) (text string, err error) {
	has, err := has(o.Seats, c.Session)
	if err != nil || !has || unattended() {
		return "", err
	}
	w := c.wake()
	err = o.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
		for i, s := range all {
			if s.Wake != nil && s.Wake.Session == c.Session {
				all[i].Wake = w // its person may have changed the mode, or gone on with it in another process
			}
		}
		return all, nil
	})
	if err != nil {
		return "", err
	}
	if err := o.Start(); err != nil {
		return "", err
	}
	if w.Client != nudge.ClaudeCode || nudge.TakesInbox(w) {
		return "", nil
	}
	return listen(ctx, w, o)
}

// has reports whether a session has a seat.
func has(file *client.TokenStore, session string) (bool, error) {
	all, err := file.All()
	return slices.ContainsFunc(all, func(s client.Seat) bool { return s.Wake != nil && s.Wake.Session == session }), err
}

// lookEvery is how often a hook that waits looks whether it is still of use: Claude Code
// does not end it if it is killed itself.
const lookEvery = 5 * time.Second

// listen waits for a nudge for the session. It ends without one when a later hook of the
// session has taken over, or the session or its last seat is gone.
func listen(ctx context.Context, w *client.Wake, o Options) (text string, err error) {
	l, err := nudge.Listen(ctx, w.Session)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := o.Clock.NewTicker(lookEvery)
	defer tick.Stop()
	go func() {
		defer cancel()
		for of := (file{seats: o.Seats}); of.use(w); {
			select {
			case <-ctx.Done():
				return
			case <-tick.Chan():
			}
		}
	}()
	text, err = l.Next(ctx)
	if errors.Is(err, nudge.ErrReplaced) || ctx.Err() != nil {
		return "", nil
	}
	return text, err
}

// file is the file of seats as it was last looked at.
type file struct {
	seats *client.TokenStore
	then  fs.FileInfo
}

// use reports whether the session still runs and has a seat.
func (f *file) use(w *client.Wake) bool {
	if nudge.Ended(w) {
		return false
	}
	now, err := os.Stat(f.seats.Path())
	if err != nil {
		return false
	}
	if f.then != nil && os.SameFile(f.then, now) { // a change replaces the file
		return true
	}
	f.then = now
	has, err := has(f.seats, w.Session)
	return err == nil && has
}
