package wake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// StandbyOptions of Standby.
type StandbyOptions struct {
	Seats *client.TokenStore
	// Agents and Shell say which seats are watched: those of agents whose client can be woken, and those of the
	// person's own shell.
	Agents, Shell bool
	Room          string // only seats in this room; "" for all
	// Notify wakes the owner of a seat. Its error may wrap ErrEnded or ErrDeaf.
	Notify func(context.Context, client.Seat, News) error
	// Admit shows the person's key beside the token of a seat from before the server asked for keys, and returns what
	// is new to the seat. Its error says what the person can do without a key. Admit may be nil.
	Admit func(context.Context, client.Seat) (results.Joined, error)
	// Tell gets each event. Several goroutines call it at once.
	Tell    func(Event)
	GiveUp  time.Duration // how long a seat without news is watched; 0: for ever
	Version string        // of this program
	Clock   clockwork.Clock
}

// Event is what happened to a seat.
type Event struct {
	At    time.Time `json:"at"`
	Room  string    `json:"room"`
	Name  string    `json:"name"`
	What  What      `json:"event"`
	Text  string    `json:"text,omitempty"`  // of Woken: the sentence
	Error string    `json:"error,omitempty"` // why something failed; of SeatGone: what the server says; of NeedsKey: what helps
}

// What is a kind of Event.
type What string

// The events. Those of the second group end the watch of a seat.
const (
	Watching  What = "watching"   // the standby waits for messages to the seat
	Woken     What = "woken"      // the agent's client took the notice
	NotWoken  What = "not_woken"  // the notice failed, and is tried again
	Read      What = "read"       // the agent has read what it was woken for
	Lost      What = "lost"       // the server does not answer
	Found     What = "found"      // the server answers again
	TakenOver What = "taken_over" // another program waits for messages to the seat
	Unknown   What = "unknown"    // the server does not know the seat, and is asked again now and then
	Trouble   What = "trouble"    // of no seat: the file of seats cannot be read or written, and is tried again

	SeatGone     What = "seat_gone"
	NeedsKey     What = "needs_key" // the server asks for a key by now; an agent's seat is tried again
	SessionEnded What = "session_ended"
	GaveUp       What = "gave_up"
	Dropped      What = "dropped" // the seat is no longer in the file
)

const (
	// checkEvery is how often the file of seats is checked.
	checkEvery = time.Second
	// sleepGap is the least time between two checks that shows that the machine was asleep.
	sleepGap = 20 * time.Second
)

// ErrNeedsKey means that at least one seat of the shell could not be watched, or no longer, without the person's key.
var ErrNeedsKey = errors.New("a seat needs your key")

// ErrNoSeats means that there is no seat to watch.
var ErrNoSeats = errors.New("there is no seat to wait for")

