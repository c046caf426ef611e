package chat

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/table"
)

// Telling a repeated call from a new message, where no key is given.
const (
	sameWithin = 10 * time.Minute
	shortText  = 40 // bytes: "yes" may be meant again once somebody else spoke
)

// Send says a text in the caller's room, and waits for an answer if asked to.
//
// With a cursor it says nothing if something newer is there for the sender, and
// returns that instead, but not twice in a row. The same text as the seat's last
// one is the same message for ten minutes, unless a key is given, or it is short
// and somebody else spoke since. After Unavailable the text may have been said;
// repeating the call is safe.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := checkSend(req); err != nil {
		return Sent{}, err
	}
	began := s.now()
	c, err := s.enter(ctx, req.Token)
	if err != nil {
		return Sent{}, s.outward(err)
	}
	defer c.room.done()
	m := &utteranceInHand{caller: c, req: req, began: began}
	if err := m.address(ctx); err != nil {
		return Sent{}, s.outward(err)
	}
	refund, err := c.maySpeak(began, len(req.Text))
	if err != nil {
		return Sent{}, err
	}
	got, err := m.say(ctx)
	if err != nil || !got.Sent || got.Duplicate {
		refund()
	}
	if err != nil {
		return Sent{}, s.outward(err)
	}
	if !got.Sent {
		return got, nil
	}
	if req.Wait == 0 {
		cursor := int64(0)
		if !got.CursorIgnored {
			cursor, _ = parseCursor(c.token, req.Cursor)
		}
		c.arrived(cursor, req.ReplyTo)
		c.room.touch(ctx, c.agent, seenItem{}, refreshSend)
		return got, nil
	}
	c.arrived(0, req.ReplyTo)
	waited, err := c.waitAfterSend(ctx, req, began)
	if err != nil && ctx.Err() == nil && CodeOf(s.outward(err)) == Unavailable {
		return got, nil // what counts has happened; the sender waits again
	}
	got.Waited = waited
	return got, s.outward(err)
}

// waitAfterSend waits from where the caller had read to, not from its own
// message: nothing is skipped.
func (c *caller) waitAfterSend(ctx context.Context, req SendRequest, began time.Time) (Waited, error) {
	f, err := c.room.current(ctx, began)
	if err != nil {
		return Waited{}, err
	}
	c.fold = f
	return c.wait(ctx, WaitRequest{Cursor: req.Cursor, Wait: req.Wait})
}

