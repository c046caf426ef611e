package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

const defaultQueue = "lobby"

// How a call that waits for a partner looks about. Who comes later claims, so it
// asks for little more than whether it was claimed itself.
const (
	matchPollFirst = 250 * time.Millisecond
	matchPollLast  = time.Second
	// The queue is read again this often where nobody else was in it, in case one
	// who came later broke off before it claimed.
	lookAlone = 5 * time.Second
)

// EnterQueue waits for a partner and returns the seat that the caller then has
// beside it, in a room of the two. Without a partner in time it returns a ticket,
// with which the next call goes on in the same place; the ticket is over when that
// does not come within 15 seconds. An hour long a ticket tells what became of it,
// so that a pairing whose answer was lost is not: the same ticket brings the same
// seat. Nobody is paired with an agent of its own name.
//
// It ends early three seconds before the context's deadline and when the service
// stops. A ticket that is given up by Leave, or whose first call is cancelled, is
// paired no more.
func (s *Service) EnterQueue(ctx context.Context, req QueueRequest) (Queued, error) {
	if req.Wait < 0 || req.Wait > MaxWait {
		return Queued{}, refuse(InvalidArgument, "wait_seconds must be from 0 to %d.", seconds(MaxWait))
	}
	k, err := s.seek(req)
	if err != nil {
		return Queued{}, err
	}
	got, err := k.enter(ctx, req)
	return got, s.outward(err)
}

// seeker is a call that wants a partner for its ticket.
type seeker struct {
	svc      *Service
	ticket   ticket
	item     ticketItem // as it is to be stored
	fresh    bool       // the ticket is of this call: nobody knows it yet
	position int        // in the queue, when it was last read; 0: unknown
}

// seek checks what can be checked without the table.
func (s *Service) seek(req QueueRequest) (*seeker, error) {
	k := &seeker{svc: s}
	words, err := interests(req.Interests)
	if err != nil {
		return nil, err
	}
	k.item.Interests = words
	if req.AgentName != "" || req.Ticket == "" {
		n, err := agentName(req.AgentName)
		if err != nil {
			return nil, err
		}
		k.item.Name, k.item.Key = n.shown, n.key
	}
	queue := name{key: defaultQueue}
	if req.Queue != "" {
		if queue, err = nickname("queue", req.Queue); err != nil {
			return nil, err
		}
	}
	if req.Ticket != "" {
		if k.ticket, err = parseTicket(req.Ticket); err == nil && req.Queue != "" && queue.key != k.ticket.queue {
			err = refuse(InvalidArgument, "ticket belongs to another queue than queue says. Pass only ticket to go on waiting there, or leave ticket out to enter the other queue.")
		}
		return k, err
	}
	if req.Leave {
		return nil, refuse(InvalidArgument, "leave goes with ticket: give the one that enter_queue gave you.")
	}
	k.fresh = true
	k.ticket = ticket{queue: queue.key, atMs: s.seekers.stamp(s.now()), secret: newSecret()}
	return k, nil
}

func errTicketOver() error {
	return refuse(InvalidArgument, "This ticket is over: you gave it up, or did not go on waiting within %d seconds. Call enter_queue again without ticket.", seconds(ticketGrace))
}

// enter is EnterQueue for a call that was checked.
func (k *seeker) enter(ctx context.Context, req QueueRequest) (Queued, error) {
	s := k.svc
	if req.Leave {
		m, err := k.withdraw(ctx)
		if err != nil {
			return Queued{}, err
		}
		return k.answer(ctx, m)
	}
	end := s.now().Add(s.longest(ctx, req.Wait))
	m, err := k.begin(ctx, end)
	if err != nil {
		return Queued{}, err
	}
	if m == nil {
		m, err = k.await(ctx, end)
		m, err = k.stepBack(ctx, end, m, err)
	}
	if err != nil {
		return Queued{}, err
	}
	return k.answer(ctx, m)
}

