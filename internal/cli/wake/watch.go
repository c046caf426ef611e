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
	looks    bool   // the next call looks what the agent has not read
	page     string // after which it looks; "": after what the agent has been handed
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
		return w.news(got, looked)
	case http.StatusRequestTimeout:
		w.found()
		w.cursor = got.Cursor
		if !looked {
			return got.RetryAfter
		}
		w.looks, w.page = false, ""
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
	due := w.told.due(w.newest)
	if w.GiveUp <= 0 {
		return due
	}
	end := w.newsAt.Add(w.GiveUp)
	if due.IsZero() || end.Before(due) {
		return end
	}
	return due
}

// news takes what an answer brings. After a wait it leaves the agent the time to read by
// itself; what it has not read then is worth a notice.
func (w *watch) news(got client.Standby, looked bool) (pause time.Duration) {
	w.turn = w.turn || got.Status == results.StatusTurn
	if !looked {
		w.heard(got)
		w.looks, w.page = true, ""
		return settle
	}
	if !got.HasMore { // else the waits have come further than this
		w.heard(got)
	}
	n := w.newsIn(got)
	if !n.Wakes() { // somebody came or went
		w.looks, w.page = got.HasMore, got.Cursor
		if !w.looks {
			w.forget()
		}
		return settle
	}
	w.looks, w.page = false, ""
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

// repeats returns after how long an agent is woken again that has not read, each time.
// After that it is left alone until it has read.
func repeats() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
}

// An agent may have read what the server shows as unread: a server that was killed forgot
// it, or another one does not know yet. So a newer message wakes the agent again, after
// newsFirst. The time doubles up to newsMost with each notice for the same oldest message,
// so that a busy room does not cost a turn for each message.
const (
	newsFirst = 15 * time.Second
	newsMost  = 2 * time.Minute
)

const (
	// deafFirst is when an agent is tried again that could not be woken, mostly since its
	// turn is not over. The time doubles up to deafMost; after deafTimes, which take longer
	// than the eight hours that its Stop hook would wait, it is left alone.
	deafFirst = time.Second
	deafMost  = 2 * time.Minute
	deafTimes = 280
)

// told is what the agent was last woken for.
type told struct {
	first   string    // the oldest message that it had not read
	newest  string    // the newest message then
	times   int       // how often it was woken for it
	repeats int       // how often of these since it had not read for long
	deaf    int       // how often in a row it could not be
	again   time.Time // when to do it again; zero: only when it has read
	news    time.Time // when to do it if there is a newer message, unless again is zero
}

// due returns when to wake the agent again if newest is the newest message; zero: only
// when it has read.
func (t told) due(newest string) time.Time {
	if newest != t.newest && t.news.Before(t.again) {
		return t.news
	}
	return t.again
}

// woken notes a notice.
func (t *told) woken(now time.Time, newest string) {
	if t.times > 0 && !now.Before(t.again) {
		t.repeats++
	}
	t.deaf, t.newest = 0, newest
	t.news = now.Add(min(newsFirst<<min(t.times, 8), newsMost))
	t.times++
	after := repeats()
	switch {
	case t.first == "" || t.repeats >= len(after):
		t.again = time.Time{}
	case t.times == 1 || !now.Before(t.again):
		t.again = now.Add(after[t.repeats])
	case t.again.Before(t.news): // one notice is enough for now
		t.again = t.news
	}
}

// missed notes that the agent could not be woken.
func (t *told) missed(now time.Time) {
	t.again = time.Time{}
	if t.deaf < deafTimes {
		t.again = now.Add(min(deafFirst<<min(t.deaf/4, 8), deafMost))
	}
	t.news = t.again
	t.deaf++
}

// consider wakes the agent unless it was woken shortly ago for the same: agents in the middle of
// a turn read by themselves, and each notice costs a turn. first is the oldest message that it has
// not read; if that has changed, it has read in between.
func (w *watch) consider(first string, n News) {
	if w.told.first != first {
		w.told = told{first: first}
	}
	fresh, due := w.told.times == 0 && w.told.deaf == 0, w.told.due(w.newest)
	if !fresh && (due.IsZero() || w.Clock.Now().Before(due)) {
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
