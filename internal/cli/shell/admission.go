package shell

import (
	"strings"
	"unicode"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
)

// at returns the server of a seat, with the key that the person has for it.
func (s *Shell) at(base string) (client.Place, error) {
	if base == s.Usual.Base {
		return client.Place{Base: base, Key: s.Usual.Key}, nil
	}
	key, err := client.KeptKey(base)
	return client.Place{Base: base, Key: key}, err
}

// through calls do with a client of the server at p. Where that wants a key, and the person
// has none here, it asks for one at a terminal.
func (s *Shell) through(p client.Place, do func(*client.Client) error) error {
	err := s.once(p, do)
	if fault.CodeOf(err) == fault.KeyInvalid && p.Key == "" && p.Invite == "" && s.Ask != nil {
		p.Key, err = AskForKey(s.Ask, p)
		if err != nil {
			return err
		}
		err = s.once(p, do)
	}
	if fault.CodeOf(err) == fault.KeyInvalid {
		return fail(failed, "%s", p.Refused())
	}
	return err
}

// AskForKey asks the person for the key of the server at p.
func AskForKey(ask func(question string) (string, error), p client.Place) (string, error) {
	given, err := ask("Key for the server at " + HarmlessLine(p.Base) + ": ")
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

// notAdmitted says what a person can do whose seat the server does not admit. Without a key it was shown the token
// alone: the seat is gone, or a key has to come with it.
func (s *session) notAdmitted(refused *fault.Error) error {
	switch {
	case s.place.Key != "":
		return fail(failed, "%s", s.place.Refused())
	case refused.Reason == fault.ReasonNoSeat:
		return fail(gone, "The server at %s no longer has your seat in the room %s as %s. To forget it: %s",
			s.place.Base, s.seat.Room, s.seat.Name, s.command("leave"))
	}
	return fail(failed, "The server at %s admits your seat in the room %s as %s only with a key. %s",
		s.place.Base, s.seat.Room, s.seat.Name, client.SetKey(s.place.Base))
}

// linkOf returns the place to which a person is invited who joins with a link, or with the line of an
// invite, in place of a room's name; ok is false if it is neither.
func linkOf(room string) (p client.Place, ok bool, err error) {
	if !strings.Contains(room, "://") {
		return client.Place{}, false, nil
	}
	if p, ok := invited(room); ok {
		return p, true, nil
	}
	if len(strings.Fields(room)) > 1 {
		return client.Place{}, true, fail(usage, "This line has no link of an invite, or not all of it. Copy "+
			"the whole link; or name the room, and give the address of its server with --url.")
	}
	p, err = client.ParsePlace(room)
	if err != nil {
		return p, true, fail(usage, "%s", err.Error())
	}
	return p, true, fail(usage, "%s is the address of a server, not an invite: name the room, and give the address "+
		"with --url.", p.String())
}

// leadsTo reports whether a seat is in the room of an invite.
func leadsTo(invite string, seat client.Seat) bool {
	v, ok := ident.ParseInvite(invite)
	t, err := ident.ParseToken(seat.Token)
	return ok && err == nil && t.Room == v.Room
}

// invited returns the place of the link in the line of an invite, which may stand in quotes or before a full stop;
// ok is false if the line has none that lets in whoever has it.
func invited(line string) (p client.Place, ok bool) {
	for word := range strings.FieldsSeq(line) {
		word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if p, err := client.ParsePlace(word); err == nil && p.Invite != "" {
			return p, true
		}
	}
	return client.Place{}, false
}
