package wake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// watch waits in the place of one agent.
type watch struct {
	*StandbyOptions
	server *client.Client
	ctx    context.Context
	cancel context.CancelFunc

	mu            sync.Mutex
	owner         client.Seat
	reason        What               // why the watch has ended; "": it goes on
	refusal       error              // why the seat is gone or needs a key, for people; nil: unknown
	interruptCall context.CancelFunc // ends the wait in progress; nil: there is none

	// The fields below belong to the goroutine of run.
	cursor    string    // of the next wait; "": that of the agent
	owesTurn  bool      // it was the agent's turn when a wait ended
	peeks     bool      // the next call is a peek after peekAfter; else it is a wait after cursor
	peekAfter string    // the cursor of the next peek; "": that of the agent
	newest    string    // the newest message that the watch knows
	behind    bool      // messages follow cursor that are older than newest
	failures  int       // of calls, in a row
	needsKey  bool      // the server has asked for a key since its last answer
	rivals    int       // how often in a row another program took over, or the server did not know the seat
	newsAt    time.Time // of the last message
	waitsAt   time.Time // since when the agent is known to wait; zero: it does not wait
	reminder  reminder
}

func newWatch(ctx context.Context, s client.Seat, server *client.Client, o *StandbyOptions) *watch {
	w := &watch{StandbyOptions: o, server: server, owner: s, newsAt: o.Clock.Now()}
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

func (w *watch) seat() client.Seat {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.owner
}

// update replaces what is known of the seat: another session may have the seat now. A watch that has ended keeps what
// it knew. Otherwise the ended watch would mark the new session as ended, although another watch begins for it. A new
// mark, that the server does not know the seat, is no reason to ask again at once; that a command has taken it away is.
func (w *watch) update(s client.Seat) {
	w.mu.Lock()
	was := w.owner
	if !s.UnknownAt.IsZero() {
		was.UnknownAt = s.UnknownAt
	}
	changed := w.reason == "" && !reflect.DeepEqual(s, was)
	if w.reason == "" {
		w.owner = s
	}
	w.mu.Unlock()
	if changed {
		w.interrupt()
	}
}

// interrupt ends a wait in progress, so that the next wait begins.
func (w *watch) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.interruptCall != nil {
		w.interruptCall()
	}
}

// endFor ends the watch. The first reason counts.
func (w *watch) endFor(why What) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reason = cmp.Or(w.reason, why)
	w.cancel()
}

// endedFor returns why the watch has ended.
func (w *watch) endedFor() What {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reason
}

// endWith is endFor with a reason for people, or nil.
func (w *watch) endWith(what What, why error) {
	w.mu.Lock()
	if w.reason == "" {
		w.refusal = why
	}
	w.mu.Unlock()
	w.endFor(what)
}

// run makes calls until the watch has ended.
func (w *watch) run() {
	defer w.cancel()
	w.report(Watching, "", nil)
	for w.ctx.Err() == nil {
		if pause := w.step(); pause > 0 {
			w.sleep(pause)
		}
	}
	if why := w.endedFor(); why != "" {
		w.report(why, "", w.refusal) // refusal changes no more once the watch has ended
	}
}

const (
	// readTime is how long an agent has to read a message before it is woken.
	readTime = time.Second
	// rivalPause is how long the watch pauses after another program took over. The pause doubles up to rivalPauseMost.
	rivalPause     = time.Minute
	rivalPauseMost = 10 * time.Minute
)

// step makes one call, and returns how long to pause before the next call.
func (w *watch) step() (pause time.Duration) {
	if w.GiveUp > 0 && w.Clock.Now().Sub(w.newsAt) >= w.GiveUp {
		w.endFor(GaveUp)
		return 0
	}
	peeked := w.peeks
	got, err := w.call(w.seat().Token)
	switch {
	case errors.Is(err, context.Canceled): // it is time to peek, or the watch has ended
		w.peeks = true
		return 0
	case err != nil:
		w.recordFailure(err)
		return backoff(w.failures)
	}
	return w.handle(got, peeked)
}

