package pairing

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// Service is the queues of one table. Its methods may be called concurrently, and any number of Services may share a
// table. Every error is a *fault.Error, or context.Canceled where the caller has gone.
type Service struct {
	rooms   *chat.Service
	store   *roomlog.Store
	table   table.Table
	clock   clockwork.Clock
	log     *slog.Logger
	longest time.Duration
	calls   calls
	lines   lines
}

// Options of a Service. The zero value suits a server that sees its clients leave.
type Options struct {
	// LongestWait limits every wait. The default is core.MaxQueueWait. Use core.UnseenQueueWait where the server cannot
	// notice that a client has left.
	LongestWait time.Duration
}

// New returns the queues in the table of rooms, the Service in which the pairs talk.
func New(rooms *chat.Service, o Options) *Service {
	if o.LongestWait == 0 {
		o.LongestWait = core.MaxQueueWait
	}
	store := rooms.Store()
	return &Service{rooms: rooms, store: store, table: store.Table(), clock: store.Clock(), log: store.Logger(),
		longest: o.LongestWait}
}

const defaultQueue = "lobby"

// How often a call reads the outcome of its ticket. The agent that comes later claims the other at once, so a call
// mostly reads whether its ticket was claimed.
const (
	pollFirst = 250 * time.Millisecond
	pollLast  = time.Second
	// lookAlone is how long an agent without a partner waits before its next read of the queue, in case a later agent
	// failed before its claim.
	lookAlone = 5 * time.Second
)

// EnterQueue waits for a partner, and returns the caller's seat in a room for the two. Without a partner in time,
// EnterQueue returns a ticket, with which the next call keeps the place; the ticket ends if no call comes within 15
// seconds. For an hour a ticket also leads to the seat that the ticket has brought, so a lost answer loses no pairing.
// An agent is never paired with an agent of the same or a similar name, since a room does not seat both.
//
// EnterQueue ends early three seconds before the context's deadline and when the service stops. A ticket that was given
// up by Leave, or whose first call was canceled, is never paired. Of two calls with one ticket, the older ends as
// superseded: at once in the same process, in another process at its next read of the queue.
func (s *Service) EnterQueue(ctx context.Context, req Request) (Result, error) {
	if req.Wait < 0 || req.Wait > core.MaxQueueWait {
		return Result{}, fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.",
			fault.Seconds(core.MaxQueueWait))
	}
	op, err := s.newOp(ctx, req)
	if err != nil {
		return Result{}, err
	}
	got, err := op.run(ctx, req)
	return got, s.rooms.Outward(err)
}

// queueOp is a call that wants a partner for its ticket.
type queueOp struct {
	svc      *Service
	ticket   ticket
	item     ticketItem // as the table is to store it
	fresh    bool       // this call makes the ticket, which nobody knows yet
	position int        // in the queue, as last read; 0: unknown
	call     *call      // set when the call is to keep the ticket's place
	line     *line      // likewise
}

// newOp checks a request as far as possible without the table.
func (s *Service) newOp(ctx context.Context, req Request) (*queueOp, error) {
	asker := ident.PrincipalOf(ctx)
	if err := asker.CheckUnbound(); err != nil {
		return nil, err
	}
	op := &queueOp{svc: s, item: ticketItem{Principal: asker.ID, SignIn: asker.SignIn, Owner: asker.Owner}}
	words, err := checkInterests(req.Interests)
	if err != nil {
		return nil, err
	}
	op.item.Interests = words
	if req.AgentName != "" || req.Ticket == "" {
		name, err := ident.AgentName(req.AgentName)
		if err != nil {
			return nil, err
		}
		op.item.Name, op.item.Key = name.Shown, name.Key
	}
	queue := ident.Name{Key: defaultQueue}
	if req.Queue != "" {
		queue, err = ident.QueueName(req.Queue)
		if err != nil {
			return nil, err
		}
	}

	// A ticket names the queue and the place, so a further call needs nothing else.
	if req.Ticket != "" {
		op.ticket, err = parseTicket(req.Ticket)
		if err == nil && req.Queue != "" && queue.Key != op.ticket.queue {
			err = fault.Refuse(fault.InvalidArgument, "ticket belongs to another queue than queue says. Pass only "+
				"ticket to go on waiting there, or leave ticket out to enter the other queue.")
		}
		return op, err
	}

	// From here on the call enters the queue anew.
	if req.Leave {
		return nil, fault.Refuse(fault.InvalidArgument,
			"leave goes with ticket: give the one that enter_queue gave you.")
	}
	op.fresh = true
	op.ticket = ticket{queue: queue.Key, atMs: s.calls.stamp(s.clock.Now()), secret: ident.NewSecret()}
	return op, nil
}

func errTicketOver() error {
	return fault.Refuse(fault.InvalidArgument, "This ticket is over: you gave it up, or did not go on waiting within "+
		"%d seconds. Call enter_queue again without ticket.", int(ticketGrace.Seconds()))
}

