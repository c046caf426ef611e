package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/presence"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/sanitize"
	"github.com/parley-chat/parley/internal/table"
)

// Send says a text in the caller's room, and waits for an answer if asked to.
//
// With a cursor it says nothing if an unread message may change what the caller says, and returns
// what is unread instead: see room.Agent.HoldOf. With the cursor of that answer only what is meant
// for the caller holds the text back, with another it is judged again. Otherwise what is unread comes with the result.
// The text of the seat's last message counts as the same message for ten minutes, unless a key is
// given, or the text is short and another agent has spoken since.
//
// A person sees what is unread, and means what it says twice: its message is held back only for a
// credential, and repeated only by its key. The person may have paused its agent, which then says
// nothing, or approve each message, which then becomes a draft: see Supervise.
func (s *Service) Send(ctx context.Context, req SendRequest) (Sent, error) {
	if err := req.check(); err != nil {
		return Sent{}, err
	}
	c, err := s.enter(ctx, req.Token)
	if err != nil {
		return Sent{}, s.Outward(err)
	}
	defer c.room.release()
	if err := c.readAsStay(ctx, &req); err != nil {
		return Sent{}, s.Outward(err)
	}
	op := c.newSend(req)
	if err := op.address(ctx); err != nil {
		return Sent{}, s.Outward(err)
	}
	got, err := op.send(ctx)
	if err != nil || !got.Sent {
		return got, s.Outward(err)
	}
	return op.answer(ctx, got)
}

// newSend returns the message that the caller asks to send.
func (c *session) newSend(req SendRequest) *sendOp {
	op := &sendOp{caller: c, req: req, began: c.start.At, credential: sanitize.Credential(req.Text)}
	if op.cursor, op.named = c.token.ParseCursor(req.Cursor); op.named {
		c.start.Known = max(c.start.Known, op.cursor.N) // the client had the answer that brought the cursor
	}
	return op
}

// send counts the message against the limits of its caller, and brings it into the log.
func (op *sendOp) send(ctx context.Context) (Sent, error) {
	undo, err := op.caller.room.svc.limits.Message(ctx, len(op.req.Text))
	if err != nil {
		return Sent{}, err
	}
	if len(op.req.Finishes) > 0 { // before any of them is told of what becomes free, and waits no more
		op.idle = op.caller.room.agents.Idle(op.caller.head)
	}
	got, err := op.run(ctx)
	gone := ctx.Err() != nil // its text may be said yet
	if err != nil && !gone || err == nil && !got.wrote() {
		undo()
	}
	return got, err
}

// answer adds to the result of a message that is said what is unread, or what comes while the
// call waits.
func (op *sendOp) answer(ctx context.Context, got Sent) (Sent, error) {
	c := op.caller
	s := c.room.svc
	if op.req.Said != nil {
		op.req.Said()
	}
	waited, err := op.listen(ctx)
	if s.Unanswered(ctx, err) { // the text is said; the sender waits again
		got.Cursor, got.Situation = op.req.Cursor, c.situation(c.room.log.Peek())
		return got, nil
	}
	if err == nil {
		got.Waited, got.Before = *waited, waited.before
	}
	return got, s.Outward(err)
}

// listen collects what is unread now that the message is there, or waits for it.
func (op *sendOp) listen(ctx context.Context) (got *Waited, err error) {
	c := op.caller
	c.head = c.room.log.Peek()
	cursor, named := c.readCursor(op.req.Cursor)
	if op.req.Stay { // the cursor was for the guard
		cursor, named, op.req.Cursor = ident.Cursor{}, false, ""
	}
	c.positions().Arrived(cursor.N, op.event.ReplyTo)
	if op.req.Wait == 0 || op.leavesWork() {
		c.attendance().Note(ctx, presence.Call{Absence: op.req.Absence, Activity: op.req.Activity,
			Fresh: presence.SendFresh})
		return op.unread(ctx, cursor, named)
	}
	if c.head, err = c.room.log.Refresh(ctx, op.began); err != nil {
		return nil, err
	}
	return c.wait(ctx, op.waits(), op.event.N)
}