// handle does what follows an answer to a peek or to a wait.
func (w *watch) handle(got client.Standby, peeked bool) (pause time.Duration) {
	if got.IsAdmitted() && !w.seat().UnknownAt.IsZero() {
		w.recordTrouble(w.Seats.MarkKnown(w.seat().Token))
	}
	switch got.Code {
	case http.StatusOK:
		w.recordAnswer()
		w.owesTurn = w.owesTurn || got.Status == results.StatusTurn
		if peeked {
			return w.handleUnread(got)
		}
		w.recordNewest(got)
		w.peekNext("")
		return readTime
	case http.StatusRequestTimeout:
		w.recordAnswer()
		w.cursor = got.Cursor
		if !peeked {
			return got.RetryAfter
		}
		w.waitNext()
		return w.handleNothingUnread()
	case http.StatusConflict:
		return w.handleConflict(got.RetryAfter)
	case http.StatusUnauthorized, http.StatusGone:
		switch {
		case got.Unadmitted:
			return w.admit()
		case got.Unknown:
			return w.handleUnknown(got.Why)
		}
		var why error
		if got.Why != "" {
			why = errors.New(got.Why)
		}
		w.endWith(SeatGone, why)
		return 0
	}
	w.recordFailure(fmt.Errorf("%s answers %d %s", w.server.Base(), got.Code, http.StatusText(got.Code)))
	if got.Code < http.StatusInternalServerError && got.Code != http.StatusTooManyRequests {
		return rivalPause/2 + rand.N(rivalPause/2) // the answer stays the same until another server is there
	}
	return max(got.RetryAfter, backoff(w.failures))
}

// admit shows the person's key for a seat from before the server asked for keys, and does what follows what is new.
// Without a key, a person reads what to do; an agent's own client may show a key at any time.
func (w *watch) admit() (pause time.Duration) {
	seat := w.seat()
	if w.Admit == nil {
		w.endFor(NeedsKey)
		return 0
	}
	got, err := w.Admit(w.ctx, seat)
	switch {
	case w.ctx.Err() != nil:
		return 0
	case err == nil:
		w.recordAnswer()
		return w.handleUnread(client.Standby{Waited: results.Waited{Messages: got.Messages, HasMore: got.HasMore,
			Cursor: got.Cursor}})
	case errors.As(err, new(*client.Unreachable)), fault.CodeOf(err) == fault.Unavailable,
		fault.CodeOf(err) == fault.RateLimited:
		w.recordFailure(err)
		return backoff(w.failures)
	case seat.OfShell():
		w.endWith(NeedsKey, err)
		return 0
	}
	if !w.needsKey { // not Lost: the server answers
		w.report(NeedsKey, "", err)
	}
	w.needsKey = true
	return rivalPause/2 + rand.N(rivalPause/2)
}

// call waits for a message, or peeks at what the agent has not read. A wait is canceled when endsAt says so.
func (w *watch) call(token string) (client.Standby, error) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	w.mu.Lock()
	w.interruptCall = cancel
	w.mu.Unlock()
	if w.peeks {
		return w.server.Standby(ctx, client.StandbyRequest{Token: token, Peek: true, Cursor: w.peekAfter,
			Wait: time.Millisecond})
	}
	if next := w.endsAt(); !next.IsZero() {
		timer := w.Clock.AfterFunc(max(0, next.Sub(w.Clock.Now())), cancel)
		defer timer.Stop()
	}
	return w.server.Standby(ctx, client.StandbyRequest{Token: token, Peek: true, Cursor: w.cursor})
}

// endsAt returns when a wait is to end although no message comes; zero: never.
func (w *watch) endsAt() time.Time {
	var end time.Time
	if w.GiveUp > 0 {
		end = w.newsAt.Add(w.GiveUp)
	}
	if due := w.reminder.due(w.newest); w.reminder.state == waking && (end.IsZero() || due.Before(end)) {
		return due
	}
	return end
}

// peekNext makes the next call a peek, after page. The caller pauses for readTime first, so that the agent can read
// without a notice.
func (w *watch) peekNext(page string) { w.peeks, w.peekAfter = true, page }

