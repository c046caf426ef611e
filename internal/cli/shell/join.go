package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// JoinRequest asks for a seat.
type JoinRequest struct {
	Room, As    string // in place of the room's name, an invite will do
	Invite      string // the code of the invite
	Password    string
	Capacity    int // of a new room; 0 leaves the capacity to the server
	New         bool
	Lock        bool   // a new room gets a password, for which the person is asked
	Description string // of a new room
	Public      bool   // of a new room
	Channel     bool   // a new room in which only admins speak

	Await  bool          // do not create the room, but wait until it is there
	Within time.Duration // how long; 0: as long as is usual

	// Agent says whether an agent runs the commands of the seat; nil: whether it did before. A script is no agent, and
	// neither is a shell without a terminal: what others say would hold back a script that reads nothing.
	Agent *bool
}

// Join takes a seat, or returns to the person's seat, and shows the room.
func (s *Shell) Join(ctx context.Context, req JoinRequest) error {
	to, err := s.target(&req)
	if err != nil {
		return err
	}
	return s.through(to, func(c *client.Client) error { return s.join(ctx, c, req) })
}

// target returns where to join: the server or, with an invite in place of the room's name, the place of the invite.
func (s *Shell) target(req *JoinRequest) (to client.Place, err error) {
	invited, ok, err := client.Invited(req.Room, s.Usual.Base)
	if err != nil {
		return to, fail(usage, "%s", capital(err.Error()))
	}
	if ok {
		to, req.Room = invited, ""
	} else if named, room, ok := namedIn(req.Room); ok {
		to, err = s.at(named.Base)
		req.Room = room
	} else {
		to = s.Usual
	}
	err = cmp.Or(err, s.checkRoom(req.Room))
	if err != nil {
		return to, err
	}
	req.Invite = to.Invite
	if to.Invite != "" && (req.New || req.Await) {
		flag := map[bool]string{true: "--new", false: "--wait"}[req.New]
		return to, fail(usage, "An invite leads to an existing room: leave out %s.", flag)
	}
	return to, s.askForLock(req)
}

// checkCapacity refuses a capacity for an existing room: only admins change the number of seats.
func (s *Shell) checkCapacity(ctx context.Context, c *client.Client, req JoinRequest) error {
	if req.Capacity == 0 || req.New {
		return nil
	}
	got, err := roomInfo(ctx, c, req)
	switch code := fault.CodeOf(err); {
	case err == nil && got.Room.Capacity == req.Capacity, code == fault.RoomNotFound:
		return nil
	case err == nil || code == fault.WrongPassword:
		req.Room = cmp.Or(req.Room, got.Room.Name)
		return fail(usage, "The room %s already exists, so --capacity has no effect: leave it out. An admin can "+
			"change the number of seats: %s", req.Room,
			s.commandOf(c.Base(), req)(fmt.Sprintf("room --capacity %d", req.Capacity)))
	}
	return err
}

func (s *Shell) join(ctx context.Context, c *client.Client, req JoinRequest) error {
	if err := s.checkCapacity(ctx, c, req); err != nil {
		return s.refusedPlainly(err)
	}
	r, err := s.awaitSeat(ctx, c, req)
	if fault.CodeOf(err) == fault.WrongPassword && req.Password == "" && s.Ask != nil {
		req.Password, err = askFor(s.Ask, "the password", "Password of the room "+HarmlessLine(req.Room)+": ")
		if err == nil {
			r, err = s.awaitSeat(ctx, c, req)
		}
	}
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code != fault.KeyInvalid {
		return plain(refused, s.commandOf(c.Base(), req))
	}
	if err != nil {
		return err
	}
	return s.welcome(ctx, r, req)
}

// awaitEvery is how often a join asks for a room that is not there yet.
const awaitEvery = 2 * time.Second

