package shell

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Shell runs the client commands of one person.
type Shell struct {
	Seats *client.TokenStore
	// Base is the address of the server that the person named for this command; "" if none.
	Base string
	// Usual is the server of a seat that names no other server.
	Usual client.Place
	// Terminal names the seat of this terminal: see OfTerminal.
	Terminal Which
	// Typed is the command line, word by word as a shell reads the words, without the program's name.
	Typed []string
	// Dial returns a client of a server. Without a key the token of a seat admits the client.
	Dial func(p client.Place, token string) *client.Client

	Out *Output
	Ask func(prompt string) (string, error) // asks for a secret; nil without a terminal
	// Confirm asks for anything else; nil without a terminal.
	Confirm func(prompt string) (string, error)
	// AskHere asks at the terminal itself, whatever is redirected: see [AskHere].
	AskHere func(ctx context.Context, prompt string) (string, error)
	// NoPerson says why no person can be at this command; "" if a person can. See [NoPerson].
	NoPerson func() string
	Clock    clockwork.Clock
	Program  string // how a shell starts this program; "" is parley
}

// ErrQuiet is the error of a command that waited in vain.
var ErrQuiet = errors.New("nothing came in time")

// Failure is an error with a sentence for a person and the exit code of the program.
type Failure struct {
	Text string
	Code int
}

// The exit codes of a Failure; docs/commands.md lists all exit codes.
const (
	failed = 1
	usage  = 2
	gone   = 4
)

func (f *Failure) Error() string { return f.Text }

func fail(code int, format string, args ...any) error {
	return &Failure{sentence(format, args...), code}
}

// session is a seat, with what a command needs to use the seat.
type session struct {
	client *client.Client
	place  client.Place
	seat   client.Seat
	file   *client.TokenStore
	out    *Output
	clock  clockwork.Clock
	by     *Shell
	next   string // of the last call: see heed
	agreed string // an agreement on a file: see tell
}

// with calls do for the seat that a command means. If the server says that the seat was removed, the seats file forgets
// the seat, and the error says so. A seat that the server does not know is marked: see client.TokenStore.MarkUnknown.
func (s *Shell) with(which Which, do func(*session) error) error {
	seat, err := s.choose(which)
	if err != nil {
		return err
	}
	return s.on(seat, do)
}

// on is with for a known seat.
func (s *Shell) on(seat client.Seat, do func(*session) error) error {
	place, err := s.at(seat.Server)
	if err != nil {
		return err
	}
	seat, err = s.newestKnown(place, seat)
	if err != nil {
		return err
	}
	on := &session{client: s.dial(place, seat), place: place, seat: seat, file: s.Seats, out: s.Out, clock: s.Clock,
		by: s}
	defer func() { on.client.Close() }() // callWithoutKey may have another
	on.out.Screen.Agent = on.isAgents()
	err = on.explain(do(on))
	if told := new(Failure); errors.As(err, &told) && on.next != "" && !s.Out.JSON { // next stands at the end
		return &Failure{told.Text + "\n" + on.next, told.Code}
	}
	on.tell()
	return err
}

// newestKnown returns the newest namesake of seat that the server at place knows: the person took each of them while
// the server served other rooms. It marks the newer ones, which the server does not know. Without a namesake, or if the
// server knows none, it returns seat.
func (s *Shell) newestKnown(place client.Place, seat client.Seat) (client.Seat, error) {
	all, err := s.Seats.All()
	namesakes := slices.DeleteFunc(all, func(other client.Seat) bool { return !areNamesakes(seat, other) })
	if err != nil || len(namesakes) < 2 {
		return seat, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), moveTime)
	defer cancel()
	for _, namesake := range slices.Backward(namesakes) {
		c := s.dial(place, namesake)
		is, err := c.Standby(ctx, client.StandbyRequest{Token: namesake.Token, Peek: true, Wait: time.Millisecond})
		c.Close()
		if err != nil || !is.Unknown { // after an error the call that follows says what is wrong
			return namesake, nil
		}
		if err := s.Seats.MarkUnknown(namesake.Token, s.Clock.Now()); err != nil {
			return seat, err
		}
	}
	return seat, nil
}

// dial returns a client of a server for a seat.
func (s *Shell) dial(place client.Place, seat client.Seat) *client.Client {
	c := s.Dial(place, seat.Token)
	if seat.Agent {
		c.ForAgent()
	}
	return c
}

// inPerson is with for a command that speaks or decides. By the link of a person the command runs only where a person
// can be: the person's agent has the same files. Followers of the seat learn of the command at once.
func (s *Shell) inPerson(which Which, do func(*session) error) error {
	return s.with(which, func(on *session) error {
		if on.seat.Person {
			if err := s.refuseAgents(on.seat.Name); err != nil {
				return err
			}
		}
		defer touch(s.Seats)
		return do(on)
	})
}