// waitNext makes the next call a wait.
func (w *watch) waitNext() { w.peeks, w.peekAfter = false, "" }

// handleUnread does what follows a peek that found something the agent has not read.
func (w *watch) handleUnread(got client.Standby) (pause time.Duration) {
	if !got.HasMore { // else the cursor of the waits is already beyond this answer
		w.recordNewest(got)
	}
	n := w.newsIn(got)
	switch {
	case !n.Wakes() && got.HasMore: // somebody came or went
		w.peekNext(got.Cursor)
		return readTime
	case !n.Wakes():
		w.waitNext()
		w.recordRead()
		return readTime
	}
	w.waitNext()
	w.newsAt = w.Clock.Now()
	first := ""
	if i := slices.IndexFunc(got.Messages, w.wakes); i >= 0 {
		first = got.Messages[i].ID
	}
	w.wakeIfDue(first, n)
	return 0
}

// recordNewest records the cursor of an answer and its newest message.
func (w *watch) recordNewest(got client.Standby) {
	w.cursor = got.Cursor
	for _, message := range slices.Backward(got.Messages) {
		if !w.wakes(message) {
			continue
		}
		if w.behind && w.reminder.newest == w.newest { // the watch only learns of it late: no news
			w.reminder.newest = message.ID
		}
		w.newest = message.ID
		break
	}
	w.behind = got.HasMore
}

// wakes reports whether an event is worth a notice.
func (w *watch) wakes(m results.Message) bool {
	return m.Type == "message" || m.Type == "knock" || m.OwnTask || w.deedOf(m) != NoDeed
}

// deedOf returns what the person behind the agent has done by an event. In a person's own seat there is no deed to
// tell: the person was told where the deed was done.
func (w *watch) deedOf(m results.Message) Deed {
	if w.seat().Wake == nil {
		return NoDeed
	}
	return deedOf(m)
}

// newsIn returns what a notice says of an answer.
func (w *watch) newsIn(got client.Standby) News {
	s := w.seat()
	all, err := w.Seats.All()
	if err != nil {
		all = nil // Standby reports the trouble with the file
	}
	n := News{Where: Where(s, all), At: w.Clock.Now(), More: got.HasMore, Turn: w.owesTurn}
	w.owesTurn = false
	for _, message := range got.Messages {
		switch deed := w.deedOf(message); {
		case deed != NoDeed:
			n.Own = max(n.Own, deed)
		case message.Type == "message":
			n.Messages++
			n.Asked = n.Asked || slices.Contains(message.Ask, s.Name)
		case message.Type == "knock":
			n.Knock = true
		case message.OwnTask:
			n.Task = true
		}
	}
	return n
}

// handleNothingUnread does what follows a peek that found nothing: the others may still wait for the agent's turn.
func (w *watch) handleNothingUnread() (pause time.Duration) {
	w.recordRead()
	if w.owesTurn {
		w.newsAt = w.Clock.Now()
		w.wakeIfDue("", w.newsIn(client.Standby{}))
	}
	return 0
}

// recordRead records that the agent has read what it was woken for.
func (w *watch) recordRead() {
	if w.reminder.wakes > 0 {
		w.report(Read, "", nil)
	}
	w.reminder = reminder{}
}

// handleConflict pauses while the agent itself waits, or another program waits in its place. again is how soon to ask
// whether the agent still waits; 0: another program waits.
func (w *watch) handleConflict(again time.Duration) (pause time.Duration) {
	if again > 0 {
		w.recordRead()
		w.owesTurn = false
		return max(again, w.pollPause())
	}
	return w.recordRival(TakenOver, nil)
}

// recordRival reports the first in a row of answers that rarely change soon, and returns how long to pause.
func (w *watch) recordRival(what What, err error) (pause time.Duration) {
	if w.rivals == 0 {
		w.report(what, "", err)
	}
	pause = min(rivalPause<<min(w.rivals, 8), rivalPauseMost)
	w.rivals++
	return pause/2 + rand.N(pause/2)
}

