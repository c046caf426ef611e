package shell

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// RoomRequest changes a room; an empty RoomRequest shows the room. Nil fields change nothing.
type RoomRequest struct {
	Name          *string
	Description   *string // "" removes the description
	Capacity      *int
	Password      string // "" leaves the password; see Lock
	Lock          *bool  // true: a new password, asked from the person if Password is empty; false: none
	Public        *bool
	Channel       *bool // only admins speak
	AgentMessages *int  // until a person speaks again; 0: no limit
	Close         bool
}

// args returns the arguments of update_room.
func (r RoomRequest) args() args {
	a := args{}
	copyArg(a, "room", r.Name)
	copyArg(a, "capacity", r.Capacity)
	copyArg(a, "public", r.Public)
	copyArg(a, "agent_messages", r.AgentMessages)
	a.set("password", r.Password)
	if r.Description != nil {
		a.set("description", *r.Description)
		a.flag("remove_description", *r.Description == "")
	}
	if r.Channel != nil {
		a["type"] = map[bool]string{true: "channel", false: "group"}[*r.Channel]
	}
	a.flag("remove_password", r.Lock != nil && !*r.Lock)
	a.flag("closed", r.Close)
	return a
}

// Room changes or shows the room.
func (s *Shell) Room(ctx context.Context, which Which, req RoomRequest) error {
	if req == (RoomRequest{}) {
		return s.Who(ctx, which)
	}
	if req.Name != nil {
		if err := s.checkRoom(*req.Name); err != nil {
			return err
		}
	}
	if req.Lock != nil && *req.Lock {
		var err error
		req.Password, err = s.newPassword(req.Password)
		if err != nil {
			return err
		}
	} else {
		req.Password = ""
	}
	return s.inPerson(which, func(s *session) error {
		var got results.Updated
		r, err := s.call(ctx, "update_room", req.args(), &got)
		if err != nil {
			return err
		}
		if err := s.file.Rename(&s.seat, nameIn(got.Changes)); err != nil {
			return err
		}
		delete(r, "invite") // the invite may hold the password
		return s.out.show(r, func() {
			switch {
			case got.Status == "closed":
				s.out.print("The room %s is closed for good.", s.seat.Room)
			case got.Status == "unchanged":
				s.out.print("Nothing changed: it was so already.")
			default:
				s.out.print("Changed: %s.", changed(got.Changes))
			}
			s.hintNewInvite(got.Invite)
		})
	})
}

// hintNewInvite says that a call has ended the earlier invites, if the call gave a new invite.
func (s *session) hintNewInvite(invite string) {
	if invite != "" {
		s.out.hint("Earlier invites give no more seats. For the new one: %s", s.command("invite"))
	}
}

// newName returns the last new name of the room in messages; "" if none.
func newName(said []results.Message) (name string) {
	for _, message := range said {
		if message.Type == "room" {
			name = cmp.Or(nameIn(message.Changes), name)
		}
	}
	return name
}

// nameIn returns the name that a change gave to a room; "" if none.
func nameIn(c *results.Changes) string {
	if c == nil || c.Room == nil {
		return ""
	}
	return *c.Room
}

// ManageRequest acts on agents of a room, on all or on none.
type ManageRequest struct {
	Action string // promote, demote, mute, unmute, kick, ban or unban
	Names  []string
	Note   string // why, for all to read
	Clear  bool   // with ban: their files and open tasks go, too
}

// Manage acts on agents of the room.
func (s *Shell) Manage(ctx context.Context, which Which, req ManageRequest) error {
	return s.inPerson(which, func(s *session) error {
		a := args{"action": req.Action, "agent_name": req.Names}
		a.set("note", req.Note)
		if req.Clear {
			a["clear"] = true
		}
		var got results.Managed
		r, err := s.call(ctx, "manage_agent", a, &got)
		if err != nil {
			return err
		}
		return s.out.show(r, func() {
			if got.Status != "unchanged" {
				s.showDone(req.Names, got)
			} else if !req.Clear {
				s.out.print("Nothing changed: it was so already.")
			}
			if req.Clear { // also the repetition of a ban that broke off
				s.out.print("The files and the open tasks of %s are removed.", strings.Join(req.Names, ", "))
			}
			s.hintNewInvite(got.Invite)
		})
	})
}

// showDone shows to which of names an order was applied, and which of them had left before.
func (s *session) showDone(names []string, got results.Managed) {
	done := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(got.Gone, sameName(name))
	})
	s.out.print("%s: %s", got.Status, strings.Join(done, ", "))
	if len(got.Gone) > 0 {
		s.out.print("Already gone: %s", strings.Join(got.Gone, ", "))
	}
}

// Remove removes the text and the file of a message, a check, or all texts of a task.
func (s *Shell) Remove(ctx context.Context, which Which, id string) error {
	return s.inPerson(which, func(s *session) error {
		r, err := s.call(ctx, "update_room", args{"redact": id}, &results.Updated{})
		if err != nil {
			return err
		}
		return s.out.show(r, func() { s.out.print("Removed what %s said.", id) })
	})
}