func checkSend(req SendRequest) error {
	if err := checkText(req.Text); err != nil {
		return err
	}
	switch {
	case req.Kind != "" && req.Kind != Plain && req.Kind != Request && req.Kind != Status && req.Kind != Done:
		return refuse(InvalidArgument, "kind must be %q, %q (wants an answer), %q (wants none) or %q (you are finished). Nothing was sent.", Plain, Request, Status, Done)
	case req.ReplyTo < 0:
		return refuse(InvalidArgument, "reply_to must be the seq of a message. Nothing was sent.")
	case req.Wait < 0 || req.Wait > MaxSendWait:
		return refuse(InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.", seconds(MaxSendWait))
	case utf8.RuneCountInString(req.Key) > MaxKey || !utf8.ValidString(req.Key) || hasControls(req.Key, ""):
		return refuse(InvalidArgument, "idempotency_key: at most %d characters without control characters. Nothing was sent.", MaxKey)
	}
	return nil
}

// utteranceInHand is a message on its way into the log.
type utteranceInHand struct {
	*caller
	req     SendRequest
	began   time.Time
	event   event    // as it will be said
	sum     [16]byte // of its text and those it is for
	guard   bool     // hold back if something newer is there
	checked int64    // nothing newer is, up to this event
	known   int64    // the message that was there already
	keyed   bool     // the idempotency key stands for it
}

// Why say has to look again. None of these leaves the package.
var (
	errNews      = errors.New("chat: there may be news for the sender")
	errForgotten = errors.New("chat: what the seat said last is not known")
)

// say brings the message into the log, or finds that it is there, or holds it
// back.
func (m *utteranceInHand) say(ctx context.Context) (Sent, error) {
	cursor, named := parseCursor(m.token, m.req.Cursor)
	m.guard, m.checked = named, cursor
	for range maxLooks {
		p := &proposal{propose: m.propose, blocked: m.blocked, began: m.began}
		err := m.room.append(ctx, p)
		switch {
		case err == nil:
			return m.sent(p.events), nil
		case errors.Is(err, errUnseated):
			return Sent{}, m.room.svc.whyNot(ctx, m.room.known(), m.token)
		case errors.Is(err, errForgotten):
			err = m.room.recall(ctx, m.began.Add(-sameWithin))
		case errors.Is(err, errNews):
			var held *Sent
			if held, err = m.holdBack(ctx); held != nil {
				return *held, err
			}
		case m.req.Key != "" && errors.As(err, new(*Error)): // refused: but what was sent before counts
			if m.lookUpKey(ctx) == nil && m.keyed {
				return m.sent(nil), nil
			}
		}
		if err != nil {
			return Sent{}, err
		}
	}
	return Sent{}, refuse(Unavailable, "The room changed too often while you spoke. Nothing was sent: call again.")
}

// propose checks the rules for speaking, and says it. What was said before is no
// affair of the rules any more.
func (m *utteranceInHand) propose(f *fold, now time.Time) (change, error) {
	a, here := owner(f, m.token)
	if !here {
		return change{}, errUnseated
	}
	if m.keyed {
		return change{}, nil
	}
	if m.req.Key == "" {
		if again, err := m.again(f, a, now); again || err != nil {
			return change{}, err
		}
	}
	if err := m.mayNot(f, a, now); err != nil {
		return change{}, err
	}
	if m.guard && f.newestOfOthers(a.Seat) > m.checked {
		return change{}, errNews
	}
	e := m.event
	e.Seat, e.Name, e.Resumes = a.Seat, a.Name, a.Done && e.Kind != Done && e.Kind != Status
	ch := change{events: []event{e}}
	if m.req.Key != "" {
		ch.ops = []table.Op{table.Put(table.Item{
			Key: sentKey(f.id, a.Seat, m.req.Key), Expires: now.Add(keyLife), Data: encode(sentItem{V: version, Seq: f.asOf + 1}),
		}, table.IfAbsent)}
	}
	return ch, nil
}

// mayNot says why a must not say it.
func (m *utteranceInHand) mayNot(f *fold, a agent, now time.Time) error {
	switch {
	case f.closed:
		return errClosed()
	case f.dead(now):
		return errNoRoom
	case a.Muted:
		return refuse(NotAllowed, "An admin of this room has muted you. Nothing was sent: go on reading with wait_for_message; an admin can unmute you.")
	case f.listens(a):
		return refuse(NotAllowed, "Only admins speak in this channel. Nothing was sent: go on reading with wait_for_message.")
	}
	for _, seat := range m.event.To {
		if _, there := f.seated(seat); !there {
			return refuse(InvalidArgument, "to: an agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
		}
	}
	return nil
}

// again reports whether the text is the seat's last message, told once more.
func (m *utteranceInHand) again(f *fold, a agent, now time.Time) (bool, error) {
	u, known := f.lastSaid(a, now)
	if !known {
		return false, errForgotten
	}
	m.known = 0
	if u.n == 0 || u.sum != m.sum || now.Sub(u.at) >= sameWithin {
		return false, nil
	}
	if len(m.req.Text) < shortText && f.newestWord(a.Seat) > u.n && !m.unheard(u.n) {
		return false, nil
	}
	m.known = u.n
	return true, nil
}

// unheard reports whether the caller names a cursor from before its message n, and so
// shows that it has not heard what the call which said it came to: however short it
// was, and whoever spoke since, this is that call once more.
func (m *utteranceInHand) unheard(n int64) bool {
	cursor, named := parseCursor(m.token, m.req.Cursor)
	return named && cursor < n
}

// blocked notes the message that the idempotency key stands for.
func (m *utteranceInHand) blocked(c table.Conflict) {
	if c.Item != nil {
		m.sentBy(*c.Item)
	}
}

func (m *utteranceInHand) sentBy(item table.Item) {
	var s sentItem
	if decode(item, &s) == nil {
		m.known, m.keyed = s.Seq, true
	}
}

// lookUpKey finds out whether the idempotency key, if there is one, stands for a
// message already.
func (m *utteranceInHand) lookUpKey(ctx context.Context) error {
	if m.req.Key == "" {
		return nil
	}
	item, err := m.room.svc.table.Get(ctx, sentKey(m.room.id, m.agent.Seat, m.req.Key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err == nil {
		m.sentBy(item)
	}
	return err
}

func (m *utteranceInHand) sent(events []event) Sent {
	got := Sent{Sent: true, Seq: m.known, Duplicate: len(events) == 0}
	if len(events) > 0 {
		got.Seq = events[0].n
	}
	f := m.room.known()
	got.Others, got.Listening = others(f, m.agent.Seat), f.silences(m.agent.Seat)
	if m.req.Cursor == "" {
		return got
	}
	n, ok := parseCursor(m.token, m.req.Cursor)
	switch got.CursorIgnored = !ok || n > f.asOf || !got.Duplicate && n >= got.Seq; {
	case got.CursorIgnored:
	case m.guard && !got.Duplicate:
		got.Cursor = cursorOf(m.token, got.Seq) // nothing lies between
	default:
		got.Cursor = m.req.Cursor
	}
	return got
}

// holdBack looks at what is newer than the cursor. If there is something for
// the sender, and the last send was not held back already, the answer is that.
func (m *utteranceInHand) holdBack(ctx context.Context) (*Sent, error) {
	if err := m.lookUpKey(ctx); err != nil || m.keyed {
		return nil, err // what was sent already cannot be held back any more
	}
	cursor, _ := parseCursor(m.token, m.req.Cursor)
	f, err := m.room.current(ctx, m.began)
	if err != nil {
		return nil, err
	}
	if cursor > f.asOf {
		m.guard = false
		return nil, nil
	}
	m.fold = f
	pos := position{after: cursor, named: true}
	g := &gathering{caller: m.caller, pos: pos, scanned: cursor, batch: batch{events: batchEvents, limit: batchBytes}}
	if err := g.gather(ctx); err != nil {
		return nil, err
	}
	if len(g.batch.messages) == 0 {
		m.checked = g.scanned
		return nil, nil
	}
	p, err := m.place(ctx)
	if err != nil {
		return nil, err
	}
	if p.Guarded > 0 {
		spoke, err := m.spokeAfter(ctx, p.Guarded)
		if err != nil {
			return nil, err
		}
		if !spoke {
			m.guard = false // once in a row is enough
			return nil, nil
		}
	}
	p.Guarded, p.Named = g.scanned, max(p.Named, cursor)
	if err := m.write(ctx, p); err != nil {
		return nil, err
	}
	w := &openWait{began: m.began, over: make(chan struct{})}
	got := &Sent{}
	got.Waited, err = m.hand(ctx, g, w, 0)
	return got, err
}

// spokeAfter reports whether the seat said something after event n.
func (m *utteranceInHand) spokeAfter(ctx context.Context, n int64) (bool, error) {
	for n < m.fold.asOf {
		events, err := m.room.read(ctx, n)
		if err != nil || len(events) == 0 {
			return false, err
		}
		for _, e := range events {
			if e.Type == said && e.Seat == m.agent.Seat {
				return true, nil
			}
			n = e.n
		}
	}
	return false, nil
}

// errUnseated is turned into the reason why the seat is gone.
var errUnseated = errors.New("chat: the seat is gone")