// waits returns the wait that follows the message.
func (op *sendOp) waits() *WaitRequest {
	return &WaitRequest{Cursor: op.req.Cursor, Wait: op.req.Wait, Absence: op.req.Absence, Activity: op.req.Activity,
		Stay: op.req.Stay, key: op.req.Key, repeats: op.known}
}

// leavesWork reports whether the message finishes a task, and its sender has another, or more are free than
// there are agents that wait for one. Then it need not wait, unless it is owed an answer.
func (op *sendOp) leavesWork() bool {
	if len(op.event.Closes) == 0 {
		return false
	}
	is := op.caller.situation(op.caller.head)
	return is.Owed == 0 && (len(is.Tasks) > 0 || is.FreeTasks > op.idle)
}

// unread returns what the caller has not read, without waiting. named says that the
// call's cursor is one of the caller's.
func (op *sendOp) unread(ctx context.Context, cursor ident.Cursor, named bool) (got *Waited, err error) {
	c := op.caller
	pos := position{named: true, ignored: op.req.Cursor != "" && !named}
	if at, known := c.positions().Known(); named {
		pos.after, pos.noted = cursor.N, cursor.Noted
	} else if after, _ := op.waits().arrived(at).Next(); known && !c.agent.IsPerson() &&
		max(c.head.Recent.NewestForeign(c.agent.Seat), c.head.LastChange) <= after {
		pos.after = c.head.AsOf // nothing is unread, so no read is needed to tell from where on
	} else if pos, err = c.locate(ctx, op.waits()); err != nil {
		return nil, err
	}
	pos.own, pos.stay = op.event.N, op.req.Stay
	in := newInbox(c, pos)
	if err := in.collect(ctx); err != nil {
		return nil, err
	}
	if !named && pos.named && len(in.batch.Messages) > 0 { // it has come just now, and must be noted
		if in.pos.read, err = c.positions().Load(ctx); err != nil {
			return nil, err
		}
		in.pos.named = false
	}
	if got, err = c.hand(ctx, in, &presence.Wait{Began: c.room.svc.now()}); err != nil {
		return nil, err
	}
	if got.Status == StatusQuiet {
		got.Status = ""
	}
	return got, nil
}

// sendOp is a message on its way into the log.
type sendOp struct {
	caller      *session
	req         SendRequest
	cursor      ident.Cursor // of req, which the head may not have reached
	named       bool         // it is one of the caller's
	began       time.Time
	event       room.Event // as it will be appended, but for what room.Head.Compose completes
	found       int64      // the event as of which its addressees were found; 0: it has none
	fingerprint [16]byte   // of its text and addressees
	guard       bool       // hold the message back for what is unread
	checked     int64      // nothing up to this event holds it back
	credential  string     // that the text seems to hold, and of which the caller was not warned
	unwarned    bool       // nobody reads a warning: a text with a credential becomes a draft
	known       int64      // the earlier message that this call repeats
	overtaken   int64      // that message, if only the log told
	keyed       bool       // the idempotency key stands for known
	draft       bool       // the event, or known, is a draft

	upload *roomlog.Upload // that ends with the message; nil: its file, if it has one, came with the call
	idle   int             // how many agents waited for a task when the call began
	check  bool            // only look whether the message may be sent
}

// Reasons for run to look again. None of them leaves the package.
var (
	errMaybeNews   = errors.New("chat: there may be news for the sender")
	errLastUnknown = errors.New("chat: the seat's last message is not known")
	errOvertaken   = errors.New("chat: the seat may have said more since the call began than is known")
	errCredential  = errors.New("chat: the text seems to hold a credential")
	errPaused      = errors.New("chat: the agent is paused")
	errDecided     = errors.New("chat: the draft for which the key stood is decided, or too old")
)

