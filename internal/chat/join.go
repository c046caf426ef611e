package chat

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/table"
)

// JoinRoom takes a seat: a new one, creating the room when there is none, or,
// given a token, the caller's own.
//
// A name that is kept out is found before one that is taken, and that before a
// full room. A refused join has changed nothing, but that a full room is told, at
// most once in ten minutes, who wanted a seat.
func (s *Service) JoinRoom(ctx context.Context, req JoinRequest) (Seated, error) {
	if req.Token != "" {
		got, err := s.comeBack(ctx, req)
		return got, s.outward(err)
	}
	in, err := newEntrance(req.Room, req.Password, req.AgentName)
	if err != nil {
		return Seated{}, err
	}
	if in.settings, err = newSettings(in, "", req.Capacity, Group, false); err != nil {
		return Seated{}, err
	}
	in.create = !req.OnlyExisting
	got, err := s.takeSeat(ctx, in)
	return got, s.outward(err)
}

// entrance is a wish for a seat, checked as far as it can be without the table.
type entrance struct {
	room     name
	agent    name
	password string
	settings settings // of the room, if this call creates it
	create   bool     // when there is none
	join     bool     // when there is one
	secret   string
	began    time.Time
}

func newEntrance(room, password, agent string) (*entrance, error) {
	room, password, err := splitPassword(room, password)
	if err != nil {
		return nil, err
	}
	rn, err := roomName(room)
	if err != nil {
		return nil, err
	}
	an, err := agentName(agent)
	if err != nil {
		return nil, err
	}
	return &entrance{room: rn, agent: an, password: password, join: true, secret: newSecret()}, nil
}

// splitPassword understands "name:password" where a name is expected.
func splitPassword(room, password string) (string, string, error) {
	if n, p, ok := strings.Cut(room, ":"); ok {
		if password != "" && password != p {
			return "", "", refuse(InvalidArgument, "room holds a password after the colon, and password is another one: give one of them.")
		}
		room, password = n, p
	}
	if len(password) > MaxPassword || !utf8.ValidString(password) || hasControls(password, "") {
		return "", "", refuse(InvalidArgument, "password: at most %d bytes of UTF-8 without control characters.", MaxPassword)
	}
	return room, password, nil
}

// newSettings checks what a room is to be made with. The password is hashed
// only when the room is made.
func newSettings(in *entrance, description string, capacity int, t RoomType, public bool) (settings, error) {
	if capacity == 0 {
		capacity = MinCapacity
	}
	if t == "" {
		t = Group
	}
	return settings{
		Name: in.room.shown, Key: in.room.key, Description: description, Type: t, Capacity: capacity, Public: public,
	}, checkSettings(description, capacity, t)
}

// checkSettings refuses settings that no room can have; zero stands for none.
func checkSettings(description string, capacity int, t RoomType) error {
	switch {
	case capacity != 0 && (capacity < MinCapacity || capacity > MaxCapacity):
		return refuse(InvalidArgument, "capacity must be from %d to %d.", MinCapacity, MaxCapacity)
	case t != "" && t != Group && t != Channel:
		return refuse(InvalidArgument, "type must be %q (everybody speaks) or %q (only admins speak).", Group, Channel)
	case utf8.RuneCountInString(description) > MaxDescription || !utf8.ValidString(description) || hasControls(description, "\n\t\r"):
		return refuse(InvalidArgument, "description: at most %d characters of UTF-8 without control characters.", MaxDescription)
	case holdsToken(description):
		return errTokenInText("description")
	}
	return nil
}

// Why takeSeat has to look again. None of these leaves the package.
var (
	errElsewhere = errors.New("chat: the name leads to another room now")
	errEmptied   = errors.New("chat: nobody has a seat")
	errUnseen    = errors.New("chat: presence is needed")
	errSettings  = errors.New("chat: the password has changed")
)

// maxLooks bounds how often a join looks again. Each further look means that
// somebody else changed the room meanwhile.
const maxLooks = 200

