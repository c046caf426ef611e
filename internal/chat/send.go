package chat

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

const (
	// shortText is the length, in bytes, below which a repeated text can be meant
	// again once another agent has spoken: "yes".
	shortText = 40
	// keyLife is how long an idempotency key stands for its message.
	keyLife = 24 * time.Hour
)

// Send says a text in the caller's room, and waits for an answer if asked to.
//
// With a cursor it says nothing if there is news for the sender, and returns the
// news instead, but not twice in a row. The text of the seat's last message counts
// as the same message for ten minutes, unless a key is given, or the text is short
// and another agent has spoken since. After Unavailable the text may have been
// said; repeating the call is safe.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := checkSend(req); err != nil {
		return Sent{}, err
	}
	began := s.now()
	c, err := s.enter(ctx, req.Token)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	defer c.room.release()
	op := &sendOp{caller: c, req: req, began: began}
	if err := op.address(ctx); err != nil {
		return Sent{}, s.Outward(err)
	}
	undo, err := op.allow()
	if err != nil {
		return Sent{}, err
	}
	got, err := op.run(ctx)
	if err != nil || !got.Sent || got.Duplicate {
		undo()
	}
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	if !got.Sent {
		return got, nil
	}
	if req.Wait == 0 {
		cursor := int64(0)
		if !got.CursorIgnored {
			cursor, _ = ident.ParseCursor(c.token, req.Cursor)
		}
		c.positions().arrived(cursor, req.ReplyTo)
		c.renewLease(ctx, room.Presence{}, sendFresh)
		return got, nil
	}
	c.positions().arrived(0, req.ReplyTo)
	waited, err := c.waitAfterSend(ctx, req, began)
	if s.Unanswered(ctx, err) {
		return got, nil // the text is said; the sender waits again
	}
	got.Waited = waited
	return got, s.Outward(err)
}

// allow counts the message, or refuses it. undo takes the count back.
func (op *sendOp) allow() (undo func(), err error) {
	r := op.caller.room
	r.mu.Lock()
	m := r.cached(op.caller.agent.Seat)
	r.mu.Unlock()
	return r.svc.limits.Message(&m.pace, len(op.req.Text))
}

// waitAfterSend waits from where the caller had read to, and not from its own
// message, so that nothing is skipped.
func (c *caller) waitAfterSend(ctx context.Context, req SendRequest, began time.Time) (Waited, error) {
	h, err := c.room.log.Current(ctx, began)
	if err != nil {
		return Waited{}, err
	}
	c.head = h
	return c.wait(ctx, WaitRequest{Cursor: req.Cursor, Wait: req.Wait})
}

func checkSend(req SendRequest) error {
	if err := room.CheckText(req.Text); err != nil {
		return err
	}
	switch {
	case req.Kind != "" && req.Kind != room.Plain && req.Kind != room.Request && req.Kind != room.Status && req.Kind != room.Done:
		return fault.Refuse(fault.InvalidArgument, "kind must be %q, %q (wants an answer), %q (wants none) or %q (you are finished). Nothing was sent.", room.Plain, room.Request, room.Status, room.Done)
	case req.ReplyTo < 0:
		return fault.Refuse(fault.InvalidArgument, "reply_to must be the seq of a message. Nothing was sent.")
	case req.Wait < 0 || req.Wait > MaxSendWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.", fault.Seconds(MaxSendWait))
	case utf8.RuneCountInString(req.Key) > MaxKey || !utf8.ValidString(req.Key) || room.HasControls(req.Key, ""):
		return fault.Refuse(fault.InvalidArgument, "idempotency_key: at most %d characters without control characters. Nothing was sent.", MaxKey)
	}
	return nil
}

// sendOp is a message on its way into the log.
type sendOp struct {
	caller      *caller
	req         SendRequest
	began       time.Time
	event       room.Event // as it will be appended
	fingerprint [16]byte   // of its text and addressees
	guard       bool       // hold the message back if there is news
	checked     int64      // there is no news up to this event
	known       int64      // the earlier message that this call repeats
	keyed       bool       // the idempotency key stands for known
}

