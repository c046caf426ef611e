package shell

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// at returns the server of a seat, with the person's key.
func (s *Shell) at(base string) (client.Place, error) {
	if base == s.Usual.Base {
		return client.Place{Base: base, Key: s.Usual.Key}, nil
	}
	key, err := client.KeptKey(base)
	return client.Place{Base: base, Key: key}, err
}

// through calls do with a client of the server at place. If the server wants a key that the person does not have here,
// through asks for the key at a terminal.
func (s *Shell) through(place client.Place, do func(*client.Client) error) error {
	err := s.once(place, do)
	hint := ""
	if fault.CodeOf(err) == fault.KeyInvalid && place.Key == "" && place.Invite == "" {
		hint = s.moveHint(place.Base)
	}
	if fault.CodeOf(err) == fault.KeyInvalid && place.Key == "" && place.Invite == "" && s.Ask != nil {
		if hint != "" {
			s.Out.hint("%s", hint)
		}
		place.Key, err = AskForKey(s.Ask, place)
		if err != nil {
			return err
		}
		err = s.once(place, do)
	}
	if fault.CodeOf(err) == fault.KeyInvalid {
		return fail(failed, "%s", strings.TrimSpace(place.Refused()+" "+hint))
	}
	return s.away(err)
}

// moveHint says how the seats and the key come along to a server that this person has used at another address; "" if
// the person has no seats elsewhere, or only watches there.
func (s *Shell) moveHint(base string) string {
	others, err := s.otherServers(base, func(seat client.Seat) bool { return !seat.Person })
	if err != nil || len(others) == 0 {
		return "" // whatever is wrong with the file, others say
	}
	from := ""
	if len(others) == 1 {
		from = others[0]
	}
	return "If you have used this server at another address, take your seats and your key along: " +
		s.moving(from, base) + "."
}

// AskForKey asks the person for the key of the server at place.
func AskForKey(ask func(question string) (string, error), place client.Place) (string, error) {
	given, err := askFor(ask, "the key", strings.TrimPrefix(client.KeyElsewhere(place.Base)+"\n", "\n")+
		"The person who runs the server makes a key: parley keys add LABEL\n"+
		"Without a key, "+client.WithInvite+"\n"+
		"Key for the server at "+HarmlessLine(place.Base)+": ")
	if err != nil {
		return "", err
	}
	return client.ReadKey(given)
}

func (s *Shell) once(p client.Place, do func(*client.Client) error) error {
	c := s.Dial(p, "")
	defer c.Close()
	return do(c)
}

// isUnadmitted reports whether a server does not admit a token because the seat is from before the server asked for
// keys.
func isUnadmitted(err error) bool {
	refused := new(fault.Error)
	return errors.As(err, &refused) && refused.Reason == fault.ReasonUnadmitted
}

// showKey shows the person's key beside the token of the seat, once for each seat: the seat may be from before the
// server asked for keys, and the token alone is then refused until its owner returns with a key. A person who watches
// an agent does not return for the agent. Another error than that of ctx is left to the call that follows.
func (s *session) showKey(ctx context.Context) error {
	if s.place.Key == "" || s.seat.Keyed || s.seat.Person {
		return nil
	}
	s.seat.Keyed = true // for this command, whatever comes of it
	is, err := s.client.Standby(ctx, client.StandbyRequest{Token: s.seat.Token, Peek: true, Wait: time.Millisecond})
	keyed := false
	switch {
	case err == nil && is.Unadmitted:
		_, err = s.client.Admit(ctx, s.seat.Token)
		keyed = true
	case err == nil && is.IsAdmitted(): // a server that asks for no key today may ask for one tomorrow
		keyed, err = s.client.AsksForKeys(ctx)
	}
	if err != nil || !keyed {
		return ctx.Err()
	}
	return s.file.PutKeyed(s.seat.Token)
}

// Admit shows the person's key beside the token of a seat from before the server asked for keys, for a program that
// waits with the token alone. The error says what to do without a key.
func (s *Shell) Admit(ctx context.Context, seat client.Seat) (got results.Joined, err error) {
	place, err := s.at(seat.Server)
	switch {
	case err != nil:
		return got, err
	case place.Key == "" && seat.Wake != nil: // connect asks for the key, and keeps it
		at := Shell{Program: s.Program, Base: seat.Server}
		return got, errors.New("connect it again: " + at.command("connect "+seat.Wake.Client))
	case place.Key == "":
		return got, errors.New(s.joining(seat))
	}
	c := s.Dial(place, seat.Token)
	defer c.Close()
	got, err = c.Admit(ctx, seat.Token)
	switch {
	case err == nil:
		return got, s.Seats.PutKeyed(seat.Token)
	case fault.CodeOf(err) == fault.KeyInvalid:
		err = errors.New(place.Refused())
	}
	return got, err
}

// needsKey says what the person can do with a seat from before the server asked for keys.
func (s *session) needsKey() error {
	seat := s.seat
	if seat.Person {
		all, err := s.file.All()
		own := slices.IndexFunc(all, func(other client.Seat) bool {
			return other.OfShell() && !other.Person && other.Server == seat.Server && isSameSeat(other, seat)
		})
		if err != nil {
			return err
		}
		if own < 0 {
			return fail(failed, "The server at %s asks for keys now, and this agent joined before. Have the agent "+
				"call join_room with its agent_token and with its key; then run this again.", seat.Server)
		}
		seat = all[own]
	}
	return fail(failed, "Your seat in the room %s as %s needs your key: %s", seat.Room, seat.Name, s.by.joining(seat))
}