// Standby watches the seats in the file until no seat is left or ctx ends. One process serves all sessions of a
// person. Seats may be added and removed meanwhile. A seat that needs a key is watched again once its entry changes.
// Standby removes the seats that are gone, and those on which it gave up, and marks the seats whose session has ended
// and those that the server does not know.
// It only peeks. If it acknowledged message 42 for an agent and the notice then got lost, the agent would never read
// 42.
func Standby(ctx context.Context, o StandbyOptions) error {
	r := &standbyRun{StandbyOptions: o, servers: map[string]*client.Client{}, watches: map[string]*watch{},
		endedOfShell: map[string]*watch{}, ended: make(chan *watch)}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		r.all.Wait()
		for _, c := range r.servers {
			_ = c.Close() // peeks may be cut off
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

// standbyRun is one call of Standby.
type standbyRun struct {
	StandbyOptions
	servers      map[string]*client.Client
	watches      map[string]*watch // by token
	endedOfShell map[string]*watch // by token: of the shell's seats, those that are watched no longer
	ended        chan *watch
	toDrop       []*watch // have ended, and are to be dropped
	trouble      bool     // the file could not be read or written
	all          sync.WaitGroup
	seen         fs.FileInfo // of the file when it was last read; nil: there was none
	tried        bool        // the file was read
}

func (r *standbyRun) loop(ctx context.Context) error {
	tick := r.Clock.NewTicker(checkEvery)
	defer tick.Stop()
	last := r.Clock.Now().Round(0) // of the wall clock, which goes on while the machine sleeps
	for len(r.watches) > 0 {
		select {
		case <-ctx.Done():
			return nil
		case w := <-r.ended:
			r.toDrop = append(r.toDrop, w)
		case <-tick.Chan():
			for _, w := range r.watches {
				if s := w.seat(); s.Wake != nil && SessionOver(s.Wake) {
					w.endFor(SessionEnded) // the session was killed
				}
			}
		}
		now := r.Clock.Now().Round(0)
		if now.Sub(last) > sleepGap {
			for _, w := range r.watches {
				w.interrupt() // the connection may be dead
			}
		}
		last = now
		r.reportTrouble(errors.Join(r.dropEnded(), r.refresh(ctx)))
	}
	for _, w := range r.endedOfShell {
		if w.endedFor() == NeedsKey {
			return ErrNeedsKey
		}
	}
	return nil
}

// reportTrouble reports trouble with the file of seats once. The seats that are known stay watched: the disk may be
// full, or somebody may be editing the file.
func (r *standbyRun) reportTrouble(err error) {
	if err != nil && !r.trouble {
		r.Tell(Event{At: r.Clock.Now().UTC().Truncate(time.Second), What: Trouble, Error: err.Error()})
	}
	r.trouble = err != nil
}

// dropEnded drops the watches that have ended. A watch that could not be dropped is tried again at the next check.
func (r *standbyRun) dropEnded() error {
	for len(r.toDrop) > 0 {
		if err := r.drop(r.toDrop[0]); err != nil {
			return err
		}
		r.toDrop = r.toDrop[1:]
	}
	return nil
}

// refresh reads the file of seats if it has changed, and begins and ends watches accordingly.
func (r *standbyRun) refresh(ctx context.Context) error {
	info, err := os.Stat(r.Seats.Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.tried && unchanged(info, r.seen) {
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
			w.endFor(SessionEnded)
		}
		if !r.isWatched(s) {
			continue
		}
		named[s.Token] = true
		switch w := r.watches[s.Token]; {
		case w == nil:
			r.begin(ctx, s)
		case w.seat().Server != s.Server: // the person has moved the seat: another watch begins there
			w.endFor(Dropped)
		default:
			w.update(s)
		}
	}
	for token, w := range r.watches {
		if !named[token] {
			w.endFor(Dropped)
		}
	}
	return nil
}

// unchanged reports whether a file is as it was. Each change replaces the file.
func unchanged(now, before fs.FileInfo) bool {
	if now == nil || before == nil {
		return now == nil && before == nil
	}
	return os.SameFile(now, before) && now.ModTime().Equal(before.ModTime()) && now.Size() == before.Size()
}

// isWatched reports whether a seat is to be watched.
func (r *standbyRun) isWatched(s client.Seat) bool {
	asked := r.Agents
	if s.Wake == nil {
		asked = r.Shell && s.OfShell()
	}
	return asked && s.Ended.IsZero() && !r.isOver(s) && (r.Room == "" || strings.EqualFold(r.Room, s.Room))
}

// isOver reports whether a seat of the shell is watched no longer. After the person's join with a key, the entry of the
// seat is another.
func (r *standbyRun) isOver(s client.Seat) bool {
	w := r.endedOfShell[s.Token]
	return w != nil && (w.endedFor() != NeedsKey || reflect.DeepEqual(w.seat(), s))
}

// begin begins to watch a seat. dropEnded ends the watch.
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

// drop forgets a watch that has ended. It removes the seat of an agent from the file or, if only the session has ended,
// marks the seat. A seat of the shell stays in the file, because only its person leaves a room.
func (r *standbyRun) drop(w *watch) error {
	s := w.seat()
	if s.Wake == nil {
		delete(r.endedOfShell, s.Token)
		if w.endedFor() != Dropped {
			r.endedOfShell[s.Token] = w
		}
	} else if w.endedFor() != Dropped {
		err := r.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			i := slices.IndexFunc(all, func(now client.Seat) bool { // none: another session has the seat now
				return now.Token == s.Token && now.Wake != nil && now.Wake.Session == s.Wake.Session &&
					now.Wake.PID == s.Wake.PID
			})
			switch {
			case i < 0:
			case w.endedFor() != SessionEnded:
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
	r.tried = false // the seat may be in the file again
	return nil
}
