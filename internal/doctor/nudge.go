package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/wake"
)

// nudgeTime bounds the whole trial, which takes about two seconds.
const nudgeTime = 30 * time.Second

// nudge lets an agent of its own be woken: the first seat goes into the file of seats, like
// that of an agent in Claude Code, and this process listens in place of the client's hook.
// The standby that runs wakes it, or, if there is none, one in this process.
func (v *visit) nudge(ctx context.Context) {
	const check = "nudge"
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, nudgeTime)
	defer cancel()
	took, err := v.beWoken(ctx)
	switch {
	case parent.Err() != nil:
	case errors.Is(err, context.DeadlineExceeded):
		v.fail(check, "parley standby, and see what it says", "none arrived in %s", seconds(nudgeTime))
	case err != nil:
		v.fail(check, "parley standby, and see what it says", "%v", err)
	default:
		v.tell(Result{Check: check, Level: OK, What: "one arrived " + seconds(took) + " after the message", Seconds: took.Round(time.Millisecond).Seconds()})
	}
}

// beWoken returns how long after a message the nudge arrives.
func (v *visit) beWoken(ctx context.Context) (took time.Duration, err error) {
	if err := v.room.join(ctx); err != nil {
		return 0, err
	}
	session := "doctor-" + rand.Text()
	listener, err := wake.Listen(ctx, session)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	end, err := v.watch(ctx, session)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := v.awaitStandby(ctx); err != nil {
		return 0, err
	}
	if err := v.room.say(ctx, "This message tests whether a nudge arrives."); err != nil {
		return 0, err
	}
	sent := time.Now()
	_, err = listener.Next(ctx)
	return time.Since(sent), err
}

// watch puts the first seat into the file of seats, and makes sure that somebody watches
// it, until end is called.
func (v *visit) watch(ctx context.Context, session string) (end func() error, err error) {
	file, err := client.OpenTokens()
	if err != nil {
		return nil, err
	}
	s := client.Seat{
		Server: v.Server, Room: v.room.name, Name: firstName, Token: v.room.first,
		Wake: &client.Wake{Client: wake.ClaudeCode, Session: session, PID: os.Getpid()},
	}
	if err := file.Put(s); err != nil {
		return nil, err
	}
	release, free, err := wake.TakeRole(wake.ForAgents)
	if err != nil || !free {
		return func() error { return file.Remove(s.Token) }, err
	}
	_ = release() // one that starts meanwhile does no harm
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- wake.Standby(ctx, wake.StandbyOptions{
			Seats: file, Agents: true, Room: s.Room, Version: v.Version, Clock: clockwork.NewRealClock(), Tell: func(wake.Event) {},
			Nudge: func(ctx context.Context, s client.Seat, n wake.News) error {
				return wake.NotifyAgent(ctx, s.Wake, n.String())
			},
		})
	}()
	return func() error {
		cancel()
		return errors.Join(<-ended, file.Remove(s.Token))
	}, nil
}

// awaitStandby returns when the server knows that somebody waits for the first agent.
func (v *visit) awaitStandby(ctx context.Context) error {
	const every = 100 * time.Millisecond
	for {
		state, err := v.room.stateOfFirst(ctx)
		if err != nil || state == "standby" {
			return err
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wakeSessions wakes each session of the client that has a seat. That costs a turn each.
func (v *visit) wakeSessions(ctx context.Context) {
	check := v.Client + " session"
	file, err := client.OpenTokens()
	if err != nil {
		return // said before
	}
	all, _ := file.All() // said before
	tried := 0
	for _, s := range all {
		if s.Wake == nil || s.Wake.Client != v.Client || wake.SessionOver(s.Wake) {
			continue
		}
		tried++
		ctx, cancel := context.WithTimeout(ctx, nudgeTime)
		err := wake.NotifyAgent(ctx, s.Wake, "Parley doctor tries whether this session can be woken. There is nothing to do.")
		cancel()
		if err != nil {
			v.fail(check, "parley connect "+v.Client+" --url "+v.Server+", and restart the client", "the session in room %q cannot be woken: %v", s.Room, err)
			continue
		}
		v.ok(check, "the session in room %q took a nudge", s.Room)
	}
	if tried == 0 {
		v.warn(check, "let the agent join a room", "no session of it has a seat")
	}
}
