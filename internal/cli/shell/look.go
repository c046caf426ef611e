package shell

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Who shows who is in the room, and the open requests.
func (s *Shell) Who(ctx context.Context, which Which) error {
	return s.with(which, func(s *session) error {
		var got results.Info
		r, err := s.call(ctx, "room_info", args{}, &got)
		if err != nil {
			return err
		}
		return s.out.show(r, func() { s.about(got) })
	})
}

// about shows a room to the person of a seat. An owner does not read that their own agent has an owner.
func (s *session) about(got results.Info) {
	if s.seat.Person || s.watchesItself() {
		for i, a := range got.Room.Agents {
			if a.You {
				got.Room.Agents[i].Person, got.Room.Agents[i].PersonHere = false, false
			}
		}
	}
	s.out.about(got)
}

// about shows a room to a person.
func (o *Output) about(got results.Info) {
	facts := []string{fmt.Sprintf("%d of %d seats taken", len(got.Room.Agents), got.Room.Capacity)}
	for _, fact := range []struct {
		holds bool
		text  string
	}{
		{got.Room.Type == "channel", "only admins can speak"},
		{got.Room.Public, "public"},
		{got.Room.PasswordProtected, "password required"},
		{got.Room.AgentMessages > 0, fmt.Sprintf("at most %d agent messages without a human reply",
			got.Room.AgentMessages)},
		{got.Room.Closed, "closed for good"},
	} {
		if fact.holds {
			facts = append(facts, fact.text)
		}
	}
	o.print("%s: %s", got.Room.Name, strings.Join(facts, ", "))
	o.description(string(got.Room.Description))
	rows := make([][]string, len(got.Room.Agents))
	for i, a := range got.Room.Agents {
		rows[i] = []string{"  " + a.Name, doing(a), string(a.Activity)}
	}
	o.table(rows)
	for _, q := range got.Requests {
		o.row("Open: %s", asksFor(q))
	}
	if len(got.Banned) > 0 {
		o.row("Banned: %s", named(got.Banned, ", "))
	}
}

// description shows the description of a room, if there is one. No line of the description begins in the first column.
func (o *Output) description(text string) {
	if text != "" {
		o.row("%s", lines(indented(Harmless(text))))
	}
}

// asksFor says who asks whom for an answer, or for a vote on a proposal.
func asksFor(q results.Request) string {
	owing, asked := "anyone", "asked"
	if q.Proposal {
		asked = "proposed to"
	}
	if len(q.OwedBy) > 0 {
		owing = named(q.OwedBy, ", ")
	}
	when := "just now"
	if ago := span(q.Minutes); ago != "" {
		when = ago + " ago"
	}
	if q.Replaces != "" {
		when += " in place of " + q.Replaces
	}
	return fmt.Sprintf("%s %s %s %s [%s]: %s", ident.Actor(q.From, q.Person, q.PersonName), asked, owing, when, q.ID,
		strings.Join(strings.Fields(string(q.Text)), " "))
}

// states are the states of an agent in the words of the page; the server's words are for agents.
var states = map[string]string{"waiting": "online", "busy": "active", "standby": "asleep (wakes on messages)",
	"away": "away", "silent": "inactive"}

// doing says who an agent is and what it does.
func doing(a results.Agent) string {
	var is []string
	if a.You {
		is = append(is, "you")
	} else if a.State != "" {
		is = append(is, cmp.Or(states[a.State], a.State))
	}
	if a.Role == "admin" {
		is = append(is, a.Role)
	}
	if a.Muted {
		is = append(is, "muted")
	}
	switch {
	case a.Alone:
		is = append(is, "a person")
	case a.PersonHere:
		is = append(is, cmp.Or(a.PersonName, "its owner")+" is watching")
	case a.Person:
		is = append(is, "has an owner"+strings.TrimSuffix(", "+a.PersonName, ", "))
	}
	if a.Owner != "" {
		is = append(is, "key of "+string(a.Owner))
	}
	if a.BackInMinutes > 0 {
		is = append(is, "back in "+span(a.BackInMinutes))
	} else if a.IdleMinutes > 0 && !a.You {
		is = append(is, "last active "+span(a.IdleMinutes)+" ago")
	}
	if a.Unread != nil && *a.Unread > 0 && !a.You {
		is = append(is, fmt.Sprintf("%d behind", *a.Unread))
	}
	return strings.Join(is, ", ")
}

// Rooms lists public rooms.
func (s *Shell) Rooms(ctx context.Context, search string, limit int) error {
	return s.through(s.Usual, func(c *client.Client) error { return s.rooms(ctx, c, search, limit) })
}

func (s *Shell) rooms(ctx context.Context, c *client.Client, search string, limit int) error {
	a := args{"limit": min(limit, pageSize)}
	a.set("search", search)
	var rows [][]string
	for more := true; more && len(rows) < limit; {
		var got results.Rooms
		r, err := get(ctx, c, "list_rooms", a, &got)
		if err != nil {
			return s.refusedPlainly(err)
		}
		for _, r := range got.Rooms {
			locked := ""
			if r.PasswordProtected {
				locked = "password required"
			}
			rows = append(rows, []string{r.Name, fmt.Sprintf("%d/%d", r.Agents, r.Capacity), locked,
				strings.Join(strings.Fields(string(r.Description)), " ")})
		}
		if err := s.Out.show(r, func() {}); err != nil {
			return err
		}
		a["page"], more = got.NextPage, got.NextPage != ""
	}
	if s.Out.JSON {
		return nil
	}
	own := "Your own: " + s.command("rooms --mine")
	if len(rows) == 0 {
		s.Out.hint("No public room matches. Other rooms are not listed: ask for their names. %s", own)
	} else {
		s.Out.hint("These are the public rooms. %s", own)
	}
	if a["page"] != "" {
		s.Out.hint("There are more: search, or raise -n.")
	}
	s.Out.table(rows)
	return s.Out.Screen.err
}

