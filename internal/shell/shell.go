package shell

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/fault"
)

// Shell runs the client commands of one person.
type Shell struct {
	Seats *client.TokenStore
	// Base is the address of the server that the person named for this command; "" if none.
	Base string
	// Usual is the server that is meant where no seat says another one.
	Usual client.Place
	// Dial returns a client of a server. Without a key the token of a seat admits it.
	Dial func(p client.Place, token string) *client.Client

	Out *Output
	Ask func(prompt string) (string, error) // asks for a secret; nil without a terminal
	// NoPerson says why no person can be at this command; "" if one can. See [NoPerson].
	NoPerson func() string
	Clock    clockwork.Clock
}

// ErrQuiet is how a command ends that waited, and for which nothing came in time.
var ErrQuiet = errors.New("nothing came in time")

// Failure is an error with a sentence for a person and the exit code of the program.
type Failure struct {
	Text string
	Code int
}

// The exit codes that a Failure has; docs/commands.md lists all of them.
const (
	failed = 1
	usage  = 2
	gone   = 4
)

func (f *Failure) Error() string { return f.Text }

// ExitCode returns the exit code of the program.
func (f *Failure) ExitCode() int { return f.Code }

func fail(code int, format string, args ...any) error {
	return &Failure{sentence(format, args...), code}
}

// session is a seat, with what a command needs to use it.
type session struct {
	client *client.Client
	place  client.Place
	seat   client.Seat
	file   *client.TokenStore
	out    *Output
	clock  clockwork.Clock
}

// with calls do for the seat that a command means. If the seat turns out to be gone, it is
// forgotten here, and the error says so.
func (s *Shell) with(which Which, do func(*session) error) error {
	seat, err := s.choose(which)
	if err != nil {
		return err
	}
	return s.on(seat, do)
}

// on is with for a seat that is known.
func (s *Shell) on(seat client.Seat, do func(*session) error) error {
	p, err := s.at(seat.Server)
	if err != nil {
		return err
	}
	c := s.Dial(p, seat.Token)
	defer c.Close()
	return s.judge(p, seat, do(&session{c, p, seat, s.Seats, s.Out, s.Clock}))
}

// inPerson is with for a command that speaks or decides: by the link of a person only where
// a person can be. The agent of that person has the same files. Followers of the seat learn of it at once.
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

// refuseAgents returns an error where no person can be at the command. name is the agent's
// by whose link it speaks or decides; "" if that is not known yet.
func (s *Shell) refuseAgents(name string) error {
	why := s.NoPerson()
	if why == "" {
		return nil
	}
	whose := "an agent"
	if name != "" {
		whose = name
	}
	return fail(failed, "Nothing was done: this would be the word of the person behind %s, and %s. "+
		"If you are that person, run it in a terminal of your own. "+
		"An agent speaks by its own tools, and a script by a seat of its own: parley join ROOM --as NAME.", whose, why)
}

// judge returns what the person is told of err, which a call for the seat at p gave.
func (s *Shell) judge(p client.Place, seat client.Seat, err error) error {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case refused.Code == fault.KeyInvalid && (p.Key != "" || !seat.Person):
		return notAdmitted(p, seat)
	case seat.Person && refused.Code == fault.Removed: // the agent may come back: see room.KeepPerson
		return fail(gone, "%s has no seat in the room %s now: it has left or was removed. If it joins again under "+
			"its name within a day, you watch it again.", seat.Name, seat.Room)
	case isGone(refused):
		if err := s.Seats.Remove(seat.Token); err != nil {
			return err
		}
		if seat.Person {
			return fail(gone, "You no longer watch %s in the room %s, and this is forgotten here: the agent has "+
				"left or was removed, the room has ended, or newer devices of yours took your place. A new link of "+
				"the agent leads back.", seat.Name, seat.Room)
		}
		return fail(gone, "Your seat in the room %s as %s is gone, and "+
			"forgotten here: %s", seat.Room, seat.Name, reason(refused.Code))
	case refused.Code == fault.RoomClosed:
		return fail(gone, "The talk in the room %s is over: the room was closed for good, or begun anew when all "+
			"were silent. parley history still shows what was said; parley leave forgets the seat.", seat.Room)
	}
	return plain(refused)
}

