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

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// watch waits in the place of one agent.
type watch struct {
	*StandbyOptions
	server *client.Client
	ctx    context.Context
	end    context.CancelFunc

	mu    sync.Mutex
	owner client.Seat
	over  What               // why it has ended
	gone  error              // what the server says of that; nil: nothing
	wake  context.CancelFunc // ends the wait in progress; nil: there is none

	// The fields below belong to the goroutine of run.
	cursor   string // after which to wait; "": after what the agent has been handed
	turn     bool   // it was the agent's turn when its wait ended
	looks    bool   // the next call looks what the agent has not read, after page; else it waits after cursor
	page     string // "": after what the agent has been handed
	newest   string // the newest message of which it knows
	behind   bool   // more follows cursor that is older
	failures int    // in a row
	rivals   int    // how often in a row another program took over
	newsAt   time.Time
	waitsAt  time.Time // since when the agent was seen to wait itself; zero: it does not
	told     told
}

func newWatch(ctx context.Context, s client.Seat, server *client.Client, o *StandbyOptions) *watch {
	w := &watch{StandbyOptions: o, server: server, owner: s, newsAt: o.Clock.Now()}
	w.ctx, w.end = context.WithCancel(ctx)
	return w
}

func (w *watch) seat() client.Seat {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.owner
}

// update replaces what is known of the seat: another session may have it now. One that has ended keeps what it
// knew, so that it marks no session that goes on: another watch begins for that.
func (w *watch) update(s client.Seat) {
	w.mu.Lock()
	changed := w.over == "" && !reflect.DeepEqual(s, w.owner)
	if changed {
		w.owner = s
	}
	w.mu.Unlock()
	if changed {
		w.kick()
	}
}

// kick ends a wait in progress, so that the next one begins.
func (w *watch) kick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake != nil {
		w.wake()
	}
}

// stop ends the watch. The first reason counts.
func (w *watch) stop(why What) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = cmp.Or(w.over, why)
	w.end()
}

// why returns why the watch has ended.
func (w *watch) why() What {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// lose ends the watch of a seat that is gone, with what the server says of that.
func (w *watch) lose(why string) {
	w.mu.Lock()
	if why != "" && w.over == "" {
		w.gone = errors.New(why)
	}
	w.mu.Unlock()
	w.stop(SeatGone)
}

// run returns when the watch has ended.
func (w *watch) run() {
	defer w.end()
	w.tell(Watching, "", nil)
	for w.ctx.Err() == nil {
		if pause := w.step(); pause > 0 {
			w.sleep(pause)
		}
	}
	if why := w.why(); why != "" {
		w.tell(why, "", w.gone) // nothing changes that any more
	}
}

const (
	// settle is how long an agent has to read by itself before it is woken.
	settle = time.Second
	// yields is after how long it waits again after another program took over.
	yields     = time.Minute
	yieldsMost = 10 * time.Minute
)

// step makes one call, and returns how long to pause before the next.
func (w *watch) step() (pause time.Duration) {
	if w.GiveUp > 0 && w.Clock.Now().Sub(w.newsAt) >= w.GiveUp {
		w.stop(GaveUp)
		return 0
	}
	looked := w.looks
	got, err := w.call(w.seat().Token)
	switch {
	case errors.Is(err, context.Canceled): // it is time to look, or the watch has ended
		w.looks = true
		return 0
	case err != nil:
		w.lost(err)
		return backoff(w.failures)
	}
	return w.act(got, looked)
}

// act acts on an answer, of a look or of a wait.
func (w *watch) act(got client.Standby, looked bool) (pause time.Duration) {
	switch got.Code {
	case http.StatusOK:
		w.found()
		w.turn = w.turn || got.Status == results.StatusTurn
		if looked {
			return w.unread(got)
		}
		w.heard(got)
		w.lookNext("")
		return settle
	case http.StatusRequestTimeout:
		w.found()
		w.cursor = got.Cursor
		if !looked {
			return got.RetryAfter
		}
		w.waitNext()
		return w.hasRead()
	case http.StatusConflict:
		return w.conflict(got.RetryAfter)
	case http.StatusUnauthorized, http.StatusGone:
		w.lose(got.Why)
		return 0
	}
	w.lost(fmt.Errorf("%s answers %d %s", w.server.Base(), got.Code, http.StatusText(got.Code)))
	if got.Code < http.StatusInternalServerError && got.Code != http.StatusTooManyRequests {
		return yields/2 + rand.N(yields/2) // it says the same until it is another server
	}
	return max(got.RetryAfter, backoff(w.failures))
}

// call waits, or looks what the agent has not read. It is canceled when it is time to
// look again.
func (w *watch) call(token string) (client.Standby, error) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	w.mu.Lock()
	w.wake = cancel
	w.mu.Unlock()
	if w.looks {
		return w.server.Standby(ctx, client.StandbyRequest{Token: token, Peek: true, Cursor: w.page,
			Wait: time.Millisecond})
	}
	if next := w.next(); !next.IsZero() {
		timer := w.Clock.AfterFunc(max(0, next.Sub(w.Clock.Now())), cancel)
		defer timer.Stop()
	}
	return w.server.Standby(ctx, client.StandbyRequest{Token: token, Peek: true, Cursor: w.cursor})
}

