package randomtest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// agent is one that obeys. Its habits differ from others', and what it does at a
// moment is drawn from the schedule.
type agent struct {
	*run
	index   int
	name    string
	alone   bool                 // it is a person without an agent
	cursors bool                 // it passes its cursor with what it sends
	standby bool                 // a program waits for it
	forMe   bool                 // it is woken only by what is meant for it
	waits   time.Duration        // how long it waits at a time
	pace    func() time.Duration // how long it thinks
	service func() *chat.Service // which it calls
	token   string
	id      ident.Token
	cursor  string

	losesAt time.Time // when its wait is lost; zero: it is not
	at      time.Time // when it acts; zero: it is in a call, or does nothing any more
	call    *call     // under way
	cancel  context.CancelFunc
	gone    bool // it has left
	crashed bool // it never calls again

	supervises  bool // somebody is behind it
	supervision supervision
	paused      bool                        // as far as it knows
	pending     map[string]chat.SendRequest // its drafts, by their ids

	draft *chat.SendRequest // held back
	held  bool              // others have held back a message, and none has gone through since
	again *chat.SendRequest // its answer was lost
	owes  []task            // what it has read and wants to answer
	open  []string          // the ids of its own open requests
	turn  bool              // it was given the turn
	heard bool              // others spoke

	own     int64          // the event of the send whose result it reads: that does not repeat it
	handed  map[int64]bool // events
	ownEnd  time.Time      // of the last call that a program did not make
	lastEnd time.Time      // of its last call
	planned time.Time      // when the last of its waits was to end
	since   time.Time      // since when it waits without a pause
	back    time.Time      // its announced return
	told    time.Time      // when it announced that

	presentSince time.Time // zero: it was absent, or has only looked since; see companySince
}

// task is a request to answer.
type task struct {
	id       string
	from     string
	proposal bool
}

// call is a call under way.
type call struct {
	what    string
	cursor  string
	began   time.Time
	until   time.Time // the end of its wait; zero: it does not wait
	send    *chat.SendRequest
	looks   bool // it lasts no time, and says nothing
	repeats bool // the answer of the same call was lost
	lost    bool // its client gave up
}

// outcome is the end of a call.
type outcome struct {
	agent   *agent
	call    *call
	seated  *chat.Seated
	sent    *chat.Sent
	waited  *chat.Waited
	left    *chat.Left
	managed bool
	err     error
}

// speaks reports whether the agent was given something to do.
func (o outcome) speaks() bool {
	w := o.waited
	if o.sent != nil {
		w = &o.sent.Waited
	}
	return w != nil && (len(w.Messages) > 0 || w.Status == chat.StatusTurn || w.Status == chat.StatusAllDone)
}

// start begins a call in the background.
func (a *agent) start(c *call, do func(ctx context.Context, s *chat.Service, o *outcome)) {
	ctx, cancel := context.WithCancel(a.ctx)
	c.began = time.Now()
	if !a.isPresent(c.began) {
		a.presentSince = time.Time{}
	}
	if a.presentSince.IsZero() && !c.looks {
		a.presentSince = c.began
	}
	a.at, a.call, a.cancel = time.Time{}, c, cancel
	if !c.until.IsZero() && (a.standby || a.since.IsZero() || !a.lastEnd.Equal(c.began)) {
		a.since = c.began
	}
	s := a.service()
	a.note("%s: %s ...", a.name, c.what)
	go func() {
		defer cancel()
		o := outcome{agent: a, call: c}
		do(ctx, s, &o)
		a.results <- o
	}()
}

// given returns the cursor that a passes with what it sends.
func (a *agent) given() string {
	if !a.cursors {
		return ""
	}
	return a.cursor
}

// hear takes in the end of a call.
func (a *agent) hear(o outcome) {
	if a.call != o.call {
		return
	}
	a.call, a.cancel, a.losesAt = nil, nil, time.Time{}
	if o.err == nil || o.call.lost { // a refused call says nothing about its agent
		a.lastEnd = time.Now()
		if !a.standby || o.call.send != nil || o.call.until.IsZero() {
			a.ownEnd = a.lastEnd
		}
	}
	if o.call.lost {
		a.note("%s: %s lost", a.name, o.call.what)
		if !a.crashed {
			a.at = time.Now().Add(a.pace())
		}
		return
	}
	if o.err != nil && o.managed { // there is nobody of that name, or it is an admin
		a.at = time.Now().Add(a.pace())
		return
	}
	if o.err != nil {
		a.refused(o)
		return
	}
	if a.losesAnswer(o) {
		return
	}
	think := a.pace()
	switch {
	case o.seated != nil:
		a.sits(*o.seated)
	case o.left != nil:
		a.gone = true
		a.note("%s: left", a.name)
		return
	case o.sent != nil:
		a.said(o)
	case o.managed:
		a.note("%s: %s", a.name, o.call.what)
	default:
		a.note("%s: %s %s %s", a.name, o.call.what, o.waited.Status, ids(o.waited.Messages))
		a.listened(o.call, *o.waited)
		waits := !o.call.until.IsZero() && o.waited.AwayUntil.IsZero()
		if waits && o.waited.Status == chat.StatusQuiet && a.chance(0.8) {
			think = 0
		}
		if o.waited.Status == chat.StatusRemoved {
			a.gone = true
			return
		}
	}
	if a.chance(crashRate) && a.drainTo.IsZero() {
		a.crashed = true
		a.note("%s: crashes", a.name)
		return
	}
	a.at = time.Now().Add(think)
}