// Reasons for run to look again. None of them leaves the package.
var (
	errMaybeNews   = errors.New("chat: there may be news for the sender")
	errLastUnknown = errors.New("chat: the seat's last message is not known")
)

// run brings the message into the log, or finds that it is there, or holds it back.
func (op *sendOp) run(ctx context.Context) (Sent, error) {
	c := op.caller
	cursor, named := ident.ParseCursor(c.token, op.req.Cursor)
	op.guard, op.checked = named, cursor
	for range maxLooks {
		p := &roomlog.Proposal{Propose: op.propose, Blocked: op.blocked, Began: op.began}
		err := c.room.log.Append(ctx, p)
		switch {
		case err == nil:
			return op.sent(p.Events), nil
		case errors.Is(err, errUnseated):
			return Sent{}, c.room.svc.whyNot(ctx, c.room.log.Known(), c.token)
		case errors.Is(err, errLastUnknown):
			err = c.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow))
		case errors.Is(err, errMaybeNews):
			var held *Sent
			if held, err = op.holdBack(ctx); held != nil {
				return *held, err
			}
		case op.req.Key != "" && errors.As(err, new(*fault.Error)): // a refusal does not undo an earlier message
			if op.lookUpKey(ctx) == nil && op.keyed {
				return op.sent(nil), nil
			}
		}
		if err != nil {
			return Sent{}, err
		}
	}
	return Sent{}, fault.Refuse(fault.Unavailable, "The room changed too often while you spoke. Nothing was sent: call again.")
}

// propose checks the rules for speaking and appends the message. It does not check
// them for a message that was sent before.
func (op *sendOp) propose(h *room.Head, now time.Time) (roomlog.Change, error) {
	a, here := h.Owner(op.caller.token)
	if !here {
		return roomlog.Change{}, errUnseated
	}
	if op.keyed {
		return roomlog.Change{}, nil
	}
	if op.req.Key == "" {
		if repeated, err := op.isRepeated(h, a, now); repeated || err != nil {
			return roomlog.Change{}, err
		}
	}
	if h.Expired(now) && !h.Closed {
		return roomlog.Change{}, roomlog.ErrNotFound
	}
	if err := room.CheckSpeak(&h.State, a, op.event.To); err != nil {
		return roomlog.Change{}, err
	}
	if op.guard && h.NewestForeign(a.Seat) > op.checked {
		return roomlog.Change{}, errMaybeNews
	}
	e := op.event
	e.Seat, e.Name, e.Resumes = a.Seat, a.Name, a.Done && e.Kind != room.Done && e.Kind != room.Status
	ch := roomlog.Change{Events: []room.Event{e}}
	if op.req.Key != "" {
		ch.Ops = []table.Op{table.Put(table.Item{
			Key: roomlog.SentKey(h.ID, a.Seat, op.req.Key), Expires: now.Add(keyLife),
			Data: roomlog.Encode(sentItem{V: room.Version, Seq: h.AsOf + 1}),
		}, table.IfAbsent)}
	}
	return ch, nil
}

// isRepeated reports whether the call repeats the seat's last message.
func (op *sendOp) isRepeated(h *room.Head, a room.Agent, now time.Time) (bool, error) {
	u, known := h.LastSaid(a, now)
	if !known {
		return false, errLastUnknown
	}
	op.known = 0
	if u.N == 0 || u.Fingerprint != op.fingerprint || now.Sub(u.At) >= room.RepeatWindow {
		return false, nil
	}
	if len(op.req.Text) < shortText && h.NewestMessage(a.Seat) > u.N && !op.isUnheard(u.N) {
		return false, nil
	}
	op.known = u.N
	return true, nil
}