// run brings the message into the log, or finds that it is there, or holds it back.
func (op *sendOp) run(ctx context.Context) (Sent, error) {
	c := op.caller
	op.guard, op.checked = op.named && !c.agent.IsPerson(), op.cursor.N
	for range maxLooks {
		p := &roomlog.Proposal{Blocked: op.blocked, Began: op.began}
		p.Propose = func(h *room.Head, now time.Time) (roomlog.Change, error) { return op.propose(h, p.Batched, now) }
		err := c.room.log.Append(ctx, p)
		switch {
		case err == nil:
			return op.sent(ctx, p.Events), nil
		case errors.Is(err, errUnseated):
			return Sent{}, c.whyNot(ctx, c.room.log.Peek())
		case errors.Is(err, errLastUnknown):
			err = c.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow))
		case errors.Is(err, errOvertaken):
			err = op.lookBack(ctx)
		case errors.Is(err, errDecided):
			err = op.lookUpDecided(ctx)
		case errors.Is(err, errMaybeNews), errors.Is(err, errCredential), errors.Is(err, errPaused):
			hold := op.holdFor(err)
			if err = op.lookUpKey(ctx); err != nil || op.keyed {
				break // a message that was sent cannot be held back
			}
			var held *Sent
			if held, err = hold(ctx); held != nil {
				return *held, err
			}
		case errors.As(err, new(*fault.Error)) && op.req.Key != "" && !op.keyed:
			// A refusal does not undo an earlier message. Where ctx has ended, op still
			// belongs to the append, and is not looked at.
			if unknown := op.lookUpKey(ctx); unknown != nil || op.keyed {
				err = unknown
			}
		}
		if err != nil {
			return Sent{}, err
		}
	}
	return Sent{}, fault.Refuse(fault.Unavailable,
		"The room changed too often while you spoke. Nothing was sent: call again.")
}

// holdFor returns what holds the message back for a reason to look again, if the caller
// does not know of that yet.
func (op *sendOp) holdFor(reason error) func(context.Context) (*Sent, error) {
	switch {
	case errors.Is(reason, errCredential):
		return op.warnOfCredential
	case errors.Is(reason, errPaused):
		return func(ctx context.Context) (*Sent, error) { return &Sent{Waited: op.unspoken(ctx, StatusPaused)}, nil }
	}
	return op.holdBack
}

// propose checks the rules for speaking and appends the message after the events that are batched
// with it. It does not check them for a message that was sent before.
func (op *sendOp) propose(h *room.Head, batched []room.Event, now time.Time) (roomlog.Change, error) {
	a, here := h.Owner(op.caller.holder)
	if !here {
		return roomlog.Change{}, errUnseated
	}
	if op.keyed {
		if op.draft && !a.HasDraft(op.known, now) {
			return roomlog.Change{}, errDecided
		}
		return roomlog.Change{}, nil
	}
	op.known, op.draft = 0, false
	if op.req.Key == "" && !a.IsPerson() {
		if repeated, err := op.isRepeated(h, a, now); repeated || err != nil {
			return roomlog.Change{}, err
		}
	}
	if h.Expired(now) && !h.Closed {
		return roomlog.Change{}, roomlog.ErrNotFound
	}
	if stop, err := op.checkSupervision(&h.State, a, now); stop {
		return roomlog.Change{}, err
	}
	if op.guard && (h.Recent.NewestForeign(a.Seat) > op.checked || h.ArrivedSince(op.checked, op.event.To)) &&
		!op.passes(h, a, batched) {
		return roomlog.Change{}, errMaybeNews // first: what came may be why the message is refused
	}
	e, err := h.Compose(a, op.event, now)
	if err == nil {
		err = op.checkArrived(h)
	}
	if err != nil {
		return roomlog.Change{}, err
	}
	if op.credential != "" && !op.unwarned {
		return roomlog.Change{}, errCredential
	}
	if a.Person.Approve && !a.IsPerson() || op.credential != "" {
		if e, err = op.makeDraft(a, e, now); err != nil || op.known > 0 {
			return roomlog.Change{}, err
		}
	}
	if op.check {
		op.draft = false
		return roomlog.Change{}, nil
	}
	ch := roomlog.Change{Events: []room.Event{e}}
	ch.Ops = op.fileOps(h, e, now)
	if op.req.Key != "" {
		ch.Ops = append(ch.Ops,
			roomlog.PutSent(h.ID, a, op.req.Key, roomlog.SentAs{N: h.AsOf + 1, Draft: op.draft}, now))
	}
	return ch, nil
}