// next returns when a wait is to end even if nothing comes; zero: never.
func (w *watch) next() time.Time {
	var end time.Time
	if w.GiveUp > 0 {
		end = w.newsAt.Add(w.GiveUp)
	}
	if due := w.told.due(w.newest); w.told.state == waking && (end.IsZero() || due.Before(end)) {
		return due
	}
	return end
}

// lookNext has the next call look what the agent has not read, after page. So the agent had the time of settle to read
// by itself; what it has not read then is worth a notice.
func (w *watch) lookNext(page string) { w.looks, w.page = true, page }

// waitNext has the next call wait.
func (w *watch) waitNext() { w.looks, w.page = false, "" }

// unread acts on what a look has found that the agent has not read.
func (w *watch) unread(got client.Standby) (pause time.Duration) {
	if !got.HasMore { // else the waits have come further than this
		w.heard(got)
	}
	n := w.newsIn(got)
	switch {
	case !n.Wakes() && got.HasMore: // somebody came or went
		w.lookNext(got.Cursor)
		return settle
	case !n.Wakes():
		w.waitNext()
		w.forget()
		return settle
	}
	w.waitNext()
	w.newsAt = w.Clock.Now()
	first := ""
	if i := slices.IndexFunc(got.Messages, w.wakes); i >= 0 {
		first = got.Messages[i].ID
	}
	w.consider(first, n)
	return 0
}

// heard notes how far it has come.
func (w *watch) heard(got client.Standby) {
	w.cursor = got.Cursor
	for _, m := range slices.Backward(got.Messages) {
		if !w.wakes(m) {
			continue
		}
		if w.behind && w.told.newest == w.newest { // no news, although it hears of it only now
			w.told.newest = m.ID
		}
		w.newest = m.ID
		break
	}
	w.behind = got.HasMore
}

// wakes reports whether an event is worth a notice.
func (w *watch) wakes(m results.Message) bool {
	return m.Type == "message" || m.Type == "knock" || m.OwnTask || w.deedOf(m) != NoDeed
}

// deedOf is what the person behind the agent has done by an event. A person in its own seat hears of its own deeds
// where it does them.
func (w *watch) deedOf(m results.Message) Deed {
	if w.seat().Wake == nil {
		return NoDeed
	}
	return deedOf(m)
}

// newsIn returns what there is to tell of an answer.
func (w *watch) newsIn(got client.Standby) News {
	s := w.seat()
	all, err := w.Seats.All()
	if err != nil {
		all = nil // Run tells of it
	}
	n := News{Where: Where(s, all), At: w.Clock.Now(), More: got.HasMore, Turn: w.turn}
	w.turn = false
	for _, m := range got.Messages {
		switch deed := w.deedOf(m); {
		case deed != NoDeed:
			n.Own = max(n.Own, deed)
		case m.Type == "message":
			n.Messages++
			n.Asked = n.Asked || slices.Contains(m.Ask, s.Name)
		case m.Type == "knock":
			n.Knock = true
		case m.OwnTask:
			n.Task = true
		}
	}
	return n
}