// run is EnterQueue for a checked call.
func (op *queueOp) run(ctx context.Context, req Request) (Result, error) {
	end := op.svc.clock.Now().Add(op.svc.rooms.WaitLimit(ctx, min(req.Wait, op.svc.longest)))
	var m *matchItem
	var err error
	if !op.fresh {
		m, err = op.outcome(ctx, table.Strong)
	}
	switch {
	case err != nil:
	case req.Leave && m == nil:
		m, err = op.withdraw(ctx)
	case m == nil:
		m, err = op.wait(ctx, end)
	case m.Left && !req.Leave:
		err = errTicketOver()
	}
	if errors.Is(err, errSuperseded) {
		return Result{Status: Superseded}, nil
	}
	if err != nil {
		return Result{}, err
	}
	return op.result(ctx, m)
}

// wait keeps the ticket's place, and waits for a partner until end.
func (op *queueOp) wait(ctx context.Context, end time.Time) (*matchItem, error) {
	var over, leave func()
	op.call, over = op.svc.calls.enter(op.ticket.id())
	defer over()
	op.line, leave = op.svc.lines.enter(op.ticket.queue, op.svc.table)
	defer leave()
	m, err := op.begin(ctx, end)
	if m != nil || err != nil {
		return m, err
	}
	m, err = op.await(ctx, end)
	return op.endEarly(ctx, end, m, err)
}

// await claims a partner, or waits for a partner to claim the ticket, until end.
func (op *queueOp) await(ctx context.Context, end time.Time) (*matchItem, error) {
	s := op.svc
	var look time.Time
	read := op.line.current // an earlier read may lack the caller's ticket
	for poll := pollFirst; ; poll = min(poll*3/2, pollLast) {
		if now := s.clock.Now(); !now.Before(look) {
			m, wait, err := op.readQueue(ctx, read)
			if m != nil || err != nil {
				return m, err
			}
			look, read = now.Add(wait), op.line.recent
		}
		left := end.Sub(s.clock.Now())
		if left <= 0 {
			return nil, nil
		}
		stopped, c, err := op.idle(ctx, min(left, poll/2+rand.N(poll/2+1)))
		if err != nil {
			return nil, err
		}
		if m, err := op.outcome(ctx, c); m != nil || err != nil || stopped {
			return m, err
		}
	}
}

// idle waits for d, or until a call of this process has ended the ticket, the service stops, or the client has given
// the call up. c is the consistency with which to read the outcome. After a newer call with the ticket has begun, the
// error is errSuperseded.
func (op *queueOp) idle(ctx context.Context, d time.Duration) (stopped bool, c table.Consistency, err error) {
	t := op.svc.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
	case <-op.call.claimed:
		return false, table.Strong, nil
	case <-op.call.superseded:
		return false, table.Eventual, errSuperseded
	case <-op.svc.rooms.Stopping():
		return true, table.Eventual, nil
	case <-chat.Ended(ctx):
		return true, table.Eventual, nil
	case <-ctx.Done():
		return false, table.Eventual, ctx.Err()
	}
	return false, table.Eventual, nil
}

// result returns the answer for a ticket that has ended as m says. m is nil for a ticket that still waits.
func (op *queueOp) result(ctx context.Context, m *matchItem) (Result, error) {
	switch {
	case m == nil:
		return op.waiting(), nil
	case m.Left:
		return Result{Status: Left}, nil
	}
	seat, err := op.takeSeat(ctx, ident.Token{Room: m.Room, Seat: m.Seat, Secret: op.ticket.secret})
	switch {
	case op.svc.rooms.Unanswered(ctx, err):
		return op.waiting(), nil // the next call with the ticket brings the seat
	case err != nil:
		return Result{}, err
	}
	return Result{
		Status: Paired, Opens: m.Opens, Seated: seat, Partner: &Partner{Name: m.Partner, Interests: m.Interests},
	}, nil
}

func (op *queueOp) waiting() Result {
	return Result{Status: Waiting, Ticket: op.ticket.String(), Position: op.position}
}

// takeSeat returns the seat that the ticket has brought. The match may be visible before the room, although one Write
// made both.
func (op *queueOp) takeSeat(ctx context.Context, token ident.Token) (chat.Seated, error) {
	for try := 1; ; try++ {
		got, err := op.svc.rooms.JoinRoom(ctx, chat.JoinRequest{Token: token.String(), Brought: true})
		switch code := fault.CodeOf(err); {
		case code == fault.RoomNotFound && try < roomlog.PartialTries:
		case code == fault.Removed:
			return chat.Seated{}, fault.Refuse(fault.Removed, "This ticket has brought you a partner, but you have "+
				"no seat beside it any more. Call enter_queue again without ticket.")
		default:
			got.Status, got.Earlier = chat.StatusJoined, 0 // before the pairing there is nothing
			return got, err
		}
		if err := op.svc.store.Pause(ctx, roomlog.PartialPause); err != nil {
			return chat.Seated{}, err
		}
	}
}