// isRepeated reports whether the call repeats the seat's last message, or one that may be
// newer than the call.
func (op *sendOp) isRepeated(h *room.Head, a room.Agent, now time.Time) (bool, error) {
	if op.known = op.overtaken; op.known > 0 {
		return true, nil
	}
	said, all := h.SaidSince(a, op.caller.start)
	n, err := overtaken(said, op.event, op.fingerprint)
	if op.known = n; n > 0 || err != nil {
		return n > 0, err
	}
	if !all {
		return false, errOvertaken
	}
	read := int64(-1)
	if op.named {
		read = op.cursor.N
	}
	n, known := repeats(h, a, op.event, op.fingerprint, read, now)
	if op.known = n; !known {
		return false, errLastUnknown
	}
	return n > 0, nil
}

// lookBack reads the log back to where the call began, since the index does not reach so
// far, and looks for the message that the call repeats.
func (op *sendOp) lookBack(ctx context.Context) error {
	c := op.caller
	log, h := c.room.log, c.room.log.Peek()
	pages := log.Pages(c.agent, roomlog.PageEvents)
	for from, more := h.AsOf+1, true; more; {
		done, err := log.BeginRead(ctx)
		if err != nil {
			return err
		}
		events, further, err := pages.Before(ctx, from)
		done()
		if err != nil {
			return err
		}
		more = further
		for _, e := range events {
			from = e.N
			if !c.agent.IsFor(e) { // an outline
				continue
			}
			if !c.start.Precedes(e.N, e.At()) {
				more = false
				break
			}
			if e.Type != room.Said || e.Seat != c.agent.Seat || e.Person || e.N < c.agent.Joined {
				continue
			}
			said := []room.Saying{e.Saying()}
			if op.overtaken, err = overtaken(said, op.event, op.fingerprint); op.overtaken > 0 || err != nil {
				return err
			}
		}
	}
	// No event up to h needs another look, also if this clock is behind that of its writer.
	c.start = room.Start{At: room.Latest(c.room.svc.now(), time.UnixMilli(h.HeadMs)), Known: h.AsOf, Head: h.AsOf}
	return nil
}

// sent returns the answer. Without events the message was there before.
func (op *sendOp) sent(ctx context.Context, events []room.Event) Sent {
	if op.event.N = op.known; len(events) > 0 {
		op.event = events[0]
	}
	got := Sent{Sent: !op.draft, ID: op.caller.head.MessageID(op.event.N), Duplicate: len(events) == 0}
	if op.draft {
		got.Waited = op.unspoken(ctx, StatusPending)
	}
	if !op.draft {
		got.Unfinished = op.unfinished(ctx)
	}
	if got.Sent && (len(events) > 0 || !op.keyed) { // a key may stand for other words
		if got.To = op.event.ToNames; len(got.To) == 0 {
			got.To = []string{Everyone}
		}
	}
	if len(op.event.Agreed) > 0 {
		got.Agreed = op.caller.head.MessageID(op.event.Agreed[0])
	}
	return got
}

// blocked notes the message that the idempotency key stands for.
func (op *sendOp) blocked(c table.Conflict) {
	if c.Item != nil {
		op.noteSent(roomlog.ReadSent(*c.Item))
	}
}

func (op *sendOp) noteSent(as roomlog.SentAs) {
	if as.N > 0 {
		op.known, op.draft, op.keyed = as.N, as.Draft, true
	}
}

// lookUpKey finds out whether the idempotency key, if there is one, already stands
// for a message.
func (op *sendOp) lookUpKey(ctx context.Context) error {
	if op.req.Key == "" {
		return nil
	}
	as, err := op.caller.room.log.Seats().Sent(ctx, op.caller.agent, op.req.Key)
	op.noteSent(as)
	return err
}