// stepBack sees to it that a ticket is not paired for longer than its owner may come
// back with it: one whose call ends before its time, and, not at all, one of which
// its owner will never hear. Where only the store has not answered the ticket stands,
// and its owner goes on with it.
func (k *seeker) stepBack(ctx context.Context, end time.Time, m *matchItem, err error) (*matchItem, error) {
	if k.svc.unanswered(ctx, err) {
		m, err = nil, nil
	}
	if m != nil || err == nil && !k.svc.now().Before(end) || k.svc.seekers.open(k.ticket.id()) {
		return m, err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if err != nil && k.fresh {
		k.drop(ctx)
		return m, err
	}
	if wrote := k.shorten(ctx); wrote != nil {
		k.svc.log.WarnContext(ctx, "a ticket was not shortened", "error", wrote)
	}
	return m, err
}

// shorten ends the time for which the ticket was asked for, unless it has come to its
// end, or a later call, to another process too, goes on with it.
func (k *seeker) shorten(ctx context.Context) error {
	item, err := k.svc.table.Get(ctx, k.ticket.key(), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	var stored ticketItem
	if err == nil {
		err = decode(item, &stored)
	}
	if err != nil || stored.CallMs != k.item.CallMs {
		return err
	}
	k.item.UntilMs = k.svc.now().UnixMilli()
	err = k.svc.table.Write(ctx, k.item.put(k.ticket.key(), table.IfPresent))
	if paired := new(table.ConflictError); errors.As(err, &paired) {
		return nil
	}
	return err
}

// unanswered reports whether err only means that the store did not answer a caller who is
// still there.
func (s *Service) unanswered(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && CodeOf(s.outward(err)) == Unavailable
}

// drop withdraws a ticket that its owner will never hear of.
func (k *seeker) drop(ctx context.Context) {
	ctx, cancel := detached(ctx)
	defer cancel()
	if _, err := k.withdraw(ctx); err != nil {
		k.svc.log.WarnContext(ctx, "a ticket was not taken back", "error", err)
	}
}

// begin brings the ticket into the queue, or keeps it there until end. If it has
// come to its end before, that is returned.
func (k *seeker) begin(ctx context.Context, end time.Time) (*matchItem, error) {
	now := k.svc.now()
	if k.fresh {
		if err := k.svc.mayMakeRoom(ctx); err != nil {
			return nil, err
		}
		i := &k.item
		i.V, i.ID, i.Hash, i.AtMs = version, k.ticket.id(), hashSecret(k.ticket.secret), k.ticket.atMs
		i.CallMs, i.UntilMs = now.UnixMilli(), end.UnixMilli()
		err := k.svc.table.Write(ctx, i.put(k.ticket.key(), table.Always))
		if err != nil {
			k.drop(ctx) // it may have been stored, or may yet be
		}
		return nil, err
	}
	m, err := k.outcome(ctx, table.Strong)
	if err == nil && m == nil {
		m, err = k.goOn(ctx, now, end)
	}
	if err == nil && m != nil && m.Left {
		return nil, errTicketOver()
	}
	return m, err
}

// goOn keeps the ticket of an earlier call in the queue. One that is not there any
// more must not come back.
func (k *seeker) goOn(ctx context.Context, now, end time.Time) (*matchItem, error) {
	item, err := k.svc.table.Get(ctx, k.ticket.key(), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return k.withdraw(ctx)
	}
	if err != nil {
		return nil, err
	}
	asked := k.item
	k.item = ticketItem{}
	if err := decode(item, &k.item); err != nil {
		return nil, err
	}
	if asked.Key != "" && asked.Key != k.item.Key {
		return nil, refuse(InvalidArgument, "ticket belongs to an agent of another name. Pass only ticket to go on waiting as that agent, or leave ticket out to enter the queue as a new one.")
	}
	if len(asked.Interests) > 0 {
		k.item.Interests = asked.Interests
	}
	k.item.CallMs, k.item.UntilMs = now.UnixMilli(), end.UnixMilli()
	err = k.svc.table.Write(ctx, k.item.put(k.ticket.key(), table.IfPresent))
	if gone := new(table.ConflictError); errors.As(err, &gone) {
		return k.withdraw(ctx)
	}
	return nil, err
}

// outcome returns what became of the ticket; nil if nothing has yet.
func (k *seeker) outcome(ctx context.Context, c table.Consistency) (*matchItem, error) {
	item, err := k.svc.table.Get(ctx, k.ticket.matchKey(), c)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeMatch(item)
}

func decodeMatch(item table.Item) (*matchItem, error) {
	m := new(matchItem)
	return m, decode(item, m)
}

// withdraw ends the ticket, unless it has come to an end before, and returns its
// end. From then on it cannot be paired, whatever any reader has seen of it.
func (k *seeker) withdraw(ctx context.Context) (*matchItem, error) {
	m := matchItem{Left: true}
	err := k.svc.table.Write(ctx, m.put(k.ticket.matchKey(), k.svc.now()), table.Delete(k.ticket.key(), table.Always))
	var before *table.ConflictError
	if errors.As(err, &before) && before.Conflicts[0].Item != nil {
		return decodeMatch(*before.Conflicts[0].Item)
	}
	return &m, err
}

// await looks for a partner, and waits to be claimed by one, until end.
func (k *seeker) await(ctx context.Context, end time.Time) (*matchItem, error) {
	s := k.svc
	woken, over := s.seekers.enter(k.ticket.id())
	defer over()
	var look time.Time
	for poll := matchPollFirst; ; poll = min(poll*3/2, matchPollLast) {
		if now := s.now(); !now.Before(look) {
			m, wait, err := k.look(ctx)
			if m != nil || err != nil {
				return m, err
			}
			look = now.Add(wait)
		}
		left := end.Sub(s.now())
		if left <= 0 || s.stopped() {
			return nil, nil
		}
		c, err := k.idle(ctx, min(left, poll/2+rand.N(poll/2+1)), woken)
		if err != nil {
			return nil, err
		}
		if m, err := k.outcome(ctx, c); m != nil || err != nil {
			return m, err
		}
	}
}

// idle waits for d, or until somebody of this process has claimed the ticket. It says
// how fresh the answer must be to the question whether it was claimed.
func (k *seeker) idle(ctx context.Context, d time.Duration, woken <-chan struct{}) (table.Consistency, error) {
	t := k.svc.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
	case <-woken:
		return table.Strong, nil
	case <-k.svc.stopping:
	case <-ctx.Done():
		return table.Eventual, ctx.Err()
	}
	return table.Eventual, nil
}

// answer tells the owner of the ticket what became of it; m is nil while it waits.
func (k *seeker) answer(ctx context.Context, m *matchItem) (Queued, error) {
	switch {
	case m == nil:
		return k.waiting(), nil
	case m.Left:
		return Queued{Status: StatusLeftQueue}, nil
	}
	seat, err := k.sit(ctx, agentToken{room: m.Room, seat: m.Seat, secret: k.ticket.secret})
	switch {
	case k.svc.unanswered(ctx, err):
		return k.waiting(), nil // the next call with the ticket tells
	case err != nil:
		return Queued{}, err
	}
	return Queued{
		Status: StatusPaired, Opens: m.Opens, Seated: seat, Partner: &Partner{Name: m.Partner, Interests: m.Interests},
	}, nil
}

func (k *seeker) waiting() Queued {
	return Queued{
		Status: StatusInQueue, Ticket: k.ticket.String(), Position: k.position,
		Estimated: k.svc.seekers.usual(k.ticket.queue, k.svc.now()),
	}
}

// sit returns the seat that the ticket has brought. A reader may see the match
// before the room that the same write made.
func (k *seeker) sit(ctx context.Context, t agentToken) (Seated, error) {
	for try := 1; ; try++ {
		got, err := k.svc.comeBack(ctx, JoinRequest{Token: t.String()})
		switch {
		case errors.Is(err, errNoRoom) && try < tornTries:
		case CodeOf(err) == Removed:
			return Seated{}, refuse(Removed, "This ticket has brought you a partner, but you have left the room since, or lost your seat there by being silent for too long. Call enter_queue again without ticket.")
		default:
			got.Status, got.Earlier = StatusJoined, 0 // there is nothing but the pairing
			return got, err
		}
		if err := k.svc.pause(ctx, tornPause); err != nil {
			return Seated{}, err
		}
	}
}