// takeSeat finds the room of a name, or makes it, and takes a seat there.
func (s *Service) takeSeat(ctx context.Context, in *entrance) (Seated, error) {
	in.began = s.now()
	return byName(ctx, s, "joined", func() (Seated, error) {
		id, err := s.resolve(ctx, in.room.key)
		switch {
		case errors.Is(err, table.ErrNotFound):
			return s.makeRoom(ctx, in, nil)
		case err != nil:
			return Seated{}, err
		}
		return s.enterRoom(ctx, in, id)
	})
}

// byName does what begins with looking a room's name up, and does it anew while the
// name leads elsewhere before it is done (errElsewhere). did says in one word, for the
// caller, what it was about to do.
func byName[T any](ctx context.Context, s *Service, did string, do func() (T, error)) (T, error) {
	var none T
	for range maxLooks {
		got, err := do()
		if !errors.Is(err, errElsewhere) {
			return got, err
		}
		if err := s.pause(ctx, firstBackoff); err != nil {
			return none, err
		}
	}
	return none, refuse(Unavailable, "The room changed too often while you %s. Call again.", did)
}

// resolve returns the id of the room that has the name.
func (s *Service) resolve(ctx context.Context, key string) (string, error) {
	item, err := s.table.Get(ctx, nameItemKey(key), table.Strong)
	if err != nil {
		return "", err
	}
	var n nameItem
	err = decode(item, &n)
	return n.ID, err
}

// enterRoom takes a seat in the room of id, or makes the room anew when it is
// over or deserted.
func (s *Service) enterRoom(ctx context.Context, in *entrance, id string) (Seated, error) {
	r := s.room(id)
	defer r.done()
	f, err := r.current(ctx, in.began)
	switch {
	case errors.Is(err, errNoRoom):
		return s.makeRoom(ctx, in, r)
	case err != nil:
		return Seated{}, err
	case f.ended, f.closed, f.Key != in.room.key:
		return Seated{}, errElsewhere
	case f.dead(s.now()), deserted(f):
		return s.makeRoom(ctx, in, r)
	case !in.join:
		return Seated{}, refuse(RoomExists, "A room of this name exists. Choose another name, or leave room out and one is made up; to enter the one that exists, call join_room.")
	}
	got, err := s.sitDown(ctx, in, r, f)
	switch {
	case errors.Is(err, errEmptied):
		return s.makeRoom(ctx, in, r)
	case CodeOf(err) == RoomFull:
		in.knock(ctx, r)
	}
	return got, err
}

// deserted reports whether the next join begins the room anew: nobody has a
// seat, and no password tells its people from strangers.
func deserted(f *fold) bool { return len(f.agents) == 0 && f.Password == "" }

// sitDown takes a seat in a room that is there.
func (s *Service) sitDown(ctx context.Context, in *entrance, r *liveRoom, f *fold) (Seated, error) {
	a := &arrival{in: in, room: r}
	for looks := range maxLooks {
		if looks == 0 || f.Password != a.password {
			if err := s.checkPassword(ctx, f.Password, in.password); err != nil {
				return Seated{}, err
			}
			a.password = f.Password
		}
		p := &proposal{propose: a.propose, blocked: a.blocked, began: in.began}
		err := r.append(ctx, p)
		switch {
		case err == nil:
			return s.seated(ctx, r, in, StatusJoined, p.events)
		case errors.Is(err, errUnseen):
			if err := a.look(ctx); err != nil {
				return Seated{}, err
			}
		case !errors.Is(err, errSettings):
			return Seated{}, err
		}
		f = r.known()
	}
	return Seated{}, refuse(Unavailable, "The room changed too often while you joined. Call again.")
}

// seated makes the answer for a new seat, whose events were just written.
func (s *Service) seated(ctx context.Context, r *liveRoom, in *entrance, how JoinStatus, events []event) (Seated, error) {
	f := r.known()
	mine := events[len(events)-1]
	t := agentToken{room: r.id, seat: mine.Seat, secret: in.secret}
	room, err := r.view(ctx, f, mine.Seat)
	if err != nil {
		return Seated{}, err
	}
	got := Seated{
		Status: how, Token: t.String(), Name: mine.Name, Room: room,
		Cursor: cursorOf(t, mine.n), Now: s.now(),
		Hidden: mine.Agent.Since > 1 && how == StatusJoined, Replaced: events[0].Reason == ReasonReplaced,
	}
	if mine.n > 1 {
		err = r.lastWords(ctx, *mine.Agent, mine.n, &got)
	}
	return got, err
}