// readCursor reads a cursor of the caller, whose head is current. ok is false if it is
// none, or beyond that head.
func (c *session) readCursor(s string) (cursor ident.Cursor, ok bool) {
	cursor, ok = c.token.ParseCursor(s)
	if !ok || cursor.N > c.head.AsOf {
		return ident.Cursor{}, false
	}
	return cursor, true
}

// address makes the event to append, or returns why it cannot be. For a caller
// whose seat is gone, that reason comes first.
func (op *sendOp) address(ctx context.Context) error {
	err := op.makeEvent(ctx)
	if fault.CodeOf(err) != fault.InvalidArgument {
		return err
	}
	c := op.caller
	h, current := c.room.log.Refresh(ctx, op.began)
	if current != nil {
		return current
	}
	if _, here := h.Owner(c.holder); !here {
		return c.whyNot(ctx, h)
	}
	return err
}

// makeEvent turns names into seats and ids into events, once and before the first
// attempt. So what is meant for one agent never reaches another that takes its name
// meanwhile.
func (op *sendOp) makeEvent(ctx context.Context) error {
	op.event = room.Event{Type: room.Said, Text: op.req.Text, Kind: op.req.Kind, File: op.event.File}
	for _, id := range op.req.Finishes {
		if no, ok := room.TaskNumber(id); ok && !slices.Contains(op.event.Finishes, no) {
			op.event.Finishes = append(op.event.Finishes, no)
		}
	}
	if op.event.Kind == room.Plain {
		op.event.Kind = ""
	}
	var err error
	if len(op.req.To) > 0 {
		err = op.findAddressees(ctx)
	}
	if err == nil {
		err = op.findAsked(ctx)
	}
	if len(op.req.To) > 0 || err != nil {
		if sent := op.sentBefore(ctx, err); err != nil && !sent {
			return err
		}
	}
	if err := op.findAnswered(ctx); err != nil {
		return err
	}
	op.fingerprint = op.event.Fingerprint()
	return nil
}

// findAddressees finds the seats of the names in To.
func (op *sendOp) findAddressees(ctx context.Context) error {
	if a := op.caller.agent; a.IsPerson() && sameCompany(a, op.req.To, nil) { // a note
		op.event.To, op.event.ToNames, op.found = []int{a.Seat}, []string{a.Name}, a.Joined
		return nil
	}
	chosen, err := op.find(ctx, "to", op.req.To)
	if err != nil {
		return err
	}
	for _, a := range chosen {
		op.event.To, op.event.ToNames = append(op.event.To, a.Seat), append(op.event.ToNames, a.Name)
	}
	return nil
}

// findAsked finds the seats of the names in Ask.
func (op *sendOp) findAsked(ctx context.Context) error {
	if len(op.req.Ask) == 0 {
		return nil
	}
	chosen, err := op.find(ctx, "ask", op.req.Ask)
	for _, a := range chosen {
		op.event.Ask = append(op.event.Ask, a.Seat)
	}
	return err
}

// find finds the agents of names, but the caller, on the current head: a name may
// have changed hands. field is the argument that has the names.
func (op *sendOp) find(ctx context.Context, field string, names []string) ([]room.Agent, error) {
	c := op.caller
	h, err := c.room.log.Refresh(ctx, op.began)
	if err != nil {
		return nil, err
	}
	if c.head = h; op.found == 0 {
		op.found = h.AsOf
	}
	return addressees(&h.State, c.agent.Seat, field, names)
}