// refuseAgents returns an error where no person can be at the command. name is the agent by whose link the command
// speaks or decides; "" if unknown.
func (s *Shell) refuseAgents(name string) error {
	why := s.NoPerson()
	if why == "" {
		return nil
	}
	whose := "an agent"
	if name != "" {
		whose = name
	}
	return fail(failed, "Nothing was done: this command is for the owner of %s, and %s. If you are the "+
		"owner, run it in a terminal of your own. An agent speaks with its own tools, and a script with its own "+
		"seat: %s",
		whose, why, s.command("join ROOM --as NAME"))
}

// explain returns what the person is told about err, the error of a call for the seat.
func (s *session) explain(err error) error {
	seat := s.seat
	if errors.As(err, new(*client.Unreachable)) {
		return s.by.away(err)
	}
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case isUnadmitted(err):
		return s.needsKey()
	case client.IsUnknown(err):
		return s.markUnknown()
	case refused.Code == fault.KeyInvalid:
		return s.notAdmitted()
	case seat.Person && refused.Code == fault.Removed: // the agent may come back: see room.KeepPerson
		return fail(gone, "%s has no seat in the room %s now: it has left or was removed. If it joins again under "+
			"its name within a day, you watch it again.", seat.Name, seat.Room)
	case refused.Code == fault.Removed:
		if err := s.file.Remove(seat.Token); err != nil {
			return err
		}
		if refused.Reason == "banned" {
			return fail(gone, "An admin has taken your seat in the room %s as %s, which is forgotten here, and keeps "+
				"you out. Do not try to come back under another name: ask the people there.", seat.Room, seat.Name)
		}
		return fail(gone, "Your seat in the room %s as %s is gone, and forgotten here: you left, were removed, or "+
			"another agent of that name has it now. To join again%s: %s", seat.Room, seat.Name, byInvite(seat),
			s.by.joining(seat))
	case refused.Code == fault.RoomClosed:
		return fail(gone, "The room %s has ended: it was closed, or started over after all were inactive. You can "+
			"still read what was said, or forget the seat:\n  %s\n  %s", seat.Room,
			s.command("history"), s.command("leave"))
	}
	return plain(refused, s.command)
}

// byInvite says, in a sentence about taking another seat, that a guest needs an invite for it.
func byInvite(seat client.Seat) string {
	if seat.Guest {
		return " by an invite that has a seat left"
	}
	return ""
}

// markUnknown marks the seat, which the server does not know, and says what that can mean. The server's own words are
// for agents.
func (s *session) markUnknown() error {
	seat := s.seat
	if err := s.file.MarkUnknown(seat.Token, s.clock.Now()); err != nil {
		return err
	}
	const kept = "the server was started with other rooms than before (--data, --table). The seat is kept for 30 " +
		"days, and works again once the server has its rooms: try again in a minute."
	if seat.Person {
		return fail(gone, "The server at %s does not know the link by which you watch %s in the room %s: the agent "+
			"has left, the room has ended, you added newer devices, or %s To watch with a new link, open one that "+
			"the agent gives you, or that you make on another device.", seat.Server, seat.Name, seat.Room, kept)
	}
	return fail(gone, "The server at %s does not know your seat in the room %s as %s: the room has ended, another "+
		"agent of that name has the seat, or %s To take a new one%s: %s; to forget this one: %s", seat.Server,
		seat.Room, seat.Name, kept, byInvite(seat), s.by.joining(seat), s.command("forget"))
}

// passing reports whether a call that failed with err may succeed soon.
func passing(err error) bool {
	code := fault.CodeOf(err)
	return errors.As(err, new(*client.Unreachable)) || code == fault.Unavailable || code == fault.RateLimited
}

// pause waits for d. pause reports false if ctx ended before.
func pause(ctx context.Context, clock clockwork.Clock, d time.Duration) bool {
	select {
	case <-clock.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// The pauses between attempts to reach a server: the first, and the longest.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
)

// persist repeats a call while the call fails and goOn says so, and returns the last error, or the error of ctx. So a
// command outlasts a restart of the server. The person is told once.
func (s *session) persist(ctx context.Context, goOn func(error) bool, call func() error) error {
	for wait := time.Duration(0); ; {
		err := call()
		switch {
		case err == nil:
			if wait > 0 {
				s.out.hint("The server is back.")
			}
			return nil
		case !goOn(err):
			return err
		}
		if wait == 0 {
			text, more := err.Error(), ""
			if lost := new(client.Unreachable); errors.As(err, &lost) {
				text = "The server at " + lost.Base + " does not answer."
				more = " If it has another address now: " + s.by.moving(lost.Base, "")
			} else if refused := new(fault.Error); errors.As(err, &refused) {
				text = refused.Message
			}
			s.out.hint("%s Trying again.%s", text, more)
			wait = firstPause / 2
		}
		wait = min(2*wait, longestPause)
		if !pause(ctx, s.clock, wait) {
			return ctx.Err()
		}
	}
}