// awaitSeat is takeSeat for a join that may wait for its room: it tries again while there is no room.
func (s *Shell) awaitSeat(ctx context.Context, c *client.Client, req JoinRequest) (result, error) {
	limit := patience(req.Within, usualWait, req.Agent != nil && *req.Agent)
	until := s.Clock.Now().Add(limit)
	for {
		r, err := s.takeSeat(ctx, c, req)
		left := s.Clock.Until(until)
		switch {
		case !req.Await, fault.CodeOf(err) != fault.RoomNotFound:
			return r, err
		case left <= 0:
			s.Out.hint("Nobody has created the room %s within %s.", req.Room, Spoken(limit))
			return nil, ErrQuiet
		case !pause(ctx, s.Clock, min(left, awaitEvery)):
			return nil, ctx.Err()
		}
	}
}

// askForLock asks for the password of a new room.
func (s *Shell) askForLock(req *JoinRequest) error {
	if !req.Lock {
		return nil
	}
	var err error
	req.Password, err = s.newPassword(req.Password)
	return err
}

// newPassword returns the password for a room: the given password, or else a password that the person types.
func (s *Shell) newPassword(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if s.Ask == nil {
		return "", fail(usage, "There is no terminal to type a password on: set PARLEY_PASSWORD.")
	}
	password, err := askFor(s.Ask, "a password", "New password of the room: ")
	if err != nil {
		return "", err
	}
	again, err := s.Ask("Repeat the password: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", fail(failed, "The passwords differ. Nothing was done.")
	}
	return password, nil
}

// takeSeat takes a seat and stores it. Joins at the same time take turns: the second join for the same seat finds the
// seat of the first.
func (s *Shell) takeSeat(ctx context.Context, c *client.Client, req JoinRequest) (r result, err error) {
	path, err := client.StatePath("join")
	if err != nil {
		return nil, err
	}
	err = client.WithLock(path, func() error {
		r, err = s.resume(ctx, c, req)
		if err == nil && r == nil {
			err = s.checkOwn(ctx, c, req)
		}
		if err == nil && r == nil {
			err = s.checkElsewhere(ctx, c, req)
		}
		if r != nil || err != nil {
			return err
		}
		r, err = s.sit(ctx, c, req)
		return err
	})
	return r, err
}