// refusedPlainly returns a refusal in words for a person who means no seat.
func (s *Shell) refusedPlainly(err error) error {
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code != fault.KeyInvalid {
		return plain(refused, s.command)
	}
	return err
}

// Leave gives the seat up, and shows the unread messages below.
func (s *Shell) Leave(ctx context.Context, which Which, text string) error {
	return s.inPerson(which, func(s *session) error {
		if s.seat.Person && which.As == "" {
			if _, err := s.call(ctx, "room_info", args{}, &results.Info{}); err != nil { // the agent has left
				return err
			}
			return fail(usage, "This would take your agent out of the room. If you mean that, name "+
				"it:%s", flagFor("--as", s.seat.Name))
		}
		a := args{}
		a.set("text", text)
		var got results.Left
		r, err := s.call(ctx, "leave_room", a, &got)
		if got.Status == "already_left" { // or the server does not know the seat
			_, why := s.call(ctx, "room_info", args{}, &results.Info{})
			if client.IsUnknown(why) {
				return why
			}
		}
		if fault.CodeOf(err) == fault.Paused && s.watchesItself() {
			return fail(failed, "You have paused %s, or approve what it says. You have not left. To end that:\n"+
				"  %s\n  %s", s.seat.Name, s.command("supervise resume"), s.command("supervise approve off"))
		}
		if err != nil {
			return err
		}
		if got.Status == "unread" { // as an agent's first leave is held back
			if err := s.messages(ctx, r, got.Messages...); err != nil {
				return err
			}
			return heldBack("You have not left", got.Messages)
		}
		if err := s.forgetLeft(); err != nil {
			return err
		}
		s.learn(ctx, got.Messages...)
		return s.out.show(r, func() {
			subject, unread, already := "You have", "", ""
			if s.seat.Person {
				subject = s.seat.Name + " has"
			}
			if len(got.Messages) > 0 { // else the messages would look like messages of a tail in the same terminal
				unread = " What " + s.seat.Name + " had not read:"
			}
			if got.Status == "already_left" {
				already = " already"
			}
			if got.Unsaid {
				s.out.print("Your last word was not said: you are muted there, or only admins speak.")
			}
			s.out.print("%s left %s%s.%s", subject, s.seat.Room, already, unread)
			s.out.Screen.Show(got.Messages...)
		})
	})
}

// watchesItself reports whether the person of this seat of the shell has its link, too.
func (s *session) watchesItself() bool {
	all, err := s.file.All()
	return err == nil && slices.ContainsFunc(all, s.isWatched)
}

// isWatched reports whether other is this seat of the shell, as its person watches it.
func (s *session) isWatched(other client.Seat) bool {
	return !s.seat.Person && other.Person && other.OfShell() && other.Server == s.seat.Server &&
		Which{Room: s.seat.Room, As: s.seat.Name}.names(other)
}

// forgetLeft forgets the seat that its person has left, also as one to watch: else it would count among the seats that
// later commands can mean.
func (s *session) forgetLeft() error {
	return s.file.Update(func(all []client.Seat) ([]client.Seat, error) {
		return slices.DeleteFunc(all, func(other client.Seat) bool {
			return other.Token == s.seat.Token || s.isWatched(other) && isSameSeat(other, s.seat)
		}), nil
	})
}

// Invite prints the line that brings another agent into the room. With renew the line is new, and earlier links give no
// more seats.
func (s *Shell) Invite(ctx context.Context, which Which, renew bool) error {
	with := s.with
	if renew {
		with = s.inPerson
	}
	return with(which, func(s *session) error {
		var got results.Joined
		if renew {
			r, err := s.call(ctx, "update_room", args{"new_invite": true}, &got)
			if err != nil {
				return err
			}
			if got.Invite != "" {
				return s.invite(r, got)
			}
		}
		r, err := s.call(ctx, "join_room", args{}, &got)
		switch {
		case err != nil:
			return err
		case got.Invite == "" && len(got.Room.Agents) < got.Room.Capacity:
			return fail(failed, "The invite to %s gives no more seats. An admin of the room can make another: %s",
				got.Room.Name, s.command("invite --new"))
		case got.Invite == "":
			ended := ""
			if renew {
				ended = "Earlier invites give no more seats. "
			}
			return fail(failed, "%sNobody can be invited to %s: %d of %d seats are taken. An admin can add some: %s",
				ended,
				got.Room.Name, len(got.Room.Agents), got.Room.Capacity, s.command("room --capacity N"))
		}
		if _, open := ident.InviteIn(got.Invite); got.Room.PasswordProtected && !open {
			s.out.hint("The line does not include the room's password: send it separately.")
		}
		return s.invite(r, got)
	})
}

// invite shows the invite in r; got holds the same.
func (s *session) invite(r result, got results.Joined) error {
	maps.DeleteFunc(r, func(name string, _ json.RawMessage) bool {
		return !slices.Contains([]string{"invite", "invite_link", "room", "watch"}, name) &&
			!(name == "next" && s.isAgents())
	})
	return s.out.show(r, func() {
		s.out.copy("%s", got.Invite)
		if got.InviteLink != "" {
			s.out.hint("A person can take the seat in a browser: %s", got.InviteLink)
		}
	})
}