// makeRoom makes the room that in names, with in's agent as its admin. old is
// the room that had the name, if it is still known.
func (s *Service) makeRoom(ctx context.Context, in *entrance, old *liveRoom) (Seated, error) {
	if !in.create {
		return Seated{}, refuse(RoomNotFound, "There is no room of this name. Check the spelling with your user, or leave create_if_missing out to create it.")
	}
	if err := s.mayMakeRoom(ctx); err != nil {
		return Seated{}, err
	}
	if in.password != "" && in.settings.Password == "" {
		hash, err := s.hashPassword(ctx, in.password)
		if err != nil {
			return Seated{}, err
		}
		in.settings.Password = hash
	}
	r, events, err := s.begin(ctx, in, old)
	if err != nil {
		return Seated{}, err
	}
	defer r.done()
	return s.seated(ctx, r, in, StatusCreated, events)
}

// begin writes the first event of a new room, its name and its snapshot; and
// the last event of the room that had the name, so that exactly one begins.
// errElsewhere: somebody else was first.
func (s *Service) begin(ctx context.Context, in *entrance, old *liveRoom) (*liveRoom, []event, error) {
	r := s.room(newRoomID())
	first := &proposal{propose: func(f *fold, now time.Time) (change, error) {
		e, op := in.seatAt(f, now, 1, Admin)
		e.Settings = &in.settings
		return change{events: []event{e}, ops: []table.Op{op}}, nil
	}}
	d := newDraft(&fold{id: r.id})
	d.nameIf = table.IfAbsent
	ops, oldEvents, err := s.farewell(ctx, in, old)
	if err == nil {
		if len(ops) > 0 {
			d.nameIf = table.IfPresent
		}
		began := s.now()
		d.take([]*proposal{first}, began)
		err = s.table.Write(ctx, append(d.ops, ops...)...)
		var conflict *table.ConflictError
		if errors.As(err, &conflict) {
			err = errElsewhere
			if ownEvent(conflict, d.events[0]) {
				err = nil
			}
		}
		if err == nil {
			if len(oldEvents) > 0 && old.known() != nil {
				_, _ = old.advance(oldEvents, time.Time{})
			}
			r.replace(d.fold, d.events, began)
			return r, d.events, nil
		}
	}
	if old != nil {
		old.doubt()
	}
	r.done()
	return nil, nil, err
}

// farewell makes the ops that end the room that had the name which in wants. A
// room of which nothing is left needs none.
func (s *Service) farewell(ctx context.Context, in *entrance, old *liveRoom) ([]table.Op, []event, error) {
	if old == nil {
		return nil, nil, nil
	}
	f, err := old.warm(ctx)
	if errors.Is(err, errNoRoom) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if f.ended || f.closed {
		return nil, nil, errElsewhere
	}
	if !f.dead(s.now()) && !deserted(f) {
		return nil, nil, errElsewhere
	}
	d := newDraft(f)
	events, err := d.add(change{events: []event{{Type: moved}}}, s.now())
	if err != nil {
		return nil, nil, err
	}
	ops := []table.Op{putEvent(f.id, events[0]), putMeta(d.fold)}
	if f.Public && !in.settings.Public { // else the new listing takes the old one's place
		ops = append(ops, table.Delete(listedItemKey(f.Key), table.Always))
	}
	return ops, events, nil
}

// ownEvent reports whether e itself was in the way: the write had happened.
func ownEvent(c *table.ConflictError, e event) bool {
	for _, x := range c.Conflicts {
		if x.Op == 0 && x.Item != nil {
			got, err := decodeEvent(*x.Item)
			return err == nil && got.ID == e.ID
		}
	}
	return false
}

// seconds rounds up, for people and models.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