// handleUnknown marks the seat, which the server does not know, and asks less and less often: the server may serve
// other rooms for now. The watch ends once the file forgets the seat: see client.TokenStore.MarkUnknown. why is what
// the server says.
func (w *watch) handleUnknown(why string) (pause time.Duration) {
	w.newsAt = w.Clock.Now()
	w.failures++ // the answer after this one is reported
	w.recordTrouble(w.Seats.MarkUnknown(w.seat().Token, w.newsAt))
	return w.recordRival(Unknown, errors.New(why))
}

// recordTrouble reports that the file of seats could not be written, if err says so.
func (w *watch) recordTrouble(err error) {
	if err != nil {
		w.report(Trouble, "", err)
	}
}

// recordAnswer records that the server answered.
func (w *watch) recordAnswer() {
	if w.failures > 0 || w.needsKey {
		w.report(Found, "", nil)
	}
	w.needsKey, w.failures, w.rivals, w.waitsAt = false, 0, 0, time.Time{}
}

// How often a watch asks whether the agent still waits: every second at first, as the server wants, then less often.
const (
	waitsBriefly = 10 * time.Second // up to here every second
	pollSoon     = 2 * time.Second
	waitsLong    = 5 * time.Minute // up to here every pollSoon, then every pollLate
	pollLate     = 15 * time.Second
)

// pollPause returns how soon to ask whether the agent still waits: an agent must not go idle unnoticed. Only Claude
// Code waits for longer than five minutes, and begins a turn when such a wait ends.
func (w *watch) pollPause() time.Duration {
	w.newsAt = w.Clock.Now()
	if w.waitsAt.IsZero() {
		w.waitsAt = w.newsAt
	}
	switch waits := w.newsAt.Sub(w.waitsAt); {
	case waits > waitsLong:
		return pollLate
	case waits > waitsBriefly:
		return pollSoon
	}
	return 0
}

// recordFailure counts a call that failed, and reports the first in a row.
func (w *watch) recordFailure(err error) {
	if w.failures == 0 {
		w.report(Lost, "", err)
	}
	w.failures++
}

const (
	backoffLeast = 500 * time.Millisecond
	backoffMost  = 15 * time.Second
)

// backoff returns how long to pause after so many failures in a row: a random time below a bound that doubles, so that
// many programs do not call at the same time.
func backoff(failures int) time.Duration {
	return rand.N(min(backoffLeast<<min(failures, 8), backoffMost))
}

// sleep pauses until d has passed, or the watch ends or is interrupted.
func (w *watch) sleep(d time.Duration) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	w.mu.Lock()
	w.interruptCall = cancel
	w.mu.Unlock()
	timer := w.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
	case <-ctx.Done():
	}
}

// report tells the caller of Standby what happened to the seat.
func (w *watch) report(what What, text string, err error) {
	s := w.seat()
	e := Event{At: w.Clock.Now().UTC().Truncate(time.Second), Room: s.Room, Name: s.Name, What: what, Text: text}
	if err != nil {
		e.Error = err.Error()
	}
	w.Tell(e)
}

// wakeIfDue wakes the agent if reminder says so: an agent in the middle of a turn reads without a notice, and each
// notice costs a turn. first is the oldest message that the agent has not read. If another message was the oldest
// before, the agent has read meanwhile. The time of n decides, which the agent and its person see.
func (w *watch) wakeIfDue(first string, n News) {
	if w.reminder.oldest != first {
		w.reminder = reminder{oldest: first}
	}
	if !w.reminder.wakesAt(n.At, w.newest) {
		return
	}
	seat, said := w.seat(), n.String()
	if seat.OfShell() {
		said = n.ForPerson()
	}
	err := w.Notify(w.ctx, seat, n)
	switch {
	case w.ctx.Err() != nil:
	case err == nil:
		w.report(Woken, said, nil)
		w.reminder.recordWoken(w.Clock.Now(), w.newest)
	case errors.Is(err, ErrEnded):
		w.endFor(SessionEnded)
	default:
		if w.reminder.failures == 0 {
			w.report(NotWoken, said, err)
		}
		w.reminder.recordFailure(w.Clock.Now())
	}
}