// Forget removes a seat from the file here. The seat itself stays. Only a person can forget a watched seat: without the
// seat the link that was opened leads nowhere. Of namesakes it forgets one that the server does not know.
func (s *Shell) Forget(which Which) error {
	seat, err := s.choose(which)
	if err != nil {
		return err
	}
	all, err := s.Seats.All()
	if err != nil {
		return err
	}
	for _, other := range all {
		if areNamesakes(seat, other) && !other.UnknownAt.IsZero() {
			seat = other
		}
	}
	if seat.Person {
		if err := s.refuseAgents(seat.Name); err != nil {
			return err
		}
	}
	if err := s.Seats.Remove(seat.Token); err != nil {
		return err
	}
	s.Out.hint("Forgotten here: the seat in the room %s as %s.", seat.Room, seat.Name)
	return nil
}

// Mine lists the seats of the person, with the number of new messages in each room.
func (s *Shell) Mine(ctx context.Context) error {
	all, err := s.Seats.All()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, seat := range all {
		if !seat.OfShell() || s.Base != "" && seat.Server != s.Base {
			continue
		}
		is, err := s.news(ctx, &seat)
		if err != nil {
			return err
		}
		if s.Out.JSON {
			line := map[string]any{"server": seat.Server, "room": seat.Room, "agent_name": seat.Name,
				"person": seat.Person, "state": is}
			text, err := json.Marshal(line)
			if err != nil {
				return err
			}
			s.Out.Screen.write(string(text) + "\n")
			continue
		}
		who := "as " + seat.Name
		if seat.Person {
			who = "watching " + seat.Name
		}
		rows = append(rows, []string{seat.Room, who, is, seat.Server})
	}
	if len(rows) == 0 && !s.Out.JSON {
		s.Out.hint("You have no seat. Take one with: %s", s.joining(client.Seat{}))
	}
	s.Out.table(rows)
	return s.Out.Screen.err
}

// news says how much is new for a seat since the seat's last wait, or why the number is not known. If the room has a
// new name since, news gives the name to the seat.
func (s *Shell) news(ctx context.Context, seat *client.Seat) (string, error) {
	place, err := s.at(seat.Server)
	if err != nil {
		return "", err
	}
	c := s.Dial(place, seat.Token)
	defer c.Close()
	got, err := c.Standby(ctx, client.StandbyRequest{Token: seat.Token, Cursor: seat.Cursor, Peek: true,
		Wait: time.Millisecond})
	if err == nil && got.IsAdmitted() && !seat.UnknownAt.IsZero() {
		err = s.Seats.MarkKnown(seat.Token)
	}
	if err == nil && got.Unadmitted && !seat.Person && place.Key != "" {
		if back, err := s.Admit(ctx, *seat); err == nil {
			got = client.Standby{Code: quiet, Waited: results.Waited{Messages: back.Messages, HasMore: back.HasMore}}
			if len(back.Messages) > 0 {
				got.Code = spoken
			}
		}
	}
	if !got.HasMore {
		_ = s.Seats.Rename(seat, newName(got.Messages)) // the next call tells the name again
	}
	more := ""
	if got.HasMore {
		more = "+"
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && got.Code == spoken:
		return fmt.Sprintf("%d%s new", len(got.Messages), more), nil
	case err == nil && got.Code == quiet:
		return "nothing new", nil
	case err == nil && got.KeyInvalid && place.Key == "" && seat.Person:
		return "its agent needs a key", nil
	case err == nil && got.KeyInvalid && place.Key == "":
		return "needs your key: " + s.joining(*seat), nil
	case err == nil && got.KeyInvalid:
		return s.withKey(ctx, c, seat)
	case err == nil && got.Unknown:
		return s.unknown(*seat)
	case err == nil && (got.Code == unknown || got.Code == vacated):
		return "the seat is gone", nil
	case err == nil && got.Code == taken:
		return "another command waits there", nil
	}
	return "the server does not answer", nil
}

// unknown marks a seat that the server does not know, and says how long the seat is kept.
func (s *Shell) unknown(seat client.Seat) (string, error) {
	now := s.Clock.Now()
	if seat.UnknownAt.IsZero() {
		seat.UnknownAt = now
	}
	return "unknown to the server, kept until " + seat.UnknownAt.Add(client.KeptUnknown).Local().Format(time.DateOnly),
		s.Seats.MarkUnknown(seat.Token, now)
}

// withKey says how a seat stands with the key that c shows, if the server does not admit the seat's token alone.
func (s *Shell) withKey(ctx context.Context, c *client.Client, seat *client.Seat) (string, error) {
	_, err := get(ctx, c, "room_info", args{"agent_token": seat.Token}, &results.Info{})
	switch {
	case err == nil:
		return "goes on with your key", nil
	case client.IsUnknown(err):
		return s.unknown(*seat)
	case fault.CodeOf(err) == fault.KeyInvalid:
		return "needs another key", nil
	case fault.CodeOf(err) == fault.Removed:
		return "the seat is gone", nil
	}
	return "the server does not answer", nil
}
