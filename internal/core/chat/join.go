package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/password"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// JoinRoom takes a new seat, in a new room if no room has the name. With a token, the caller gets its own seat again.
// A guest takes a seat in the room of the invite, which replaces name and password; a name given with the invite must
// be the room's. An invite given as the room, or as the password, makes the caller a guest of its room: see
// invitedBy.
//
// JoinRoom refuses a banned name first, then a taken name, then a full room. A refused join changes nothing, except
// that the room may see who was refused: see room.Head.MayKnock.
func (s *Service) JoinRoom(ctx context.Context, req JoinRequest) (Seated, error) {
	if req.Token != "" {
		got, err := s.returnToSeat(ctx, req)
		return got, s.Outward(err)
	}
	asker := ident.PrincipalOf(ctx)
	if !asker.IsGuest() {
		if err := asker.CheckUnbound(); err != nil {
			return Seated{}, err
		}
	}
	if v, ok := inviteGiven(req); ok {
		var err error
		asker, err = s.invitedBy(ctx, v, asker)
		if err != nil {
			return Seated{}, s.Outward(err)
		}
		req.Room, req.Password = "", ""
	}
	op, err := newJoin(ctx, s, asker, req)
	if err != nil {
		return Seated{}, err
	}
	op.settings, err = room.NewSettings(op.Room, "", req.Capacity, room.Group, false)
	if err != nil {
		return Seated{}, err
	}
	op.named, op.create, op.join = op.Room, !req.OnlyExisting && !asker.IsGuest(), true
	op.stay = req.Stay
	got, err := op.run(ctx)
	return got, s.Outward(err)
}

// CreateRoom creates a room with the caller as admin. A call without a name gets a name that is easy to say and hard to
// guess.
func (s *Service) CreateRoom(ctx context.Context, req CreateRequest) (Seated, error) {
	if req.Room == "" {
		req.Room = ident.NewName()
	}
	asker := ident.PrincipalOf(ctx)
	if err := asker.CheckUnbound(); err != nil {
		return Seated{}, err
	}
	op, err := newJoin(ctx, s, asker, JoinRequest{Room: req.Room, Password: req.Password, AgentName: req.AgentName,
		Person: req.Person})
	if err != nil {
		return Seated{}, err
	}
	op.settings, err = room.NewSettings(op.Room, req.Description, req.Capacity, req.Type, req.Public)
	if err != nil {
		return Seated{}, err
	}
	op.create = true
	got, err := op.run(ctx)
	return got, s.Outward(err)
}

// joinOp is a call for a new seat, checked as far as possible without the table.
type joinOp struct {
	newcomer
	svc      *Service
	named    ident.Name // the room, if the caller named one; a guest need not
	password string
	settings room.Settings // of a room that this call creates
	create   bool          // create the room if no room has the name
	join     bool          // join the room if it exists
	stay     bool          // see JoinRequest
	began    time.Time
	claim    *seatProposal // to a seat of an existing room
}

func newJoin(ctx context.Context, service *Service, by ident.Principal, req JoinRequest) (*joinOp, error) {
	roomName, pass, err := password.Split(req.Room, req.Password)
	if err != nil {
		return nil, err
	}
	var rn ident.Name
	if roomName != "" || !by.IsGuest() {
		rn, err = ident.RoomName(roomName)
		if err != nil {
			return nil, err
		}
	}
	an, err := ident.AgentName(req.AgentName)
	if err != nil {
		return nil, err
	}
	token := ident.Token{Secret: ident.NewSecret(), Person: req.Person}
	return &joinOp{svc: service, password: pass, newcomer: newcomer{
		Room: rn, Name: an, Token: token, Holder: room.HashToken(token), By: by, ClientKey: ident.ClientKey(ctx),
	}}, nil
}

// run finds or creates the room of the name, and takes a seat there.
func (op *joinOp) run(ctx context.Context) (Seated, error) {
	op.began = op.svc.now()
	return byName(ctx, op.svc, "joined", func() (Seated, error) {
		if op.By.IsGuest() {
			return op.enterRoom(ctx, op.By.Room)
		}
		id, err := op.svc.store.Resolve(ctx, op.Room.Key)
		switch {
		case errors.Is(err, roomlog.ErrNotFound):
			return op.createRoom(ctx, nil)
		case err != nil:
			return Seated{}, err
		}
		return op.enterRoom(ctx, id)
	})
}