// addressees returns the agents of names, but the one of the seat me, each once and in
// the order of their seats. field is the argument that has the names, for the refusal.
func addressees(s *room.State, me int, field string, names []string) (found []room.Agent, err error) {
	if len(names) > room.MaxCapacity {
		return nil, fault.Refuse(fault.InvalidArgument, "%s: at most %d names. Nothing was sent.", field,
			room.MaxCapacity)
	}
	for i, key := range nameKeys(names) {
		a, here := s.Named(key)
		switch {
		case !here:
			return nil, fault.Refuse(fault.InvalidArgument, "%s: number %d does not name an agent in this room. "+
				"Nothing was sent: room_info tells who is there; leave %s out to speak to all.", field, i+1, field)
		case a.Seat != me && !slices.ContainsFunc(found, func(x room.Agent) bool { return x.Seat == a.Seat }):
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return nil, fault.Refuse(fault.InvalidArgument,
			"%s names only yourself. Nothing was sent: name others, or leave %s out to speak to all.", field, field)
	}
	slices.SortFunc(found, func(a, b room.Agent) int { return a.Seat - b.Seat })
	return found, nil
}

// sameCompany reports whether two lists name the same agents, apart from a itself.
func sameCompany(a room.Agent, names, others []string) bool {
	return slices.Equal(company(a, names), company(a, others))
}

// company returns the keys of names, each once, without that of a.
func company(a room.Agent, names []string) []string {
	keys := nameKeys(names)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == a.Key })
}

// nameKeys returns the keys of names; "" for what cannot be a name.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		if n, err := ident.AgentName(s); err == nil {
			keys[i] = n.Key
		}
	}
	return keys
}

// checkArrived refuses the message if a seat that it names has been given to another agent
// since.
func (op *sendOp) checkArrived(h *room.Head) error {
	if h.ArrivedSince(op.found, op.event.To) || h.ArrivedSince(op.found, op.event.Ask) {
		return fault.Refuse(fault.InvalidArgument,
			"An agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
	}
	return nil
}

// sentBefore reports whether the call repeats a message that names agents. Such a
// message keeps its addressees, even if they have left or others have their names.
// unfound says which of them cannot be found.
func (op *sendOp) sentBefore(ctx context.Context, unfound error) bool {
	if op.req.Key != "" { // if there is no reason to refuse, the write finds out
		return fault.CodeOf(unfound) == fault.InvalidArgument && op.lookUpKey(ctx) == nil && op.keyed
	}
	c := op.caller
	if c.agent.IsPerson() {
		return false
	}
	if _, known := c.head.LastSaid(c.agent, op.began); !known &&
		c.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow)) == nil {
		c.head = c.room.log.Peek()
	}
	said, _ := c.head.SaidSince(c.agent, c.start)
	if u, known := c.head.LastSaid(c.agent, op.began); known && op.began.Sub(u.At) < room.RepeatWindow {
		said = append(said, u.Saying)
	}
	answered, _ := c.head.MessageNumber(op.req.ReplyTo)
	for _, s := range said {
		e, err := c.room.log.Event(ctx, s.N)
		if err != nil || e.Redacted || len(e.To) > 0 != (len(op.req.To) > 0) || e.HasReadersOfAnother() ||
			e.Text != op.req.Text || !sameFile(e.File, op.event.File) || e.ReplyTo != answered ||
			!slices.Equal(e.Finishes, op.event.Finishes) ||
			!sameCompany(c.agent, e.ToNames, op.req.To) {
			continue
		}
		op.fingerprint = s.Fingerprint
		if repeated, err := op.isRepeated(c.head, c.agent, op.began); repeated && err == nil {
			op.event.To, op.event.ToNames = e.To, e.ToNames
			return true
		}
	}
	return false
}

// findAnswered finds what is answered and what is taken back.
func (op *sendOp) findAnswered(ctx context.Context) error {
	if op.req.Withdraw != "" {
		e, err := op.caller.seen(ctx, "withdraw", op.req.Withdraw)
		if err != nil {
			return err
		}
		op.event.Withdraws = e.N
	}
	if op.req.ReplyTo == "" {
		return nil
	}
	e, err := op.caller.seen(ctx, "reply_to", op.req.ReplyTo)
	if err != nil {
		return err
	}
	op.event.ReplyTo, op.event.ReSeat = e.N, e.Seat
	if len(e.To) > 0 {
		op.event.ReFor = e.To
	}
	if e.Task != nil {
		op.event.ReAdded = e.Task.Added
	}
	return nil
}