// losesAnswer drops the answer of a call, as happens where a connection breaks. The
// agent repeats the call, but for a send without a cursor, which nothing would show to be repeated.
func (a *agent) losesAnswer(o outcome) bool {
	switch {
	case o.sent == nil && o.waited == nil, a.words <= 0, !a.cursors && o.sent != nil:
		return false
	case !a.chance(0.03):
		return false
	}
	a.note("%s: the answer of %s is lost", a.name, o.call.what)
	a.at = time.Now().Add(a.pace())
	switch {
	case o.sent == nil:
		a.checkStatus(o.call, *o.waited)
	case o.sent.Sent:
		a.again = o.call.send
		a.checkSent(o.call, *o.sent)
		a.checkStatus(o.call, o.sent.Waited)
	case o.sent.Waited.Status == chat.StatusPaused || o.sent.Waited.Status == chat.StatusPending:
		a.again = o.call.send
	default:
		a.again = o.call.send
		a.checkHold(o.call, *o.sent)
	}
	return true
}

// refused takes in an error.
func (a *agent) refused(o outcome) {
	switch code := fault.CodeOf(o.err); {
	case errors.Is(o.err, context.Canceled):
	case code == fault.InvalidArgument && o.call.send != nil: // another was first
		a.note("%s: %s refused: %v", a.name, o.call.what, o.err)
		a.draft, a.again = nil, nil
		if i := slices.IndexFunc(a.owes, func(t task) bool { return t.id == o.call.send.ReplyTo }); i >= 0 {
			a.owes = slices.Delete(a.owes, i, i+1)
		}
		a.open = slices.DeleteFunc(a.open, func(id string) bool { return id == o.call.send.Withdraw })
		a.at = time.Now().Add(a.pace())
	case code == fault.NotAllowed && o.call.send != nil: // it is muted
		a.note("%s: is muted", a.name)
		a.draft, a.owes = nil, nil
		a.at = time.Now().Add(a.pace())
	case code == fault.Paused && o.call.send == nil: // it does not know yet
		a.note("%s: must not %s", a.name, o.call.what)
		a.at = time.Now().Add(a.pace())
	case (code == fault.RoomFull || code == fault.RoomNotFound) && o.call.what == "join":
		a.gone = true
		a.note("%s: finds no seat", a.name)
	default:
		a.fail("%s: %s: %v", a.name, o.call.what, o.err)
	}
}

func (a *agent) sits(got chat.Seated) {
	id, err := ident.ParseToken(got.Token)
	if err != nil {
		a.t.Fatal(err)
	}
	a.token, a.id, a.cursor = got.Token, id, got.Cursor
	a.readLog()
	a.note("%s: seat %d, cursor %d", a.name, id.Seat, a.number(got.Cursor))
	a.opens(got.Watch)
}

// number returns the event of a cursor of a.
func (a *agent) number(cursor string) int64 {
	c, ok := a.id.ParseCursor(cursor)
	if !ok {
		a.fail("%s: cursor %q is none of its seat", a.name, cursor)
	}
	return c.N
}

// said takes in the result of a send.
func (a *agent) said(o outcome) {
	req, got := *o.call.send, *o.sent
	if got.Sent || got.Waited.Status == chat.StatusPending {
		a.held = false
	}
	if a.isReined(req, got) {
		return
	}
	if !got.Sent {
		a.note("%s: held back %q by %s", a.name, req.Text, ids(got.Waited.Messages))
		a.checkHold(o.call, got)
		a.checkOnce(o.call, got)
		a.draft, a.again = &req, nil
		a.listened(o.call, got.Waited)
		return
	}
	a.note("%s: sent %q, %s %s", a.name, req.Text, got.Waited.Status, ids(got.Waited.Messages))
	a.checkSent(o.call, got)
	a.draft, a.again, a.turn, a.heard = nil, nil, false, false
	a.spoke(req, got.ID)
	a.own = a.find(got.ID)
	a.listened(o.call, got.Waited)
	a.own = 0
}

// spoke notes what a message of a, with an id, has answered, asked and taken back.
func (a *agent) spoke(req chat.SendRequest, id string) {
	a.owes = slices.DeleteFunc(a.owes, func(t task) bool { return t.id == req.ReplyTo })
	if req.Kind == room.Request || req.Kind == room.Proposal || len(req.Ask) > 0 {
		a.open = append(a.open, id)
	}
	a.open = slices.DeleteFunc(a.open, func(id string) bool { return id == req.Withdraw })
}

// listened takes in what a call was handed.
func (a *agent) listened(c *call, got chat.Waited) {
	a.read(c.cursor, got.Messages, got.Cursor)
	a.checkStatus(c, got)
	a.turn = got.Status == chat.StatusTurn
	if !c.until.IsZero() && got.Status != chat.StatusQuiet {
		a.since = time.Time{}
	}
	for _, m := range got.Messages {
		a.hearOfPerson(m)
		a.hearOf(m)
	}
}

// hearOf notes what a message wants.
func (a *agent) hearOf(m chat.Message) {
	if m.Type != chat.EventSaid {
		return
	}
	a.heard = a.heard || m.Kind != room.Status
	anyone := m.Kind == room.Request && len(m.Ask) == 0
	if t := (task{m.ID, m.From, m.Kind == room.Proposal}); (anyone || slices.Contains(m.Ask, a.name)) &&
		!slices.Contains(a.owes, t) {
		a.owes = append(a.owes, t)
	}
	if m.Withdraws != "" {
		a.owes = slices.DeleteFunc(a.owes, func(t task) bool { return t.id == m.Withdraws })
	}
}

// ids renders messages.
func ids(ms []chat.Message) (s string) {
	for _, m := range ms {
		s += " " + string(m.Type) + ":" + m.Text
	}
	return s
}