// enterRoom takes a seat in the room of id. An expired, deserted or abandoned room starts over.
func (op *joinOp) enterRoom(ctx context.Context, id string) (Seated, error) {
	live := op.svc.acquire(id)
	defer live.release()
	op.claim = nil // the claim was to a seat of another room
	head, err := live.log.Refresh(ctx, op.began)
	if err == nil && op.By.IsGuest() {
		op.Room, err = checkInvitedRoom(head, op.svc.now(), op.By, op.named)
	}
	switch {
	case errors.Is(err, roomlog.ErrNotFound):
		return op.createRoom(ctx, live.log)
	case err != nil:
		return Seated{}, err
	case head.Retired, head.Closed, head.Key != op.Room.Key:
		return Seated{}, roomlog.ErrNameMoved
	case head.Expired(op.svc.now()), head.Deserted() && !op.MayReturn(head, op.svc.now()):
		return op.createRoom(ctx, live.log)
	case !op.join && !head.Deserted():
		return Seated{}, refuseExists()
	}
	got, err := op.takeSeat(ctx, live, head)
	var refused *fault.Error
	switch {
	case errors.Is(err, errDeserted), errors.Is(err, room.ErrAbandoned):
		return op.createRoom(ctx, live.log)
	case !errors.As(err, &refused):
	case refused.Code == fault.RoomFull:
		op.appendKnock(ctx, live, room.ReasonRoomFull)
	case refused.Code == fault.NameTaken:
		op.appendKnock(ctx, live, room.ReasonNameTaken)
	}
	return got, err
}

// takeSeat takes a seat in an existing room. A new seat counts against the caller's limits once the password is right,
// even if the caller has gone meanwhile, since the caller may have the seat.
func (op *joinOp) takeSeat(ctx context.Context, live *liveRoom, head *room.Head) (got Seated, err error) {
	op.claim = &seatProposal{
		SeatRequest: room.SeatRequest{Name: op.Name, Principal: op.By.ID, Invite: op.By.Invite, Token: op.Holder},
		Newcomer:    op.newcomer,
		NoSpace:     op.svc.checkSpace(0, op.By.IsGuest()),
	}
	if err := op.checkPassword(ctx, live, head); err != nil {
		return Seated{}, err
	}
	undo, err := op.svc.limits.Seat(ctx, head.ID,
		ratelimit.CallerFor(ctx, head.ID, room.Caller{Agent: room.Agent{Invite: op.By.Invite}}))
	if err != nil {
		return Seated{}, err
	}
	defer func() {
		if err != nil && ctx.Err() == nil || got.Status == StatusReturned {
			undo()
		}
	}()
	for range maxAttempts {
		done, err := roomlog.Append(ctx, live.log, op.began, op.claim.Propose)
		switch needs, _ := needOf(err); needs {
		case needPresence:
			op.claim.Presence, err = live.readPresence(ctx, room.Lease)
		case needPerson:
			err = op.readKept(ctx, live)
		case needPassword:
			err = op.checkPassword(ctx, live, live.log.Peek())
		default:
			if err != nil {
				return Seated{}, err
			}
			return op.answerSeated(ctx, live, statusOfJoin(done.Events), done.Events)
		}
		if err != nil {
			return Seated{}, err
		}
	}
	return Seated{}, refuseRestless()
}

// checkPassword checks the password of a newcomer that is no guest. A deserted room starts over with the newcomer's
// password, unless the newcomer had a seat.
func (op *joinOp) checkPassword(ctx context.Context, live *liveRoom, head *room.Head) error {
	if op.By.IsGuest() {
		return nil
	}
	if head.Deserted() {
		if err := op.readKept(ctx, live); err != nil {
			return err
		}
		if op.claim.LastPerson == nil {
			return errDeserted
		}
	}
	op.claim.PasswordHash = head.Password
	return op.svc.passwords.Check(ctx, head, op.password)
}

// readKept reads who was the person when the caller's principal last had a seat under the newcomer's name. If a
// person was there, a deserted room does not start over.
func (op *joinOp) readKept(ctx context.Context, live *liveRoom) (err error) {
	op.claim.LastPersonAsOf = live.log.Peek().Departed.N // first, so that Propose notices a later departure
	op.claim.LastPerson, err = live.log.Items().Kept(ctx, op.By.ID, op.Name.Key)
	if err == nil && op.claim.LastPerson != nil && !op.join {
		return refuseExists()
	}
	return err
}

// statusOfJoin returns whether the events of a join are a new seat or a return.
func statusOfJoin(events []room.Event) JoinStatus {
	if events[len(events)-1].Regains {
		return StatusReturned
	}
	return StatusJoined
}

