package shell

import (
	"context"
	"errors"
	"math"
	"os"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

const (
	// lookEvery is how often a follower reads without news. Events that wake nobody, such as joins in a crowd, appear
	// at most this late.
	lookEvery = 15 * time.Second
	// sharedEvery is how often a follower reads while another command waits on the same seat and gets the news.
	sharedEvery = time.Second
	// unadmittedEvery is how often a follower reads where the server admits no peek of the seat.
	unadmittedEvery = 2 * time.Second
	// yieldFor is how long a follower leaves the peek to another follower of the seat.
	yieldFor = time.Minute
	// heedEvery is how often a follower checks whether this person has said something in another terminal: the server
	// does not tell an agent its own words.
	heedEvery = 250 * time.Millisecond
)

// How a peek ends: the HTTP status of GET /v1/wait.
const (
	spoken  = 200
	unknown = 401 // the token
	quiet   = 408
	taken   = 409 // another wait of the seat has begun
	vacated = 410
)

// follower reads a room after one message. Its place is the id of the last message that the follower has shown. The
// place outlives connections and servers: nothing is lost, and nothing is shown twice. The follower reads the history
// and only peeks, so commands at the same time take no messages from each other.
type follower struct {
	s     *session
	after string
	see   func(entry) (done bool, err error)
}

// follow calls see for each message behind the message after, in order, until see is done or ctx ends. follow outlasts
// a server that cannot be reached.
func (s *session) follow(ctx context.Context, after string, see func(entry) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{s: s, after: after, see: see}
	news, closed, ended := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.listen(ctx, news, closed)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	own := s.clock.NewTicker(heedEvery)
	defer own.Stop()
	look := s.clock.NewTicker(lookEvery)
	defer look.Stop()
	touched := lastTouch(s.file)
	for last := false; ; {
		if done, err := f.poll(ctx); done || err != nil {
			return err
		}
		if last {
			return &fault.Error{Code: fault.RoomClosed}
		}
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-closed:
				last, again = true, true // earlier messages are still to be shown
			case <-news:
				again = true
			case <-look.Chan():
				again = true
			case <-own.Chan():
				now := lastTouch(s.file)
				again, touched = now != touched, now
			}
		}
	}
}

// poll shows new messages. poll tries until the server answers.
func (f *follower) poll(ctx context.Context) (done bool, err error) {
	for more := true; more; {
		var page []entry
		err := f.s.persist(ctx, passing, func() (err error) {
			page, more, err = f.next(ctx)
			return err
		})
		if err != nil {
			return false, err
		}
		for _, e := range page {
			if done, err := f.see(e); done || err != nil {
				return done, err
			}
			f.after = e.ID
		}
	}
	return false, nil
}

// next returns messages after the place of the follower. If everything had expired, there is no place, and next returns
// all messages.
func (f *follower) next(ctx context.Context) (page []entry, more bool, err error) {
	if f.after == "" {
		return f.s.latest(ctx, math.MaxInt, args{})
	}
	return f.s.history(ctx, args{"after": f.after, "limit": pageSize})
}

// listen sends on news when there may be news, until ctx ends. listen closes closed when the seat can get no more news.
func (s *session) listen(ctx context.Context, news chan<- struct{}, closed chan<- struct{}) {
	ring := func() {
		select {
		case news <- struct{}{}:
		default: // a signal waits already
		}
	}
	r := client.StandbyRequest{Token: s.seat.Token, Peek: true}
	for wait := time.Duration(0); ; {
		if wait > 0 && !pause(ctx, s.clock, wait) {
			return
		}
		began := s.clock.Now()
		got, err := s.client.Standby(ctx, r)
		if got.Cursor != "" {
			r.Cursor = got.Cursor
		}
		wait = 0
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && got.Code == spoken:
			ring()
		case err == nil && got.Code == quiet:
			if s.clock.Since(began) < time.Second { // a server that lets nobody wait
				wait = time.Second
			}
		case err == nil && got.Code == taken:
			if !s.share(ctx, got.RetryAfter > 0, ring) {
				return
			}
		case err == nil && got.Code == unknown: // a seat from before the server asked for keys admits nobody
			ring() // if the server does not know the token, the next read ends the follower
			wait = unadmittedEvery
		case err == nil && got.Code == vacated:
			close(closed)
			return
		default:
			ring()
			wait = min(max(got.RetryAfter, time.Second), longestPause)
		}
	}
}

// share rings now and then while another wait of this seat gets the news: the agent's own wait, which may end at any
// time, or a peek, which gets its turn. share reports false if ctx ended.
func (s *session) share(ctx context.Context, own bool, ring func()) bool {
	until := s.clock.Now().Add(yieldFor)
	for {
		if !pause(ctx, s.clock, sharedEvery) {
			return false
		}
		ring()
		if own || s.clock.Now().After(until) {
			return true
		}
	}
}

// lastTouch returns when a command last used a seat of this person.
func lastTouch(file *client.TokenStore) time.Time {
	info, err := os.Stat(file.Path())
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// touch tells the followers of this person's seats that something was said.
func touch(file *client.TokenStore) {
	now := time.Now()
	_ = os.Chtimes(file.Path(), now, now) // followers read a little later without the touch
}

// stopped reports whether a command ended because the person ended the command.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}