// resume returns to the person's seat in the room under the name: to the first that the server knows. The result is nil
// if there is no such seat, if the seat is gone, or if a new room should get the name.
func (s *Shell) resume(ctx context.Context, c *client.Client, req JoinRequest) (r result, err error) {
	all, err := s.Seats.All()
	if err != nil || req.New && req.Room == "" {
		return nil, err
	}
	which := Which{Room: req.Room, As: req.As}
	for _, seat := range slices.Backward(all) {
		if seat.Person || !which.fits(seat) || seat.Server != c.Base() ||
			req.Invite != "" && !leadsTo(req.Invite, seat) {
			continue
		}
		if req.New { // its room may have another name now, and the new room must not make the file forget the seat
			on := &session{client: c, seat: seat, file: s.Seats}
			_, err = on.call(ctx, "room_info", args{}, &results.Info{})
		} else {
			r, err = s.seated(ctx, c, "join_room", args{"agent_token": seat.Token}, seat, req.Agent)
		}
		switch code := fault.CodeOf(err); {
		case client.IsUnknown(err):
			err = s.Seats.MarkUnknown(seat.Token, s.Clock.Now())
		case code == fault.Removed, code == fault.RoomClosed:
			err = s.Seats.Remove(seat.Token)
		default:
			return r, err
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// checkOwn refuses the name of an agent of this person that has a seat in the room, as far as this machine knows. The
// server would refuse the name, too, and tell the room that somebody wants the name.
func (s *Shell) checkOwn(ctx context.Context, c *client.Client, req JoinRequest) error {
	all, err := s.Seats.All()
	if err != nil || req.New {
		return err
	}
	which := Which{Room: req.Room, As: req.As}
	own := slices.DeleteFunc(all, func(seat client.Seat) bool {
		agents := seat.Person && seat.Claim == "" || seat.Wake != nil || seat.Bridged
		return !agents || !which.names(seat) || seat.Server != c.Base() ||
			req.Invite != "" && !leadsTo(req.Invite, seat)
	})
	for _, seat := range own {
		is, err := c.Standby(ctx, client.StandbyRequest{Token: seat.Token, Peek: true, Wait: time.Millisecond})
		if err == nil && (is.IsAdmitted() || is.Unadmitted) {
			return fail(failed, "%s in the room %s is an agent of yours, so you need another name. Nobody was told. "+
				"To speak beside that agent, open the watch link that it gives you: %s", seat.Name, seat.Room,
				s.command("watch"))
		}
	}
	return nil
}

// checkElsewhere refuses the name of a seat that this person has at another address, if a room of that name has an
// agent of that name here, too. The server would refuse the name, and tell the room that somebody wants the name. Only
// a person may say that two addresses are one server: the token of a seat goes only to the address that gave the token,
// and here checkElsewhere asks only for the names, which anybody sees.
func (s *Shell) checkElsewhere(ctx context.Context, c *client.Client, req JoinRequest) error {
	all, err := s.Seats.All()
	if err != nil || req.New {
		return err
	}
	which := Which{Room: req.Room, As: req.As}
	for _, seat := range all {
		if seat.Server == c.Base() || seat.Claim != "" || !which.names(seat) ||
			req.Invite != "" && !leadsTo(req.Invite, seat) {
			continue
		}
		here, err := namesIn(ctx, c, req)
		if err != nil || !slices.ContainsFunc(here, sameName(seat.Name)) {
			return nil // the join itself finds other errors
		}
		isThere, err := s.mayBe(ctx, seat, here)
		if err != nil {
			return err
		}
		if !isThere {
			continue
		}
		if seat.Person {
			return fail(failed, "Someone in the room %s has this name, perhaps the agent that you watch at %s, so you "+
				"need another name. Nobody was told.", seat.Room, seat.Server)
		}
		return fail(failed, "Someone in the room %s has this name. Nobody was told. It is you, if this server is the "+
			"one at %s, where you have a seat as %s. Then take your seats along: %s", seat.Room, seat.Server, seat.Name,
			s.moving(seat.Server, c.Base()))
	}
	return nil
}

// mayBe reports whether the room of a seat, at the seat's own address, may be the room with these agents. An address
// that no longer answers may have any room.
func (s *Shell) mayBe(ctx context.Context, seat client.Seat, agents []string) (bool, error) {
	place, err := s.at(seat.Server)
	if err != nil {
		return false, err
	}
	c := s.Dial(place, seat.Token)
	defer c.Close()
	limited, cancel := context.WithTimeout(ctx, moveTime)
	defer cancel()
	is, err := c.Standby(limited, client.StandbyRequest{Token: seat.Token, Peek: true, Wait: time.Millisecond})
	if err == nil && (is.Code == vacated || is.Code == unknown && !is.KeyInvalid) {
		return false, nil
	}
	// A password for a room here is not for the operator of that address.
	there, err := namesIn(limited, c, JoinRequest{Room: seat.Room})
	return err != nil || slices.Equal(there, agents), nil
}

// namesIn returns the names of the agents in the room that a join asks for.
func namesIn(ctx context.Context, c *client.Client, req JoinRequest) (names []string, err error) {
	got, err := roomInfo(ctx, c, req)
	for _, agent := range got.Room.Agents {
		names = append(names, agent.Name)
	}
	return names, err
}

// roomInfo returns the public information of the room that a join asks for.
func roomInfo(ctx context.Context, c *client.Client, req JoinRequest) (got results.Info, err error) {
	a := args{}
	a.set("room", req.Room)
	a.set("password", req.Password)
	_, err = get(ctx, c, "room_info", a, &got)
	return got, err
}

// sit takes a new seat.
func (s *Shell) sit(ctx context.Context, c *client.Client, req JoinRequest) (result, error) {
	tool, a := "join_room", args{"agent_name": req.As}
	a.set("room", req.Room)
	a.set("password", req.Password)
	if req.Capacity > 0 {
		a["capacity"] = req.Capacity
	}
	if req.Await {
		a["create_if_missing"] = false
	}
	if req.New {
		tool = "create_room"
		a.set("description", req.Description)
		a.flag("public", req.Public)
		if req.Channel {
			a["type"] = "channel"
		}
	}
	return s.seated(ctx, c, tool, a, client.Seat{Keyed: req.Invite != "", Guest: req.Invite != ""}, req.Agent)
}

// seated makes a call that gives a seat, and stores the seat. was is the seat before. A new seat has only Keyed
// and Guest before, if it is a guest's: the token of a guest needs no key beside it. welcome stores the cursor. For
// agent see JoinRequest. If seated cannot store a new seat, it gives the seat back: nobody would know the token.
func (s *Shell) seated(ctx context.Context, c *client.Client, tool string, a args, was client.Seat, agent *bool) (
	result, error) {
	var got results.Joined
	r, err := get(ctx, c, tool, a, &got)
	if err != nil {
		return nil, err
	}
	err = s.Seats.Put(client.Seat{Server: c.Base(), Room: got.Room.Name, Name: got.AgentName, Token: got.AgentToken,
		Cursor: was.Cursor, Keyed: was.Keyed, Guest: was.Guest, Agent: *cmp.Or(agent, &was.Agent)})
	if err == nil || was.Token != "" {
		return r, err
	}
	left := c.Call(ctx, "leave_room", args{"agent_token": got.AgentToken}, &results.Left{})
	return nil, errors.Join(fmt.Errorf("the seat could not be stored, and was given back: %w", err), left)
}

// welcome shows a room to the caller who has just taken a seat, as a command of that seat.
func (s *Shell) welcome(ctx context.Context, r result, req JoinRequest) error {
	var got results.Joined
	if err := r.into(&got); err != nil {
		return err
	}
	all, err := s.Seats.All()
	i := slices.IndexFunc(all, func(seat client.Seat) bool { return seat.Token == got.AgentToken })
	if err != nil || i < 0 {
		return err
	}
	return s.on(all[i], func(on *session) error {
		if !on.isAgents() && req.Agent == nil && s.NoPerson() != "" {
			s.Out.hint("If you are an agent, join with --agent: then each command says what concerns you next.")
		}
		return on.welcome(ctx, r, got)
	})
}

// welcome shows the room of the seat. The link to watch is a secret that opens once: a person at a terminal reads the
// link, and an agent gets it for its user, as over MCP. No other file has it.
func (s *session) welcome(ctx context.Context, r result, got results.Joined) error {
	s.heed(r)
	s.learn(ctx, got.Messages...)
	how, room := "are", "the room"
	switch got.Status {
	case "created":
		room = "the new room"
	case "returned":
		how = "are back as"
	}
	o := s.out
	return s.hand(ctx, r, nil, got.Cursor, func() {
		o.print("You %s %s in %s %s: %d of %d seats "+
			"are taken.", how, got.AgentName, room, got.Room.Name, len(got.Room.Agents), got.Room.Capacity)
		o.description(string(got.Room.Description))
		if got.Earlier > 0 {
			o.print("Earlier messages: %d. To read them: %s", got.Earlier, s.command("history"))
		}
		o.Screen.Show(got.Messages...)
		if got.Invite != "" && len(got.Room.Agents) == 1 {
			o.print("To invite someone, send them this line:\n  %s", got.Invite)
			if at, _, byName := namedIn(got.Invite); byName && client.OnThisMachine(at.Base) {
				o.print("Only clients on your own computer can use it. For others, see " +
					"https://github.com/parley-chat/parley#with-somebody-else.")
			}
		}
		if s.seat.Guest && !s.isAgents() {
			o.print("Once you leave, only another seat of your invite, or a new one, brings you back.")
		}
		if got.Watch != "" && o.Screen.Terminal && s.by.NoPerson() == "" {
			o.print("To watch the room in a browser, open this link, which opens once:\n  %s", got.Watch)
		}
		if o.Screen.Terminal {
			o.print("To speak, and to follow the room:\n  %s\n  %s", s.command("say TEXT"), s.command("tail"))
		}
	})
}