// answerSeated returns the answer of a join after the Write of the events.
func (op *joinOp) answerSeated(ctx context.Context, live *liveRoom, how JoinStatus, events []room.Event) (Seated,
	error) {
	mine := events[len(events)-1]
	op.svc.AuditSeat(ctx, live.log.ID(), mine.Seat, how)
	c, err := op.enter(ctx, live, mine)
	if err != nil {
		return Seated{}, err
	}
	if mine.Regains {
		if err := readCalls(ctx, c.session); err != nil {
			return Seated{}, err
		}
		return c.answerReturn(ctx, presence.QueryOnReturn(false), true)
	}
	view, err := live.view(ctx, c.head, c.me)
	if err != nil {
		return Seated{}, err
	}
	now, token := op.svc.now(), c.token
	c.moveOn()
	if op.stay {
		token = ident.NewStay(c.head.LogKey, c.head.ID, mine.Seat, c.me.Joined)
	}
	got := Seated{
		Status: how, Token: token.String(), Name: mine.Name, Room: view,
		Cursor: ident.Cursor{N: mine.N}.String(token), Now: now,
		Hidden: mine.Agent.Since.Messages, Invite: inviteOf(c.head, now),
		Watch: c.head.ShownLink(c.me), Opens: c.head.Others(c.me.Seat) == 1,
		Situation: reading(c).situation(learned{read: c.head.AsOf}), Within: c.me.FirstLease(),
	}
	if mine.N > 1 {
		said := mine.Messages - c.me.Since.Messages // to all: a newcomer sees no private messages
		if err := got.addLastMessages(ctx, live.log, c.me, mine.N, said); err != nil {
			return got, err
		}
		c.moveOn()
		got.Agreements, err = reading(c).agreements(ctx, briefChars)
	}
	return got, err
}

// enter returns the session of the newcomer after mine, the event of its seat. A newcomer that has lost a new seat
// again is still told of the seat.
func (op *joinOp) enter(ctx context.Context, live *liveRoom, mine room.Event) (seating, error) {
	token, holder, head := op.TokenFor(live.log.ID(), mine.Seat), op.Holder, live.log.Peek()
	holder.Seat = mine.Seat
	caller, here := head.CallerByToken(holder)
	switch {
	case here:
	case mine.Regains:
		return seating{}, live.refuseToken(ctx, head, holder)
	default:
		caller = room.Caller{Agent: *mine.Agent}
		if token.Person {
			caller.Device = holder.Hash
		}
	}
	return seating{&session{token: token, holder: holder, room: live, began: op.began,
		moment: newMoment(head, caller), asker: ident.PrincipalOf(ctx)}}, nil
}

// createRoom creates the room with the caller as admin. old is the log that had the name before; nil if unknown.
func (op *joinOp) createRoom(ctx context.Context, old *roomlog.Log) (Seated, error) {
	service := op.svc
	if op.By.IsGuest() {
		return Seated{}, refuseOver()
	}
	if !op.create {
		return Seated{}, refuseNoRoom()
	}
	if err := service.checkSpace(0, false); err != nil {
		return Seated{}, err
	}
	uncount, err := service.limits.Room(ctx, service.store)
	if err != nil {
		return Seated{}, err
	}
	if op.settings.Password == "" {
		op.settings.Password, err = service.passwords.Hash(ctx, op.password)
		if err != nil {
			return Seated{}, err
		}
	}
	first := roomlog.Creation{Old: old, Begin: func(head *room.Head, now time.Time) (roomlog.Change, error) {
		event, presence := op.SeatAt(head, now, room.Mark{N: 1}, room.Admin)
		settings := op.settings
		settings.Invite = room.FirstInvite(settings.Capacity, now)
		event.Settings = &settings
		return roomlog.Change{Events: []room.Event{event}, Ops: []table.Op{presence}}, nil
	}}
	if op.claim != nil {
		first.Abandoned = op.claim.Abandoned
	}
	l, events, err := service.store.Create(ctx, first)
	if conflict := new(table.ConflictError); errors.As(err, &conflict) || errors.Is(err, roomlog.ErrNameMoved) {
		uncount()
		return Seated{}, roomlog.ErrNameMoved // another call was first
	}
	if err != nil {
		return Seated{}, err
	}
	defer l.Release()
	return op.answerSeated(ctx, roomOf(l), StatusCreated, events)
}

// The refusals of a join, beside those of the rules: see room.SeatRequest.Decide.

func refuseExists() error {
	return fault.Refuse(fault.RoomExists, "A room of this name exists. Choose another name, or leave room out and "+
		"one is made up; to enter the one that exists, call join_room.")
}

func refuseNoRoom() error {
	return fault.Refuse(fault.RoomNotFound, "There is no room of this name. Check the spelling with your user, try "+
		"again soon if somebody is to make it, or leave create_if_missing out to make it.")
}

func refuseRestless() error {
	return fault.Refuse(fault.Unavailable, "The room changed too often while you joined. Call again.")
}