// seen returns the event of an id that the caller has seen. One that the caller may
// not see does not exist for it. field is the argument that has the id.
func (c *session) seen(ctx context.Context, field, id string) (room.Event, error) {
	none := fault.Refuse(fault.InvalidArgument, "%s: there is no message of this id that you may see, or it has "+
		"expired. Nothing was done: use the id of a message that you have read.", field)
	h := c.head
	n, ok := h.MessageNumber(id)
	if !ok { // it may lie beyond a head that is behind
		var err error
		if h, err = c.room.log.Refresh(ctx, c.room.svc.now()); err != nil {
			return room.Event{}, err
		}
		if n, ok = h.MessageNumber(id); !ok {
			return room.Event{}, none
		}
	}
	e, err := c.room.log.Event(ctx, n)
	switch {
	case errors.Is(err, table.ErrNotFound):
		return room.Event{}, none
	case err != nil:
		return room.Event{}, err
	case !c.agent.Sees(e):
		return room.Event{}, none
	}
	return e, nil
}

// checkSupervision reports whether the call of a ends since the message is a draft already, and
// else why a may not speak in the room of s until its person does something.
func (op *sendOp) checkSupervision(s *room.State, a room.Agent, now time.Time) (stop bool, reason error) {
	switch {
	case a.IsPerson():
		return false, nil
	case op.isDraft(a, op.fingerprint, now):
		return true, nil
	case a.Person.Paused:
		return true, errPaused
	}
	err := s.CheckRun()
	return err != nil, err
}

// isDraft reports whether the message with this fingerprint is an open draft of a. A call
// with a key is known by that alone.
func (op *sendOp) isDraft(a room.Agent, fingerprint [16]byte, now time.Time) bool {
	if op.req.Key == "" {
		op.known = a.FindDraft(fingerprint, now)
		op.draft = op.known > 0
	}
	return op.draft
}

// makeDraft returns the event that keeps the composed message e for the person behind a. If
// there is one, op.known is its number.
func (op *sendOp) makeDraft(a room.Agent, e room.Event, now time.Time) (room.Event, error) {
	if op.isDraft(a, e.Fingerprint(), now) { // a vote is known by the proposal that Compose has found
		return e, nil
	}
	op.draft = true
	return a.Draft(e, op.event.Ask, op.req.Key, now)
}

// unspoken notes a call that said nothing, and returns what comes with its answer. It has not
// looked for news.
func (op *sendOp) unspoken(ctx context.Context, status WaitStatus) Waited {
	c := op.caller
	c.attendance().Note(ctx, presence.Call{Fresh: presence.SendFresh})
	got := Waited{Status: status, Cursor: op.req.Cursor, Situation: c.situation(c.room.log.Peek())}
	got.Paused = got.Paused || status == StatusPaused // the person may have let it go on since
	return got
}

// wrote reports whether the call that got this has written a message, or something that
// costs as much.
func (got Sent) wrote() bool {
	return got.Credential != "" || !got.Duplicate && (got.Sent || got.Status == StatusPending)
}

// lookUpDecided finds out what became of the draft for which the idempotency key stood.
func (op *sendOp) lookUpDecided(ctx context.Context) error {
	if err := op.lookUpKey(ctx); err != nil || !op.draft {
		return err
	}
	return fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided within a "+
		"day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
		"idempotency_key.")
}

// unfinished returns which tasks of finishes the message did not close, and why. A call that repeats
// an earlier message is told what that has closed.
func (op *sendOp) unfinished(ctx context.Context) (list []Unfinished) {
	c := op.caller
	asked, closed := op.event.Finishes, op.event.Closes
	if len(asked) > 0 && op.known > 0 {
		if e, err := c.room.log.Event(ctx, op.known); err == nil {
			closed = e.Closes
		}
	}
	h := c.room.log.Peek()
	for _, no := range asked {
		if slices.Contains(closed, no) {
			continue
		}
		why := h.WhyUnfinished(c.agent, no)
		if why == "" {
			why = "it is open again"
		}
		t, _ := h.Task(no)
		x := Unfinished{ID: room.TaskID(no), Why: why}
		if c.agent.SeesTask(t.N) && !t.Holder.Is(c.agent) {
			x.By = t.Holder.Name
		}
		list = append(list, x)
	}
	return list
}
