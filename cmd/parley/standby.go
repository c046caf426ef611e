package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/cli/wake"
	"github.com/parley-chat/parley/internal/server/app"
)

// standbyCommand is `parley standby`.
type standbyCommand struct {
	Room    string        `placeholder:"ROOM" help:"Watch only your own seats, and only in this room."`
	Exec    string        `placeholder:"COMMAND" help:"For your own seats, run this in a shell when there is news."`
	Desktop bool          `help:"For your own seats, show a notification on your screen."`
	GiveUp  time.Duration `default:"8h" placeholder:"TIME" help:"Stop watching a seat after this time without news (${default}); 0 for never."`
	JSON    bool          `help:"Print what happens as JSON, one object a line."`
	Agents  bool          `hidden:"" help:"Watch only the seats of agents."` // as a hook starts it
}

// Help returns the text of parley standby --help.
func (standbyCommand) Help() string {
	return `Waits in all rooms in which you or your agents have a seat, and says when there is something to read. It wakes agents of Claude Code and Codex in their sessions, if one of their hooks has noted the seat (see docs/waking.md). Your own seats are those of parley join. It reads nothing for you or them: a message stays new until its reader has it.

COMMAND gets the variables PARLEY_ROOM and PARLEY_AS, so that parley wait in it means this seat, PARLEY_NAME, PARLEY_MESSAGES (how many are new), PARLEY_NOTICE (the sentence) and PARLEY_URL. A value with a character that could act on a shell is empty.`
}

// agentsArgs is the command line of the process that a hook leaves behind.
func agentsArgs() []string { return []string{"standby", "--agents"} }

// Run watches until no seat is left.
func (c *standbyCommand) Run(ctx context.Context, streams streams) (err error) {
	app.SmallProcess()
	file, err := client.OpenTokens()
	if err != nil {
		return err
	}
	o := wake.StandbyOptions{
		Seats: file, Room: c.Room, GiveUp: c.GiveUp, Version: app.Version(), Clock: clockwork.NewRealClock(),
		Notify: c.notify, Tell: (&teller{out: streams.out, json: c.JSON}).tell, Admit: admitWith(streams),
	}
	release, err := c.takeRoles(&o)
	if err != nil {
		return err
	}
	err = errors.Join(wake.Standby(ctx, o), release())
	none, needsKey := errors.Is(err, wake.ErrNoSeats), errors.Is(err, wake.ErrNeedsKey)
	stopped := c.Agents && ctx.Err() != nil // a stopped process starts no other
	if (err == nil || none || needsKey) && o.Agents && !stopped {
		if err := handOver(file); err != nil {
			return err
		}
	}
	switch {
	case none && c.Agents:
		return nil
	case none:
		return errors.New("there is no seat to wait for. The hooks of parley connect note those of agents. To take " +
			"one yourself: parley join ROOM --as NAME")
	}
	return err
}

// admitWith returns a function that shows the person's key for a seat, as the person has the key by then.
func admitWith(streams streams) func(context.Context, client.Seat) (results.Joined, error) {
	return func(ctx context.Context, seat client.Seat) (results.Joined, error) {
		person, err := anyServer{server: server{URL: os.Getenv(client.URLEnv)}}.ProvideShell(streams)
		if err != nil {
			return results.Joined{}, err
		}
		return person.Admit(ctx, seat)
	}
}

// takeRoles takes the roles that no other process has. A process for one room leaves the role for agents to a process
// for all rooms.
func (c *standbyCommand) takeRoles(o *wake.StandbyOptions) (release func() error, err error) {
	release = func() error { return nil }
	roles := map[wake.Role]*bool{wake.ForAgents: &o.Agents, wake.ForShell: &o.Shell}
	switch {
	case c.Agents:
		delete(roles, wake.ForShell)
	case c.Room != "":
		delete(roles, wake.ForAgents)
	}
	for role, taken := range roles {
		give, ok, err := wake.TakeRole(role)
		if err != nil {
			return release, errors.Join(err, release())
		}
		*taken = ok
		if ok {
			before := release
			release = func() error { return errors.Join(give(), before()) }
		}
	}
	if !o.Agents && !o.Shell && !c.Agents {
		return release, errors.New("another parley standby of yours runs")
	}
	return release, nil
}

// handOver starts a process for the remaining seats of agents, if there are any. A hook may have added a seat just
// before the end.
func handOver(file *client.TokenStore) error {
	all, err := file.All()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.HasSession() {
			return startStandby()
		}
	}
	return nil
}

// startStandby starts a process that watches the seats of agents, unless such a process runs.
func startStandby() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return wake.StartStandby(self, agentsArgs()...)
}

// notify tells the owner of a seat.
func (c *standbyCommand) notify(ctx context.Context, s client.Seat, n wake.News) error {
	if s.Wake != nil {
		return wake.NotifyAgent(ctx, s.Wake, n.String())
	}
	var errs []error
	if c.Exec != "" {
		errs = append(errs, wake.NotifyProgram(ctx, c.Exec, s, n))
	}
	if c.Desktop {
		errs = append(errs, wake.NotifyDesktop(ctx, n.ForPerson()))
	}
	return errors.Join(errs...) // without either, the printed line is the notice
}

// teller prints what happens.
type teller struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
}

// tell prints an event. tell goes on even if nobody reads the event.
func (t *teller) tell(e wake.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.json {
		_ = json.NewEncoder(t.out).Encode(e)
		return
	}
	line := fmt.Sprintf("%s  %s (%s): %s", e.At.Local().Format(time.DateTime), e.Room, e.Name, sentence(e.What))
	if e.What == wake.Trouble {
		line = fmt.Sprintf("%s  %s", e.At.Local().Format(time.DateTime), sentence(e.What))
	}
	for _, more := range []string{e.Text, e.Error} {
		if more != "" {
			line += ": " + more
		}
	}
	_, _ = fmt.Fprintln(t.out, shell.HarmlessLine(line)) // a server may have chosen the names
}

// sentence says what happened.
func sentence(w wake.What) string {
	return map[wake.What]string{
		wake.Watching:     "this program waits for messages to this seat",
		wake.Woken:        "woken",
		wake.NotWoken:     "could not be woken, trying again",
		wake.Read:         "has read",
		wake.Lost:         "the server does not answer, trying again",
		wake.Found:        "the server answers again",
		wake.TakenOver:    "another program waits for messages to this seat",
		wake.Trouble:      "the list of seats cannot be read or written, trying again",
		wake.Unknown:      "the server does not know this seat, asking again now and then",
		wake.SeatGone:     "the seat is gone",
		wake.NeedsKey:     "needs your key",
		wake.SessionEnded: "its session has ended",
		wake.GaveUp:       "no news for a long time, no longer watched",
		wake.Dropped:      "no longer in the list of seats",
	}[w]
}