// hasRead notes that the agent has nothing to read. All others may wait for it all the
// same.
func (w *watch) hasRead() (pause time.Duration) {
	w.forget()
	if w.turn {
		w.newsAt = w.Clock.Now()
		w.consider("", w.newsIn(client.Standby{}))
	}
	return 0
}

// forget notes that the agent has read what it was woken for.
func (w *watch) forget() {
	if w.told.times > 0 {
		w.tell(Read, "", nil)
	}
	w.told = told{}
}

// conflict makes way for another program that waits in the place of the agent, or for the agent's
// own wait, which reads what there is. A server that is killed then may not remember how far.
func (w *watch) conflict(again time.Duration) (pause time.Duration) {
	if again > 0 {
		w.forget()
		w.turn = false
		return max(again, w.patience())
	}
	if w.rivals == 0 {
		w.tell(TakenOver, "", nil)
	}
	pause = min(yields<<min(w.rivals, 8), yieldsMost)
	w.rivals++
	return pause/2 + rand.N(pause/2)
}

// found notes that the server lets it wait.
func (w *watch) found() {
	if w.failures > 0 {
		w.tell(Found, "", nil)
	}
	w.failures, w.rivals, w.waitsAt = 0, 0, time.Time{}
}

// How often to look again whether an agent still waits itself: every second, which the server
// asks for, then less often.
const (
	waitsBriefly = 10 * time.Second // so long it is every second
	lookSoon     = 2 * time.Second
	waitsLong    = 5 * time.Minute // and so long lookSoon
	lookLate     = 15 * time.Second
)

// patience returns how soon to look again whether an agent still waits itself: it must not go
// idle unnoticed. Only Claude Code waits for longer than five minutes, and it goes on by itself
// when such a wait ends.
func (w *watch) patience() time.Duration {
	w.newsAt = w.Clock.Now()
	if w.waitsAt.IsZero() {
		w.waitsAt = w.newsAt
	}
	switch waits := w.newsAt.Sub(w.waitsAt); {
	case waits > waitsLong:
		return lookLate
	case waits > waitsBriefly:
		return lookSoon
	}
	return 0
}

// lost counts a call that failed.
func (w *watch) lost(err error) {
	if w.failures == 0 {
		w.tell(Lost, "", err)
	}
	w.failures++
}

const (
	backoffLeast = 500 * time.Millisecond
	backoffMost  = 15 * time.Second
)

// backoff returns how long to pause after so many failures in a row: at random up to a
// bound that doubles, so that many programs do not call at the same time.
func backoff(failures int) time.Duration {
	return rand.N(min(backoffLeast<<min(failures, 8), backoffMost))
}

// sleep pauses, unless the watch ends or is kicked.
func (w *watch) sleep(d time.Duration) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	w.mu.Lock()
	w.wake = cancel
	w.mu.Unlock()
	timer := w.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
	case <-ctx.Done():
	}
}

// tell reports what happened.
func (w *watch) tell(what What, text string, err error) {
	s := w.seat()
	e := Event{At: w.Clock.Now().UTC().Truncate(time.Second), Room: s.Room, Name: s.Name, What: what, Text: text}
	if err != nil {
		e.Error = err.Error()
	}
	w.Tell(e)
}

// consider wakes the agent, if told decides so: agents in the middle of a turn read by themselves, and each notice
// costs a turn. first is the oldest message that the agent has not read; if that has changed, the agent has read in
// between.
func (w *watch) consider(first string, n News) {
	if w.told.first != first {
		w.told = told{first: first}
	}
	if !w.told.wakesAt(w.Clock.Now(), w.newest) {
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
		w.tell(Woken, said, nil)
		w.told.woken(w.Clock.Now(), w.newest)
	case errors.Is(err, ErrEnded):
		w.stop(SessionEnded)
	default:
		if w.told.deaf == 0 {
			w.tell(NotWoken, said, err)
		}
		w.told.missed(w.Clock.Now())
	}
}
