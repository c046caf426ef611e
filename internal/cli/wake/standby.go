package wake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/client"
)

// StandbyOptions of Run.
type StandbyOptions struct {
	Seats *client.TokenStore
	// Agents and Shell say whose seats are watched: those of agents whose client can be
	// woken, and those of the person's own shell.
	Agents, Shell bool
	Room          string // only seats in this room; "" for all
	// Notify wakes the owner of a seat. Its error may wrap ErrEnded or ErrDeaf.
	Notify func(context.Context, client.Seat, News) error
	// Tell gets what happens. It is called by several goroutines.
	Tell    func(Event)
	GiveUp  time.Duration // how long without news a seat is watched; 0: for ever
	Version string        // of this program
	Clock   clockwork.Clock
}

// Event is something that happened to a seat.
type Event struct {
	At    time.Time `json:"at"`
	Room  string    `json:"room"`
	Name  string    `json:"name"`
	What  What      `json:"event"`
	Text  string    `json:"text,omitempty"`  // of Woken: the sentence
	Error string    `json:"error,omitempty"` // why something failed; of SeatGone: what the server says
}

// What is a kind of Event.
type What string

// The events. After those of the second group the seat is watched no longer.
const (
	Watching  What = "watching"   // the standby waits for messages to the seat
	Woken     What = "woken"      // the notice was given to the agent's client
	NotWoken  What = "not_woken"  // it could not be, and is tried again
	Read      What = "read"       // the agent has read what it was woken for
	Lost      What = "lost"       // the server does not answer
	Found     What = "found"      // the server answers again
	TakenOver What = "taken_over" // another program waits for messages to the seat
	Trouble   What = "trouble"    // of no seat: the file cannot be read or written; it is tried again

	SeatGone     What = "seat_gone"
	SessionEnded What = "session_ended"
	GaveUp       What = "gave_up"
	Dropped      What = "dropped" // from the file
)

const (
	// lookEvery is how often the file of seats is looked at.
	lookEvery = time.Second
	// slept is by how much more the time has moved on if the machine was asleep.
	slept = 20 * time.Second
)

// ErrNoSeats means that there is nothing to watch.
var ErrNoSeats = errors.New("there is no seat to wait for")

// Standby watches the seats in the file until none is left or ctx ends. One process serves all
// sessions of a person, instead of one for each. Seats may be added and removed meanwhile. It
// removes the seats of agents that are gone or on which it gave up, and marks those whose session
// has ended. It only peeks: if it read for an agent, it would have to hand on what it read, and a
// notice may get lost.
func Standby(ctx context.Context, o StandbyOptions) error {
	r := &standbyRun{StandbyOptions: o, servers: map[string]*client.Client{}, watches: map[string]*watch{},
		over: map[string]bool{}, ended: make(chan *watch)}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		r.all.Wait()
		for _, c := range r.servers {
			_ = c.Close() // what is cut off here is no loss
		}
	}()
	if err := r.refresh(ctx); err != nil {
		return err
	}
	if len(r.watches) == 0 {
		return ErrNoSeats
	}
	return r.loop(ctx)
}

// standbyRun is one call of Run.
type standbyRun struct {
	StandbyOptions
	servers map[string]*client.Client
	watches map[string]*watch // by token
	over    map[string]bool   // tokens of the shell that are watched no longer
	ended   chan *watch
	leaving []*watch // have ended, and are to be dropped
	trouble bool     // the file could not be read or written
	all     sync.WaitGroup
	seen    fs.FileInfo // of the file when it was last read; nil: there was none
	tried   bool        // the file was read
}

func (r *standbyRun) loop(ctx context.Context) error {
	tick := r.Clock.NewTicker(lookEvery)
	defer tick.Stop()
	last := r.Clock.Now().Round(0) // by the clock on the wall, which goes on in sleep
	for len(r.watches) > 0 {
		select {
		case <-ctx.Done():
			return nil
		case w := <-r.ended:
			r.leaving = append(r.leaving, w)
		case <-tick.Chan():
			for _, w := range r.watches {
				if s := w.seat(); s.Wake != nil && SessionOver(s.Wake) {
					w.stop(SessionEnded) // it was killed
				}
			}
		}
		now := r.Clock.Now().Round(0)
		if now.Sub(last) > slept {
			for _, w := range r.watches {
				w.kick() // its connection may be dead
			}
		}
		last = now
		r.noted(errors.Join(r.clear(), r.refresh(ctx)))
	}
	return nil
}