// isUnheard reports whether the call's cursor precedes the seat's message n. Then
// the caller has not heard the answer of the call that said n, and this call
// repeats it, however short the text is and whoever has spoken since.
func (op *sendOp) isUnheard(n int64) bool {
	cursor, named := ident.ParseCursor(op.caller.token, op.req.Cursor)
	return named && cursor < n
}

// sentItem stores the message that an idempotency key stands for.
type sentItem struct {
	V   int   `json:"v"`
	Seq int64 `json:"seq"`
}

// blocked notes the message that the idempotency key stands for.
func (op *sendOp) blocked(c table.Conflict) {
	if c.Item != nil {
		op.noteSent(*c.Item)
	}
}

func (op *sendOp) noteSent(item table.Item) {
	var s sentItem
	if roomlog.Decode(item, &s) == nil {
		op.known, op.keyed = s.Seq, true
	}
}

// lookUpKey finds out whether the idempotency key, if there is one, already stands
// for a message.
func (op *sendOp) lookUpKey(ctx context.Context) error {
	if op.req.Key == "" {
		return nil
	}
	c := op.caller
	item, err := c.room.svc.table.Get(ctx, roomlog.SentKey(c.room.log.ID(), c.agent.Seat, op.req.Key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err == nil {
		op.noteSent(item)
	}
	return err
}

// sent returns the answer. Without events the message was there before.
func (op *sendOp) sent(events []room.Event) Sent {
	got := Sent{Sent: true, Seq: op.known, Duplicate: len(events) == 0}
	if len(events) > 0 {
		got.Seq = events[0].N
	}
	c := op.caller
	h := c.room.log.Known()
	got.Others, got.Listening = h.Others(c.agent.Seat), h.SilencedSeat(c.agent.Seat)
	if op.req.Cursor == "" {
		return got
	}
	n, ok := ident.ParseCursor(c.token, op.req.Cursor)
	switch got.CursorIgnored = !ok || n > h.AsOf || !got.Duplicate && n >= got.Seq; {
	case got.CursorIgnored:
	case op.guard && !got.Duplicate:
		got.Cursor = ident.Cursor(c.token, got.Seq) // there is nothing in between
	default:
		got.Cursor = op.req.Cursor
	}
	return got
}

// holdBack looks for news after the cursor. If there is some, and the last send was
// not held back already, that is the answer.
func (op *sendOp) holdBack(ctx context.Context) (*Sent, error) {
	if err := op.lookUpKey(ctx); err != nil || op.keyed {
		return nil, err // a message that was sent cannot be held back
	}
	c := op.caller
	cursor, _ := ident.ParseCursor(c.token, op.req.Cursor)
	h, err := c.room.log.Current(ctx, op.began)
	if err != nil {
		return nil, err
	}
	if cursor > h.AsOf {
		op.guard = false
		return nil, nil
	}
	c.head = h
	in := newInbox(c, position{after: cursor, named: true})
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	if len(in.batch.messages) == 0 {
		op.checked = in.scanned
		return nil, nil
	}
	p, err := c.positions().load(ctx)
	if err != nil {
		return nil, err
	}
	if p.Guarded > 0 {
		spoke, err := spokeAfter(ctx, c, p.Guarded)
		if err != nil {
			return nil, err
		}
		if !spoke {
			op.guard = false // not twice in a row
			return nil, nil
		}
	}
	p.Guarded, p.Acked = in.scanned, max(p.Acked, cursor)
	if err := c.positions().write(ctx, p); err != nil {
		return nil, err
	}
	got := &Sent{}
	got.Waited, err = c.hand(ctx, in, newOpenWait(op.began, false), 0)
	return got, err
}

// spokeAfter reports whether the caller said something after event n.
func spokeAfter(ctx context.Context, c *caller, n int64) (bool, error) {
	for n < c.head.AsOf {
		events, err := c.room.log.Read(ctx, n)
		if err != nil || len(events) == 0 {
			return false, err
		}
		for _, e := range events {
			if e.Type == room.Said && e.Seat == c.agent.Seat {
				return true, nil
			}
			n = e.N
		}
	}
	return false, nil
}