// isSameSeat reports whether two entries of the file are of one seat: of its agent and of its person.
func isSameSeat(a, b client.Seat) bool {
	t, errT := ident.ParseToken(a.Token)
	u, errU := ident.ParseToken(b.Token)
	return errT == nil && errU == nil && t.Room == u.Room && t.Seat == u.Seat
}

// notAdmitted says what the person can do if the server admits the seat only with another key, or with a key at all.
func (s *session) notAdmitted() error {
	if s.place.Key != "" {
		return fail(failed, "%s", s.place.Refused())
	}
	return fail(failed, "The server at %s admits your seat in the room %s as %s only with a key. %s",
		s.place.Base, s.seat.Room, s.seat.Name, client.SetKey(s.place.Base))
}

// checkRoom refuses what people paste in the place of a room's name by mistake. Most of such text could be a name, and
// a room of that name would be made.
func (s *Shell) checkRoom(given string) error {
	const whole = "Copy the whole link, which begins with http:// or https://."
	alone := strings.TrimFunc(given, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	_, invite := ident.InviteIn(given)
	_, claim := ident.ParseLinkCode(alone)
	_, noLink := client.ParseWatchLink(given)
	switch {
	case noLink == nil:
		return fail(usage, "This is the link with which a person watches an agent, not a room. To open it: %s",
			s.command("watch LINK"))
	case invite:
		return fail(usage, "This is an invite to a room, and no name. To take a seat there: %s",
			s.command("join LINK --as NAME"))
	case claim:
		return fail(usage, "This is only the end of the link with which a person watches an agent. "+whole)
	case isCommand.MatchString(given):
		return fail(usage, "This is a whole command, not the name of a room: run it as it stands, without quotes "+
			"around it.")
	case unquoted.MatchString(given):
		return fail(usage, "The quotes within this line are gone: a shell takes them out of a line in double quotes. "+
			"Nothing was done: put the line in single quotes: 'LINE'")
	case hasDoor.MatchString(given) && !onWeb.MatchString(given):
		return fail(usage, "This link has lost its beginning, or the beginning is mistyped. "+whole)
	case strings.Contains(given, "://") && len(strings.Fields(given)) > 1:
		return fail(usage, "This line has no link of an invite, or not all of it. Copy the whole link; or name the "+
			"room, and give the address of its server with --url.")
	case strings.Contains(given, "://"):
		place, err := client.ParsePlace(given)
		if err != nil {
			return fail(usage, "%s", err.Error())
		}
		return fail(usage, "%s is the address of a server, not an invite: name the room, and give the address with "+
			"--url.", place.String())
	}
	return s.checkColon(given)
}

// checkColon refuses a room with a colon: a link, a title, a time, or a name with a password.
func (s *Shell) checkColon(given string) error {
	_, password, err := ident.SplitRoom(given)
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		return fail(usage, "%s", toPerson(refused.Message, s.command))
	case password != "":
		return fail(usage, "A password does not belong on a command line, which others can see. Set PARLEY_PASSWORD, "+
			"or give the room without it and type it when asked.")
	}
	return nil
}

// isCommand matches a command of this program that could be a name: the command has a flag, or begins with the name of
// the program.
var isCommand = regexp.MustCompile(`(^|\s)--[a-z]|^\s*parley\s+(join|watch|connect|say)(\s|$)`)

// unquoted matches the line of byName without its quotes: a shell removes them from a line in double quotes.
var unquoted = regexp.MustCompile(`MCP server \S+ and call join_room with room [^",]*$`)

// hasDoor matches the part of an address that leads to an invite or to a person's link.
var hasDoor = regexp.MustCompile(`(?i)/i/[0-9a-z]{20}|/r/[0-9a-z]+#`)

// onWeb matches the beginning of an address.
var onWeb = regexp.MustCompile(`(?i)\bhttps?://`)

// namedIn returns the server and the room of the line that invites to a room by its name, as a server without keys
// writes the line, also if it is broken or has lost its end; ok is false for any other line, and for a line with a
// password.
func namedIn(line string) (place client.Place, room string, ok bool) {
	found := byName.FindStringSubmatch(strings.Join(strings.Fields(line), " "))
	if found == nil {
		return client.Place{}, "", false
	}
	room, errRoom := strconv.Unquote(found[2])
	place, err := client.ParsePlace(found[1])
	return place, room, err == nil && errRoom == nil && place == client.Place{Base: place.Base}
}

// byName matches the line of namedIn; see invite in internal/api/tools/invite.go.
var byName = regexp.MustCompile(`MCP server (\S+) and call join_room with room ("(?:[^"\\]|\\.)*")\W*(?:No\b.*)?$`)

// leadsTo reports whether a seat is in the room of an invite.
func leadsTo(invite string, seat client.Seat) bool {
	v, ok := ident.ParseInvite(invite)
	t, err := ident.ParseToken(seat.Token)
	return ok && err == nil && t.Room == v.Room
}