// noted tells of trouble with the file once. The seats that are known are watched all the
// same: the disk may be full, or somebody may be editing the file.
func (r *standbyRun) noted(err error) {
	if err != nil && !r.trouble {
		r.Tell(Event{At: r.Clock.Now().UTC().Truncate(time.Second), What: Trouble, Error: err.Error()})
	}
	r.trouble = err != nil
}

// clear drops the watches that have ended. Those for which that fails are left for later.
func (r *standbyRun) clear() error {
	for len(r.leaving) > 0 {
		if err := r.drop(r.leaving[0]); err != nil {
			return err
		}
		r.leaving = r.leaving[1:]
	}
	return nil
}

// refresh reads the file if it has changed, and begins and ends watches accordingly.
func (r *standbyRun) refresh(ctx context.Context) error {
	info, err := os.Stat(r.Seats.Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.tried && same(info, r.seen) {
		return nil
	}
	all, err := r.Seats.All()
	if err != nil {
		return err
	}
	r.seen, r.tried = info, true
	named := map[string]bool{}
	for _, s := range all {
		if w := r.watches[s.Token]; w != nil && !s.Ended.IsZero() {
			w.stop(SessionEnded)
		}
		if !r.mine(s) {
			continue
		}
		named[s.Token] = true
		switch w := r.watches[s.Token]; {
		case w == nil:
			r.begin(ctx, s)
		case w.seat().Server != s.Server: // the person has moved it: another watch begins there
			w.stop(Dropped)
		default:
			w.update(s)
		}
	}
	for token, w := range r.watches {
		if !named[token] {
			w.stop(Dropped)
		}
	}
	return nil
}

// same reports whether a file is as it was. A change replaces the file.
func same(now, before fs.FileInfo) bool {
	if now == nil || before == nil {
		return now == nil && before == nil
	}
	return os.SameFile(now, before) && now.ModTime().Equal(before.ModTime()) && now.Size() == before.Size()
}

// mine reports whether a seat is to be watched.
func (r *standbyRun) mine(s client.Seat) bool {
	asked := r.Agents
	if s.Wake == nil {
		asked = r.Shell && s.OfShell()
	}
	return asked && s.Ended.IsZero() && !r.over[s.Token] && (r.Room == "" || strings.EqualFold(r.Room, s.Room))
}

// begin begins to watch a seat.
func (r *standbyRun) begin(ctx context.Context, s client.Seat) {
	server := r.servers[s.Server]
	if server == nil {
		server = client.New(s.Server, client.Options{Version: r.Version})
		r.servers[s.Server] = server
	}
	w := newWatch(ctx, s, server, &r.StandbyOptions)
	r.watches[s.Token] = w
	r.all.Go(func() {
		w.run()
		select {
		case r.ended <- w:
		case <-ctx.Done():
		}
	})
}

// drop forgets a watch that has ended, and removes the seat of an agent from the file or, if only
// its session has ended, marks it. A seat of the shell stays there: it is the person who leaves a
// room.
func (r *standbyRun) drop(w *watch) error {
	s := w.seat()
	if s.Wake == nil {
		r.over[s.Token] = w.why() != Dropped
	} else if w.why() != Dropped {
		err := r.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			i := slices.IndexFunc(all, func(now client.Seat) bool { // unless it is reached in another way by now
				return now.Token == s.Token && now.Wake != nil && now.Wake.Session == s.Wake.Session &&
					now.Wake.PID == s.Wake.PID
			})
			switch {
			case i < 0:
			case w.why() != SessionEnded:
				return slices.Delete(all, i, i+1), nil
			case all[i].Ended.IsZero():
				all[i].Ended = r.Clock.Now()
			}
			return all, nil
		})
		if err != nil {
			return err
		}
	}
	delete(r.watches, s.Token)
	r.tried = false // the same seat may have been added again
	return nil
}