// reason says for a person why a seat is gone. The server says it for agents.
func reason(code fault.Code) string {
	switch code {
	case fault.RoomNotFound:
		return "the room has ended. parley join makes a new one."
	case fault.TokenInvalid:
		return "this server does not know it, or another agent of that name has it now. parley join takes a new one."
	}
	return "you left, were removed, or another agent of that name has it now. parley join takes a new one."
}

// plain returns a refusal as a person at a shell reads it: it names commands and flags in place of tools and
// arguments, and holds nothing that a terminal must not be shown.
func plain(refused *fault.Error) error {
	if problems := correction.FindStringSubmatch(refused.Message); problems != nil { // the call makes no sense
		return fail(usage, "%s.", ForPeople(problems[1]))
	}
	message := refused.Message
	if refused.By != "" { // who has a task, or has ended it
		what, rest, _ := strings.Cut(message, ".")
		message = strings.TrimSuffix(what, " by another agent") + " by " + named([]string{refused.By}, "") + "." + rest
	}
	return &fault.Error{Code: refused.Code, Message: HarmlessLine(ForPeople(message)), RetryAfter: refused.RetryAfter}
}

// correction is how the server refuses arguments; see spec.Correction.
var correction = regexp.MustCompile(`^Correct this and call \w+ again: (.*)\. It takes [^.]*\.$`)

// ForPeople writes a sentence of the server, which is for agents, as one for people at a shell.
func ForPeople(message string) string {
	message = commands.Replace(message)
	for _, flag := range flags {
		message = flag.words.ReplaceAllString(message, flag.is)
	}
	if twoLetters.MatchString(message) { // and no id, such as t7
		message = strings.ToUpper(message[:1]) + message[1:]
	}
	return message
}

var twoLetters = regexp.MustCompile(`^[a-z]{2}`)

// commands puts commands in the places of the tools that refusals name.
var commands = strings.NewReplacer("wait_for_message", "parley wait", "send_message", "parley say",
	"message_history", "parley history", "room_info", "parley who", "share_file", "parley put",
	"get_file", "parley get", "update_room", "parley room", "manage_agent", "parley manage", "leave_room",
	"parley leave",
	"join_room", "parley join", "list shows", "parley tasks shows", "task lists", "parley tasks lists",
	"reply_to", "--reply-to", "agent_messages", "--agent-messages", "an agent_token", "the token of a seat",
	"agent_token", "the token of a seat", "another one as agent_name", "another one with --name",
	"agent_name", "the name", "call again", "run it again",
	"call with", "run it with")

// flags are the arguments that refusals name, as the commands have them.
var flags = []struct {
	words *regexp.Regexp
	is    string
}{
	{regexp.MustCompile(`^(id|draft|redact|edit|add|add_hook|add_agent): `), ""},
	{regexp.MustCompile(`^(to|ask|for|after|before|note|capacity|description|withdraw)\b`), "--$1"},
	{regexp.MustCompile(`\b(leave|without|with|use) (to|ask|for|kind|withdraw|capacity|after)\b`), "$1 --$2"},
	{regexp.MustCompile(`\bin (to|ask)\b`), "in --$1"},
	{regexp.MustCompile(`^(text|name|id) (is|has|holds|must)\b`), "the $1 $2"},
	{regexp.MustCompile(`^room\b`), "the name of the room"},
}

// passing reports whether a call that failed so may succeed soon.
func passing(err error) bool {
	code := fault.CodeOf(err)
	return errors.As(err, new(*client.Unreachable)) || code == fault.Unavailable || code == fault.RateLimited
}

// pause waits for d. It reports false if ctx ended before.
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

// persist makes a call again as long as it fails and goOn says so, and returns its last error, or
// that of ctx. So a command outlasts a server that is being restarted. The person is told once.
func (s *session) persist(ctx context.Context, goOn func(error) bool, call func() error) error {
	for wait := time.Duration(0); ; {
		err := call()
		switch {
		case err == nil:
			if wait > 0 {
				s.out.note("The server is back.")
			}
			return nil
		case !goOn(err):
			return err
		}
		if wait == 0 {
			text := err.Error()
			if lost := new(client.Unreachable); errors.As(err, &lost) {
				text = "The server at " + lost.Base + " does not answer."
			}
			s.out.note("%s Trying again.", text)
			wait = firstPause / 2
		}
		wait = min(2*wait, longestPause)
		if !pause(ctx, s.clock, wait) {
			return ctx.Err()
		}
	}
}
